/**
 * Scores: a projection of the feed with its own position. One row for each issue keeps
 * the entries scoring reads, found again by month and by the place it was reported at.
 *
 * What `projections.ts` says of positions and rebuilds holds here.
 */
import * as Effect from "effect/Effect";
import { InputError } from "../data/index.ts";
import { decodeEntry, isIssueEntry } from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { Entry, IndexKey, KeyRange, RowWrite, StorageError } from "../ports/index.ts";
import { keepScored, RECHECK_DAYS, reportedPlace, scoredInstants } from "../score/index.ts";
import { scoreMonth, settledPlaces } from "../score/index.ts";
import type { ScoredEntry } from "../score/index.ts";
import { monthRange } from "../time/index.ts";
import type { Instant } from "../time/index.ts";
import type { Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { scanAll } from "./pages.ts";
import { beginAnew, forgetPage, positionOf, takeIn } from "./projections.ts";
import { decodeVersioned, INDEX, instantKey, KIND, under } from "./rows.ts";
import type { Settings } from "./Settings.ts";

interface ScoreRow {
  readonly v: 1;
  readonly entries: ReadonlyArray<ScoredEntry>;
}

/** Decodes what is kept of an issue. */
export const decodeScore = (id: string, value: string) =>
  decodeVersioned<ScoreRow>("score", id, value);

/** Where the charter comes from, its calendar and recheck days. */
interface Charters {
  readonly published: Effect.Effect<
    Pick<Published, "charter">,
    NotPublished | Unreadable | StorageError
  >;
}

/** The projection. */
export const SCORES = { name: "scores", kind: KIND.score, index: INDEX.month } as const;
const DAY = 86_400_000;

/** Entries of one pass: each writes one row at most, with a dozen keys or so. */
const PASS = 250;
const RETRIES = 8;

/** Builds the scores of one namespace. */
export const makeScores = (settings: Settings, documents: Charters) => {
  const upToNow = Effect.gen(function* () {
    while (yield* pass(settings, PASS));
  });
  return {
    /** Takes in up to `limit` entries; answers whether more wait. */
    take: (limit = PASS) => pass(settings, limit),
    forget: insist(beginAnew(settings, SCORES)),
    score: Effect.fn("Linli.score")(function* (month: string) {
      const { charter } = yield* documents.published;
      if (!/^(19|20|21)\d\d-(0[1-9]|1[0-2])$/.test(month)) return yield* notAMonth();
      yield* insist(upToNow);
      const { recheckDays = RECHECK_DAYS } = charter.document;
      const period = { ...monthRange(charter.calendar, month), recheckDays };
      return scoreMonth(yield* entriesFor(settings, period), period);
    }),
  };
};

// Private

const notAMonth = () =>
  new InputError({
    door: "score",
    path: "/month",
    reason: "is not a month",
    advice: "write it as 2026-11",
  });

// Somebody else took the same entries in: what they wrote is read anew.
const insist = <A, E extends { readonly _tag: string }>(work: Effect.Effect<A, E>) =>
  Effect.retry(work, { while: (error) => error._tag === "Conflict", times: RETRIES });

const pass = Effect.fnUntraced(function* (settings: Settings, limit: number) {
  const { cursor, forgetting, version } = yield* positionOf(settings, SCORES);
  const most = Math.min(limit, PASS);
  if (forgetting) {
    yield* forgetPage(settings, SCORES, most, version);
    return true;
  }
  const page = yield* settings.storage.feed({
    ...{ namespace: settings.namespace, after: cursor, limit: most, stream: null },
  });
  if (page.entries.length === 0) return false;
  const rows = yield* rowsAfter(settings, page.entries.filter(isIssueEntry));
  yield* takeIn(settings, SCORES, rows, { cursor: page.next, expected: version });
  return page.entries.length >= most;
});

const rowsAfter = Effect.fnUntraced(function* (settings: Settings, page: ReadonlyArray<Entry>) {
  const ids = [...new Set(page.map(({ stream }) => stream))];
  const stored = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: ids.map((id) => ({ kind: KIND.score, id })),
  });
  const rows: Array<RowWrite> = [];
  for (const [index, id] of ids.entries()) {
    const row = stored[index] ?? null;
    const before = row === null ? [] : yield* decodeRow(row);
    let after = before;
    for (const entry of page) {
      if (entry.stream !== id) continue;
      const { event, recordedAt } = yield* Effect.fromResult(decodeEntry(entry.value));
      after = keepScored(after, { issue: id, version: entry.version, recordedAt, event });
    }
    if (after !== before) rows.push(rowOf(id, row?.version ?? 0, after));
  }
  return rows;
});

const decodeRow = (row: { readonly id: string; readonly value: string }) =>
  Effect.map(Effect.fromResult(decodeScore(row.id, row.value)), ({ entries }) => entries);

const rowOf = (id: string, expected: number, entries: ReadonlyArray<ScoredEntry>): RowWrite => ({
  ...{ kind: KIND.score, id, expected },
  value: JSON.stringify({ v: 1, entries } satisfies ScoreRow),
  indexes: scoreKeys(id, entries),
});

/** All index entries of what is kept of an issue. */
export const scoreKeys = (
  id: string,
  entries: ReadonlyArray<ScoredEntry>,
): ReadonlyArray<IndexKey> => {
  const months = new Set(scoredInstants(entries).map(monthKey));
  const reported = reportedPlace(entries);
  const place = reported === null ? [] : [`${reported.place}/${instantKey(reported.at)}/${id}`];
  return [
    ...[...months].map((month) => ({ index: INDEX.month, key: `${month}/${id}` })),
    ...place.map((key) => ({ index: INDEX.place, key })),
  ];
};

// Of UTC, so that no charter's time zone is in a key; who reads takes a month's neighbours along.
const monthKey = (at: Instant): string => new Date(at).toISOString().slice(0, 7);

// What counts in a month happened in it, but for a settlement that a report in it undid.
const entriesFor = Effect.fnUntraced(function* (
  settings: Settings,
  period: { readonly from: Instant; readonly until: Instant; readonly recheckDays: number },
) {
  const recheck = period.recheckDays * DAY;
  const lives = new Map<string, ReadonlyArray<ScoredEntry>>();
  const take = (
    index: string,
    range: KeyRange,
  ): Effect.Effect<unknown, Unreadable | StorageError> =>
    scanAll(settings, { kind: KIND.score, index, range, limit: STORAGE_LIMITS.pageRows }, (row) =>
      Effect.map(decodeRow(row), (entries) => lives.set(row.id, entries)),
    );
  const { to } = under(monthKey(period.until));
  yield* take(INDEX.month, { from: monthKey(period.from - recheck), to });
  const spans = new Map<string, { readonly from: Instant; readonly until: Instant }>();
  for (const { place, at } of [...lives.values()].flatMap(settledPlaces)) {
    const { from, until } = spans.get(place) ?? { from: at, until: at };
    spans.set(place, { from: Math.min(from, at), until: Math.max(until, at) });
  }
  for (const [place, { from, until }] of spans) {
    const to = `${place}/${instantKey(until + recheck + 1)}`;
    yield* take(INDEX.place, { from: `${place}/${instantKey(from)}`, to });
  }
  return [...lives.values()].flat();
});
