/**
 * Small towns: a charter, a hierarchy with dated changes, and a directory with
 * vacancies, leaves, delegates, duty shifts, deputies and persons who hold several
 * posts. Small enough to read when a law breaks, and odd enough to break it.
 *
 * Every town drawn is valid: it is made of what the public decoders accept.
 */
import * as fc from "fast-check";
import { decodeCharter } from "@linli/core/charter";
import type { Charter, CharterDocument } from "@linli/core/charter";
import { decodeDirectory } from "@linli/core/directory";
import type { DirectoryInput } from "@linli/core/directory";
import { decodeHierarchy } from "@linli/core/hierarchy";
import type { HierarchyInput } from "@linli/core/hierarchy";
import type { World } from "@linli/core/issue";
import * as Result from "effect/Result";
import { TOWN_CATEGORIES, townDocument, townRules } from "./domainCharter.ts";
import type { TownRules } from "./domainCharter.ts";

/** Monday 2026-11-23 09:00 in Shanghai: when the life of a small town begins. */
export const TOWN_START = Date.UTC(2026, 10, 23, 1);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A world with everything commands may name. */
export interface SmallTown extends World {
  /** The same as documents, to be published. */
  readonly documents: {
    readonly charter: CharterDocument;
    readonly hierarchy: HierarchyInput;
    readonly directory: DirectoryInput;
  };
  readonly units: ReadonlyArray<string>;
  readonly posts: ReadonlyArray<{ readonly post: string; readonly unit: string }>;
  /** Everybody who holds an office, stands in, or speaks for an organisation. */
  readonly officers: ReadonlyArray<string>;
  readonly residents: ReadonlyArray<string>;
  readonly organisations: ReadonlyArray<string>;
  readonly categories: ReadonlyArray<string>;
}

const text = (words: string) => ({ zh: words, en: words });

const UNITS = ["T", "C1", "C2", "B1", "B2", "B3", "B4"];
const SEATS: ReadonlyArray<readonly [string, string]> = [
  ["mayor", "T"],
  ["desk", "T"],
  ["party", "T"],
  ["secretary", "C1"],
  ["secretary", "C2"],
  ["branch", "C1"],
  ["branch", "C2"],
  ...["B1", "B2", "B3", "B4"].flatMap((unit): ReadonlyArray<readonly [string, string]> => [
    ["chief", unit],
    ["vice", unit],
  ]),
];

/** When something of a dated hierarchy changes: never, or a few days into the life. */
const soon = fc.option(
  fc.integer({ min: 1, max: 20 }).map((days) => TOWN_START + days * DAY),
  { freq: 2, nil: undefined },
);

const unitsOf = (changes: {
  readonly moved: number | undefined;
  readonly ended: number | undefined;
  readonly closed: number | undefined;
}) => {
  const within = (parent: string) => ({ residential: parent });
  const building = (id: string, parent: string, more: object = {}) => ({
    id,
    level: "building",
    name: id,
    parents: within(parent),
    ...more,
  });
  const both = { residential: "T", party: "T" };
  return [
    { id: "T", level: "town", name: "T", parents: {}, roots: ["residential", "party"] },
    { id: "C1", level: "community", name: "C1", parents: both },
    { id: "C2", level: "community", name: "C2", parents: both },
    building("B1", "C1", { aliases: ["叶口巷3号"] }),
    building("B2", "C1", {
      ...(changes.moved === undefined
        ? {}
        : { moves: [{ chain: "residential", parent: "C2", from: changes.moved }] }),
    }),
    building("B3", "C2", {
      ...(changes.ended === undefined ? {} : { until: changes.ended, successors: ["B1"] }),
    }),
    building("B4", "C2", {
      ...(changes.closed === undefined ? {} : { until: changes.closed, successors: ["B1", "B2"] }),
    }),
  ];
};

/** Few persons for many seats, so that one person often holds several. */
const OFFICERS = ["p1", "p2", "p3", "p4", "p5", "p6"];
const RESIDENTS = ["r1", "r2", "r3"];

