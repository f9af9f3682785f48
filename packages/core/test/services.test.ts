import { expect, test } from "vitest";
import { DAY, HOUR, MONDAY, openTown, person } from "./support/town.ts";

test("a seven-step life: every step by its own hand, the timeline kept", async () => {
  const { desk, clock } = await openTown();
  const words = "叶口巷3号 the corridor light is out";
  const reported = await desk.begin({ type: "report", words }, { actor: person("resident") });
  expect(reported.handler).toEqual({ post: "chief", unit: "B1", level: "building" });
  expect(reported.receiptCode).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$/);
  const chief = { actor: person("chief-1") };
  clock.now += HOUR;
  await desk.act(reported.issue, { type: "accept" }, chief);
  await desk.act(reported.issue, { type: "contact", reached: true }, chief);
  clock.now += HOUR;
  const resolved = await desk.act(reported.issue, { type: "resolve", words: "new bulb" }, chief);
  expect(resolved.status).toBe("resolved");
  await expect(
    desk.act(reported.issue, { type: "verify", passed: true }, chief),
  ).rejects.toMatchObject({ _tag: "Refusal", code: "OwnWork" });
  await desk.act(reported.issue, { type: "verify", passed: true }, { actor: person("sec-1") });
  await desk.act(reported.issue, { type: "answer", words: "it shines again" }, chief);
  const closed = await desk.act(reported.issue, { type: "close" }, chief);
  expect(closed).toMatchObject({ status: "closed", dueAt: null, version: 7 });
  const lines = await desk.timeline(reported.issue, person("resident"));
  expect(lines.map((line) => line.type)).toEqual([
    "Reported",
    "Accepted",
    "Contacted",
    "Resolved",
    "Verified",
    "Answered",
    "Closed",
  ]);
  const [card] = await desk.score("2026-11");
  expect(card?.unit).toBe("B1");
  expect(card?.localResolutionRate).toEqual({ numerator: 1, denominator: 1 });
});

test("nobody acts: reminded, then up to the community, then the town, then supervised for good", async () => {
  const { desk, clock } = await openTown();
  const { issue } = await desk.begin(
    { type: "report", place: { unit: "B1" }, category: "repair" },
    { actor: person("resident") },
  );
  clock.now = MONDAY + 60 * DAY;
  const run = await desk.runDue();
  expect(run.rungs).toBeGreaterThan(5);
  const types = (await desk.history(issue)).map((entry) => entry.event.type);
  expect(types[0]).toBe("Reported");
  expect(types.filter((type) => type === "LastRungReached")).toHaveLength(1);
  const lastRung = types.indexOf("LastRungReached");
  expect(types.slice(0, lastRung)).toContain("Escalated");
  expect(new Set(types.slice(lastRung + 1))).toEqual(new Set(["Reminded"]));
  const view = await desk.view(issue, { viewer: person("mayor") });
  expect(view.handler.post).toBe("mayor");
  expect((await desk.runDue()).rungs).toBe(0);
});

test("a command id acts once, and an unknown place goes to the triage desk", async () => {
  const { desk } = await openTown();
  const options = { actor: person("resident"), commandId: "c1" };
  const first = await desk.begin({ type: "report", words: "something somewhere" }, options);
  const again = await desk.begin({ type: "report", words: "something somewhere" }, options);
  expect(again).toEqual(first);
  expect(first.handler).toEqual({ post: "desk", unit: "T", level: "town" });
  await expect(
    desk.begin({ type: "report", words: "another thing" }, options),
  ).rejects.toMatchObject({ _tag: "StorageError", reason: "ReceiptMismatch" });
});
