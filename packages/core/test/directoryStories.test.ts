import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  accountable,
  type Appointment,
  decodeDirectory,
  type DirectoryInput,
  holdersOf,
  organisationOf,
  organisationsFor,
  type PostDef,
  postsOf,
  reachable,
} from "@linli/core/directory";
import type { HierarchyInput } from "@linli/core/hierarchy";
import { builtDirectory } from "./directorySupport.ts";
import { built, frame } from "./hierarchySupport.ts";

const text = (zh: string, en: string) => ({ zh, en });
const HOUR = 3_600_000;
const NIGHT = Date.UTC(2023, 7, 3, 15);
const SINCE = NIGHT - 1000 * HOUR;

const hierarchyOf = (units: HierarchyInput["units"] = []) =>
  built({
    version: "1",
    units: [
      { id: "town", level: "town", name: "镇", parents: {}, roots: ["residential", "party"] },
      {
        id: "community",
        level: "community",
        name: "社区",
        parents: { residential: "town", party: "town" },
      },
      { id: "micro", level: "micro", name: "微社区", parents: { residential: "community" } },
      { id: "b56", level: "building", name: "56号楼", parents: { residential: "micro" } },
      { id: "b57", level: "building", name: "57号楼", parents: { residential: "micro" } },
      ...units,
    ],
  });

const posts: ReadonlyArray<PostDef> = [
  {
    id: "chief",
    name: text("楼栋长", "building chief"),
    kind: "volunteer",
    level: "building",
    chain: "residential",
    handles: true,
    deputies: ["deputy"],
  },
  {
    id: "deputy",
    name: text("副楼栋长", "deputy chief"),
    kind: "volunteer",
    level: "building",
    chain: "residential",
  },
  {
    id: "grid",
    name: text("微社区长", "micro-community head"),
    kind: "staff",
    level: "micro",
    chain: "residential",
    handles: true,
  },
  {
    id: "director",
    name: text("社区主任", "community director"),
    kind: "official",
    level: "community",
    chain: "residential",
    handles: true,
  },
  {
    id: "office",
    name: text("镇综治办", "town office"),
    kind: "official",
    level: "town",
    chain: "residential",
    handles: true,
    lastResort: true,
  },
  {
    id: "committee",
    name: text("镇党委", "town committee"),
    kind: "official",
    level: "town",
    chain: "party",
    handles: true,
    lastResort: true,
  },
];

const appoint = (
  person: string,
  post: string,
  unit: string,
  rest: Partial<Appointment> = {},
): Appointment => ({
  id: `${post}-${unit}-${person}`,
  person,
  post,
  unit,
  from: SINCE,
  ...rest,
});

const NOTHING: DirectoryInput = {
  version: "1",
  appointments: [],
  leaves: [],
  shifts: [],
  organisations: [],
};
const staffed = [
  appoint("p-grid", "grid", "micro"),
  appoint("p-director", "director", "community"),
  appoint("p-office", "office", "town"),
];
const directoryOf = (input: Partial<DirectoryInput>, hierarchy = hierarchyOf()) =>
  builtDirectory({ ...NOTHING, ...input }, { posts, hierarchy });

const chiefOf = (
  d: ReturnType<typeof directoryOf>,
  unit: string,
  exclude: ReadonlyArray<string> = [],
  at = NIGHT,
) => accountable(d, { post: "chief", unit, at, exclude: new Set(exclude) });

