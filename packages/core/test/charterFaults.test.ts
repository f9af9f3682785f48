/** Every kind of fault a charter can have is refused with its path. */
import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHARTER_BOUNDS, decodeCharter } from "@linli/core/charter";
import { FAULTS_MAX } from "@linli/core/data";
import { WEEKDAYS } from "./support/arbitraries.ts";
import { words } from "./support/facts.ts";

const because = words("because");
const clock = { clock: "workingDays", amount: 5 };

const level = (id: string, rank: number) => ({ id, rank, name: words(id) });
const post = (id: string, at: string, more: object = {}) => ({
  id,
  name: words(id),
  kind: "staff",
  level: at,
  chain: "home",
  ...more,
});

/** A sound document with something of everything that can refer or be referred to. */
const sound = () => ({
  linli: 1,
  id: "sound",
  version: "1",
  title: words("sound"),
  effectiveFrom: "2026-02-28",
  levels: [level("building", 1), level("micro", 2), level("community", 3)],
  chains: [{ id: "home", name: words("home") }] as Array<object>,
  posts: [
    post("chief", "building", { handles: true, deputies: ["vice"] }),
    post("vice", "building"),
    post("grid", "micro", { handles: true }),
    post("secretary", "community", { handles: true, lastResort: true }),
  ] as Array<object>,
  categories: [
    { id: "safety", name: words("safety") },
    { id: "gas", parent: "safety", name: words("gas") },
  ] as Array<object>,
  facts: {
    severity: {
      kind: "enum",
      name: words("s"),
      values: ["low", "high"],
      ordered: true,
      default: "low",
    },
    place: { kind: "enum", name: words("p"), values: ["yard", "roof"], default: "yard" },
    cost: { kind: "integer", name: words("c"), min: 0, max: 100, default: 0 },
    danger: { kind: "boolean", name: words("d"), default: false },
    marks: { kind: "tags", name: words("m"), values: ["a", "b"], default: [] },
  } as Record<string, object>,
  competences: {
    building: { cost: { ranges: [[null, 10]] } },
    micro: {},
    community: "all",
  } as Record<string, unknown>,
  dutyLists: { micro: ["safety"] } as Record<string, unknown>,
  rules: [rule({})] as Array<object>,
  otherwise: { outcome: { course: "handle", clocks: "ordinary" } as object, because },
  clockSets: { ordinary: { accept: clock, resolve: clock } },
  calendar: "weekdays",
  calendars: [WEEKDAYS] as Array<object>,
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 1, toLevel: "micro", clocks: "ordinary" },
    clusters: [{ id: "many", category: "gas", within: "micro", reports: 3, days: 7, because }],
    last: { reviewEvery: clock, because },
  } as Record<string, unknown>,
  triage: "secretary",
  unsorted: "safety",
  permissions: { urge: ["anyone", { post: "chief" }] } as Record<string, unknown>,
  declineReasons: [{ id: "twice", text: words("twice") }],
  tests: [
    { name: "cheap", facts: { category: "gas" }, expect: { level: "building" } },
  ] as Array<object>,
});

const rule = (when: object | string, more: object = {}) => ({
  id: "one",
  when,
  outcome: { course: "handle", clocks: "ordinary", atLeast: "building", inform: ["micro"] },
  because,
  ...more,
});
const outcome = (more: object) =>
  rule({}, { outcome: { course: "handle", clocks: "ordinary", ...more } });
const test = (facts: object, expectation: object, more: object = {}) => ({
  name: "example",
  facts,
  expect: expectation,
  ...more,
});

type Draft = ReturnType<typeof sound>;

const faultOf = (change: (draft: Draft) => void) => {
  const draft = sound();
  change(draft);
  const result = decodeCharter(JSON.parse(JSON.stringify(draft)));
  return Result.isFailure(result)
    ? { path: result.failure.path, reason: result.failure.reason, door: result.failure.door }
    : undefined;
};

const many = <A>(count: number, make: (i: number) => A): Array<A> =>
  Array.from({ length: count }, (_, i) => make(i));

const condition = (when: object) => (draft: Draft) => void draft.rules.splice(0, 1, rule(when));
const fact = (def: object) => (draft: Draft) =>
  void (draft.facts["new"] = { name: words("n"), ...def });
