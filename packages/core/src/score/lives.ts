/**
 * The lives of issues as scoring reads them: where each began, who settled it when,
 * and what undid a settlement later.
 */
import type { IssueEvent, PassedOver } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";

/** One entry of the journal as scoring reads it. */
export interface ScoredEntry {
  readonly issue: string;
  readonly version: number;
  readonly recordedAt: Instant;
  readonly event: IssueEvent;
}

/** Why an entry does not count. */
export type Exclusion =
  | "recused"
  | "vacant"
  | "recordedLate"
  | "notVerified"
  | "notCompetent"
  | "noFault"
  | "reopened"
  | "reportedAgain"
  | "signposted";

/** What is scored: a half-open month, and how late a record of a settlement may come. */
export interface ScorePeriod {
  readonly from: Instant;
  readonly until: Instant;
  /** 补录 later than this after settling is shown but does not count. Default 3 days, ours. */
  readonly recordWithinMillis?: number;
  /** Days in which opening or reporting again undoes a settlement; the charter's, default 30. */
  readonly recheckDays?: number;
}

/** A post at a unit with the person in it then. */
export interface Stand {
  readonly post: string;
  readonly unit: string;
  readonly person: string | null;
}

/** How an issue began; a record of what was settled begins when it was settled. */
export interface Beginning {
  readonly entry: ScoredEntry;
  readonly stand: Stand;
  readonly at: Instant;
  readonly passed: ReadonlyArray<PassedOver>;
  readonly signposted: boolean;
}

/** One settlement, with what became of it. */
export interface Settled {
  readonly entry: ScoredEntry;
  readonly stand: Stand;
  readonly at: Instant;
  readonly recordedAt: Instant | null;
  readonly competent: boolean;
  readonly verified: boolean;
  readonly late: boolean;
  /** The entry that opened or reported it again within the recheck days. */
  readonly undone: ScoredEntry | null;
}

/** One issue. */
export interface Life {
  readonly entries: ReadonlyArray<ScoredEntry>;
  readonly beginning: Beginning | null;
  readonly settled: ReadonlyArray<Settled>;
}

const DAY = 86_400_000;
/** Used where a charter gives none. */
export const RECHECK_DAYS = 30;
/** Events after which the resolve clock counts anew; missing it is not one of them. */
export const NEW_TIME: ReadonlySet<IssueEvent["type"]> = new Set([
  "ExtensionGranted",
  "Resumed",
  "HandedUp",
  "SentBack",
  "Referred",
  "Assigned",
  "Reclassified",
  "Relocated",
  "Rerouted",
  "Reopened",
  "Absorbed",
]);

const THREE_DAYS = 3 * DAY;

/** Groups entries by issue and reads each life; the order of the entries does not matter. */
export const livesOf = (
  entries: Iterable<ScoredEntry>,
  period: ScorePeriod,
): ReadonlyArray<Life> => {
  const histories = byIssue(entries);
  const reports = reportsByPlace(histories);
  const recheck = (period.recheckDays ?? RECHECK_DAYS) * DAY;
  return [...histories].map((history) => lifeOf(history, reports, recheck));
};

/** Why a settlement does not count; null when it does. */
export const judge = (settled: Settled, period: ScorePeriod): Exclusion | null => {
  const limit = period.recordWithinMillis ?? THREE_DAYS;
  if (settled.recordedAt !== null && settled.recordedAt - settled.at > limit) return "recordedLate";
  if (!settled.competent) return "notCompetent";
  if (settled.undone !== null) {
    return settled.undone.event.type === "Reported" ? "reportedAgain" : "reopened";
  }
  return settled.verified ? null : "notVerified";
};

/** True for a settlement that counts as a local resolution. */
export const isCounted = (settled: Settled, period: ScorePeriod): boolean =>
  judge(settled, period) === null;

// Private

const byIssue = (entries: Iterable<ScoredEntry>): ReadonlyArray<ReadonlyArray<ScoredEntry>> => {
  const histories = new Map<string, Array<ScoredEntry>>();
  for (const entry of entries) {
    const history = histories.get(entry.issue);
    if (history === undefined) histories.set(entry.issue, [entry]);
    else history.push(entry);
  }
  return [...histories.values()].map((history) => history.sort((a, b) => a.version - b.version));
};

// The same thing reported again: the same category at the same unit, as it was reported.
type Reports = ReadonlyMap<string, ReadonlyArray<ScoredEntry>>;

const placeKey = (unit: string | null, category: string): string => `${unit ?? ""}/${category}`;

