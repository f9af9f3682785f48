/**
 * One command, the whole way: due rungs first, then the decision, then the rise of a
 * report that completes a cluster.
 */
import * as Result from "effect/Result";
import { absorb, decide, evolve } from "../issue/index.ts";
import type { Command, Context, IssueEvent, IssueState, Refusal } from "../issue/index.ts";
import { advance } from "./advance.ts";
import { raiseByCluster } from "./cluster.ts";

/** What a command did. */
export interface Performed {
  /** Rungs that were due before it: caused by clocks, not by the actor. */
  readonly rungs: ReadonlyArray<IssueEvent>;
  /** What the actor did. */
  readonly events: ReadonlyArray<IssueEvent>;
  /** The issue after the rungs and before what the actor did; null when it begins. */
  readonly before: IssueState | null;
  readonly state: IssueState;
}

/** Performs a command on an issue (null for one that begins). */
export const perform = (
  context: Context,
  state: IssueState | null,
  command: Command,
): Result.Result<Performed, Refusal> => {
  const advanced = state === null ? null : advance(context, state, context.now);
  const before = advanced?.state ?? null;
  const decided = decide(context, before, command);
  if (Result.isFailure(decided)) return Result.fail(decided.failure);
  let after = before;
  for (const event of decided.success) after = evolve(after, event);
  if (after === null) throw new TypeError("a decision without events leaves no issue");
  const raised =
    command.type === "report" && after.closedAt === null
      ? raiseByCluster(context, after)
      : undefined;
  return Result.succeed({
    rungs: advanced?.events ?? [],
    events: raised === undefined ? decided.success : [...decided.success, raised],
    before,
    state: raised === undefined ? after : evolve(after, raised),
  });
};

/** What a merge does to the issue that survives: its own due rungs first, then what it gains. */
export const absorbing = (context: Context, gone: IssueState, kept: IssueState): Performed => {
  const { events: rungs, state } = advance(context, kept, context.now);
  const event = absorb(context, gone, state);
  return { rungs, events: [event], before: state, state: evolve(state, event) };
};
