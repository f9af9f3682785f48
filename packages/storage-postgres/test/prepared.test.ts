/** Statements that stay prepared: every law of the port, and a session that lost or changed one. */
import { expect, it } from "@effect/vitest";
import { storageContract } from "@linli/testing/vitest";
import * as Effect from "effect/Effect";
import type { Pool } from "pg";
import { openPostgresStorage, prepared } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import {
  freshSchema,
  scopedPool,
  scopedSchema,
  sharedPool,
  withServer,
} from "./support/database.ts";
import { postgresOpener } from "./support/opener.ts";

const issue = { namespace: NAMESPACE, keys: [{ kind: "issue", id: "a" }] };
const two = { ...issue, keys: [...issue.keys, { kind: "issue", id: "b" }] };

/** One session only, so that what is done to it is done to the next call's. */
const openOnOne = (url: string) =>
  Effect.gen(function* () {
    const schema = yield* scopedSchema(url);
    const pool = yield* scopedPool(url, { max: 1 });
    const source = prepared(pool);
    const storage = yield* openPostgresStorage({ source, schema, maxConnections: 1 });
    return { schema, pool, storage };
  });

/** Names of statements that a session holds of a schema. */
const heldBy = (pool: Pool, schema: string) =>
  Effect.promise(async () => {
    const { rows } = await pool.query<{ readonly name: string }>(
      `SELECT name FROM pg_prepared_statements WHERE statement LIKE '%"${schema}"%' ORDER BY name`,
    );
    return rows.map((row) => row.name);
  });

withServer("prepared statements", (url) => {
  storageContract(
    "postgres, prepared",
    postgresOpener(prepared(sharedPool(url)), { names: freshSchema }),
  );

  it.effect("each statement is prepared once in a session", () =>
    Effect.gen(function* () {
      const { schema, pool, storage } = yield* openOnOne(url);
      yield* storage.commit(commandOn("a", 1));
      yield* storage.read(issue);
      const held = yield* heldBy(pool, schema);
      expect(held.length).toBeGreaterThanOrEqual(2);
      yield* storage.commit(commandOn("a", 2));
      expect((yield* storage.read(issue))[0]?.version).toBe(2);
      expect(yield* heldBy(pool, schema)).toEqual(held);
    }),
  );

  it.effect("a session that lost its statements is asked without names", () =>
    Effect.gen(function* () {
      const { schema, pool, storage } = yield* openOnOne(url);
      yield* storage.commit(commandOn("a", 1));
      yield* storage.read(issue);
      yield* Effect.promise(() => pool.query("DEALLOCATE ALL"));
      expect(yield* storage.commit(commandOn("a", 2))).toEqual({ _tag: "Committed" });
      expect((yield* storage.read(issue))[0]?.version).toBe(2);
      expect(yield* heldBy(pool, schema)).toEqual([]);
    }),
  );

  it.effect("a name that a session gave to something else is not used", () =>
    Effect.gen(function* () {
      const schema = yield* scopedSchema(url);
      const first = yield* scopedPool(url, { max: 1 });
      const before = yield* openPostgresStorage({ source: prepared(first), schema });
      yield* before.read(issue);
      const names = yield* heldBy(first, schema);
      const second = yield* scopedPool(url, { max: 1 });
      for (const name of names) {
        yield* Effect.promise(() => second.query(`PREPARE ${name} AS SELECT 1`));
      }
      const storage = yield* openPostgresStorage({ source: prepared(second), schema });
      expect(yield* storage.commit(commandOn("a", 1))).toEqual({ _tag: "Committed" });
      expect((yield* storage.read(issue))[0]?.version).toBe(1);
    }),
  );

  it.effect("a function that a migration gave another shape is asked anew", () =>
    Effect.gen(function* () {
      const { schema, pool, storage } = yield* openOnOne(url);
      yield* storage.commit(commandOn("a", 1));
      // Several rows are read by the function, and the answer has its columns.
      yield* storage.read(two);
      yield* Effect.promise(() =>
        pool.query(`
          ALTER FUNCTION ${schema}.read(text) RENAME TO read_before;
          CREATE FUNCTION ${schema}.read(p_keys text)
          RETURNS TABLE (place integer, version integer, value text) LANGUAGE sql AS $$
            SELECT place::integer, version::integer, value FROM ${schema}.read_before(p_keys)
          $$`),
      );
      expect((yield* storage.read(two))[0]?.version).toBe(1);
    }),
  );
});
