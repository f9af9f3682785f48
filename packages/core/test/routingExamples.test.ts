/** Routing by example: places, duty lists, dangers, refused facts, and explanations. */
import * as Option from "effect/Option";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  atLeast,
  atMost,
  because,
  box,
  type Charter,
  charter as buildCharter,
  type CharterDocument,
  compileCharter,
  deliberate,
  handle,
  has,
  numbers,
  rule,
  signpost,
  text,
  within,
} from "@linli/core/charter";
import { type Hierarchy, makeHierarchy } from "@linli/core/hierarchy";
import {
  aggravations,
  decodeFacts,
  explain,
  type Facts,
  locate,
  raiseFact,
  route,
  routeByScan,
  routeRecord,
} from "@linli/core/routing";
import { instantOf } from "@linli/core/time";
import { WEEKDAYS } from "./support/arbitraries.ts";
import { words } from "./support/facts.ts";

const clock = { clock: "wallHours", amount: 24 } as const;
const names: Readonly<Record<string, ReturnType<typeof text>>> = {
  building: text("楼栋", "Building"),
  micro: text("微社区", "Micro-community"),
  community: text("社区", "Community"),
  town: text("镇", "Town"),
};
const level = (id: string, rank: number) => ({ id, rank, name: names[id] ?? words(id) });
const post = (id: string, at: string, chain: string, name: ReturnType<typeof text>) => ({
  id,
  name,
  kind: "staff" as const,
  level: at,
  chain,
  handles: true,
  ...(at === "town" ? { lastResort: true } : {}),
});

const document: CharterDocument = buildCharter({
  id: "example",
  version: "3",
  title: text("示例", "Example"),
  levels: [level("building", 1), level("micro", 2), level("community", 3), level("town", 4)],
  chains: [
    { id: "home", name: text("居住", "Residential") },
    { id: "party", name: text("党组织", "Party") },
  ],
  posts: [
    post("chief", "building", "home", text("楼栋长", "building chief")),
    post("grid", "micro", "home", text("微社区长", "micro-community head")),
    post("secretary", "community", "home", text("社区书记", "community secretary")),
    post("mayor", "town", "home", text("镇长", "mayor")),
    post("branch", "community", "party", text("社区党支部书记", "branch secretary")),
    post("committee", "town", "party", text("镇党委书记", "party secretary")),
  ],
  categories: [
    { id: "repair", name: text("维修", "Repairs") },
    { id: "light", parent: "repair", name: text("楼道灯", "Corridor light") },
    { id: "manhole", parent: "repair", name: text("窨井盖", "Manhole cover") },
    {
      id: "fire",
      name: text("火灾", "Fire"),
      lifeDanger: true,
      emergency: numbers(text("立即撤离", "Leave at once"), "119"),
    },
    { id: "lift", name: text("加装电梯", "Adding a lift") },
    { id: "wage", name: text("欠薪", "Unpaid wages") },
    { id: "form", name: text("填表", "Filling in forms") },
  ],
  facts: {
    cost: {
      kind: "integer",
      name: text("费用", "cost"),
      min: 0,
      max: 10_000,
      aggravating: true,
      default: 0,
    },
    severity: {
      kind: "enum",
      name: text("严重程度", "severity"),
      values: ["low", "high"],
      ordered: true,
      aggravating: true,
      default: "low",
    },
    blocked: {
      kind: "boolean",
      name: text("阻断通行", "way blocked"),
      aggravating: true,
      default: false,
    },
    marks: { kind: "tags", name: text("标记", "marks"), values: ["night", "child"], default: [] },
  },
  competences: {
    building: box({ cost: atMost(500), severity: atMost("low") }),
    micro: box({ cost: atMost(5000) }),
    community: "all",
    town: "all",
  },
  dutyLists: { community: ["repair", "fire"] },
  rules: [
    rule("manhole", {
      when: box({ category: within("manhole") }),
      then: handle({ clocks: "hours", atLeast: "community", size: "critical", inform: ["micro"] }),
      because: because(
        "公共安全隐患直接到社区",
        "A public hazard goes to the community at once",
        "示例 3",
      ),
    }),
    rule("wage", {
      when: box({ category: within("wage") }),
      then: signpost("arbitration", text("向劳动仲裁申请", "Apply to labour arbitration")),
      because: because("依法由仲裁受理", "By law it is for arbitration"),
    }),
    rule("lift", {
      when: box({ category: within("lift") }),
      then: deliberate({ clocks: "hours", body: text("业主大会", "owners' assembly") }),
      because: because("居民自己决定", "Residents decide themselves"),
    }),
    rule("party", {
      when: box({ marks: has("child") }),
      then: handle({ clocks: "hours", chain: "party" }),
      because: because("党组织关怀", "The party branch cares"),
    }),
    rule("costly", {
      when: box({ cost: atLeast(8000), category: within("repair") }),
      then: handle({ clocks: "hours", atLeast: "town" }),
      because: because("大额", "A large sum"),
    }),
  ],
  otherwise: {
    outcome: handle({ clocks: "hours", size: "minor" }),
    because: because("小事不出楼栋", "Small things stay in the building"),
  },
  clockSets: { hours: { accept: clock, resolve: clock } },
  calendar: "weekdays",
  calendars: [WEEKDAYS],
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 0 },
    last: { reviewEvery: clock, because: because("末级", "Last rung") },
  },
  triage: "mayor",
});

