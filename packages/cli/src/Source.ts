/** Where a journal is read from when it is verified: one small interface, a driver for each kind of data. */
import type { FeedEntry, StreamHead } from "@linli/core/journal";

/** Anything that can be walked through, at once or in pages. */
export type Walk<A> = Iterable<A> | AsyncIterable<A>;

/** Opened data. Reads only what was stored, and changes nothing. */
export interface JournalSource {
  readonly namespaces: () => Promise<ReadonlyArray<string>>;
  /** Entries in feed order. */
  readonly entries: (namespace: string) => Walk<FeedEntry>;
  /** What each issue's stored state says of its stream; null for one that cannot be read. */
  readonly heads: (namespace: string) => Walk<StreamHead | { readonly unreadable: string }>;
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
