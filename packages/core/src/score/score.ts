/**
 * Score, a thin slice: what a month of the journal says about each building and chief.
 *
 * A pure function of the journal. Every figure lists the entries it rests on, and
 * what was left out says why, so that a card can be checked by hand.
 */
import type { EventOf, IssueEvent } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";

/** One entry of the journal as scoring reads it. */
export interface ScoredEntry {
  readonly issue: string;
  readonly version: number;
  readonly recordedAt: Instant;
  readonly event: IssueEvent;
}

/** The entry a point rests on. */
export interface EntryRef {
  readonly issue: string;
  readonly version: number;
}

export const INDICATORS = [
  "reported",
  "settledHere",
  "onTime",
  "late",
  "handedUp",
  "escalatedFrom",
  "reopened",
] as const;
/**
 * - `reported`: issues that began with this post
 * - `settledHere`: settled by this post within its level's competence and verified
 * - `onTime`, `late`: of those, before or after the first resolve clock ran out
 * - `handedUp`: a person's blameless choice; `escalatedFrom`: clocks missed with fault
 * - `reopened`: settled here and opened again, or reported again within the recheck days
 */
export type Indicator = (typeof INDICATORS)[number];

/** Why an entry does not count. */
export type Exclusion =
  | "recused"
  | "vacant"
  | "recordedLate"
  | "notVerified"
  | "notCompetent"
  | "noFault";

/** The month of one post at one unit, or of a unit as a whole when `post` is null. */
export interface Scorecard {
  readonly unit: string;
  readonly post: string | null;
  readonly person: string | null;
  readonly points: Readonly<Record<Indicator, ReadonlyArray<EntryRef>>>;
  readonly excluded: ReadonlyArray<EntryRef & { readonly why: Exclusion }>;
  /** 就地化解率: settled here and not reopened, over reported here; shown beside reopen and hand-up, never alone. */
  readonly localResolutionRate: { readonly numerator: number; readonly denominator: number };
}

/** What is scored: a half-open month, and how late a record of a settlement may come. */
export interface ScorePeriod {
  readonly from: Instant;
  readonly until: Instant;
  /** 补录 later than this after settling is shown but does not count. Default 3 days, ours. */
  readonly recordWithinMillis?: number;
}

const THREE_DAYS = 259_200_000;

/** Scores one month; cards are in the order of unit, then post. */
export const scoreMonth = (
  entries: Iterable<ScoredEntry>,
  period: ScorePeriod,
): ReadonlyArray<Scorecard> => {
  const cards = new Map<string, MutableCard>();
  for (const history of byIssue(entries).values()) scoreIssue(cards, history, period);
  return [...cards.values()]
    .map(finished)
    .sort(
      (a, b) =>
        compare(a.unit, b.unit) ||
        compare(a.post ?? "", b.post ?? "") ||
        compare(a.person ?? "", b.person ?? ""),
    );
};

type MutableCard = {
  readonly unit: string;
  readonly post: string | null;
  readonly person: string | null;
  readonly points: Record<Indicator, Array<EntryRef>>;
  readonly excluded: Array<EntryRef & { readonly why: Exclusion }>;
};

interface Stand {
  readonly post: string;
  readonly unit: string;
  readonly person: string | null;
}

const byIssue = (
  entries: Iterable<ScoredEntry>,
): ReadonlyMap<string, ReadonlyArray<ScoredEntry>> => {
  const histories = new Map<string, Array<ScoredEntry>>();
  for (const entry of entries) {
    const history = histories.get(entry.issue);
    if (history === undefined) histories.set(entry.issue, [entry]);
    else history.push(entry);
  }
  for (const history of histories.values()) history.sort((a, b) => a.version - b.version);
  return histories;
};

