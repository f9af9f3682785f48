/**
 * The same life as a programmer would write it for this one town: routing as ifs,
 * holders in a map, deadlines as arithmetic, a switch over commands and one over
 * events. Nothing is general, and what this town does not have is not asked.
 */
import type { Assignee, Command, IssueEvent, IssueState, RoutedAs } from "@linli/core/issue";
import {
  days,
  FAST_ACCEPT,
  FAST_RESOLVE,
  FIVE_DAYS,
  hours,
  ONE_DAY,
  reviewClock,
  THREE_DAYS,
} from "./byHandClocks.ts";
import { COST, document, hierarchy, holderOf, places } from "./town.ts";

/** What a decision needs besides state and command. */
export interface HandContext {
  readonly now: number;
  readonly actor: { readonly person: string };
  readonly issue: string;
  readonly receipt: string;
  readonly content: IssueState["content"];
}

/** The event of a command; undefined when it is refused. Each of the seven gives one. */
export const decideByHand = (
  context: HandContext,
  state: IssueState | null,
  command: Command,
): IssueEvent | undefined => {
  const { now, content } = context;
  const { person } = context.actor;
  if (command.type === "report") return state === null ? report(context, command) : undefined;
  if (state === null || now < state.lastAt) return undefined;
  switch (command.type) {
    case "accept":
      if (state.status !== "reported" || !isHandler(state, person)) return undefined;
      return { type: "Accepted", at: now, by: person, stop: ACCEPT };
    case "contact":
      if (isFinished(state) || !(isHandler(state, person) || isSponsor(state, person)))
        return undefined;
      return command.reached
        ? { type: "Contacted", at: now, reached: true, stop: CONTACT, content }
        : { type: "Contacted", at: now, reached: false, content };
    case "resolve":
      if (state.status !== "accepted" || !isHandler(state, person)) return undefined;
      return content.length === 0 ? undefined : resolve(context, state);
    case "verify":
      if (state.status !== "resolved" || state.settlement?.by === person) return undefined;
      if (!isReporter(state, person) && !isSponsor(state, person) && !isSuperior(state, person))
        return undefined;
      return verify(context, state, command.passed);
    case "answer": {
      if (state.status !== "resolved" && state.status !== "verified") return undefined;
      if (state.answeredAt !== null) return undefined;
      if (!isSponsor(state, person) && !isHandler(state, person)) return undefined;
      const start = waits(state, "answer") ? [] : [reviewClock(now)];
      return {
        type: "Answered",
        at: now,
        by: person,
        stop: keysOf(state, "answer"),
        start,
        content,
      };
    }
    case "close":
      if (state.status !== "verified" || state.answeredAt === null) return undefined;
      if (!isHandler(state, person) && !isSponsor(state, person) && !isSuperior(state, person))
        return undefined;
      return { type: "Closed", at: now, by: person, content };
    default:
      return undefined;
  }
};

// Private

type Unit = {
  readonly level: string;
  readonly parent: string | undefined;
  readonly holder: string;
};

const UNITS: ReadonlyMap<string, Unit> = new Map(
  hierarchy.units.map(({ id, level, parents }) => [
    id,
    { level, parent: parents["residential"], holder: holderOf(id) },
  ]),
);
const PLACES = new Map(places.map((place) => [place.building, place]));
const CHARTER = { id: document.id, version: document.version };

const isHandler = (state: IssueState, person: string) =>
  UNITS.get(state.handler.unit)?.holder === person;
const isSponsor = (state: IssueState, person: string) =>
  state.sponsor !== null && UNITS.get(state.sponsor.unit)?.holder === person;
const isReporter = (state: IssueState, person: string) =>
  state.reporters.some((reporter) => reporter.person === person);
const isFinished = ({ status }: IssueState) =>
  status === "closed" || status === "withdrawn" || status === "declined" || status === "merged";
const isSuperior = (state: IssueState, person: string): boolean => {
  let above = UNITS.get(state.handler.unit)?.parent;
  while (above !== undefined) {
    const unit = UNITS.get(above);
    if (unit?.holder === person) return true;
    above = unit?.parent;
  }
  return false;
};

const ALL = ["building", "micro", "community", "town"];
const FROM = { building: ALL, micro: ALL.slice(1), community: ALL.slice(2), town: ALL.slice(3) };

