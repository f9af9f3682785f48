/** Clocks worked off together: asked for at once, each with its own fate. */
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { makeMemoryStorage, StorageError } from "../src/ports/index.ts";
import type { Storage } from "../src/ports/index.ts";
import { DAY, openTown, person } from "./support/town.ts";

const report = { type: "report", place: { unit: "B1" }, category: "repair", words: "no light" };

/** A town with some issues whose clocks have run out, over a storage whose reads are watched. */
const openOverdueTown = async (count: number) => {
  const inner = makeMemoryStorage();
  const reads: Array<ReadonlyArray<string>> = [];
  const tell = { broken: "", failing: false };
  const storage: Storage = {
    ...inner,
    read: (request) => {
      reads.push(request.keys.map(({ id }) => id));
      if (tell.failing && request.keys.length > 1) return Effect.fail(away);
      return Effect.map(inner.read(request), (rows) =>
        rows.map((row) => (row?.id === tell.broken ? { ...row, value: '{"v":9}' } : row)),
      );
    },
  };
  const town = await openTown({ storage });
  const issues: Array<string> = [];
  for (let at = 0; at < count; at += 1) {
    issues.push((await town.desk.begin(report, { actor: person("resident") })).issue);
  }
  town.clock.now += 4 * DAY;
  reads.length = 0;
  return { ...town, issues, reads, tell };
};

const away = new StorageError({ reason: "Unavailable", operation: "read", detail: "away" });

describe("clocks that ran out", () => {
  test("have their issues read in one go, and each has its rung", async () => {
    const { desk, issues, reads } = await openOverdueTown(7);
    const { rungs, dead } = await desk.runDue();
    expect(rungs).toBeGreaterThanOrEqual(7);
    expect(dead).toBe(0);
    expect(reads.map((ids) => [...ids].sort())).toEqual([[...issues].sort()]);
    for (const issue of issues) expect((await desk.history(issue)).length).toBeGreaterThan(1);
  });

  test("an issue that cannot be read is set aside with its reason, and spoils no other", async () => {
    const { desk, issues, tell } = await openOverdueTown(5);
    tell.broken = issues[2] ?? "";
    expect(await desk.runDue()).toMatchObject({ dead: 1 });
    const { jobs } = await desk.deadJobs();
    expect(jobs).toMatchObject([{ issue: tell.broken, reason: "Unreadable" }]);
    tell.broken = "";
    const lengths = await Promise.all(issues.map(async (id) => (await desk.history(id)).length));
    expect(lengths.map((length) => length > 1)).toEqual([true, true, false, true, true]);
  });

  test("a storage that was away costs no clock: all of them fire later", async () => {
    const { desk, issues, tell, clock } = await openOverdueTown(4);
    tell.failing = true;
    expect(await desk.runDue()).toMatchObject({ rungs: 0, dead: 0 });
    tell.failing = false;
    expect(await desk.runDue()).toMatchObject({ rungs: 0 });
    clock.now += DAY;
    await desk.runDue();
    for (const issue of issues) expect((await desk.history(issue)).length).toBeGreaterThan(1);
  });
});
