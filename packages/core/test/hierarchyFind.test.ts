import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ancestorsOf,
  findUnits,
  foldText,
  type HierarchyInput,
  unitAt,
} from "@linli/core/hierarchy";
import { built, CHAINS, hierarchyInput, instant } from "./hierarchySupport.ts";

const RUNS = { seed: 57, numRuns: 300 };
const ALL = { at: 0, limit: Infinity };

const town: HierarchyInput["units"][number] = {
  id: "xinan",
  level: "town",
  name: { zh: "新安镇", en: "Xin'an Town" },
  parents: {},
  roots: CHAINS,
};
const units: HierarchyInput["units"] = [
  town,
  {
    id: "zhendong",
    level: "community",
    name: { zh: "镇东社区", en: "Zhendong" },
    parents: { residential: "xinan" },
  },
  {
    id: "caozhuang",
    level: "community",
    name: "曹庄社区",
    parents: { residential: "xinan" },
    aliases: ["曹庄"],
  },
  { id: "jinde", level: "micro", name: "金德花园", parents: { residential: "caozhuang" } },
  { id: "yipin", level: "micro", name: "一品花园", parents: { residential: "zhendong" } },
  {
    id: "jinde-5",
    level: "building",
    name: "5号楼",
    parents: { residential: "jinde" },
    aliases: ["Block 5"],
  },
  { id: "jinde-57", level: "building", name: "57号楼", parents: { residential: "jinde" } },
  { id: "yipin-5", level: "building", name: "5号楼", parents: { residential: "yipin" } },
  {
    id: "yekou-3",
    level: "building",
    name: "叶口巷3号",
    parents: { residential: "zhendong" },
    until: 100,
  },
];
const h = built({ version: "1", units });
const found = (words: string, at = 0) => findUnits(h, words, { at, limit: 9 }).map((f) => f.unit);

describe("the words of a resident", () => {
  it("name the building: 叶口巷3号的窨井盖破了", () => {
    expect(findUnits(h, "叶口巷3号的窨井盖破了", { at: 0, limit: 3 })).toEqual([
      { unit: "yekou-3", matchedAlias: "叶口巷3号", score: 5 },
    ]);
    expect(found("叶口巷3号的窨井盖破了", 100)).toEqual([]);
  });

  it("tell two buildings of one name apart by what stands above them", () => {
    expect(found("金德花园5号楼漏水")[0]).toBe("jinde-5");
    expect(found("一品花园的5号楼漏水")[0]).toBe("yipin-5");
    const [first, second] = findUnits(h, "5号楼漏水", ALL);
    expect(first?.score).toBe(second?.score);
  });

  it("put the smaller area first, and those above it after", () => {
    expect(found("新安镇曹庄社区金德花园57号楼楼道灯不亮")).toEqual([
      "jinde-57",
      "jinde",
      "caozhuang",
      "xinan",
    ]);
  });

  it("do not cut numbers or words", () => {
    expect(found("157号楼")).toEqual([]);
    expect(found("57号楼")).toEqual(["jinde-57"]);
    expect(found("block 57")).toEqual([]);
    expect(found("the block 5 lamp")).toEqual(["jinde-5"]);
    expect(found("xzhendong")).toEqual([]);
  });

  it("are compared without width, case and blanks", () => {
    for (const words of ["叶口巷３号", "叶口巷 3 号", "在叶口巷\n3号门口"]) {
      expect(found(words)).toEqual(["yekou-3"]);
    }
    expect(found("ＢＬＯＣＫ　５")).toEqual(["jinde-5"]);
    expect(foldText("  Block  5　号 ")).toBe("block 5号");
  });

  it("take a name's longest form", () => {
    expect(findUnits(h, "曹庄的曹庄社区", ALL)).toEqual([
      { unit: "caozhuang", matchedAlias: "曹庄社区", score: 4 },
    ]);
  });
});

describe("any words, any hierarchy", { timeout: 60_000 }, () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc
      .array(fc.constantFrom("building", "micro", " ", "u1x0", "u2x1", "镇", "5", "town"), {
        maxLength: 12,
      })
      .map((parts) => parts.join("")),
  );

  it("is total and deterministic, finds living units only, and a limit cuts the same list", () => {
    fc.assert(
      fc.property(
        hierarchyInput({ dated: true }),
        anything,
        instant,
        fc.nat({ max: 5 }),
        (input, words, at, limit) => {
          const made = built(input);
          const all = findUnits(made, words, { at, limit: Infinity });
          const again = built({ ...input, units: input.units.toReversed() });
          expect(findUnits(again, words, { at, limit: Infinity })).toEqual(all);
          expect(findUnits(made, words, { at, limit })).toEqual(all.slice(0, limit));
          expect(new Set(all.map((f) => f.unit)).size).toBe(all.length);
          for (const { unit, matchedAlias } of all) {
            expect(unitAt(made, unit, at)).toBeDefined();
            expect(foldText(words)).toContain(foldText(matchedAlias));
          }
        },
      ),
      RUNS,
    );
  });

  it("finds each living unit by its own name, and never ranks one above it that explains less", () => {
    fc.assert(
      fc.property(hierarchyInput({ dated: true }), instant, fc.nat(), (input, at, pick) => {
        const made = built(input);
        const unit = input.units[pick % input.units.length];
        fc.pre(unit !== undefined && unitAt(made, unit.id, at) !== undefined);
        const above = CHAINS.flatMap((chain) => ancestorsOf(made, chain, unit.id, at));
        const names = [...new Set(above)].map((id) => unitAt(made, id)?.name.zh ?? "");
        const results = findUnits(made, names.join("，"), { at, limit: Infinity });
        expect(results[0]?.unit).toBe(unit.id);
        expect(results.map((f) => f.score)).toEqual(
          results.map((f) => f.score).toSorted((a, b) => b - a),
        );
      }),
      RUNS,
    );
  });

  it("reads the first 2,000 characters of long words", () => {
    expect(found(`${"。".repeat(1990)}57号楼`)).toEqual(["jinde-57"]);
    expect(found(`${"。".repeat(2000)}57号楼`)).toEqual([]);
  });
});
