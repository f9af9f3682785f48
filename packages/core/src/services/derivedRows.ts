/**
 * The rows beside one issue, held against its journal: where it counts on boards, what
 * scoring keeps of it, and what leads to it from outside.
 */
import * as Result from "effect/Result";
import type { LocalText } from "../data/index.ts";
import type { IssueEvent, IssueState } from "../issue/index.ts";
import { decodeEntry } from "../journal/index.ts";
import type { FeedEntry, JournalEntry } from "../journal/index.ts";
import { firstDifference } from "../journal/Folded.ts";
import type { RowKey } from "../ports/index.ts";
import { keepScored } from "../score/index.ts";
import type { ScoredEntry } from "../score/index.ts";
import { localDate } from "../time/index.ts";
import { decodePlace, placeAfter, unitsCounted } from "./boardPlaces.ts";
import type { Place, PlaceWorld } from "./boardPlaces.ts";
import { measuresOf } from "./Boards.ts";
import type { Measure } from "./Boards.ts";
import { findingOf } from "./derivedFinding.ts";
import type { DerivedFinding } from "./derivedFinding.ts";
import type { DerivedWorld } from "./derivedWorld.ts";
import { KIND } from "./rows.ts";
import { decodeScore } from "./Scores.ts";

/** A stored value; null where the row is not there. */
export type ValueOf = (key: RowKey) => string | null;

/** What one issue gives. */
export interface Beside {
  readonly findings: ReadonlyArray<DerivedFinding>;
  /** Where it counts on boards, as `unit/day`, once for each event. */
  readonly counted: ReadonlyArray<{ readonly day: string; readonly measure: Measure }>;
  /** Days on which it may count by one published document and not by another. */
  readonly eitherWay: ReadonlyArray<string>;
  /** What scoring keeps of it. */
  readonly kept: ReadonlyArray<ScoredEntry>;
}

/** Keys of the rows an issue is held against. */
export const besideKeys = (
  state: IssueState,
  history: ReadonlyArray<FeedEntry>,
): ReadonlyArray<RowKey> => [
  { kind: KIND.boardIssue, id: state.id },
  { kind: KIND.score, id: state.id },
  ...ownReferences(history),
];

/** Whether a row may lead to an issue: what it was reported with, and who joined it by a merge. */
export const hasReference = (state: IssueState, { kind, id }: RowKey): boolean =>
  kind === KIND.receiptCode
    ? state.reporters.some(({ receipt }) => receipt === id)
    : state.externalRefs.some(({ system, ref }) => `${system}/${ref}` === id);

/** Judges them; `until` are the versions from which on a projection has not come yet. */
export const judgeBeside = (
  world: DerivedWorld,
  state: IssueState,
  from: {
    readonly history: ReadonlyArray<FeedEntry>;
    readonly valueOf: ValueOf;
    readonly boardsUntil: number;
    readonly scoresUntil: number;
  },
): Beside => {
  const { valueOf } = from;
  const entries = decodedOf(from.history);
  const { counted, eitherWay, places } = countOf(world, before(entries, from.boardsUntil));
  const kept = keptOf(state.id, before(entries, from.scoresUntil));
  const findings = [
    world.boards.forgetting === true ? null : faultOfPlace(state.id, places, valueOf),
    world.scores.forgetting === true ? null : faultOfScore(state.id, kept, valueOf),
    ...ownReferences(from.history).map((key) => faultOfReference(state.id, key, valueOf)),
  ];
  return {
    findings: findings.filter((one) => one !== null),
    counted: world.boards.forgetting === true ? [] : counted,
    eitherWay,
    kept: world.scores.forgetting === true ? [] : kept,
  };
};

// Private

const decodedOf = (history: ReadonlyArray<FeedEntry>): ReadonlyArray<JournalEntry> =>
  history.flatMap(({ value }) => {
    const decoded = decodeEntry(value);
    return Result.isSuccess(decoded) ? [decoded.success] : [];
  });

const before = (entries: ReadonlyArray<JournalEntry>, until: number) =>
  entries.filter(({ version }) => version < until);

// What a merge brought along still leads to the issue it was reported with.
const ownReferences = ([first]: ReadonlyArray<FeedEntry>): ReadonlyArray<RowKey> => {
  const [opening] = first === undefined ? [] : decodedOf([first]);
  const event: IssueEvent | undefined = opening?.event;
  if (event?.type !== "Reported" && event?.type !== "SettledRecorded") return [];
  return [
    ...event.externalRefs.map(({ system, ref }) => ({
      ...{ kind: KIND.externalRef, id: `${system}/${ref}` },
    })),
    ...event.reporters.flatMap(({ receipt }) =>
      receipt === null ? [] : [{ kind: KIND.receiptCode, id: receipt }],
    ),
  ];
};

