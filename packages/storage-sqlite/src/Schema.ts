/** The schema of a data file: how far it has come, and its missing steps. */
import { schemaState, type StorageInfo } from "@linli/core/ports";
import type { DatabaseSync } from "node:sqlite";
import { isDamage, storageError } from "./Errors.ts";
import { APPLICATION_ID, markOf, type Migration, sqliteMigrations } from "./Migrations.ts";

/** What a data file tells of itself. */
export type FileFacts = Pick<StorageInfo, "version" | "schema" | "bytes">;

/** The last step this release knows. */
export const NEWEST = sqliteMigrations.at(-1)?.step ?? 0;

/** Facts of an open data file. */
export const factsOf = (database: DatabaseSync, reached = reachedStep(database)): FileFacts => ({
  version: `SQLite ${String(valueOf(database, "SELECT sqlite_version()"))}`,
  schema: schemaState(sqliteMigrations, reached),
  bytes: numberOf(database, "PRAGMA page_count") * numberOf(database, "PRAGMA page_size"),
});

/** Runs the steps that are missing, all or none, and gives them. */
export const runMissing = (database: DatabaseSync): ReadonlyArray<Migration> =>
  inTransaction(database, () => {
    const reached = reachedStep(database);
    if (reached > NEWEST) {
      throw storageError(
        "Unsupported",
        "open",
        `the data file has schema ${reached}, this release knows ${NEWEST}; use a newer release`,
      );
    }
    const missing = sqliteMigrations.filter((one) => one.step > reached);
    orCorrupt("open", UNLIKE_STEP, () => {
      for (const { sql } of missing) database.exec(sql);
    });
    if (missing.length > 0) database.exec(markOf(NEWEST));
    return missing;
  });

/** Counts this opening of the file. */
export const beginEpoch = (database: DatabaseSync): number =>
  inTransaction(database, () => {
    const epoch = numberOf(
      database,
      "SELECT coalesce(max(value), 0) + 1 FROM meta WHERE name = 'epoch'",
    );
    if (!Number.isSafeInteger(epoch) || epoch < 1) {
      const detail = "the data file is damaged where it counts its openings; restore a backup";
      throw storageError("Corrupt", "open", detail);
    }
    database.prepare("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)").run(epoch);
    return epoch;
  });

/** The one number a statement answers; 0 when it answers nothing. */
export const numberOf = (database: DatabaseSync, sql: string): number => {
  const value = valueOf(database, sql);
  return typeof value === "number" ? value : 0;
};

/**
 * The step that a file of ours says it has reached.
 *
 * @throws StorageError `Corrupt` when it cannot say.
 */
export const storedStep = (database: DatabaseSync, operation: string): number => {
  const step = orCorrupt(operation, NO_STEP, () =>
    numberOf(database, "SELECT value FROM meta WHERE name = 'schema'"),
  );
  if (step < 1) throw storageError("Corrupt", operation, NO_STEP);
  return step;
};

/**
 * The step that any file has reached; 0 for one that is empty.
 *
 * @throws StorageError `Misconfigured` for another program's database.
 */
export const reachedStep = (database: DatabaseSync): number => {
  const found = numberOf(database, "PRAGMA application_id");
  const tables = numberOf(database, "SELECT count(*) FROM sqlite_schema");
  if (found !== APPLICATION_ID && (tables > 0 || found !== 0)) {
    throw storageError("Misconfigured", "open", "the file is a database, but not one of Linli's");
  }
  return tables === 0 ? 0 : storedStep(database, "open");
};

/** Does what every sound file takes; where a file does not, it is `Corrupt`, with this detail. */
export const orCorrupt = <A>(operation: string, detail: string, work: () => A): A => {
  try {
    return work();
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw storageError("Corrupt", operation, detail, cause);
  }
};

/** What is said of a file whose tables are not those of the step it has reached. */
export const UNLIKE_STEP =
  "the tables of the data file are not those of its schema step; restore a backup";

// Private

const NO_STEP = "the data file is damaged where it says its schema; restore a backup";

const inTransaction = <A>(database: DatabaseSync, work: () => A): A => {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (cause) {
    // A full disk has rolled everything back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw cause;
  }
};

const valueOf = (database: DatabaseSync, sql: string): unknown => {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  const row: unknown = statement.get();
  return Array.isArray(row) ? row[0] : undefined;
};
