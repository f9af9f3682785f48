/** Opening: migrations by several at once, interrupted ones, refusals, and the views. */
import { expect, it } from "@effect/vitest";
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { readdirSync, readFileSync } from "node:fs";
import { describe } from "vitest";
import {
  migrationIn,
  openPostgresStorage,
  postgresDatabase,
  postgresMigrations,
} from "../src/index.ts";
import { statementsOf } from "../src/Migrations.ts";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { freshStorage, scopedSchema, sharedPool, withServer } from "./support/database.ts";

const FOLDER = new URL("../migrations/", import.meta.url);

describe("migrations", () => {
  it("are the files of the package, in order (node migrations/embed.mjs)", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"));
    expect(files).toEqual(
      postgresMigrations.map(({ step, name }) => `${String(step).padStart(4, "0")}_${name}.sql`),
    );
    for (const [n, file] of files.entries()) {
      expect(postgresMigrations[n]?.sql).toBe(readFileSync(new URL(file, FOLDER), "utf8"));
    }
  });

  it("are cut into statements outside of function bodies only", () => {
    const statements = postgresMigrations.flatMap(({ sql }) => statementsOf(sql));
    expect(statements.every((one) => one.split("$$").length % 2 === 1)).toBe(true);
    expect(statements.length).toBeGreaterThan(25);
  });
});

describe("what the server must have", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const sources = readdirSync(new URL("../src/", import.meta.url))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8"));
  const sql = [...postgresMigrations.map((one) => one.sql), ...sources].join("\n");
  /** What came to PostgreSQL after 9.2, where some forks began, with its release. */
  const LATER: ReadonlyArray<readonly [string, string]> = [
    ["LATERAL", "9.3"],
    ["WITH ORDINALITY", "9.4"],
    ["jsonb", "9.4"],
    ["ON CONFLICT", "9.5"],
    ["SKIP LOCKED", "9.5"],
    ["EXECUTE FUNCTION", "11"],
    ["AS MATERIALIZED", "12"],
    ["plan_cache_mode", "12"],
    ["pg_current_xact_id", "13"],
    ["pg_snapshot_xmin", "13"],
    ["gen_random_uuid", "13"],
    ["MERGE INTO", "15"],
    ["NULLS NOT DISTINCT", "15"],
    ["GENERATED ALWAYS", "10"],
    ["json_table", "17"],
    ["ANY_VALUE", "16"],
    ["multirange", "14"],
    ["string_to_table", "14"],
    ["date_bin", "14"],
  ];

  it("stands in the README, feature by feature", () => {
    const used = LATER.filter(([name]) => sql.toLowerCase().includes(name.toLowerCase()));
    expect(used.length).toBeGreaterThan(8);
    for (const [name, since] of used) {
      const line = readme.split("\n").find((one) => one.startsWith("|") && one.includes(name));
      expect(line, name).toMatch(new RegExp(`\\| ${since.replace(".", "\\.")} +\\|$`));
    }
  });
});

