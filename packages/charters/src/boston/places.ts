/**
 * Boston's precincts and wards, and one desk for each: posts only, no people.
 *
 * Units are those that occur in the requests of 2011; a precinct's number begins
 * with its ward's.
 */
import type { DirectoryInput } from "@linli/core/directory";
import type { HierarchyInput, UnitInput } from "@linli/core/hierarchy";
import { PRECINCTS, SUBJECTS } from "./tables.ts";
import { BOSTON_NAMES_ZH } from "./names.ts";

const CITY = "boston";
const WARDS: ReadonlyArray<string> = [...new Set(PRECINCTS.map((code) => code.slice(0, 2)))];

/** Unit id of a ward by its two digits. */
const wardId = (ward: string): string => `ward-${ward}`;

/** Unit id of a precinct by its four digits. */
const precinctId = (precinct: string): string => `precinct-${precinct}`;

const units: ReadonlyArray<UnitInput> = [
  {
    id: CITY,
    level: "city",
    name: { zh: "波士顿市", en: "Boston" },
    parents: {},
    roots: ["residential"],
  },
  ...WARDS.map((ward) => ({
    id: wardId(ward),
    level: "ward",
    name: { zh: `第${Number(ward)}选区`, en: `Ward ${Number(ward)}` },
    parents: { residential: CITY },
  })),
  ...PRECINCTS.map((precinct) => ({
    id: precinctId(precinct),
    level: "precinct",
    name: {
      zh: `第${Number(precinct.slice(0, 2))}选区第${Number(precinct.slice(2))}片区`,
      en: `Ward ${Number(precinct.slice(0, 2))}, precinct ${Number(precinct.slice(2))}`,
    },
    parents: { residential: wardId(precinct.slice(0, 2)) },
  })),
];

/** City, wards and precincts. */
export const bostonHierarchy = (): HierarchyInput => ({ version: "boston-2011", units });

const DESKS: Readonly<Record<string, string>> = {
  precinct: "precinct-desk",
  ward: "ward-desk",
  city: "city-desk",
};

/** The opaque id of whoever holds a post at a unit. */
export const bostonHolder = (post: string, unit: string): string => `${post}.${unit}`;

const appointed = (post: string, unit: string) => ({
  id: `a.${bostonHolder(post, unit)}`,
  person: bostonHolder(post, unit),
  post,
  unit,
  from: 0,
});

/** One holder of each desk, and the departments as organisations that can be asked. */
export const bostonDirectory = (): DirectoryInput => ({
  version: "boston-2011",
  appointments: [
    ...units.map((unit) => appointed(DESKS[unit.level] ?? "", unit.id)),
    appointed("intake", CITY),
  ],
  leaves: [],
  shifts: [],
  organisations: SUBJECTS.map(([id, name]) => ({
    id: `department.${id}`,
    kind: "department" as const,
    name: { zh: BOSTON_NAMES_ZH[id] ?? name, en: name },
    serviceAreas: [CITY],
    categories: [id],
  })),
});

const known: ReadonlySet<string> = new Set(units.map((unit) => unit.id));

/**
 * The unit that the city's columns name: the precinct, else the ward (`Ward 18`,
 * `18` and `03` are all written), else null.
 */
export const bostonUnitOf = (place: {
  readonly ward: string;
  readonly precinct: string;
}): string | null => {
  const precinct = precinctId(place.precinct);
  if (known.has(precinct)) return precinct;
  const [, number] = /^(?:Ward )?(\d{1,2})$/.exec(place.ward) ?? [];
  const ward = wardId((number ?? "").padStart(2, "0"));
  return known.has(ward) ? ward : null;
};
