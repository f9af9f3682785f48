/**
 * A nation: 31 provinces, 342 cities, 2,978 counties, 41,352 streets and 620,573
 * villages and communities, the shape of the statistical division of 2023.
 */
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  ancestorsOf,
  findUnits,
  hierarchyBytes,
  type HierarchyInput,
  isWithin,
  makeHierarchy,
  subtreeOf,
  type UnitInput,
} from "@linli/core/hierarchy";

const SHAPE = [
  { level: "province", count: 31, digits: 2 },
  { level: "city", count: 342, digits: 2 },
  { level: "county", count: 2978, digits: 2 },
  { level: "street", count: 41_352, digits: 3 },
  { level: "village", count: 620_573, digits: 3 },
];
const LEVELS = ["nation", ...SHAPE.map((step) => step.level)].map((id, i, all) => ({
  id,
  rank: all.length - i,
  name: { zh: id, en: id },
}));
const CHAIN = { id: "residential", name: { zh: "居民", en: "residents" } };
const FRAME = { levels: LEVELS, chains: [CHAIN], lastResortLevels: ["nation"] };

const nation = (): HierarchyInput => {
  const units: Array<UnitInput> = [
    { id: "0", level: "nation", name: "全国", parents: {}, roots: ["residential"] },
  ];
  let above = ["0"];
  for (const { level, count, digits } of SHAPE) {
    const ids: Array<string> = [];
    const each = Math.ceil(count / above.length);
    for (let i = 0; i < count; i += 1) {
      const parent = above[Math.floor(i / each)] ?? "0";
      const own = String((i % each) + 1).padStart(digits, "0");
      const id = parent === "0" ? String(11 + i) : parent + own;
      ids.push(id);
      units.push({ id, level, name: `${level}${own}`, parents: { residential: parent } });
    }
    above = ids;
  }
  return { version: "2023", units };
};

describe("a nation of 665,277 units", { timeout: 60_000 }, () => {
  const input = nation();
  const made = makeHierarchy(input, FRAME);
  if (Result.isFailure(made)) throw new Error(made.failure.message);
  const h = made.success;

  it("takes at most 70 bytes a unit beyond the strings, the name index included", () => {
    expect(h.size).toBe(665_277);
    const lean = hierarchyBytes(h) / h.size;
    expect(findUnits(h, "village001", { at: 0, limit: 2 }).length).toBe(2);
    const searched = hierarchyBytes(h) / h.size;
    expect(lean).toBeGreaterThan(8 + 8 + 4 + 1);
    expect(lean).toBeLessThanOrEqual(45);
    expect(searched).toBeLessThanOrEqual(70);
  });

  it("keeps no unit as an object: every column is as long as the nation or sparse", () => {
    const { aliases, successors, life, codes, chains } = h.tables;
    expect([aliases.size, successors.size, life, codes]).toEqual([0, 0, undefined, undefined]);
    expect(chains.get("residential")?.moves.size).toBe(0);
  });

  it("answers from the leaf to the root, and subtrees whole", () => {
    const leaf = input.units.at(-1)?.id ?? "";
    const above = ancestorsOf(h, "residential", leaf, 0);
    expect(above.length).toBe(6);
    for (const unit of above) expect(isWithin(h, "residential", leaf, unit, 0)).toBe(true);
    expect(isWithin(h, "residential", leaf, "11", 0)).toBe(false);
    expect(subtreeOf(h, "residential", "0", 0, Infinity).length).toBe(665_277);
    expect(subtreeOf(h, "residential", "0", 0, 10).length).toBe(10);
  });
});
