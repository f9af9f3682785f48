/**
 * Storage on the SQLite built into Node 24: one data file, one process, every
 * acknowledged commit on the disk.
 */
import type { Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { makeBackup, type SqliteBackup } from "./Backup.ts";
import { makeCommitter } from "./Commit.ts";
import {
  builtinSqlite,
  type Connection,
  openConnection,
  type SqliteLoader,
  type SqliteOptions,
} from "./Connection.ts";
import { storageErrorOf } from "./Errors.ts";
import { makeGroup } from "./Group.ts";
import { checkDatabase, type SqliteCheck } from "./Integrity.ts";
import { makeJobBook } from "./Jobs.ts";
import { makeReader } from "./Queries.ts";
import { makeTidier } from "./Tidy.ts";
import { makeTransactions } from "./Transactions.ts";

/** {@link Storage} and what only SQLite offers. */
export interface SqliteStorage extends Storage {
  /**
   * Runs many commands in one transaction, for replays and imports. Calls made by
   * `effect` on this storage see each other; a refused commit spoils nothing;
   * everyone else waits. All is kept when `effect` succeeds and nothing when it
   * fails or is interrupted, so results count only after the bulk has ended.
   */
  readonly bulk: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>;
  /**
   * Writes a backup to a path where nothing is yet, while commits go on: what was
   * committed when it began, checked, and whole once it has its name. Put back with
   * `restoreSqlite`.
   */
  readonly backup: (path: string) => Effect.Effect<SqliteBackup, StorageError>;
  /**
   * Whether the data file is whole: SQLite's own check, streams without gaps, index
   * entries that match their rows, jobs. Reads everything and holds up this process
   * meanwhile (seconds for a gigabyte); for a large file check a backup instead.
   */
  readonly integrityCheck: () => Effect.Effect<SqliteCheck, StorageError>;
}

/**
 * Opens a data file for the life of the scope, making and migrating it as needed.
 *
 * Fails with reason `Locked` when another process or handle has it, `Unsupported`
 * below Node 24 or for a file of a newer release, `Misconfigured` when the path
 * cannot be used, `Corrupt` when the file is no database.
 */
export const openSqliteStorage = (
  options: SqliteOptions,
): Effect.Effect<SqliteStorage, StorageError, Scope.Scope> =>
  openSqliteWith(options, builtinSqlite);

/** The same for plain async code; rejects with the same {@link StorageError}. */
export const openSqlite = (
  options: SqliteOptions,
): Promise<{ readonly storage: SqliteStorage; readonly close: () => Promise<void> }> =>
  Effect.runPromise(
    Effect.map(openHandle(options, builtinSqlite), ({ storage, close }) => ({
      storage,
      close: async () => close(),
    })),
  );

/** {@link openSqliteStorage} over a given `node:sqlite`. */
export const openSqliteWith = (
  options: SqliteOptions,
  load: SqliteLoader,
): Effect.Effect<SqliteStorage, StorageError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(openHandle(options, load), ({ close }) => Effect.sync(close)),
    ({ storage }) => storage,
  );

const openHandle = (options: SqliteOptions, load: SqliteLoader) =>
  Effect.try({
    try: () => {
      const connection = openConnection(options, load);
      const { storage, flush } = makeStorage(connection, options);
      const close = () => {
        flush();
        connection.close();
      };
      return { storage, close };
    },
    catch: (cause) => storageErrorOf("open", cause),
  });

const makeStorage = (
  connection: Connection,
  options: SqliteOptions,
): { readonly storage: SqliteStorage; readonly flush: () => void } => {
  const lockWaitMillis = options.lockWaitMillis ?? 5000;
  const transactions = makeTransactions(connection, lockWaitMillis);
  const { run, write, bulk } = transactions;
  const jobs = makeJobBook(connection);
  const reader = makeReader(connection);
  const committer = makeCommitter(connection, jobs);
  const tidy = makeTidier(connection);
  const group = makeGroup({ connection, transactions, committer, tidy, lockWaitMillis });

  const storage: SqliteStorage = {
    capabilities: { name: "sqlite", durable: options.path !== ":memory:", shared: false },
    bulk,
    backup: makeBackup(connection),
    integrityCheck: () =>
      run("integrityCheck", () => Effect.succeed(checkDatabase(connection.database))),
    commit: group.commit,
    read: (request) => run("read", () => Effect.succeed(reader.read(request))),
    receipt: (request) => run("receipt", () => Effect.succeed(reader.receipt(request))),
    scan: (request) => run("scan", () => Effect.succeed(reader.scan(request))),
    count: (request) => run("count", () => Effect.succeed(reader.count(request))),
    feed: (request) => run("feed", () => Effect.succeed(reader.feed(request))),
    lease: (request) =>
      run("lease", () => {
        const free = jobs.candidates(request);
        if (free.length === 0) return Effect.succeed([]);
        return Effect.succeed(write(() => free.map((one) => jobs.lease(one, request)), always));
      }),
    settle: (outcomes, at) =>
      run("settle", () => {
        if (outcomes.length === 0) return Effect.succeed([]);
        return Effect.succeed(
          write(() => {
            tidy(at, outcomes.length);
            return outcomes.map((outcome) => jobs.settle(outcome, at));
          }, always),
        );
      }),
  };
  return { storage, flush: group.flush };
};

const always = () => true;
