import * as fc from "fast-check";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  decodeHierarchy,
  type HierarchyFrame,
  type HierarchyInput,
  makeHierarchy,
  type UnitInput,
  unitAt,
} from "@linli/core/hierarchy";
import { built, frame, hierarchyInput } from "./hierarchySupport.ts";

const RUNS = { seed: 1788, numRuns: 200 };

const faultOf = (units: ReadonlyArray<UnitInput>, against: HierarchyFrame = frame) => {
  const input: HierarchyInput = { version: "1", units };
  const typed = makeHierarchy(input, against);
  const decoded = decodeHierarchy(JSON.parse(JSON.stringify(input)), against);
  const summary = (made: typeof typed) =>
    Result.isFailure(made) ? `${made.failure.path}: ${made.failure.reason}` : "accepted";
  expect(summary(decoded)).toBe(summary(typed));
  if (Result.isFailure(typed)) expect(typed.failure.door).toBe("hierarchy");
  return summary(typed);
};

/** Adds one faulty unit to a sound hierarchy; `n` is its place. */
const FAULTS: Record<
  string,
  { readonly unit: Partial<UnitInput>; readonly path: string; readonly reason: RegExp }
> = {
  "an unknown level": { unit: { level: "planet" }, path: "level", reason: /level/ },
  "an unknown chain": {
    unit: { parents: { residential: "town", other: "town" } },
    path: "parents/other",
    reason: /not a known chain/,
  },
  "an orphan: unknown parent": {
    unit: { parents: { residential: "nobody" } },
    path: "parents/residential",
    reason: /orphan: the parent is not a known unit/,
  },
  "an orphan: no chain": { unit: { parents: {} }, path: "parents", reason: /orphan/ },
  "an orphan for a time": {
    unit: { from: -5, parents: { residential: "brief" } },
    path: "parents/residential",
    reason: /orphan for a time/,
  },
  "an orphan: the parent stands in another chain": {
    unit: { parents: { party: "brief" }, from: 10, until: 20 },
    path: "parents/party",
    reason: /orphan: the parent is not in this chain/,
  },
  "itself as parent": {
    unit: { parents: { residential: "faulty" } },
    path: "parents/residential",
    reason: /cycle/,
  },
  "a parent of the same rank": {
    unit: { level: "community", parents: { residential: "brief" } },
    path: "parents/residential",
    reason: /not higher in rank/,
  },
  "a life without length": { unit: { from: 7, until: 7 }, path: "until", reason: /not after/ },
  "an unknown successor": {
    unit: { until: 7, successors: ["town", "nobody"] },
    path: "successors/1",
    reason: /not a known unit/,
  },
  "successors without an end": {
    unit: { successors: ["town"] },
    path: "successors",
    reason: /without an end/,
  },
  "itself as successor": {
    unit: { until: 7, successors: ["faulty"] },
    path: "successors",
    reason: /cycle of successors/,
  },
  "a second root": {
    unit: { level: "town", parents: {}, roots: ["party"], from: 1000 },
    path: "roots/0",
    reason: /second root/,
  },
  "a root of a level without last resort": {
    unit: { parents: { residential: "town" }, roots: ["party"] },
    path: "roots/0",
    reason: /no post of last resort/,
  },
  "a root of an unknown chain": {
    unit: { level: "town", parents: {}, roots: ["other"] },
    path: "roots/0",
    reason: /not a known chain/,
  },
  "a root with a parent": {
    unit: { roots: ["residential"] },
    path: "roots/0",
    reason: /root with a parent/,
  },
  "a move in an unknown chain": {
    unit: { moves: [{ chain: "other", parent: "town", from: 3 }] },
    path: "moves/0/chain",
    reason: /not a known chain/,
  },
  "a move to an unknown parent": {
    unit: { moves: [{ chain: "residential", parent: "nobody", from: 3 }] },
    path: "moves/0/parent",
    reason: /orphan/,
  },
  "a move to a parent that ends": {
    unit: { moves: [{ chain: "residential", parent: "brief", from: 12 }] },
    path: "moves/0/parent",
    reason: /orphan for a time/,
  },
  "a move to itself": {
    unit: { moves: [{ chain: "residential", parent: "faulty", from: 12 }] },
    path: "moves/0/parent",
    reason: /cycle/,
  },
  "a move before its life": {
    unit: { from: 5, moves: [{ chain: "residential", parent: "town", from: 5 }] },
    path: "moves/0/from",
    reason: /not within the life/,
  },
  "two moves at one instant": {
    unit: {
      moves: [
        { chain: "residential", parent: "town", from: 5 },
        { chain: "residential", parent: "town", from: 5 },
      ],
    },
    path: "moves/1/from",
    reason: /repeats the instant/,
  },
};

const town: UnitInput = {
  id: "town",
  level: "town",
  name: "镇",
  parents: {},
  roots: ["residential", "party"],
};
const brief: UnitInput = {
  id: "brief",
  level: "community",
  name: "社区",
  parents: { residential: "town" },
  from: 0,
  until: 100,
};