const charter: Charter = Result.getOrThrowWith(compileCharter(document), (error) => error);
const factsOf = (record: object): Facts =>
  Result.getOrThrowWith(decodeFacts(charter, record), (error) => error);
const decisionOf = (record: object) => {
  const facts = factsOf(record);
  expect(routeByScan(charter, facts)).toEqual(route(charter, facts));
  return route(charter, facts);
};

describe("decodeFacts", () => {
  const refusals: ReadonlyArray<readonly [record: unknown, path: string]> = [
    [null, ""],
    [[], ""],
    ["light", ""],
    [new Date(0), ""],
    [Object.create({ cost: 5 }), ""],
    [{}, "/category"],
    [{ category: "no" }, "/category"],
    [{ category: "__proto__" }, "/category"],
    [{ category: 5 }, "/category"],
    [{ category: "light", level: "town" }, "/level"],
    [JSON.parse('{"category":"light","__proto__":{"cost":1}}'), "/__proto__"],
    [{ category: "light", constructor: 1 }, "/constructor"],
    [{ category: "light", "x\u0000y": 1 }, ""],
    [{ category: "light", ["k".repeat(200)]: 1 }, ""],
    [{ category: "light", kind: "rumour" }, "/kind"],
    [{ category: "light", cost: "5" }, "/cost"],
    [{ category: "light", cost: 0.5 }, "/cost"],
    [{ category: "light", cost: Number.NaN }, "/cost"],
    [{ category: "light", cost: 10_001 }, "/cost"],
    [{ category: "light", cost: 2 ** 53 }, "/cost"],
    [{ category: "light", severity: "toString" }, "/severity"],
    [{ category: "light", blocked: 1 }, "/blocked"],
    [{ category: "light", blocked: null }, "/blocked"],
    [{ category: "light", marks: "night" }, "/marks"],
    [{ category: "light", marks: ["night", "day"] }, "/marks/1"],
    [{ category: "light", marks: new Array(200).fill("night") }, "/marks"],
  ];

  it.each(refusals)("refuses %j at `%s`", (record, path) => {
    const results = [
      Result.getFailure(decodeFacts(charter, record)),
      Result.getFailure(routeRecord(charter, record)),
    ];
    for (const failure of results) {
      expect(Option.getOrUndefined(failure)).toMatchObject({ door: "facts", path });
    }
  });

  it("fills in defaults and puts tags in order, so that equal facts are equal data", () => {
    const facts = factsOf({ marks: ["child", "night", "child"], category: "light", cost: -0 });
    expect(facts.record).toEqual({
      category: "light",
      kind: "request",
      cost: 0,
      severity: "low",
      blocked: false,
      marks: ["night", "child"],
    });
    const spoken = factsOf({ category: "light", cost: undefined });
    expect(spoken.record).toEqual(factsOf({ category: "light" }).record);
    expect(Result.getOrThrow(routeRecord(charter, { category: "light", cost: undefined }))).toEqual(
      route(charter, spoken),
    );
    expect(
      Result.getOrThrow(
        routeRecord(charter, Object.assign(Object.create(null), { category: "light" })),
      ),
    ).toEqual(route(charter, spoken));
  });
});

