/** What a law is given: a storage of its own, and what else can be done with its data. */
import type { Storage, StorageDatabase, StorageError } from "@linli/core/ports";
import type * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";

/** What a law is checked on: an empty storage of its own. */
export interface StorageFixture {
  readonly storage: Storage;
  /**
   * Closes the storage opened last and opens the same data again; only for durable
   * drivers. The former storage is not used afterwards.
   */
  readonly reopen?: Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Opens one more handle on the same data, used beside the others; only for shared drivers. */
  readonly openSecond?: Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Finds a database where nothing is yet, not the one of `storage`. */
  readonly database?: Effect.Effect<StorageDatabase, StorageError, Scope.Scope>;
  /** What lies in the data of all namespaces, counted behind the driver's back. */
  readonly inspect?: Effect.Effect<RawCounts, StorageError>;
  /** Runs a generated case again that failed before. */
  readonly replay?: Replay;
  /** Capabilities the driver's author claims. */
  readonly claimed: Storage["capabilities"];
}

/** Numbers of stored things, whatever tables or files they lie in. */
export interface RawCounts {
  readonly rows: number;
  readonly indexKeys: number;
  readonly entries: number;
  readonly receipts: number;
  /** Jobs that wait or are leased; what a driver keeps of settled ones does not count. */
  readonly jobs: number;
}

/** Where a generated case comes from; a broken law prints it. */
export interface Replay {
  readonly seed?: number;
  /** fast-check's path to the failing case. */
  readonly path?: string;
  /** fast-check's path within a command sequence. */
  readonly replayPath?: string;
  /** Number of cases instead of the law's own. */
  readonly runs?: number;
}
