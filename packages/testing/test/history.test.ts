/** The history checkers: no false alarm on sound histories, and every injected anomaly named. */
import { makeMemoryStorage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type AppendAnomalyKind,
  type AppendHistory,
  checkAppends,
  checkLeases,
  type HistoryCommit,
  type LeaseAnomalyKind,
  type LeaseHistory,
  recordAppends,
  recordLeases,
} from "../src/index.ts";
import { findCycle } from "../src/history/cycle.ts";
import { appendInjectors, leaseInjectors, tamper } from "./support/anomalies.ts";

const HISTORIES = 60;
const seeds = Array.from({ length: HISTORIES }, (_, n) => n + 1);

const appendsOf = (seed: number, lostOfHundred = 0) =>
  Effect.runPromise(
    recordAppends([makeMemoryStorage()], {
      namespace: "town",
      seed,
      clients: 5,
      subjects: 3,
      commits: 8,
      lostOfHundred,
    }),
  );

const leasesOf = (seed: number, lostOfHundred = 0) =>
  Effect.runPromise(
    recordLeases([makeMemoryStorage()], {
      namespace: "town",
      seed,
      workers: 4,
      jobs: 10,
      keys: 6,
      rounds: 6,
      lostOfHundred,
    }),
  );

/** How many histories took the anomaly, and in how many it was found and named with its operations. */
const detection = <History, Kind extends string>(
  kind: Kind,
  histories: ReadonlyArray<History>,
  inject: (history: History, seed: number) => ReturnType<typeof tamper<History>>,
  check: (
    history: History,
  ) => ReadonlyArray<{ readonly kind: string; readonly operations: ReadonlyArray<string> }>,
) => {
  const stats = { injected: 0, found: 0, named: 0 };
  for (const [n, history] of histories.entries()) {
    const tampered = inject(history, n + 1);
    if (tampered === null) continue;
    stats.injected += 1;
    const anomalies = check(tampered.history);
    if (anomalies.length > 0) stats.found += 1;
    const named = anomalies.some(
      (one) =>
        one.kind === kind &&
        (tampered.operations.length === 0 ||
          tampered.operations.some((id) => one.operations.includes(id))),
    );
    if (named) stats.named += 1;
  }
  return stats;
};

describe("append histories", () => {
  let sound: ReadonlyArray<AppendHistory> = [];
  beforeAll(async () => {
    sound = await Promise.all(seeds.map((seed) => appendsOf(seed)));
  });

  it("of the memory driver raise no alarm, with and without lost answers", async () => {
    const lost = await Promise.all(seeds.map((seed) => appendsOf(seed, 30)));
    expect([...sound, ...lost].flatMap(checkAppends)).toEqual([]);
    const commits = (histories: ReadonlyArray<AppendHistory>, outcome: HistoryCommit["outcome"]) =>
      histories
        .flatMap((one) => one.operations)
        .filter((one) => one.kind === "commit" && one.outcome === outcome).length;
    // The histories are worth checking: all outcomes are common, and calls overlap.
    expect(commits(sound, "committed")).toBeGreaterThan(HISTORIES * 10);
    expect(commits(sound, "refused")).toBeGreaterThan(HISTORIES * 5);
    expect(commits(lost, "unknown")).toBeGreaterThan(HISTORIES * 5);
    const overlaps = sound.flatMap(({ operations }) =>
      operations.filter((one) =>
        operations.some((two) => two.start < one.start && (two.end ?? one.start) > one.start),
      ),
    );
    expect(overlaps.length).toBeGreaterThan(HISTORIES * 50);
  });

  it("are the same for the same seed", async () => {
    expect(await appendsOf(7, 20)).toEqual(await appendsOf(7, 20));
  });

  it.each(Object.keys(appendInjectors) as Array<AppendAnomalyKind>)(
    "name every injected %s and an operation of it",
    (kind) => {
      const inject = (history: AppendHistory, seed: number) =>
        tamper(appendInjectors[kind], history, seed);
      const stats = detection(kind, sound, inject, checkAppends);
      expect(stats.injected).toBeGreaterThan(HISTORIES / 4);
      expect(stats).toEqual({
        injected: stats.injected,
        found: stats.injected,
        named: stats.injected,
      });
    },
  );

  it("are checked in time that grows with their length", async () => {
    const large = (commits: number) =>
      Effect.runPromise(
        recordAppends([makeMemoryStorage()], {
          namespace: "town",
          seed: 1,
          clients: 8,
          subjects: 40,
          commits,
          lostOfHundred: 5,
        }),
      );
    const [short, long] = [await large(20), await large(200)];
    const millis = (history: AppendHistory) =>
      Math.min(
        ...[1, 2, 3, 4, 5].map(() => {
          const started = performance.now();
          expect(checkAppends(history)).toEqual([]);
          return performance.now() - started;
        }),
      );
    millis(short);
    const growth = millis(long) / millis(short);
    // Ten times the operations: a quadratic check would take a hundred times as long.
    expect(long.operations.length).toBeGreaterThan(short.operations.length * 8);
    expect(growth).toBeLessThan(60);
  });
});