describe("route", () => {
  it("gives a small thing to the building, a costly one higher", () => {
    expect(decisionOf({ category: "light" })).toMatchObject({
      course: "handle",
      rule: null,
      chain: "home",
      levels: ["building", "micro", "community", "town"],
      size: "minor",
    });
    expect(decisionOf({ category: "light", cost: 501 }).levels[0]).toBe("micro");
    expect(decisionOf({ category: "light", cost: 5001 }).levels[0]).toBe("community");
    expect(decisionOf({ category: "light", cost: 8000 }).levels).toEqual(["town"]);
  });

  it("sends a manhole cover to the community at once and tells the micro-community", () => {
    expect(decisionOf({ category: "manhole" })).toMatchObject({
      rule: "manhole",
      levels: ["community", "town"],
      size: "critical",
      inform: ["micro"],
      charter: { id: "example", version: "3" },
    });
  });

  it("shows the numbers before anything else where life is in danger", () => {
    expect(decisionOf({ category: "fire" })).toMatchObject({
      course: "emergency",
      emergency: { numbers: ["119"] },
      levels: ["building", "micro", "community", "town"],
    });
    expect(decisionOf({ category: "light" }).emergency).toBeNull();
  });

  it("points to somebody else without declining, and lets residents decide", () => {
    expect(decisionOf({ category: "wage" })).toMatchObject({
      course: "signpost",
      to: "arbitration",
      chain: null,
      levels: [],
      clocks: null,
    });
    expect(decisionOf({ category: "lift" })).toMatchObject({
      course: "deliberate",
      text: { en: "owners' assembly" },
    });
  });

  it("keeps an assignment above a level whose duty list does not hold it, and below that one too", () => {
    expect(decisionOf({ category: "form" }).levels[0]).toBe("building");
    expect(decisionOf({ category: "form", kind: "assignment" }).levels).toEqual(["town"]);
    expect(decisionOf({ category: "light", kind: "assignment" }).levels[0]).toBe("building");
    const party = { category: "form", kind: "assignment", marks: ["child"] };
    expect(decisionOf(party)).toMatchObject({ chain: "party", levels: ["town"] });
  });
});

describe("aggravations", () => {
  it("lists the records one step worse", () => {
    const facts = factsOf({ category: "light", cost: 400, blocked: true });
    expect(aggravations(charter, facts)).toEqual([
      { ...facts.record, cost: 501 },
      { ...facts.record, severity: "high" },
    ]);
    expect(raiseFact(facts, "blocked")).toBeNull();
    expect(raiseFact(facts, "marks")).toBeNull();
    expect(raiseFact(facts, "nothing")).toBeNull();
    expect(raiseFact(factsOf({ category: "light", cost: 9000 }), "cost")).toBeNull();
  });
});

describe("locate", () => {
  const unit = (
    id: string,
    at: string,
    parents: Record<string, string>,
    roots?: Array<string>,
  ) => ({
    id,
    level: at,
    name: id,
    parents,
    ...(roots === undefined ? {} : { roots }),
  });
  const hierarchy: Hierarchy = Result.getOrThrowWith(
    makeHierarchy(
      {
        version: "1",
        units: [
          unit("xinan", "town", {}, ["home", "party"]),
          unit("east", "community", { home: "xinan", party: "xinan" }),
          unit("east-1", "micro", { home: "east" }),
          unit("lane-3", "building", { home: "east-1" }),
        ],
      },
      { levels: document.levels, chains: document.chains },
    ),
    (error) => error,
  );
  const place = (record: object, at: string) =>
    locate(charter, hierarchy, decisionOf(record), at, 0);

  it("finds the lowest unit that may handle it, never below where it was reported", () => {
    expect(place({ category: "light" }, "lane-3")).toEqual({
      unit: "lane-3",
      level: "building",
      post: "chief",
    });
    expect(place({ category: "light" }, "east")?.post).toBe("secretary");
    expect(place({ category: "manhole" }, "lane-3")).toEqual({
      unit: "east",
      level: "community",
      post: "secretary",
    });
    expect(place({ category: "light", cost: 9000 }, "lane-3")?.unit).toBe("xinan");
  });

  it("uses the first chain for a unit that is not in the decision's chain", () => {
    expect(place({ category: "light", marks: ["child"] }, "east")?.post).toBe("branch");
    expect(place({ category: "light", marks: ["child"] }, "lane-3")?.post).toBe("secretary");
  });

  it("has no place for a signpost or an unknown unit", () => {
    expect(place({ category: "wage" }, "lane-3")).toBeNull();
    expect(place({ category: "light" }, "nowhere")).toBeNull();
  });
});

