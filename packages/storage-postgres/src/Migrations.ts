/**
 * The tables, as numbered SQL that a DBA can read and run by hand, and their
 * installation when the driver may do it itself.
 *
 * A statement of a step is never changed once released; a comment may be put right. Each runs in one transaction under an
 * advisory lock and records itself last, so several processes may start at once and
 * any may be interrupted.
 */
import {
  type MigrationStep,
  refusalToOpen,
  schemaState,
  type StorageInfo,
} from "@linli/core/ports";
import { aboveReadCommitted, storageError } from "./Errors.ts";
import { type FeedOrder, schemaRefusal, type Settings } from "./Options.ts";
import type { PgConnection } from "./Source.ts";
import { init } from "./sql/0001_init.ts";
import { commit } from "./sql/0002_commit.ts";
import { jobs } from "./sql/0003_jobs.ts";
import { views } from "./sql/0004_views.ts";
import { dead_jobs as deadJobs } from "./sql/0005_dead_jobs.ts";
import { quick } from "./sql/0006_quick.ts";
import { heads } from "./sql/0007_heads.ts";
import { leases } from "./sql/0008_leases.ts";
import { settlements } from "./sql/0009_settlements.ts";
import { isolation } from "./sql/0010_isolation.ts";
import { view_columns as viewColumns } from "./sql/0011_view_columns.ts";
import { append } from "./sql/0012_append.ts";

/** One step of the schema. */
export interface Migration extends MigrationStep {
  readonly sql: string;
}

/** All steps in order; the same text as the files of the package's `migrations` folder. */
export const postgresMigrations: ReadonlyArray<Migration> = [
  init,
  commit,
  jobs,
  views,
  deadJobs,
  quick,
  heads,
  leases,
  settlements,
  isolation,
  viewColumns,
  append,
];

/**
 * A step for another schema than `linli`, under any name that {@link schemaRefusal} takes.
 *
 * @throws StorageError `Misconfigured` for any other.
 */
export const migrationIn = (schema: string, { sql }: Migration): string => {
  const refusal = schemaRefusal("migrate", schema);
  if (refusal !== null) throw refusal;
  return inSchema(schema, sql);
};

const inSchema = (schema: string, sql: string): string => {
  const name = quoted(schema);
  const literal = `'${name.replaceAll("'", "''")}.`;
  // A name may hold what ends the text of a function, or begins an escape in a literal.
  const tag = schema.includes("$") ? dollarsFor(schema) : "$$";
  const inLiteral = schema.includes("\\") ? `E${literal.replaceAll("\\", "\\\\")}` : literal;
  return sql.replaceAll(NAMED, (part) => {
    if (part === "$$") return tag;
    if (part === "'linli.") return inLiteral;
    return part === "linli." ? `${name}.` : part.replace("linli", () => name);
  });
};

/** Where a step names its schema, and what stands around the text of a function. */
const NAMED = /'linli\.|\blinli\.|CREATE SCHEMA IF NOT EXISTS linli;|\$\$/g;

const dollarsFor = (schema: string): string => {
  let tag = "$linli$";
  while (schema.includes(tag)) tag = tag.replace("linli", "linli_");
  return tag;
};

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

/** What a schema tells of itself; only looks. */
export const lookAt = async (
  connection: PgConnection,
  schema: string,
): Promise<Pick<StorageInfo, "version" | "schema" | "bytes">> => {
  const [found] = (
    await connection.query(
      "SELECT version() AS version, (SELECT sum(pg_total_relation_size(c.oid)) " +
        "FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace " +
        "WHERE n.nspname = $1::text AND c.relkind = 'r') AS bytes",
      [schema],
    )
  ).rows;
  return {
    // "PostgreSQL 18.4 on x86_64-pc-linux-gnu, compiled by ...": the rest is of no use here.
    version: String(found?.["version"]).split(/ on |,/)[0] ?? "",
    schema: schemaState(postgresMigrations, await reachedStep(connection, schema)),
    bytes: Number(found?.["bytes"] ?? 0),
  };
};

