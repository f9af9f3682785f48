/**
 * Bazhong's units. From the article: three streets, 18 compounds and 152 chiefs in
 * all, 西锦社区, and the buildings 东锦苑24栋, 西锦苑5栋 and 福锦苑6栋. Everything
 * with a counted number is a placeholder; so are which community a compound
 * belongs to and one building for each chief.
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
export const BAZHONG_FACTS = {
  streets: 3,
  compounds: 18,
  chiefs: 152,
  partyMembers: 48,
  householdsOfDongjin24: 142,
} as const;

/** The units of Bazhong. */
export const bazhongHierarchy = (): HierarchyInput => ({ version: "bazhong-1", units });

/** Who holds which post in Bazhong, by post and place only. */
export const bazhongDirectory = (): DirectoryInput => ({
  version: "bazhong-1",
  appointments: [
    ...holders("building", "chief"),
    ...holders("compound", "compound"),
    ...holders("community", "community"),
    ...holders("street", "street"),
    appointed("desk", "bazhong"),
    appointed("lead", "bazhong"),
  ],
  leaves: [],
  shifts: [],
  organisations: [
    {
      id: "department-01",
      kind: "department",
      name: placeholder("部门", "Department", 1, 2),
      serviceAreas: ["bazhong"],
      members: ["department-01.desk"],
      from: BEGINNING,
    },
  ],
});

// Private

/** Compounds the article names, each with its building it names. */
const known: ReadonlyArray<readonly [id: string, zh: string, en: string, building: number]> = [
  ["xijin", "西锦苑", "Xijin Court", 5],
  ["dongjin", "东锦苑", "Dongjin Court", 24],
  ["fujin", "福锦苑", "Fujin Court", 6],
];

const streets: ReadonlyArray<UnitInput> = Array.from({ length: BAZHONG_FACTS.streets }, (_, i) =>
  unit(`street-${padded(i + 1, 2)}`, "street", placeholder("街道", "Street", i + 1, 2), "bazhong"),
);

const communities: ReadonlyArray<UnitInput> = streets.map(({ id }, i) =>
  i === 0
    ? unit("xijin-community", "community", { zh: "西锦社区", en: "Xijin community" }, id)
    : unit(
        `community-${padded(i + 1, 2)}`,
        "community",
        placeholder("社区", "Community", i + 1, 2),
        id,
      ),
);

const compounds: ReadonlyArray<UnitInput> = Array.from(
  { length: BAZHONG_FACTS.compounds },
  (_, i) => {
    const parent = communities[i % communities.length]?.id ?? "";
    const [id, zh, en] = known[i] ?? [];
    return id === undefined || zh === undefined || en === undefined
      ? unit(
          `compound-${padded(i + 1, 2)}`,
          "compound",
          placeholder("小区", "Compound", i + 1, 2),
          parent,
        )
      : unit(id, "compound", { zh, en }, parent);
  },
);

const buildings: ReadonlyArray<UnitInput> = shares(
  BAZHONG_FACTS.chiefs,
  BAZHONG_FACTS.compounds,
).flatMap((count, i) => {
  const compound = compounds[i]?.id ?? "";
  const [, zh, en, number] = known[i] ?? [];
  const first =
    number === undefined
      ? []
      : [
          unit(
            `${compound}-${number}`,
            "building",
            { zh: `${zh}${number}栋`, en: `${en}, building ${number}` },
            compound,
            [`${zh}${number}号楼`],
          ),
        ];
  const rest = Array.from({ length: count - first.length }, (_, n) =>
    unit(
      `${compound}-x${padded(n + 1, 2)}`,
      "building",
      placeholder(
        `${zh ?? `小区 ${padded(i + 1, 2)}`} 楼栋`,
        `${en ?? `Compound ${padded(i + 1, 2)}`}, building`,
        n + 1,
        2,
      ),
      compound,
    ),
  );
  return [...first, ...rest];
});

const units: ReadonlyArray<UnitInput> = [
  rootUnit("bazhong", "zone", { zh: "巴中经开区", en: "Bazhong Economic Development Zone" }),
  ...streets,
  ...communities,
  ...compounds,
  ...buildings,
];

const holders = (level: string, post: string) =>
  units.filter((one) => one.level === level).map((one) => appointed(post, one.id));