describe("a chief on leave at night", () => {
  const chief = appoint("p-chief", "chief", "b57");
  const leave = { id: "l1", person: "p-chief", from: NIGHT - HOUR, until: NIGHT + HOUR };
  const absent = [{ post: "chief", unit: "b57", why: "absent" }];
  const duty = {
    id: "s1",
    post: "chief",
    unit: "b57",
    person: "p-duty",
    from: NIGHT,
    until: NIGHT + HOUR,
  };
  const deputy = appoint("p-deputy", "deputy", "b57");

  it("is stood in for by the delegate", () => {
    const d = directoryOf({
      appointments: [chief, ...staffed],
      leaves: [{ ...leave, delegate: "p-next" }],
      shifts: [duty],
    });
    expect(chiefOf(d, "b57")).toEqual({
      post: "chief",
      unit: "b57",
      person: "p-next",
      via: "delegate",
      passed: absent,
      appointment: chief.id,
    });
    expect(reachable(d, "p-chief", NIGHT)).toBe("p-next");
  });

  it("without a delegate, by the duty roster of that hour", () => {
    const d = directoryOf({
      appointments: [chief, deputy, ...staffed],
      leaves: [leave],
      shifts: [duty],
    });
    expect(chiefOf(d, "b57")).toMatchObject({
      person: "p-duty",
      via: "duty",
      passed: absent,
      shift: "s1",
    });
    expect(chiefOf(d, "b57", [], NIGHT - 1)).toMatchObject({ person: "p-deputy", via: "deputy" });
    expect(reachable(d, "p-chief", NIGHT)).toBeUndefined();
  });

  it("without a roster, by the deputy; without a deputy, by the one above", () => {
    const withDeputy = directoryOf({ appointments: [chief, deputy, ...staffed], leaves: [leave] });
    expect(chiefOf(withDeputy, "b57")).toMatchObject({
      post: "deputy",
      person: "p-deputy",
      via: "deputy",
    });
    const alone = directoryOf({ appointments: [chief, ...staffed], leaves: [leave] });
    expect(chiefOf(alone, "b57")).toMatchObject({
      post: "grid",
      unit: "micro",
      person: "p-grid",
      via: "above",
      passed: [...absent, { post: "deputy", unit: "b57", why: "vacant" }],
    });
  });

  it("is back the instant the leave ends", () => {
    const d = directoryOf({ appointments: [chief, ...staffed], leaves: [leave] });
    expect(chiefOf(d, "b57", [], leave.until - 1).via).toBe("above");
    expect(chiefOf(d, "b57", [], leave.until)).toMatchObject({
      person: "p-chief",
      via: "holder",
      passed: [],
    });
  });

  it("who chose a delegate on leave is followed on, and a circle of delegates ends", () => {
    const second = { ...leave, id: "l2", person: "p-next", delegate: "p-third" };
    const d = directoryOf({
      appointments: [chief, ...staffed],
      leaves: [{ ...leave, delegate: "p-next" }, second],
    });
    expect(chiefOf(d, "b57")).toMatchObject({ person: "p-third", via: "delegate" });
    const circle = directoryOf({
      appointments: [chief, ...staffed],
      leaves: [
        { ...leave, delegate: "p-next" },
        { ...second, delegate: "p-chief" },
      ],
    });
    expect(chiefOf(circle, "b57")).toMatchObject({ person: "p-grid", via: "above" });
    expect(reachable(circle, "p-chief", NIGHT)).toBeUndefined();
  });
});

describe("holders are data", () => {
  const d = directoryOf({
    appointments: [
      appoint("p-many", "chief", "b56"),
      appoint("p-many", "chief", "b57"),
      appoint("p-many", "grid", "micro"),
      appoint("p-second", "chief", "b57", { from: SINCE + 1 }),
      appoint("p-office", "office", "town"),
    ],
  });

  it("one chief holds several buildings, one person several posts", () => {
    expect(chiefOf(d, "b56").person).toBe("p-many");
    expect(chiefOf(d, "b57").person).toBe("p-many");
    expect(postsOf(d, "p-many", NIGHT).map(({ post, unit }) => `${post} ${unit}`)).toEqual([
      "chief b56",
      "chief b57",
      "grid micro",
    ]);
    expect(postsOf(d, "p-many", SINCE - 1)).toEqual([]);
  });

  it("of two holders the earlier answers, and the other when a complaint is about the first", () => {
    expect(holdersOf(d, "chief", "b57", NIGHT).map((a) => a.person)).toEqual([
      "p-many",
      "p-second",
    ]);
    expect(chiefOf(d, "b57", ["p-many"])).toMatchObject({
      person: "p-second",
      via: "holder",
      passed: [],
    });
  });

  it("of two appointed at one instant the lower id answers, however they were written", () => {
    const pair = [appoint("p-b", "chief", "b57"), appoint("p-a", "chief", "b57")];
    for (const appointments of [pair, pair.toReversed()]) {
      expect(chiefOf(directoryOf({ appointments }), "b57").person).toBe("p-a");
    }
  });

  it("a person excluded is excluded in every post", () => {
    expect(chiefOf(d, "b56", ["p-many"])).toEqual({
      post: "office",
      unit: "town",
      person: "p-office",
      via: "above",
      passed: [
        { post: "chief", unit: "b56", why: "excluded" },
        { post: "deputy", unit: "b56", why: "vacant" },
        { post: "grid", unit: "micro", why: "excluded" },
        { post: "director", unit: "community", why: "vacant" },
      ],
      appointment: "office-town-p-office",
    });
  });

  it("an excluded chief on leave does not choose who stands in", () => {
    const leave = {
      id: "l",
      person: "p-chief",
      from: SINCE,
      until: NIGHT + HOUR,
      delegate: "p-friend",
    };
    const away = directoryOf({
      appointments: [appoint("p-chief", "chief", "b57"), ...staffed],
      leaves: [leave],
    });
    expect(chiefOf(away, "b57").person).toBe("p-friend");
    expect(chiefOf(away, "b57", ["p-chief"]).person).toBe("p-grid");
  });

  it("a building without a chief is answered for from above", () => {
    const empty = directoryOf({ appointments: staffed });
    expect(chiefOf(empty, "b56")).toMatchObject({ post: "grid", person: "p-grid", via: "above" });
    expect(holdersOf(empty, "chief", "b56", NIGHT)).toEqual([]);
  });

  it("when nobody at all is there, the post of last resort stands with no person", () => {
    const answer = chiefOf(directoryOf({}), "b56");
    expect(answer).toMatchObject({ post: "office", unit: "town", person: null, via: "lastResort" });
    expect(answer.passed.map((seat) => `${seat.post} ${seat.why}`)).toEqual([
      "chief vacant",
      "deputy vacant",
      "grid vacant",
      "director vacant",
      "office vacant",
    ]);
  });
});

