/**
 * Folding: state and event to the next state, total and pure.
 *
 * Clocks and handler are folded here once for all events; each case below adds
 * only what is its own.
 */
import type { Effects, EventOf, IssueEvent } from "./Event.ts";
import { applyTogether } from "./evolveTogether.ts";
import type { Mutable } from "./evolveTogether.ts";
import type { Assignee, ClockState, IssueState } from "./State.ts";

/** The state after an event. The first event of an issue begins from null. */
export const evolve = (state: IssueState | null, event: IssueEvent): IssueState => {
  if (event.type === "Reported") return opened(event);
  if (event.type === "SettledRecorded") return recorded(event);
  if (state === null) throw new TypeError(`an issue cannot begin with ${event.type}`);
  const next = evolveOn(state, event);
  if (event.type !== "ReporterUnsealed") return next;
  const { by, at, reporters } = event;
  return { ...next, unsealed: [...(state.unsealed ?? []), { by, at, reporters }] };
};

/** The same for what happens by itself to an issue that has begun: all that climbing needs. */
export const evolveOn = (state: IssueState, event: IssueEvent): IssueState => {
  const next: Mutable = {
    ...state,
    version: state.version + 1,
    lastAt: event.at > state.lastAt ? event.at : state.lastAt,
  };
  if (event.start !== undefined || event.stop !== undefined) {
    next.clocks = foldClocks(state.clocks, event);
  }
  if (event.handler !== undefined) next.handler = event.handler;
  if (event.content !== undefined && event.content.length > 0) {
    next.content = [...state.content, ...event.content];
  }
  apply(next, state, event);
  return next;
};

/** Folds a whole history. */
export const fold = (events: ReadonlyArray<IssueEvent>): IssueState | null => {
  let state: IssueState | null = null;
  for (const event of events) state = evolve(state, event);
  return state;
};

const NONE: ReadonlyArray<never> = [];

const opened = (event: EventOf<"Reported">): IssueState =>
  begun(event, {
    status: event.signposted ? "signposted" : "reported",
    sponsor: event.sponsor,
    reportedAt: event.at,
    acceptedAt: null,
    settlement: null,
    closedAt: event.signposted ? event.at : null,
  });

const recorded = (event: EventOf<"SettledRecorded">): IssueState =>
  begun(event, {
    status: "resolved",
    sponsor: { post: event.handler.post, unit: event.handler.unit },
    reportedAt: event.settlement.at,
    acceptedAt: event.settlement.at,
    settlement: event.settlement,
    closedAt: null,
  });

// Every field is written out: engines make one shape of a literal, and a slow table of a spread this wide.
const begun = (
  event: EventOf<"Reported"> | EventOf<"SettledRecorded">,
  own: Pick<
    IssueState,
    "status" | "sponsor" | "reportedAt" | "acceptedAt" | "settlement" | "closedAt"
  >,
): IssueState => ({
  id: event.issue,
  kind: event.kind,
  status: own.status,
  charter: event.charter,
  category: event.category,
  facts: event.facts,
  unit: event.unit,
  reporters: event.reporters,
  about: event.about,
  routed: event.routed,
  handler: event.handler,
  sponsor: own.sponsor,
  cameFrom: NONE,
  tried: personsOf(event.handler),
  assignedFinally: false,
  clocks: event.start ?? NONE,
  helpers: NONE,
  asked: NONE,
  summons: NONE,
  supporters: NONE,
  content: event.content ?? NONE,
  links: NONE,
  externalRefs: event.externalRefs,
  mergedInto: null,
  extensionAsked: null,
  extensions: 0,
  escalations: 0,
  handUps: 0,
  supervised: false,
  lastRung: false,
  reopened: 0,
  reportedAt: own.reportedAt,
  acceptedAt: own.acceptedAt,
  contactedAt: null,
  settlement: own.settlement,
  verifiedAt: null,
  answeredAt: null,
  closedAt: own.closedAt,
  rating: null,
  version: 1,
  lastAt: event.at,
});

const apply = (next: Mutable, state: IssueState, event: IssueEvent): void => {
  switch (event.type) {
    case "Accepted":
      next.status = "accepted";
      next.acceptedAt = event.at;
      return;
    case "Contacted":
      if (event.reached) next.contactedAt = event.at;
      return;
    case "Resolved":
      next.status = "resolved";
      next.acceptedAt = state.acceptedAt ?? event.at;
      next.settlement = event.settlement;
      return;
    case "Verified":
      next.status = event.passed ? "verified" : "accepted";
      next.verifiedAt = event.passed ? event.at : null;
      if (!event.passed) next.settlement = null;
      return;
    case "Answered":
      next.answeredAt = event.at;
      return;
    case "Withdrawn":
    case "Declined":
    case "Signposted":
    case "Closed":
    case "Merged":
      finish(next, event);
      return;
    case "Suspended":
      next.status = "suspended";
      return;
    case "Resumed":
      next.status = state.acceptedAt === null ? "reported" : "accepted";
      return;
    default:
      applyMove(next, state, event);
  }
};

