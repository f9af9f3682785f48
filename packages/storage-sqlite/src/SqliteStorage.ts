/**
 * Storage on the SQLite built into Node 24: one data file, one process, every
 * acknowledged commit on the disk.
 */
import {
  MigrationsPending,
  type OpenedDatabase,
  type Storage,
  STORAGE_LIMITS,
  type StorageCapabilities,
  type StorageDatabase,
  type StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type * as Scope from "effect/Scope";
import { makeBackup, type SqliteBackup } from "./Backup.ts";
import { makeCommitter } from "./Commit.ts";
import {
  builtinSqlite,
  type Connection,
  inspectFile,
  migrateFile,
  openConnection,
  type SqliteLoader,
  type SqliteOptions,
} from "./Connection.ts";
import { makeGroup } from "./Group.ts";
import { checkDatabase, type SqliteCheck } from "./Integrity.ts";
import { makeJobBook } from "./Jobs.ts";
import { makeKnown } from "./Known.ts";
import { makeReader } from "./Queries.ts";
import { factsOf, orCorrupt, UNLIKE_STEP } from "./Schema.ts";
import { makeTidier } from "./Tidy.ts";
import { makeTransactions } from "./Transactions.ts";
import { LOCK_WAIT_MILLIS, PAUSE, waitingForLock } from "./Waiting.ts";

/** {@link Storage} and what only SQLite offers. */
export interface SqliteStorage extends Storage {
  /**
   * Runs many commands in one transaction, for replays and imports. Calls made by
   * `effect` on this storage see each other; a refused commit spoils nothing. All is
   * kept when `effect` succeeds and nothing when it fails, so results count only after
   * the bulk has ended.
   *
   * `effect` may call this storage and compute, and wait for nothing else: it is run to
   * its end in one go. Work that sleeps or awaits a promise or another fiber is refused
   * with reason `Invalid` and nothing of it is kept; so fetch first. This process does
   * nothing else meanwhile: where others are served too, give it a little at a time.
   */
  readonly bulk: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>;
  /**
   * Writes a backup to a path where nothing is yet, while commits go on: what was
   * committed when it began, checked, and whole once it has its name. Put back with
   * `restoreSqlite`.
   */
  readonly backup: (path: string) => Effect.Effect<SqliteBackup, StorageError>;
  /**
   * Whether the data file is whole: SQLite's own check, all tables, indexes and triggers of
   * its schema, streams without gaps, index entries that match their rows, jobs. Reads everything and holds up this process
   * meanwhile (seconds for a gigabyte); for a large file check a backup instead.
   */
  readonly integrityCheck: () => Effect.Effect<SqliteCheck, StorageError>;
}

/**
 * A data file before it is opened: `info` looks at it, `migrate` makes it and runs what
 * is missing, `open` opens it as it is. One in memory is new with each opening and has
 * its tables at once.
 *
 * They wait for a program that writes just now, as commits do, and fail with reason
 * `Contention` when that takes longer than `lockWaitMillis`; `Locked` at once when
 * another process or handle has the file open (`info` does not care), `Unsupported`
 * below Node 24 or for a file of a newer release, `ReadOnly` where nothing can be
 * written, `Misconfigured` when the path cannot be used, `Corrupt` when the file is no
 * database or lacks tables of its schema step. Another program's file is left as it is.
 */
export const sqliteDatabase = (options: SqliteOptions): StorageDatabase<SqliteStorage> =>
  sqliteDatabaseWith(options, builtinSqlite);

/** {@link sqliteDatabase} over a given `node:sqlite`. */
export const sqliteDatabaseWith = (
  options: SqliteOptions,
  load: SqliteLoader,
): StorageDatabase<SqliteStorage> => ({
  info: () =>
    waitingForLock("info", lockWaitOf(options), () => ({
      ...capabilitiesOf(options),
      ...inspectFile(options, load),
      limits: STORAGE_LIMITS,
    })),
  migrate: () => waitingForLock("migrate", lockWaitOf(options), () => migrateFile(options, load)),
  open: () =>
    scoped((pause) =>
      Effect.flatMap(
        waitingForLock("open", lockWaitOf(options), () => openReached(options, load), pause),
        Effect.fromResult,
      ),
    ),
});

/**
 * Opens a data file for the life of the scope, making and migrating it as needed: what
 * `migrate` and `open` of {@link sqliteDatabase} do, under one lock.
 */
export const openSqliteStorage = (
  options: SqliteOptions,
): Effect.Effect<SqliteStorage, StorageError, Scope.Scope> =>
  openSqliteWith(options, builtinSqlite);

/** The same for plain async code; rejects with the same {@link StorageError}. */
export const openSqlite = (options: SqliteOptions): Promise<OpenedDatabase<SqliteStorage>> =>
  Effect.runPromise(
    Effect.map(openMigrated(options, builtinSqlite, PAUSE), ({ storage, close }) => ({
      storage,
      close: async () => close(),
    })),
  );

/** {@link openSqliteStorage} over a given `node:sqlite`. */
export const openSqliteWith = (
  options: SqliteOptions,
  load: SqliteLoader,
): Effect.Effect<SqliteStorage, StorageError, Scope.Scope> =>
  scoped((pause) => openMigrated(options, load, pause));

interface Handle {
  readonly storage: SqliteStorage;
  readonly close: () => void;
}

/** Opens for the life of the scope; only the pauses of the opening can be interrupted. */
const scoped = <E>(opening: (pause: Effect.Effect<void>) => Effect.Effect<Handle, E>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.map(
      Effect.acquireRelease(opening(restore(PAUSE)), ({ close }) => Effect.sync(close)),
      ({ storage }) => storage,
    ),
  );

const openMigrated = (options: SqliteOptions, load: SqliteLoader, pause: Effect.Effect<void>) =>
  waitingForLock("open", lockWaitOf(options), () => openHandle(options, load, true), pause);

/** A file that has steps to come is an answer, and no trouble. */
const openReached = (
  options: SqliteOptions,
  load: SqliteLoader,
): Result.Result<Handle, MigrationsPending> => {
  try {
    return Result.succeed(openHandle(options, load, false));
  } catch (cause) {
    if (cause instanceof MigrationsPending) return Result.fail(cause);
    throw cause;
  }
};

const openHandle = (options: SqliteOptions, load: SqliteLoader, migrate: boolean): Handle => {
  const connection = openConnection(options, load, migrate);
  try {
    const { storage, flush } = orCorrupt("open", UNLIKE_STEP, () =>
      makeStorage(connection, options),
    );
    const close = () => {
      flush();
      connection.close();
    };
    return { storage, close };
  } catch (cause) {
    connection.close();
    throw cause;
  }
};

const lockWaitOf = ({ lockWaitMillis }: SqliteOptions) => lockWaitMillis ?? LOCK_WAIT_MILLIS;

const capabilitiesOf = ({ path }: SqliteOptions): StorageCapabilities => ({
  name: "sqlite",
  durable: path !== ":memory:",
  shared: false,
});

const makeStorage = (
  connection: Connection,
  options: SqliteOptions,
): { readonly storage: SqliteStorage; readonly flush: () => void } => {
  const lockWaitMillis = lockWaitOf(options);
  const transactions = makeTransactions(connection, lockWaitMillis);
  const { run, write, bulk } = transactions;
  const jobs = makeJobBook(connection);
  const known = makeKnown(connection);
  const reader = makeReader(connection, known);
  const committer = makeCommitter(connection, known, jobs);
  const tidy = makeTidier(connection);
  const group = makeGroup({ connection, transactions, committer, tidy, lockWaitMillis });

  const storage: SqliteStorage = {
    capabilities: capabilitiesOf(options),
    info: () =>
      run("info", () =>
        Effect.succeed({
          ...capabilitiesOf(options),
          ...factsOf(connection.database),
          limits: STORAGE_LIMITS,
        }),
      ),
    bulk,
    backup: makeBackup(connection),
    integrityCheck: () =>
      run("integrityCheck", () =>
        Effect.succeed(checkDatabase(connection.sqlite, connection.database)),
      ),
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
    dead: (request) => run("dead", () => Effect.succeed(jobs.dead(request))),
  };
  return { storage, flush: group.flush };
};

const always = () => true;