// By each of the worlds; the first says what is counted, the others where that is not certain.
const countOf = (world: DerivedWorld, entries: ReadonlyArray<JournalEntry>) => {
  const counted: Array<Beside["counted"][number]> = [];
  const eitherWay = new Set<string>();
  let places: ReadonlyArray<Place | undefined> = world.countedBy.map(() => undefined);
  for (const { event } of entries) {
    const before = places;
    places = world.countedBy.map((by, n) => placeAfter(by, before[n], event));
    const measures = measuresOf(event);
    if (measures.length === 0) continue;
    const days = world.countedBy.map((by, n) => daysCounted(by, places[n], event));
    for (const day of days[0] ?? []) {
      for (const measure of measures) counted.push({ day, measure });
    }
    if (days.every((one) => firstDifference(one, days[0]) === null)) continue;
    for (const day of days.flat()) eitherWay.add(day);
    for (const unit of places.flatMap((place) => place?.units ?? [])) {
      for (const by of world.countedBy) eitherWay.add(dayKey(by, unit, event));
    }
  }
  return { counted, eitherWay: [...eitherWay], places };
};

const dayKey = ({ charter }: PlaceWorld, unit: string, { at }: IssueEvent): string =>
  `${unit}/${localDate(charter.calendar, at)}`;

const daysCounted = (
  by: PlaceWorld,
  place: Place | undefined,
  event: IssueEvent,
): ReadonlyArray<string> =>
  place === undefined
    ? []
    : unitsCounted(by, place, event.at).map((unit) => dayKey(by, unit, event));

const keptOf = (issue: string, entries: ReadonlyArray<JournalEntry>) => {
  let kept: ReadonlyArray<ScoredEntry> = [];
  for (const { version, recordedAt, event } of entries) {
    kept = keepScored(kept, { issue, version, recordedAt, event });
  }
  return kept;
};

const faultOfPlace = (
  id: string,
  places: ReadonlyArray<Place | undefined>,
  valueOf: ValueOf,
): DerivedFinding | null => {
  const [place] = places;
  // A rebuild leaves places lying until it comes to their issues.
  if (place === undefined) return null;
  const row = { kind: KIND.boardIssue, id };
  const value = valueOf(row);
  if (value === null) return findingOf("Board", row, "", MISSING);
  const stored = Result.getOrElse(decodePlace(id, value), () => null);
  if (stored === null) return findingOf("Board", row, "", UNREADABLE);
  const sealed = stored.sealed ?? false;
  // Units and visibility may come of different documents: an event brings one, or the other.
  const isUnits = places.some((one) => firstDifference(stored.units, one?.units) === null);
  const isSealed = places.some((one) => one?.sealed === sealed);
  if (isUnits && isSealed) return null;
  const path = isUnits ? "/sealed" : `/units${firstDifference(stored.units, place.units) ?? ""}`;
  return findingOf("Board", row, path, OTHER_PLACE);
};

const faultOfScore = (
  id: string,
  kept: ReadonlyArray<ScoredEntry>,
  valueOf: ValueOf,
): DerivedFinding | null => {
  const row = { kind: KIND.score, id };
  const value = valueOf(row);
  if (value === null) return kept.length === 0 ? null : findingOf("Score", row, "", MISSING);
  if (kept.length === 0) return findingOf("Score", row, "", NOTHING_TO_KEEP);
  const stored = Result.getOrElse(decodeScore(id, value), () => null);
  if (stored === null) return findingOf("Score", row, "", UNREADABLE);
  const path = firstDifference(stored.entries, kept);
  return path === null ? null : findingOf("Score", row, `/entries${path}`, OTHER_ENTRIES);
};

const faultOfReference = (issue: string, key: RowKey, valueOf: ValueOf): DerivedFinding | null => {
  const value = valueOf(key);
  if (value === issue) return null;
  const name = JSON.stringify(issue);
  return findingOf(
    "Reference",
    key,
    "",
    value === null
      ? {
          en: `it is missing; the issue ${name} was reported with it`,
          zh: `该行缺失；事项 ${name} 是以此登记的`,
        }
      : {
          en: `it leads to ${JSON.stringify(value)}; the issue ${name} was reported with it`,
          zh: `指向 ${JSON.stringify(value)}；而以此登记的是事项 ${name}`,
        },
  );
};

const MISSING: LocalText = { en: "it is missing", zh: "该行缺失" };
const UNREADABLE: LocalText = { en: "it cannot be read", zh: "该行无法读取" };
const OTHER_PLACE: LocalText = {
  en: "it is not where the journal says the issue lies",
  zh: "与日志所载的事项所在位置不符",
};
const NOTHING_TO_KEEP: LocalText = {
  en: "the journal gives nothing to keep of this issue",
  zh: "日志中没有该事项可供评分的条目",
};
const OTHER_ENTRIES: LocalText = {
  en: "it is not what scoring keeps of the issue's journal",
  zh: "与日志中该事项供评分的条目不符",
};
