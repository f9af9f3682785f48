/** Dead jobs through the desk: seen without words, tried again once, and journaled. */
import * as Result from "effect/Result";
import { expect, test } from "vitest";
import { decodeAnyEntry } from "../src/journal/index.ts";
import { makeMemoryNotifier, makeMemoryStorage } from "../src/ports/index.ts";
import * as Effect from "effect/Effect";
import { HOUR, MONDAY, openTown, person } from "./support/town.ts";

const host = { person: "operator-1", host: true };

/** A town in which messages find no address until `reachable` is set. */
const openSilentTown = async () => {
  const storage = makeMemoryStorage();
  const notifier = makeMemoryNotifier("memory");
  const address = { channel: "memory", to: "someone", locale: "zh" as const };
  const reach = { reachable: false };
  const town = await openTown({
    storage,
    settings: { notifiers: [notifier], addressesOf: () => (reach.reachable ? [address] : []) },
  });
  const place = { unit: "B1" };
  const { id } = await town.desk
    .begin({ type: "report", place, category: "repair", words: "灯坏了" }, { actor: person("r") })
    .then(({ issue }) => ({ id: issue }));
  const run = await town.desk.runDue();
  expect(run.dead).toBeGreaterThan(0);
  return { ...town, storage, notifier, reach, issue: id, died: run.dead };
};

test("an operator sees what was given up on and why, and no words", async () => {
  const { desk, issue, died } = await openSilentTown();
  const { jobs, next } = await desk.deadJobs();
  expect([jobs.length, next]).toEqual([died, null]);
  for (const job of jobs) {
    expect(job).toMatchObject({
      ...{ queue: "message", issue, reason: "NoAddress", attempts: 1, diedAt: MONDAY },
    });
  }
  expect(JSON.stringify(jobs)).not.toContain("灯坏了");
  expect((await desk.deadJobs({ queue: "clock" })).jobs).toEqual([]);
});

test("what is tried again is sent, once, and the journal says by whom", async () => {
  const { desk, storage, notifier, reach, clock, died } = await openSilentTown();
  reach.reachable = true;
  clock.now = MONDAY + HOUR;
  const ids = (await desk.deadJobs()).jobs.map(({ id }) => id);
  const options = { actor: host, commandId: "again-1" };
  expect(await desk.revive(ids, options)).toEqual({ jobs: ids, replayed: false });
  expect(await desk.revive(ids, options)).toEqual({ jobs: ids, replayed: true });
  expect((await desk.deadJobs()).jobs).toEqual([]);
  expect((await desk.runDue()).sent).toBe(died);
  expect(notifier.sent().length).toBe(died);
  const feed = { namespace: "main", after: null, limit: 100, stream: null };
  const { entries } = await Effect.runPromise(storage.feed(feed));
  const told = entries
    .filter(({ stream }) => stream.startsWith("jobs/"))
    .map(({ value }) => Result.getOrThrow(decodeAnyEntry(value)));
  expect(told).toMatchObject([
    {
      actor: { type: "person", person: "operator-1" },
      cause: "again-1",
      event: { type: "JobsRevived", at: MONDAY + HOUR, jobs: ids },
    },
  ]);
  expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
});

test("those that are not dead refuse all of them, and are named", async () => {
  const { desk } = await openSilentTown();
  const [first] = (await desk.deadJobs()).jobs;
  const both = [first?.id ?? "", "clock/none"];
  await expect(desk.revive(both, { actor: host })).rejects.toMatchObject({
    _tag: "Conflict",
    conflicts: [{ kind: "dead", id: "clock/none" }],
    message: expect.stringContaining("job `clock/none` is not dead"),
  });
  expect((await desk.deadJobs()).jobs[0]?.id).toBe(first?.id);
});

test("only the host may, and only with a list that makes sense", async () => {
  const { desk } = await openSilentTown();
  await expect(desk.revive(["x"], { actor: person("r") })).rejects.toMatchObject({
    _tag: "Refusal",
    code: "NotYours",
  });
  for (const jobs of [[], ["x", "x"], Array.from({ length: 1001 }, (_, n) => `${n}`)]) {
    await expect(desk.revive(jobs, { actor: host })).rejects.toMatchObject({ path: "/jobs" });
  }
  const options = { actor: host, commandId: "" };
  await expect(desk.revive(["x"], options)).rejects.toMatchObject({ path: "/commandId" });
});
