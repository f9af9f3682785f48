/**
 * Minhou's units. From the article: the county, 甘蔗街道, 滨江社区, 世茂御龙湾 with
 * its 57号楼, 28 chiefs there and 321 in the county. Everything with a counted
 * number is a placeholder, and so is one building for each chief.
 */
import type { DirectoryInput } from "@linli/core/directory";
import type { HierarchyInput, UnitInput } from "@linli/core/hierarchy";
import {
  appointed,
  BEGINNING,
  padded,
  placeholder,
  rootUnit,
  shares,
  unit,
} from "../common/places.ts";

/** The article's figures. */
export const MINHOU_FACTS = { yulongwanChiefs: 28, chiefs: 321 } as const;

const OTHER_COMMUNITIES = 8;

/** The units of Minhou. */
export const minhouHierarchy = (): HierarchyInput => ({
  version: "minhou-1",
  units: [...named, ...yulongwan, ...others],
});

/** Who holds which post in Minhou, by post and place only. */
export const minhouDirectory = (): DirectoryInput => ({
  version: "minhou-1",
  appointments: [
    ...holders("building", "chief"),
    ...holders("community", "community"),
    ...holders("street", "street"),
    appointed("desk", "minhou"),
    appointed("lead", "minhou"),
  ],
  leaves: [],
  shifts: [],
  organisations: [
    {
      id: "yulongwan-property",
      kind: "property",
      name: { zh: "御龙湾物业工程部", en: "Property company of Yulongwan, engineering" },
      serviceAreas: ["yulongwan"],
      categories: ["property", "corridorLight", "utilities"],
      members: ["yulongwan-property.engineering"],
      from: BEGINNING,
    },
    {
      id: "yulongwan-developer",
      kind: "developer",
      name: { zh: "御龙湾开发商", en: "Developer of Yulongwan" },
      serviceAreas: ["yulongwan"],
      categories: ["renovation"],
      members: ["yulongwan-developer.desk"],
      from: BEGINNING,
    },
  ],
});

// Private

const named: ReadonlyArray<UnitInput> = [
  rootUnit("minhou", "county", { zh: "闽侯县", en: "Minhou county" }),
  unit("ganzhe", "street", { zh: "甘蔗街道", en: "Ganzhe street" }, "minhou"),
  unit("binjiang", "community", { zh: "滨江社区", en: "Binjiang community" }, "ganzhe"),
  unit("yulongwan", "compound", { zh: "世茂御龙湾", en: "Shimao Yulongwan" }, "binjiang", [
    "御龙湾",
  ]),
  unit("yulongwan-57", "building", { zh: "57号楼", en: "building 57" }, "yulongwan"),
];

const yulongwan: ReadonlyArray<UnitInput> = Array.from(
  { length: MINHOU_FACTS.yulongwanChiefs - 1 },
  (_, i) =>
    unit(
      `yulongwan-x${padded(i + 1, 2)}`,
      "building",
      placeholder("御龙湾楼栋", "Yulongwan building", i + 1, 2),
      "yulongwan",
    ),
);

const others: ReadonlyArray<UnitInput> = [
  unit("street-02", "street", placeholder("乡镇街道", "Street", 2, 2), "minhou"),
  ...shares(MINHOU_FACTS.chiefs - MINHOU_FACTS.yulongwanChiefs, OTHER_COMMUNITIES).flatMap(
    (chiefs, i) => {
      const community = `community-${padded(i + 2, 2)}`;
      return [
        unit(community, "community", placeholder("社区", "Community", i + 2, 2), "street-02"),
        ...Array.from({ length: chiefs }, (_, n) =>
          unit(
            `${community}-${padded(n + 1, 2)}`,
            "building",
            placeholder(
              `社区 ${padded(i + 2, 2)} 楼栋`,
              `Community ${padded(i + 2, 2)}, building`,
              n + 1,
              2,
            ),
            community,
          ),
        ),
      ];
    },
  ),
];

const holders = (level: string, post: string) =>
  [...named, ...yulongwan, ...others]
    .filter((one) => one.level === level)
    .map((one) => appointed(post, one.id));
