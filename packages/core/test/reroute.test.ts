/** Rerouting open issues under a newer charter version: laws over lives of generated towns. */
import { townLives } from "@linli/testing";
import fc from "fast-check";
import * as Result from "effect/Result";
import { expect, test } from "vitest";
import { compileCharter } from "../src/charter/index.ts";
import type { CharterDocument } from "../src/charter/index.ts";
import { advance } from "../src/climbing/index.ts";
import { encodeCanonical } from "../src/data/index.ts";
import { levelOf } from "../src/hierarchy/index.ts";
import { contextOf, decide, evolve, isFinal, rankOf, reroute } from "../src/issue/index.ts";
import type { IssueState, Rerouting, World } from "../src/issue/index.ts";
import { walk } from "./support/walk.ts";

const RUNS = { seed: 1905, numRuns: 600 };

/** How the next version differs: who may settle less, who gets more time, what is not known any more. */
const changes = fc.record({
  forbid: fc.subarray(["repair", "hazard", "family"]),
  days: fc.constantFrom(1, 5, 20),
  hours: fc.constantFrom(1, 40),
  toCourt: fc.boolean(),
  noContact: fc.boolean(),
});

const nextVersion = (
  document: CharterDocument,
  change: typeof changes extends fc.Arbitrary<infer A> ? A : never,
): CharterDocument => ({
  ...document,
  version: "next",
  competences: {
    ...document.competences,
    building: {
      category: {
        in: ["repair", "hazard", "family", "court"].filter((id) => !change.forbid.includes(id)),
      },
    },
  },
  clockSets: {
    ...document.clockSets,
    ordinary: {
      ...(change.noContact ? {} : document.clockSets["ordinary"]),
      accept: { clock: "workingDays", amount: 1 },
      resolve: { clock: "workingDays", amount: change.days },
    },
    fast: {
      accept: { clock: "wallHours", amount: 1 },
      resolve: { clock: "wallHours", amount: change.hours },
    },
  },
  rules: change.toCourt
    ? document.rules.map((rule) =>
        rule.outcome.course === "signpost"
          ? { ...rule, when: { category: { in: ["repair", "court"] } } }
          : rule,
      )
    : document.rules,
});

const compiled = (document: CharterDocument): World["charter"] => {
  const made = compileCharter(document);
  if (Result.isFailure(made)) throw new Error(made.failure.message);
  return made.success;
};

const everyRerouting = (
  look: (given: {
    readonly old: World;
    readonly world: World;
    readonly state: IssueState;
    readonly now: number;
    readonly answer: Rerouting;
  }) => void,
) =>
  fc.assert(
    fc.property(townLives(), changes, fc.nat({ max: 12 }), (life, change, steps) => {
      // Young lives too: after long ones hardly anything is where routing put it.
      const { issues, now: walked } = walk({ ...life, steps: life.steps.slice(0, steps) });
      const { town } = life;
      const world = { ...town, charter: compiled(nextVersion(town.charter.document, change)) };
      for (const { state: left } of issues.values()) {
        const now = Math.max(walked, left.lastAt);
        const { state } = advance(town, left, now);
        const answer = reroute(contextOf(world, now, { person: null, host: true }), state);
        look({ old: town, world, state, now, answer });
      }
    }),
    RUNS,
  );

const running = (state: IssueState) => state.clocks.filter(({ paused }) => paused === null);

