/** Drivers wrong about rows that are rewritten, or about a cursor at an odd place: each kept every law there was before. */
import {
  decodeScanCursor,
  type Entry,
  type IndexKey,
  isWithin,
  type RowWrite,
  type Storage,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { sabotage, type StorageSaboteur } from "./Saboteur.ts";

/** Indexes a row in a way that depends on how it stood before; null for a row that was deleted. */
const reindexes = (
  id: string,
  wrong: string,
  caughtBy: string,
  indexes: (write: RowWrite, before: ReadonlyArray<IndexKey>) => ReadonlyArray<IndexKey>,
) =>
  sabotage(id, wrong, caughtBy, (honest) => {
    const standing = new Map<string, ReadonlyArray<IndexKey>>();
    return {
      commit: (batch) => {
        const name = (row: RowWrite) => [batch.namespace, row.kind, row.id].join("\u0000");
        const rows = batch.rows.map((row) =>
          row.value === null
            ? row
            : { ...row, indexes: indexes(row, standing.get(name(row)) ?? []) },
        );
        return Effect.tap(honest.commit({ ...batch, rows }), ({ _tag }) => {
          // What a deleted row stood under stays known, as it does in an index nobody cleans.
          if (_tag === "Committed")
            for (const row of rows) if (row.value !== null) standing.set(name(row), row.indexes);
          return Effect.void;
        });
      },
    };
  });

const joined = (keys: ReadonlyArray<IndexKey>) => keys.map(({ key }) => key).join(",");

const indexSaboteurs: ReadonlyArray<StorageSaboteur> = [
  reindexes(
    "named-indexes",
    "clears only those indexes that the new version of a row names",
    "scan.reindexed-elsewhere",
    ({ expected, indexes }, before) =>
      expected === 0 || indexes.length === 0
        ? indexes
        : [...indexes, ...before.filter((old) => indexes.every((one) => one.index !== old.index))],
  ),
  reindexes(
    "joined-keys",
    "compares the keys of a row with those before joined by commas",
    "scan.reindexed-alike",
    ({ expected, indexes }, before) =>
      expected > 0 && joined(indexes) === joined(before) ? before : indexes,
  ),
  reindexes(
    "ghost-keys",
    "leaves the keys of a deleted row for the one that is created after it",
    "delete.keys-stay-gone",
    ({ expected, indexes }, before) => (expected === 0 ? [...indexes, ...before] : indexes),
  ),
  sabotage(
    "keys-by-id",
    "clears index entries by the id of a row, whatever its kind",
    "scan.reindexed-kinds-apart",
    (honest) => {
      const rewriter = new Map<string, string>();
      return {
        commit: (batch) =>
          Effect.tap(honest.commit(batch), ({ _tag }) => {
            for (const { kind, id, expected } of batch.rows)
              if (_tag === "Committed" && expected > 0)
                rewriter.set(`${batch.namespace}\u0000${id}`, kind);
            return Effect.void;
          }),
        scan: (request) =>
          Effect.map(honest.scan(request), (page) => ({
            ...page,
            rows: page.rows.filter(
              ({ kind, id }) => (rewriter.get(`${request.namespace}\u0000${id}`) ?? kind) === kind,
            ),
          })),
      };
    },
  ),
];

type Scan = Parameters<Storage["scan"]>[0];

/** Goes on behind another place than its cursor says; `ends` for none at all. */
const strays = (
  id: string,
  wrong: string,
  caughtBy: string,
  place: (
    request: Scan,
    position: { readonly key: string; readonly id: string },
    honest: Storage,
  ) => Effect.Effect<"as asked" | "anew" | "ends", unknown>,
) =>
  sabotage(id, wrong, caughtBy, (honest) => ({
    scan: (request) => {
      const position = request.cursor === null ? null : decodeScanCursor(request.cursor);
      if (position === null || Result.isFailure(position)) return honest.scan(request);
      return Effect.flatMap(Effect.orDie(place(request, position.success, honest)), (found) => {
        if (found === "ends") return Effect.succeed({ rows: [], next: null });
        return honest.scan(found === "anew" ? { ...request, cursor: null } : request);
      });
    },
  }));

const scanSaboteurs: ReadonlyArray<StorageSaboteur> = [
  strays(
    "lost-place",
    "ends a scan whose cursor stands behind a row that is there no more",
    "scan.cursor-of-deleted",
    (request, { key, id }, honest) =>
      Effect.map(
        honest.scan({
          ...request,
          range: { from: key, to: null },
          order: "ascending",
          limit: 1000,
          cursor: null,
        }),
        ({ rows }) => (rows.some((row) => row.key === key && row.id === id) ? "as asked" : "ends"),
      ),
  ),
  strays(
    "no-empty-key",
    "takes a cursor behind the empty key for none",
    "scan.paging-any-keys",
    (_, { key }) => Effect.succeed(key === "" ? "anew" : "as asked"),
  ),
  strays(
    "range-begins",
    "begins at the range where the cursor stands outside of it",
    "scan.cursor-beyond-range",
    ({ range }, { key }) => Effect.succeed(isWithin(range, key) ? "as asked" : "anew"),
  ),
  sabotage(
    "no-empty-end",
    "takes the empty text as a range's end for none",
    "scan.empty-bound",
    (honest) => ({
      scan: (request) =>
        honest.scan({ ...request, range: { ...request.range, to: request.range.to || null } }),
    }),
  ),
];

const streamCursor = /^s(\d+)$/;

const feedSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotage(
    "exact-page",
    "takes the last entry for the one behind the page when the page holds exactly what is left",
    "feed.limit-exact",
    (honest) => ({
      feed: (request) =>
        Effect.flatMap(honest.feed(request), (page) => {
          const last = page.entries.at(-2);
          if (request.after === null || page.entries.length < request.limit || last === undefined)
            return Effect.succeed(page);
          const cut = { entries: page.entries.slice(0, -1), next: last.cursor };
          return Effect.map(
            honest.feed({ ...request, after: page.next, limit: 1 }),
            ({ entries }) => (entries.length === 0 && page.entries.length > 5 ? cut : page),
          );
        }),
    }),
  ),
  sabotage(
    "stream-places",
    "counts the places of a stream by themselves",
    "feed.cursor-of-stream",
    (honest) => {
      const own = (entry: Entry): Entry => ({ ...entry, cursor: `s${entry.version}` });
      return {
        feed: (request) => {
          const version = Number(streamCursor.exec(request.after ?? "")?.[1] ?? "0");
          if (request.stream === null || (version === 0 && request.after !== null))
            return honest.feed(request);
          return Effect.map(honest.feed({ ...request, after: null, limit: 1000 }), (line) => {
            const later = line.entries.filter((entry) => entry.version > version);
            const entries = later.slice(0, request.limit).map(own);
            return { entries, next: entries.at(-1)?.cursor ?? request.after };
          });
        },
      };
    },
  ),
  sabotage(
    "skips-ahead",
    "moves the cursor of a stream to the end of the feed when nothing of it is new",
    "feed.cursor-rests-by-stream",
    (honest) => ({
      feed: (request) =>
        Effect.flatMap(honest.feed(request), (page) =>
          request.stream === null || page.entries.length > 0
            ? Effect.succeed(page)
            : Effect.map(honest.feed({ ...request, stream: null, limit: 1000 }), ({ next }) => ({
                ...{ entries: [], next },
              })),
        ),
    }),
  ),
];

export const rewriteSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...indexSaboteurs,
  ...scanSaboteurs,
  ...feedSaboteurs,
];
