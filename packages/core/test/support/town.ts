/** A small town for tests: one town, two communities, buildings, and one person per post. */
import type { CalendarData } from "../../src/time/index.ts";
import { createDesk } from "../../src/promise/index.ts";
import { makeMemoryStorage } from "../../src/ports/index.ts";
import type { Storage } from "../../src/ports/index.ts";
import type { LinliSettings } from "../../src/services/index.ts";

export const calendar: CalendarData = {
  id: "cn",
  timeZone: "Asia/Shanghai",
  weekend: [6, 7],
  hours: [
    ["09:00", "12:00"],
    ["14:00", "17:30"],
  ],
  days: [],
  covers: null,
};

const name = (text: string) => ({ zh: text, en: text });
const post = (id: string, level: string, kind: string, more: object = {}) => ({
  id,
  name: name(id),
  kind,
  level,
  chain: "residential",
  ...more,
});

/** Building, community, town; hazards need the community, costly works the town. */
export const charter = {
  linli: 1,
  id: "smalltown",
  version: "1",
  title: name("smalltown"),
  levels: [
    { id: "building", rank: 1, name: name("building") },
    { id: "community", rank: 2, name: name("community") },
    { id: "town", rank: 3, name: name("town") },
  ],
  chains: [{ id: "residential", name: name("residential") }],
  posts: [
    post("chief", "building", "volunteer", { handles: true }),
    post("secretary", "community", "staff", { handles: true }),
    post("mayor", "town", "official", { handles: true, lastResort: true }),
    post("desk", "town", "staff"),
  ],
  categories: [
    { id: "repair", name: name("repair"), words: ["light", "灯"] },
    { id: "hazard", name: name("hazard"), words: ["manhole", "窨井盖"] },
    {
      id: "gas",
      parent: "hazard",
      name: name("gas"),
      lifeDanger: true,
      emergency: { numbers: ["119"], text: name("call first") },
    },
    { id: "dispute", name: name("dispute"), visibility: "sealed" },
    { id: "family", name: name("family"), visibility: "parties" },
    { id: "court", name: name("court") },
  ],
  unsorted: "repair",
  facts: {
    severity: {
      kind: "enum",
      name: name("severity"),
      values: ["low", "middle", "high"],
      ordered: true,
      aggravating: true,
      default: "low",
    },
    cost: {
      kind: "integer",
      name: name("cost"),
      min: 0,
      max: 1_000_000,
      aggravating: true,
      default: 0,
    },
  },
  competences: {
    building: { severity: { to: "low" }, cost: { ranges: [[null, 1000]] } },
    community: { cost: { ranges: [[null, 50_000]] } },
    town: "all",
  },
  dutyLists: { community: ["repair", "hazard"], building: ["repair"] },
  rules: [
    {
      id: "hazard-fast",
      when: { category: { in: ["hazard"] } },
      outcome: {
        course: "handle",
        atLeast: "community",
        clocks: "fast",
        size: "critical",
        inform: ["building"],
      },
      because: { zh: "安全隐患", en: "a hazard" },
    },
    {
      id: "to-court",
      when: { category: { in: ["court"] } },
      outcome: { course: "signpost", to: "court", text: name("the court decides") },
      because: { zh: "依法", en: "by law" },
    },
  ],
  otherwise: {
    outcome: { course: "handle", clocks: "ordinary", size: "minor" },
    because: { zh: "小事不出楼栋", en: "small things stay" },
  },
  clockSets: {
    ordinary: {
      accept: { clock: "workingDays", amount: 1 },
      resolve: { clock: "workingDays", amount: 5 },
      contact: { clock: "workingDays", amount: 1 },
    },
    fast: {
      accept: { clock: "wallHours", amount: 2 },
      resolve: { clock: "wallHours", amount: 24 },
    },
  },
  calendar: "cn",
  ladder: {
    accept: { attempts: 1 },
    resolve: { attempts: 0 },
    checkIn: { attempts: 1 },
    clusters: [
      {
        id: "many-hazards",
        category: "hazard",
        within: "community",
        reports: 3,
        days: 7,
        toLevel: "town",
        because: { zh: "多发", en: "many" },
      },
    ],
    last: { reviewEvery: { clock: "naturalDays", amount: 7 }, because: { zh: "末级", en: "last" } },
  },
  triage: "desk",
  declineReasons: [{ id: "not-public", text: name("not a public matter") }],
};

const unit = (
  id: string,
  level: string,
  parent: string | null,
  aliases: ReadonlyArray<string> = [],
) => ({
  id,
  level,
  name: id,
  parents: parent === null ? {} : { residential: parent },
  ...(parent === null ? { roots: ["residential"] } : {}),
  aliases,
});

export const hierarchy = {
  version: "h1",
  units: [
    unit("T", "town", null),
    unit("C1", "community", "T"),
    unit("C2", "community", "T"),
    unit("B1", "building", "C1", ["叶口巷3号"]),
    unit("B2", "building", "C1", ["57号楼"]),
    unit("B3", "building", "C2"),
  ],
};

const appointed = (person: string, held: string, at: string) => ({
  id: `a-${person}-${held}-${at}`,
  person,
  post: held,
  unit: at,
  from: 0,
});

export const directory = {
  version: "d1",
  appointments: [
    appointed("chief-1", "chief", "B1"),
    appointed("chief-2", "chief", "B2"),
    appointed("sec-1", "secretary", "C1"),
    appointed("sec-2", "secretary", "C2"),
    appointed("mayor", "mayor", "T"),
    appointed("desk", "desk", "T"),
  ],
  leaves: [],
  shifts: [],
  organisations: [
    {
      id: "property",
      kind: "property",
      name: name("property"),
      serviceAreas: ["C1"],
      members: ["engineer"],
    },
  ],
};

/** Monday 2026-11-23 09:00 in Shanghai. */
export const MONDAY = Date.UTC(2026, 10, 23, 1, 0, 0);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A desk on memory whose time and ids are the test's. */
export const openTown = async (
  options: {
    readonly storage?: Storage;
    readonly settings?: Partial<LinliSettings>;
    readonly charter?: unknown;
  } = {},
) => {
  const clock = { now: MONDAY };
  let ids = 0;
  const desk = await createDesk({
    storage: options.storage ?? makeMemoryStorage(),
    calendars: [calendar],
    now: () => clock.now,
    newId: () => `id${(ids += 1)}`,
    ...options.settings,
    charter: options.charter ?? charter,
    hierarchy,
    directory,
  });
  return { desk, clock };
};

export const person = (id: string) => ({ person: id });
