/**
 * Score, a thin slice: what a month of the journal says about each building and chief.
 *
 * A pure function of the journal. Every figure lists the entries it rests on, and
 * what was left out says why, so that a card can be checked by hand.
 */
import type { Instant } from "../time/index.ts";
import { isCounted, judge, livesOf } from "./lives.ts";
import type { Exclusion, Life, ScoredEntry, ScorePeriod, Settled, Stand } from "./lives.ts";

export type { Exclusion, ScoredEntry, ScorePeriod } from "./lives.ts";

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
 * - `reported`: issues that began with this post; a signposted one is nobody's to settle
 * - `settledHere`: settled by this post within its level's competence, verified, and
 *   neither opened again nor reported again within the recheck days
 * - `onTime`, `late`: of those, before or after the resolve clock ran out; a reminder or an
 *   escalation gives no new time, an extension, a pause or a new handler by decision does
 * - `handedUp`: a person's blameless choice; `escalatedFrom`: clocks missed with fault
 * - `reopened`: settled here and opened again, or reported again within the recheck days
 */
export type Indicator = (typeof INDICATORS)[number];

/** The month of one post at one unit, or of a unit as a whole when `post` is null. */
export interface Scorecard {
  readonly unit: string;
  readonly post: string | null;
  readonly person: string | null;
  readonly points: Readonly<Record<Indicator, ReadonlyArray<EntryRef>>>;
  readonly excluded: ReadonlyArray<EntryRef & { readonly why: Exclusion }>;
  /**
   * 就地化解率: of the issues reported here in the month, those that this post or unit has
   * settled by now so that they count; shown beside reopen and hand-up, never alone.
   */
  readonly localResolutionRate: { readonly numerator: number; readonly denominator: number };
}

/** Scores one month; cards are in the order of unit, then post. */
export const scoreMonth = (
  entries: Iterable<ScoredEntry>,
  period: ScorePeriod,
): ReadonlyArray<Scorecard> => {
  const cards = new Map<string, MutableCard>();
  const lives = livesOf(entries, period);
  for (const life of lives) scoreLife(cards, life, period);
  return [...cards.values()]
    .map(finished)
    .sort(
      (a, b) =>
        compare(a.unit, b.unit) ||
        compare(a.post ?? "", b.post ?? "") ||
        compare(a.person ?? "", b.person ?? ""),
    );
};

// Private

type Points = Record<Indicator, Array<EntryRef>>;

type MutableCard = {
  readonly unit: string;
  readonly post: string | null;
  readonly person: string | null;
  readonly points: Points;
  readonly excluded: Array<EntryRef & { readonly why: Exclusion }>;
  settledLocally: number;
};

const scoreLife = (cards: Map<string, MutableCard>, life: Life, period: ScorePeriod): void => {
  const within = (at: Instant) => at >= period.from && at < period.until;
  scoreBeginning(cards, life, period);
  for (const entry of life.entries) {
    const { event } = entry;
    if (!within(event.at)) continue;
    if (event.type === "HandedUp") mark(cards, event.from, "handedUp", entry);
    if (event.type === "Escalated" || event.type === "LastRungReached") {
      if (event.fault) mark(cards, event.from, "escalatedFrom", entry);
      else exclude(cards, event.from, entry, event.from.person === null ? "vacant" : "noFault");
    }
  }
  for (const settled of life.settled) {
    if (settled.undone !== null && within(settled.undone.event.at)) {
      mark(cards, settled.stand, "reopened", settled.undone);
    }
    if (!within(settled.at)) continue;
    const why = judge(settled, period);
    if (why !== null) exclude(cards, settled.stand, settled.entry, why);
    else {
      mark(cards, settled.stand, "settledHere", settled.entry);
      mark(cards, settled.stand, settled.late ? "late" : "onTime", settled.entry);
    }
  }
};

// The rate follows the issues reported in the month, whenever they are settled: a numerator is never a stranger to its denominator.
const scoreBeginning = (
  cards: Map<string, MutableCard>,
  { beginning, settled }: Life,
  period: ScorePeriod,
): void => {
  if (beginning === null || beginning.at < period.from || beginning.at >= period.until) return;
  const { entry, stand } = beginning;
  for (const passed of beginning.passed) {
    if (passed.why === "absent") continue;
    const why = passed.why === "excluded" ? "recused" : "vacant";
    exclude(cards, { ...passed, person: null }, entry, why);
  }
  if (beginning.signposted) return exclude(cards, stand, entry, "signposted");
  mark(cards, stand, "reported", entry);
  const counted = settled.filter((one) => isCounted(one, period));
  for (const card of cardsOf(cards, stand)) {
    if (counted.some((one) => isLocal(card, one))) card.settledLocally += 1;
  }
};

// A delegate's settlement is the post's: only the unit and the post must be the same.
const isLocal = (card: MutableCard, { stand }: Settled): boolean =>
  stand.unit === card.unit && (card.post === null || stand.post === card.post);

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
  ) as Points;
  const card: MutableCard = { unit, post, person, points, excluded: [], settledLocally: 0 };
  cards.set(key, card);
  return card;
};

const finished = ({ settledLocally, points, excluded, ...card }: MutableCard): Scorecard => {
  for (const indicator of INDICATORS) points[indicator].sort(byEntry);
  return {
    ...card,
    points,
    excluded: excluded.sort((a, b) => byEntry(a, b) || compare(a.why, b.why)),
    localResolutionRate: { numerator: settledLocally, denominator: points.reported.length },
  };
};

const byEntry = (a: EntryRef, b: EntryRef): number =>
  compare(a.issue, b.issue) || a.version - b.version;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
