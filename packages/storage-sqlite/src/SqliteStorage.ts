/**
 * Storage on the SQLite built into Node 24: one data file, one process, every
 * acknowledged commit on the disk.
 */
import type { CommitResult, Conflict, Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { type Applied, makeCommitter } from "./Commit.ts";
import {
  builtinSqlite,
  type Connection,
  openConnection,
  type SqliteLoader,
  type SqliteOptions,
} from "./Connection.ts";
import { storageError, storageErrorOf } from "./Errors.ts";
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
    Effect.map(openHandle(options, builtinSqlite), ({ storage, connection }) => ({
      storage,
      close: async () => connection.close(),
    })),
  );

/** {@link openSqliteStorage} over a given `node:sqlite`. */
export const openSqliteWith = (
  options: SqliteOptions,
  load: SqliteLoader,
): Effect.Effect<SqliteStorage, StorageError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(openHandle(options, load), ({ connection }) =>
      Effect.sync(() => connection.close()),
    ),
    ({ storage }) => storage,
  );

const openHandle = (options: SqliteOptions, load: SqliteLoader) =>
  Effect.try({
    try: () => {
      const connection = openConnection(options, load);
      return { connection, storage: makeStorage(connection, options) };
    },
    catch: (cause) => storageErrorOf("open", cause),
  });

const makeStorage = (connection: Connection, options: SqliteOptions): SqliteStorage => {
  const { run, write, bulk } = makeTransactions(connection, options.lockWaitMillis ?? 5000);
  const jobs = makeJobBook(connection);
  const reader = makeReader(connection);
  const committer = makeCommitter(connection, jobs);
  const tidy = makeTidier(connection);

  return {
    capabilities: { name: "sqlite", durable: options.path !== ":memory:", shared: false },
    bulk,
    commit: (batch) =>
      run("commit", (): Effect.Effect<CommitResult, Conflict | StorageError> => {
        const applied = write(
          () => {
            const result = committer.apply(batch);
            if (result._tag === "Committed") tidy(batch.at, 1 + batch.schedule.length);
            return result;
          },
          (result) => result._tag === "Committed",
        );
        return applied._tag === "Refused"
          ? Effect.fail(committer.conflictsOf(batch))
          : answerOf(applied);
      }),
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
};

const COMMITTED: CommitResult = { _tag: "Committed" };
const always = () => true;

const answerOf = (
  applied: Exclude<Applied, { readonly _tag: "Refused" }>,
): Effect.Effect<CommitResult, StorageError> => {
  switch (applied._tag) {
    case "Committed":
      return Effect.succeed(COMMITTED);
    case "Replayed":
      return Effect.succeed(applied);
    case "OtherContent":
      return Effect.fail(
        storageError(
          "ReceiptMismatch",
          "commit",
          "this command id was used before with other content; give each command its own id",
        ),
      );
  }
};
