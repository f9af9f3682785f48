/** The charter of a small town: three levels, two chains, every visibility and course but one. */
import * as fc from "fast-check";

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

/** The categories of a small town. */
export const TOWN_CATEGORIES = [
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

const FACTS = {
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
};

const RULES = [
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
];

const CALENDARS = [
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
];

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
  categories: TOWN_CATEGORIES,
  unsorted: "repair",
  facts: FACTS,
  competences: {
    building: { severity: { to: "low" }, cost: { ranges: [[null, 1000]] } },
    community: { severity: { to: "middle" }, cost: { ranges: [[null, 50_000]] } },
    town: "all",
  },
  ...(rules.dutyLists
    ? { dutyLists: { building: ["repair"], community: ["repair", "hazard"] } }
    : {}),
  rules: RULES,
  otherwise: {
    outcome: { course: "handle", clocks: "ordinary", size: "minor" },
    because: text("small things stay"),
  },
  clockSets: clockSets(rules),
  calendar: "weekdays",
  calendars: CALENDARS,
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
