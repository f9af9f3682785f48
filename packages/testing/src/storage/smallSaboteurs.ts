/** Drivers that are wrong about nothing: where nothing is there, nothing is asked, or nothing may be left. */
import {
  type CommitBatch,
  type LeasedJob,
  makeMemoryStorage,
  type Storage,
  StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type { RawCounts } from "./Fixture.ts";
import { sabotage, sabotageShared, type StorageSaboteur } from "./Saboteur.ts";

const invalid = (operation: string) =>
  Effect.fail(new StorageError({ reason: "Invalid", operation, detail: "refused" }));

const aboutNothing: ReadonlyArray<StorageSaboteur> = [
  sabotage(
    "busybody",
    "refuses a batch that does nothing beside its receipt",
    "commit.empty",
    (honest) => ({
      commit: (batch) => (isEmpty(batch) ? invalid("commit") : honest.commit(batch)),
    }),
  ),
  sabotage("made-up", "makes up a receipt where there is none", "receipt.absent", (honest) => ({
    receipt: (request) =>
      Effect.map(
        honest.receipt(request),
        (found) => found ?? { id: request.id, contentHash: "", value: "" },
      ),
  })),
  sabotage("first-place", "gives an empty feed a cursor", "feed.empty", (honest) => ({
    feed: (request) =>
      Effect.map(honest.feed(request), (page) => ({ ...page, next: page.next ?? "0" })),
  })),
  sabotage(
    "back-to-start",
    "forgets the cursor when nothing is new",
    "feed.cursor-rests",
    (honest) => ({
      feed: (request) =>
        Effect.map(honest.feed(request), (page) =>
          page.entries.length === 0 ? { ...page, next: null } : page,
        ),
    }),
  ),
  sabotage(
    "any-place",
    "begins its feed anew at a cursor it does not know",
    "feed.foreign-cursor",
    (honest) => ({
      feed: (request) =>
        Effect.catchTag(honest.feed(request), "StorageError", () =>
          honest.feed({ ...request, after: null }),
        ),
    }),
  ),
  sabotage(
    "any-page",
    "begins a scan anew at a cursor it does not know",
    "scan.foreign-cursor",
    (honest) => ({
      scan: (request) =>
        Effect.catchTag(honest.scan(request), "StorageError", () =>
          honest.scan({ ...request, cursor: null }),
        ),
    }),
  ),
  sabotage("endless-scan", "never ends a scan that found nothing", "scan.empty", (honest) => ({
    scan: (request) =>
      Effect.map(honest.scan(request), (page) =>
        page.rows.length === 0 ? { ...page, next: "more" } : page,
      ),
  })),
  sabotage("strict-cancel", "refuses to cancel a job it never saw", "cancel.missing", (honest) => {
    const seen = new Set<string>();
    return {
      commit: (batch) => {
        for (const { id } of batch.schedule) seen.add(id);
        return batch.cancel.every((id) => seen.has(id)) ? honest.commit(batch) : invalid("commit");
      },
    };
  }),
  sabotage("polite-settle", "calls settled what it never leased", "settle.unknown", (honest) => {
    const tokens = new Set<string>();
    return {
      lease: (request) =>
        Effect.tap(honest.lease(request), (jobs) =>
          Effect.sync(() => jobs.forEach(({ token }) => tokens.add(token))),
        ),
      settle: (outcomes, at) =>
        Effect.map(honest.settle(outcomes, at), (results) =>
          results.map((result, n) => (tokens.has(outcomes[n]?.token ?? "") ? result : "Settled")),
        ),
    };
  }),
  sabotage(
    "grown-up",
    "gives one row too many where none was asked for",
    "read.empty",
    (honest) => ({
      read: (request) =>
        Effect.map(honest.read(request), (rows) => (rows.length === 0 ? [null] : rows)),
    }),
  ),
  sabotage(
    "other-name",
    "goes by another name than it was told",
    "capabilities.truthful",
    (honest) => ({
      capabilities: { ...honest.capabilities, name: "other" },
    }),
  ),
  sabotage(
    "grace",
    "settles for a moment after the lease has ended",
    "race.settle-once",
    (honest) => ({
      settle: (outcomes, at) => honest.settle(outcomes, at - 1),
    }),
  ),
];

const isEmpty = ({ rows, entries, schedule, cancel, settle, revive = [] }: CommitBatch) =>
  [rows, entries, schedule, cancel, settle, revive].every((part) => part.length === 0);

const ofHandles: ReadonlyArray<StorageSaboteur> = [
  sabotageShared(
    "own-holders",
    "leases on one handle what is held through the other",
    "shared.one-holder",
    (honest) => {
      const known = held.get(honest) ?? [];
      held.set(honest, known);
      return {
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) => {
            const others = known.slice(0, Math.max(0, request.limit - jobs.length));
            known.push(...jobs);
            return [...jobs, ...others];
          }),
      };
    },
  ),
  sabotageShared(
    "row-by-row",
    "reads rows one after another while the other handle writes",
    "shared.read-whole",
    (honest) => ({
      read: ({ namespace, keys }) =>
        Effect.map(
          Effect.forEach(keys, (key) =>
            Effect.andThen(Effect.yieldNow, honest.read({ namespace, keys: [key] })),
          ),
          (rows) => rows.flat(),
        ),
    }),
  ),
];

