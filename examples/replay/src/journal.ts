/**
 * Reading the journal back after a replay: one digest over all of it, every hash
 * chain followed, the rungs counted, and a sample of streams verified byte by byte.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { decodeEntry, verifyStream } from "@linli/core/journal";
import type { Digest } from "@linli/core/journal";
import type { Entry, StorageError } from "@linli/core/ports";
import type { InputError } from "@linli/core/data";
import type { SqliteStorage } from "@linli/storage-sqlite";
import { createHash } from "node:crypto";

/** Rungs fired over the whole replay. */
export interface Rungs {
  readonly reminders: number;
  readonly escalations: number;
  readonly lastRungs: number;
  /** Reviews of what had reached the last rung. */
  readonly reviews: number;
}

/** What the journal holds. */
export interface JournalReport {
  readonly entries: number;
  readonly streams: number;
  /** SHA-256 over stream, version and hash of every entry in commit order: equal for equal replays. */
  readonly digest: string;
  /** Every entry's version and stated predecessor were compared with the entry before it. */
  readonly chained: boolean;
  /** Streams whose every byte was verified: each fiftieth of the order they began in. */
  readonly verified: {
    readonly streams: number;
    readonly entries: number;
    readonly sound: boolean;
  };
  readonly rungs: Rungs;
}

/** One stream in so many is verified byte by byte. */
const SAMPLED = 50;
const PAGE = 1_000;

/** Reads a namespace's whole journal. */
export const readJournal = Effect.fn("readJournal")(function* (
  storage: SqliteStorage,
  digest: Digest,
  namespace = "main",
) {
  const hash = createHash("sha256");
  const streams = new Map<string, { version: number; hash: string }>();
  const rungs = { reminders: 0, escalations: 0, lastRungs: 0, reviews: 0 };
  let entries = 0;
  let chained = true;
  let after: string | null = null;
  for (;;) {
    const page: Page = yield* storage.feed({ namespace, after, limit: PAGE, stream: null });
    for (const entry of page.entries) {
      entries += 1;
      hash.update(`${entry.stream} ${entry.version} ${entry.hash}\n`);
      const before = streams.get(entry.stream) ?? { version: 0, hash: "" };
      chained &&=
        entry.version === before.version + 1 && entry.value.includes(`"previous":"${before.hash}"`);
      streams.set(entry.stream, { version: entry.version, hash: entry.hash });
      if (entry.value.startsWith(BY_CLOCK)) yield* countRung(rungs, entry.value);
    }
    if (page.entries.length < PAGE) break;
    after = page.next;
  }
  return {
    entries,
    streams: streams.size,
    digest: hash.digest("hex"),
    chained,
    verified: yield* verifySample(storage, digest, namespace, [...streams.keys()]),
    rungs,
  } satisfies JournalReport;
});

// Private

type Page = Effect.Success<ReturnType<SqliteStorage["feed"]>>;

// The canonical encoding puts the actor first, so what no clock caused need not be decoded.
const BY_CLOCK = '{"actor":{"type":"clock"}';

const countRung = (
  rungs: { -readonly [K in keyof Rungs]: Rungs[K] },
  value: string,
): Effect.Effect<void, InputError> =>
  Effect.fromResult(
    Result.map(decodeEntry(value), ({ event }) => {
      if (event.type === "Escalated") rungs.escalations += 1;
      else if (event.type === "LastRungReached") rungs.lastRungs += 1;
      else if (event.type === "Reminded" && event.kind === "review") rungs.reviews += 1;
      else rungs.reminders += 1;
    }),
  );

const verifySample = Effect.fnUntraced(function* (
  storage: SqliteStorage,
  digest: Digest,
  namespace: string,
  streams: ReadonlyArray<string>,
) {
  const found = { streams: 0, entries: 0, sound: true };
  for (let index = 0; index < streams.length; index += SAMPLED) {
    const entries = yield* entriesOf(storage, namespace, streams[index] ?? "");
    const verified = verifyStream(digest, entries);
    found.streams += 1;
    found.entries += entries.length;
    found.sound &&= verified._tag === "Sound" && verified.length === entries.length;
  }
  return found;
});

const entriesOf = (
  storage: SqliteStorage,
  namespace: string,
  stream: string,
): Effect.Effect<ReadonlyArray<Entry>, StorageError> =>
  Effect.map(
    storage.feed({ namespace, after: null, limit: PAGE, stream }),
    ({ entries }) => entries,
  );
