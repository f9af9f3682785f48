/** Deciding whose an issue is: up, back, across, given, opened again. */
import * as Result from "effect/Result";
import { levelOf } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import { startClock } from "./clocks.ts";
import type { CommandOf } from "./Command.ts";
import type { Context } from "./Context.ts";
import { decideVerify } from "./decideWork.ts";
import type { IssueEvent } from "./Event.ts";
import { appoint, barredFrom } from "./handlers.ts";
import type { Appointed } from "./handlers.ts";
import { openingClocks, restartClocks } from "./place.ts";
import { objection } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import { clocksAfterRise, rungAbove } from "./rise.ts";
import { concerns, isHidden, isReporter } from "./roles.ts";
import type { Assignee, ClockState, IssueState, Subject } from "./State.ts";

type Decided = Result.Result<ReadonlyArray<IssueEvent>, Objection>;

export const decideHandUp = (
  context: Context,
  state: IssueState,
  command: CommandOf<"handUp">,
): Decided => {
  const { toLevel } = command;
  if (toLevel !== undefined && !isAbove(context, state, toLevel)) {
    return objection("NothingAbove", `level \`${toLevel}\` is not above the handler on this chain`);
  }
  const above = rungAbove(context, state, { at: context.now, toLevel });
  if (above === null) return objection("NothingAbove", "there is no level above the handler");
  return Result.succeed([
    {
      type: "HandedUp",
      at: context.now,
      from: state.handler,
      ...above,
      ...clocksAfterRise(context, state, {
        at: context.now,
        set: state.routed.clocks,
        restart: "resolve",
      }),
      content: context.content,
    },
  ]);
};

/**
 * 退回: back to whoever gave it, with the reason. After a superior's final
 * assignment it may not come back again (潍坊市热线条例 22).
 */
export const decideSendBack = (context: Context, state: IssueState): Decided => {
  if (state.assignedFinally) {
    return objection("AssignedFinally", "a superior has decided that it stays with this handler");
  }
  const giver = state.cameFrom.at(-1);
  if (giver === undefined) {
    return objection("NothingToSendBackTo", "nobody gave it to this handler; use handUp or refer");
  }
  const held = guardDown(context, state, giver);
  if (held !== undefined) return Result.fail(held);
  return moved(context, state, giver, (taken) => ({
    type: "SentBack",
    at: context.now,
    from: state.handler,
    ...taken,
    ...restartClocks(context, state, state.routed.clocks),
    content: context.content,
  }));
};

export const decideRefer = (
  context: Context,
  state: IssueState,
  command: CommandOf<"refer">,
): Decided => {
  const target = standOf(context, command.to);
  if (Result.isFailure(target)) return Result.fail(target.failure);
  const held = guardDown(context, state, target.success);
  if (held !== undefined) return Result.fail(held);
  const chain = context.charter.posts.get(command.to.post)?.chain ?? state.routed.chain;
  return moved(context, state, target.success, (taken) => ({
    type: "Referred",
    at: context.now,
    from: state.handler,
    chain,
    ...taken,
    ...restartClocks(context, state, state.routed.clocks),
    content: context.content,
  }));
};

export const decideAssign = (
  context: Context,
  state: IssueState,
  command: CommandOf<"assign">,
): Decided => {
  const target = standOf(context, command.to);
  if (Result.isFailure(target)) return Result.fail(target.failure);
  const held = guardDown(context, state, target.success);
  if (held !== undefined) return Result.fail(held);
  return moved(context, state, target.success, (taken) => ({
    type: "Assigned",
    at: context.now,
    from: state.handler,
    final: command.final ?? false,
    ...taken,
    ...restartClocks(context, state, state.routed.clocks),
    content: context.content,
  }));
};

/** The first time at the level that settled it, the second time one level up (domain default B15). */
export const decideReopen = (context: Context, state: IssueState): Decided => {
  const raised = state.reopened >= 1;
  const above = raised ? rungAbove(context, state, { at: context.now }) : null;
  const taken =
    above ?? appoint(context, state.handler, context.now, barredFrom(context, state, context.now));
  return Result.succeed([
    {
      type: "Reopened",
      at: context.now,
      from: state.handler,
      raised: above !== null,
      ...taken,
      stop: state.clocks.map((clock) => clock.key),
      start: openingClocks(context, state.routed.clocks, context.now),
      content: context.content,
    },
  ]);
};

/**
 * 回访: a reporter who says it is settled verifies it; anybody who finds it unsettled
 * opens it again (济南市热线条例 27).
 */
export const decideFollowUp = (
  context: Context,
  state: IssueState,
  command: CommandOf<"followUp">,
): Decided => {
  const followed: IssueEvent = {
    type: "FollowedUp",
    at: context.now,
    rating: command.rating ?? null,
    resolved: command.resolved ?? null,
    reached: command.reached,
    content: context.content,
  };
  const bare = { ...context, content: [] };
  const then =
    command.resolved === false
      ? decideReopen(bare, state)
      : command.resolved === true &&
          state.status === "resolved" &&
          isReporter(context, state) &&
          !concerns(context, state, context.actor.person)
        ? decideVerify(bare, state, { type: "verify", passed: true })
        : Result.succeed([]);
  return Result.map(then, (events) => [followed, ...events]);
};

/** Decides `merge` on the issue that ends; `absorb` gives what the other one gains. */
export const decideMerge = (
  context: Context,
  state: IssueState,
  command: CommandOf<"merge">,
): Decided => {
  const other = mergeable(context, state, command.into);
  return Result.isFailure(other)
    ? Result.fail(other.failure)
    : Result.succeed([{ type: "Merged", at: context.now, into: command.into }]);
};

