/** Units move, begin and end: issues follow them, whatever is interrupted and whoever is faster. */
import { FAULT_KINDS, faultyStorage } from "@linli/testing";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHierarchy } from "../src/hierarchy/index.ts";
import { makeMemoryStorage } from "../src/ports/index.ts";
import type { Storage } from "../src/ports/index.ts";
import { createDesk } from "../src/promise/index.ts";
import type { Desk } from "../src/promise/index.ts";
import {
  BUILDINGS,
  entriesOf,
  hierarchies,
  movingCharter,
  movingDirectory,
  settleAll,
} from "./support/moving.ts";
import {
  calendar,
  charter,
  DAY,
  directory,
  hierarchy,
  HOUR,
  MONDAY,
  person,
} from "./support/town.ts";

const openMoving = async (storage: Storage, units: object) => {
  const clock = { now: MONDAY };
  let ids = 0;
  const desk = await createDesk({
    ...{ storage, calendars: [calendar], now: () => clock.now, newId: () => `id${(ids += 1)}` },
    ...{ charter: movingCharter, directory: movingDirectory },
    hierarchy: { version: "v0", ...units },
  });
  return { desk, clock };
};

const steps = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant("report" as const), unit: fc.constantFrom(...BUILDINGS) }),
    fc.record({ what: fc.constant("report" as const), unit: fc.constantFrom(...BUILDINGS) }),
    fc.record({
      what: fc.constantFrom("accept", "handUp", "settle", "withdraw"),
      issue: fc.nat({ max: 9 }),
    }),
    fc.record({ what: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ what: fc.constant("publish" as const), units: hierarchies }),
    fc.record({ what: fc.constant("work" as const) }),
  ),
  { minLength: 4, maxLength: 24 },
);

type Step = (typeof steps extends fc.Arbitrary<infer A> ? A : never)[number];

/** Anything a person does may be refused; only that is let pass. */
const unlessRefused = async (doing: Promise<unknown>) => {
  try {
    return await doing;
  } catch (error) {
    expect(error).toMatchObject({ _tag: "Refusal" });
    return undefined;
  }
};

const take = async (desk: Desk, clock: { now: number }, step: Step, issues: Array<string>) => {
  clock.now += HOUR;
  if (step.what === "wait") clock.now += step.hours * HOUR;
  else if (step.what === "work") await desk.runDue();
  else if (step.what === "publish") {
    await desk.publish({ hierarchy: { version: `v${clock.now}`, ...step.units } });
  } else if (step.what === "report") {
    const report = { type: "report", place: { unit: step.unit }, category: "hazard" };
    await unlessRefused(
      desk.begin(report, { actor: person("resident") }).then(({ issue }) => issues.push(issue)),
    );
  } else {
    const issue = issues[step.issue % Math.max(1, issues.length)];
    if (issue === undefined) return;
    const { states } = await statesOf(desk);
    const actor = person(
      step.what === "withdraw" ? "resident" : (states.get(issue)?.handler.person ?? "nobody"),
    );
    const words = step.what === "handUp" ? { words: "too big" } : {};
    await unlessRefused(desk.act(issue, { type: step.what, ...words }, { actor }));
  }
};

let storageOf: Storage = makeMemoryStorage();
const statesOf = (desk: Desk) => entriesOf(storageOf, desk, 0);

test("drawn hierarchies are sound", () => {
  const frame = { levels: movingCharter.levels, chains: movingCharter.chains };
  fc.assert(
    fc.property(hierarchies, (units) => {
      expect(decodeHierarchy({ version: "v", ...units }, frame)).toMatchObject({ _tag: "Success" });
    }),
    { numRuns: 300, seed: 31 },
  );
});

test("whatever moved whenever, lists say in the end what a computation from scratch says", async () => {
  let moved = 0;
  await fc.assert(
    fc.asyncProperty(hierarchies, steps, async (units, life) => {
      const storage = makeMemoryStorage();
      storageOf = storage;
      const { desk, clock } = await openMoving(storage, units);
      const issues: Array<string> = [];
      for (const step of life) await take(desk, clock, step, issues);
      await settleAll(desk);
      const before = await entriesOf(storage, desk, clock.now);
      expect(before.stored).toEqual(before.fresh);
      moved += (await desk.rekeying())?.keyed ?? 0;
      for (const unit of ["T", "C1", "C2", "C3", ...BUILDINGS]) {
        const listed = await desk.count(unit, "open");
        const keys = before.fresh.filter((key) => key.startsWith(`under ${unit}/a/`));
        expect(listed).toBe(keys.length);
      }
      // Nothing is ever in no list: the whole town holds every open issue.
      const open = [...before.states.values()].filter(({ closedAt }) => closedAt === null);
      expect((await desk.count("T", "open")) + (await desk.count("T", "settled"))).toBe(
        open.length,
      );
    }),
    { numRuns: 250, seed: 32 },
  );
  expect(moved).toBeGreaterThan(50);
});