/**
 * Runs the steps that are missing and gives those that it ran itself. A step may have much
 * to do, or wait for another process at the same one: `patient` has no limit of time.
 *
 * @throws StorageError `Misconfigured` when the database cannot serve, `Unsupported` when
 *   it is of a newer release or lacks what the horizon order needs.
 */
export const runMissing = async (
  connection: PgConnection,
  patient: PgConnection,
  settings: Settings,
): Promise<ReadonlyArray<MigrationStep>> => {
  await checkServer(connection, settings);
  const schema = schemaState(postgresMigrations, await reachedStep(connection, settings.schema));
  const refusal = refusalToOpen({ name: "postgres", schema: { ...schema, pending: [] } });
  if (refusal !== null) throw refusal;
  const ran: Array<MigrationStep> = [];
  for (const migration of postgresMigrations) {
    const { step, name } = migration;
    if (step <= schema.reached) continue;
    if (await applyStep(patient, settings.schema, migration)) ran.push({ step, name });
  }
  return ran;
};

/**
 * Tells how the feed of a database is ordered that lacks nothing.
 *
 * @throws MigrationsPending, or StorageError as {@link runMissing} does.
 */
export const enterDatabase = async (
  connection: PgConnection,
  settings: Settings,
): Promise<FeedOrder> => {
  await checkServer(connection, settings);
  const schema = schemaState(postgresMigrations, await reachedStep(connection, settings.schema));
  const refusal = refusalToOpen({ name: "postgres", schema });
  if (refusal !== null) throw refusal;
  return agreeOnOrder(connection, settings);
};

/** What the functions and migrations are written in; a server that says it is older lacks some of it. */
const OLDEST_SERVER = 120_000;

const checkServer = async (connection: PgConnection, settings: Settings): Promise<void> => {
  const [server] = (
    await connection.query(
      "SELECT current_setting('server_encoding') AS encoding, " +
        "current_setting('server_version_num') AS release, '' IS NULL AS empty_is_null, " +
        "to_regproc('pg_current_xact_id') IS NOT NULL AS horizon, " +
        "current_setting('transaction_isolation') AS isolation",
    )
  ).rows;
  if (server?.["encoding"] !== "UTF8") {
    throw storageError("Misconfigured", "open", "the database is not in UTF8; make one that is");
  }
  if (server["empty_is_null"] === true) {
    throw storageError(
      "Misconfigured",
      "open",
      "the database takes empty text for NULL, as Oracle does; make one in its PostgreSQL mode",
    );
  }
  if (!String(server["isolation"]).startsWith("read ")) throw aboveReadCommitted("open");
  const release = Number(server["release"]);
  if (!(release >= OLDEST_SERVER)) {
    throw storageError(
      "Unsupported",
      "open",
      `the server calls itself PostgreSQL ${release}; what is needed came with ${OLDEST_SERVER} (the README lists it)`,
    );
  }
  if (settings.feedOrder === "horizon" && server["horizon"] !== true) {
    throw storageError("Unsupported", "open", "the horizon order needs PostgreSQL 13 or newer");
  }
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

/** Whether it was this call that ran the step. */
const applyStep = async (
  connection: PgConnection,
  schema: string,
  migration: Migration,
): Promise<boolean> => {
  await connection.query("BEGIN");
  try {
    await connection.query("SELECT pg_advisory_xact_lock(1281979375, hashtext($1::text))", [
      schema,
    ]);
    // Another process may have been first.
    const missing = (await reachedStep(connection, schema)) < migration.step;
    if (missing) {
      const present = await schemaExists(connection, schema);
      // Cut before it is named: a name may look like the end of a statement.
      for (const statement of statementsOf(migration.sql)) {
        // A user that may not make schemas can fill one that was made for it.
        if (present && statement.startsWith("CREATE SCHEMA")) continue;
        await connection.query(inSchema(schema, statement));
      }
    }
    await connection.query("COMMIT");
    return missing;
  } catch (cause) {
    // When the connection is gone the server rolls back by itself.
    await Promise.resolve(connection.query("ROLLBACK")).catch(() => null);
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
