import { holdersOf, postsOf } from "@linli/core/directory";
import { childrenOf, findUnits, subtreeOf, unitAt } from "@linli/core/hierarchy";
import { xinanCharter, xinanDirectory, xinanDuties, xinanHierarchy } from "@linli/charters/xinan";
import { describe, expect, it } from "vitest";
import { placeOf } from "./support.ts";

const { charter, hierarchy, directory } = placeOf(xinanCharter, xinanHierarchy(), xinanDirectory());
const AT = Date.parse("2023-08-03T09:00:00+08:00");

const below = (unit: string, level: string) =>
  subtreeOf(hierarchy, "residential", unit, AT, 10_000).filter(
    (id) => unitAt(hierarchy, id, AT)?.level === level,
  );
const chiefsBelow = (unit: string): number =>
  below(unit, "building").reduce(
    (sum, building) => sum + holdersOf(directory, "chief", building, AT).length,
    0,
  );

describe("the figures of the article", () => {
  it("has 49 micro-communities and 1,788 chiefs", () => {
    expect(below("xinan", "microCommunity")).toHaveLength(49);
    expect(chiefsBelow("xinan")).toBe(1_788);
  });

  it("has 105 chiefs in Zhendong and 40 for the 40 buildings of Jinde Garden in Caozhuang", () => {
    expect(chiefsBelow("zhendong")).toBe(105);
    expect(below("micro-jinde", "building")).toHaveLength(40);
    expect(chiefsBelow("micro-jinde")).toBe(40);
    expect(below("caozhuang", "microCommunity")).toContain("micro-jinde");
    for (const building of below("micro-jinde", "building")) {
      expect(holdersOf(directory, "chief", building, AT)).toHaveLength(1);
    }
  });

  it("rolls up: the town's chiefs are those of its communities", () => {
    const parts = childrenOf(hierarchy, "residential", "xinan", AT).map(chiefsBelow);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(1_788);
  });

  it("counts chiefs, not buildings: elsewhere a building may have none or several", () => {
    const holders = below("xinan", "building").map(
      (building) => holdersOf(directory, "chief", building, AT).length,
    );
    expect(new Set(holders)).toEqual(new Set([0, 1, 2]));
  });

  it("climbs in four levels: building, micro-community, community, town", () => {
    expect(charter.chainLevels.get("residential")?.map((level) => level.name.zh)).toEqual([
      "楼栋",
      "微社区",
      "村（社区）",
      "镇",
    ]);
  });

  it("gives a chief the article's six duties", () => {
    expect(xinanDuties.map((duty) => duty.name.zh)).toEqual([
      "政策法规宣传员",
      "社情民意信息员",
      "矛盾化解调处员",
      "平安稳定巡查员",
      "活动组织员",
      "文明监督员",
    ]);
  });
});

describe("places and people", () => {
  it("finds 叶口巷3号 in Zhendong from a resident's words", () => {
    const [best, second] = findUnits(hierarchy, "镇东社区叶口巷3号门口的窨井盖破了", {
      at: AT,
      limit: 2,
    });
    expect(best?.unit).toBe("yekou-3");
    expect(best?.score).toBeGreaterThan(second?.score ?? 0);
    expect(below("zhendong", "building")).toContain("yekou-3");
  });

  it("tells 1栋 of Jinde Garden from 11栋", () => {
    const found = (words: string) => findUnits(hierarchy, words, { at: AT, limit: 1 })[0]?.unit;
    expect(found("金德花园1栋楼道灯坏了")).toBe("jinde-01");
    expect(found("金德花园11栋楼道灯坏了")).toBe("jinde-11");
  });

  it("names people by post and place only", () => {
    for (const { person, post, unit } of xinanDirectory().appointments) {
      expect(person.startsWith(`${post}.${unit}`)).toBe(true);
      expect(postsOf(directory, person, AT).map((held) => held.post)).toEqual([post]);
    }
  });

  it("marks every unit the article does not name by a counted number", () => {
    const named = new Set(["xinan", "zhendong", "caozhuang", "micro-jinde", "yekou-3"]);
    for (const unit of xinanHierarchy().units) {
      if (named.has(unit.id)) continue;
      const name = typeof unit.name === "string" ? unit.name : unit.name.zh;
      expect(name).toMatch(
        unit.id.startsWith("jinde-") ? /^金德花园\d\d栋$/ : /^(村（社区）|微社区|楼栋) \d+$/,
      );
    }
  });
});

describe("deadlines", () => {
  it("are marked as defaults of ours in every clock set", () => {
    for (const set of Object.values(xinanCharter.clockSets)) {
      expect(set.basis).toMatch(/^default of ours/);
    }
  });
});
