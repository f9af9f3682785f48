/**
 * What stands in the way of a step whatever its input says, so that a step shown as
 * open can be taken, and a closed one names its reason before anything is typed in.
 */
import * as Result from "effect/Result";
import type { Context } from "./Context.ts";
import { decideSendBack } from "./decideMove.ts";
import { mayAnswerFor } from "./decideTogether.ts";
import { barredFrom } from "./handlers.ts";
import type { Objection } from "./Refusal.ts";
import { rungAbove } from "./rise.ts";
import { isOwnStand, isReporter, speaksFor } from "./roles.ts";
import { owesAnswer } from "./State.ts";
import type { IssueState } from "./State.ts";

type Hindrance = (context: Context, state: IssueState) => Objection | undefined;

const HELPERS_MAX = 50;

/** Nobody verifies or follows up what they, or the post they hold, have settled. */
export const ownWork: Hindrance = (context, { settlement }) =>
  settlement !== null && isOwnStand(context, { ...settlement, person: settlement.by })
    ? { code: "OwnWork", detail: "whoever settled it may not verify it" }
    : undefined;

export const nothingAbove: Hindrance = (context, state) =>
  rungAbove(context, state, { at: context.now }) === null
    ? { code: "NothingAbove", detail: "nobody above the handler has not had it yet" }
    : undefined;

export const cannotSendBack: Hindrance = (context, state) => {
  const decided = decideSendBack(context, state);
  return Result.isFailure(decided) ? decided.failure : undefined;
};

export const nobodyToAnswerFor: Hindrance = (context, state) =>
  state.asked.some(
    ({ organisation, answeredAt }) =>
      answeredAt === null && mayAnswerFor(context, state, organisation),
  )
    ? undefined
    : { code: "NotAsked", detail: "no organisation you answer for has an open question" };

export const notExpected: Hindrance = (context, state) => {
  const excluded = barredFrom(context, state, context.now);
  return state.summons.some(
    (summons) => summons.checkedInAt === null && speaksFor(context, summons, excluded),
  )
    ? undefined
    : { code: "NotAsked", detail: "you are not expected to check in" };
};

export const enoughHelpers: Hindrance = (_, state) =>
  state.helpers.length >= HELPERS_MAX
    ? { code: "TooMany", detail: `${HELPERS_MAX} helpers are enough` }
    : undefined;

export const extensionHindered: Hindrance = (context, state) => {
  if (state.extensionAsked !== null) {
    return { code: "AlreadyDone", detail: "an extension has been asked for already" };
  }
  const most = context.charter.document.extensionsMax ?? 2;
  return state.extensions >= most
    ? { code: "TooMany", detail: `${most} extensions were granted already` }
    : undefined;
};

/** Somebody who holds the handler's post and one above it does not grant themselves time. */
export const grantHindered: Hindrance = (context, state) => {
  if (state.extensionAsked === null) {
    return { code: "NotAsked", detail: "no extension was asked for" };
  }
  return isOwnStand(context, state.handler)
    ? { code: "OwnWork", detail: "whoever handles it may not grant the extension" }
    : undefined;
};

export const alreadySupported: Hindrance = (context, state) => {
  const { person } = context.actor;
  if (person === null) {
    return { code: "NotYours", detail: "support needs a known person: one voice each" };
  }
  if (context.charter.category(state.category)?.visibility !== "public") {
    return { code: "NotYours", detail: "only what everybody may see can be supported" };
  }
  return isReporter(context, state) || state.supporters.includes(person)
    ? { code: "AlreadyDone", detail: "this person supports it already" }
    : undefined;
};

/** After a merge one reporter cannot end what others have reported too. */
export const othersReported: Hindrance = (_, state) =>
  state.reporters.length > 1
    ? { code: "NotNow", detail: "others have reported it too, and theirs goes on" }
    : undefined;

export const noLawfulReason: Hindrance = (context) =>
  (context.charter.document.declineReasons ?? []).length === 0
    ? { code: "UnknownReason", detail: "the charter names no lawful reason" }
    : undefined;

export const unanswered: Hindrance = (_, state) =>
  owesAnswer(state) && state.answeredAt === null
    ? { code: "NotNow", detail: "the reporter has not been answered yet" }
    : undefined;