const levelsFor = (category: string, facts: IssueState["facts"]): ReadonlyArray<string> => {
  const cost = typeof facts["cost"] === "number" ? facts["cost"] : 0;
  if (cost > COST.community) return FROM.town;
  if (category === "hazard" || facts["severe"] === true || cost > COST.micro) return FROM.community;
  return cost > COST.building ? FROM.micro : FROM.building;
};

const CATEGORIES = new Set(document.categories.map(({ id }) => id));
const INFORM = { hazard: ["building"], none: [] };

const report = (
  { now, actor, issue, receipt, content }: HandContext,
  command: Extract<Command, { readonly type: "report" }>,
): IssueEvent | undefined => {
  const { category, facts = {}, place } = command;
  if (category === undefined || !CATEGORIES.has(category)) return undefined;
  const found = place !== undefined && "unit" in place ? PLACES.get(place.unit) : undefined;
  if (found === undefined) return undefined;
  const levels = levelsFor(category, facts);
  const isHazard = category === "hazard";
  const routed: RoutedAs = {
    course: "handle",
    rule: isHazard ? "hazard" : null,
    chain: "residential",
    levels,
    size: isHazard ? "critical" : "minor",
    clocks: isHazard ? "fast" : "ordinary",
  };
  const { person } = actor;
  return {
    type: "Reported",
    at: now,
    issue,
    kind: "request",
    charter: CHARTER,
    category,
    facts,
    unit: found.building,
    reporters: [{ person, recordedBy: null, receipt, source: null, at: now, kind: "named" }],
    about: [],
    routed,
    handler: handlerAt(levels.length, found),
    passed: [],
    sponsor: { post: "chief", unit: found.building },
    externalRefs: [],
    signposted: false,
    inform: isHazard ? INFORM.hazard : INFORM.none,
    start: isHazard
      ? [hours("accept", FAST_ACCEPT, now), hours("resolve", FAST_RESOLVE, now)]
      : [
          days("accept", ONE_DAY, now),
          days("resolve", FIVE_DAYS, now),
          days("contact", ONE_DAY, now),
        ],
    content,
  };
};

const handlerAt = (open: number, place: (typeof places)[number]): Assignee => {
  switch (open) {
    case 4:
      return assignee("chief", place.building, "building");
    case 3:
      return assignee("warden", place.micro, "micro");
    case 2:
      return assignee("secretary", place.community, "community");
    default:
      return assignee("mayor", "T", "town");
  }
};

const assignee = (post: string, unit: string, level: string): Assignee => ({
  post,
  unit,
  level,
  person: UNITS.get(unit)?.holder ?? null,
  via: "holder",
});

const resolve = ({ now, actor, content }: HandContext, state: IssueState): IssueEvent => {
  const { post, unit, level } = state.handler;
  const competent = levelsFor(state.category, state.facts).includes(level);
  const by = actor.person;
  return {
    type: "Resolved",
    at: now,
    settlement: { at: now, by, post, unit, level, onSpot: false, competent, recordedAt: null },
    stop: keysOf(state, "accept", "contact", "resolve"),
    start: [days("followUp", FIVE_DAYS, now), days("answer", THREE_DAYS, now)],
    content,
  };
};

const verify = (
  { now, actor, content }: HandContext,
  state: IssueState,
  passed: boolean,
): IssueEvent => {
  const by = actor.person;
  if (!passed) {
    const stop = keysOf(state, "answer", "followUp", "review");
    return {
      type: "Verified",
      at: now,
      passed,
      by,
      content,
      stop,
      start: [days("resolve", FIVE_DAYS, now)],
    };
  }
  const start = waits(state, "followUp") ? [] : [reviewClock(now)];
  return { type: "Verified", at: now, passed, by, content, stop: keysOf(state, "followUp"), start };
};

const ACCEPT = ["accept"];
const CONTACT = ["contact"];
const keysOf = (state: IssueState, ...kinds: ReadonlyArray<string>): ReadonlyArray<string> =>
  state.clocks.filter((one) => kinds.includes(one.kind)).map((one) => one.key);
const waits = (state: IssueState, except: string): boolean =>
  state.clocks.some((one) => one.kind !== except);
