/**
 * Lists and counts through sight. What a reader may not know of leaves no trace in
 * them: no short page, no cursor made of its key, no "next" behind which only it lies.
 */
import * as Effect from "effect/Effect";
import type { Actor } from "../issue/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { Row, StorageError } from "../ports/index.ts";
import { view as viewOf } from "../sight/index.ts";
import type { IssueView, Purpose } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import type { Reading } from "./reading.ts";
import { decodeIssue, KIND, under } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** A page of views in order of due instants. */
export interface ViewPage {
  readonly issues: ReadonlyArray<IssueView>;
  /** Hand back to continue; null at the end. */
  readonly next: string | null;
}

/** What every list takes. */
export interface PageOptions {
  readonly limit?: number;
  readonly cursor?: string | null;
  /** `due` soonest first (final issues: by when they ended); `dueLast` the other way. */
  readonly order?: "due" | "dueLast";
}

/** Who a count is for, and where it stops. */
export interface CountOptions {
  readonly viewer?: Actor;
  readonly purpose?: Purpose;
  readonly max?: number;
}

/** What a list is asked for. */
export interface Listing extends PageOptions {
  readonly viewer: Actor;
  readonly purpose?: Purpose;
}

/** Lists and counts over the issues of one namespace. */
export const makeLists = (settings: Settings, reading: Reading) => {
  const scan = scanner(settings);
  const seen = viewer(reading);
  return { counted: makeCount(settings, scan, seen), listed: makeListing(settings, scan, seen) };
};

// Private

type Scan = ReturnType<typeof scanner>;
type Seen = ReturnType<typeof viewer>;

const COUNT_MAX = 10_000;
/** Rows read at once where the first ones did not fill the page. */
const MORE = 200;
/** Rows a page looks ahead for the next issue its reader may see. */
const AHEAD = 20;
/**
 * Rows one page reads at the most. Behind so many that are not its reader's a page may
 * be short, and continue at one of them: the one place where their number shows.
 */
const ROWS_READ = 5_000;

const scanner =
  ({ namespace, storage }: Settings) =>
  (asked: {
    readonly index: string;
    readonly prefix: string;
    readonly cursor: string | null;
    readonly limit: number;
    readonly order: "due" | "dueLast";
  }) =>
    storage.scan({
      namespace,
      kind: KIND.issue,
      index: asked.index,
      range: under(asked.prefix),
      order: asked.order === "dueLast" ? "descending" : "ascending",
      limit: asked.limit,
      cursor: asked.cursor,
    });

const viewer = (reading: Reading) =>
  Effect.fnUntraced(function* (
    row: Row,
    looking: { readonly viewer: Actor; readonly purpose?: Purpose },
    at: Instant,
  ) {
    const { state } = yield* Effect.fromResult(decodeIssue(row.id, row.value));
    const world = yield* reading.worldOf(state);
    return viewOf(
      world,
      { state, contents: [] },
      { viewer: looking.viewer, purpose: looking.purpose ?? "handle", at },
    );
  });

const makeListing = (settings: Settings, scan: Scan, seen: Seen) =>
  Effect.fnUntraced(function* (index: string, prefix: string, options: Listing) {
    const most = Math.min(options.limit ?? 50, STORAGE_LIMITS.pageRows);
    const at = yield* settings.now;
    const from = (cursor: string | null, limit: number) =>
      scan({ index, prefix, cursor, limit, order: options.order ?? "due" });
    const issues: Array<IssueView> = [];
    let end: Effect.Effect<string | null, StorageError> | null = null;
    let cursor = options.cursor ?? null;
    for (let read = 0; read < ROWS_READ;) {
      const start = cursor;
      const page: Effect.Success<ReturnType<typeof scan>> = yield* from(
        start,
        read === 0 ? most : end === null ? MORE : AHEAD,
      );
      for (const [place, row] of page.rows.entries()) {
        const shown = yield* seen(row, options, at);
        if (shown === null) continue;
        // One more than asked for shows that there is more: only then is there a next page.
        if (end !== null) return { issues, next: yield* end } satisfies ViewPage;
        issues.push(shown);
        if (issues.length < most) continue;
        const isLast = place + 1 === page.rows.length;
        end = isLast
          ? Effect.succeed(page.next)
          : Effect.map(from(start, place + 1), ({ next }) => next);
      }
      if (page.next === null) return { issues, next: null };
      cursor = page.next;
      read += page.rows.length;
    }
    return { issues, next: end === null ? cursor : yield* end };
  });

const makeCount = (settings: Settings, scan: Scan, seen: Seen) =>
  Effect.fnUntraced(function* (
    index: string,
    prefix: string,
    { max = COUNT_MAX, purpose = "handle", viewer: counting }: CountOptions,
  ) {
    if (counting === undefined || (counting.host === true && purpose === "handle")) {
      const { namespace, storage } = settings;
      return yield* storage.count({
        namespace,
        kind: KIND.issue,
        index,
        range: under(prefix),
        max,
      });
    }
    const at = yield* settings.now;
    let count = 0;
    let cursor: string | null = null;
    do {
      const page: Effect.Success<ReturnType<typeof scan>> = yield* scan({
        ...{ index, prefix, cursor, order: "due" },
        limit: STORAGE_LIMITS.pageRows,
      });
      for (const row of page.rows) {
        if ((yield* seen(row, { viewer: counting, purpose }, at)) !== null) count += 1;
        if (count >= max) return max;
      }
      cursor = page.next;
    } while (cursor !== null);
    return count;
  });