describe("explain", () => {
  const facts = factsOf({ category: "manhole", cost: 6000 });
  const dueAt = instantOf(charter.calendar, "2026-11-23", "09:30");

  it("tells a resident who, by when and why", () => {
    const { text: told } = explain(charter, facts, {
      reader: "resident",
      placed: {
        unitName: text("镇东社区", "Zhendong community"),
        postName: text("书记", "secretary"),
      },
      deadlines: [
        { clock: "accept", dueAt },
        { clock: "resolve", dueAt, provisional: true },
      ],
    });
    expect(told.zh).toBe(
      [
        "您反映的“窨井盖”由镇东社区书记办理。",
        "受理时限：2026-11-23 09:30。",
        "办结时限：2026-11-23 09:30（节假日安排公布前为暂定）。",
        "原因：公共安全隐患直接到社区",
      ].join("\n"),
    );
    expect(told.en.split("\n")[0]).toBe(
      "Your issue (Manhole cover) is handled by the secretary of Zhendong community.",
    );
  });

  it("tells a clerk the grounds and why lower levels were passed over", () => {
    const { lines } = explain(charter, facts, { reader: "clerk" });
    expect(lines.map(({ en }) => en)).toEqual([
      "Your issue (Manhole cover) is handled by the community secretary.",
      "Why: A public hazard goes to the community at once",
      "Basis: 示例 3",
      "Rule manhole applies (charter example, version 3).",
      "Building: the rule asks for Community at least.",
      "Micro-community: the rule asks for Community at least.",
      "Community: handles it, as the lowest level that may.",
      "Town: may handle it.",
    ]);
    const costly = explain(charter, factsOf({ category: "light", cost: 6000, severity: "high" }), {
      reader: "clerk",
    });
    expect(costly.text.zh).toContain("楼栋：超出其权限（费用、严重程度）。");
    expect(costly.text.zh).toContain("微社区：超出其权限（费用）。");
    const assigned = explain(charter, factsOf({ category: "form", kind: "assignment" }), {
      reader: "clerk",
    });
    expect(assigned.text.zh).toContain("楼栋：交办事项不在社区的职责清单内，不得下派。");
  });

  it("tells a developer every rule tried and the attribute it failed on", () => {
    const { lines } = explain(charter, factsOf({ category: "light", cost: 8000 }), {
      reader: "developer",
    });
    expect(lines.slice(-5).map(({ en }) => en)).toEqual([
      "manhole: failed on category.",
      "wage: failed on category.",
      "lift: failed on category.",
      "party: failed on marks.",
      "costly: matched.",
    ]);
  });

  it("begins with the numbers to call, and uses the charter's own sentences", () => {
    const { lines } = explain(charter, factsOf({ category: "fire" }), { reader: "resident" });
    expect(lines[0]?.zh).toBe("请先拨打 119：立即撤离");
    const own = Result.getOrThrow(
      compileCharter({
        ...document,
        texts: { "explain.why": text("为何：{because}", "{because}!") },
      }),
    );
    const told = explain(own, Result.getOrThrow(decodeFacts(own, { category: "wage" })), {
      reader: "resident",
    });
    expect(told.lines.map(({ en }) => en)).toEqual([
      "Your issue (Unpaid wages) is by law for somebody else: Apply to labour arbitration",
      "By law it is for arbitration!",
    ]);
  });
});
