/** Deciding the handler's work: accept, contact, settle, verify, answer, pause, end. */
import * as Result from "effect/Result";
import type { ClockKind } from "../charter/index.ts";
import { routeRecord } from "../routing/index.ts";
import type { Instant } from "../time/index.ts";
import { clockUntil, hasClock, keysOf, pauseAll, resumeAll, startClock } from "./clocks.ts";
import type { CommandOf } from "./Command.ts";
import type { Context } from "./Context.ts";
import type { EventOf, IssueEvent } from "./Event.ts";
import { objection } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import { owesAnswer } from "./State.ts";
import type { ClockState, IssueState, Settlement } from "./State.ts";

type Decided = Result.Result<ReadonlyArray<IssueEvent>, Objection>;

const one = (event: IssueEvent): Decided => Result.succeed([event]);

export const decideAccept = (context: Context, _state: IssueState): Decided =>
  one({ type: "Accepted", at: context.now, by: context.actor.person, stop: ["accept"] });

export const decideContact = (
  context: Context,
  _state: IssueState,
  command: CommandOf<"contact">,
): Decided =>
  one({
    type: "Contacted",
    at: context.now,
    reached: command.reached,
    ...(command.reached ? { stop: ["contact"] } : {}),
    content: context.content,
  });

/** 现场办结: accepted and resolved in one step, by the handler, at its own level. */
export const decideSettle = (context: Context, state: IssueState): Decided => {
  const accepted: ReadonlyArray<IssueEvent> =
    state.acceptedAt === null
      ? [{ type: "Accepted", at: context.now, by: context.actor.person, stop: ["accept"] }]
      : [];
  return Result.succeed([...accepted, resolved(context, state, true)]);
};

export const decideResolve = (context: Context, state: IssueState): Decided =>
  context.content.length === 0
    ? objection("EvidenceMissing", "say what was done, or attach evidence")
    : one(resolved(context, state, false));

export const decideVerify = (
  context: Context,
  state: IssueState,
  command: CommandOf<"verify">,
): Decided => {
  const { passed } = command;
  const stop = keysOf(state, passed ? ["followUp"] : ["answer", "followUp", "review"]);
  return one({
    type: "Verified",
    at: context.now,
    passed,
    by: context.actor.person,
    content: context.content,
    stop,
    start: passed
      ? waitingClock(context, state, stop)
      : [startClock(context, state.routed.clocks, { kind: "resolve", at: context.now })],
  });
};

export const decideAnswer = (context: Context, state: IssueState): Decided => {
  const stop = keysOf(state, ["answer"]);
  return one({
    type: "Answered",
    at: context.now,
    by: context.actor.person,
    stop,
    start: waitingClock(context, state, stop),
    content: context.content,
  });
};

export const decideRequestExtension = (
  context: Context,
  state: IssueState,
  command: CommandOf<"requestExtension">,
): Decided => {
  if (!state.clocks.some((clock) => clock.key === command.clock)) {
    return objection("NotNow", `no ${command.clock} clock is running`);
  }
  return one({
    type: "ExtensionRequested",
    at: context.now,
    kind: command.clock,
    content: context.content,
  });
};

/** Told to the reporter with its reason: an extension is never silent (北京市接诉即办工作条例 15). */
export const decideGrantExtension = (
  context: Context,
  state: IssueState,
  command: CommandOf<"grantExtension">,
): Decided => {
  const asked = state.extensionAsked;
  if (asked === null) return objection("NotAsked", "no extension was asked for");
  const base = {
    type: "ExtensionGranted" as const,
    at: context.now,
    kind: asked.kind,
    granted: command.granted,
    content: context.content,
  };
  if (!command.granted) return one(base);
  const clock = state.clocks.find((running) => running.key === asked.kind);
  if (clock === undefined)
    return objection("NotNow", `the ${asked.kind} clock is not running any more`);
  if (command.until === undefined || command.until <= clock.deadline.dueAt) {
    return objection("WrongInstant", "until must lie after the present due instant");
  }
  const start = [
    clockUntil(context, {
      kind: asked.kind,
      at: context.now,
      until: command.until,
      attempt: clock.attempt,
    }),
  ];
  return one({ ...base, start });
};

