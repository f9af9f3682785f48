/**
 * The charter `boston`: the city's own kinds of request, and the promises found in
 * its published targets of 2011.
 *
 * What is the city's: subjects, reasons and types, the promise of each type, and
 * the precincts and wards. What is ours, and says so: which level handles what,
 * the ladder, and the year given to types without a target.
 */
import { because, charter, handle, rule, text, within } from "@linli/core/charter";
import type { Category, CharterDocument, ClockSet, Rule } from "@linli/core/charter";
import { bostonCalendar, calendarDays, ruleOf } from "./calendar.ts";
import { BOSTON_NAMES_ZH } from "./names.ts";
import { REASONS, SUBJECTS, TYPES } from "./tables.ts";

/** A type of request with the promise its published targets show. */
export interface BostonType {
  /** Category id in the charter. */
  readonly category: string;
  /** The city's name for it. */
  readonly name: string;
  /** Name of its clock set, `w2` for two weekdays; null when the city published no target. */
  readonly promise: string | null;
  /** Requests of the second half of 2011 with a published target. */
  readonly targets: number;
  /** Of these, targets that the promise reproduces within 60 seconds. */
  readonly reproduced: number;
}

/** All types of the second half of 2011. */
export const bostonTypes: ReadonlyArray<BostonType> = TYPES.map(
  ([category, name, , promise, , targets, reproduced]) => ({
    category,
    name,
    promise,
    targets,
    reproduced,
  }),
);

/** Category of what the charter has no type for. */
export const BOSTON_UNSORTED = "unsorted";

const named = (id: string, en: string) => text(BOSTON_NAMES_ZH[id] ?? en, en);

const categories: ReadonlyArray<Category> = [
  { id: BOSTON_UNSORTED, name: text("未分类", "Unsorted") },
  ...SUBJECTS.map(([id, name]) => ({ id, name: named(id, name) })),
  ...REASONS.map(([id, name, parent]) => ({ id, parent, name: named(id, name) })),
  ...TYPES.map(([id, name, parent]) => ({ id, parent, name: named(id, name) })),
];

const PUBLISHED = "found in the published targets of 2011 (City of Boston, 311 service requests)";

const promises: ReadonlyArray<string> = [
  ...new Set(TYPES.flatMap(([, , , promise]) => (promise === null ? [] : [promise]))),
].sort();

// The record holds no time of acceptance, so that clock is set beyond everything recorded: it never fires.
const accept = calendarDays(3_650);

const clockSets: Readonly<Record<string, ClockSet>> = {
  ...Object.fromEntries(
    promises.map((promise) => [
      promise,
      {
        accept,
        resolve: ruleOf(promise),
        basis: `resolve: ${PUBLISHED}; accept: the record has no such time, so it is not measured`,
      },
    ]),
  ),
  noTarget: {
    accept,
    resolve: calendarDays(365),
    basis: "default of ours: the city published no target; a year, so that nothing is forgotten",
  },
};

const promiseRules: ReadonlyArray<Rule> = promises.map((promise) => {
  const clock = ruleOf(promise);
  const types = TYPES.filter((type) => type[3] === promise).map(([id]) => id);
  const [zh, en] =
    clock.clock === "workingDays"
      ? [`${clock.amount}个工作日内办结`, `Within ${clock.amount} weekdays`]
      : [`${clock.amount}日内办结`, `Within ${clock.amount} calendar days`];
  return rule(`promise.${promise}`, {
    when: { category: within(...types) },
    then: handle({ clocks: promise }),
    because: because(
      `市政府对这些类别的承诺：${zh}`,
      `${en}, as the city promises these`,
      PUBLISHED,
    ),
  });
});

/** Work of the crews that pass every street each week. */
const PRECINCT_WORK = [
  "pwd.sanitation",
  "pwd.recycling",
  "pwd.street-cleaning",
  "property.graffiti",
] as const;

/** Work of a yard or an inspector of the ward. */
const WARD_WORK = [
  ...PRECINCT_WORK,
  "pwd.highway-maintenance",
  "pwd.street-lights",
  "parks.trees",
  "parks.park-maintenance-safety",
  "isd.environmental-services",
  "isd.housing",
  "btd.enforcement-abandoned-vehicles",
] as const;

/** Boston's charter; its calendar is part of it. */
export const bostonCharter: CharterDocument = charter({
  id: "boston",
  version: "1",
  title: text(
    "波士顿市311诉求（2011年下半年数据重放）",
    "Boston 311 requests, second half of 2011",
  ),
  effectiveFrom: "2011-07-01",
  source:
    "City of Boston, 311 service requests, PDDL 1.0. Subjects, reasons, types and promises are the city's; levels, ladder and the year for types without a target are defaults of ours.",
  levels: [
    { id: "precinct", rank: 10, name: text("片区", "precinct") },
    { id: "ward", rank: 20, name: text("选区", "ward") },
    { id: "city", rank: 30, name: text("全市", "city") },
  ],
  chains: [{ id: "residential", name: text("居住条线", "residential chain") }],
  posts: [
    {
      id: "precinct-desk",
      name: text("片区受理岗", "precinct desk"),
      kind: "staff",
      level: "precinct",
      chain: "residential",
      handles: true,
    },
    {
      id: "ward-desk",
      name: text("选区受理岗", "ward desk"),
      kind: "staff",
      level: "ward",
      chain: "residential",
      handles: true,
    },
    {
      id: "city-desk",
      name: text("全市受理岗", "city desk"),
      kind: "official",
      level: "city",
      chain: "residential",
      handles: true,
      lastResort: true,
    },
    {
      id: "intake",
      name: text("市长24小时热线分派岗", "intake of the 24 hour hotline"),
      kind: "staff",
      level: "city",
      chain: "residential",
    },
  ],
  categories,
  unsorted: BOSTON_UNSORTED,
  competences: {
    precinct: { category: within(...PRECINCT_WORK) },
    ward: { category: within(...WARD_WORK) },
    city: "all",
  },
  rules: promiseRules,
  otherwise: {
    outcome: handle({ clocks: "noTarget" }),
    because: because(
      "市政府没有公布办理期限；一年内必须看一次",
      "The city published no target; it is looked at within a year",
      "default of ours",
    ),
  },
  clockSets,
  calendar: bostonCalendar.id,
  calendars: [bostonCalendar],
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 1 },
    answer: { attempts: 1 },
    followUp: { attempts: 1 },
    review: { attempts: 1 },
    last: {
      reviewEvery: calendarDays(365),
      because: because(
        "全市受理岗督办，每年复核",
        "Supervised by the city desk and reviewed every year",
        "default of ours",
      ),
    },
  },
  triage: "intake",
  tests: [
    {
      name: "a bulk item is the precinct's, within two weekdays",
      facts: { category: "schedule-a-bulk-item-pickup" },
      expect: { course: "handle", level: "precinct", clocks: "w2" },
    },
    {
      name: "a street light is the ward's",
      facts: { category: "street-light-outages" },
      expect: { level: "ward", clocks: "w10" },
    },
    {
      name: "a traffic signal is the city's",
      facts: { category: "traffic-signal-repair" },
      expect: { level: "city", clocks: "w1" },
    },
    {
      name: "what nobody has sorted goes to the city, within a year",
      facts: { category: BOSTON_UNSORTED },
      expect: { level: "city", clocks: "noTarget" },
    },
  ],
});
