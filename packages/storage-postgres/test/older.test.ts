/** Databases of older releases, with data in them, opened by this one. */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import {
  migrationIn,
  openPostgresStorage,
  postgresDatabase,
  postgresMigrations,
} from "../src/index.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import { freshStorage, scopedSchema, sharedPool, withServer } from "./support/database.ts";
import { liveAWhile, openStreet } from "./support/street.ts";

/** The first step that has all that a service needs, up to the one before the newest. */
const OLDER = postgresMigrations.map(({ step }) => step).filter((step) => step >= 3);

const TABLES = ["rows", "index_entries", "entries", "jobs", "receipts", "settings"];
const SEQUENCES = ["entry_seq", "job_seq", "lease_seq"];

/** A command as the driver of step 3 sent it (migrations/0002_commit.sql has the form). */
const OLD_COMMAND = {
  ...{ n: NAMESPACE, h: false, x: false, guards: [], updates: [], deletes: [] },
  receipts: [{ i: "a/1", h: "c", u: null, v: "1" }],
  inserts: [{ k: "issue", i: "a", x: ['["due","x"]'], v: '{"issue":"a"}' }],
  entries: [{ s: "a", v: 1, f: true, h: "h1", d: "step 1" }],
  jobs: {
    schedule: ["clock/a", "clock/b"].map((i, n) => ({ i, q: "old", k: i, d: 10 + n, v: "1" })),
  },
};

withServer("a database of an older release", (url) => {
  const query = (text: string, values: ReadonlyArray<unknown> = []) =>
    Effect.promise(() => sharedPool(url).query(text, [...values]));

  const columnsOf = Effect.fnUntraced(function* (schema: string, table: string) {
    const { rows } = yield* query(
      `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS names
      FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2`,
      [schema, table],
    );
    return String(rows[0]?.names);
  });

  /** All rows of all tables in the columns that they had. */
  const contentsOf = Effect.fnUntraced(function* (
    schema: string,
    columns: ReadonlyMap<string, string>,
  ) {
    const contents: Record<string, unknown> = {};
    for (const [table, names] of columns) {
      const text = `SELECT ${names} FROM ${schema}.${table} AS t ORDER BY t::text COLLATE "C"`;
      contents[table] = (yield* query(text)).rows;
    }
    return contents;
  });

  /** A database that stopped at a step, with a street's life, and what its own functions wrote. */
  const stoppedAt = Effect.fnUntraced(function* (step: number, from: string) {
    const schema = yield* scopedSchema(url);
    for (const migration of postgresMigrations.filter((one) => one.step <= step)) {
      yield* query(migrationIn(schema, migration));
    }
    const columns = new Map<string, string>();
    for (const table of TABLES) {
      const names = yield* columnsOf(schema, table);
      columns.set(table, names);
      yield* query(
        `INSERT INTO ${schema}.${table} (${names}) SELECT ${names} FROM ${from}.${table}`,
      );
    }
    for (const name of SEQUENCES) {
      yield* query(`SELECT setval('${schema}.${name}', (SELECT last_value FROM ${from}.${name}))`);
    }
    const answers = yield* query(`SELECT ${schema}.commit_each($1, NULL) AS said`, [
      JSON.stringify([OLD_COMMAND]),
    ]);
    expect(answers.rows).toEqual([{ said: '["C"]' }]);
    const leased = yield* query(
      `SELECT id, token FROM ${schema}.lease($1, 'old', 100, 200, 1, 'w', NULL, NULL)`,
      [NAMESPACE],
    );
    const { id, token } = leased.rows[0] ?? {};
    const dead = { n: NAMESPACE, i: id, t: token, o: "Dead", m: "m", d: null, r: "why", a: 150 };
    yield* query(`SELECT ${schema}.settle($1, NULL)`, [JSON.stringify([[dead]])]);
    return { schema, columns };
  });

  for (const step of OLDER.slice(0, -1)) {
    it.effect(`at step ${step}: the rest runs, all is kept, and it goes on`, () =>
      Effect.gen(function* () {
        const now = yield* freshStorage(url);
        yield* Effect.promise(async () => liveAWhile(await openStreet(now.storage, "i"), 2));
        const { schema, columns } = yield* stoppedAt(step, now.schema);
        const before = yield* contentsOf(schema, columns);

        const database = postgresDatabase({ source: sharedPool(url), schema });
        expect((yield* database.info()).schema.reached).toBe(step);
        expect(yield* Effect.flip(database.open())).toMatchObject({ _tag: "MigrationsPending" });
        const storage = yield* openPostgresStorage({ source: sharedPool(url), schema });
        expect(yield* contentsOf(schema, columns)).toEqual(before);
        expect((yield* database.info()).schema.pending).toEqual([]);

        const page = { namespace: NAMESPACE, queue: null, limit: 9, cursor: null };
        const { jobs } = yield* storage.dead(page);
        expect(jobs.map((job) => [job.id, job.reason])).toEqual([["clock/a", "why"]]);
        expect((yield* storage.commit(commandOn("a", 1)))._tag).toBe("Replayed");
        expect((yield* storage.commit(commandOn("a", 2)))._tag).toBe("Committed");
        const due = {
          namespace: NAMESPACE,
          queue: "old",
          now: 300,
          until: 400,
          limit: 9,
          owner: "w",
        };
        expect((yield* storage.lease(due)).map((job) => job.id)).toEqual(["clock/b"]);

        yield* Effect.promise(async () => {
          const street = await openStreet(storage, "later");
          const kept = await street.desk.verifyJournal();
          expect(kept._tag).toBe("Sound");
          await liveAWhile(street, 1);
          const grown = await street.desk.verifyJournal();
          expect(grown._tag).toBe("Sound");
          expect(grown.entries).toBeGreaterThan(kept.entries);
        });
      }),
    );
  }
});
