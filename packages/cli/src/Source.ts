/** Where a journal is read from when it is verified: one small interface, a driver for each kind of data. */
import type { FeedEntry } from "@linli/core/journal";
import type { RowKey } from "@linli/core/ports";
import type { StoredIndexEntry, StoredJob } from "@linli/core/services";

/** Anything that can be walked through, at once or in pages. */
export type Walk<A> = Iterable<A> | AsyncIterable<A>;

/** An issue or a content as it is stored. */
export interface StoredRow {
  readonly id: string;
  readonly value: string;
}

/** The data themselves are damaged, below anything a journal could tell. */
export interface DataFault {
  readonly kind: "Damaged";
  /** What the database says of it; no stored values. */
  readonly why: string;
}

/** Opened data: all that is asked is answered as of one instant, whoever writes meanwhile. Reads only what was stored, and changes nothing. */
export interface JournalSource {
  /** Whether the data can be believed to be read as they were written; absent where nobody can tell. */
  readonly damage?: () => Promise<DataFault | null>;
  readonly namespaces: () => Promise<ReadonlyArray<string>>;
  /** Entries in feed order. */
  readonly entries: (namespace: string) => Walk<FeedEntry>;
  /** The stored row of every issue. */
  readonly states: (namespace: string) => Walk<StoredRow>;
  /** All entries of these streams, those of one in order of their versions. */
  readonly histories: (namespace: string, streams: ReadonlyArray<string>) => Walk<FeedEntry>;
  /** The stored rows of these contents, those that are there. */
  readonly contents: (namespace: string, ids: ReadonlyArray<string>) => Walk<StoredRow>;
  /** Stored rows of any kinds, those that are there. */
  readonly rows: (
    namespace: string,
    keys: ReadonlyArray<RowKey>,
  ) => Walk<StoredRow & { readonly kind: string }>;
  /** Every row of a kind; null where the data does not let one list them. */
  readonly listed: (namespace: string, kind: string) => Walk<StoredRow> | null;
  /** Every entry of an index, in any order, with the row it leads to. */
  readonly indexed: (
    namespace: string,
    at: { readonly kind: string; readonly index: string },
  ) => Walk<StoredIndexEntry>;
  /** Entries after a place that a projection has come to; null when it is none of this feed's. */
  readonly entriesAfter: (namespace: string, cursor: string) => Walk<FeedEntry> | null;
  /** Jobs of a queue that are not done; null where the data does not let one list them. */
  readonly jobs: (namespace: string, queue: string) => Walk<StoredJob> | null;
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
