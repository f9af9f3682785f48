/**
 * Any storage driver as a source, for data that is reached through its port only.
 * The port cannot list all issues, so the states asked for are those of the streams
 * the journal has: a stream that is missing altogether shows against seals alone. Nor
 * has it snapshots: the data must not be written to meanwhile, or `verifyJournal` of
 * the services be asked instead.
 */
import { isHouseStream } from "@linli/core/journal";
import type { FeedEntry } from "@linli/core/journal";
import { STORAGE_LIMITS } from "@linli/core/ports";
import type { Row, RowKey, Storage } from "@linli/core/ports";
import { STORED_KINDS, STORED_SEALS } from "@linli/core/services";
import * as Effect from "effect/Effect";
import type { JournalSource, StoredRow } from "../Source.ts";

/** One namespace of an opened storage. */
export const storageSource = (
  storage: Storage,
  namespace: string,
  close: () => Promise<void> = async () => {},
): JournalSource => ({
  namespaces: async () => [namespace],
  entries: (name) => entriesOf(storage, name),
  states: async function* (name) {
    const streams = new Set<string>();
    for await (const { stream } of entriesOf(storage, name)) {
      if (!isHouseStream(stream)) streams.add(stream);
    }
    yield* rowsOf(storage, name, { kind: STORED_KINDS.issue, ids: [...streams] });
  },
  contents: (name, ids) => rowsOf(storage, name, { kind: STORED_KINDS.content, ids }),
  histories: async function* (name, streams) {
    for (const stream of streams) yield* entriesOf(storage, name, stream);
  },
  rows: (name, keys) => readAll(storage, name, keys),
  // The port finds rows by their keys and indexes; these have none.
  listed: () => null,
  indexed: async function* (name, at) {
    for await (const { key, id, value } of scanAll(storage, name, at)) {
      yield { index: at.index, key, id, value };
    }
  },
  entriesAfter: (name, cursor) => entriesOf(storage, name, null, cursor),
  // Asking for waiting jobs is leasing them.
  jobs: () => null,
  seals: async function* (name) {
    for await (const { value } of scanAll(storage, name, STORED_SEALS)) yield value;
  },
  close,
});

const entriesOf = async function* (
  storage: Storage,
  namespace: string,
  stream: string | null = null,
  from: string | null = null,
): AsyncGenerator<FeedEntry> {
  const limit = STORAGE_LIMITS.pageRows;
  let after = from;
  for (;;) {
    const page: Effect.Success<ReturnType<Storage["feed"]>> = await Effect.runPromise(
      storage.feed({ namespace, after, limit, stream }),
    );
    yield* page.entries;
    if (page.entries.length < limit) return;
    after = page.next;
  }
};

const rowsOf = (
  storage: Storage,
  namespace: string,
  { kind, ids }: { readonly kind: string; readonly ids: ReadonlyArray<string> },
): AsyncGenerator<StoredRow> =>
  readAll(
    storage,
    namespace,
    ids.map((id) => ({ kind, id })),
  );

const readAll = async function* (
  storage: Storage,
  namespace: string,
  all: ReadonlyArray<RowKey>,
): AsyncGenerator<StoredRow & { readonly kind: string }> {
  for (let at = 0; at < all.length; at += STORAGE_LIMITS.pageRows) {
    const keys = all.slice(at, at + STORAGE_LIMITS.pageRows);
    for (const row of await Effect.runPromise(storage.read({ namespace, keys }))) {
      if (row !== null) yield { kind: row.kind, id: row.id, value: row.value };
    }
  }
};

const scanAll = async function* (
  storage: Storage,
  namespace: string,
  { kind, index }: { readonly kind: string; readonly index: string },
): AsyncGenerator<Row & { readonly key: string }> {
  let cursor: string | null = null;
  do {
    const page: Effect.Success<ReturnType<Storage["scan"]>> = await Effect.runPromise(
      storage.scan({
        ...{ namespace, kind, index, cursor, order: "ascending" },
        range: { from: null, to: null },
        limit: STORAGE_LIMITS.pageRows,
      }),
    );
    yield* page.rows;
    cursor = page.next;
  } while (cursor !== null);
};
