/** Inside the host's own transaction: a savepoint only, pending until the host commits. */
import { expect, it } from "@effect/vitest";
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import type pg from "pg";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { freshStorage, sharedPool, withServer } from "./support/database.ts";

/** A connection of the host's with a transaction open; rolled back at the end unless it was ended. */
const hostTransaction = (url: string): Effect.Effect<pg.PoolClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = await sharedPool(url).connect();
      await client.query("BEGIN");
      return client;
    }),
    (client) =>
      Effect.promise(async () => {
        await client.query("ROLLBACK");
        client.release();
      }),
  );

const query = (client: pg.PoolClient, text: string) => Effect.promise(() => client.query(text));
const issue = { namespace: NAMESPACE, keys: [{ kind: "issue", id: "a" }] };
const wholeFeed = { namespace: NAMESPACE, after: null, limit: 100, stream: null };
const taken = { namespace: null, queue: "clock", now: 5000, until: 6000, limit: 9, owner: "w" };

withServer("joined transactions", (url) => {
  it.effect("are pending until the host commits, and whole then", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      const host = yield* hostTransaction(url);
      const inside = storage.joined(host);
      yield* query(host, `CREATE TABLE ${schema}.bookings (id text)`);
      yield* query(host, `INSERT INTO ${schema}.bookings VALUES ('hall')`);
      expect(yield* inside.commit(commandOn("a", 1))).toEqual({ _tag: "Committed" });
      expect((yield* inside.read(issue))[0]?.version).toBe(1);
      expect(yield* storage.read(issue)).toEqual([null]);
      expect((yield* storage.feed(wholeFeed)).entries).toEqual([]);
      yield* query(host, "COMMIT");
      expect((yield* storage.read(issue))[0]?.version).toBe(1);
      expect((yield* storage.feed(wholeFeed)).entries.length).toBe(1);
      expect((yield* storage.lease(taken)).length).toBe(1);
      const kept = yield* Effect.promise(() =>
        sharedPool(url).query(`SELECT id FROM ${schema}.bookings`),
      );
      expect(kept.rows).toEqual([{ id: "hall" }]);
    }),
  );

  it.effect("leave no trace when the host rolls back, and the command id is free again", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      const host = yield* hostTransaction(url);
      yield* storage.joined(host).commit(commandOn("a", 1));
      yield* query(host, "ROLLBACK");
      for (const table of ["rows", "index_entries", "entries", "jobs", "receipts"]) {
        const found = yield* Effect.promise(() =>
          sharedPool(url).query(`SELECT 1 FROM ${schema}.${table}`),
        );
        expect([table, found.rowCount]).toEqual([table, 0]);
      }
      expect(yield* storage.commit(commandOn("a", 1))).toEqual({ _tag: "Committed" });
    }),
  );

  it.effect("stay usable after a refusal, which is no part of them", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url);
      yield* storage.commit(commandOn("a", 1));
      const host = yield* hostTransaction(url);
      const inside = storage.joined(host);
      const refused = yield* Effect.flip(inside.commit({ ...commandOn("a", 1), receipt: null }));
      expect(refused._tag).toBe("Conflict");
      const replayed = yield* inside.commit(commandOn("a", 1));
      expect(replayed._tag).toBe("Replayed");
      const together = yield* Effect.all(
        ["b", "c", "d"].map((name) => inside.commit(commandOn(name, 1))),
        { concurrency: "unbounded" },
      );
      expect(together.map((one) => one._tag)).toEqual(["Committed", "Committed", "Committed"]);
      yield* query(host, "COMMIT");
      expect((yield* storage.feed(wholeFeed)).entries.map((one) => one.stream)).toEqual([
        ...["a", "b", "c", "d"],
      ]);
    }),
  );

  it.effect("keep the host's transaction alive when the server refuses a statement", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url, { lockTimeoutMillis: 100 });
      const first = yield* hostTransaction(url);
      yield* storage.joined(first).commit(commandOn("a", 1));
      const second = yield* hostTransaction(url);
      yield* query(second, "SET LOCAL lock_timeout = '50ms'");
      const waited: StorageError = yield* Effect.flip(
        Effect.catchTag(storage.joined(second).commit(commandOn("b", 1)), "Conflict", Effect.die),
      );
      expect(waited.reason).toBe("Contention");
      expect((yield* query(second, "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
      // Outside, the lock is waited for no longer than was set; other towns are not touched.
      const outside = yield* Effect.flip(storage.commit(commandOn("c", 1)));
      expect(outside).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      yield* storage.commit(batchOf({ namespace: "minhou", rows: commandOn("a", 1).rows }));
    }),
  );

  it.live("take turns on one connection: a failure of one handle undoes nothing of another", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      // Locks are of the database: nobody else's test is to hold these.
      const held = { ...taken, queue: schema };
      const inTown = (name: string) => ({ ...commandOn(name, 1), namespace: schema });
      const holder = yield* hostTransaction(url);
      yield* storage.joined(holder).lease(held);
      const told: Array<string> = [];
      for (let turn = 0; turn < 12; turn += 1) {
        const host = yield* hostTransaction(url);
        yield* query(host, "SET LOCAL lock_timeout = '5ms'");
        const names = [0, 1, 2, 3].map((n) => `${turn}/${n}`);
        const commits = names.map((name) => {
          const commit = storage.joined(host).commit(inTown(name));
          return Effect.as(commit, told.push(name));
        });
        const failing = Effect.flip(storage.joined(host).lease(held));
        const calls = [...commits.slice(0, turn % 4), failing, ...commits.slice(turn % 4)];
        const [...answers] = yield* Effect.all(calls, { concurrency: "unbounded" });
        expect(answers[turn % 4]).toMatchObject({ reason: "Contention" });
        yield* query(host, "COMMIT");
      }
      const keys = told.map((id) => ({ kind: "issue", id }));
      const rows = yield* storage.read({ namespace: schema, keys });
      expect(rows.map((row) => row?.id)).toEqual(told);
    }),
  );

  it.live("behind two wrappers a failure may end the transaction, never keep a part of it", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      // Locks are of the database: nobody else's test is to hold these.
      const held = { ...taken, queue: schema };
      const inTown = (name: string) => ({ ...commandOn(name, 1), namespace: schema });
      const holder = yield* hostTransaction(url);
      yield* storage.joined(holder).lease(held);
      for (let turn = 0; turn < 8; turn += 1) {
        const host = yield* hostTransaction(url);
        yield* query(host, "SET LOCAL lock_timeout = '5ms'");
        const wrapped = () =>
          storage.joined({ query: (text, values) => host.query(text, values && [...values]) });
        const commit = Effect.match(wrapped().commit(inTown(`${turn}`)), {
          onSuccess: () => true,
          onFailure: () => false,
        });
        const failing = Effect.exit(wrapped().lease(held));
        const later = Effect.andThen(Effect.yieldNow, commit);
        const [told] = yield* Effect.all([turn % 2 === 0 ? commit : later, failing], {
          concurrency: "unbounded",
        });
        const { command } = yield* query(host, "COMMIT");
        const keys = [{ kind: "issue", id: `${turn}` }];
        const [row] = yield* storage.read({ namespace: schema, keys });
        expect(row !== null).toBe(told && command === "COMMIT");
      }
    }),
  );

  it.effect("are refused when the host has none open", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url);
      const host = yield* hostTransaction(url);
      yield* query(host, "COMMIT");
      const error = yield* Effect.flip(storage.joined(host).commit(commandOn("a", 1)));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Invalid" });
      expect(yield* storage.read(issue)).toEqual([null]);
    }),
  );
});