const scoreIssue = (
  cards: Map<string, MutableCard>,
  history: ReadonlyArray<ScoredEntry>,
  period: ScorePeriod,
): void => {
  const within = (at: Instant) => at >= period.from && at < period.until;
  let resolveDue: Instant | null = null;
  let settlement: {
    readonly entry: ScoredEntry;
    readonly stand: Stand;
    readonly late: boolean;
  } | null = null;
  for (const entry of history) {
    const { event } = entry;
    if (resolveDue === null) resolveDue = firstResolveDue(event);
    if (event.type === "Reported" && within(event.at)) {
      mark(cards, event.handler, "reported", entry);
      for (const passed of event.passed ?? []) {
        const why =
          passed.why === "excluded" ? "recused" : passed.why === "vacant" ? "vacant" : null;
        if (why !== null) exclude(cards, { ...passed, person: null }, entry, why);
      }
    }
    if (event.type === "HandedUp" && within(event.at)) mark(cards, event.from, "handedUp", entry);
    if ((event.type === "Escalated" || event.type === "LastRungReached") && within(event.at)) {
      if (event.fault) mark(cards, event.from, "escalatedFrom", entry);
      else exclude(cards, event.from, entry, event.from.person === null ? "vacant" : "noFault");
    }
    const settled = settledBy(event);
    if (settled !== null) {
      settlement = {
        entry,
        stand: { post: settled.post, unit: settled.unit, person: settled.by },
        late: resolveDue !== null && settled.at > resolveDue,
      };
    }
    if (event.type === "Reopened" && settlement !== null && within(event.at)) {
      mark(cards, settlement.stand, "reopened", entry);
      settlement = null;
    }
  }
  if (settlement !== null) scoreSettlement(cards, history, settlement, period);
};

const scoreSettlement = (
  cards: Map<string, MutableCard>,
  history: ReadonlyArray<ScoredEntry>,
  settlement: { readonly entry: ScoredEntry; readonly stand: Stand; readonly late: boolean },
  period: ScorePeriod,
): void => {
  const { entry, stand } = settlement;
  const settled = settledBy(entry.event);
  if (settled === null || settled.at < period.from || settled.at >= period.until) return;
  const recorded = entry.event.type === "SettledRecorded";
  if (recorded) mark(cards, stand, "reported", entry);
  const late =
    settled.recordedAt !== null &&
    settled.recordedAt - settled.at > (period.recordWithinMillis ?? THREE_DAYS);
  const verified = history.some(({ event }) => event.type === "Verified" && event.passed);
  if (late) exclude(cards, stand, entry, "recordedLate");
  else if (!settled.competent) exclude(cards, stand, entry, "notCompetent");
  else if (!verified) exclude(cards, stand, entry, "notVerified");
  else {
    mark(cards, stand, "settledHere", entry);
    mark(cards, stand, settlement.late ? "late" : "onTime", entry);
  }
};

const settledBy = (event: IssueEvent): EventOf<"Resolved">["settlement"] | null =>
  event.type === "Resolved" || event.type === "SettledRecorded" ? event.settlement : null;

const firstResolveDue = (event: IssueEvent): Instant | null =>
  event.start?.find((clock) => clock.kind === "resolve")?.deadline.dueAt ?? null;

const mark = (
  cards: Map<string, MutableCard>,
  stand: Stand,
  indicator: Indicator,
  entry: ScoredEntry,
): void => {
  const ref = { issue: entry.issue, version: entry.version };
  for (const card of cardsOf(cards, stand)) card.points[indicator].push(ref);
};

const exclude = (
  cards: Map<string, MutableCard>,
  stand: Stand,
  entry: ScoredEntry,
  why: Exclusion,
): void => {
  const ref = { issue: entry.issue, version: entry.version, why };
  for (const card of cardsOf(cards, stand)) card.excluded.push(ref);
};

// One card for the unit as a whole, one for the post with the person who held it then.
const cardsOf = (cards: Map<string, MutableCard>, stand: Stand): ReadonlyArray<MutableCard> => [
  cardOf(cards, stand.unit, null, null),
  cardOf(cards, stand.unit, stand.post, stand.person),
];

const cardOf = (
  cards: Map<string, MutableCard>,
  unit: string,
  post: string | null,
  person: string | null,
): MutableCard => {
  const key = `${unit}/${post ?? ""}/${person ?? ""}`;
  const found = cards.get(key);
  if (found !== undefined) return found;
  const points = Object.fromEntries(
    INDICATORS.map((indicator) => [indicator, [] as Array<EntryRef>]),
  ) as Record<Indicator, Array<EntryRef>>;
  const card: MutableCard = { unit, post, person, points, excluded: [] };
  cards.set(key, card);
  return card;
};

const finished = (card: MutableCard): Scorecard => ({
  ...card,
  localResolutionRate: {
    numerator: card.points.settledHere.length,
    denominator: card.points.reported.length,
  },
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
