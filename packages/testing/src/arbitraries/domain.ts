/**
 * Small towns: a charter, a hierarchy with dated changes, and a directory with
 * vacancies, leaves, delegates, duty shifts, deputies and persons who hold several
 * posts. Small enough to read when a law breaks, and odd enough to break it.
 *
 * Every town drawn is valid: it is made of what the public decoders accept.
 */
import * as fc from "fast-check";
import { decodeCharter } from "@linli/core/charter";
import type { Charter } from "@linli/core/charter";
import { decodeDirectory } from "@linli/core/directory";
import { decodeHierarchy } from "@linli/core/hierarchy";
import type { World } from "@linli/core/issue";
import * as Result from "effect/Result";

/** Monday 2026-11-23 09:00 in Shanghai: when the life of a small town begins. */
export const TOWN_START = Date.UTC(2026, 10, 23, 1);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A world with everything commands may name. */
export interface SmallTown extends World {
  readonly units: ReadonlyArray<string>;
  readonly posts: ReadonlyArray<{ readonly post: string; readonly unit: string }>;
  /** Everybody who holds an office, stands in, or speaks for an organisation. */
  readonly officers: ReadonlyArray<string>;
  readonly residents: ReadonlyArray<string>;
  readonly organisations: ReadonlyArray<string>;
  readonly categories: ReadonlyArray<string>;
}

/** What a town's charter decides differently from another's. */
export interface TownRules {
  readonly attempts: number;
  readonly fastHours: number;
  readonly volunteerFault: boolean;
  readonly toTop: boolean;
  readonly extensionsMax: number;
  readonly reviewDays: number;
  readonly allClocks: boolean;
  readonly dutyLists: boolean;
}

const text = (words: string) => ({ zh: words, en: words });

const post = (id: string, level: string, kind: string, more: object = {}) => ({
  id,
  name: text(id),
  kind,
  level,
  chain: "residential",
  ...more,
});

const POSTS = [
  post("chief", "building", "volunteer", { handles: true, deputies: ["vice"] }),
  post("vice", "building", "volunteer"),
  post("secretary", "community", "staff", { handles: true }),
  post("mayor", "town", "official", { handles: true, lastResort: true }),
  post("desk", "town", "staff"),
  post("branch", "community", "staff", { handles: true, chain: "party" }),
  post("party", "town", "official", { handles: true, lastResort: true, chain: "party" }),
];

const CATEGORIES = [
  { id: "repair", name: text("repair"), words: ["light", "灯"] },
  { id: "hazard", name: text("hazard"), words: ["manhole", "窨井盖"] },
  { id: "dispute", name: text("dispute"), visibility: "sealed" },
  { id: "family", name: text("family"), visibility: "parties" },
  { id: "members", name: text("members") },
  { id: "court", name: text("court") },
];

const clockSets = (rules: TownRules) => ({
  ordinary: {
    accept: { clock: "workingDays", amount: 1 },
    resolve: { clock: "workingDays", amount: 5, anchor: "keepTime" },
    ...(rules.allClocks
      ? {
          contact: { clock: "workingHours", amount: 6 },
          checkIn: { clock: "workingHours", amount: 2, minutes: 30 },
          answer: { clock: "naturalDays", amount: 3, roll: { lastDay: "nextWorkingDay" } },
          followUp: { clock: "workingDays", amount: 2, anchor: "keepTime" },
          review: { clock: "naturalDays", amount: 10 },
        }
      : {}),
  },
  fast: {
    accept: { clock: "wallHours", amount: rules.fastHours },
    resolve: { clock: "wallHours", amount: rules.fastHours * 4 },
  },
});

const ladderOf = (rules: TownRules) => {
  const rung = { attempts: rules.attempts };
  return {
    accept: { ...rung, volunteerFault: rules.volunteerFault },
    resolve: { attempts: 0, ...(rules.toTop ? { toLevel: "town" } : {}), clocks: "fast" },
    contact: rung,
    checkIn: rung,
    ...(rules.allClocks ? { answer: rung, followUp: { attempts: 0 }, review: rung } : {}),
    clusters: [
      {
        id: "many",
        category: "hazard",
        within: "community",
        reports: 2,
        days: 7,
        toLevel: "town",
        because: text("many reports of one thing"),
      },
    ],
    last: {
      reviewEvery: { clock: "naturalDays", amount: rules.reviewDays },
      because: text("the last rung"),
    },
  };
};

