/**
 * Any storage driver as a source, for data that is reached through its port only.
 * The port cannot list all issues, so the states asked for are those of the streams
 * the journal has: a stream that is missing altogether shows against seals alone.
 */
import { isHouseStream } from "@linli/core/journal";
import type { FeedEntry, StreamHead } from "@linli/core/journal";
import { STORAGE_LIMITS } from "@linli/core/ports";
import type { Storage } from "@linli/core/ports";
import { STORED_KINDS, STORED_SEALS, streamHeadOf } from "@linli/core/services";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { JournalSource } from "../Source.ts";

/** One namespace of an opened storage. */
export const storageSource = (
  storage: Storage,
  namespace: string,
  close: () => Promise<void> = async () => {},
): JournalSource => ({
  namespaces: async () => [namespace],
  entries: (name) => entriesOf(storage, name),
  heads: async function* (name) {
    const streams = new Set<string>();
    for await (const { stream } of entriesOf(storage, name)) {
      if (!isHouseStream(stream)) streams.add(stream);
    }
    yield* headsOf(storage, name, [...streams]);
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

const entriesOf = async function* (storage: Storage, namespace: string): AsyncGenerator<FeedEntry> {
  const limit = STORAGE_LIMITS.pageRows;
  let after: string | null = null;
  for (;;) {
    const page: Effect.Success<ReturnType<Storage["feed"]>> = await Effect.runPromise(
      storage.feed({ namespace, after, limit, stream: null }),
    );
    yield* page.entries;
    if (page.entries.length < limit) return;
    after = page.next;
  }
};

const headsOf = async function* (
  storage: Storage,
  namespace: string,
  streams: ReadonlyArray<string>,
): AsyncGenerator<StreamHead | { readonly unreadable: string }> {
  for (let at = 0; at < streams.length; at += STORAGE_LIMITS.pageRows) {
    const keys = streams
      .slice(at, at + STORAGE_LIMITS.pageRows)
      .map((id) => ({ kind: STORED_KINDS.issue, id }));
    for (const row of await Effect.runPromise(storage.read({ namespace, keys }))) {
      if (row === null) continue;
      const head = streamHeadOf(row.id, row.value);
      yield Result.isSuccess(head) ? head.success : { unreadable: row.id };
    }
  }
};
