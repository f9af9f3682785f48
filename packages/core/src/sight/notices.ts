/**
 * Who is told what: a pure plan of the notices an event owes.
 *
 * A notice names posts and references; its sentences are rendered from texts with
 * nothing personal in them, so a message may go to a group without harm.
 */
import type { LocalText } from "../data/index.ts";
import { fillText } from "../data/index.ts";
import { accountable } from "../directory/index.ts";
import { ancestorsOf, unitAt } from "../hierarchy/index.ts";
import { barredFrom, contextOf, nearnessOf } from "../issue/index.ts";
import type { IssueEvent, IssueState, World } from "../issue/index.ts";
import { standName, sentenceOf } from "./timeline.ts";

/** One message owed to one person. */
export interface Notice {
  /** Stable: issue, version of the event, person. */
  readonly id: string;
  readonly person: string;
  readonly issue: string;
  readonly event: IssueEvent["type"];
  readonly subject: LocalText;
  readonly body: LocalText;
  /** Life danger or a missed clock at night is not held back by quiet hours. */
  readonly urgent: boolean;
}

/** The notices an event owes, given the state after it. At most one per person. */
export const noticesFor = (
  world: World,
  state: IssueState,
  event: IssueEvent,
  version: number,
): ReadonlyArray<Notice> => {
  const persons = personsTold(world, state, event);
  if (persons.length === 0) return NOBODY;
  const body = sentenceOf(world, event);
  const subject = subjectOf(world, state, event);
  const urgent = state.routed.course === "emergency" || state.routed.size === "critical";
  return persons.map((person) => ({
    id: `${state.id}.${version}.${person}`,
    person,
    issue: state.id,
    event: event.type,
    subject,
    body,
    urgent,
  }));
};

const NOBODY: ReadonlyArray<never> = [];

// A notice names category and place, so it goes to those only who may know that the issue exists.
const personsTold = (world: World, state: IssueState, event: IssueEvent): ReadonlyArray<string> => {
  const { at } = event;
  const persons = new Set<string>();
  for (const stand of standsTold(world, state, event)) {
    const exclude = barredFrom(world, state, at);
    const { person } = accountable(world.directory, { ...stand, at, exclude });
    if (person !== null) persons.add(person);
  }
  // Whoever was given it hears of it, even where somebody who had it before would answer for the post.
  if (event.handler !== undefined && event.handler.person !== null)
    persons.add(event.handler.person);
  if (event.type === "ReporterUnsealed") {
    for (const person of event.reporters) persons.add(person);
  }
  if (REPORTER_TOLD.has(event.type)) {
    for (const reporter of state.reporters) {
      if (reporter.person !== null) persons.add(reporter.person);
    }
  }
  const visibility = world.charter.category(state.category)?.visibility ?? "sealed";
  return visibility === "public"
    ? [...persons]
    : [...persons].filter(
        (person) =>
          person === state.handler.person ||
          nearnessOf(contextOf(world, at, { person }), state, visibility) !== "public",
      );
};

const REPORTER_TOLD: ReadonlySet<IssueEvent["type"]> = new Set([
  "Reported",
  "Resolved",
  "Answered",
  "ExtensionGranted",
  "Suspended",
  "Declined",
  "Signposted",
  "Reopened",
  "Merged",
]);

const HANDLER_TOLD: ReadonlySet<IssueEvent["type"]> = new Set([
  "Reminded",
  "Urged",
  "SupervisionOpened",
  "ExtensionGranted",
  "OrganisationAnswered",
  "CheckedIn",
  "CheckInMissed",
  "Withdrawn",
  "Absorbed",
]);

const SPONSOR_TOLD: ReadonlySet<IssueEvent["type"]> = new Set([
  "HandedUp",
  "Escalated",
  "LastRungReached",
  "ClusterRaised",
  "Resolved",
  "Referred",
]);

type Told = { readonly post: string; readonly unit: string };

const standsTold = (world: World, state: IssueState, event: IssueEvent): ReadonlyArray<Told> => {
  const told: Array<Told> = [];
  if (event.handler !== undefined || HANDLER_TOLD.has(event.type)) told.push(state.handler);
  if (SPONSOR_TOLD.has(event.type) && state.sponsor !== null) told.push(state.sponsor);
  // Whom a new version moves an issue from, and the first-asked post, must not look for it in vain.
  if (event.type === "Rerouted" && event.handler !== undefined) {
    told.push(event.from);
    if (state.sponsor !== null) told.push(state.sponsor);
  }
  if (event.type === "Summoned") told.push(...event.posts);
  if (event.type === "CheckInMissed" && event.instead !== null) told.push(event.instead);
  if ("inform" in event) told.push(...informed(world, state, event.inform ?? []));
  return told;
};

// Levels to inform at once: their handling posts on the issue's chain, wherever the issue went.
const informed = (
  world: World,
  state: IssueState,
  levels: ReadonlyArray<string>,
): ReadonlyArray<Told> => {
  if (levels.length === 0 || state.unit === null) return [];
  const { chain } = state.routed;
  return ancestorsOf(world.hierarchy, chain, state.unit, state.reportedAt).flatMap((unit) => {
    const level = unitAt(world.hierarchy, unit, state.reportedAt)?.level;
    const post =
      level === undefined || !levels.includes(level)
        ? undefined
        : world.charter.handlerPost(chain, level);
    return post === undefined ? [] : [{ post: post.id, unit }];
  });
};

const subjectOf = (world: World, state: IssueState, event: IssueEvent): LocalText => {
  const category = world.charter.category(state.category)?.name ?? {
    zh: state.category,
    en: state.category,
  };
  const place = standName(world, state.handler, event.at);
  return fillText(
    world.charter.text("notice.subject") ?? {
      zh: "【{category}】{place}",
      en: "{category}: {place}",
    },
    {
      category,
      place,
    },
  );
};