withServer("opening", (url) => {
  const query = (text: string) => Effect.promise(() => sharedPool(url).query(text));
  const open = (schema: string, more = {}) =>
    openPostgresStorage({ source: sharedPool(url), schema, ...more });
  const refusal = <A, R>(opening: Effect.Effect<A, StorageError, R>) =>
    Effect.map(Effect.flip(opening), (error) => error.reason);

  it.effect("several processes that start at once make the tables once", () =>
    Effect.gen(function* () {
      const schema = yield* scopedSchema(url);
      const storages = yield* Effect.all(
        Array.from({ length: 6 }, () => open(schema)),
        { concurrency: "unbounded" },
      );
      yield* Effect.forEach(storages, (one, n) => one.commit(commandOn(`i${n}`, 1)), {
        concurrency: "unbounded",
      });
      const { rows } = yield* query(`SELECT step FROM ${schema}.migrations ORDER BY step`);
      expect(rows.map((row) => row.step)).toEqual(postgresMigrations.map(({ step }) => step));
    }),
  );

  it.effect("a start that was interrupted between steps is taken up by the next", () =>
    Effect.gen(function* () {
      for (let reached = 0; reached < postgresMigrations.length; reached += 1) {
        const schema = yield* scopedSchema(url);
        for (const migration of postgresMigrations.slice(0, reached)) {
          yield* query(migrationIn(schema, migration));
        }
        const storage = yield* open(schema);
        yield* storage.commit(commandOn("a", 1));
      }
    }),
  );

  it.effect("a DBA may run the files; then the driver needs no right to make tables", () =>
    Effect.gen(function* () {
      const schema = yield* scopedSchema(url);
      const database = postgresDatabase({ source: sharedPool(url), schema });
      expect(yield* Effect.flip(database.open())).toMatchObject({
        _tag: "MigrationsPending",
        pending: postgresMigrations.map(({ step, name }) => ({ step, name })),
      });
      for (const migration of postgresMigrations) yield* query(migrationIn(schema, migration));
      const storage = yield* database.open();
      yield* storage.commit(commandOn("a", 1));
    }),
  );

  it.effect("a step that was run in part by hand is told as such, and can be undone", () =>
    Effect.gen(function* () {
      for (const { step } of postgresMigrations) {
        const schema = yield* scopedSchema(url);
        const [before, half] = [
          postgresMigrations.filter((one) => one.step < step),
          postgresMigrations.find((one) => one.step === step),
        ];
        for (const migration of before) yield* query(migrationIn(schema, migration));
        const statements = statementsOf(migrationIn(schema, half ?? { step, name: "", sql: "" }));
        // What only replaces something may be run again.
        const made = statements.findIndex((one) => /^CREATE (?!SCHEMA|OR REPLACE)/.test(one));
        if (made < 0) continue;
        for (const one of statements.slice(0, made + 1)) yield* query(one);
        const error = yield* Effect.flip(open(schema));
        expect(error).toMatchObject({
          ...{ reason: "Misconfigured", detail: expect.stringContaining("--single-transaction") },
        });
        if (step > 1) continue;
        yield* query(`DROP SCHEMA ${schema} CASCADE`);
        yield* Effect.flatMap(open(schema), (storage) => storage.commit(commandOn("a", 1)));
      }
    }),
  );

  it.effect("refuses a database of a newer release and one of another feed order", () =>
    Effect.gen(function* () {
      const { schema } = yield* freshStorage(url);
      expect(yield* refusal(open(schema, { feedOrder: "horizon" }))).toBe("Misconfigured");
      yield* query(`INSERT INTO ${schema}.migrations (step, name) VALUES (99, 'future')`);
      expect(yield* refusal(open(schema))).toBe("Unsupported");
    }),
  );

  it.effect("refuses a database that is not in UTF8, a wrong name and a closed port", () =>
    Effect.gen(function* () {
      const said = (code: string) => ({
        connect: () => Promise.reject(Object.assign(new Error("no"), { code })),
      });
      const openOn = (source: { connect: () => Promise<never> }) =>
        refusal(openPostgresStorage({ source }));
      expect(yield* openOn(said("3D000"))).toBe("Misconfigured");
      expect(yield* openOn(said("28P01"))).toBe("Misconfigured");
      expect(yield* openOn(said("ECONNREFUSED"))).toBe("Unavailable");
      const good = {
        ...{ encoding: "UTF8", release: "180004", empty_is_null: false, horizon: true },
        isolation: "read committed",
      };
      const saying = (row: object) => ({
        connect: () =>
          Promise.resolve({
            query: () => Promise.resolve({ rows: [{ ...good, ...row }] }),
            release: () => {},
          }),
      });
      const refusedAs = (row: object, settings = {}) =>
        refusal(openPostgresStorage({ source: saying(row), ...settings }));
      expect(yield* refusedAs({ encoding: "LATIN1" })).toBe("Misconfigured");
      expect(yield* refusedAs({ empty_is_null: true })).toBe("Misconfigured");
      expect(yield* refusedAs({ isolation: "serializable" })).toBe("Misconfigured");
      expect(yield* refusedAs({ release: "90204" })).toBe("Unsupported");
      expect(yield* refusedAs({ release: undefined })).toBe("Unsupported");
      expect(yield* refusedAs({ horizon: false }, { feedOrder: "horizon" })).toBe("Unsupported");
    }),
  );

  it.effect("a standby takes no writes: ReadOnly", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url);
      const host = yield* Effect.promise(() => sharedPool(url).connect());
      yield* Effect.promise(() => host.query("BEGIN READ ONLY"));
      const error = yield* Effect.flip(storage.joined(host).commit(commandOn("a", 1)));
      yield* Effect.promise(() => host.query("ROLLBACK").then(() => host.release()));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "ReadOnly" });
    }),
  );

  it.effect("the journal refuses changes, deletions and emptying", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      yield* storage.commit(commandOn("a", 1));
      for (const text of ["UPDATE ? SET value = ''", "DELETE FROM ?", "TRUNCATE ?"]) {
        const tried = sharedPool(url).query(text.replace("?", `${schema}.entries`));
        const refused = yield* Effect.promise(() => tried.then(() => "done").catch(String));
        expect(refused).toContain("the journal is never changed");
      }
    }),
  );

  it.effect("views show issues, journal, jobs and units, and stand sealed values", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      const state = { status: "accepted", category: "noise", unit: "b7", reportedAt: 86_400_000 };
      const units = [{ id: "b7", level: "building", name: "57号楼", parents: { main: "z" } }];
      const row = (kind: string, id: string, value: unknown) => ({
        ...{ kind, id, expected: 0, indexes: [] },
        value: typeof value === "string" ? value : JSON.stringify(value),
      });
      const text = JSON.stringify({ version: "v1", units });
      yield* storage.commit(
        batchOf({
          rows: [
            row("issue", "a", { v: 1, head: "", state }),
            row("issue", "sealed", "\u{1f512} no JSON"),
            row("current", "hierarchy", { v: 1, version: "v1", parts: 2, hash: "" }),
            row("document", "hierarchy/v1/0", text.slice(0, 20)),
            row("document", "hierarchy/v1/1", text.slice(20)),
          ],
          entries: [
            { stream: "a", version: 1, value: JSON.stringify({ type: "reported" }), hash: "h" },
          ],
          schedule: commandOn("a", 1).schedule,
        }),
      );
      const all = Effect.fnUntraced(function* (view: string, columns: string) {
        return (yield* query(`SELECT ${columns} FROM ${schema}.${view} ORDER BY 1`)).rows;
      });
      expect(yield* all("issues", "id, status, unit, reported_at")).toEqual([
        { id: "a", status: "accepted", unit: "b7", reported_at: new Date(86_400_000) },
        { id: "sealed", status: null, unit: null, reported_at: null },
      ]);
      expect(yield* all("journal", "stream, event")).toEqual([{ stream: "a", event: "reported" }]);
      expect(yield* all("job_list", "id, state")).toEqual([{ id: "clock/a", state: "waiting" }]);
      expect(yield* all("units", "id, level, name_zh, parents")).toEqual([
        { id: "b7", level: "building", name_zh: "57号楼", parents: { main: "z" } },
      ]);
    }),
  );

  it.effect("receipts past their time and jobs long done are forgotten as it goes on", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      const DAY = 86_400_000;
      const passing = (n: number, at: number) =>
        batchOf({
          at,
          receipt: { id: `c${n}`, contentHash: "c", value: "", keepUntil: at + 10 },
        });
      for (let n = 0; n < 300; n += 50) {
        const crowd = Array.from({ length: 50 }, (_, k) => storage.commit(passing(n + k, 1000)));
        yield* Effect.all(crowd, { concurrency: "unbounded" });
      }
      for (let n = 0; n < 600; n += 50) {
        const crowd = Array.from({ length: 50 }, (_, k) =>
          storage.commit(passing(1000 + n + k, 3 * DAY)),
        );
        yield* Effect.all(crowd, { concurrency: "unbounded" });
      }
      const { rows } = yield* query(
        `SELECT count(*)::int AS n FROM ${schema}.receipts WHERE keep_until < ${DAY}`,
      );
      expect(rows[0]?.n).toBe(0);
      expect(yield* storage.receipt({ namespace: NAMESPACE, id: "c1001" })).not.toBeNull();
    }),
  );
});