/**
 * What the surviving issue gains: every reporter, every supporter and the earliest clocks.
 *
 * `gone` is the issue as it was before it was merged, after its own due rungs. New reporters are contacted and
 * answered too. Rungs of `kept` due by now must have been applied; see the climbing room.
 */
export const absorb = (context: Context, gone: IssueState, kept: IssueState): IssueEvent => {
  const at = Math.max(context.now, kept.lastAt);
  const running = gone.clocks.filter((clock) => clock.paused === null);
  const start = kept.clocks.flatMap((clock) => {
    const other = running.find((candidate) => candidate.key === clock.key);
    const earlier =
      other !== undefined && clock.paused === null && other.deadline.dueAt < clock.deadline.dueAt;
    return earlier ? [{ ...clock, deadline: other.deadline }] : [];
  });
  return {
    type: "Absorbed",
    at,
    issue: gone.id,
    reporters: gone.reporters,
    supporters: gone.supporters,
    start: [...start, ...owedToNewReporters(context, running, kept, at)],
    content: gone.content,
  };
};

const owedToNewReporters = (
  context: Context,
  running: ReadonlyArray<ClockState>,
  kept: IssueState,
  at: Instant,
): ReadonlyArray<ClockState> => {
  const lacks = (key: string) => kept.clocks.every((clock) => clock.key !== key);
  const contact = running.find((clock) => clock.key === "contact");
  if (kept.status === "reported" || kept.status === "accepted") {
    return contact !== undefined && lacks("contact") ? [contact] : [];
  }
  return (kept.status === "resolved" || kept.status === "verified") && lacks("answer")
    ? [startClock(context, kept.routed.clocks, { kind: "answer", at })]
    : [];
};

const isAbove = (context: Context, state: IssueState, level: string): boolean => {
  const rank = context.charter.levels.get(state.handler.level)?.rank ?? 0;
  const levels = context.charter.chainLevels.get(state.routed.chain) ?? [];
  return levels.some((candidate) => candidate.id === level && candidate.rank > rank);
};

const mergeable = (
  context: Context,
  state: IssueState,
  into: string,
): Result.Result<IssueState, Objection> => {
  if (into === state.id) return objection("SameIssue", "an issue cannot be merged into itself");
  const { other } = context;
  if (other === null || other.id !== into || isHidden(context, other)) {
    return objection("NoSuchIssue", `issue \`${into}\` does not exist`);
  }
  if (other.closedAt !== null) {
    return objection("NotNow", `issue \`${into}\` is ${other.status}; reopen it first`);
  }
  if (concerns(context, other, context.actor.person)) {
    return objection("ConcernsYou", `issue \`${into}\` concerns you`);
  }
  return sameProtection(context, state, other)
    ? Result.succeed(other)
    : objection("NotNow", "they differ in whom they concern or who may see them; link them");
};

// A merge must not carry a reporter or a text to somebody the ended issue was kept from.
const sameProtection = (context: Context, gone: IssueState, kept: IssueState): boolean => {
  const keptFrom = new Set(kept.about.map(subjectKey));
  return (
    context.charter.category(gone.category)?.visibility ===
      context.charter.category(kept.category)?.visibility &&
    gone.about.every((subject) => keptFrom.has(subjectKey(subject)))
  );
};

const subjectKey = (subject: Subject): string =>
  "person" in subject
    ? `person ${subject.person}`
    : "organisation" in subject
      ? `organisation ${subject.organisation}`
      : `post ${subject.post} ${subject.unit}`;

const standOf = (
  context: Context,
  to: { readonly post: string; readonly unit: string },
): Result.Result<Assignee, Objection> => {
  const post = context.charter.posts.get(to.post);
  if (post === undefined)
    return objection("UnknownPost", `post \`${to.post}\` is not in the charter`);
  const level = levelOf(context.hierarchy, to.unit, context.now)?.id;
  if (level === undefined)
    return objection("UnknownUnit", `unit \`${to.unit}\` does not exist now`);
  if (level !== post.level) {
    return objection("UnknownPost", `post \`${to.post}\` does not exist at level \`${level}\``);
  }
  return Result.succeed({ ...to, level, person: null, via: "holder" });
};

// 北京市接诉即办工作条例 17: what a level's duty list does not hold may not be pushed down to it.
const guardDown = (
  context: Context,
  state: IssueState,
  target: Assignee,
): Objection | undefined => {
  const rankOf = (level: string) => context.charter.levels.get(level)?.rank ?? 0;
  if (rankOf(target.level) >= rankOf(state.handler.level)) return undefined;
  const list = context.charter.document.dutyLists?.[target.level];
  const path = context.charter.category(state.category)?.path ?? [state.category];
  if (list !== undefined && !path.some((category) => list.includes(category))) {
    return {
      code: "OutsideDutyList",
      detail: `category \`${state.category}\` is not on the duty list of level \`${target.level}\``,
    };
  }
  return state.routed.levels.length > 0 && !state.routed.levels.includes(target.level)
    ? { code: "NotCompetent", detail: `level \`${target.level}\` is not competent for these facts` }
    : undefined;
};

const moved = (
  context: Context,
  state: IssueState,
  stand: Assignee,
  event: (taken: Appointed) => IssueEvent,
): Decided => {
  const taken = appoint(context, stand, context.now, barredFrom(context, state, context.now));
  const { post, unit } = taken.handler;
  return post === state.handler.post && unit === state.handler.unit
    ? objection("NotNow", "it would stay with the handler it has")
    : Result.succeed([event(taken)]);
};