describe("units that have ended, and what is unknown", () => {
  const hierarchy = hierarchyOf([
    { id: "b9", level: "building", name: "9号楼", parents: { residential: "micro" }, until: NIGHT },
  ]);
  const d = directoryOf(
    { appointments: [appoint("p-nine", "chief", "b9"), ...staffed] },
    hierarchy,
  );

  it("a chief of a building that has ended is nobody; its last parent answers", () => {
    expect(chiefOf(d, "b9", [], NIGHT - 1)).toMatchObject({ person: "p-nine", via: "holder" });
    expect(chiefOf(d, "b9")).toMatchObject({
      post: "grid",
      unit: "micro",
      person: "p-grid",
      via: "above",
    });
    expect(postsOf(d, "p-nine", NIGHT)).toEqual([]);
  });

  it("an unknown unit or post ends at the root", () => {
    expect(chiefOf(d, "nowhere")).toMatchObject({
      post: "office",
      unit: "town",
      person: "p-office",
      via: "above",
    });
    const odd = accountable(d, { post: "pilot", unit: "b57", at: NIGHT });
    expect(odd).toMatchObject({ post: "grid", person: "p-grid", via: "above" });
    const party = accountable(d, { post: "committee", unit: "b57", at: NIGHT });
    expect(party).toMatchObject({
      post: "committee",
      unit: "town",
      person: null,
      via: "lastResort",
    });
  });
});

describe("organisations", () => {
  const organisation = {
    name: text("物业公司", "property company"),
    categories: ["corridor-light"],
    members: ["p-engineer"],
  };
  const d = directoryOf({
    organisations: [
      { ...organisation, id: "water", kind: "utility", serviceAreas: ["town"], categories: [] },
      { ...organisation, id: "property", kind: "property", serviceAreas: ["micro"] },
      { ...organisation, id: "former", kind: "property", serviceAreas: ["b57"], until: NIGHT },
      { ...organisation, id: "elsewhere", kind: "property", serviceAreas: ["b56"] },
    ],
  });
  const ids = (request: object) =>
    organisationsFor(d, { unit: "b57", at: NIGHT, ...request }).map((o) => o.id);

  it("the corridor light of 57号楼 goes to the company that serves it now, the nearest first", () => {
    expect(ids({ kind: "property", category: "corridor-light" })).toEqual(["property"]);
    expect(ids({})).toEqual(["property", "water"]);
    expect(ids({ at: NIGHT - 1 })).toEqual(["former", "property", "water"]);
    expect(ids({ category: "lift" })).toEqual([]);
    expect(organisationOf(d, "former")?.members).toEqual(["p-engineer"]);
    expect(organisationOf(d, "nobody")).toBeUndefined();
  });
});