describe(
  "every fault is refused with its path, in any sound hierarchy",
  { timeout: 60_000 },
  () => {
    const sound = hierarchyInput({ dated: true }).filter(({ units }) => units[0]?.id === "town");
    for (const [name, { unit, path, reason }] of Object.entries(FAULTS)) {
      it(name, () => {
        fc.assert(
          fc.property(sound, ({ units }) => {
            const faulty: UnitInput = {
              id: "faulty",
              level: "building",
              name: "楼栋",
              parents: { residential: "town" },
              ...unit,
            };
            const fault = faultOf([...units, brief, faulty]);
            expect(fault.split(": ")[0]).toBe(`/units/${units.length + 1}/${path}`);
            expect(fault).toMatch(reason);
            expect(faultOf([...units, brief])).toBe("accepted");
          }),
          { ...RUNS, numRuns: 25 },
        );
      });
    }

    it("a repeated id, at the later of the two", () => {
      fc.assert(
        fc.property(sound, fc.nat(), ({ units }, pick) => {
          const twin = units[pick % units.length] ?? town;
          const fault = faultOf([...units, { ...twin }]);
          expect(fault).toBe(`/units/${units.length}/id: repeats the id of a unit`);
        }),
        RUNS,
      );
    });

    it("a cycle through a unit's own child", () => {
      fc.assert(
        fc.property(sound, fc.nat(), ({ units }, pick) => {
          const edges = units.flatMap((child) =>
            Object.entries(child.parents)
              .filter(([, parent]) => parent !== "town")
              .map(([chain, parent]) => ({ child: child.id, chain, parent })),
          );
          const edge = edges[pick % Math.max(1, edges.length)];
          fc.pre(edge !== undefined);
          const place = units.findIndex((unit) => unit.id === edge.parent);
          const turned = units.map((unit, i) =>
            i === place
              ? { ...unit, parents: { ...unit.parents, [edge.chain]: edge.child } }
              : unit,
          );
          const fault = faultOf(turned);
          expect(fault).toMatch(new RegExp(`^/units/${place}/parents/${edge.chain}: is a cycle`));
        }),
        RUNS,
      );
    });

    it("a chain without a root, and nothing at all", () => {
      const chains = [...frame.chains, { id: "water", name: { zh: "水务", en: "water" } }];
      expect(faultOf([town], { ...frame, chains })).toBe("/units: has no root for chain water");
      expect(faultOf([])).toBe("/units: has no root for chain residential");
    });

    it("a root without last resort, unless nobody asked", () => {
      const { levels, chains } = frame;
      expect(faultOf([town], { levels, chains, lastResortLevels: [] })).toMatch(
        /^\/units\/0\/roots\/0: /,
      );
      expect(faultOf([town], { levels, chains })).toBe("accepted");
    });

    it("two roots that overlap by one instant, not two that follow each other", () => {
      const next: UnitInput = { ...town, id: "next", from: 50 };
      expect(faultOf([{ ...town, until: 51 }, next])).toMatch(
        /^\/units\/1\/roots\/0: is a second root/,
      );
      expect(faultOf([{ ...town, until: 50 }, next])).toBe("accepted");
    });

    it("a long cycle of successors", () => {
      const units = Array.from({ length: 5000 }, (_, i) => ({
        ...brief,
        id: `b${i}`,
        successors: [`b${(i + 1) % 5000}`],
      }));
      expect(faultOf([town, ...units])).toMatch(/successors: leads back/);
      expect(faultOf([town, ...units.slice(0, -1), { ...brief, id: "b4999" }])).toBe("accepted");
    });
  },
);

describe("hostile shapes at the door", () => {
  const decode = (units: unknown) => {
    const made = decodeHierarchy({ version: "1", units }, frame);
    return Result.isFailure(made) ? made.failure.path : "accepted";
  };

  it("refuses what is not a hierarchy, with the path", () => {
    expect(decode([town])).toBe("accepted");
    expect(decode("units")).toBe("/units");
    expect(decode([town, { ...brief, handler: "p1" }])).toBe("/units/1/handler");
    expect(decode([{ ...town, id: "a/b" }])).toBe("/units/0/id");
    expect(decode([{ ...town, from: 1.5 }])).toBe("/units/0/from");
    expect(decode([{ ...town, name: "\ud800" }])).toBe("/units/0/name");
    expect(decode([{ ...town, code: { code: "3207241", year: 2023 } }])).toBe("/units/0/code/code");
    const parents: unknown = JSON.parse('{"__proto__":"town"}');
    expect(decode([town, { ...brief, parents }])).toBe("/units/1/parents");
  });

  it("keeps ids chosen to collide apart, in linear time", () => {
    const ids = collidingIds(13);
    expect(new Set(ids).size).toBe(8192);
    const h = built({ version: "1", units: [town, ...ids.map((id) => ({ ...brief, id }))] });
    for (const id of ids) expect(unitAt(h, id, 1)?.id).toBe(id);
    expect(unitAt(h, `${ids[0]}x`)).toBeUndefined();
    expect("map" in h.tables.index).toBe(true);
  });
});

// Pairs of words that leave FNV-1a in one state, joined in every way.
const collidingIds = (pairs: number): ReadonlyArray<string> => {
  let ids = ["7yzx", "e6ad"];
  for (let pair = 1; pair < pairs; pair += 1) {
    ids = ids.flatMap((id) => [`${id}33zx`, `${id}epad`]);
  }
  return ids;
};
