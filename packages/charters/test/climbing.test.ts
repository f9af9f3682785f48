import type { FactsRecord } from "@linli/core/charter";
import { advance, perform } from "@linli/core/climbing";
import { decodeDirectory } from "@linli/core/directory";
import { unitAt } from "@linli/core/hierarchy";
import {
  contextOf,
  type IssueEvent,
  type IssueState,
  isFinal,
  type World,
} from "@linli/core/issue";
import {
  bazhongDirectory,
  bazhongHierarchy,
  minhouDirectory,
  minhouHierarchy,
  xinanDirectory,
  xinanHierarchy,
} from "@linli/charters";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { anyFacts, PLACES } from "./charters.ts";

const START = Date.parse("2023-08-03T09:30:00+08:00");
const DAY = 86_400_000;
// Hundreds of lives over half a year: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const RUNS = { seed: 48, numRuns: 250 };

interface Gaps {
  readonly gone: ReadonlyArray<string>;
  readonly twice: boolean;
}

interface Drawn {
  readonly gaps: Gaps;
  readonly facts: FactsRecord;
  readonly unit: string;
  readonly aboutChief: boolean;
}

const ROSTERS = {
  xinan: { posts: xinanDirectory(), units: xinanHierarchy().units },
  minhou: { posts: minhouDirectory(), units: minhouHierarchy().units },
  bazhong: { posts: bazhongDirectory(), units: bazhongHierarchy().units },
};

describe.each(PLACES)("the ladder of $name", ({ name, charter, hierarchy }) => {
  const { posts, units } = ROSTERS[name as keyof typeof ROSTERS];

  /** A world where some offices are vacant, or the two posts of the top are held by one person. */
  const worldOf = ({ gone, twice }: Gaps): World => {
    const appointments = posts.appointments
      .filter(({ post }) => !gone.includes(post))
      .map((held) =>
        twice && (held.post === "desk" || held.post === "lead")
          ? { ...held, person: "desk.and.lead" }
          : held,
      );
    const directory = decodeDirectory(
      { ...posts, appointments },
      { posts: charter.document.posts, hierarchy },
    );
    return { charter, hierarchy, directory: Result.getOrThrow(directory) };
  };
  const known = new Map<string, World>();
  const worldFor = (gaps: Gaps): World => {
    const key = JSON.stringify(gaps);
    const world = known.get(key) ?? worldOf(gaps);
    known.set(key, world);
    return world;
  };

  const issues: fc.Arbitrary<Drawn> = fc.record({
    gaps: fc.record({
      gone: fc.subarray(["chief", "community", "committee", "compound", "microHead", "street"]),
      twice: fc.boolean(),
    }),
    facts: anyFacts(charter),
    unit: fc.constantFrom(...units.map(({ id }) => id)),
    aboutChief: fc.boolean(),
  });

  const reported = (issue: Drawn): { readonly world: World; readonly state: IssueState } => {
    const world = worldFor(issue.gaps);
    const { category, kind: _kind, ...facts } = issue.facts;
    const context = contextOf(world, START, { person: "resident.1" }, { issueId: "i1" });
    const done = perform(context, null, {
      type: "report",
      category: String(category),
      facts,
      place: { unit: issue.unit },
      about: issue.aboutChief ? [{ person: `chief.${issue.unit}` }] : [],
    });
    return { world, state: Result.getOrThrow(done).state };
  };

  it("rises strictly in rank and person, reaches a defined end, and stays with the last resort", () => {
    let ends = 0;
    fc.assert(
      fc.property(issues, (issue) => {
        const { world, state } = reported(issue);
        const { events, state: after } = advance(world, state, START + 200 * DAY);
        if (isFinal(state)) {
          expect(events).toEqual([]);
          return;
        }
        expect(state.clocks.length).toBeGreaterThan(0);
        const rank = (unit: string) => unitAt(hierarchy, unit, START)?.rank ?? Number.NaN;
        const held = new Set([state.handler.person]);
        for (const event of events) {
          if (event.type !== "Escalated") continue;
          expect(rank(event.handler.unit)).toBeGreaterThan(rank(event.from.unit));
          if (event.handler.person !== null) expect(held.has(event.handler.person)).toBe(false);
          held.add(event.handler.person);
        }
        expect(events.filter((event) => event.type === "LastRungReached")).toHaveLength(1);
        expect(after.lastRung).toBe(true);
        expect(after.clocks).toHaveLength(1);
        expect(charter.posts.get(after.handler.post)?.lastResort).toBe(true);
        ends += 1;
      }),
      RUNS,
    );
    expect(ends).toBeGreaterThan(100);
  });

  it("gives the same history whether time passes in one step or in many", () => {
    fc.assert(
      fc.property(
        issues,
        fc.array(fc.integer({ min: 0, max: 60 * DAY }), { maxLength: 12 }),
        (issue, pauses) => {
          const { world, state } = reported(issue);
          const end = START + 60 * DAY;
          const whole = advance(world, state, end);
          let current = state;
          const events: Array<IssueEvent> = [];
          for (const at of [...pauses.map((pause) => START + pause).sort((a, b) => a - b), end]) {
            const step = advance(world, current, at);
            events.push(...step.events);
            current = step.state;
          }
          expect(events).toEqual(whole.events);
          expect(current).toEqual(whole.state);
        },
      ),
      RUNS,
    );
  });

  it("blames no volunteer for a missed clock", () => {
    fc.assert(
      fc.property(issues, (issue) => {
        const { world, state } = reported(issue);
        const { events } = advance(world, state, START + 30 * DAY);
        for (const event of events) {
          if (event.type !== "Escalated" && event.type !== "LastRungReached") continue;
          if (charter.posts.get(event.from.post)?.kind === "volunteer") {
            expect(event.fault).toBe(false);
          }
        }
      }),
      RUNS,
    );
  });

  it("never gives an issue to whom it concerns", () => {
    fc.assert(
      fc.property(issues, (issue) => {
        const { world, state } = reported({ ...issue, aboutChief: true });
        const concerned = `chief.${issue.unit}`;
        const { events } = advance(world, state, START + 200 * DAY);
        expect(state.handler.person).not.toBe(concerned);
        for (const event of events) expect(event.handler?.person).not.toBe(concerned);
      }),
      RUNS,
    );
  });
});
