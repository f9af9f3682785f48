/**
 * Rule lists of the shape real ones have: most rules name one to three categories
 * and a few further conditions, the more particular ones stand first, and a few
 * cross-cutting ones stand above them all. The last word is the charter's
 * `otherwise`.
 */
import {
  atLeast,
  atMost,
  because,
  type Box,
  charter,
  type CharterDocument,
  type Condition,
  type FactDef,
  handle,
  has,
  lacks,
  oneOf,
  type Outcome,
  type Rule,
  signpost,
  text,
} from "@linli/core/charter";
import { type Draw, drawFrom } from "../kit/random.ts";

/** What to generate. */
export interface RuleShape {
  readonly seed: number;
  readonly rules: number;
  /** `category` and `kind` included. */
  readonly attributes: number;
  readonly categories: number;
  /** Rules that name no category and stand above all others. */
  readonly crossCutting: number;
}

/** Levels of the generated charters, lowest first. */
export const LEVELS = ["building", "micro", "community", "town"] as const;

/** What each level may settle, each within the next: also written out by hand in byHand.ts. */
export const LIMITS = {
  building: { severity: 1, cost: 5000 },
  micro: { severity: 2, cost: 50_000 },
  community: { severity: 3, cost: 1_000_000 },
} as const;

/** A charter document of the shape. */
export const makeDocument = (shape: RuleShape): CharterDocument => {
  const draw = drawFrom(shape.seed);
  const facts = Object.fromEntries(FACTS.slice(0, shape.attributes - 2));
  const categories = Array.from({ length: shape.categories }, (_, at) => `cat-${at}`);
  const drawn = Array.from({ length: shape.rules }, (_, at) =>
    drawBox(draw, facts, categories, at < shape.crossCutting),
  );
  const particular = (box: Box) =>
    "category" in box ? Object.keys(box).length : Number.MAX_SAFE_INTEGER;
  const boxes = drawn.toSorted((a, b) => particular(b) - particular(a));
  return charter({
    ...FRAME,
    categories: categories.map((id) => ({ id, name: text(id, id) })),
    facts,
    competences: {
      building: withinLimits(LIMITS.building),
      micro: withinLimits(LIMITS.micro),
      community: withinLimits(LIMITS.community),
      town: "all",
    },
    rules: boxes.map((when, at): Rule => ({
      id: `rule-${at}`,
      when,
      outcome: drawOutcome(draw),
      because: because(`第${at}条`, `Rule ${at}`),
    })),
  });
};

// Private

const label = (name: string) => text(name, name);
const values = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
const enumOf = (name: string, count: number): readonly [string, FactDef] => [
  name,
  { kind: "enum", name: label(name), values: values(name, count), default: `${name}-0` },
];
const integer = (name: string, min: number, max: number): readonly [string, FactDef] => [
  name,
  { kind: "integer", name: label(name), min, max, default: Math.max(0, min) },
];
const flag = (name: string): readonly [string, FactDef] => [
  name,
  { kind: "boolean", name: label(name), default: false },
];

/** In the order they join: the first seven make nine attributes, all of them eighteen. */
const FACTS: ReadonlyArray<readonly [string, FactDef]> = [
  integer("severity", 0, 4),
  integer("cost", 0, 10_000_000),
  integer("households", 0, 5000),
  flag("hazard"),
  enumOf("area", 12),
  enumOf("estate", 8),
  ["marks", { kind: "tags", name: label("marks"), values: values("mark", 6), default: [] }],
  enumOf("role", 6),
  flag("common"),
  integer("age", 0, 8760),
  integer("repeats", 0, 50),
  flag("night"),
  enumOf("season", 4),
  integer("floor", -3, 40),
  flag("heritage"),
  enumOf("source", 5),
  enumOf("owner", 4),
];

const withinLimits = (limits: { readonly severity: number; readonly cost: number }): Box => ({
  severity: atMost(limits.severity),
  cost: atMost(limits.cost),
});

const drawBox = (
  draw: Draw,
  facts: Readonly<Record<string, FactDef>>,
  categories: ReadonlyArray<string>,
  crossCutting: boolean,
): Box => {
  const names = Object.keys(facts);
  const further = draw.some(names, crossCutting ? 2 + draw.int(3) : draw.int(5));
  const conditions = further.map((name) => [name, drawCondition(draw, facts[name], crossCutting)]);
  const box: Box = Object.fromEntries(conditions);
  return crossCutting
    ? box
    : { category: oneOf(...draw.some(categories, 1 + draw.int(3))), ...box };
};

// What cuts across all categories is rare: its thresholds lie in the last third.
const drawCondition = (draw: Draw, fact: FactDef | undefined, rare: boolean): Condition => {
  switch (fact?.kind) {
    case "enum":
      return oneOf(...draw.some(fact.values, 1 + draw.int(rare ? 1 : 3)));
    case "integer": {
      const low = rare ? fact.min + Math.ceil(((fact.max - fact.min) * 2) / 3) : fact.min;
      const bound = low + 1 + draw.int(fact.max - low);
      return rare || draw.chance(0.6) ? atLeast(bound) : atMost(bound);
    }
    case "tags":
      return draw.chance(0.7)
        ? has(...draw.some(fact.values, 1))
        : lacks(...draw.some(fact.values, 1));
    default:
      return rare || draw.chance(0.5);
  }
};

const drawOutcome = (draw: Draw): Outcome => {
  if (draw.chance(0.05)) return signpost("court", text("请向法院起诉", "Go to court"));
  const floor = draw.chance(0.3) ? { atLeast: draw.pick(LEVELS) } : {};
  return handle({ clocks: "ordinary", size: draw.pick(["minor", "major"] as const), ...floor });
};

const FIVE_DAYS = { clock: "workingDays", amount: 5 } as const;

const FRAME = {
  id: "bench",
  version: "1",
  title: label("bench"),
  levels: LEVELS.map((id, at) => ({ id, rank: at + 1, name: label(id) })),
  chains: [{ id: "residential", name: label("residential") }],
  posts: LEVELS.map((level) => ({
    id: `post-${level}`,
    name: label(level),
    kind: "staff" as const,
    level,
    chain: "residential",
    handles: true,
    ...(level === "town" ? { lastResort: true } : {}),
  })),
  otherwise: {
    outcome: handle({ clocks: "ordinary" }),
    because: because("小事不出楼栋", "Small things stay in the building"),
  },
  clockSets: { ordinary: { accept: FIVE_DAYS, resolve: FIVE_DAYS } },
  calendar: "weekdays",
  calendars: [
    {
      id: "weekdays",
      timeZone: "Asia/Shanghai",
      weekend: [6, 7],
      hours: [["09:00", "17:00"] as const],
      days: [],
      covers: null,
    },
  ],
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 0 },
    last: { reviewEvery: FIVE_DAYS, because: because("末级", "The last rung") },
  },
  triage: "post-town",
};