test("an issue that is over or settled never moves; each other one has one handler and a clock that runs", () => {
  const seen = new Map<string, number>();
  everyRerouting(({ world, state, answer }) => {
    const what = answer._tag === "Kept" ? answer.why : (answer.event.stays ?? "routed");
    seen.set(what, (seen.get(what) ?? 0) + 1);
    if (isFinal(state)) expect(answer).toEqual({ _tag: "Kept", why: "final" });
    if (answer._tag === "Kept") return;
    const after = evolve(state, answer.event);
    expect(isFinal(state)).toBe(false);
    expect(["reported", "accepted", "suspended"]).toContain(state.status);
    expect(after.charter).toEqual({ id: world.charter.id, version: "next" });
    expect(after.version).toBe(state.version + 1);
    expect(after.handler.post).not.toBe("");
    expect(running(after).length).toBeGreaterThan(0);
    expect(new Set(after.clocks.map(({ key }) => key)).size).toBe(after.clocks.length);
    if (after.status === "suspended") {
      expect(running(after).map(({ kind }) => kind)).toEqual(["review"]);
    } else expect(running(after)).toHaveLength(after.clocks.length);
    expect(JSON.parse(encodeCanonical(answer.event))).toEqual(answer.event);
  });
  for (const what of [
    "final",
    "settled",
    "signposted",
    "assigned",
    "climbed",
    "suspended",
    "routed",
  ]) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(5);
  }
});

test("rerouting twice is rerouting once", () => {
  everyRerouting(({ world, state, now, answer }) => {
    if (answer._tag === "Kept") return;
    const context = contextOf(world, now, { person: null, host: true });
    const again = reroute(context, evolve(state, answer.event));
    expect(again).toEqual({ _tag: "Kept", why: "current" });
  });
});

test("where nobody decided otherwise, it is whose a new report of the same would be", () => {
  let moved = 0;
  let stayed = 0;
  everyRerouting(({ world, state, now, answer }) => {
    if (answer._tag === "Kept" || answer.event.stays !== null) return;
    // What an issue is about is asked as of its report, and a new report is made now; and at a place that is there.
    const isThere = state.unit === null || levelOf(world.hierarchy, state.unit, now) !== undefined;
    if (state.about.length > 0 || !isThere) return;
    const { category, facts, kind, unit } = state;
    const fresh = decide(
      contextOf(world, now, { person: null, host: true }, { issueId: "fresh" }),
      null,
      {
        ...{ type: "report", kind: kind === "finding" ? "request" : kind, category, facts },
        ...(unit === null ? {} : { place: { unit } }),
        reporter: { kind: "official", source: "system" },
      },
    );
    if (Result.isFailure(fresh)) throw fresh.failure;
    const [reported] = fresh.success;
    if (kind === "finding") return;
    const after = evolve(state, answer.event);
    expect(reported?.handler).toMatchObject({ post: after.handler.post, unit: after.handler.unit });
    expect(reported).toMatchObject({ routed: after.routed });
    if (answer.event.handler === undefined) stayed += 1;
    else moved += 1;
  });
  expect(moved).toBeGreaterThan(25);
  expect(stayed).toBeGreaterThan(30);
});

test("no promise to a reporter comes later, and nothing that climbed or was given goes lower", () => {
  let sooner = 0;
  everyRerouting(({ old, state, answer }) => {
    if (answer._tag === "Kept") return;
    const after = evolve(state, answer.event);
    for (const clock of running(state).filter(({ key }) => ["resolve", "contact"].includes(key))) {
      const kept = after.clocks.find(({ key }) => key === clock.key);
      expect(kept?.paused).toBe(null);
      expect(kept?.deadline.dueAt).toBeLessThanOrEqual(clock.deadline.dueAt);
      if ((kept?.deadline.dueAt ?? Infinity) < clock.deadline.dueAt) sooner += 1;
    }
    const checkIns = (one: IssueState) => one.clocks.filter(({ kind }) => kind === "checkIn");
    expect(checkIns(after)).toEqual(checkIns(state));
    expect(after.summons).toEqual(state.summons);
    expect(after.reporters).toEqual(state.reporters);
    expect(after.sponsor).toEqual(state.sponsor);
    if (answer.event.stays !== null) {
      expect(after.handler).toEqual(state.handler);
      expect(after.status).toBe(state.status);
    }
    if (state.escalations + state.handUps > 0) {
      expect(rankOf(old, after.handler.unit)).toBeGreaterThanOrEqual(
        rankOf(old, state.handler.unit),
      );
    }
  });
  expect(sooner).toBeGreaterThan(10);
});