const reportsByPlace = (histories: ReadonlyArray<ReadonlyArray<ScoredEntry>>): Reports => {
  const reports = new Map<string, Array<ScoredEntry>>();
  for (const history of histories) {
    const [entry] = history;
    if (entry?.event.type !== "Reported" || entry.event.unit === null) continue;
    const key = placeKey(entry.event.unit, entry.event.category);
    const known = reports.get(key);
    if (known === undefined) reports.set(key, [entry]);
    else known.push(entry);
  }
  for (const known of reports.values()) {
    known.sort((a, b) => a.event.at - b.event.at || (a.issue < b.issue ? -1 : 1));
  }
  return reports;
};

interface Open {
  readonly settled: Omit<Settled, "undone" | "verified">;
  verified: boolean;
  undone: ScoredEntry | null;
  /** Kept once it was refused or undone: another settlement follows. */
  over: boolean;
}

const lifeOf = (history: ReadonlyArray<ScoredEntry>, reports: Reports, recheck: number): Life => {
  let resolveDue: Instant | null = null;
  let place = "";
  let open: Open | undefined;
  const all: Array<{ readonly open: Open; readonly place: string }> = [];
  for (const entry of history) {
    const { event } = entry;
    resolveDue = dueAfter(resolveDue, event);
    place = placeAfter(place, event);
    if (event.type === "Resolved" || event.type === "SettledRecorded") {
      open = {
        settled: settledBy(entry, event, resolveDue),
        verified: false,
        undone: null,
        over: false,
      };
      all.push({ open, place });
    } else if (open !== undefined && !open.over) {
      follow(open, entry, recheck);
    }
  }
  return {
    entries: history,
    beginning: beginningOf(history),
    settled: all
      .filter(({ open: one }) => one.undone !== null || !one.over)
      .map(({ open: one, place: where }) => ({
        ...one.settled,
        verified: one.verified,
        undone: one.undone ?? reportedAgain(one.settled, reports.get(where) ?? [], recheck),
      })),
  };
};

const follow = (open: Open, entry: ScoredEntry, recheck: number): void => {
  const { event } = entry;
  if (event.type === "Verified") {
    open.verified = event.passed;
    open.over = !event.passed;
  }
  if (event.type !== "Reopened") return;
  // Reopened after the recheck days: the settlement had held, and a new one begins.
  if (event.at - open.settled.at <= recheck) open.undone = entry;
  open.over = open.undone !== null;
};

const reportedAgain = (
  settled: Open["settled"],
  reports: ReadonlyArray<ScoredEntry>,
  recheck: number,
): ScoredEntry | null =>
  reports.find(
    ({ issue, event }) =>
      issue !== settled.entry.issue && event.at > settled.at && event.at - settled.at <= recheck,
  ) ?? null;

const settledBy = (
  entry: ScoredEntry,
  event: Extract<IssueEvent, { readonly type: "Resolved" | "SettledRecorded" }>,
  resolveDue: Instant | null,
): Open["settled"] => {
  const { at, post, unit, by, competent, recordedAt } = event.settlement;
  return {
    entry,
    stand: { post, unit, person: by },
    at,
    recordedAt,
    competent,
    late: resolveDue !== null && at > resolveDue,
  };
};

const beginningOf = ([entry]: ReadonlyArray<ScoredEntry>): Beginning | null => {
  const event = entry?.event;
  if (entry === undefined) return null;
  if (event?.type === "Reported") {
    const { handler: stand, at, passed = [], signposted } = event;
    return { entry, stand, at, passed, signposted };
  }
  if (event?.type !== "SettledRecorded") return null;
  const { post, unit, by, at } = event.settlement;
  return { entry, stand: { post, unit, person: by }, at, passed: [], signposted: false };
};

const dueAfter = (due: Instant | null, event: IssueEvent): Instant | null =>
  due !== null && !NEW_TIME.has(event.type) ? due : (resolveOf(event)?.deadline.dueAt ?? due);

const resolveOf = (event: IssueEvent) =>
  event.start?.find((clock) => clock.kind === "resolve" && clock.paused === null);

/** True when a resolve clock begins to run by it. */
export const startsResolve = (event: IssueEvent): boolean => resolveOf(event) !== undefined;

/** The instants at which an event may count: its own, and that of a settlement in it. */
export const momentsOf = (event: IssueEvent): ReadonlyArray<Instant> => {
  switch (event.type) {
    case "Resolved":
    case "SettledRecorded":
      return [event.settlement.at];
    case "Reported":
    case "HandedUp":
    case "Escalated":
    case "LastRungReached":
    case "Reopened":
      return [event.at];
    default:
      return [];
  }
};

/** `unit/category` of an issue after an event. */
export const placeAfter = (place: string, event: IssueEvent): string => {
  const [unit = "", category = ""] = place.split("/");
  switch (event.type) {
    case "Reported":
    case "SettledRecorded":
      return placeKey(event.unit, event.category);
    case "Reclassified":
      return placeKey(unit, event.category);
    case "Relocated":
      return placeKey(event.unit, category);
    default:
      return place;
  }
};
