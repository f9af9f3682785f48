/**
 * Reading everything: one loop over the pages of a scan and one over those of the feed.
 *
 * Each hands over a page at a time, so that what is read is never held whole unless
 * the caller keeps it. What is written meanwhile may or may not be seen; a row whose
 * key moves behind the place read so far is seen no more.
 */
import * as Effect from "effect/Effect";
import type { Entry, FeedPage, KeyRange, ScanPage, StorageError } from "../ports/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { Settings } from "./Settings.ts";

/** What to read of one kind, in the order of an index. */
export interface ScanQuery {
  readonly kind: string;
  readonly index: string;
  readonly range: KeyRange;
  /** Rows of a page; default: as many as a storage gives. */
  readonly limit?: number;
}

/** Gives every page of a scan to `use`, in ascending order. */
export const scanPages = Effect.fnUntraced(function* <E, R>(
  settings: Settings,
  query: ScanQuery,
  use: (rows: ScanPage["rows"]) => Effect.Effect<void, E, R>,
) {
  let cursor: string | null = null;
  do {
    const page: ScanPage = yield* settings.storage.scan({
      namespace: settings.namespace,
      kind: query.kind,
      index: query.index,
      range: query.range,
      order: "ascending",
      limit: query.limit ?? STORAGE_LIMITS.pageRows,
      cursor,
    });
    yield* use(page.rows);
    cursor = page.next;
  } while (cursor !== null);
});

/** Gives every page of the journal, or of one stream, to `use`, in the order of the feed. */
export const feedPages = Effect.fnUntraced(function* <E, R>(
  settings: Settings,
  from: { readonly after: string | null; readonly stream: string | null },
  use: (entries: ReadonlyArray<Entry>) => Effect.Effect<void, E, R>,
) {
  let { after } = from;
  for (;;) {
    const page: FeedPage = yield* settings.storage.feed({
      namespace: settings.namespace,
      after,
      limit: STORAGE_LIMITS.pageRows,
      stream: from.stream,
    });
    if (page.entries.length > 0) yield* use(page.entries);
    if (page.entries.length < STORAGE_LIMITS.pageRows) return;
    after = page.next;
  }
});

/** Every row of a scan that `pick` makes something of, in one list. */
export const scanAll = <A, E>(
  settings: Settings,
  query: ScanQuery,
  pick: (row: ScanPage["rows"][number]) => Effect.Effect<A, E>,
): Effect.Effect<ReadonlyArray<A>, E | StorageError> =>
  Effect.suspend(() => {
    const found: Array<A> = [];
    const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
      for (const row of rows) found.push(yield* pick(row));
    });
    return Effect.as(scanPages(settings, query, use), found);
  });
