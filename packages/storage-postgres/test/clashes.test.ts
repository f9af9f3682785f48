/** Sessions that really deadlock and really fail to serialise, on a real server. */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type { Storage } from "@linli/core/ports";
import type pg from "pg";
import { openPostgresStorage, type PostgresStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import { scopedPool, scopedSchema, sharedPool, withServer } from "./support/database.ts";

const RETRIES = 2;

/** The driver on connections with settings of their own, and how often it paused to try again. */
const storageWith = Effect.fnUntraced(function* (url: string, options: string) {
  const pool = yield* scopedPool(url, { max: 6, options });
  const schema = yield* scopedSchema(url);
  const pauses: Array<number> = [];
  const open = () =>
    openPostgresStorage({
      ...{ source: pool, schema, retries: RETRIES, lockTimeoutMillis: 10_000 },
      // Half, and half again: every pause is the same in every run.
      jitter: () => {
        pauses.push(0.5);
        return 0.5;
      },
    });
  const storage = yield* open();
  yield* storage.commit(commandOn("a", 1));
  return { storage, schema, pool, pauses, open };
});

/** A session of somebody else's, which may wait for ever; a deadlock never strikes it. */
const hostile = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = await sharedPool(url).connect();
      await client.query("SET deadlock_timeout = '1h'");
      return client;
    }),
    (client) =>
      Effect.promise(async () => {
        await client.query("ROLLBACK").catch(() => null);
        client.release(true);
      }),
  );

const run = (client: pg.PoolClient, text: string, values: ReadonlyArray<unknown> = []) =>
  Effect.promise(() => client.query(text, [...values]));

/** Ends when commits of the driver wait for a lock that somebody else holds. */
const untilItWaits = (url: string, schema: string, sessions = 1) => {
  const waiting =
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1::text";
  const look = Effect.promise(() => sharedPool(url).query(waiting, [`%"${schema}".commit%`]));
  return Effect.repeat(look, { until: ({ rows }) => rows.length >= sessions });
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

withServer("clashes", (url) => {
  const lockRow = (schema: string) =>
    `SELECT 1 FROM ${schema}.rows WHERE kind = 'issue' AND id = 'a' FOR UPDATE`;
  const NAMESPACE_LOCK = "SELECT pg_advisory_xact_lock(1281979372, hashtext($1::text))";

  it.live("a deadlock strikes the driver: it tries again and the commit is kept once", () =>
    Effect.gen(function* () {
      const { storage, schema, pauses } = yield* storageWith(url, "-c deadlock_timeout=10ms");
      const other = yield* hostile(url);
      yield* run(other, "BEGIN");
      yield* run(other, lockRow(schema));
      const commit = yield* Effect.forkChild(storage.commit(commandOn("a", 2)));
      yield* untilItWaits(url, schema);
      // The driver holds the lock of the namespace and waits for the row; now it is a circle.
      yield* run(other, NAMESPACE_LOCK, [NAMESPACE]);
      expect(pauses.length).toBe(1);
      yield* run(other, "COMMIT");
      expect(yield* Fiber.join(commit)).toEqual({ _tag: "Committed" });
      expect(yield* versionOf(storage, "a")).toBe(2);
      expect(yield* entriesOf(storage, "a")).toBe(2);
    }),
  );

  it.live("a deadlock that comes again and again is Contention after so many retries", () =>
    Effect.gen(function* () {
      const { storage, schema, pauses } = yield* storageWith(url, "-c deadlock_timeout=10ms");
      const other = yield* hostile(url);
      yield* run(other, "BEGIN");
      yield* run(other, lockRow(schema));
      const commit = yield* Effect.forkChild(Effect.flip(storage.commit(commandOn("a", 2))));
      let struck = 0;
      while (commit.pollUnsafe() === undefined && struck <= RETRIES) {
        yield* untilItWaits(url, schema);
        yield* run(other, "SAVEPOINT before");
        yield* run(other, NAMESPACE_LOCK, [NAMESPACE]);
        struck += 1;
        // Gives the lock of the namespace back and keeps that of the row.
        yield* run(other, "ROLLBACK TO SAVEPOINT before");
      }
      const error = yield* Fiber.join(commit);
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      expect([struck, pauses.length]).toEqual([RETRIES + 1, RETRIES]);
      yield* run(other, "ROLLBACK");
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
          run(client, answer === "Committed" ? "COMMIT" : "ROLLBACK"),
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

  it.live("a row that changed under a snapshot: tried again, then told as what it is", () =>
    Effect.gen(function* () {
      const strict = "-c default_transaction_isolation=repeatable\\ read";
      const { storage, schema, pauses, open } = yield* storageWith(url, strict);
      const second = yield* open();
      const other = yield* hostile(url);
      for (let version = 2; version <= 4; version += 1) {
        yield* run(other, "BEGIN");
        yield* run(other, NAMESPACE_LOCK, [NAMESPACE]);
        const commits = yield* Effect.forEach([storage, second], (handle, n) =>
          Effect.forkChild(
            answerOf(handle.commit({ ...commandOn("a", version), receipt: null, at: 2000 + n })),
          ),
        );
        // Both have taken their snapshots by then; the later one's is old when its turn comes.
        yield* untilItWaits(url, schema, 2);
        yield* run(other, "COMMIT");
        const answers = yield* Effect.forEach(commits, Fiber.join);
        expect(answers.toSorted()).toEqual(["Committed", "Conflict"]);
        expect(pauses.length).toBe(version - 1);
      }
      expect(yield* versionOf(storage, "a")).toBe(4);
      expect(yield* entriesOf(storage, "a")).toBe(4);
    }),
  );

  it.live("a row that keeps changing is Contention after so many retries", () =>
    Effect.gen(function* () {
      const strict = "-c default_transaction_isolation=repeatable\\ read";
      const { storage, schema, pauses } = yield* storageWith(url, strict);
      const other = yield* hostile(url);
      const touch = `UPDATE ${schema}.rows SET value = value WHERE kind = 'issue' AND id = 'a'`;
      yield* run(other, `BEGIN; ${touch}`);
      const commit = yield* Effect.forkChild(Effect.flip(storage.commit(commandOn("a", 2))));
      let struck = 0;
      while (struck <= RETRIES) {
        yield* untilItWaits(url, schema);
        struck += 1;
        yield* run(other, struck > RETRIES ? "COMMIT" : `COMMIT; BEGIN; ${touch}`);
      }
      const error = yield* Fiber.join(commit);
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      expect(pauses.length).toBe(RETRIES);
      expect(yield* storage.commit(commandOn("a", 2))).toEqual({ _tag: "Committed" });
    }),
  );
});
