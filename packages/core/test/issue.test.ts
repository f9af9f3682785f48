import { suitableCommands, townLives } from "@linli/testing";
import type { SmallTown } from "@linli/testing";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance } from "../src/climbing/index.ts";
import { encodeCanonical } from "../src/data/index.ts";
import {
  actions,
  allowedCommands,
  barredFrom,
  contextOf,
  decide,
  decodeCommand,
  evolve,
  fold,
  isFinal,
  isHidden,
} from "../src/issue/index.ts";
import type { Actor, Command, IssueEvent, IssueState } from "../src/issue/index.ts";
import { walk } from "./support/walk.ts";
import type { Moment } from "./support/walk.ts";

const RUNS = { seed: 20261123, numRuns: 80 };

const always = (look: (moment: Moment) => void, runs = RUNS, lives = townLives()) =>
  fc.assert(
    fc.property(lives, (life) => {
      walk(life, look);
    }),
    runs,
  );

const everybody = (town: SmallTown): ReadonlyArray<Actor> => [
  ...[...town.officers, ...town.residents].map((person) => ({ person })),
  { person: null, host: true },
  { person: null, receipt: "receipt-i0" },
  { person: null, source: "12345" },
];

describe("an issue, whatever happens to it", () => {
  it("is the fold of its events, counted, in plain data, and its time never goes back", () =>
    always(({ issues }) => {
      for (const { state, history } of issues.values()) {
        const events = history.map(({ event }) => event);
        expect(fold(events)).toEqual(state);
        expect(state.version).toBe(events.length);
        let last = -Infinity;
        for (const event of events) {
          expect(event.at).toBeGreaterThanOrEqual(last);
          last = event.at;
          expect(JSON.parse(encodeCanonical(event))).toEqual(event);
        }
        expect(state.lastAt).toBe(last);
        expect(JSON.parse(encodeCanonical(state))).toEqual(state);
      }
    }));

  it("has one handler, and a clock that runs unless it is final; keys of clocks are unique", () =>
    always(({ issues }) => {
      for (const { state } of issues.values()) {
        expect(state.handler.post).not.toBe("");
        expect(state.handler.unit).not.toBe("");
        const keys = state.clocks.map((clock) => clock.key);
        expect(new Set(keys).size).toBe(keys.length);
        const running = state.clocks.filter((clock) => clock.paused === null);
        if (isFinal(state)) expect(keys).toEqual([]);
        else expect(running.length, state.status).toBeGreaterThan(0);
        if (state.status === "suspended")
          expect(running.map(({ kind }) => kind)).toEqual(["review"]);
        else if (!isFinal(state)) expect(running.length).toBe(keys.length);
      }
    }));

  it("changes nothing when it refuses, and names what is allowed", () =>
    always(({ context, result, before, command }) => {
      if (Result.isSuccess(result)) {
        expect(result.success.events.length).toBeGreaterThan(0);
        return;
      }
      const refusal = result.failure;
      expect(refusal.command).toBe(command.type);
      if (before === null) return;
      const state = advance(context, before, context.now).state;
      const allowed = allowedCommands(context, state);
      // Whoever may not know of it is told what they would be told if it were not there.
      if (allowed.length === 0 && isHidden(context, state)) {
        expect(refusal).toMatchObject({ code: "NoSuchIssue", issue: null, status: null });
        expect(refusal.allowed).toEqual(["report"]);
      } else expect(refusal.allowed).toEqual(allowed);
      expect(Result.isFailure(decide(context, state, command))).toBe(true);
    }));

  it("takes every command that is shown as open, with some input, and refuses every other", () =>
    fc.assert(
      fc.property(townLives(), (life) => {
        const { town } = life;
        const { issues, now } = walk(life);
        const ids = [...issues.keys()];
        for (const [issue, { state }] of issues) {
          const other = ids.find((id) => id !== issue) ?? null;
          for (const actor of everybody(town)) {
            const context = contextOf(town, now, actor, {
              content: [{ id: "c", hash: "h" }],
              other: other === null ? null : (issues.get(other)?.state ?? null),
            });
            for (const { command, allowed } of actions(context, state)) {
              const inputs = suitableCommands(town, state, command, { now, other });
              const takes = (input: Command) => Result.isSuccess(decide(context, state, input));
              // Each refusal lists all that is allowed, which is slow: one input stands for all.
              if (!allowed)
                expect(inputs.slice(0, 1).some(takes), `${command} is closed`).toBe(false);
              else if (!MAY_LACK_A_TARGET.has(command)) {
                expect(inputs.some(takes), `${command} is open while ${state.status}`).toBe(true);
              }
            }
          }
        }
      }),
      { ...RUNS, numRuns: 25 },
    ));

  it("never gives itself to whom it concerns, nor lets them verify, close or settle", () =>
    always(({ context, command, result, issues, issue }) => {
      if (Result.isFailure(result)) return;
      const { before, events, rungs, state } = result.success;
      for (const event of [...rungs, ...events]) {
        const barred = barredFrom(context, before ?? state, event.at);
        if (event.handler?.person != null && !barred.has("")) {
          expect(barred.has(event.handler.person), `${event.type} to a concerned person`).toBe(
            false,
          );
        }
      }
      const { person } = context.actor;
      const barred = barredFrom(
        context,
        before ?? state,
        Math.max(context.now, before?.lastAt ?? 0),
      );
      if (person === null || !barred.has(person)) return;
      expect([...VOICES, "report"]).toContain(command.type);
      expect(events.map(({ type }) => type)).not.toContain("Verified");
      expect(issues.get(issue)?.state.settlement?.by === person && command.type === "settle").toBe(
        false,
      );
    }));

  it("is never verified by whoever settled it or holds the post that did", () =>
    always(({ context, result }) => {
      if (Result.isFailure(result)) return;
      const { before, events } = result.success;
      for (const event of events) {
        if (event.type !== "Verified") continue;
        const settlement = before?.settlement;
        expect(event.by === null || event.by !== settlement?.by).toBe(true);
        expect(context.actor.person === null || context.actor.person !== settlement?.by).toBe(true);
      }
    }));

  it("is never sent back after a superior's final assignment, nor down to a level that may not have it", () =>
    always(({ town, result }) => {
      if (Result.isFailure(result)) return;
      const { before, events } = result.success;
      for (const event of events) {
        if (event.type === "SentBack") expect(before?.assignedFinally).toBe(false);
        if (before === null || !MOVES_DOWN.has(event.type) || event.handler === undefined) continue;
        const rank = (level: string) => town.charter.levels.get(level)?.rank ?? 0;
        if (rank(event.handler.level) >= rank(before.handler.level)) continue;
        expect(before.routed.levels).toContain(event.handler.level);
        const list = town.charter.document.dutyLists?.[event.handler.level];
        if (list !== undefined && before.kind === "assignment")
          expect(list).toContain(before.category);
      }
    }));

  it("routes no assignment to a level whose duty list lacks it", () =>
    always(({ town, result }) => {
      if (Result.isFailure(result)) return;
      for (const event of result.success.events) {
        if (event.type !== "Reported" && event.type !== "Reclassified") continue;
        const { state } = result.success;
        const list = town.charter.document.dutyLists?.[event.handler.level];
        if (state.kind === "assignment" && list !== undefined) {
          expect(list).toContain(event.category);
        }
      }
    }));

  it("keeps every reporter and the earliest clocks when merged, and the other ends", () => {
    let merges = 0;
    always(
      ({ command, result, issues, issue, context }) => {
        if (command.type !== "merge" || Result.isFailure(result)) return;
        merges += 1;
        const gone = result.success.before as IssueState;
        const kept = issues.get(command.into);
        const absorbed = kept?.history.at(-1)?.event as Extract<IssueEvent, { type: "Absorbed" }>;
        const earlier = fold(kept!.history.slice(0, -1).map(({ event }) => event)) as IssueState;
        expect(absorbed.type).toBe("Absorbed");
        expect(isFinal(earlier)).toBe(false);
        expect(isFinal(issues.get(issue)!.state)).toBe(true);
        expect(kept?.state.reporters).toEqual([...earlier.reporters, ...gone.reporters]);
        for (const clock of kept!.state.clocks) {
          const own = earlier.clocks.find(({ key }) => key === clock.key);
          const theirs = gone.clocks.find(
            ({ key, paused }) => key === clock.key && paused === null,
          );
          if (own === undefined || own.paused !== null) continue;
          expect(clock.deadline.dueAt).toBe(
            Math.min(own.deadline.dueAt, theirs?.deadline.dueAt ?? Infinity),
          );
        }
        const visible = (state: IssueState) => context.charter.category(state.category)?.visibility;
        expect(visible(gone)).toBe(visible(earlier));
        for (const subject of gone.about) expect(earlier.about).toContainEqual(subject);
      },
      { ...RUNS, numRuns: 200 },
    );
    expect(merges).toBeGreaterThan(5);
  });

  it("decides about any decodable command by anybody at any instant without a throw", () =>
    fc.assert(
      fc.property(
        townLives({ steps: 6 }),
        fc.constantFrom(
          -1e15,
          -2_208_988_800_001,
          -2_208_988_800_000,
          0,
          7_258_118_400_000,
          7_289_654_399_999,
          7_289_654_400_000,
          1e15,
          Number.NaN,
          0.5,
          Infinity,
        ),
        (life, now) => {
          const { issues } = walk(life);
          for (const { actor, command } of [...life.openings, ...life.steps]) {
            expect(Result.isSuccess(decodeCommand(command))).toBe(true);
            for (const state of [null, ...[...issues.values()].map((walked) => walked.state)]) {
              const context = {
                ...life.town,
                now,
                actor,
                issueId: "x",
                receipt: null,
                content: [],
                words: null,
                other: state,
                clusters: new Map(),
              };
              const decided = decide(context, state, command);
              if (state === null || Result.isFailure(decided)) continue;
              for (const event of decided.success) {
                expect(event.at).toBeGreaterThanOrEqual(state.lastAt);
                encodeCanonical(event);
                evolve(state, event);
              }
            }
          }
        },
      ),
      { ...RUNS, numRuns: 50 },
    ));

  it("reaches every kind of event and every status in these walks", () => {
    const types = new Set<string>();
    const statuses = new Set<string>();
    fc.assert(
      fc.property(townLives({ steps: 24 }), (life) => {
        for (const { state, history } of walk(life).issues.values()) {
          statuses.add(state.status);
          for (const { event } of history) types.add(event.type);
        }
      }),
      { ...RUNS, numRuns: 300 },
    );
    expect([...statuses].sort()).toHaveLength(10);
    expect(EVERY_TYPE.filter((type) => !types.has(type))).toEqual([]);
  });
});

const VOICES = ["comment", "urge", "support", "followUp", "reopen", "withdraw"];
const MOVES_DOWN: ReadonlySet<string> = new Set(["Referred", "Assigned", "SentBack"]);
/** Open, and yet the town may have nobody, no place or no issue left that could be named. */
const MAY_LACK_A_TARGET: ReadonlySet<string> = new Set([
  "merge",
  "link",
  "refer",
  "assign",
  "ask",
  "summon",
  "addHelper",
]);

const EVERY_TYPE =
  "Reported SettledRecorded Accepted Contacted Resolved Verified Answered HandedUp SentBack Referred Assigned OrganisationAsked OrganisationAnswered Summoned CheckedIn CheckInMissed HelperAdded Commented ExtensionRequested ExtensionGranted Suspended Resumed SupervisionOpened Urged Supported Reclassified Relocated Merged Absorbed Linked FollowedUp Reopened Withdrawn Declined Signposted Closed Reminded Escalated ClusterRaised LastRungReached".split(
    " ",
  );
