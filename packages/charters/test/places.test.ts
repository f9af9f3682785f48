import { holdersOf, organisationsFor } from "@linli/core/directory";
import { ancestorsOf, findUnits, subtreeOf, unitAt } from "@linli/core/hierarchy";
import { BAZHONG_FACTS, bazhongDuties } from "@linli/charters/bazhong";
import { MINHOU_FACTS, minhouDuties } from "@linli/charters/minhou";
import { xinanDuties } from "@linli/charters/xinan";
import { describe, expect, it } from "vitest";
import { PLACES } from "./charters.ts";

const AT = Date.parse("2019-07-26T21:00:00+08:00");

const of = (name: string) => {
  const place = PLACES.find((one) => one.name === name);
  if (place === undefined) throw new Error(`no place ${name}`);
  const { hierarchy, directory } = place;
  const below = (unit: string, level: string) =>
    subtreeOf(hierarchy, "residential", unit, AT, 10_000).filter(
      (id) => unitAt(hierarchy, id, AT)?.level === level,
    );
  const chiefs = (unit: string) =>
    below(unit, "building").flatMap((id) =>
      holdersOf(directory, "chief", id, AT).map((held) => held.person),
    );
  const find = (words: string) => findUnits(hierarchy, words, { at: AT, limit: 1 })[0]?.unit;
  return { ...place, below, chiefs, find };
};

describe("Minhou", () => {
  const { hierarchy, directory, charter, chiefs, find } = of("minhou");

  it("counts 28 chiefs in Yulongwan and 321 in the county", () => {
    expect(new Set(chiefs("yulongwan")).size).toBe(28);
    expect(new Set(chiefs("minhou")).size).toBe(321);
    expect(MINHOU_FACTS).toEqual({ yulongwanChiefs: 28, chiefs: 321 });
  });

  it("finds building 57, and not 157 or 5", () => {
    expect(find("57号楼走廊灯不亮")).toBe("yulongwan-57");
    expect(find("157号楼走廊灯不亮")).not.toBe("yulongwan-57");
    expect(
      ancestorsOf(hierarchy, "residential", "yulongwan-57", AT).map(
        (id) => unitAt(hierarchy, id, AT)?.name.zh,
      ),
    ).toEqual(["57号楼", "世茂御龙湾", "滨江社区", "甘蔗街道", "闽侯县"]);
  });

  it("climbs building, community, street, county; a compound is a place, not a rung", () => {
    expect(charter.chainLevels.get("residential")?.map(({ id }) => id)).toEqual([
      "building",
      "community",
      "street",
      "county",
    ]);
  });

  it("knows the property company's engineering unit for a corridor light of building 57", () => {
    const found = organisationsFor(directory, {
      unit: "yulongwan-57",
      at: AT,
      category: "corridorLight",
    });
    expect(found.map(({ id, kind }) => [id, kind])).toEqual([["yulongwan-property", "property"]]);
  });

  it("has six duties that are not Xin'an's six", () => {
    expect(minhouDuties).toHaveLength(6);
    const others = new Set(xinanDuties.map(({ name }) => name.zh));
    for (const { name } of minhouDuties) expect(others.has(name.zh)).toBe(false);
  });
});

describe("Bazhong", () => {
  const { hierarchy, charter, below, chiefs, find } = of("bazhong");

  it("counts 3 streets, 18 compounds and 152 chiefs", () => {
    expect(below("bazhong", "street")).toHaveLength(3);
    expect(below("bazhong", "compound")).toHaveLength(18);
    expect(new Set(chiefs("bazhong")).size).toBe(152);
    expect(((BAZHONG_FACTS.partyMembers / BAZHONG_FACTS.chiefs) * 100).toFixed(2)).toBe("31.58");
  });

  it("climbs building, compound, community, street, zone", () => {
    expect(charter.chainLevels.get("residential")?.map(({ name }) => name.zh)).toEqual([
      "楼栋",
      "小区",
      "社区",
      "街道",
      "经开区",
    ]);
    expect(ancestorsOf(hierarchy, "residential", "xijin-5", AT)).toContain("xijin-community");
  });

  it("finds the buildings the article names", () => {
    expect(find("东锦苑24栋漏水")).toBe("dongjin-24");
    expect(find("西锦苑5栋")).toBe("xijin-5");
    expect(find("福锦苑6栋")).toBe("fujin-6");
  });

  it("groups duties into three", () => {
    expect(bazhongDuties.map(({ name }) => name.zh)).toEqual([
      "政策宣讲“带头人”",
      "睦邻友好“守护人”",
      "服务民生“贴心人”",
    ]);
  });
});
