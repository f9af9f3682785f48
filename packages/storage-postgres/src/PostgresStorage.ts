/**
 * Storage on PostgreSQL over connections that the host brings: several processes may
 * share one database, and every acknowledged commit is on its disk.
 */
import type { Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { type Calls, makeCalls, makeJoinedCalls } from "./Calls.ts";
import { type Commit, makeGroupCommits, makeSingleCommits } from "./Commits.ts";
import { commitErrorOf, storageErrorOf } from "./Errors.ts";
import { makeJobs, makeTidier } from "./Jobs.ts";
import { prepareDatabase } from "./Migrations.ts";
import { type PostgresOptions, settingsOf } from "./Options.ts";
import { makeReads } from "./Reads.ts";
import type { PgConnection } from "./Source.ts";

/** {@link Storage} and what only PostgreSQL offers. */
export interface PostgresStorage extends Storage {
  /**
   * The same data inside a transaction that the host has open on `connection`. What is
   * committed here is pending until the host commits; when the host rolls back no
   * trace is left and the same command id may be used again. Calls run one after
   * another, writing ones under a savepoint, so a refusal leaves the transaction
   * usable. Locks taken here (of the namespace, or of a leased queue) are held until
   * the host's transaction ends: keep it short.
   */
  readonly joined: (connection: PgConnection) => Storage;
}

/**
 * Opens a database for the life of the scope, running migrations as needed.
 *
 * Fails with reason `Misconfigured` when the database, its encoding, its rights or its
 * schema cannot serve, `Unsupported` when it is of a newer release, `Unavailable` when
 * it cannot be reached. Closing waits for calls under way and leaves the source open.
 */
export const openPostgresStorage = (
  options: PostgresOptions,
): Effect.Effect<PostgresStorage, StorageError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(openHandle(options), ({ close }) => Effect.promise(close)),
    ({ storage }) => storage,
  );

/** The same for plain async code; rejects with the same {@link StorageError}. */
export const openPostgres = (
  options: PostgresOptions,
): Promise<{ readonly storage: PostgresStorage; readonly close: () => Promise<void> }> =>
  Effect.runPromise(openHandle(options));

const openHandle = (options: PostgresOptions) =>
  Effect.tryPromise({
    try: async () => {
      const settings = settingsOf(options);
      const { schema, groupSize } = settings;
      const calls = makeCalls(options.source, settings);
      const order = await calls.session("open", (connection) =>
        prepareDatabase(connection, settings),
      );
      const place = { schema, groupSize, horizon: order === "horizon" };
      const tidy = makeTidier(calls, schema);
      const storage: PostgresStorage = {
        ...makeStorage(calls, place, makeGroupCommits(calls, place), tidy),
        capabilities: { name: "postgres", durable: true, shared: true },
        joined: (connection) => {
          const inside = makeJoinedCalls(connection);
          return {
            ...makeStorage(inside, place, makeSingleCommits(inside, place), noTidier),
            capabilities: { name: "postgres-joined", durable: false, shared: true },
          };
        },
      };
      return { storage, close: calls.close };
    },
    catch: (cause) => storageErrorOf("open", cause),
  });

type Tidier = (at: number, written: number) => Promise<void>;

const noTidier: Tidier = () => Promise.resolve();

const makeStorage = (
  calls: Calls,
  place: { readonly schema: string; readonly horizon: boolean },
  commit: Commit,
  tidy: Tidier,
): Omit<Storage, "capabilities"> => {
  const reads = makeReads(calls, place);
  const jobs = makeJobs(calls, place.schema);
  return {
    commit: (batch) =>
      attempt(async (signal) => {
        const result = await commit(batch, signal);
        if (result._tag === "Committed") void tidy(batch.at, 1 + batch.schedule.length);
        return result;
      }, commitErrorOf),
    read: (request) => attempt(() => reads.read(request), failed("read")),
    receipt: (request) => attempt(() => reads.receipt(request), failed("receipt")),
    scan: (request) => attempt(() => reads.scan(request), failed("scan")),
    count: (request) => attempt(() => reads.count(request), failed("count")),
    feed: (request) => attempt(() => reads.feed(request), failed("feed")),
    lease: (request) => attempt(() => jobs.lease(request), failed("lease")),
    settle: (outcomes, at) =>
      attempt(async () => {
        const results = await jobs.settle(outcomes, at);
        void tidy(at, outcomes.length);
        return results;
      }, failed("settle")),
  };
};

const failed = (operation: string) => (cause: unknown) => storageErrorOf(operation, cause);

/** Interrupting waits for the answer of what was sent: afterwards nothing is under way. */
const attempt = <A, E>(
  work: (signal: AbortSignal) => Promise<A>,
  errorOf: (cause: unknown) => E,
): Effect.Effect<A, E> =>
  Effect.callback((resume, signal) => {
    const ended = work(signal).then(
      (value) => resume(Effect.succeed(value)),
      (cause: unknown) => resume(Effect.fail(errorOf(cause))),
    );
    return Effect.promise(() => ended);
  });