const ownTest =
  (facts: object, expectation: object, more: object = {}) =>
  (draft: Draft) =>
    void draft.tests.splice(0, 1, test(facts, expectation, more));

const CASES: ReadonlyArray<readonly [what: string, path: string, change: (draft: Draft) => void]> =
  [
    ["two levels of one id", "/levels/3/id", (d) => d.levels.push(level("micro", 9))],
    [
      "two levels of one rank in a chain",
      "/levels/1/rank",
      (d) => d.levels.splice(1, 1, level("micro", 1)),
    ],
    [
      "too many levels",
      "/levels",
      (d) => d.levels.push(...many(30, (i) => level(`l${i}`, 10 + i))),
    ],
    [
      "two chains of one id",
      "/chains/1/id",
      (d) => d.chains.push({ id: "home", name: words("h") }),
    ],
    [
      "a chain without handlers",
      "/chains/1",
      (d) => d.chains.push({ id: "party", name: words("p") }),
    ],
    ["two posts of one id", "/posts/4/id", (d) => d.posts.push(post("vice", "building"))],
    ["a post of an unknown level", "/posts/4/level", (d) => d.posts.push(post("x", "attic"))],
    [
      "a post of an unknown chain",
      "/posts/4/chain",
      (d) => d.posts.push(post("x", "micro", { chain: "no" })),
    ],
    [
      "an unknown deputy",
      "/posts/4/deputies/0",
      (d) => d.posts.push(post("x", "micro", { deputies: ["no"] })),
    ],
    [
      "a post deputising itself",
      "/posts/4/deputies/0",
      (d) => d.posts.push(post("x", "micro", { deputies: ["x"] })),
    ],
    [
      "a deputy of another level",
      "/posts/4/deputies/0",
      (d) => d.posts.push(post("x", "micro", { deputies: ["vice"] })),
    ],
    ["a level without handler", "/posts/2", (d) => d.posts.splice(2, 1, post("grid", "micro"))],
    [
      "a level with two handlers",
      "/posts/4/handles",
      (d) => d.posts.push(post("x", "micro", { handles: true })),
    ],
    [
      "no post of last resort",
      "/chains/0",
      (d) => d.posts.splice(3, 1, post("secretary", "community", { handles: true })),
    ],
    [
      "a top level not competent for all",
      "/competences/community",
      (d) => void (d.competences["community"] = {}),
    ],
    [
      "a top level without competence",
      "/competences/community",
      (d) => delete d.competences["community"],
    ],
    [
      "a competence of an unknown level",
      "/competences/attic",
      (d) => void (d.competences["attic"] = "all"),
    ],
    [
      "a competence nobody can use",
      "/competences/town",
      (d) => {
        d.levels.push(level("town", 9));
        d.competences["town"] = "all";
      },
    ],
    [
      "a competence over an unknown fact",
      "/competences/micro/noise",
      (d) => void (d.competences["micro"] = { noise: true }),
    ],
    [
      "two categories of one id",
      "/categories/2/id",
      (d) => d.categories.push({ id: "gas", name: words("g") }),
    ],
    [
      "an unknown parent",
      "/categories/2/parent",
      (d) => d.categories.push({ id: "x", parent: "no", name: words("x") }),
    ],
    [
      "a circle of categories",
      "/categories/0/parent",
      (d) => d.categories.splice(0, 1, { id: "safety", parent: "gas", name: words("s") }),
    ],
    [
      "a category tree too deep",
      `/categories/${CHARTER_BOUNDS.categoryDepth + 2}/parent`,
      (d) =>
        d.categories.push(
          ...many(40, (i) => ({
            id: `d${i}`,
            name: words("d"),
            ...(i > 0 ? { parent: `d${i - 1}` } : {}),
          })),
        ),
    ],
    [
      "a danger without numbers",
      "/categories/2",
      (d) => d.categories.push({ id: "fire", name: words("f"), lifeDanger: true }),
    ],
    [
      "a danger inherited without numbers",
      "/categories/0",
      (d) => d.categories.splice(0, 1, { id: "safety", name: words("s"), lifeDanger: true }),
    ],
    [
      "too many categories",
      "/categories",
      (d) => d.categories.push(...many(5000, (i) => ({ id: `k${i}`, name: words("k") }))),
    ],
    [
      "too many facts",
      "/facts",
      (d) =>
        void Object.assign(
          d.facts,
          Object.fromEntries(
            many(60, (i) => [`f${i}`, { kind: "boolean", name: words("f"), default: false }]),
          ),
        ),
    ],
    [
      "a reserved fact",
      "/facts/kind",
      (d) => void (d.facts["kind"] = { kind: "boolean", name: words("k"), default: false }),
    ],
    [
      "a fact named like an object's method",
      "/facts/toString",
      (d) => void (d.facts["toString"] = { kind: "boolean", name: words("k"), default: false }),
    ],
    [
      "an enum value twice",
      "/facts/new/values/1",
      fact({ kind: "enum", values: ["a", "a"], default: "a" }),
    ],
    [
      "an enum default that is no value",
      "/facts/new/default",
      fact({ kind: "enum", values: ["a"], default: "b" }),
    ],
    [
      "aggravation without order",
      "/facts/new/aggravating",
      fact({ kind: "enum", values: ["a"], default: "a", aggravating: true }),
    ],
    [
      "a minimum above the maximum",
      "/facts/new/max",
      fact({ kind: "integer", min: 2, max: 1, default: 2 }),
    ],
    [
      "an integer default outside",
      "/facts/new/default",
      fact({ kind: "integer", min: 0, max: 1, default: 2 }),
    ],
    ["a tag twice", "/facts/new/values/1", fact({ kind: "tags", values: ["a", "a"], default: [] })],
    [
      "a default tag that is none",
      "/facts/new/default/0",
      fact({ kind: "tags", values: ["a"], default: ["b"] }),
    ],
    [
      "too many tags",
      "/facts/new/values",
      fact({ kind: "tags", values: many(65, (i) => `t${i}`), default: [] }),
    ],
    ["two rules of one id", "/rules/1/id", (d) => d.rules.push(rule({}))],
    [
      "too many rules",
      "/rules",
      (d) => d.rules.push(...many(5000, (i) => rule({}, { id: `r${i}` }))),
    ],
    ["too many boxes", "/rules/0/when/anyOf", condition({ anyOf: many(65, () => ({})) })],
    ["a rule over an unknown fact", "/rules/0/when/noise", condition({ noise: true })],
    [
      "the same inside anyOf",
      "/rules/0/when/anyOf/1/noise",
      condition({ anyOf: [{}, { noise: true }] }),
    ],
    [
      "an unknown category",
      "/rules/0/when/category/in/1",
      condition({ category: { in: ["gas", "no"] } }),
    ],
    ["an unknown kind", "/rules/0/when/kind/in/0", condition({ kind: { in: ["rumour"] } })],
    ["an unknown value", "/rules/0/when/place/in/0", condition({ place: { in: ["attic"] } })],
    ["an unknown from", "/rules/0/when/severity/from", condition({ severity: { from: "no" } })],
    ["an unknown to", "/rules/0/when/severity/to", condition({ severity: { to: "no" } })],
    [
      "a stretch backwards",
      "/rules/0/when/severity/to",
      condition({ severity: { from: "high", to: "low" } }),
    ],
    ["an order that is none", "/rules/0/when/place", condition({ place: { from: "yard" } })],
    ["an empty interval", "/rules/0/when/cost/ranges/0", condition({ cost: { ranges: [[5, 4]] } })],
    [
      "an interval out of range",
      "/rules/0/when/cost/ranges/1",
      condition({
        cost: {
          ranges: [
            [0, 1],
            [101, null],
          ],
        },
      }),
    ],
    ["an unknown tag", "/rules/0/when/marks/has/0", condition({ marks: { has: ["c"] } })],
    [
      "an unknown absent tag",
      "/rules/0/when/marks/lacks/0",
      condition({ marks: { lacks: ["c"] } }),
    ],
    [
      "a tag both asked and excluded",
      "/rules/0/when/marks/lacks/0",
      condition({ marks: { has: ["a"], lacks: ["a"] } }),
    ],
    ["a condition that names nothing", "/rules/0/when/marks", condition({ marks: {} })],
    ["tags that name nothing", "/rules/0/when/marks", condition({ marks: { has: [] } })],
    ["true for a number", "/rules/0/when/cost", condition({ cost: true })],
    ["values for a number", "/rules/0/when/cost", condition({ cost: { in: ["a"] } })],
    ["a range for a boolean", "/rules/0/when/danger", condition({ danger: { ranges: [[0, 1]] } })],
    ["tags for an enum", "/rules/0/when/place", condition({ place: { has: ["a"] } })],
    ["a stretch of a boolean", "/rules/0/when/danger", condition({ danger: { from: "a" } })],
    [
      "an unknown chain",
      "/rules/0/outcome/chain",
      (d) => d.rules.splice(0, 1, outcome({ chain: "no" })),
    ],
    [
      "an unknown least level",
      "/rules/0/outcome/atLeast",
      (d) => d.rules.splice(0, 1, outcome({ atLeast: "no" })),
    ],
    [
      "a least level out of the chain",
      "/rules/0/outcome/atLeast",
      (d) => {
        d.levels.push(level("town", 9));
        d.rules.splice(0, 1, outcome({ atLeast: "town" }));
      },
    ],
    [
      "an unknown level to inform",
      "/rules/0/outcome/inform/1",
      (d) => d.rules.splice(0, 1, outcome({ inform: ["micro", "no"] })),
    ],
    [
      "an unknown clock set",
      "/rules/0/outcome/clocks",
      (d) => d.rules.splice(0, 1, outcome({ clocks: "no" })),
    ],
    [
      "a clock set named like a method",
      "/rules/0/outcome/clocks",
      (d) => d.rules.splice(0, 1, outcome({ clocks: "toString" })),
    ],
    [
      "an unknown clock set otherwise",
      "/otherwise/outcome/clocks",
      (d) => void (d.otherwise.outcome = { course: "handle", clocks: "no" }),
    ],
    [
      "a duty list of an unknown level",
      "/dutyLists/attic",
      (d) => void (d.dutyLists["attic"] = ["gas"]),
    ],
    [
      "a duty list of an unknown category",
      "/dutyLists/micro/1",
      (d) => void (d.dutyLists["micro"] = ["gas", "no"]),
    ],
    [
      "a duty list of the top",
      "/dutyLists/community",
      (d) => void (d.dutyLists["community"] = ["gas"]),
    ],
    [
      "a rung to an unknown level",
      "/ladder/accept/toLevel",
      (d) => void (d.ladder["accept"] = { attempts: 0, toLevel: "no" }),
    ],
    [
      "a rung to an unknown clock set",
      "/ladder/accept/clocks",
      (d) => void (d.ladder["accept"] = { attempts: 0, clocks: "no" }),
    ],
    [
      "two clusters of one id",
      "/ladder/clusters/1/id",
      (d) => void (d.ladder["clusters"] = [cluster({}), cluster({})]),
    ],
    [
      "a cluster of an unknown category",
      "/ladder/clusters/0/category",
      (d) => void (d.ladder["clusters"] = [cluster({ category: "no" })]),
    ],
    [
      "a cluster within an unknown level",
      "/ladder/clusters/0/within",
      (d) => void (d.ladder["clusters"] = [cluster({ within: "no" })]),
    ],
    [
      "a cluster to an unknown level",
      "/ladder/clusters/0/toLevel",
      (d) => void (d.ladder["clusters"] = [cluster({ toLevel: "no" })]),
    ],
    ["an unknown triage post", "/triage", (d) => void (d.triage = "no")],
    ["a triage post below the top", "/triage", (d) => void (d.triage = "chief")],
    ["an unknown unsorted category", "/unsorted", (d) => void (d.unsorted = "no")],
    [
      "permissions of an unknown command",
      "/permissions/fly",
      (d) => void (d.permissions["fly"] = ["anyone"]),
    ],
    [
      "permissions of an unknown post",
      "/permissions/urge/0/post",
      (d) => void (d.permissions["urge"] = [{ post: "no" }]),
    ],
    [
      "a decline reason twice",
      "/declineReasons/1/id",
      (d) => d.declineReasons.push({ id: "twice", text: words("t") }),
    ],
    ["an unknown calendar", "/calendar", (d) => void (d.calendar = "no")],
    ["two calendars of one id", "/calendars/1/id", (d) => d.calendars.push(WEEKDAYS)],
    [
      "a calendar in no zone",
      "/calendars/0/timeZone",
      (d) => d.calendars.splice(0, 1, { ...WEEKDAYS, timeZone: "Nowhere/Else" }),
    ],
    ["a day that does not exist", "/effectiveFrom", (d) => void (d.effectiveFrom = "2026-02-29")],
    [
      "a test with unknown facts",
      "/tests/0/facts/noise",
      ownTest({ category: "gas", noise: 1 }, {}),
    ],
    ["a test with an unknown category", "/tests/0/facts/category", ownTest({ category: "no" }, {})],
    ["a test without a category", "/tests/0/facts/category", ownTest({}, {})],
    [
      "a test at an unknown level",
      "/tests/0/reportedAt",
      ownTest({ category: "gas" }, {}, { reportedAt: "no" }),
    ],
    [
      "a test that fails on the level",
      "/tests/0/expect/level",
      ownTest({ category: "gas", cost: 50 }, { level: "building" }),
    ],
    [
      "a test that fails on the rule",
      "/tests/0/expect/rule",
      ownTest({ category: "gas" }, { rule: "two" }),
    ],
    [
      "a rule's own test that fails",
      "/rules/0/tests/0/expect/course",
      (d) =>
        d.rules.splice(
          0,
          1,
          rule({}, { tests: [test({ category: "gas" }, { course: "signpost" })] }),
        ),
    ],
  ];

