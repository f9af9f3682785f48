/**
 * Boards and scores: projections of the feed, each with its own position, so that
 * no counter row is written by a command and every board can be rebuilt.
 */
import * as Effect from "effect/Effect";
import type { InputError } from "../data/index.ts";
import type { IssueEvent, World } from "../issue/index.ts";
import { decodeEntry, isIssueEntry } from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { Conflict, RowWrite, StorageError } from "../ports/index.ts";
import type { Scorecard } from "../score/index.ts";
import { localDate } from "../time/index.ts";
import type { Documents } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { placeAfter, placeRow, readPlaces, unitsCounted } from "./boardPlaces.ts";
import { scanAll } from "./pages.ts";
import { beginAnew, forgetPage, positionOf, takeIn } from "./projections.ts";
import { decodeVersioned, INDEX, KIND } from "./rows.ts";
import { makeScores } from "./Scores.ts";
import type { Settings } from "./Settings.ts";

/** What one day brought to a unit and everything below it; numbers only. */
export interface BoardDay {
  readonly unit: string;
  /** `YYYY-MM-DD` in the charter's calendar. */
  readonly day: string;
  readonly reported: number;
  readonly settled: number;
  readonly closed: number;
  readonly handedUp: number;
  readonly escalated: number;
  readonly reopened: number;
}

/** A figure of a day. */
export type Measure = Exclude<keyof BoardDay, "unit" | "day">;
type BoardError = InputError | NotPublished | Unreadable | Conflict | StorageError;

/** The boards of one namespace. */
export interface Boards {
  /**
   * Takes in up to `limit` entries of the feed, for boards and for scores; answers how
   * many the boards took and whether more wait for either.
   */
  readonly project: (
    limit?: number,
  ) => Effect.Effect<{ readonly entries: number; readonly more: boolean }, BoardError>;
  /** Days of a unit from `from` to `until`, both included, `YYYY-MM-DD`. */
  readonly board: (
    unit: string,
    days: { readonly from: string; readonly until: string },
  ) => Effect.Effect<ReadonlyArray<BoardDay>, Unreadable | StorageError>;
  /** Forgets the boards and begins again from the first entry. */
  readonly rebuild: Effect.Effect<void, BoardError>;
  /**
   * Scorecards of a month (`YYYY-MM`), each point with the entries it rests on. Takes in
   * what the feed holds by then first, so a card is never behind the journal.
   */
  readonly score: (month: string) => Effect.Effect<ReadonlyArray<Scorecard>, BoardError>;
}

interface BoardRow extends BoardDay {
  readonly v: 1;
}

/** Decodes a day's row. */
export const decodeBoard = (id: string, value: string) =>
  decodeVersioned<BoardRow>("board", id, value);

/** The projection. */
export const BOARDS = { name: "boards", kind: KIND.board, index: INDEX.day } as const;

/** Builds the boards of one namespace. */
export const makeBoards = (settings: Settings, documents: Documents): Boards => {
  const scores = makeScores(settings, documents);
  const boards = project(settings, documents);
  return {
    project: Effect.fnUntraced(function* (limit) {
      const { entries, more } = yield* boards(limit);
      return { entries, more: (yield* scores.take(limit)) || more };
    }),
    board: readBoard(settings),
    rebuild: Effect.andThen(rebuild(settings), scores.forget),
    score: scores.score,
  };
};

const project = (settings: Settings, documents: Documents) =>
  Effect.fn("Linli.project")(function* (limit = 500) {
    const { storage, namespace } = settings;
    const world = yield* documents.published;
    const { cursor, forgetting, version } = yield* positionOf(settings, BOARDS);
    const most = Math.min(limit, STORAGE_LIMITS.pageRows);
    if (forgetting) {
      yield* forgetPage(settings, BOARDS, most, version);
      return { entries: 0, more: true };
    }
    const page = yield* storage.feed({
      namespace,
      after: cursor,
      limit: most,
      stream: null,
    });
    if (page.entries.length === 0) return { entries: 0, more: false };
    const tally = yield* tallyPage(settings, world, page.entries.filter(isIssueEntry));
    const rows = yield* tallyRows(settings, tally);
    yield* takeIn(settings, BOARDS, rows, { cursor: page.next, expected: version });
    return { entries: page.entries.length, more: page.entries.length >= most };
  });

