/**
 * The tables, as numbered SQL that a DBA can read and run by hand, and their
 * installation when the driver may do it itself.
 *
 * A step is never changed once released. Each runs in one transaction under an
 * advisory lock and records itself last, so several processes may start at once and
 * any may be interrupted.
 */
import { storageError } from "./Errors.ts";
import type { FeedOrder, Settings } from "./Options.ts";
import type { PgConnection } from "./Source.ts";
import { init } from "./sql/0001_init.ts";
import { commit } from "./sql/0002_commit.ts";
import { jobs } from "./sql/0003_jobs.ts";
import { views } from "./sql/0004_views.ts";

/** One step of the schema. */
export interface Migration {
  readonly step: number;
  readonly name: string;
  readonly sql: string;
}

/** All steps in order; the same text as the files of the package's `migrations` folder. */
export const postgresMigrations: ReadonlyArray<Migration> = [init, commit, jobs, views];

/** A step for another schema than `linli`. */
export const migrationIn = (schema: string, { sql }: Migration): string =>
  sql
    .replaceAll("linli.", `${quoted(schema)}.`)
    .replace(
      "CREATE SCHEMA IF NOT EXISTS linli;",
      `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)};`,
    );

/** A name as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Statements of a step one by one: not every client takes several at once. */
export const statementsOf = (sql: string): ReadonlyArray<string> => {
  const statements: Array<string> = [];
  let current: Array<string> = [];
  let inBody = false;
  for (const line of sql.split("\n")) {
    if (!inBody && (line.trim() === "" || line.startsWith("--"))) continue;
    current.push(line);
    if (line.split("$$").length % 2 === 0) inBody = !inBody;
    if (inBody || !line.endsWith(";")) continue;
    statements.push(current.join("\n"));
    current = [];
  }
  return statements;
};

/**
 * Makes the database ready and tells how its feed is ordered.
 *
 * @throws StorageError `Misconfigured` when it cannot serve, `Unsupported` when it is
 *   of a newer release or lacks what the horizon order needs.
 */
export const prepareDatabase = async (
  connection: PgConnection,
  settings: Settings,
): Promise<FeedOrder> => {
  const [server] = (
    await connection.query(
      "SELECT current_setting('server_encoding') AS encoding, " +
        "to_regproc('pg_current_xact_id') IS NOT NULL AS horizon",
    )
  ).rows;
  if (server?.["encoding"] !== "UTF8") {
    throw storageError("Misconfigured", "open", "the database is not in UTF8; make one that is");
  }
  if (settings.feedOrder === "horizon" && server["horizon"] !== true) {
    throw storageError("Unsupported", "open", "the horizon order needs PostgreSQL 13 or newer");
  }
  const newest = postgresMigrations.at(-1)?.step ?? 0;
  const reached = await reachedStep(connection, settings.schema);
  if (reached > newest) {
    throw storageError(
      "Unsupported",
      "open",
      `the database has schema ${reached}, this release knows ${newest}; use a newer release`,
    );
  }
  if (reached < newest && !settings.migrate) {
    throw storageError(
      "Misconfigured",
      "open",
      `the database has schema ${reached} and needs ${newest}; run the missing migrations`,
    );
  }
  for (const migration of postgresMigrations) {
    if (migration.step > reached) await applyStep(connection, settings.schema, migration);
  }
  return agreeOnOrder(connection, settings);
};

// Asked of the catalog's tables: `to_regclass` may still remember, inside a transaction,
// that what another process has just made was not there.
const reachedStep = async (connection: PgConnection, schema: string): Promise<number> => {
  const { rows } = await connection.query(
    "SELECT 1 AS present FROM pg_catalog.pg_class AS c " +
      "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace " +
      "WHERE n.nspname = $1::text AND c.relname = 'migrations'",
    [schema],
  );
  if (rows.length === 0) return 0;
  const table = `${quoted(schema)}.migrations`;
  const [row] = (await connection.query(`SELECT coalesce(max(step), 0) AS step FROM ${table}`))
    .rows;
  return Number(row?.["step"] ?? 0);
};

const applyStep = async (connection: PgConnection, schema: string, migration: Migration) => {
  await connection.query("BEGIN");
  try {
    await connection.query("SELECT pg_advisory_xact_lock(1281979375, hashtext($1::text))", [
      schema,
    ]);
    // Another process may have been first.
    if ((await reachedStep(connection, schema)) < migration.step) {
      const present = await schemaExists(connection, schema);
      for (const statement of statementsOf(migrationIn(schema, migration))) {
        // A user that may not make schemas can fill one that was made for it.
        if (present && statement.startsWith("CREATE SCHEMA")) continue;
        await connection.query(statement);
      }
    }
    await connection.query("COMMIT");
  } catch (cause) {
    // When the connection is gone the server rolls back by itself.
    await connection.query("ROLLBACK").catch(() => null);
    throw cause;
  }
};

const schemaExists = async (connection: PgConnection, schema: string): Promise<boolean> => {
  const { rows } = await connection.query(
    "SELECT 1 AS present FROM pg_catalog.pg_namespace WHERE nspname = $1::text",
    [schema],
  );
  return rows.length > 0;
};

const agreeOnOrder = async (connection: PgConnection, settings: Settings): Promise<FeedOrder> => {
  const table = `${quoted(settings.schema)}.settings`;
  const read = async () =>
    (await connection.query(`SELECT value FROM ${table} WHERE name = 'feed_order'`)).rows[0];
  let row = await read();
  if (row === undefined) {
    await connection.query(
      `INSERT INTO ${table} (name, value) VALUES ('feed_order', $1::text) ON CONFLICT DO NOTHING`,
      [settings.feedOrder ?? "serialised"],
    );
    row = await read();
  }
  const order: FeedOrder = row?.["value"] === "horizon" ? "horizon" : "serialised";
  if (settings.feedOrder !== null && settings.feedOrder !== order) {
    throw storageError(
      "Misconfigured",
      "open",
      `the database was first opened with the ${order} feed order; open it with that one`,
    );
  }
  return order;
};
