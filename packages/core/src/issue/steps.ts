/**
 * The table of steps: when a command may come, from whom, and what decides it.
 *
 * Grants are the library's defaults; a charter may override them by command name.
 */
import type * as Result from "effect/Result";
import type { CommandName, Grant } from "../charter/index.ts";
import type { CommandOf } from "./Command.ts";
import type { Context } from "./Context.ts";
import { decideReclassify, decideRelocate } from "./decideIntake.ts";
import {
  decideAssign,
  decideFollowUp,
  decideHandUp,
  decideMerge,
  decideRefer,
  decideReopen,
  decideSendBack,
} from "./decideMove.ts";
import {
  decideAddHelper,
  decideAsk,
  decideCheckIn,
  decideLink,
  decideRespond,
  decideSummon,
} from "./decideTogether.ts";
import {
  decideAccept,
  decideAnswer,
  decideClose,
  decideComment,
  decideContact,
  decideDecline,
  decideGrantExtension,
  decideRequestExtension,
  decideResolve,
  decideResume,
  decideSettle,
  decideSignpost,
  decideSupervise,
  decideSupport,
  decideSuspend,
  decideUrge,
  decideVerify,
  decideWithdraw,
} from "./decideWork.ts";
import type { IssueEvent } from "./Event.ts";
import {
  alreadySupported,
  cannotSendBack,
  enoughHelpers,
  extensionHindered,
  grantHindered,
  noLawfulReason,
  nobodyToAnswerFor,
  nothingAbove,
  notExpected,
  othersReported,
  ownWork,
  unanswered,
} from "./hindrances.ts";
import type { Objection } from "./Refusal.ts";
import type { IssueState, Status } from "./State.ts";
import { cannotUnseal, decideUnseal } from "./unseal.ts";

/** Commands on an issue that exists. */
export type StepName = Exclude<CommandName, "report" | "recordSettled">;

/** One row of the table. */
export interface Step<N extends StepName> {
  readonly during: ReadonlyArray<Status>;
  readonly grants: ReadonlyArray<Grant>;
  /** What stands in the way whatever the input says. */
  readonly hinders?: (context: Context, state: IssueState) => Objection | undefined;
  readonly decide: (
    context: Context,
    state: IssueState,
    command: CommandOf<N>,
  ) => Result.Result<ReadonlyArray<IssueEvent>, Objection>;
}

const FRESH: ReadonlyArray<Status> = ["reported"];
const WORKING: ReadonlyArray<Status> = ["reported", "accepted"];
const OPEN: ReadonlyArray<Status> = ["reported", "accepted", "suspended"];
const SETTLED: ReadonlyArray<Status> = ["resolved", "verified"];
const ALIVE: ReadonlyArray<Status> = ["reported", "accepted", "suspended", "resolved", "verified"];

const KNOWN: ReadonlyArray<Status> = [...ALIVE, "closed", "withdrawn", "declined", "signposted"];

/** All steps by command name. */
export const STEPS: { readonly [N in StepName]: Step<N> } = {
  accept: { during: FRESH, grants: ["handler"], decide: decideAccept },
  contact: { during: ALIVE, grants: ["handler", "helper", "sponsor"], decide: decideContact },
  settle: { during: WORKING, grants: ["handler"], decide: decideSettle },
  resolve: { during: ["accepted"], grants: ["handler"], decide: decideResolve },
  verify: {
    during: ["resolved"],
    grants: ["reporter", "sponsor", "superior", "host"],
    hinders: ownWork,
    decide: decideVerify,
  },
  answer: {
    during: SETTLED,
    grants: ["sponsor", "handler", "host"],
    hinders: (_, state) =>
      state.answeredAt === null
        ? undefined
        : { code: "AlreadyDone", detail: "the reporter has been answered" },
    decide: decideAnswer,
  },
  handUp: { during: WORKING, grants: ["handler"], hinders: nothingAbove, decide: decideHandUp },
  sendBack: {
    during: FRESH,
    grants: ["handler"],
    hinders: cannotSendBack,
    decide: decideSendBack,
  },
  refer: { during: WORKING, grants: ["handler", "superior", "triage"], decide: decideRefer },
  assign: { during: WORKING, grants: ["superior", "triage"], decide: decideAssign },
  ask: { during: WORKING, grants: ["handler"], decide: decideAsk },
  respond: {
    during: ALIVE,
    grants: ["organisation", "handler"],
    hinders: nobodyToAnswerFor,
    decide: decideRespond,
  },
  summon: { during: WORKING, grants: ["handler", "superior"], decide: decideSummon },
  checkIn: { during: OPEN, grants: ["summoned"], hinders: notExpected, decide: decideCheckIn },
  addHelper: {
    during: OPEN,
    grants: ["handler"],
    hinders: enoughHelpers,
    decide: decideAddHelper,
  },
  comment: {
    during: ALIVE,
    grants: ["reporter", "sponsor", "handler", "helper", "summoned", "superior", "organisation"],
    decide: decideComment,
  },
  requestExtension: {
    during: WORKING,
    grants: ["handler"],
    hinders: extensionHindered,
    decide: decideRequestExtension,
  },
  grantExtension: {
    during: WORKING,
    grants: ["superior"],
    hinders: grantHindered,
    decide: decideGrantExtension,
  },
  suspend: { during: WORKING, grants: ["handler", "superior"], decide: decideSuspend },
  resume: { during: ["suspended"], grants: ["handler", "superior"], decide: decideResume },
  supervise: { during: ALIVE, grants: ["superior"], decide: decideSupervise },
  urge: { during: OPEN, grants: ["reporter", "sponsor", "superior"], decide: decideUrge },
  support: {
    during: OPEN,
    grants: ["anyone"],
    hinders: alreadySupported,
    decide: decideSupport,
  },
  reclassify: {
    during: WORKING,
    grants: ["handler", "superior", "triage"],
    decide: decideReclassify,
  },
  relocate: { during: WORKING, grants: ["handler", "superior", "triage"], decide: decideRelocate },
  merge: { during: OPEN, grants: ["handler", "superior", "triage"], decide: decideMerge },
  link: { during: ALIVE, grants: ["handler", "superior", "triage"], decide: decideLink },
  followUp: {
    during: ["resolved", "verified", "closed"],
    grants: ["reporter", "sponsor", "superior", "host"],
    hinders: ownWork,
    decide: decideFollowUp,
  },
  reopen: {
    during: ["resolved", "verified", "closed"],
    grants: ["reporter", "sponsor", "superior", "host"],
    decide: decideReopen,
  },
  withdraw: {
    during: ALIVE,
    grants: ["reporter"],
    hinders: othersReported,
    decide: decideWithdraw,
  },
  decline: {
    during: WORKING,
    grants: ["handler", "superior"],
    hinders: noLawfulReason,
    decide: decideDecline,
  },
  signpost: { during: WORKING, grants: ["handler", "superior", "triage"], decide: decideSignpost },
  close: {
    during: ["verified"],
    grants: ["handler", "sponsor", "superior", "host"],
    hinders: unanswered,
    decide: decideClose,
  },
  // Nobody by default: only a post that the charter's permissions name.
  unseal: { during: KNOWN, grants: [], hinders: cannotUnseal, decide: decideUnseal },
};
