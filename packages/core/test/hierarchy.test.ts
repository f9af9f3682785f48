import * as fc from "fast-check";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  ancestorsOf,
  chainsOf,
  childrenOf,
  decodeHierarchy,
  firstAbove,
  type Hierarchy,
  type HierarchyInput,
  isEverInChain,
  isWithin,
  levelOf,
  parentOf,
  rootOf,
  rootsOf,
  subtreeOf,
  successorsOf,
  unitAt,
} from "@linli/core/hierarchy";
import {
  built,
  CHAINS,
  frame,
  hierarchyInput,
  instant,
  naive,
  rankOf,
} from "./hierarchySupport.ts";

const RUNS = { seed: 20230803, numRuns: 300 };
const anyInput = fc.oneof(hierarchyInput({ dated: false }), hierarchyInput({ dated: true }));

const everywhere = (input: HierarchyInput, visit: (chain: string, id: string) => void): void => {
  for (const chain of [...CHAINS, "unknown"]) {
    for (const unit of input.units) visit(chain, unit.id);
    visit(chain, "nobody");
  }
};

describe("hierarchy: any shape, any date", { timeout: 60_000 }, () => {
  it("generates what the laws are about: moves, handovers, late joiners, ended units", () => {
    const inputs = fc.sample(hierarchyInput({ dated: true }), { seed: 1, numRuns: 200 });
    const units = inputs.flatMap((input) => input.units);
    expect(units.filter((unit) => unit.moves !== undefined).length).toBeGreaterThan(100);
    expect(units.filter((unit) => unit.until !== undefined).length).toBeGreaterThan(100);
    expect(units.filter((unit) => unit.id === "old").length).toBeGreaterThan(50);
    const late = units.filter((unit) =>
      unit.moves?.some((move) => unit.parents[move.chain] === undefined),
    );
    expect(late.length).toBeGreaterThan(5);
  });

  it("agrees with a walk over the written units", () => {
    fc.assert(
      fc.property(anyInput, instant, (input, at) => {
        const h = built(input);
        const slow = naive(input);
        for (const chain of CHAINS) expect(rootOf(h, chain, at)).toBe(slow.root(chain, at));
        everywhere(input, (chain, id) => {
          expect(unitAt(h, id, at) !== undefined).toBe(slow.alive(id, at));
          expect(parentOf(h, chain, id, at)).toBe(slow.parent(chain, id, at));
          expect(ancestorsOf(h, chain, id, at)).toEqual(slow.ancestors(chain, id, at));
          const below = subtreeOf(h, chain, id, at, Infinity);
          expect(below.toSorted()).toEqual(slow.subtree(chain, id, at).toSorted());
          const children = slow.children(chain, id, at).toSorted();
          expect(childrenOf(h, chain, id, at).toSorted()).toEqual(children);
        });
      }),
      RUNS,
    );
  });

  it("tells levels, and what stands above, as the views of units do", () => {
    fc.assert(
      fc.property(anyInput, instant, fc.integer({ min: 0, max: 6 }), (input, at, least) => {
        const h = built(input);
        everywhere(input, (chain, id) => {
          expect(levelOf(h, id)?.id).toBe(unitAt(h, id)?.level);
          expect(levelOf(h, id, at)?.rank).toBe(unitAt(h, id, at)?.rank);
          const found = firstAbove(h, { chain, unit: id, at }, (above, { rank }) =>
            rank >= least ? above : undefined,
          );
          const expected = ancestorsOf(h, chain, id, at).find(
            (above) => (unitAt(h, above, at)?.rank ?? -1) >= least,
          );
          expect(found).toBe(expected);
        });
      }),
      RUNS,
    );
  });

  it("is within exactly its ancestors and itself", () => {
    fc.assert(
      fc.property(anyInput, instant, (input, at) => {
        const h = built(input);
        everywhere(input, (chain, id) => {
          const above = ancestorsOf(h, chain, id, at);
          for (const { id: other } of input.units) {
            expect(isWithin(h, chain, id, other, at)).toBe(above.includes(other));
          }
        });
      }),
      RUNS,
    );
  });

  it("rises strictly to the living root of the chain", () => {
    fc.assert(
      fc.property(anyInput, instant, (input, at) => {
        const h = built(input);
        everywhere(input, (chain, id) => {
          const above = ancestorsOf(h, chain, id, at);
          expect(above.length > 0).toBe(chainsOf(h, id, at).includes(chain));
          if (above.length === 0) return;
          expect(isEverInChain(h, chain, id)).toBe(true);
          expect(above.at(-1)).toBe(rootOf(h, chain, at));
          const ranks = above.map((unit) => rankOf(unitAt(h, unit, at)?.level ?? ""));
          expect(ranks.every((rank, i) => i === 0 || rank > (ranks[i - 1] ?? 0))).toBe(true);
        });
      }),
      RUNS,
    );
  });

  it("lists parents before children, and a limit cuts the same list short", () => {
    fc.assert(
      fc.property(anyInput, instant, fc.nat({ max: 12 }), (input, at, limit) => {
        const h = built(input);
        everywhere(input, (chain, id) => {
          const below = subtreeOf(h, chain, id, at, Infinity);
          expect(subtreeOf(h, chain, id, at, limit)).toEqual(below.slice(0, limit));
          for (const [i, unit] of below.entries()) {
            const parent = parentOf(h, chain, unit, at);
            if (i > 0) expect(below.slice(0, i)).toContain(parent);
          }
        });
      }),
      RUNS,
    );
  });

  it("is the same whatever order the units were written in", () => {
    const shuffled = anyInput.chain((input) =>
      fc.tuple(
        fc.constant(input),
        fc.shuffledSubarray([...input.units], { minLength: input.units.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([input, units]) => {
        expect(built({ ...input, units })).toEqual(built(input));
      }),
      RUNS,
    );
  });

  it("decodes exactly what it builds from typed data", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const decoded = decodeHierarchy(JSON.parse(JSON.stringify(input)), frame);
        expect(Result.isSuccess(decoded) && decoded.success).toEqual(built(input));
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  it("follows successors to living units only, never to itself", () => {
    fc.assert(
      fc.property(hierarchyInput({ dated: true }), instant, (input, at) => {
        const h = built(input);
        const slow = naive(input);
        for (const { id } of input.units) {
          const expected = new Set<string>();
          const follow = (unit: string) => {
            for (const next of slow.find(unit)?.successors ?? []) {
              if (slow.alive(next, at)) expected.add(next);
              else if ((slow.find(next)?.until ?? Infinity) <= at) follow(next);
            }
          };
          follow(id);
          expect(successorsOf(h, id, at)).toEqual([...expected].toSorted());
          expect(successorsOf(h, id, at)).not.toContain(id);
        }
      }),
      RUNS,
    );
  });
});

const text = (zh: string, en: string) => ({ zh, en });

describe("灌南新安镇: 镇 - 社区 - 微社区 - 楼栋", () => {
  const xinan: HierarchyInput = {
    version: "2023",
    units: [
      { id: "xinan", level: "town", name: text("新安镇", "Xin'an"), parents: {}, roots: CHAINS },
      {
        id: "zhendong",
        level: "community",
        name: text("镇东社区", "Zhendong"),
        parents: { residential: "xinan" },
      },
      {
        id: "yekou",
        level: "micro",
        name: text("叶口微社区", "Yekou"),
        parents: { residential: "zhendong" },
      },
      {
        id: "yekou-3",
        level: "building",
        name: "叶口巷3号",
        parents: { residential: "yekou" },
        code: { code: "320724100001", year: 2023 },
      },
    ],
  };

  it("shows the chain of a building from itself to the town", () => {
    const h = built(xinan);
    expect(ancestorsOf(h, "residential", "yekou-3", 0)).toEqual([
      "yekou-3",
      "yekou",
      "zhendong",
      "xinan",
    ]);
    expect(ancestorsOf(h, "party", "yekou-3", 0)).toEqual([]);
    expect(isWithin(h, "residential", "yekou-3", "zhendong", 0)).toBe(true);
    expect(isWithin(h, "residential", "zhendong", "yekou-3", 0)).toBe(false);
  });

  it("reads a unit on demand, with its name in both languages", () => {
    expect(unitAt(built(xinan), "yekou-3")).toEqual({
      id: "yekou-3",
      level: "building",
      rank: 1,
      name: text("叶口巷3号", "叶口巷3号"),
      successors: [],
      aliases: [],
      roots: [],
      code: { code: "320724100001", year: 2023 },
    });
    expect(unitAt(built(xinan), "叶口巷")).toBeUndefined();
    expect(rootsOf(built(xinan))).toEqual([
      { chain: "residential", unit: "xinan", level: "town" },
      { chain: "party", unit: "xinan", level: "town" },
    ]);
  });
});

describe("青岛: one branch, three groups, nine hubs, and the street on both chains", () => {
  const levels = [
    { id: "hub", rank: 1, name: text("党员中心户", "household hub") },
    { id: "group", rank: 2, name: text("楼院党小组", "party group") },
    { id: "branch", rank: 3, name: text("网格党支部", "party branch") },
    { id: "community", rank: 4, name: text("社区", "community") },
    { id: "street", rank: 5, name: text("街道", "street") },
  ];
  const units: HierarchyInput["units"] = [
    { id: "zhenjianglu", level: "street", name: "镇江路街道", parents: {}, roots: CHAINS },
    {
      id: "taipingzhen",
      level: "community",
      name: "太平镇社区",
      parents: { residential: "zhenjianglu", party: "zhenjianglu" },
    },
    {
      id: "branch",
      level: "branch",
      name: "都市春天网格党支部",
      parents: { party: "taipingzhen" },
    },
    ...[1, 2, 3].flatMap((group) => [
      {
        id: `group-${group}`,
        level: "group",
        name: `第${group}党小组`,
        parents: { party: "branch" },
      },
      ...[1, 2, 3].map((hub) => ({
        id: `hub-${group}-${hub}`,
        level: "hub",
        name: `中心户${group}-${hub}`,
        parents: { party: `group-${group}` },
      })),
    ]),
  ];
  const h: Hierarchy = built({ version: "2019", units }, { levels, chains: frame.chains });

  it("has 1, 3 and 9, and both chains reach the same street", () => {
    const below = subtreeOf(h, "party", "branch", 0, 100);
    const count = (level: string) => below.filter((id) => unitAt(h, id)?.level === level).length;
    expect([count("branch"), count("group"), count("hub")]).toEqual([1, 3, 9]);
    expect(ancestorsOf(h, "party", "hub-3-1", 0).at(-1)).toBe("zhenjianglu");
    expect(ancestorsOf(h, "residential", "taipingzhen", 0).at(-1)).toBe("zhenjianglu");
    expect(chainsOf(h, "taipingzhen", 0)).toEqual(["residential", "party"]);
    expect(chainsOf(h, "hub-1-1", 0)).toEqual(["party"]);
    expect(subtreeOf(h, "residential", "zhenjianglu", 0, 100)).toEqual([
      "zhenjianglu",
      "taipingzhen",
    ]);
  });
});

describe("a unit that moves and a unit that ends", () => {
  const h = built({
    version: "1",
    units: [
      { id: "town", level: "town", name: "镇", parents: {}, roots: CHAINS },
      {
        id: "east",
        level: "community",
        name: "东社区",
        parents: { residential: "town" },
        until: 300,
        successors: ["west"],
      },
      { id: "west", level: "community", name: "西社区", parents: { residential: "town" } },
      {
        id: "b1",
        level: "building",
        name: "1栋",
        parents: { residential: "east" },
        moves: [{ chain: "residential", parent: "west", from: 200 }],
      },
    ],
  });

  it("stands under its parent of the instant", () => {
    expect(parentOf(h, "residential", "b1", 199)).toBe("east");
    expect(parentOf(h, "residential", "b1", 200)).toBe("west");
    expect(childrenOf(h, "residential", "east", 200)).toEqual([]);
    expect(childrenOf(h, "residential", "west", 200)).toEqual(["b1"]);
    expect(subtreeOf(h, "residential", "town", 300, 9)).toEqual(["town", "west", "b1"]);
  });

  it("is succeeded once it has ended, at the very instant", () => {
    expect(unitAt(h, "east", 299)?.until).toBe(300);
    expect(unitAt(h, "east", 300)).toBeUndefined();
    expect(successorsOf(h, "east", 300)).toEqual(["west"]);
  });
});
