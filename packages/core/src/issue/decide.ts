/**
 * Deciding: context, state and command to events, or a refusal that says what is
 * allowed instead. Total, and without effects.
 */
import * as Result from "effect/Result";
import type { CommandName } from "../charter/index.ts";
import { COMMANDS, isOpening } from "./Command.ts";
import type { Command } from "./Command.ts";
import type { Context } from "./Context.ts";
import { decideRecordSettled, decideReport } from "./decideIntake.ts";
import type { IssueEvent } from "./Event.ts";
import { isInstant } from "../time/index.ts";
import { Refusal } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import { concerns, isGranted, isHidden } from "./roles.ts";
import type { IssueState } from "./State.ts";
import { STEPS } from "./steps.ts";

/** Decides one command. Due rungs must have been applied first; see the climbing room. */
export const decide = (
  context: Context,
  state: IssueState | null,
  command: Command,
): Result.Result<ReadonlyArray<IssueEvent>, Refusal> => {
  const ordered = inOrder(context, state);
  const decided = !isInstant(ordered.now)
    ? Result.fail(BEYOND_TIME)
    : isOpening(command)
      ? open(ordered, state, command)
      : carryOn(ordered, state, command);
  return Result.isSuccess(decided)
    ? Result.succeed(decided.success)
    : Result.fail(refusalOf(ordered, state, command.type, decided.failure));
};

/** Why an actor may not give a command now, before its input is looked at; undefined when they may. */
export const objectionTo = (
  context: Context,
  state: IssueState,
  name: CommandName,
): Objection | undefined => {
  if (name === "report" || name === "recordSettled") {
    return { code: "AlreadyExists", detail: "this issue exists; report another" };
  }
  if (!isInstant(Math.max(context.now, state.lastAt))) return BEYOND_TIME;
  const step = STEPS[name];
  if (context.now < state.lastAt) return objectionTo(inOrder(context, state), state, name);
  if (!step.during.includes(state.status)) {
    return { code: "NotNow", detail: `not possible while the issue is ${state.status}` };
  }
  // Whoever an issue concerns keeps their voice as a reporter, and nothing else, whatever a charter grants.
  if (concerns(context, state, context.actor.person) && !VOICES.has(name)) {
    return { code: "ConcernsYou", detail: "the issue concerns you, so it is handled by others" };
  }
  const grants = context.charter.grants(name) ?? step.grants;
  if (!isGranted(context, state, grants)) return NOT_YOURS;
  return step.hinders?.(context, state);
};

/** The commands an actor may give now. */
export const allowedCommands = (context: Context, state: IssueState): ReadonlyArray<CommandName> =>
  NAMES.filter((name) => objectionTo(context, state, name) === undefined);

const VOICES: ReadonlySet<CommandName> = new Set([
  "comment",
  "urge",
  "support",
  "followUp",
  "reopen",
  "withdraw",
]);

const BEYOND_TIME: Objection = {
  code: "WrongInstant",
  detail: "now is no instant of the years 1900 to 2200",
};

const NO_SUCH_ISSUE: Objection = { code: "NoSuchIssue", detail: "there is no such issue" };
const NOT_YOURS: Objection = { code: "NotYours", detail: "this step belongs to somebody else" };

const NAMES = Object.keys(COMMANDS) as ReadonlyArray<CommandName>;

const open = (
  context: Context,
  state: IssueState | null,
  command: Command & { readonly type: "report" | "recordSettled" },
): Result.Result<ReadonlyArray<IssueEvent>, Objection> => {
  if (state !== null) {
    return Result.fail({ code: "AlreadyExists", detail: `issue \`${state.id}\` exists already` });
  }
  return command.type === "report"
    ? decideReport(context, command)
    : decideRecordSettled(context, command);
};

const carryOn = (
  context: Context,
  state: IssueState | null,
  command: Exclude<Command, { readonly type: "report" | "recordSettled" }>,
): Result.Result<ReadonlyArray<IssueEvent>, Objection> => {
  if (state === null) return Result.fail(NO_SUCH_ISSUE);
  const hindrance = objectionTo(context, state, command.type);
  if (hindrance !== undefined) return Result.fail(hindrance);
  const step = STEPS[command.type] as Step;
  return step.decide(context, state, command);
};

type Step = {
  readonly decide: (
    context: Context,
    state: IssueState,
    command: Command,
  ) => Result.Result<ReadonlyArray<IssueEvent>, Objection>;
};

const refusalOf = (
  context: Context,
  state: IssueState | null,
  command: string,
  objected: Objection,
): Refusal => {
  if (state === null) return refusedBy(command, null, objected, ["report"]);
  const allowed = allowedCommands(context, state);
  // Whoever may not know of an issue is told what they would be told if there were none.
  if (allowed.length === 0 && isHidden(context, state)) {
    return refusedBy(command, null, NO_SUCH_ISSUE, ["report"]);
  }
  return refusedBy(command, state, objected, allowed);
};

const refusedBy = (
  command: string,
  state: IssueState | null,
  { code, detail }: Objection,
  allowed: ReadonlyArray<CommandName>,
): Refusal =>
  new Refusal({
    code,
    command,
    issue: state?.id ?? null,
    status: state?.status ?? null,
    detail,
    allowed,
  });

// One authority sets now; on one issue it never goes back.
const inOrder = (context: Context, state: IssueState | null): Context =>
  state !== null && context.now < state.lastAt ? { ...context, now: state.lastAt } : context;