const directories = fc
  .record({
    seats: fc.tuple(
      ...SEATS.map(() =>
        fc.record({
          person: fc.option(fc.constantFrom(...OFFICERS), { freq: 3, nil: undefined }),
          until: soon,
        }),
      ),
    ),
    leaves: fc.array(
      fc.record({
        person: fc.constantFrom(...OFFICERS),
        from: fc.integer({ min: -24, max: 240 }),
        hours: fc.integer({ min: 1, max: 500 }),
        delegate: fc.option(fc.constantFrom(...OFFICERS), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    shifts: fc.array(
      fc.record({
        seat: fc.constantFrom(...SEATS),
        person: fc.constantFrom(...OFFICERS),
        from: fc.integer({ min: -24, max: 100 }),
        hours: fc.integer({ min: 8, max: 400 }),
      }),
      { maxLength: 3 },
    ),
    members: fc.subarray([...OFFICERS, "engineer"]),
  })
  .map(({ seats, leaves, shifts, members }): DirectoryInput => ({
    version: "d1",
    appointments: SEATS.flatMap(([held, unit], i) => {
      const { person, until } = seats[i] ?? {};
      return person === undefined
        ? []
        : [
            {
              id: `a${i}`,
              person,
              post: held,
              unit,
              from: 0,
              ...(until === undefined ? {} : { until }),
            },
          ];
    }),
    leaves: leaves.map(({ person, from, hours, delegate }, i) => ({
      id: `l${i}`,
      person,
      from: TOWN_START + from * HOUR,
      until: TOWN_START + (from + hours) * HOUR,
      ...(delegate === undefined || delegate === person ? {} : { delegate }),
    })),
    shifts: shifts.map(({ seat: [held, unit], person, from, hours }, i) => ({
      id: `s${i}`,
      post: held,
      unit,
      person,
      from: TOWN_START + from * HOUR,
      until: TOWN_START + (from + hours) * HOUR,
    })),
    organisations: [
      { id: "property", kind: "property", name: text("property"), serviceAreas: ["T"], members },
      {
        id: "water",
        kind: "utility",
        name: text("water"),
        serviceAreas: ["C1"],
        members: ["engineer"],
      },
    ],
  }));

const charters = new Map<string, Charter>();
const charterFor = (rules: TownRules): Charter => {
  const key = JSON.stringify(rules);
  const known = charters.get(key);
  if (known !== undefined) return known;
  const charter = Result.getOrThrow(decodeCharter(townDocument(rules)));
  charters.set(key, charter);
  return charter;
};

/** Small towns with vacancies, leaves, double offices and dated changes. */
export const smallTown = (
  options: { readonly rules?: fc.Arbitrary<TownRules> } = {},
): fc.Arbitrary<SmallTown> =>
  fc
    .record({
      rules: options.rules ?? townRules(),
      changes: fc.record({ moved: soon, ended: soon, closed: soon }),
      directory: directories,
    })
    .map(({ rules, changes, directory }) => {
      const charter = charterFor(rules);
      const { levels, chains, posts } = charter.document;
      const units = { version: "h1", units: unitsOf(changes) };
      const hierarchy = Result.getOrThrow(decodeHierarchy(units, { levels, chains }));
      const drawn = { rules, changes, directory };
      return {
        // A counterexample shows what was drawn, not the tables made of it.
        [fc.toStringMethod]: () => JSON.stringify(drawn),
        documents: { charter: charter.document, hierarchy: units, directory },
        charter,
        hierarchy,
        directory: Result.getOrThrow(decodeDirectory(directory, { posts, hierarchy })),
        units: UNITS,
        posts: SEATS.map(([held, unit]) => ({ post: held, unit })),
        officers: [...OFFICERS, "engineer"],
        residents: RESIDENTS,
        organisations: ["property", "water"],
        categories: TOWN_CATEGORIES.map(({ id }) => id),
      };
    });