const movedHierarchy = {
  version: "h2",
  units: hierarchy.units.map((unit) =>
    unit.id === "B1" ? { ...unit, parents: { residential: "C2" } } : unit,
  ),
};

/** Forty issues in the first building, of which some are closed and some handed up. */
const crowded = async (storage: Storage) => {
  const clock = { now: MONDAY };
  let ids = 0;
  const desk = await createDesk({
    ...{ storage, calendars: [calendar], now: () => clock.now, newId: () => `id${(ids += 1)}` },
    ...{ charter, hierarchy, directory },
  });
  const issues: Array<string> = [];
  for (let count = 0; count < 40; count += 1) {
    const unit = count % 4 === 3 ? "B3" : "B1";
    const actor = person("resident");
    const { issue } = await desk.begin(
      { type: "report", place: { unit }, category: "repair" },
      { actor, commandId: `r${count}` },
    );
    issues.push(issue);
    if (count % 5 === 0) await desk.act(issue, { type: "withdraw" }, { actor });
    clock.now += 1000;
  }
  return { desk, clock, issues };
};

describe("one building moves", () => {
  test("its issues are counted where it is now, the rest stay, and no value changes", async () => {
    const storage = makeMemoryStorage();
    const { desk, clock } = await crowded(storage);
    const values = async () =>
      JSON.stringify([...(await entriesOf(storage, desk, clock.now)).states]);
    const before = await values();
    const [c1, c2] = [await desk.count("C1", "open"), await desk.count("C2", "open")];
    await desk.publish({ hierarchy: movedHierarchy });
    expect(await desk.rekeying()).toMatchObject({ hierarchy: "h2", finishedAt: null });
    const { rekeyed } = await desk.runDue();
    // Withdrawn ones are told anew too, because this document says that it has always been so.
    expect(rekeyed).toBe(30);
    expect(await desk.count("C1", "open")).toBe(0);
    expect(await desk.count("C2", "open")).toBe(c1 + c2);
    expect(await desk.count("C2", "final")).toBe(8);
    expect(await values()).toBe(before);
    expect(await desk.rekeying()).toMatchObject({
      keyed: 30,
      unreadable: 0,
      finishedAt: clock.now,
    });
    expect(await desk.runDue()).toMatchObject({ rekeyed: 0, more: false });
  });

  test("on a date: until then nothing moves, and what is over stays where it was", async () => {
    const storage = makeMemoryStorage();
    const { desk, clock } = await crowded(storage);
    const from = MONDAY + 3 * HOUR;
    const units = hierarchy.units.map((unit) =>
      unit.id === "B1" ? { ...unit, moves: [{ chain: "residential", parent: "C2", from }] } : unit,
    );
    await desk.publish({ hierarchy: { version: "h2", units } });
    expect(await desk.runDue()).toMatchObject({ rekeyed: 0 });
    const open = await desk.count("C1", "open");
    clock.now = from - 1;
    await desk.runDue();
    expect(await desk.count("C1", "open")).toBe(open);
    clock.now = from;
    await desk.runDue();
    expect(await desk.count("C1", "open")).toBe(0);
    expect(await desk.count("C1", "final")).toBe(6);
    const { stored, fresh } = await entriesOf(storage, desk, clock.now);
    expect(stored).toEqual(fresh);
  });

  test("a building that ends hands its work to its one successor, who may act on it", async () => {
    const { desk, clock, issues } = await crowded(makeMemoryStorage());
    const until = MONDAY + HOUR;
    const units = hierarchy.units.map((unit) =>
      unit.id === "B1" ? { ...unit, until, successors: ["B2"] } : unit,
    );
    await desk.publish({ hierarchy: { version: "h2", units } });
    clock.now = until;
    await desk.runDue();
    const list = await desk.worklist({ post: "chief", unit: "B2" }, { viewer: person("chief-2") });
    expect(list.issues).toHaveLength(await desk.count("B2", "open"));
    expect(list.issues).toHaveLength(24);
    const mine = list.issues[0]?.id ?? "";
    expect(issues).toContain(mine);
    await desk.act(mine, { type: "accept" }, { actor: person("chief-2") });
  });

  test("interrupted after every call of the storage, in every way, nothing is lost", async () => {
    let cut = 0;
    for (const kind of FAULT_KINDS) {
      for (let at = 1; ; at += 1) {
        const storage = makeMemoryStorage();
        const { desk, clock } = await crowded(storage);
        await desk.publish({ hierarchy: movedHierarchy });
        const faulty = faultyStorage(storage, { at, kind, lasting: "once" });
        const open = { storage: faulty.storage, calendars: [calendar], now: () => clock.now };
        const other = await createDesk(open);
        // A caller that hears nothing gives up, as it would when the process is killed.
        await Effect.runPromise(
          Effect.exit(Effect.raceFirst(faulty.silence, other.effect.runDue({ limit: 5 }))),
        );
        await Effect.runPromise(faulty.land);
        clock.now += 2 * 60_000;
        await settleAll(desk);
        const { stored, fresh } = await entriesOf(storage, desk, clock.now);
        expect(stored).toEqual(fresh);
        expect(await desk.count("C1", "open")).toBe(0);
        expect(await desk.rekeying()).toMatchObject({ keyed: 30, finishedAt: expect.any(Number) });
        if (!faulty.touched()) break;
        cut += 1;
      }
    }
    expect(cut).toBeGreaterThan(80);
  });

  test("a command between reading and writing a page wins, and its issue lies right", async () => {
    const inner = makeMemoryStorage();
    let meanwhile: (() => Promise<unknown>) | undefined;
    const storage: Storage = {
      ...inner,
      commit: (batch) => {
        const act = meanwhile;
        if (act === undefined || batch.rows.length < 10) return inner.commit(batch);
        meanwhile = undefined;
        return Effect.flatMap(Effect.promise(act), () => inner.commit(batch));
      },
    };
    const { desk, clock, issues } = await crowded(storage);
    await desk.publish({ hierarchy: movedHierarchy });
    let happened = 0;
    meanwhile = async () => {
      for (const issue of [issues[1] ?? "", issues[2] ?? ""]) {
        happened += 1;
        await desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
      }
      happened += 1;
      await desk.publish({ directory: { ...directory, version: "d2" } });
    };
    await settleAll(desk);
    expect(happened).toBe(3);
    const { stored, fresh } = await entriesOf(inner, desk, clock.now);
    expect(stored).toEqual(fresh);
    expect(await desk.count("C1", "open")).toBe(0);
  });

  test("another change before the first is worked off: the issues end up where the last one says", async () => {
    const storage = makeMemoryStorage();
    const { desk, clock } = await crowded(storage);
    await desk.publish({ hierarchy: movedHierarchy });
    for (let version = 3; version < 16; version += 1) {
      const units = hierarchy.units.map((unit) =>
        unit.id === "B3" ? { ...unit, parents: { residential: version % 2 ? "C1" : "C2" } } : unit,
      );
      await desk.publish({ hierarchy: { version: `h${version}`, units } });
      if (version === 14) clock.now += DAY;
    }
    await settleAll(desk);
    const { stored, fresh } = await entriesOf(storage, desk, clock.now);
    expect(stored).toEqual(fresh);
    expect(await desk.count("C2", "open")).toBe(0);
  });

  test("there and back before anybody worked: what was written in between comes back too", async () => {
    const storage = makeMemoryStorage();
    const { desk, clock } = await crowded(storage);
    const moves = [
      { chain: "residential", parent: "C2", from: MONDAY + DAY },
      { chain: "residential", parent: "C1", from: MONDAY + 2 * DAY },
    ];
    const units = hierarchy.units.map((unit) => (unit.id === "B1" ? { ...unit, moves } : unit));
    await desk.publish({ hierarchy: { version: "h2", units } });
    await desk.runDue();
    clock.now = MONDAY + DAY + HOUR;
    await desk.begin(
      { type: "report", place: { unit: "B1" }, category: "repair" },
      { actor: person("resident") },
    );
    expect(await desk.count("C2", "open")).toBe(8 + 1);
    clock.now = MONDAY + 2 * DAY + HOUR;
    await settleAll(desk);
    expect(await desk.count("C2", "open")).toBe(8);
    const { stored, fresh } = await entriesOf(storage, desk, clock.now);
    expect(stored).toEqual(fresh);
  });

  test("a command that began before the instant of a move and ends after it is decided anew", async () => {
    const inner = makeMemoryStorage();
    let meanwhile: (() => Promise<unknown>) | undefined;
    const storage: Storage = {
      ...inner,
      commit: (batch) => {
        const act = meanwhile;
        if (act === undefined || batch.receipt === null) return inner.commit(batch);
        meanwhile = undefined;
        return Effect.flatMap(Effect.promise(act), () => inner.commit(batch));
      },
    };
    const { desk, clock } = await crowded(storage);
    const from = MONDAY + 5 * HOUR;
    const units = hierarchy.units.map((unit) =>
      unit.id === "B1" ? { ...unit, moves: [{ chain: "residential", parent: "C2", from }] } : unit,
    );
    await desk.publish({ hierarchy: { version: "h2", units } });
    await desk.runDue();
    clock.now = from - 1;
    meanwhile = async () => {
      clock.now = from;
      const other = await createDesk({ storage: inner, calendars: [calendar], now: () => from });
      await settleAll(other);
    };
    await desk.begin(
      { type: "report", place: { unit: "B1" }, category: "repair" },
      { actor: person("resident") },
    );
    const { stored, fresh } = await entriesOf(inner, desk, clock.now);
    expect(stored).toEqual(fresh);
  });
});
