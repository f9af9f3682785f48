/** Sessions that really deadlock and really fail to serialise, on a real server. */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type { Storage } from "@linli/core/ports";
import type pg from "pg";
import { openPostgresStorage, type PostgresStorage } from "../src/index.ts";
import * as batches from "./support/batches.ts";
import { scopedPool, scopedSchema, sharedPool, withServer } from "./support/database.ts";

const RETRIES = 2;

/** Locks are of the database: no other file's commits wait for those of this town. */
const NAMESPACE = "clashes";

const commandOn = (issue: string, version: number) => ({
  ...batches.commandOn(issue, version),
  namespace: NAMESPACE,
});

/** The driver on connections with settings of their own, and how often it paused to try again. */
const storageWith = Effect.fnUntraced(function* (url: string, options: string) {
  const pool = yield* scopedPool(url, { max: 6, options });
  const schema = yield* scopedSchema(url);
  const pauses: Array<number> = [];
  const storage = yield* openPostgresStorage({
    ...{ source: pool, schema, retries: RETRIES, lockTimeoutMillis: 10_000 },
    // Half, and half again: every pause is the same in every run.
    jitter: () => {
      pauses.push(0.5);
      return 0.5;
    },
  });
  yield* storage.commit(commandOn("a", 1));
  return { storage, schema, pool, pauses };
});

/** A session of somebody else's, which may wait for ever; a deadlock never strikes it. */
const hostile = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = await sharedPool(url).connect();
      await client.query("SET deadlock_timeout = '1h'");
      await client.query("BEGIN");
      const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      return { client, pid: rows[0]?.pid ?? 0 };
    }),
    ({ client }) =>
      Effect.promise(async () => {
        await client.query("ROLLBACK").catch(() => null);
        client.release(true);
      }),
  );

type Session = Effect.Success<ReturnType<typeof hostile>>;

const run = ({ client }: Session, text: string, values: ReadonlyArray<unknown> = []) =>
  Effect.promise(() => client.query(text, [...values]));

/** Ends when a session whose statement is like this waits for what another one holds. */
const untilItWaits = (url: string, statement: string, holder: Session) => {
  const waiting =
    "SELECT 1 FROM pg_stat_activity WHERE query LIKE $1::text " +
    "AND $2::integer = ANY (pg_blocking_pids(pid))";
  const look = Effect.promise(() => sharedPool(url).query(waiting, [statement, holder.pid]));
  return Effect.repeat(look, { until: ({ rows }) => rows.length > 0 });
};

const versionOf = (storage: Storage, issue: string) =>
  Effect.map(
    storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
    ([row]) => row?.version ?? 0,
  );

const entriesOf = (storage: Storage, stream: string, namespace = NAMESPACE) =>
  Effect.map(
    storage.feed({ namespace, after: null, limit: 100, stream }),
    ({ entries }) => entries.length,
  );

/** What became of a commit, in a word. */
const answerOf = (commit: ReturnType<Storage["commit"]>) =>
  Effect.match(commit, {
    onSuccess: ({ _tag }) => _tag,
    onFailure: (error) => (error._tag === "StorageError" ? error.reason : error._tag),
  });

/** A transaction of the host's, with the driver joined to it. */
const joinedHost = (pool: pg.Pool, storage: PostgresStorage) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const client = await pool.connect();
        await client.query("BEGIN");
        return client;
      }),
      (client) =>
        Effect.promise(async () => {
          await client.query("ROLLBACK");
          client.release();
        }),
    ),
    (client) => ({ client, joined: storage.joined(client) }),
  );

/**
 * A commit of the driver's, a session that holds the row it writes first, and one that
 * holds the job it writes last and then asks for the lock of the namespace. A session
 * looks for a deadlock once, some time after it begins to wait: so it is always the driver
 * that closes the circle, and nothing depends on who is how fast.
 */
const circle = Effect.fnUntraced(function* (url: string) {
  const opened = yield* storageWith(url, "-c deadlock_timeout=10ms");
  const { schema, storage } = opened;
  const first = yield* hostile(url);
  const last = yield* hostile(url);
  const holdRow = run(
    first,
    `SELECT 1 FROM ${schema}.rows WHERE kind = 'issue' AND id = 'a' FOR UPDATE`,
  );
  yield* holdRow;
  yield* run(last, `SELECT 1 FROM ${schema}.jobs WHERE id = 'clock/a' FOR UPDATE`);
  // Jobs that are cancelled make all of them be written after the rows.
  const commit = storage.commit({ ...commandOn("a", 2), cancel: ["clock/none"] });
  /** Ends when `last` has the lock of the namespace, for a deadlock took it from the driver. */
  const strike = Effect.gen(function* () {
    yield* untilItWaits(url, `%"${schema}".commit%`, first);
    const asked = yield* Effect.forkChild(run(last, NAMESPACE_LOCK, [NAMESPACE]));
    const holds = `SELECT 1 FROM pg_stat_activity WHERE pid = $1::integer AND wait_event_type = 'Lock'`;
    const look = Effect.promise(() => sharedPool(url).query(holds, [last.pid]));
    yield* Effect.repeat(look, { until: ({ rows }) => rows.length > 0 });
    yield* run(first, "COMMIT");
    yield* Fiber.join(asked);
    yield* run(first, "BEGIN");
  });
  return { ...opened, first, last, holdRow, commit, strike };
});

