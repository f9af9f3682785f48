/** Anonymous means nobody knows; the first-asked post is not the one complained about; who must be told is told. */
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { makeMemoryNotifier, makeMemoryStorage } from "../src/ports/index.ts";
import { openTown, person } from "./support/town.ts";

test("an anonymous report leaves its reporter's id nowhere: not in rows, not in the journal", async () => {
  const inner = makeMemoryStorage();
  const written: Array<string> = [];
  const storage = {
    ...inner,
    commit: (batch: Parameters<typeof inner.commit>[0]) => {
      written.push(JSON.stringify(batch));
      return inner.commit(batch);
    },
  };
  const { desk } = await openTown({ storage });
  const report = {
    type: "report",
    place: { unit: "B1" },
    words: "noise",
    reporter: { kind: "anonymous" },
  };
  const { receiptCode, issue } = await desk.begin(report, { actor: person("SOMEBODY-KNOWN") });
  await desk.act(
    issue,
    { type: "urge" },
    { actor: (await desk.byReceipt(receiptCode ?? "")).actor },
  );
  expect(written.join()).toContain("noise");
  expect(written.join()).not.toContain("SOMEBODY-KNOWN");
  expect((await desk.history(issue)).map((entry) => entry.actor.type)).toEqual([
    "unknown",
    "receipt",
  ]);
});

test("a complaint about the chief is sponsored one level up", async () => {
  const { desk } = await openTown();
  const about = [{ post: "chief", unit: "B1" }];
  const { issue } = await desk.begin(
    { type: "report", place: { unit: "B1" }, about },
    { actor: person("r") },
  );
  const view = await desk.view(issue, { viewer: person("r") });
  expect(view.sponsor).toEqual({ post: "secretary", unit: "C1" });
  expect(view.handler).toMatchObject({ post: "secretary", unit: "C1" });
});

test("an issue that turns out critical tells the levels its new rule informs", async () => {
  const notifier = makeMemoryNotifier("test");
  const addressesOf = (who: string) => [{ channel: "test", to: who, locale: "en" as const }];
  const { desk } = await openTown({ settings: { notifiers: [notifier], addressesOf } });
  const { issue } = await desk.begin(
    { type: "report", place: { unit: "B1" }, category: "repair", facts: { severity: "middle" } },
    { actor: { person: null } },
  );
  await desk.runDue();
  const before = (await Effect.runPromise(Effect.sync(() => notifier.sent()))).length;
  await desk.act(issue, { type: "reclassify", category: "hazard" }, { actor: person("sec-1") });
  await desk.runDue();
  const told = notifier
    .sent()
    .slice(before)
    .map((message) => message.to);
  expect(told).toContain("chief-1");
});
