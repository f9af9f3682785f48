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

type Measure = Exclude<keyof BoardDay, "unit" | "day">;
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

interface Position {
  readonly v: 1;
  readonly cursor: string | null;
}

interface BoardRow extends BoardDay {
  readonly v: 1;
}

const NAME = "boards";

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
    const keys = [{ kind: KIND.projection, id: NAME }];
    const [stored] = yield* storage.read({ namespace, keys });
    const position =
      stored == null
        ? null
        : yield* Effect.fromResult(decodeVersioned<Position>("position", NAME, stored.value));
    const most = Math.min(limit, STORAGE_LIMITS.pageRows);
    const page = yield* storage.feed({
      namespace,
      after: position?.cursor ?? null,
      limit: most,
      stream: null,
    });
    if (page.entries.length === 0) return { entries: 0, more: false };
    const tally = yield* tallyPage(settings, world, page.entries.filter(isIssueEntry));
    const rows = yield* tallyRows(settings, tally);
    rows.push({
      kind: KIND.projection,
      id: NAME,
      expected: stored?.version ?? 0,
      value: JSON.stringify({ v: 1, cursor: page.next } satisfies Position),
      indexes: [],
    });
    yield* commitRows(settings, rows);
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
        Effect.fromResult(decodeVersioned<BoardRow>("board", row.id, row.value)),
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
    const measures: ReadonlyArray<Measure> =
      event.type === "SettledRecorded"
        ? ["reported", "settled"]
        : [MEASURE[event.type] ?? []].flat();
    const day = localDate(world.charter.calendar, event.at);
    for (const unit of place === undefined ? [] : unitsCounted(world, place, event.at)) {
      for (const measure of measures) countUp(counts, `${unit}/${day}`, measure);
    }
  }
  return { places, counts };
});

const ZERO = { reported: 0, settled: 0, closed: 0, handedUp: 0, escalated: 0, reopened: 0 };

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
        : yield* Effect.fromResult(decodeVersioned<BoardRow>("board", id, row.value));
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

const commitRows = Effect.fnUntraced(function* (settings: Settings, rows: ReadonlyArray<RowWrite>) {
  yield* settings.storage.commit({
    namespace: settings.namespace,
    at: yield* settings.now,
    rows,
    guards: [],
    entries: [],
    schedule: [],
    cancel: [],
    settle: [],
    receipt: null,
  });
});

// Deleting in pages keeps each commit small; the position goes first, so an interrupted rebuild begins again.
const rebuild = (settings: Settings) =>
  Effect.gen(function* () {
    const { storage, namespace } = settings;
    const [position] = yield* storage.read({
      namespace,
      keys: [{ kind: KIND.projection, id: NAME }],
    });
    if (position == null) return;
    let cursor: string | null = null;
    do {
      const page: Effect.Success<ReturnType<typeof storage.scan>> = yield* storage.scan({
        namespace,
        kind: KIND.board,
        index: INDEX.day,
        range: { from: null, to: null },
        order: "ascending",
        limit: 500,
        cursor: null,
      });
      yield* commitRows(
        settings,
        page.rows.map((row) => ({
          kind: KIND.board,
          id: row.id,
          expected: row.version,
          value: null,
          indexes: [],
        })),
      );
      cursor = page.next;
    } while (cursor !== null);
    const reset = JSON.stringify({ v: 1, cursor: null } satisfies Position);
    yield* commitRows(settings, [
      { kind: KIND.projection, id: NAME, expected: position.version, value: reset, indexes: [] },
    ]);
  }).pipe(Effect.withSpan("Linli.rebuild"));