function cluster(more: object) {
  return { id: "many", category: "gas", within: "micro", reports: 3, days: 7, because, ...more };
}

describe("a charter's faults", () => {
  it("the sound document has none", () => {
    expect(faultOf(() => {})).toBeUndefined();
  });

  it.each(CASES)("%s is refused at %s", (_what, path, change) => {
    expect(faultOf(change)).toMatchObject({ door: "charter", path });
  });

  it("are all named, the first one as the error's own, whatever else is broken beside it", () => {
    let several = 0;
    fc.assert(
      fc.property(fc.subarray([...CASES], { minLength: 1, maxLength: 4 }), (cases) => {
        const draft = sound();
        try {
          for (const [, , change] of cases) change(draft);
        } catch {
          // What one case took away the next one cannot break.
          return;
        }
        const result = decodeCharter(JSON.parse(JSON.stringify(draft)));
        if (Result.isSuccess(result)) throw new Error("nothing was found");
        const { path, reason, advice, faults = [] } = result.failure;
        expect(faults[0] ?? { path, reason, advice }).toEqual({ path, reason, advice });
        expect(faults.length).toBeLessThanOrEqual(FAULTS_MAX);
        if (faults.length > 1) several += 1;
      }),
      { seed: 50, numRuns: 400 },
    );
    expect(several).toBeGreaterThan(100);
  });

  it("of every part at once", () => {
    const named = (change: (draft: Draft) => void) => {
      const draft = sound();
      change(draft);
      const result = decodeCharter(JSON.parse(JSON.stringify(draft)));
      return Result.isFailure(result) ? (result.failure.faults ?? []).map(({ path }) => path) : [];
    };
    expect(
      named((d) => {
        Object.assign(d, { unknown: 1, triage: 7 });
        d.levels.push({ id: "x", rank: 9 } as never);
      }).sort(),
    ).toEqual(["/levels/3/name", "/triage", "/unknown"]);
    expect(
      named((d) => {
        d.triage = "nobody";
        d.unsorted = "nothing";
        d.ladder["resolve"] = { attempts: 1, toLevel: "moon", clocks: "slow" };
      }),
    ).toEqual(["/ladder/resolve/toLevel", "/ladder/resolve/clocks", "/triage", "/unsorted"]);
    expect(
      named((d) => {
        d.tests = many(80, () => test({ category: "gas" }, { level: "community" }));
      }),
    ).toHaveLength(FAULTS_MAX);
  });

  it("a failing test says what was expected and what came", () => {
    const found = faultOf(ownTest({ category: "gas", cost: 50 }, { level: "building" }));
    expect(found?.reason).toBe("test `example` expected `building` but got `micro`");
    expect(
      faultOf(ownTest({ category: "gas" }, { level: "micro" }, { reportedAt: "micro" })),
    ).toBeUndefined();
  });
});
