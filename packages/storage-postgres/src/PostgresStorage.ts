/**
 * Storage on PostgreSQL over connections that the host brings: several processes may
 * share one database, and every acknowledged commit is on its disk.
 */
import {
  databaseToPromise,
  MigrationsPending,
  type OpenedDatabase,
  type Storage,
  STORAGE_LIMITS,
  type StorageCapabilities,
  type StorageDatabase,
  type StorageError,
  type StorageInfo,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { type Calls, makeCalls, makeJoinedCalls } from "./Calls.ts";
import { type CallerState, type Commit, makeGroupCommits, makeSingleCommits } from "./Commits.ts";
import { commitErrorOf, storageErrorOf } from "./Errors.ts";
import { makeJobs, makeTidier } from "./Jobs.ts";
import { enterDatabase, lookAt, runMissing } from "./Migrations.ts";
import { type PostgresOptions, type Settings, settingsOf, settingsRefusal } from "./Options.ts";
import { makeReads } from "./Reads.ts";
import type { PgConnection } from "./Source.ts";

/** {@link Storage} and what only PostgreSQL offers. */
export interface PostgresStorage extends Storage {
  /**
   * The same data inside a transaction that the host has open on `connection`. What is
   * committed here is pending until the host commits; when the host rolls back no
   * trace is left and the same command id may be used again. Calls run one after
   * another, also those of several handles on the same `connection`, writing ones under a
   * savepoint, so a refusal leaves the transaction usable - and undoes what came after the
   * savepoint: await a call before you use the connection yourself. Locks taken here (of the namespace, or of a leased queue) are held until
   * the host's transaction ends: keep it short. It must be at `READ COMMITTED`; above it
   * nothing is written (reason `Misconfigured`).
   */
  readonly joined: (connection: PgConnection) => Storage;
}

/**
 * A schema of a database before it is opened: `info` looks at it, `migrate` runs what is
 * missing (or a DBA runs the files), `open` opens it as it is. Closing waits for calls
 * under way and leaves the source open.
 *
 * They fail with reason `Misconfigured` when a setting, the database, its encoding or its
 * rights cannot serve, `Unsupported` when it is of a newer release, `Unavailable` when it cannot
 * be reached.
 */
export const postgresDatabase = (options: PostgresOptions): StorageDatabase<PostgresStorage> => {
  const settings = settingsOf(options);
  const { schema } = settings;
  const once = <A>(
    operation: string,
    work: (connection: PgConnection, patient: PgConnection) => Promise<A>,
  ) =>
    Effect.tryPromise({
      try: () => makeCalls(options.source, usable(operation, settings)).session(operation, work),
      catch: (cause) => storageErrorOf(operation, cause),
    });
  return {
    info: () => once("info", (connection) => infoOf(connection, schema, CAPABILITIES)),
    migrate: () =>
      once("migrate", (connection, patient) => runMissing(connection, patient, settings)),
    open: () =>
      Effect.map(
        Effect.acquireRelease(
          Effect.tryPromise({
            try: () => openHandle(options, usable("open", settings)),
            catch: (cause) =>
              cause instanceof MigrationsPending ? cause : storageErrorOf("open", cause),
          }),
          ({ close }) => Effect.promise(close),
        ),
        ({ storage }) => storage,
      ),
  };
};

/**
 * Opens a database for the life of the scope, running missing migrations first: what
 * `migrate` and `open` of {@link postgresDatabase} do.
 */
export const openPostgresStorage = (
  options: PostgresOptions,
): Effect.Effect<PostgresStorage, StorageError, Scope.Scope> => {
  const database = postgresDatabase(options);
  return Effect.andThen(
    database.migrate(),
    Effect.catchTag(database.open(), "MigrationsPending", Effect.die),
  );
};

/** The same for plain async code; rejects with the same {@link StorageError}. */
export const openPostgres = async (
  options: PostgresOptions,
): Promise<OpenedDatabase<PostgresStorage>> => {
  const { migrate, open } = databaseToPromise(postgresDatabase(options));
  await migrate();
  return open();
};

/** Settings that can be used. */
const usable = (operation: string, settings: Settings): Settings => {
  const refusal = settingsRefusal(operation, settings);
  if (refusal !== null) throw refusal;
  return settings;
};

const CAPABILITIES: StorageCapabilities = { name: "postgres", durable: true, shared: true };

const JOINED: StorageCapabilities = { name: "postgres-joined", durable: false, shared: true };

/** Looks take their turn among the calls of a joined transaction. */
const inOrder = (calls: Calls): PgConnection => ({
  query: async (text, values = []) => ({
    rows: await calls.run({ operation: "info", text, values, repeatable: false, writes: false }),
  }),
});

const infoOf = async (
  connection: PgConnection,
  schema: string,
  capabilities: StorageCapabilities,
): Promise<StorageInfo> => ({
  ...capabilities,
  ...(await lookAt(connection, schema)),
  limits: STORAGE_LIMITS,
});

const openHandle = async (
  { source }: PostgresOptions,
  settings: Settings,
): Promise<OpenedDatabase<PostgresStorage>> => {
  const { schema, groupSize } = settings;
  const calls = makeCalls(source, settings);
  const order = await calls.session("open", (connection) => enterDatabase(connection, settings));
  const place = { schema, groupSize, horizon: order === "horizon" };
  const tidy = makeTidier(calls, schema);
  const storage: PostgresStorage = {
    ...makeStorage(calls, place, makeGroupCommits(calls, place), tidy),
    capabilities: CAPABILITIES,
    info: () =>
      attempt(
        () => calls.session("info", (connection) => infoOf(connection, schema, CAPABILITIES)),
        failed("info"),
      ),
    joined: (connection) => {
      const inside = makeJoinedCalls(connection, schema);
      return {
        ...makeStorage(inside, place, makeSingleCommits(inside, place), noTidier),
        capabilities: JOINED,
        info: () => attempt(() => infoOf(inOrder(inside), schema, JOINED), failed("info")),
      };
    },
  };
  return { storage, close: calls.close };
};

type Tidier = (at: number, written: number) => Promise<void>;

const noTidier: Tidier = () => Promise.resolve();

const makeStorage = (
  calls: Calls,
  place: { readonly schema: string; readonly horizon: boolean },
  commit: Commit,
  tidy: Tidier,
): Omit<Storage, "capabilities" | "info"> => {
  const reads = makeReads(calls, place);
  const jobs = makeJobs(calls, place.schema);
  return {
    commit: (batch) =>
      attempt(async (caller) => {
        const result = await commit(batch, caller);
        const passing = (batch.receipt === null ? 0 : 1) + batch.schedule.length;
        if (result._tag === "Committed" && passing > 0) void tidy(batch.at, passing);
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
    dead: (request) => attempt(() => jobs.dead(request), failed("dead")),
  };
};

const failed = (operation: string) => (cause: unknown) => storageErrorOf(operation, cause);

/** Interrupting waits for the answer of what was sent: afterwards nothing is under way. */
const attempt = <A, E>(
  work: (caller: CallerState) => Promise<A>,
  errorOf: (cause: unknown) => E,
): Effect.Effect<A, E> =>
  Effect.callback((resume) => {
    const caller: CallerState = { gone: false };
    const ended = work(caller).then(
      (value) => resume(Effect.succeed(value)),
      (cause: unknown) => resume(Effect.fail(errorOf(cause))),
    );
    return Effect.suspend(() => {
      caller.gone = true;
      return Effect.promise(() => ended);
    });
  });
