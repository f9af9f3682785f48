/**
 * Whatever a transaction sees from its beginning on, a commit must see what is there now:
 * above READ COMMITTED nothing is written and the caller hears why.
 */
import { expect, it } from "@effect/vitest";
import type { CommitBatch, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type pg from "pg";
import { openPostgresStorage, postgresDatabase, type PgSource } from "../src/index.ts";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import {
  freshStorage,
  scopedPool,
  scopedSchema,
  sharedPool,
  withServer,
} from "./support/database.ts";

const ABOVE = ["REPEATABLE READ", "SERIALIZABLE"] as const;

const charter = (expected: number): CommitBatch =>
  batchOf({ rows: [{ kind: "charter", id: "c", expected, value: "{}", indexes: [] }] });

/** What was decided while the charter stood at version 1, and before there was a decree. */
const guarded = [
  batchOf({ guards: [{ kind: "charter", id: "c", version: 1 }] }),
  batchOf({ guards: [{ kind: "decree", id: "d", version: 0 }] }),
].map((batch, n) => ({ ...commandOn(`i${n}`, 1), guards: batch.guards }));

const due = { namespace: null, queue: "clock", now: 5000, until: 6000, limit: 9, owner: "w" };

const refused = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(call), (error) =>
    expect(error).toMatchObject({
      ...{ _tag: "StorageError", reason: "Misconfigured" },
      detail: expect.stringContaining("READ COMMITTED"),
    }),
  );

/** A transaction that looks at a charter which changes behind it, as does whether there is a decree. */
const oldView = Effect.fnUntraced(function* (url: string, storage: Storage, begin: string) {
  yield* storage.commit(charter(0));
  const host = yield* Effect.acquireRelease(
    Effect.promise(() => sharedPool(url).connect()),
    (client) => Effect.promise(() => client.query("ROLLBACK").then(() => client.release())),
  );
  yield* Effect.promise(() => host.query(begin));
  yield* Effect.promise(() => host.query("SELECT count(*) FROM pg_catalog.pg_class"));
  yield* storage.commit(charter(1));
  const row = { kind: "decree", id: "d", expected: 0, value: "{}", indexes: [] };
  yield* storage.commit(batchOf({ rows: [row] }));
  return host;
});

withServer("isolation", (url) => {
  for (const level of ABOVE) {
    it.effect(`joined at ${level}: writes are refused, reads and the host go on`, () =>
      Effect.gen(function* () {
        const { storage, schema } = yield* freshStorage(url);
        yield* storage.commit(commandOn("a", 1));
        const host = yield* oldView(url, storage, `BEGIN ISOLATION LEVEL ${level}`);
        const joined = storage.joined(host);
        for (const batch of guarded) yield* refused(joined.commit(batch));
        yield* refused(joined.lease(due));
        const outcome = { namespace: NAMESPACE, id: "clock/a", token: "1" };
        yield* refused(joined.settle([{ _tag: "Done", ...outcome }], 5000));
        const [seen] = yield* joined.read({
          ...{ namespace: NAMESPACE, keys: [{ kind: "charter", id: "c" }] },
        });
        expect(seen?.version).toBe(1);
        yield* Effect.promise(() => host.query(`CREATE TABLE ${schema}.bookings (id text)`));
        yield* Effect.promise(() => host.query("COMMIT"));
        yield* Effect.promise(() => host.query(`SELECT * FROM ${schema}.bookings`));
        const issues = guarded.flatMap(({ rows }) => rows.map(({ kind, id }) => ({ kind, id })));
        expect(yield* storage.read({ namespace: NAMESPACE, keys: issues })).toEqual([null, null]);
        expect((yield* storage.lease(due)).length).toBe(1);
      }),
    );

    it.effect(`a source whose transactions begin at ${level} is not opened or migrated`, () =>
      Effect.gen(function* () {
        const schema = yield* scopedSchema(url);
        const options = `-c default_transaction_isolation=${level.toLowerCase().replace(" ", "\\ ")}`;
        const source = yield* scopedPool(url, { max: 2, options });
        const database = postgresDatabase({ source, schema });
        yield* refused(database.migrate());
        yield* openPostgresStorage({ source: sharedPool(url), schema });
        yield* refused(database.open());
        expect((yield* database.info()).schema.pending).toEqual([]);
      }),
    );

    it.effect(`sessions that come to ${level} later write nothing until they are set back`, () =>
      Effect.gen(function* () {
        const schema = yield* scopedSchema(url);
        const pool = yield* scopedPool(url, { max: 2 });
        const now = { level: "READ COMMITTED" };
        const storage = yield* openPostgresStorage({ source: at(pool, now), schema });
        yield* storage.commit(commandOn("a", 1));
        now.level = level;
        yield* refused(storage.commit(commandOn("a", 2)));
        yield* refused(storage.commit(batchOf({ entries: commandOn("a", 2).entries })));
        // Several share a transaction, and one more is told what was in its way.
        const crowd = ["b", "c", "d"].map((name) => refused(storage.commit(commandOn(name, 1))));
        yield* Effect.all(crowd, { concurrency: "unbounded" });
        yield* refused(storage.lease(due));
        now.level = "READ UNCOMMITTED";
        yield* storage.commit(commandOn("a", 2));
        expect((yield* storage.lease(due)).length).toBe(1);
      }),
    );
  }

  it.effect("joined at READ COMMITTED a guard is held against what is there now", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url);
      const host = yield* oldView(url, storage, "BEGIN ISOLATION LEVEL READ COMMITTED");
      for (const batch of guarded) {
        const error = yield* Effect.flip(storage.joined(host).commit(batch));
        expect(error._tag).toBe("Conflict");
      }
    }),
  );
});

/** A pool whose sessions are set to a level each time they are lent. */
// Before each statement: one connection serves all calls of a turn of the event loop.
const at = (pool: pg.Pool, now: { readonly level: string }): PgSource => ({
  connect: async () => {
    const client = await pool.connect();
    return {
      query: async (text, values) => {
        await client.query(
          `SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ${now.level}`,
        );
        return client.query(text, values === undefined ? values : [...values]);
      },
      release: (error) => client.release(error),
    };
  },
});
