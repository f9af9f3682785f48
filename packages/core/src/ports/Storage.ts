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
 *   must be exactly the stream's last version plus one.
 * - **feed**: entries in commit order; a cursor never passes an entry that could
 *   still appear.
 * - **leases**: a lease holds while its token is the job's latest, the job was
 *   neither cancelled nor scheduled again, and the instant is before `leasedUntil`.
 *   Only the holder may settle.
 * - **order inside a commit**: receipt, then rows, guards, streams and leases are
 *   checked; then settled, cancelled and scheduled, in that order.
 * - **text**: any text without NUL and lone surrogates is stored unchanged; index
 *   keys, and ids under equal keys, are ordered by the bytes of their UTF-8 form.
 */
import type * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";

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
}

/** A stored line of the journal with its place in the feed. */
export interface Entry extends EntryWrite {
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

/** Everything one commit does. */
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
  /** Hand back to continue; null at the end. Opaque. */
  readonly next: string | null;
}

/** One page of the journal. */
export interface FeedPage {
  readonly entries: ReadonlyArray<Entry>;
  /** Cursor to continue after; equals the given one when nothing was new. */
  readonly next: string | null;
}

/** What a driver can do, as data: printed in reports, never a switch for a core law. */
export interface StorageCapabilities {
  readonly name: string;
  /** An acknowledged commit survives a crash of the process. */
  readonly durable: boolean;
  /** Several processes may use the same data at once. */
  readonly shared: boolean;
}

/** Upper bounds every driver keeps; beyond them a call fails with reason `TooLarge`. */
export const STORAGE_LIMITS = {
  /** Rows, entries, jobs, guards and keys together in one batch. */
  batchItems: 10_000,
  /** UTF-8 bytes of one value. */
  valueBytes: 1024 * 1024,
  /** UTF-8 bytes of one index key, id or stream name. */
  keyBytes: 512,
  /** Rows or entries of one page. */
  pageRows: 1000,
} as const;

/** How long a driver remembers at least that a job was settled, by the instants it is given. */
export const SETTLED_KEPT_MILLIS = 24 * 60 * 60 * 1000;

/**
 * `kind` of a conflict that is no row: a stream whose last version is another
 * (`expected` and `actual` are last versions), and a lease that is lost
 * (`expected` 1, `actual` 0). Row kinds may not use these words.
 */
export const CONFLICT_KINDS = { stream: "stream", lease: "lease" } as const;

/** A driver: eight methods over encoded data. All arguments are already validated. */
export interface Storage {
  readonly capabilities: StorageCapabilities;
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
}

/** Why a commit was refused although nothing failed: the answer to a race. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  /** Every row, guard, stream or lease that did not hold, once each, with what is there instead. */
  conflicts: Schema.Array(
    Schema.Struct({
      kind: Schema.String,
      id: Schema.String,
      expected: Schema.Int,
      actual: Schema.Int,
    }),
  ),
}) {
  override get message(): string {
    const shown = this.conflicts
      .slice(0, 3)
      .map((one) => `${one.kind} \`${one.id}\` is at version ${one.actual}, not ${one.expected}`);
    return `the commit was refused: ${shown.join("; ")}; read again and decide again`;
  }
}

/**
 * Why the storage could not answer. Only `Unavailable`, `Timeout` and `Contention`
 * are worth a retry; `Invalid` is a caller that broke the port's own terms.
 */
export const StorageReason = Schema.Literals([
  "Unavailable",
  "Timeout",
  "Contention",
  "Corrupt",
  "Full",
  "ReadOnly",
  "Locked",
  "TooLarge",
  "ReceiptMismatch",
  "Invalid",
  "Misconfigured",
  "Unsupported",
  "Unknown",
]);
export type StorageReason = typeof StorageReason.Type;

/** The storage failed. `operation` names the method; `detail` never holds stored values. */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  reason: StorageReason,
  operation: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message(): string {
    return `storage ${this.operation} failed (${this.reason}): ${this.detail}`;
  }
}
