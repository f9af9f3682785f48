/** Where a journal is read from when it is verified: one small interface, a driver for each kind of data. */
import type { FeedEntry } from "@linli/core/journal";

/** Anything that can be walked through, at once or in pages. */
export type Walk<A> = Iterable<A> | AsyncIterable<A>;

/** An issue or a content as it is stored. */
export interface StoredRow {
  readonly id: string;
  readonly value: string;
}

/** Opened data: all that is asked is answered as of one instant, whoever writes meanwhile. Reads only what was stored, and changes nothing. */
export interface JournalSource {
  readonly namespaces: () => Promise<ReadonlyArray<string>>;
  /** Entries in feed order. */
  readonly entries: (namespace: string) => Walk<FeedEntry>;
  /** The stored row of every issue. */
  readonly states: (namespace: string) => Walk<StoredRow>;
  /** All entries of these streams, those of one in order of their versions. */
  readonly histories: (namespace: string, streams: ReadonlyArray<string>) => Walk<FeedEntry>;
  /** The stored rows of these contents, those that are there. */
  readonly contents: (namespace: string, ids: ReadonlyArray<string>) => Walk<StoredRow>;
  /** Stored seals, one text each, in order. */
  readonly seals: (namespace: string) => Walk<string>;
  readonly close: () => Promise<void>;
}

/** Opens one kind of data. */
export interface SourceDriver {
  readonly name: string;
  /** True for a `--data` that is this driver's: a path, or a URL of some scheme. */
  readonly accepts: (data: string) => boolean;
  /** Fails with {@link Unusable}. */
  readonly open: (data: string) => Promise<JournalSource>;
}

/** The data, the seals, a key or the arguments cannot be used; says what to do. Exit code 2. */
export class Unusable extends Error {
  readonly _tag = "Unusable";
}
