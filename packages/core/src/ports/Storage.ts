/**
 * The storage port: the first of the two doors.
 *
 * A driver knows nothing of issues or charters. It sees strings, safe integers
 * and epoch milliseconds that the library has already encoded and validated, and
 * it owes the promises below; `@linli/testing` checks each by its law id.
 *
 * - **commit is all or nothing**: rows, index keys, guards, entries, jobs and the
 *   receipt become visible together and survive `kill -9` once acknowledged (when
 *   the driver is `durable`).
 * - **versions**: a row's version starts at 1 and rises by one with each write; a
 *   deleted or missing row has version 0.
 * - **streams**: an entry's version within its stream is given by the library and
 *   must be exactly the stream's last version plus one; an entry that names the hash it
 *   follows is kept only behind that very entry.
 * - **feed**: entries in commit order; a cursor never passes an entry that could
 *   still appear.
 * - **leases**: a lease holds while its token is the job's latest, the job was
 *   neither cancelled nor scheduled again, and the instant is before `leasedUntil`.
 *   Only the holder may settle.
 * - **dead jobs**: a job settled as dead is leased no more, is listed with its reason,
 *   and stays until a commit revives it or schedules its id again.
 * - **order inside a commit**: receipt, then rows, guards, streams, leases and dead jobs
 *   are checked; then settled, cancelled, revived and scheduled, in that order.
 * - **text**: any text without NUL and lone surrogates is stored unchanged; index
 *   keys, and ids under equal keys, are ordered by the bytes of their UTF-8 form.
 */
import type * as Effect from "effect/Effect";
import type { Conflict, StorageError } from "./StorageErrors.ts";
import type { StorageCapabilities, StorageInfo } from "./StorageInfo.ts";

/** Isolates one city or town; nothing is shared between two namespaces. */
export type Namespace = string;

/** Names a state row. */
export interface RowKey {
  readonly kind: string;
  readonly id: string;
}

/** A stored state row. */
export interface Row extends RowKey {
  readonly version: number;
  readonly value: string;
}

/** One entry of an index for a row; a row may have several in the same index. */
export interface IndexKey {
  readonly index: string;
  readonly key: string;
}

/** A row to write (or, with `value: null`, to delete) if its version still is `expected`. */
export interface RowWrite extends RowKey {
  /** 0 when the row must not exist. */
  readonly expected: number;
  readonly value: string | null;
  /** Replaces all index entries of the row. Empty when deleting. */
  readonly indexes: ReadonlyArray<IndexKey>;
}

/** A version that must still hold at commit, of a row that is not written. */
export interface Guard extends RowKey {
  readonly version: number;
}

/** A line of the journal to append. */
export interface EntryWrite {
  readonly stream: string;
  readonly version: number;
  readonly value: string;
  readonly hash: string;
  /**
   * Hash of the entry it follows in its stream, empty for the first; not kept with it. A
   * version alone does not tell two histories apart: after a database was set back, others
   * may have written the same version with other content. Left out, it follows whatever is there.
   */
  readonly previous?: string;
}

/** A stored line of the journal with its place in the feed. */
export interface Entry extends Omit<EntryWrite, "previous"> {
  readonly cursor: string;
}

/** Work due at an instant. `id` is unique in its namespace; scheduling it again replaces it. */
export interface JobWrite {
  readonly id: string;
  readonly queue: string;
  /**
   * Jobs of one key are leased one at a time within their queue, oldest due first,
   * and those due at the same instant in the order they were scheduled.
   */
  readonly key: string;
  readonly dueAt: number;
  readonly value: string;
}

/** A job held under a lease. */
export interface LeasedJob extends JobWrite {
  readonly namespace: Namespace;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Fences the lease: an outcome under an older token is refused. */
  readonly token: string;
  readonly leasedUntil: number;
}

/** What became of a leased job. */
export type JobOutcome =
  | {
      readonly _tag: "Done";
      readonly namespace: Namespace;
      readonly id: string;
      readonly token: string;
    }
  | {
      readonly _tag: "Retry";
      readonly namespace: Namespace;
      readonly id: string;
      readonly token: string;
      readonly dueAt: number;
    }
  | {
      readonly _tag: "Dead";
      readonly namespace: Namespace;
      readonly id: string;
      readonly token: string;
      /** Kept beside the dead job; never personal data. */
      readonly reason: string;
    }
  | {
      readonly _tag: "Renew";
      readonly namespace: Namespace;
      readonly id: string;
      readonly token: string;
      readonly until: number;
    };

/** A job that was given up on, as it lies there. */
export interface DeadJob extends JobWrite {
  readonly namespace: Namespace;
  /** How often it was leased. */
  readonly attempt: number;
  /** Why it was given up, as settled. */
  readonly reason: string;
  /** The instant it was settled as dead. */
  readonly diedAt: number;
}

/** One page of dead jobs, those dead longest first; of one instant by id, bytewise. */
export interface DeadPage {
  readonly jobs: ReadonlyArray<DeadJob>;
  /** Hand back to continue; null at the end. Opaque. */
  readonly next: string | null;
}

/**
 * Makes a dead job due again, as if it were scheduled anew with what it holds. A job
 * that is not dead refuses the whole batch, so that of two who revive it one does.
 */
export interface Revival {
  readonly id: string;
  readonly dueAt: number;
}

