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
import type { Storage } from "@linli/core/ports";
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
  seals: async function* (name) {
    let cursor: string | null = null;
    do {
      const page: Effect.Success<ReturnType<Storage["scan"]>> = await Effect.runPromise(
        storage.scan({
          ...{ namespace: name, ...STORED_SEALS, cursor },
          range: { from: null, to: null },
          order: "ascending",
          limit: 100,
        }),
      );
      for (const row of page.rows) yield row.value;
      cursor = page.next;
    } while (cursor !== null);
  },
  close,
});

const entriesOf = async function* (
  storage: Storage,
  namespace: string,
  stream: string | null = null,
): AsyncGenerator<FeedEntry> {
  const limit = STORAGE_LIMITS.pageRows;
  let after: string | null = null;
  for (;;) {
    const page: Effect.Success<ReturnType<Storage["feed"]>> = await Effect.runPromise(
      storage.feed({ namespace, after, limit, stream }),
    );
    yield* page.entries;
    if (page.entries.length < limit) return;
    after = page.next;
  }
};

const rowsOf = async function* (
  storage: Storage,
  namespace: string,
  { kind, ids }: { readonly kind: string; readonly ids: ReadonlyArray<string> },
): AsyncGenerator<StoredRow> {
  for (let at = 0; at < ids.length; at += STORAGE_LIMITS.pageRows) {
    const keys = ids.slice(at, at + STORAGE_LIMITS.pageRows).map((id) => ({ kind, id }));
    for (const row of await Effect.runPromise(storage.read({ namespace, keys }))) {
      if (row !== null) yield { id: row.id, value: row.value };
    }
  }
};