describe("every fault is refused with its path", () => {
  const chief = appoint("p-chief", "chief", "b57");
  const leave = { id: "l1", person: "p-chief", from: 0, until: 10 };
  const shift = { id: "s1", post: "chief", unit: "b57", person: "p-duty", from: 0, until: 10 };
  const company = {
    id: "o1",
    kind: "property",
    name: text("公司", "company"),
    serviceAreas: ["micro"],
    categories: ["lift"],
  };
  const sound = {
    ...NOTHING,
    appointments: [chief],
    leaves: [leave],
    shifts: [shift],
    organisations: [company],
  };
  const against = { posts, hierarchy: hierarchyOf(), categories: new Set(["lift"]) };
  const pathOf = (input: unknown, frameOf: object = {}) => {
    const made = decodeDirectory(input, { ...against, ...frameOf });
    if (Result.isSuccess(made)) return "accepted";
    expect(made.failure.door).toBe("directory");
    return made.failure.path;
  };

  it("accepts the sound one", () => expect(pathOf(sound)).toBe("accepted"));

  it.each([
    ["/appointments/1/id", { appointments: [chief, { ...chief, person: "p2" }] }],
    ["/appointments/0/post", { appointments: [{ ...chief, post: "pilot" }] }],
    ["/appointments/0/unit", { appointments: [{ ...chief, unit: "nowhere" }] }],
    ["/appointments/0/unit", { appointments: [{ ...chief, unit: "micro" }] }],
    ["/appointments/0/until", { appointments: [{ ...chief, until: chief.from }] }],
    ["/appointments/0/from", { appointments: [{ ...chief, from: "2023" }] }],
    ["/appointments/0/score", { appointments: [{ ...chief, score: 5 }] }],
    ["/leaves/1/id", { leaves: [leave, leave] }],
    ["/leaves/0/until", { leaves: [{ ...leave, until: 0 }] }],
    ["/leaves/0/delegate", { leaves: [{ ...leave, delegate: "p-chief" }] }],
    ["/shifts/1/id", { shifts: [shift, shift] }],
    ["/shifts/0/unit", { shifts: [{ ...shift, unit: "town" }] }],
    ["/shifts/0/until", { shifts: [{ ...shift, until: -1 }] }],
    ["/organisations/1/id", { organisations: [company, company] }],
    ["/organisations/0/kind", { organisations: [{ ...company, kind: "club" }] }],
    [
      "/organisations/0/serviceAreas/1",
      { organisations: [{ ...company, serviceAreas: ["micro", "x"] }] },
    ],
    ["/organisations/0/categories/0", { organisations: [{ ...company, categories: ["lamp"] }] }],
    ["/organisations/0/until", { organisations: [{ ...company, from: 5, until: 5 }] }],
    ["/leaves", { leaves: undefined }],
  ])("%s", (path, change) => {
    expect(pathOf({ ...sound, ...change })).toBe(path);
  });

  it("an appointment outside the chain of its post", () => {
    const hierarchy = hierarchyOf([
      { id: "party-hq", level: "community", name: "总支", parents: { party: "town" } },
    ]);
    const appointments = [appoint("p", "director", "party-hq")];
    expect(pathOf({ ...NOTHING, appointments }, { hierarchy })).toBe("/appointments/0/unit");
  });

  it.each([
    ["/posts/6/id", [...posts, posts[0]]],
    ["/posts/6/level", [...posts, { ...posts[2], id: "x", level: "planet" }]],
    ["/posts/6/chain", [...posts, { ...posts[2], id: "x", chain: "water" }]],
    ["/posts/6/handles", [...posts, { ...posts[2], id: "x" }]],
    ["/posts/6/deputies/0", [...posts, { ...posts[1], id: "x", deputies: ["grid"] }]],
    ["/posts/6/deputies/0", [...posts, { ...posts[1], id: "x", deputies: ["x"] }]],
    ["/posts", posts.filter((post) => post.id !== "committee")],
  ])("a charter's posts: %s", (path, faulty) => {
    expect(pathOf(sound, { posts: faulty })).toBe(path);
  });

  it("knows which root lacks its last resort", () => {
    const lacking = posts.map((post) => ({ ...post, lastResort: post.chain === "party" }));
    const made = decodeDirectory(NOTHING, { posts: lacking, hierarchy: hierarchyOf() });
    expect(Result.isFailure(made) && made.failure.reason).toBe(
      "has no post of last resort for unit town, a root of chain residential",
    );
  });
});

it("the stories stand on the levels of the shared frame", () => {
  const levels = new Set(frame.levels.map((level) => level.id));
  expect(posts.every((post) => levels.has(post.level))).toBe(true);
});
