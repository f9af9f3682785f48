/**
 * Roles with the rights that the README lists and no others, where nobody has any by
 * default: one of the driver on a schema that a DBA migrates, one that only reads the views.
 */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import { readFileSync } from "node:fs";
import { openPostgresStorage, postgresDatabase } from "../src/index.ts";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { scopedPool, scopedSchema, sharedPool, withServer } from "./support/database.ts";
import { liveAWhile, openStreet } from "./support/street.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The statements of the README that give rights to a role, for a role and a schema of ours. */
const grantsTo = (listed: string, role: string, schema: string): string => {
  const blocks = [...README.matchAll(/```sql\n(.*?)```/gs)].map(([, block = ""]) => block);
  const block = blocks.find((one) => one.includes(` TO ${listed};`));
  if (block === undefined) throw new Error(`the README grants nothing to ${listed}`);
  return block.replaceAll(/\blinli\b/g, schema).replaceAll(` TO ${listed};`, ` TO ${role};`);
};

withServer("rights", (url) => {
  const query = (text: string) => Effect.promise(() => sharedPool(url).query(text));

  /** A migrated schema on which nobody has rights, and a pool of a role with some. */
  const scopedRole = Effect.fnUntraced(function* (listed: string) {
    const schema = yield* scopedSchema(url);
    const role = `${schema}_${listed}`;
    yield* Effect.acquireRelease(query(`CREATE ROLE ${role}`), () =>
      query(`DROP OWNED BY ${role}; DROP ROLE ${role}`),
    );
    yield* openPostgresStorage({ source: sharedPool(url), schema });
    yield* query(`REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} FROM PUBLIC`);
    const pool = yield* scopedPool(url, { options: `-c role=${role}` });
    const before = yield* Effect.exit(Effect.tryPromise(() => pool.query(`TABLE ${schema}.jobs`)));
    expect(before._tag).toBe("Failure");
    yield* query(grantsTo(listed, role, schema));
    return { schema, pool };
  });

  it.effect("the driver needs what the README lists", () =>
    Effect.gen(function* () {
      const { schema, pool } = yield* scopedRole("app");
      const database = postgresDatabase({ source: pool, schema });
      expect(yield* database.migrate()).toEqual([]);
      expect((yield* database.info()).schema.pending).toEqual([]);
      const storage = yield* database.open();
      yield* Effect.promise(async () => liveAWhile(await openStreet(storage, schema), 2));
      yield* storage.commit(commandOn("a", 1));
      const refused = yield* Effect.flip(storage.commit({ ...commandOn("a", 1), receipt: null }));
      expect(refused._tag).toBe("Conflict");
      const asked = { namespace: NAMESPACE, queue: "clock", now: 5000, until: 6000, limit: 1 };
      const [job] = yield* storage.lease({ ...asked, owner: "w" });
      const held = { namespace: NAMESPACE, id: "clock/a", token: job?.token ?? "" };
      const dead = { _tag: "Dead" as const, ...held, reason: "no" };
      expect(yield* storage.settle([dead], 5000)).toEqual(["Settled"]);
      yield* storage.commit(batchOf({ revive: [{ id: "clock/a", dueAt: 1 }] }));
      const [again] = yield* storage.lease({ ...asked, owner: "w" });
      const done = { _tag: "Done" as const, ...held, token: again?.token ?? "" };
      expect(yield* storage.settle([done], 5000)).toEqual(["Settled"]);
      // Nobody is told when what is done aside fails, so it is asked for by itself.
      const places = `'["",""]', '["",""]'`;
      yield* Effect.promise(() => pool.query(`SELECT ${schema}.tidy(${places}, 1, 1, 9)`));
    }),
  );

  it.effect("a reporting tool needs what the README lists, and sees the views only", () =>
    Effect.gen(function* () {
      const { schema, pool } = yield* scopedRole("reports");
      const storage = yield* openPostgresStorage({ source: sharedPool(url), schema });
      yield* Effect.promise(async () => liveAWhile(await openStreet(storage, schema), 1));
      for (const view of ["issues", "journal", "job_list", "units"]) {
        const { rowCount } = yield* Effect.promise(() => pool.query(`TABLE ${schema}.${view}`));
        expect([view, (rowCount ?? 0) > 0]).toEqual([view, true]);
      }
      for (const table of ["rows", "entries", "jobs", "receipts", "index_entries"]) {
        const told = yield* Effect.flip(
          Effect.tryPromise(() => pool.query(`TABLE ${schema}.${table}`)),
        );
        expect(told.cause).toMatchObject({ code: "42501" });
      }
    }),
  );
});
