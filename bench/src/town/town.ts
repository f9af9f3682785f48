/** The town of the issue and storage benches: 4 communities, 20 micro-communities, 200 buildings. */
import {
  atMost,
  because,
  box,
  charter,
  type CharterDocument,
  decodeCharter,
  handle,
  rule,
  text,
  within,
} from "@linli/core/charter";
import { decodeDirectory, type DirectoryInput } from "@linli/core/directory";
import { decodeHierarchy, type HierarchyInput } from "@linli/core/hierarchy";
import type { World } from "@linli/core/issue";
import type { CalendarData } from "@linli/core/time";
import * as Result from "effect/Result";

const label = (name: string) => text(name, name);

/** Levels with the post that handles there, lowest first. */
export const POSTS = [
  ["building", "chief"],
  ["micro", "warden"],
  ["community", "secretary"],
  ["town", "mayor"],
] as const;

/** The most each level may spend; severe issues are the community's. */
export const COST = { building: 1000, micro: 5000, community: 50_000 } as const;

/** Clocks of the two clock sets; what they do not name has the library's default. */
export const CLOCKS = {
  ordinary: {
    accept: { clock: "workingDays", amount: 1 },
    resolve: { clock: "workingDays", amount: 5 },
    contact: { clock: "workingDays", amount: 1 },
  },
  fast: {
    accept: { clock: "wallHours", amount: 2 },
    resolve: { clock: "wallHours", amount: 24 },
  },
} as const;

/** National Day of 2026: seven days off, two weekend days worked (调休). */
export const HOLIDAYS = {
  off: ["01", "02", "03", "04", "05", "06", "07"].map((day) => `2026-10-${day}`),
  worked: ["2026-09-20", "2026-10-10"],
} as const;

const calendar: CalendarData = {
  id: "bench",
  timeZone: "Asia/Shanghai",
  weekend: [6, 7],
  hours: [
    ["09:00", "12:00"],
    ["14:00", "17:30"],
  ],
  days: [
    ...HOLIDAYS.off.map((date) => ({ date, off: true })),
    ...HOLIDAYS.worked.map((date) => ({ date, off: false })),
  ],
  covers: null,
};

/** The charter: hazards go to the community at once, the rest to the lowest that may spend enough. */
export const document: CharterDocument = charter({
  id: "bench-town",
  version: "1",
  title: label("bench town"),
  levels: POSTS.map(([id], at) => ({ id, rank: at + 1, name: label(id) })),
  chains: [{ id: "residential", name: label("residential") }],
  posts: POSTS.map(([level, id]) => ({
    id,
    name: label(id),
    kind: level === "building" ? "volunteer" : "staff",
    level,
    chain: "residential",
    handles: true,
    ...(level === "town" ? { lastResort: true } : {}),
  })),
  categories: ["repair", "hazard", "greenery", "noise"].map((id) => ({ id, name: label(id) })),
  facts: {
    cost: {
      kind: "integer",
      name: label("cost"),
      min: 0,
      max: 1_000_000,
      aggravating: true,
      default: 0,
    },
    severe: { kind: "boolean", name: label("severe"), aggravating: true, default: false },
  },
  competences: {
    building: { cost: atMost(COST.building), severe: false },
    micro: { cost: atMost(COST.micro), severe: false },
    community: { cost: atMost(COST.community) },
    town: "all",
  },
  rules: [
    rule("hazard", {
      when: box({ category: within("hazard") }),
      then: handle({
        atLeast: "community",
        clocks: "fast",
        size: "critical",
        inform: ["building"],
      }),
      because: because("安全隐患直达社区", "A hazard goes to the community at once"),
    }),
  ],
  otherwise: {
    outcome: handle({ clocks: "ordinary", size: "minor" }),
    because: because("小事不出楼栋", "Small things stay in the building"),
  },
  clockSets: CLOCKS,
  calendar: "bench",
  calendars: [calendar],
  ladder: {
    accept: { attempts: 1 },
    resolve: { attempts: 0 },
    last: {
      reviewEvery: { clock: "naturalDays", amount: 7 },
      because: because("末级督办", "Supervised at the top"),
    },
  },
  triage: "mayor",
});

/** Where a building stands: its own id, then those above it. */
export interface Place {
  readonly building: string;
  readonly micro: string;
  readonly community: string;
}

/** All 200 buildings. */
export const places: ReadonlyArray<Place> = Array.from({ length: 200 }, (_, at) => ({
  building: `B${at}`,
  micro: `M${Math.floor(at / 10)}`,
  community: `C${Math.floor(at / 50)}`,
}));

/** The unit of every building, micro-community and community with its parent. */
const parents = new Map(
  places.flatMap(({ building, micro, community }) => [
    [community, "T"] as const,
    [micro, community] as const,
    [building, micro] as const,
  ]),
);

const LEVEL_OF: Readonly<Record<string, string>> = { B: "building", M: "micro", C: "community" };

export const hierarchy: HierarchyInput = {
  version: "1",
  units: [
    { id: "T", level: "town", name: "T", parents: {}, roots: ["residential"] },
    ...[...parents].map(([id, parent]) => ({
      id,
      level: LEVEL_OF[id.charAt(0)] ?? "town",
      name: id,
      parents: { residential: parent },
    })),
  ],
};

/** Whoever holds the post of a unit. */
export const holderOf = (unit: string): string => `holder-of-${unit}`;

export const directory: DirectoryInput = {
  version: "1",
  appointments: hierarchy.units.map(({ id, level }) => ({
    id: `appointment-${id}`,
    person: holderOf(id),
    post: POSTS.find(([at]) => at === level)?.[1] ?? "mayor",
    unit: id,
    from: 0,
  })),
  leaves: [],
  shifts: [],
  organisations: [],
};

/** Everything decoded, as the pure rooms want it. */
export const makeWorld = (): World => {
  const decoded = Result.getOrThrowWith(decodeCharter(document), (error) => error);
  const units = Result.getOrThrowWith(
    decodeHierarchy(hierarchy, {
      levels: document.levels,
      chains: document.chains,
      lastResortLevels: ["town"],
    }),
    (error) => error,
  );
  const people = Result.getOrThrowWith(
    decodeDirectory(directory, {
      posts: document.posts,
      hierarchy: units,
      categories: new Set(document.categories.map(({ id }) => id)),
    }),
    (error) => error,
  );
  return { charter: decoded, hierarchy: units, directory: people };
};
