/**
 * One command, the whole way: due rungs first, then the decision, then the rungs
 * that the new state may already owe.
 */
import * as Result from "effect/Result";
import { decide, evolve } from "../issue/index.ts";
import type { Command, Context, IssueEvent, IssueState, Refusal } from "../issue/index.ts";
import { advance } from "./advance.ts";
import { raiseByCluster } from "./cluster.ts";

/** What a command did. */
export interface Performed {
  /** Rungs that were due before it: caused by clocks, not by the actor. */
  readonly rungs: ReadonlyArray<IssueEvent>;
  /** What the actor did. */
  readonly events: ReadonlyArray<IssueEvent>;
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
    state: raised === undefined ? after : evolve(after, raised),
  });
};