const finish = (
  next: Mutable,
  event:
    | EventOf<"Withdrawn">
    | EventOf<"Declined">
    | EventOf<"Signposted">
    | EventOf<"Closed">
    | EventOf<"Merged">,
): void => {
  next.clocks = NONE;
  next.closedAt = event.at;
  next.extensionAsked = null;
  next.status = ENDED_AS[event.type];
  if (event.type === "Merged") next.mergedInto = event.into;
};

const ENDED_AS = {
  Withdrawn: "withdrawn",
  Declined: "declined",
  Signposted: "signposted",
  Closed: "closed",
  Merged: "merged",
} as const;

const applyMove = (next: Mutable, state: IssueState, event: IssueEvent): void => {
  switch (event.type) {
    case "HandedUp":
      next.handUps = state.handUps + 1;
      next.cameFrom = [...state.cameFrom, event.from];
      rise(next, state, event.handler);
      return;
    case "ClusterRaised":
      next.clusterRaised = true;
      next.cameFrom = NONE;
      rise(next, state, event.handler);
      return;
    case "Escalated":
    case "LastRungReached":
      next.escalations = state.escalations + 1;
      next.cameFrom = NONE;
      if (event.type === "LastRungReached") {
        next.lastRung = true;
        next.supervised = true;
      }
      rise(next, state, event.handler);
      return;
    case "SentBack":
      next.cameFrom = state.cameFrom.slice(0, -1);
      restand(next, event.handler);
      return;
    case "Referred":
      next.cameFrom = [...state.cameFrom, event.from];
      next.routed = { ...state.routed, chain: event.chain };
      restand(next, event.handler);
      return;
    case "Assigned":
      next.cameFrom = event.final ? NONE : [...state.cameFrom, event.from];
      next.assignedFinally = event.final;
      restand(next, event.handler);
      return;
    case "Reclassified":
      next.category = event.category;
      next.facts = event.facts;
      next.routed = event.routed;
      next.cameFrom = NONE;
      restand(next, event.handler);
      return;
    case "Relocated":
      next.unit = event.unit;
      next.routed = event.routed;
      next.cameFrom = NONE;
      next.sponsor = event.sponsor;
      restand(next, event.handler);
      return;
    case "Rerouted":
      next.charter = event.charter;
      next.routed = event.routed;
      if (event.handler === undefined) return;
      next.cameFrom = NONE;
      restand(next, event.handler);
      return;
    case "Reopened":
      next.reopened = state.reopened + 1;
      next.settlement = null;
      next.verifiedAt = null;
      next.answeredAt = null;
      next.closedAt = null;
      restand(next, event.handler);
      return;
    default:
      applyTogether(next, state, event);
  }
};

// An automatic or blameless step up: who was asked before is remembered, so that it rises in person too.
const rise = (next: Mutable, state: IssueState, handler: Assignee): void => {
  if (next.status === "accepted" || next.status === "suspended") next.status = "reported";
  if (next.status === "reported") next.acceptedAt = null;
  next.tried =
    handler.person === null || state.tried.includes(handler.person)
      ? state.tried
      : [...state.tried, handler.person];
  next.extensionAsked = null;
};

// A person's decision whose it is: the ascent begins anew from there.
const restand = (next: Mutable, handler: Assignee): void => {
  next.status = "reported";
  next.acceptedAt = null;
  next.tried = personsOf(handler);
  next.lastRung = false;
  next.extensionAsked = null;
};

const personsOf = (handler: Assignee): ReadonlyArray<string> =>
  handler.person === null ? NONE : [handler.person];

const foldClocks = (
  clocks: ReadonlyArray<ClockState>,
  effects: Pick<Effects, "start" | "stop">,
): ReadonlyArray<ClockState> => {
  const { start = NONE, stop = NONE } = effects;
  const next: Array<ClockState> = [];
  for (const clock of clocks) {
    if (!stop.includes(clock.key) && !hasKey(start, clock.key)) next.push(clock);
  }
  for (const clock of start) next.push(clock);
  return next;
};

const hasKey = (clocks: ReadonlyArray<ClockState>, key: string): boolean => {
  for (const clock of clocks) if (clock.key === key) return true;
  return false;
};
