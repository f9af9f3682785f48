/**
 * Random charters and facts: valid by construction, small enough to read when a
 * property fails, and rich enough that every kind of condition, course and guard
 * occurs. Nothing here depends on a test runner.
 */
import fc from "fast-check";
import type {
  Box,
  Category,
  Charter,
  CharterDocument,
  FactDef,
  FactsRecord,
  Outcome,
  Region,
  Rule,
} from "@linli/core/charter";
import { boxes, everyValue, FACT_POOL, mapValues, regions, valuesOf, words } from "./facts.ts";

/** A plain Monday-to-Friday calendar, so that a generated charter stands alone. */
export const WEEKDAYS = {
  id: "weekdays",
  timeZone: "Asia/Shanghai",
  weekend: [6, 7],
  hours: [["09:00", "17:00"]] as ReadonlyArray<readonly [string, string]>,
  days: [],
  covers: null,
};

/** What to generate. */
export interface CharterShape {
  /** Where facts come from; default {@link FACT_POOL}. */
  readonly pool?: Readonly<Record<string, FactDef>>;
  readonly facts?: ReadonlyArray<string>;
  /** Exactly so many levels; default two to four. */
  readonly levels?: number;
  /** At most so many rules; with `rulesAtLeast`, not fewer than that. */
  readonly rules?: number;
  readonly rulesAtLeast?: number;
  /** Conditions each box of a rule has at least; default 0. Narrow rules let later ones decide. */
  readonly conditionsAtLeast?: number;
  readonly categories?: number;
}

/** A valid charter document. */
export const charterDocuments = (shape: CharterShape = {}): fc.Arbitrary<CharterDocument> =>
  fc
    .tuple(factNames(shape), categories(shape.categories ?? 7), levelsAndChainsOf(2, shape.levels))
    .chain(([names, tree, { levels, chains }]) => {
      const pool = shape.pool ?? FACT_POOL;
      const facts = Object.fromEntries(names.map((name) => [name, pool[name] as FactDef]));
      const ids = tree.map(({ id }) => id);
      const tops = new Set(chains.map((chain) => chain.levels.at(-1) ?? ""));
      const lower = levels.map(({ id }) => id).filter((id) => !tops.has(id));
      const handled = new Set(chains.flatMap((chain) => chain.levels));
      const rungs = lower.filter((id) => handled.has(id));
      const dutiful = [...handled].filter((id) => chains.some(isBelowTop(id)));
      return fc
        .record({
          competences: someOf(rungs, regions(facts, ids)),
          dutyLists: someOf(dutiful, fc.subarray(ids)),
          rules: fc.array(outcomesAndRegions(facts, ids, chains, shape.conditionsAtLeast), {
            minLength: shape.rulesAtLeast ?? 0,
            maxLength: shape.rules ?? 8,
          }),
          otherwise: outcomes(chains),
        })
        .map(({ competences, dutyLists, rules, otherwise }): CharterDocument => ({
          ...frameOf(levels, chains),
          categories: tree,
          ...(names.length === 0 ? {} : { facts }),
          competences: {
            ...competences,
            ...Object.fromEntries([...tops].map((top) => [top, "all" as const])),
          },
          ...(Object.keys(dutyLists).length === 0 ? {} : { dutyLists }),
          rules: rules.map(({ outcome, when }, i): Rule => ({
            id: `r${i}`,
            when,
            outcome,
            because: words(`because of r${i}`),
          })),
          otherwise: { outcome: otherwise, because: words("because of nothing else") },
        }));
    });

/**
 * A charter in which more aggravation never leads lower: competences have only
 * upper bounds on aggravating facts, and rules ask for levels by rising thresholds,
 * the highest first.
 */