export const decideSuspend = (
  context: Context,
  state: IssueState,
  command: CommandOf<"suspend">,
): Decided => {
  if (command.reviewBy <= context.now) {
    return objection("WrongInstant", "reviewBy must lie in the future");
  }
  const review = clockUntil(context, { kind: "review", at: context.now, until: command.reviewBy });
  return one({
    type: "Suspended",
    at: context.now,
    reviewBy: command.reviewBy,
    start: [
      ...pauseAll(context, state, context.now).filter((clock) => clock.key !== "review"),
      review,
    ],
    content: context.content,
  });
};

export const decideResume = (context: Context, state: IssueState): Decided => {
  const resumed = resumeAll(context, state, context.now);
  // On the last rung nothing but reviews ran, and a check-in alone ends: then nobody would be asked any more.
  const goesOn = resumed.some(({ kind }) => kind !== "checkIn");
  return one({
    type: "Resumed",
    at: context.now,
    stop: ["review"],
    start: goesOn ? resumed : [...resumed, reviewClock(context, state, context.now)],
    content: context.content,
  });
};

export const decideSupervise = (context: Context, _state: IssueState): Decided =>
  one({
    type: "SupervisionOpened",
    at: context.now,
    by: context.actor.person,
    content: context.content,
  });

export const decideUrge = (context: Context, _state: IssueState): Decided =>
  one({ type: "Urged", at: context.now, by: context.actor.person, content: context.content });

export const decideComment = (context: Context, _state: IssueState): Decided =>
  one({ type: "Commented", at: context.now, by: context.actor.person, content: context.content });

export const decideSupport = (context: Context): Decided => {
  const { person } = context.actor;
  return person === null
    ? objection("NotYours", "support needs a known person: one voice each")
    : one({ type: "Supported", at: context.now, person });
};

export const decideWithdraw = (context: Context, _state: IssueState): Decided =>
  one({ type: "Withdrawn", at: context.now, content: context.content });

export const decideDecline = (
  context: Context,
  _state: IssueState,
  command: CommandOf<"decline">,
): Decided => {
  const known = (context.charter.document.declineReasons ?? []).some(
    (reason) => reason.id === command.reason,
  );
  return known
    ? one({ type: "Declined", at: context.now, reason: command.reason, content: context.content })
    : objection("UnknownReason", `\`${command.reason}\` is not a lawful reason of this charter`);
};

export const decideSignpost = (
  context: Context,
  _state: IssueState,
  command: CommandOf<"signpost">,
): Decided =>
  one({ type: "Signposted", at: context.now, to: command.to, content: context.content });

export const decideClose = (context: Context, _state: IssueState): Decided =>
  one({ type: "Closed", at: context.now, by: context.actor.person, content: context.content });

/** A level settles within its competence when routing would let it handle these facts. */
export const isCompetent = (context: Context, state: IssueState, level: string): boolean => {
  const { facts, category, kind } = state;
  const routing = routeRecord(context.charter, { ...facts, category, kind });
  return Result.isSuccess(routing) && routing.success.levels.includes(level);
};

const HANDLING: ReadonlyArray<ClockKind> = ["accept", "contact", "resolve", "checkIn", "review"];

const resolved = (context: Context, state: IssueState, onSpot: boolean): EventOf<"Resolved"> => {
  const { handler } = state;
  const settlement: Settlement = {
    at: context.now,
    by: context.actor.person,
    post: handler.post,
    unit: handler.unit,
    level: handler.level,
    onSpot,
    competent: isCompetent(context, state, handler.level),
    recordedAt: null,
  };
  const set = state.routed.clocks;
  const at = context.now;
  const followUp = startClock(context, set, { kind: "followUp", at });
  return {
    type: "Resolved",
    at,
    settlement,
    stop: keysOf(state, HANDLING),
    start:
      owesAnswer(state) || hasClock(context, set, "answer")
        ? [followUp, startClock(context, set, { kind: "answer", at })]
        : [followUp],
    content: context.content,
  };
};

// Nothing left to wait for, and yet not closed: a review reminds the handler to close it.
const waitingClock = (
  context: Context,
  state: IssueState,
  stopped: ReadonlyArray<string>,
): ReadonlyArray<ClockState> =>
  state.clocks.some((clock) => !stopped.includes(clock.key))
    ? []
    : [reviewClock(context, state, context.now)];

const reviewClock = (context: Context, state: IssueState, at: Instant) =>
  startClock(context, state.routed.clocks, { kind: "review", at });
