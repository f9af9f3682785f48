import { smallTown, townLives } from "@linli/testing";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance, perform } from "../src/climbing/index.ts";
import { barredFrom, contextOf, decide, evolve, isFinal } from "../src/issue/index.ts";
import type { IssueEvent, IssueState } from "../src/issue/index.ts";
import { LAST_INSTANT } from "../src/time/index.ts";
import { walk } from "./support/walk.ts";

const RUNS = { seed: 48, numRuns: 60 };
const DAY = 86_400_000;

/** Issues in any state a life may leave them in, with the town they live in. */
const lived = townLives({ steps: 14 });

const ranks =
  (town: {
    readonly charter: { readonly levels: ReadonlyMap<string, { readonly rank: number }> };
  }) =>
  (level: string) =>
    town.charter.levels.get(level)?.rank ?? 0;

/** Every event with the state before it. */
const stepsOf = (state: IssueState, events: ReadonlyArray<IssueEvent>) => {
  let current = state;
  return events.map((event) => {
    const before = current;
    current = evolve(current, event);
    return { before, event, after: current };
  });
};

describe("climbing, when nobody acts any more", () => {
  it("ends: at most levels x attempts rungs, then the defined last one, then reviews only", () =>
    fc.assert(
      fc.property(lived, (life) => {
        const { issues, now } = walk(life);
        const { charter } = life.town;
        for (const { state } of issues.values()) {
          const { events, state: end } = advance(life.town, state, now + 400 * DAY);
          if (isFinal(state)) {
            expect(events).toEqual([]);
            continue;
          }
          const last = events.findIndex(({ type }) => type === "LastRungReached");
          if (state.lastRung) expect(last).toBe(-1);
          else expect(last, "the last rung is reached").toBeGreaterThanOrEqual(0);
          const climb = last < 0 ? [] : events.slice(0, last);
          expect(climb.filter(({ type }) => type === "Escalated").length).toBeLessThanOrEqual(
            charter.levels.size - 1,
          );
          const reminders = climb.filter(({ type }) => type === "Reminded").length;
          expect(reminders).toBeLessThanOrEqual(charter.levels.size * 6 * 2);
          for (const { type } of events.slice(last + 1)) {
            expect(["Reminded", "CheckInMissed"]).toContain(type);
          }
          expect(end.lastRung).toBe(true);
          expect(end.handler.unit).toBe("T");
          expect(end.clocks.filter(({ paused }) => paused === null).length).toBeGreaterThan(0);
        }
      }),
      RUNS,
    ));

  it("rises strictly in rank, in attempt and in person", () =>
    fc.assert(
      fc.property(lived, (life) => {
        const { issues, now } = walk(life);
        const rank = ranks(life.town);
        for (const walked of issues.values()) {
          const { events } = advance(life.town, walked.state, now + 200 * DAY);
          for (const { before, event, after } of stepsOf(walked.state, events)) {
            const clock = before.clocks.find(({ key }) => "clock" in event && key === event.clock);
            if (event.type === "Reminded") {
              expect(event.attempt).toBeGreaterThan(clock?.attempt ?? Infinity);
              expect(event.handler).toBeUndefined();
            }
            if (event.type === "Escalated") {
              expect(rank(event.handler.level)).toBeGreaterThan(rank(before.handler.level));
              if (event.handler.person !== null) {
                expect(before.tried).not.toContain(event.handler.person);
                expect(after.tried).toContain(event.handler.person);
              }
            }
            if (event.handler?.person != null) {
              expect(barredFrom(life.town, before, event.at).has(event.handler.person)).toBe(false);
            }
          }
        }
      }),
      RUNS,
    ));

  it("gives one history whether time passes in one step or in many, and firing twice is firing once", () =>
    fc.assert(
      fc.property(
        lived,
        fc.array(fc.integer({ min: 1, max: 40 * 24 }), { maxLength: 12 }),
        (life, cuts) => {
          const { issues, now } = walk(life);
          for (const { state } of issues.values()) {
            const end = now + 60 * DAY;
            const whole = advance(life.town, state, end);
            let current = state;
            const events: Array<IssueEvent> = [];
            for (const hours of [...cuts.toSorted((a, b) => a - b), 60 * 24]) {
              const step = advance(life.town, current, now + hours * 3_600_000);
              expect(advance(life.town, step.state, now + hours * 3_600_000).events).toEqual([]);
              events.push(...step.events);
              current = step.state;
            }
            expect(events).toEqual(whole.events);
            expect(current).toEqual(whole.state);
            for (const event of events) expect(event.at).toBeLessThanOrEqual(end);
          }
        },
      ),
      RUNS,
    ));

  it("applies due rungs before a command, each at its own instant", () =>
    fc.assert(
      fc.property(lived, fc.integer({ min: 0, max: 30 }), (life, days) => {
        const { issues, now } = walk(life);
        const later = now + days * DAY;
        for (const { state } of issues.values()) {
          const context = contextOf(life.town, later, { person: "r1" });
          const performed = perform(context, state, { type: "support" });
          const rungs = advance(life.town, state, later);
          if (Result.isFailure(performed)) continue;
          expect(performed.success.rungs).toEqual(rungs.events);
          expect(performed.success.before).toEqual(rungs.state);
          for (const rung of rungs.events) expect(rung.at).toBeLessThanOrEqual(later);
        }
      }),
      RUNS,
    ));

  it("blames no volunteer unless the charter says so, and nobody for a vacant post", () =>
    fc.assert(
      fc.property(lived, (life) => {
        const { issues, now } = walk(life);
        const { charter } = life.town;
        for (const { state } of issues.values()) {
          const { events } = advance(life.town, state, now + 60 * DAY);
          for (const { before, event } of stepsOf(state, events)) {
            if (!("fault" in event) || !event.fault) continue;
            const post = event.type === "CheckInMissed" ? event.post : before.handler.post;
            if (event.type !== "CheckInMissed") expect(before.handler.person).not.toBeNull();
            if (charter.posts.get(post)?.kind !== "volunteer") continue;
            const kind = event.type === "CheckInMissed" ? "checkIn" : event.kind;
            expect(charter.document.ladder[kind]?.volunteerFault).toBe(true);
          }
        }
      }),
      RUNS,
    ));

  it("keeps what was left of every clock while suspended", () =>
    fc.assert(
      fc.property(lived, fc.integer({ min: 1, max: 48 }), (life, hours) => {
        const { issues, now } = walk(life);
        for (const { state } of issues.values()) {
          if (state.status !== "suspended") continue;
          const pausedAt = state.lastAt;
          const review = state.clocks.find(({ kind }) => kind === "review")?.deadline.dueAt ?? 0;
          const at = Math.min(Math.max(now, pausedAt) + hours * 3_600_000, review - 1);
          if (at < pausedAt) continue;
          const resumed = decide(
            contextOf(life.town, at, { person: state.handler.person }),
            state,
            { type: "resume" },
          );
          if (Result.isFailure(resumed)) continue;
          for (const clock of resumed.success[0]?.start ?? []) {
            const before = state.clocks.find(({ key }) => key === clock.key);
            if (before?.paused == null) continue;
            expect(clock.deadline.resumed).toEqual(before.paused);
            expect(clock.attempt).toBe(before.attempt);
            if (before.paused.rule.clock === "wallHours") {
              expect(clock.deadline.dueAt - at).toBe(before.paused.millis);
            }
          }
        }
      }),
      { ...RUNS, numRuns: 150 },
    ));

  it("summons on its own: a missed check-in calls one level up for that unit and moves nobody else", () =>
    fc.assert(
      fc.property(lived, (life) => {
        const { issues, now } = walk(life);
        for (const { state } of issues.values()) {
          const { events } = advance(life.town, state, now + 60 * DAY);
          for (const { before, event, after } of stepsOf(state, events)) {
            if (event.type !== "CheckInMissed") continue;
            expect(after.handler).toEqual(before.handler);
            const kept = before.clocks.filter(
              ({ key }) => key !== `checkIn:${event.post}@${event.unit}`,
            );
            for (const clock of kept) expect(after.clocks).toContainEqual(clock);
            if (event.instead === null) continue;
            const rank = (unit: string) =>
              life.town.hierarchy &&
              ranks(life.town)(life.town.charter.posts.get(unit)?.level ?? "");
            expect(rank(event.instead.post)).toBeGreaterThan(rank(event.post));
          }
        }
      }),
      RUNS,
    ));

  it("ends at the end of the calendar too", () =>
    fc.assert(
      fc.property(smallTown(), (town) => {
        const opened = perform(
          contextOf(town, LAST_INSTANT - 30 * DAY, { person: "r1" }, { issueId: "late" }),
          null,
          { type: "report", category: "repair", place: { unit: "B1" } },
        );
        const { state } = Result.getOrThrow(opened);
        const { events, state: end } = advance(town, state, Number.MAX_SAFE_INTEGER);
        expect(events.length).toBeLessThan(200);
        expect(end.clocks.length).toBeGreaterThan(0);
        expect(advance(town, state, Number.NaN).events).toEqual([]);
      }),
      { ...RUNS, numRuns: 30 },
    ));
});