const readBoard = (settings: Settings) =>
  Effect.fn("Linli.board")(function* (
    unit: string,
    days: { readonly from: string; readonly until: string },
  ) {
    const range = { from: `${unit}/${days.from}`, to: `${unit}/${days.until}0` };
    return yield* scanAll(settings, { kind: KIND.board, index: INDEX.day, range }, (row) =>
      Effect.map(
        Effect.fromResult(decodeBoard(row.id, row.value)),
        ({ v: _, ...day }): BoardDay => day,
      ),
    );
  });

const MEASURE: Partial<Record<IssueEvent["type"], Measure>> = {
  Reported: "reported",
  Resolved: "settled",
  Closed: "closed",
  HandedUp: "handedUp",
  Escalated: "escalated",
  LastRungReached: "escalated",
  Reopened: "reopened",
};

/** The measures an event counts in. */
export const measuresOf = (event: IssueEvent): ReadonlyArray<Measure> =>
  event.type === "SettledRecorded" ? ["reported", "settled"] : [MEASURE[event.type] ?? []].flat();

// An issue counts where it was when the event happened, so the projection keeps each issue's units itself.
const tallyPage = Effect.fnUntraced(function* (
  settings: Settings,
  world: World,
  entries: ReadonlyArray<{ readonly stream: string; readonly value: string }>,
) {
  const places = yield* readPlaces(settings, new Set(entries.map((entry) => entry.stream)));
  const counts = new Map<string, Record<Measure, number>>();
  for (const stored of entries) {
    const { event } = yield* Effect.fromResult(decodeEntry(stored.value));
    const place = placeAfter(world, places.get(stored.stream), event);
    if (place !== undefined) places.set(stored.stream, place);
    const measures = measuresOf(event);
    const day = localDate(world.charter.calendar, event.at);
    for (const unit of place === undefined ? [] : unitsCounted(world, place, event.at)) {
      for (const measure of measures) countUp(counts, `${unit}/${day}`, measure);
    }
  }
  return { places, counts };
});

/** A day on which nothing happened. */
export const ZERO = { reported: 0, settled: 0, closed: 0, handedUp: 0, escalated: 0, reopened: 0 };

const countUp = (
  counts: Map<string, Record<Measure, number>>,
  key: string,
  measure: Measure,
): void => {
  const row = counts.get(key) ?? { ...ZERO };
  row[measure] += 1;
  counts.set(key, row);
};

const tallyRows = Effect.fnUntraced(function* (
  settings: Settings,
  tally: Effect.Success<ReturnType<typeof tallyPage>>,
) {
  const rows: Array<RowWrite> = [];
  for (const [issue, place] of tally.places) {
    if (!place.changed) continue;
    rows.push(placeRow(issue, place));
  }
  const keys = [...tally.counts.keys()];
  const stored = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: keys.map((id) => ({ kind: KIND.board, id })),
  });
  for (const [index, id] of keys.entries()) {
    const row = stored[index] ?? null;
    const [unit = "", day = ""] = id.split("/");
    const before =
      row === null
        ? { v: 1 as const, unit, day, ...ZERO }
        : yield* Effect.fromResult(decodeBoard(id, row.value));
    const added = tally.counts.get(id) ?? ZERO;
    const value: BoardRow = { ...before };
    const summed = Object.fromEntries(
      (Object.keys(ZERO) as ReadonlyArray<Measure>).map((measure) => [
        measure,
        before[measure] + added[measure],
      ]),
    );
    rows.push({
      kind: KIND.board,
      id,
      expected: row?.version ?? 0,
      value: JSON.stringify({ ...value, ...summed }),
      indexes: [{ index: INDEX.day, key: id }],
    });
  }
  return rows;
});

const rebuild = (settings: Settings) =>
  Effect.gen(function* () {
    yield* beginAnew(settings, BOARDS);
    for (let forgetting = true; forgetting;) {
      const { version } = yield* positionOf(settings, BOARDS);
      forgetting = yield* forgetPage(settings, BOARDS, STORAGE_LIMITS.pageRows, version);
    }
  }).pipe(Effect.withSpan("Linli.rebuild"));