describe("append histories by hand", () => {
  const commit = (
    id: string,
    span: readonly [number, number],
    writes: HistoryCommit["writes"],
    more: Partial<HistoryCommit> = {},
  ): HistoryCommit => ({
    kind: "commit",
    id,
    client: 0,
    start: span[0],
    end: span[1],
    writes,
    guards: [],
    outcome: "committed",
    conflicts: [],
    ...more,
  });

  it("allow either order of what overlapped, and none but one of what did not", () => {
    const writes = (expected: number) => [{ subject: "s", expected }];
    const logs = new Map([["s", ["b", "a"]]]);
    const overlapping = [commit("a", [1, 4], writes(1)), commit("b", [2, 3], writes(0))];
    expect(checkAppends({ operations: overlapping, logs })).toEqual([]);
    const apart = [commit("a", [1, 2], writes(1)), commit("b", [3, 4], writes(0))];
    expect(checkAppends({ operations: apart, logs })).toMatchObject([
      { kind: "swapped-order", operations: ["b", "a"] },
      { kind: "swapped-order", operations: ["a", "b"] },
    ]);
  });

  it("name two who relied on each other's absence and both acted", () => {
    const operations = [
      commit("a", [1, 4], [{ subject: "s", expected: 0 }], {
        guards: [{ subject: "t", version: 0 }],
      }),
      commit("b", [2, 3], [{ subject: "t", expected: 0 }], {
        guards: [{ subject: "s", version: 0 }],
      }),
    ];
    const logs = new Map([
      ["s", ["a"]],
      ["t", ["b"]],
    ]);
    const [anomaly] = checkAppends({ operations, logs });
    expect(anomaly?.kind).toBe("ignored-guard");
    expect(anomaly?.operations.toSorted()).toEqual(["a", "b"]);
  });

  it("name a commit that counted in one subject before another and after it in the next", () => {
    const both = (s: number, t: number) => [
      { subject: "s", expected: s },
      { subject: "t", expected: t },
    ];
    const operations = [commit("a", [1, 4], both(0, 1)), commit("b", [2, 3], both(1, 0))];
    const logs = new Map([
      ["s", ["a", "b"]],
      ["t", ["b", "a"]],
    ]);
    expect(checkAppends({ operations, logs })[0]?.kind).toBe("swapped-order");
  });
});

describe("lease histories", () => {
  let sound: ReadonlyArray<LeaseHistory> = [];
  beforeAll(async () => {
    sound = await Promise.all(seeds.map((seed) => leasesOf(seed)));
  });

  it("of the memory driver raise no alarm, with and without lost answers", async () => {
    const lost = await Promise.all(seeds.map((seed) => leasesOf(seed, 30)));
    expect([...sound, ...lost].flatMap(checkLeases)).toEqual([]);
    const calls = sound.flatMap((one) => one.operations);
    const settled = (result: string) =>
      calls.filter((one) => one.kind === "settle" && one.result === result).length;
    expect(settled("Settled")).toBeGreaterThan(HISTORIES * 10);
    expect(settled("LeaseLost")).toBeGreaterThan(HISTORIES / 2);
  });

  it.each(Object.keys(leaseInjectors) as Array<LeaseAnomalyKind>)(
    "name every injected %s and an operation of it",
    (kind) => {
      const inject = (history: LeaseHistory, seed: number) =>
        tamper(leaseInjectors[kind], history, seed);
      const stats = detection(kind, sound, inject, checkLeases);
      expect(stats.injected).toBeGreaterThan(HISTORIES / 4);
      expect(stats).toEqual({
        injected: stats.injected,
        found: stats.injected,
        named: stats.injected,
      });
    },
  );
});

describe("cycles", () => {
  it("are found exactly when there is one, and are real", () => {
    const graphs = fc.integer({ min: 1, max: 8 }).chain((size) =>
      fc.array(fc.array(fc.nat(size - 1), { maxLength: 2 }), {
        minLength: size,
        maxLength: size,
      }),
    );
    fc.assert(
      fc.property(graphs, (edges) => {
        const cycle = findCycle(edges);
        if (cycle === null) return !reachesItself(edges);
        return cycle.every((node, n) => edges[node]?.includes(cycle[(n + 1) % cycle.length] ?? -1));
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

const reachesItself = (edges: ReadonlyArray<ReadonlyArray<number>>): boolean =>
  edges.some((_, start) => {
    const seen = new Set<number>();
    const open = [...(edges[start] ?? [])];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node === start) return true;
      if (!seen.has(node)) open.push(...(edges[node] ?? []));
      seen.add(node);
    }
    return false;
  });