/** The charter document of a small town. */
export const townDocument = (rules: TownRules): unknown => ({
  linli: 1,
  id: "smalltown",
  version: "1",
  title: text("a small town"),
  levels: [
    { id: "building", rank: 1, name: text("building") },
    { id: "community", rank: 2, name: text("community") },
    { id: "town", rank: 3, name: text("town") },
  ],
  chains: [
    { id: "residential", name: text("residential") },
    { id: "party", name: text("party") },
  ],
  posts: POSTS,
  categories: CATEGORIES,
  unsorted: "repair",
  facts: {
    severity: {
      kind: "enum",
      name: text("severity"),
      values: ["low", "middle", "high"],
      ordered: true,
      aggravating: true,
      default: "low",
    },
    cost: {
      kind: "integer",
      name: text("cost"),
      min: 0,
      max: 1_000_000,
      aggravating: true,
      default: 0,
    },
  },
  competences: {
    building: { severity: { to: "low" }, cost: { ranges: [[null, 1000]] } },
    community: { severity: { to: "middle" }, cost: { ranges: [[null, 50_000]] } },
    town: "all",
  },
  ...(rules.dutyLists
    ? { dutyLists: { building: ["repair"], community: ["repair", "hazard"] } }
    : {}),
  rules: [
    {
      id: "hazards",
      when: { category: { in: ["hazard"] } },
      outcome: {
        course: "handle",
        atLeast: "community",
        clocks: "fast",
        size: "critical",
        inform: ["building"],
      },
      because: text("a hazard"),
    },
    {
      id: "members",
      when: { category: { in: ["members"] } },
      outcome: { course: "handle", chain: "party", clocks: "ordinary" },
      because: text("of the party's own"),
    },
    {
      id: "court",
      when: { category: { in: ["court"] } },
      outcome: { course: "signpost", to: "court", text: text("the court decides") },
      because: text("by law"),
    },
  ],
  otherwise: {
    outcome: { course: "handle", clocks: "ordinary", size: "minor" },
    because: text("small things stay"),
  },
  clockSets: clockSets(rules),
  calendar: "weekdays",
  calendars: [
    {
      id: "weekdays",
      timeZone: "Asia/Shanghai",
      weekend: [6, 7],
      hours: [
        ["09:00", "12:00"],
        ["14:00", "17:30"],
      ],
      days: [],
      covers: null,
    },
  ],
  ladder: ladderOf(rules),
  triage: "desk",
  declineReasons: [{ id: "not-public", text: text("not a public matter") }],
  extensionsMax: rules.extensionsMax,
});

/** Rules of small towns. */
export const townRules = (): fc.Arbitrary<TownRules> =>
  fc.record({
    attempts: fc.nat({ max: 2 }),
    fastHours: fc.constantFrom(1, 2, 7),
    volunteerFault: fc.boolean(),
    toTop: fc.boolean(),
    extensionsMax: fc.nat({ max: 2 }),
    reviewDays: fc.constantFrom(7, 0, 30),
    allClocks: fc.boolean(),
    dutyLists: fc.boolean(),
  });

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
  .map(({ seats, leaves, shifts, members }) => ({
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
      const hierarchy = Result.getOrThrow(
        decodeHierarchy({ version: "h1", units: unitsOf(changes) }, { levels, chains }),
      );
      const drawn = { rules, changes, directory };
      return {
        // A counterexample shows what was drawn, not the tables made of it.
        [fc.toStringMethod]: () => JSON.stringify(drawn),
        charter,
        hierarchy,
        directory: Result.getOrThrow(decodeDirectory(directory, { posts, hierarchy })),
        units: UNITS,
        posts: SEATS.map(([held, unit]) => ({ post: held, unit })),
        officers: [...OFFICERS, "engineer"],
        residents: RESIDENTS,
        organisations: ["property", "water"],
        categories: CATEGORIES.map(({ id }) => id),
      };
    });
