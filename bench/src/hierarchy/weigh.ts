/** Run with --expose-gc: builds the nation, weighs it and prints the weights as JSON. */
import {
  findUnits,
  hierarchyBytes,
  type HierarchyInput,
  makeHierarchy,
  type UnitInput,
} from "@linli/core/hierarchy";
import * as Result from "effect/Result";

/** Bytes in all, beyond the strings. */
export interface Weights {
  readonly units: number;
  /** By `hierarchyBytes`, before and after the first search by name. */
  readonly counted: number;
  readonly searched: number;
  /** By the collector: heap and typed arrays together. */
  readonly weighed: number;
  readonly searchedWeighed: number;
}

// Provinces, cities, counties, streets, villages; each level's units share out their parents evenly.
const SHAPE = [
  { level: "province", count: 31, digits: 2 },
  { level: "city", count: 342, digits: 2 },
  { level: "county", count: 2978, digits: 2 },
  { level: "street", count: 41_352, digits: 3 },
  { level: "village", count: 620_573, digits: 3 },
];

const makeNation = (): HierarchyInput => {
  const units: Array<UnitInput> = [
    { id: "0", level: "nation", name: "全国", parents: {}, roots: ["residential"] },
  ];
  let above = ["0"];
  for (const { level, count, digits } of SHAPE) {
    const each = Math.ceil(count / above.length);
    above = Array.from({ length: count }, (_, at) => {
      const parent = above[Math.floor(at / each)] ?? "0";
      const own = String((at % each) + 1).padStart(digits, "0");
      // Flat copies: a text still made of its parts would weigh on the measurement.
      const id = flat(parent === "0" ? String(11 + at) : parent + own);
      units.push({ id, level, name: flat(`${level}${own}`), parents: { residential: parent } });
      return id;
    });
  }
  return { version: "2023", units };
};

const flat = (text: string): string => Buffer.from(text).toString();

const weight = (): number => {
  for (let times = 0; times < 4; times += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const LEVELS = ["nation", ...SHAPE.map(({ level }) => level)].map((id, at, all) => ({
  id,
  rank: all.length - at,
  name: { zh: id, en: id },
}));

if (globalThis.gc === undefined) throw new Error("start with --expose-gc");
const nation = makeNation();
// The input stays alive, so its strings are on both sides of the scales.
const before = weight();
const made = makeHierarchy(nation, {
  levels: LEVELS,
  chains: [{ id: "residential", name: { zh: "居民", en: "residents" } }],
  lastResortLevels: ["nation"],
});
const hierarchy = Result.getOrThrowWith(made, (error) => error);
const weighed = weight() - before;
const counted = hierarchyBytes(hierarchy);
findUnits(hierarchy, "village001", { at: 0, limit: 2 });
const searchedWeighed = weight() - before;
const searched = hierarchyBytes(hierarchy);
const units = nation.units.length;
const weights: Weights = { units, counted, searched, weighed, searchedWeighed };
console.log(JSON.stringify(weights));
