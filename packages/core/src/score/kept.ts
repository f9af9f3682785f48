/**
 * What scoring keeps of a life: the entries it reads, with the fields it reads.
 *
 * Scoring the kept entries gives what scoring the journal gives. Reporters, facts and
 * contents are left in the journal; a reference by issue and version leads back to it.
 */
import type { IssueEvent } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";
import { momentsOf, NEW_TIME, placeAfter, startsResolve } from "./lives.ts";
import type { ScoredEntry } from "./lives.ts";

/** A place and category as reported, `unit/category`, with an instant at which something there was settled. */
export interface SettledPlace {
  readonly place: string;
  readonly at: Instant;
}

/** The entries of one issue that scoring needs once `entry` has come; itself bare, or left out. */
export const keepScored = (
  kept: ReadonlyArray<ScoredEntry>,
  entry: ScoredEntry,
): ReadonlyArray<ScoredEntry> => {
  const { event } = entry;
  const isFirstClock = !kept.some((one) => startsResolve(one.event));
  const matters =
    READ.has(event.type) || (startsResolve(event) && (NEW_TIME.has(event.type) || isFirstClock));
  return matters ? [...kept, { ...entry, event: bare(event) }] : kept;
};

/** Every instant at which kept entries may give a point or an exclusion by themselves. */
export const scoredInstants = (kept: ReadonlyArray<ScoredEntry>): ReadonlyArray<Instant> =>
  kept.flatMap(({ event }) => momentsOf(event));

/** Where and when an issue was settled: reports there soon after may undo it. */
export const settledPlaces = (kept: ReadonlyArray<ScoredEntry>): ReadonlyArray<SettledPlace> => {
  let place = "";
  return kept.flatMap(({ event }) => {
    place = placeAfter(place, event);
    return event.type === "Resolved" || event.type === "SettledRecorded"
      ? [{ place, at: event.settlement.at }]
      : [];
  });
};

/** The place an issue was reported at, `unit/category`; null when it was not, or nowhere known. */
export const reportedPlace = ([first]: ReadonlyArray<ScoredEntry>): SettledPlace | null =>
  first?.event.type === "Reported" && first.event.unit !== null
    ? { place: placeAfter("", first.event), at: first.event.at }
    : null;

// Private

const READ: ReadonlySet<IssueEvent["type"]> = new Set([
  "Reported",
  "SettledRecorded",
  "Resolved",
  "Verified",
  "Reopened",
  "HandedUp",
  "Escalated",
  "LastRungReached",
  "Reclassified",
  "Relocated",
]);

const bare = (event: IssueEvent): IssueEvent => {
  const { content: _content, stop: _stop, start, ...rest } = event;
  const resolve = start?.filter((clock) => clock.kind === "resolve") ?? [];
  const clocks = resolve.length === 0 ? {} : { start: resolve };
  const nobody = { reporters: [], about: [], externalRefs: [], facts: {} };
  switch (rest.type) {
    case "Reported":
    case "SettledRecorded":
      return { ...rest, ...nobody, ...clocks };
    case "Reclassified":
      return { ...rest, facts: {}, ...clocks };
    case "Absorbed":
      return { ...rest, reporters: [], supporters: [], ...clocks };
    default:
      return { ...rest, ...clocks };
  }
};