/**
 * Whether an outcome took effect. Settling the same outcome again answers `Settled`
 * again until the job is leased or scheduled anew, for {@link SETTLED_KEPT_MILLIS} at least.
 */
export type SettleResult = "Settled" | "LeaseLost";

/** The first result of a command, kept so that the same command acts once. */
export interface ReceiptWrite {
  readonly id: string;
  /** Hash of the command's content: the same id with other content is an error. */
  readonly contentHash: string;
  readonly value: string;
  /** Epoch milliseconds after which the receipt may be forgotten; null for never. */
  readonly keepUntil: number | null;
}

/** A stored receipt. */
export interface Receipt {
  readonly id: string;
  readonly contentHash: string;
  readonly value: string;
}

/**
 * Everything one commit does. Once it is answered it is the caller's again, who may change it:
 * a driver that remembers something of it keeps a copy.
 */
export interface CommitBatch {
  readonly namespace: Namespace;
  /** The instant of the commit; the only clock a driver ever reads. */
  readonly at: number;
  readonly rows: ReadonlyArray<RowWrite>;
  readonly guards: ReadonlyArray<Guard>;
  readonly entries: ReadonlyArray<EntryWrite>;
  readonly schedule: ReadonlyArray<JobWrite>;
  /** Ids of jobs to forget; a missing job is not an error, a leased one loses its lease. */
  readonly cancel: ReadonlyArray<string>;
  /**
   * Settled only if each lease still holds; a lost lease, and one already settled,
   * refuses the whole batch.
   */
  readonly settle: ReadonlyArray<JobOutcome>;
  /** Dead jobs to work off after all; none when left out. */
  readonly revive?: ReadonlyArray<Revival>;
  readonly receipt: ReceiptWrite | null;
}

/** `Replayed` when the receipt's id and content were committed before: nothing was written. */
export type CommitResult =
  | { readonly _tag: "Committed" }
  | { readonly _tag: "Replayed"; readonly receipt: Receipt };

/** A half-open range of index keys; null is open. */
export interface KeyRange {
  readonly from: string | null;
  readonly to: string | null;
}

/** One page of rows in the order of an index. */
export interface ScanPage {
  readonly rows: ReadonlyArray<Row & { readonly key: string }>;
  /** Hand back to continue; null at the end. Opaque, and at most 32 times as long as a key. */
  readonly next: string | null;
}

/** One page of the journal. */
export interface FeedPage {
  readonly entries: ReadonlyArray<Entry>;
  /** Cursor to continue after; equals the given one when nothing was new. */
  readonly next: string | null;
}

/** How long a driver remembers at least that a job was settled, by the instants it is given. */
export const SETTLED_KEPT_MILLIS = 24 * 60 * 60 * 1000;

/** A driver: ten methods over encoded data. All arguments are already validated. */
export interface Storage {
  readonly capabilities: StorageCapabilities;
  /** What is open here: for a health page or a DBA. Cheap enough to be asked every few seconds. */
  readonly info: () => Effect.Effect<StorageInfo, StorageError>;
  /** Rows in the order of the keys; null where a row does not exist. */
  readonly read: (request: {
    readonly namespace: Namespace;
    readonly keys: ReadonlyArray<RowKey>;
  }) => Effect.Effect<ReadonlyArray<Row | null>, StorageError>;
  /** The receipt of a command, or null. */
  readonly receipt: (request: {
    readonly namespace: Namespace;
    readonly id: string;
  }) => Effect.Effect<Receipt | null, StorageError>;
  readonly scan: (request: {
    readonly namespace: Namespace;
    readonly kind: string;
    readonly index: string;
    readonly range: KeyRange;
    readonly order: "ascending" | "descending";
    readonly limit: number;
    readonly cursor: string | null;
  }) => Effect.Effect<ScanPage, StorageError>;
  /** Index entries in the range, counted up to `max`. */
  readonly count: (request: {
    readonly namespace: Namespace;
    readonly kind: string;
    readonly index: string;
    readonly range: KeyRange;
    readonly max: number;
  }) => Effect.Effect<number, StorageError>;
  readonly commit: (batch: CommitBatch) => Effect.Effect<CommitResult, Conflict | StorageError>;
  /** With `stream`, only that stream's entries, in version order. */
  readonly feed: (request: {
    readonly namespace: Namespace;
    readonly after: string | null;
    readonly limit: number;
    readonly stream: string | null;
  }) => Effect.Effect<FeedPage, StorageError>;
  /**
   * Jobs due at `now` whose lease is free, at most one per (namespace, key), oldest
   * due first but turn by turn between namespaces. `namespace: null` means all.
   */
  readonly lease: (request: {
    readonly namespace: Namespace | null;
    readonly queue: string;
    readonly now: number;
    readonly until: number;
    readonly limit: number;
    readonly owner: string;
  }) => Effect.Effect<ReadonlyArray<LeasedJob>, StorageError>;
  readonly settle: (
    outcomes: ReadonlyArray<JobOutcome>,
    at: number,
  ) => Effect.Effect<ReadonlyArray<SettleResult>, StorageError>;
  /** Jobs that were given up on; of one queue, or of all with `queue: null`. */
  readonly dead: (request: {
    readonly namespace: Namespace;
    readonly queue: string | null;
    readonly limit: number;
    readonly cursor: string | null;
  }) => Effect.Effect<DeadPage, StorageError>;
}