export const monotoneDocuments: fc.Arbitrary<CharterDocument> = fc
  .record({
    frame: levelsAndChainsOf(1),
    tree: fc.constant([{ id: "c0", name: words("c0") }]),
    severity: fc.array(fc.constantFrom("light", "medium", "grave"), { minLength: 4, maxLength: 4 }),
    cost: fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 4, maxLength: 4 }),
    danger: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    steps: fc.array(
      fc.record({ level: fc.nat({ max: 3 }), low: fc.integer({ min: 0, max: 9000 }) }),
      { maxLength: 4 },
    ),
  })
  .map(({ frame: { levels, chains }, tree, severity, cost, danger, steps }) => {
    const ids = chains[0]?.levels ?? [];
    const top = ids.at(-1) ?? "";
    const competences = Object.fromEntries(
      ids.slice(0, -1).map((id, i): [string, Box] => [
        id,
        {
          severity: { to: severity[i] ?? "light" },
          cost: { ranges: [[null, cost[i] ?? 0]] },
          ...(danger[i] === true ? {} : { danger: false }),
        },
      ]),
    );
    const rungs = steps
      .map(({ level, low }) => ({ level: Math.min(level, ids.length - 1), low }))
      .sort((a, b) => b.level - a.level);
    // A lower rung must not begin above a higher one, or raising the cost could pass from high to low.
    const rules = rungs.map(({ level, low }, i): Rule => ({
      id: `r${i}`,
      when: { cost: { ranges: [[low, null]] } },
      outcome: { course: "handle", clocks: "ordinary", atLeast: ids[level] ?? top },
      because: words(`because of r${i}`),
    }));
    return {
      ...frameOf(levels, chains),
      categories: tree,
      facts: pick(["severity", "cost", "danger"]),
      competences: { ...competences, [top]: "all" as const },
      rules,
      otherwise: {
        outcome: { course: "handle" as const, clocks: "ordinary" },
        because: words("because of nothing else"),
      },
    };
  });

/** A record of a charter's facts; some attributes are left to their defaults. */
export const factsRecords = (charter: Charter): fc.Arbitrary<FactsRecord> => {
  const values = Object.fromEntries(
    charter.facts.attributes.map((attribute) => [attribute.id, valuesOf(attribute)]),
  );
  return fc.record(values, { requiredKeys: ["category"] });
};

/** Every record of a charter, integers one by one: for small spaces only. */
export const everyRecord = (charter: Charter): ReadonlyArray<FactsRecord> =>
  charter.facts.attributes.reduce<ReadonlyArray<FactsRecord>>(
    (records, attribute) =>
      everyValue(attribute).flatMap((value) =>
        records.map((record) => ({ ...record, [attribute.id]: value })),
      ),
    [{}],
  );

/** The same document with ids of categories replaced. */
export const renameCategories = (
  document: CharterDocument,
  rename: (id: string) => string,
): CharterDocument => {
  const inBox = (box: Box): Box => {
    const { category } = box;
    return typeof category === "object" && "in" in category
      ? { ...box, category: { in: category.in.map(rename) } }
      : box;
  };
  const inRegion = (region: Region): Region =>
    region === "all"
      ? region
      : Array.isArray(region["anyOf"])
        ? { anyOf: (region["anyOf"] as ReadonlyArray<Box>).map(inBox) }
        : inBox(region as Box);
  return {
    ...document,
    categories: document.categories.map((category) => ({
      ...category,
      id: rename(category.id),
      ...(category.parent === undefined ? {} : { parent: rename(category.parent) }),
    })),
    competences: mapValues(document.competences, inRegion),
    ...(document.dutyLists === undefined
      ? {}
      : { dutyLists: mapValues(document.dutyLists, (duties) => duties.map(rename)) }),
    rules: document.rules.map((rule) => ({ ...rule, when: inRegion(rule.when) })),
  };
};

// Private

// Narrow rules need all the facts there are to be narrow on.
const factNames = (shape: CharterShape): fc.Arbitrary<ReadonlyArray<string>> => {
  const names = [...(shape.facts ?? Object.keys(shape.pool ?? FACT_POOL))];
  return shape.conditionsAtLeast === undefined ? fc.subarray(names) : fc.constant(names);
};

interface ChainShape {
  readonly id: string;
  /** Levels with a handling post, ascending. */
  readonly levels: ReadonlyArray<string>;
}

const isBelowTop =
  (level: string) =>
  ({ levels }: ChainShape): boolean =>
    levels.includes(level) && levels.at(-1) !== level;

const CLOCK = { clock: "workingDays", amount: 5 } as const;

function levelsAndChainsOf(most: number, exactly?: number) {
  return fc
    .record({
      count: fc.integer({ min: exactly ?? 2, max: exactly ?? 4 }),
      second: fc.subarray([0, 1, 2, 3]),
    })
    .map(({ count, second }) => {
      const levels = Array.from({ length: count }, (_, i) => ({
        id: `l${i}`,
        rank: i + 1,
        name: words(`l${i}`),
      }));
      const others = second.filter((i) => i < count).map((i) => `l${i}`);
      const chains: ReadonlyArray<ChainShape> = [
        { id: "home", levels: levels.map(({ id }) => id) },
        ...(others.length > 0 && most > 1 ? [{ id: "party", levels: others }] : []),
      ];
      return { levels, chains };
    });
}