const NAMESPACE_LOCK = "SELECT pg_advisory_xact_lock(1281979372, hashtext($1::text))";

withServer("clashes", (url) => {
  it.live("a deadlock strikes the driver: it tries again and the commit is kept once", () =>
    Effect.gen(function* () {
      const { storage, pauses, last, commit, strike } = yield* circle(url);
      const committing = yield* Effect.forkChild(commit);
      yield* strike;
      yield* run(last, "COMMIT");
      expect(yield* Fiber.join(committing)).toEqual({ _tag: "Committed" });
      expect(pauses.length).toBe(1);
      expect(yield* versionOf(storage, "a")).toBe(2);
      expect(yield* entriesOf(storage, "a")).toBe(2);
    }),
  );

  it.live("a deadlock that comes again and again is Contention after so many retries", () =>
    Effect.gen(function* () {
      const { storage, pauses, first, last, holdRow, commit, strike } = yield* circle(url);
      const committing = yield* Effect.forkChild(Effect.flip(commit));
      let struck = 0;
      while (struck <= RETRIES) {
        yield* run(last, "SAVEPOINT before");
        yield* strike;
        struck += 1;
        yield* holdRow;
        // Gives the lock of the namespace back and keeps that of the job.
        yield* run(last, "ROLLBACK TO SAVEPOINT before");
      }
      const error = yield* Fiber.join(committing);
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      expect([struck, pauses.length]).toEqual([RETRIES + 1, RETRIES]);
      for (const session of [first, last]) yield* run(session, "ROLLBACK");
      yield* storage.commit(commandOn("a", 2));
      expect(yield* versionOf(storage, "a")).toBe(2);
    }),
  );

  it.live("two joined transactions that deadlock: one is Contention, the other goes on", () =>
    Effect.gen(function* () {
      const { storage, pool } = yield* storageWith(url, "-c deadlock_timeout=10ms");
      const one = yield* joinedHost(pool, storage);
      const two = yield* joinedHost(pool, storage);
      const inTown = (namespace: string) => ({ ...commandOn("b", 1), namespace });
      yield* one.joined.commit(inTown("north"));
      yield* two.joined.commit(inTown("south"));
      const cross = ({ joined, client }: typeof one, namespace: string) =>
        Effect.tap(answerOf(joined.commit(inTown(namespace))), (answer) =>
          // The host of the one that lost gives up, and the other gets what it waits for.
          Effect.promise(() => client.query(answer === "Committed" ? "COMMIT" : "ROLLBACK")),
        );
      const answers = yield* Effect.all([cross(one, "south"), cross(two, "north")], {
        concurrency: "unbounded",
      });
      expect(answers.toSorted()).toEqual(["Committed", "Contention"]);
      for (const namespace of ["north", "south"]) {
        expect(yield* entriesOf(storage, "b", namespace)).toBe(1);
      }
    }),
  );

  it.live("a serialization failure is tried again, and the commit is kept once", () =>
    Effect.gen(function* () {
      const { storage, schema, pauses } = yield* storageWith(url, "");
      yield* failing(url, schema, RETRIES);
      expect(yield* storage.commit(commandOn("a", 2))).toEqual({ _tag: "Committed" });
      expect(pauses.length).toBe(RETRIES);
      expect(yield* versionOf(storage, "a")).toBe(2);
      expect(yield* entriesOf(storage, "a")).toBe(2);
    }),
  );

  it.live("one that comes again and again is Contention after so many retries", () =>
    Effect.gen(function* () {
      const { storage, schema, pauses } = yield* storageWith(url, "");
      yield* failing(url, schema, RETRIES + 1);
      const error = yield* Effect.flip(storage.commit(commandOn("a", 2)));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      expect(pauses.length).toBe(RETRIES);
      expect(yield* versionOf(storage, "a")).toBe(1);
      expect(yield* storage.commit(commandOn("a", 2))).toEqual({ _tag: "Committed" });
    }),
  );
});

/**
 * So many changes of a row fail as the server's own serialization failures do, which a
 * transaction at READ COMMITTED hardly ever meets. A sequence is not rolled back, so it
 * counts them.
 */
const failing = (url: string, schema: string, times: number) =>
  Effect.promise(() =>
    sharedPool(url).query(`
      CREATE SEQUENCE ${schema}.failures;
      CREATE FUNCTION ${schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('${schema}.failures') <= ${times} THEN
          RAISE EXCEPTION 'made' USING ERRCODE = 'serialization_failure';
        END IF;
        RETURN NEW;
      END
      $$;
      CREATE TRIGGER fail BEFORE UPDATE ON ${schema}.rows
        FOR EACH ROW EXECUTE FUNCTION ${schema}.fail()`),
  );
