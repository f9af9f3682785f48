/**
 * The town's units: what the article names, and placeholders for the rest.
 *
 * From the article: the four levels, 49 micro-communities, 镇东社区 and its
 * 叶口巷3号, 曹庄社区 with the 40 buildings of 金德花园. Ours: how many communities
 * there are, how micro-communities and buildings spread over them, and every name
 * that ends in a counted number.
 */
import type { HierarchyInput, UnitInput } from "@linli/core/hierarchy";
import { padded, placeholder, rootUnit, shares, unit } from "../common/places.ts";

/** A building with how many chiefs it has. */
export interface Staffed {
  readonly building: UnitInput;
  readonly chiefs: number;
}

/** The article's figures. */
export const XINAN_FACTS = {
  microCommunities: 49,
  chiefs: 1_788,
  zhendongChiefs: 105,
  jindeBuildings: 40,
  jindeChiefs: 40,
} as const;

/** The units of Xin'an. */
export const xinanHierarchy = (): HierarchyInput => ({
  version: "xinan-1",
  units: [town, ...communities, ...microCommunities, ...staffed().map(({ building }) => building)],
});

/** Every building, in a fixed order. */
export const staffed = (): ReadonlyArray<Staffed> => {
  let built = 0;
  const counted = (micro: string, chiefs: number): ReadonlyArray<Staffed> => {
    const buildings: Array<Staffed> = [];
    for (let left = chiefs; left > 0;) {
      built += 1;
      const here = Math.min(left, chiefsOf(built));
      left -= here;
      buildings.push({ building: buildingOf(micro, built), chiefs: here });
    }
    return buildings;
  };
  return microCommunities.flatMap(({ id }) =>
    id === JINDE
      ? jinde
      : id === YEKOU_MICRO
        ? [yekou, ...counted(id, quotaOf(id) - 1)]
        : counted(id, quotaOf(id)),
  );
};

// Private

const JINDE = "micro-jinde";
const YEKOU_MICRO = "micro-01";
const ZHENDONG_MICROS = 3;
const CAOZHUANG_MICROS = 3;
const OTHER_COMMUNITIES = 8;

const town = rootUnit("xinan", "town", { zh: "新安镇", en: "Xin'an town" });

const named: ReadonlyArray<UnitInput> = [
  unit("zhendong", "community", { zh: "镇东社区", en: "Zhendong community" }, "xinan"),
  unit("caozhuang", "community", { zh: "曹庄社区", en: "Caozhuang community" }, "xinan"),
];

const communities: ReadonlyArray<UnitInput> = [
  ...named,
  ...Array.from({ length: OTHER_COMMUNITIES }, (_, i) =>
    unit(
      `community-${padded(i + 3, 2)}`,
      "community",
      placeholder("村（社区）", "Community", i + 3, 2),
      "xinan",
    ),
  ),
];

const microCommunities: ReadonlyArray<UnitInput> = (() => {
  const spread = [
    ZHENDONG_MICROS,
    CAOZHUANG_MICROS,
    ...shares(XINAN_FACTS.microCommunities - ZHENDONG_MICROS - CAOZHUANG_MICROS, OTHER_COMMUNITIES),
  ];
  const parents = communities.flatMap(({ id }, i) =>
    Array.from({ length: spread[i] ?? 0 }, () => id),
  );
  return parents.map((parent, i) =>
    parents.indexOf("caozhuang") === i
      ? unit(JINDE, "microCommunity", { zh: "金德花园", en: "Jinde Garden" }, parent)
      : unit(
          `micro-${padded(i + 1, 2)}`,
          "microCommunity",
          placeholder("微社区", "Micro-community", i + 1, 2),
          parent,
        ),
  );
})();

// 105 chiefs of Zhendong, 40 of Jinde Garden, and the rest evenly.
const quotaOf = (micro: string): number => quotas.get(micro) ?? 0;

const quotas: ReadonlyMap<string, number> = (() => {
  const { chiefs, zhendongChiefs, jindeChiefs } = XINAN_FACTS;
  const within = microCommunities.filter(({ parents }) => parents["residential"] === "zhendong");
  const others = microCommunities.filter((micro) => !within.includes(micro) && micro.id !== JINDE);
  const rest = shares(chiefs - zhendongChiefs - jindeChiefs, others.length);
  return new Map([
    ...shares(zhendongChiefs, within.length).map((n, i) => [within[i]?.id ?? "", n] as const),
    ...rest.map((n, i) => [others[i]?.id ?? "", n] as const),
  ]);
})();

// Mostly one chief; now and then two for a long building, or none yet: a finding, not an error.
const chiefsOf = (built: number): number => (built % 40 === 0 ? 0 : built % 25 === 0 ? 2 : 1);

const buildingOf = (micro: string, number: number): UnitInput =>
  unit(
    `building-${padded(number, 4)}`,
    "building",
    placeholder("楼栋", "Building", number, 4),
    micro,
  );

const yekou: Staffed = {
  building: unit("yekou-3", "building", { zh: "叶口巷3号", en: "3 Yekou Lane" }, YEKOU_MICRO, [
    "镇东社区叶口巷3号",
  ]),
  chiefs: 1,
};

const jinde: ReadonlyArray<Staffed> = Array.from(
  { length: XINAN_FACTS.jindeBuildings },
  (_, i) => ({
    building: unit(
      `jinde-${padded(i + 1, 2)}`,
      "building",
      {
        zh: `金德花园${padded(i + 1, 2)}栋`,
        en: `Jinde Garden, building ${padded(i + 1, 2)}`,
      },
      JINDE,
      [`金德花园${i + 1}栋`, `金德花园${i + 1}号楼`],
    ),
    chiefs: 1,
  }),
);
