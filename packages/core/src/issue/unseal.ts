/**
 * Unsealing a confidential reporter: a post that the charter names for it, never the
 * one that handles the issue, may learn who it was, for a reason that is kept and
 * told to the reporter. Nobody may by default.
 */
import * as Result from "effect/Result";
import type { CommandOf } from "./Command.ts";
import type { Context } from "./Context.ts";
import type { IssueEvent } from "./Event.ts";
import { objection } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import { isOwnStand } from "./roles.ts";
import type { IssueState } from "./State.ts";

export const decideUnseal = (
  context: Context,
  state: IssueState,
  _command: CommandOf<"unseal">,
): Result.Result<ReadonlyArray<IssueEvent>, Objection> => {
  const { person } = context.actor;
  if (person === null) return objection("NotYours", "unsealing needs a known person");
  const { now, content } = context;
  const reporters = sealedFrom(state, person);
  return Result.succeed([{ type: "ReporterUnsealed", at: now, by: person, reporters, content }]);
};

/** What stands in the way of unsealing, whatever the reason given. */
export const cannotUnseal = (context: Context, state: IssueState): Objection | undefined => {
  if (isOwnStand(context, state.handler)) {
    return { code: "OwnWork", detail: "whoever handles it may not learn who reported it" };
  }
  if (!state.reporters.some(({ kind }) => kind === "confidential")) {
    return { code: "NotNow", detail: "no reporter of this issue is confidential" };
  }
  const { person } = context.actor;
  return person !== null && sealedFrom(state, person).length === 0
    ? { code: "AlreadyDone", detail: "it was unsealed for you already" }
    : undefined;
};

// Private

const sealedFrom = (state: IssueState, person: string): ReadonlyArray<string> => {
  const known = (state.unsealed ?? []).flatMap(({ by, reporters }) =>
    by === person ? reporters : [],
  );
  return state.reporters.flatMap((reporter) =>
    reporter.kind === "confidential" && reporter.person !== null && !known.includes(reporter.person)
      ? [reporter.person]
      : [],
  );
};