const frameOf = (levels: CharterDocument["levels"], chains: ReadonlyArray<ChainShape>) => ({
  linli: 1 as const,
  id: "generated",
  version: "1",
  title: words("A generated charter"),
  levels,
  chains: chains.map(({ id }) => ({ id, name: words(id) })),
  posts: chains.flatMap((chain) =>
    chain.levels.map((level) => ({
      id: `${chain.id}-${level}`,
      name: words(`${chain.id} ${level}`),
      kind: "staff" as const,
      level,
      chain: chain.id,
      handles: true,
      ...(level === chain.levels.at(-1) ? { lastResort: true } : {}),
    })),
  ),
  clockSets: {
    ordinary: { accept: CLOCK, resolve: CLOCK },
    quick: { accept: CLOCK, resolve: CLOCK },
  },
  calendar: "weekdays",
  calendars: [WEEKDAYS],
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 0 },
    last: { reviewEvery: CLOCK, because: words("the last rung") },
  },
  triage: `home-${chains[0]?.levels.at(-1) ?? ""}`,
});

// Parents come before or after their children, as people write them.
const categories = (most: number): fc.Arbitrary<ReadonlyArray<Category>> =>
  fc
    .tuple(
      fc.array(
        fc.record({ parent: fc.nat({ max: 9 }), isRoot: fc.boolean(), danger: fc.nat({ max: 4 }) }),
        { minLength: 1, maxLength: most },
      ),
      fc.boolean(),
    )
    .map(([nodes, reversed]) => {
      const tree = nodes.map(({ parent, isRoot, danger }, i): Category => ({
        id: `c${i}`,
        name: words(`category ${i}`),
        ...(isRoot || i === 0 ? {} : { parent: `c${parent % i}` }),
        ...(danger === 0
          ? { lifeDanger: true, emergency: { numbers: ["119"], text: words(`call for c${i}`) } }
          : {}),
      }));
      return reversed ? tree.toReversed() : tree;
    });

const outcomes = (chains: ReadonlyArray<ChainShape>): fc.Arbitrary<Outcome> =>
  fc
    .record({
      course: fc.constantFrom("handle", "handle", "deliberate", "signpost", "emergency"),
      chain: fc.option(fc.constantFrom(...chains), { nil: undefined }),
      atLeast: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
      inform: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
      size: fc.option(fc.constantFrom("minor" as const, "major" as const), { nil: undefined }),
      clocks: fc.constantFrom("ordinary", "quick"),
    })
    .map(({ course, chain, atLeast, inform, size, clocks }): Outcome => {
      const levels = (chain ?? chains[0])?.levels ?? [];
      const levelAt = (i: number) => levels[i % levels.length] ?? "";
      const handled = {
        clocks,
        ...(chain === undefined ? {} : { chain: chain.id }),
        ...(atLeast === undefined ? {} : { atLeast: levelAt(atLeast) }),
        ...(inform === undefined ? {} : { inform: [levelAt(inform)] }),
        ...(size === undefined ? {} : { size }),
      };
      if (course === "signpost") return { course, to: "court", text: words("to the court") };
      if (course === "deliberate") return { course, body: words("the assembly"), ...handled };
      if (course === "emergency") {
        return { course, emergency: { numbers: ["110"], text: words("call") }, ...handled };
      }
      return { course: "handle", ...handled };
    });

const outcomesAndRegions = (
  facts: Readonly<Record<string, FactDef>>,
  ids: ReadonlyArray<string>,
  chains: ReadonlyArray<ChainShape>,
  atLeast = 0,
) =>
  fc.record({
    outcome: outcomes(chains),
    when: atLeast === 0 ? regions(facts, ids) : boxes(facts, ids, atLeast),
  });

const someOf = <A>(keys: ReadonlyArray<string>, values: fc.Arbitrary<A>) =>
  fc
    .subarray([...keys])
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((key) => [key, values]))))
    .map((fields) => ({ ...fields }) as Record<string, A>);

const pick = (names: ReadonlyArray<string>): Readonly<Record<string, FactDef>> =>
  Object.fromEntries(names.map((name) => [name, FACT_POOL[name] as FactDef]));
