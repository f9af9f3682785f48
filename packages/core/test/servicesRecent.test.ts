/** Remembered issues are what their rows say, and nothing else. */
import { townLives } from "@linli/testing";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFinal } from "../src/issue/index.ts";
import type { IssueState } from "../src/issue/index.ts";
import { makeRecentIssues, RECENT_MAX } from "../src/services/recent.ts";
import { decodeIssue, encodeIssue } from "../src/services/rows.ts";
import { walk } from "./support/walk.ts";

const statesOf = (seed: number, numRuns: number): ReadonlyArray<IssueState> => {
  const states: Array<IssueState> = [];
  for (const life of fc.sample(townLives(), { seed, numRuns })) {
    walk(life, ({ issues }) => {
      for (const { state } of issues.values()) states.push(state);
    });
  }
  return states;
};

const rowOf = (id: string, value: string) => ({ id, value, version: 7 });

describe("recent issues", () => {
  it("are remembered exactly as their text reads", () => {
    const states = statesOf(41, 40);
    expect(new Set(states.map(({ status }) => status)).size).toBeGreaterThan(5);
    const recent = makeRecentIssues();
    for (const state of states) {
      recent.decode(rowOf(state.id, encodeIssue(state, "before")));
      const value = recent.encode(state, "head");
      expect(value).toBe(encodeIssue(state, "head"));
      const remembered = Result.getOrThrow(recent.decode(rowOf(state.id, value)));
      expect(remembered.state === state).toBe(!isFinal(state));
      // Strictly: a text cannot hold fields that are undefined. Drawn facts have no prototype.
      const { facts } = remembered.state;
      expect({ ...remembered, state: { ...remembered.state, facts: { ...facts } } }).toStrictEqual({
        ...Result.getOrThrow(decodeIssue(state.id, value)),
        row: 7,
      });
    }
  });

  it("give way to another text of the same issue, whoever wrote it", () => {
    const [mine, theirs] = statesOf(42, 5)
      .slice(0, 2)
      .map((state) => ({ ...state, id: "i" }));
    if (mine === undefined || theirs === undefined) throw new Error("too few states");
    const recent = makeRecentIssues();
    recent.decode(rowOf("i", encodeIssue(mine, "0")));
    recent.encode(mine, "a");
    const other = encodeIssue({ ...theirs, handUps: theirs.handUps + 1 }, "a");
    expect(Result.getOrThrow(recent.decode(rowOf("i", other))).state.handUps).toBe(
      theirs.handUps + 1,
    );
    const head = Result.getOrThrow(recent.decode(rowOf("i", encodeIssue(mine, "b")))).head;
    expect(head).toBe("b");
    expect(Result.isFailure(recent.decode(rowOf("i", '{"v":2}')))).toBe(true);
    expect(Result.isFailure(recent.decode(rowOf("i", "not JSON")))).toBe(true);
  });

  it("are few: the ones longest not written make room", () => {
    const [state] = statesOf(43, 1);
    if (state === undefined) throw new Error("no state");
    const recent = makeRecentIssues();
    const states = Array.from({ length: RECENT_MAX + 10 }, (_, at) => ({ ...state, id: `i${at}` }));
    const made = states.map((one) => {
      recent.decode(rowOf(one.id, encodeIssue(one, "before")));
      return { one, value: recent.encode(one, "") };
    });
    // From the newest on, so that looking forgets none of those still to come.
    const kept = made.reverse().filter(({ one, value }) => {
      return Result.getOrThrow(recent.decode(rowOf(one.id, value))).state === one;
    });
    expect(kept.map(({ one }) => one.id)).toEqual(
      states
        .slice(-RECENT_MAX)
        .map(({ id }) => id)
        .reverse(),
    );
  });
});