const held = new WeakMap<Storage, Array<LeasedJob>>();

/** What lies in the data of a driver that keeps its books as told. */
const sabotageStored = (
  id: string,
  wrong: string,
  caughtBy: string,
  litter: { readonly refused?: boolean; readonly indexKeys?: boolean; readonly entries?: boolean },
): StorageSaboteur => {
  const booksOf = new WeakMap<Storage, Books>();
  return {
    ...{ id, wrong, caughtBy },
    make: () => {
      const honest = makeMemoryStorage();
      const books = makeBooks();
      const made: Storage = {
        ...honest,
        commit: (batch) => {
          if (litter.refused === true)
            return Effect.tapError(keep(honest, books, batch), () =>
              Effect.sync(() => {
                books.entries += batch.entries.length;
              }),
            );
          return Effect.tap(keep(honest, books, batch), ({ _tag }) =>
            Effect.sync(() => {
              if (_tag !== "Committed") return;
              if (litter.entries === true) books.entries += batch.entries.length;
              const gone = batch.rows.filter(({ value }) => value === null);
              if (litter.indexKeys === true) books.left += gone.length;
            }),
          );
        },
      };
      booksOf.set(made, books);
      return made;
    },
    inspect: (storage) => countsOf(booksOf.get(storage) ?? makeBooks()),
  };
};

interface Books {
  readonly rows: Map<string, number>;
  readonly receipts: Set<string>;
  readonly jobs: Set<string>;
  entries: number;
  /** Index entries nobody looks after. */
  left: number;
}

const makeBooks = (): Books => ({
  ...{ rows: new Map(), receipts: new Set(), jobs: new Set(), entries: 0, left: 0 },
});

const keep = (honest: Storage, books: Books, batch: CommitBatch) =>
  Effect.tap(honest.commit(batch), ({ _tag }) =>
    Effect.sync(() => {
      if (_tag !== "Committed") return;
      const name = (...parts: ReadonlyArray<string>) => JSON.stringify([batch.namespace, ...parts]);
      for (const { kind, id, value, indexes } of batch.rows) {
        if (value === null) books.rows.delete(name(kind, id));
        else books.rows.set(name(kind, id), indexes.length);
      }
      books.entries += batch.entries.length;
      if (batch.receipt !== null) books.receipts.add(name(batch.receipt.id));
      for (const id of batch.cancel) books.jobs.delete(name(id));
      for (const { id } of batch.schedule) books.jobs.add(name(id));
    }),
  );

const countsOf = ({ rows, receipts, jobs, entries, left }: Books): RawCounts => ({
  rows: rows.size,
  indexKeys: left + [...rows.values()].reduce((sum, one) => sum + one, 0),
  entries,
  receipts: receipts.size,
  jobs: jobs.size,
});

const inTheData: ReadonlyArray<StorageSaboteur> = [
  sabotageStored(
    "crumbs",
    "leaves entries of refused commits in the data",
    "failure.refused-no-trace",
    {
      refused: true,
    },
  ),
  sabotageStored(
    "loose-ends",
    "leaves index entries of deleted rows in the data",
    "delete.no-trace",
    {
      indexKeys: true,
    },
  ),
  sabotageStored(
    "double-entry",
    "stores every entry twice and shows it once",
    "commit.stored-as-counted",
    {
      entries: true,
    },
  ),
];

/** Those that are wrong about nothing, or about what nobody sees. */
export const smallSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...aboutNothing,
  ...ofHandles,
  ...inTheData,
];
