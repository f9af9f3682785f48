/**
 * Is the data file whole? SQLite's own check, and what this driver promises beyond:
 * the tables, indexes and triggers of its schema step, streams without gaps, index entries
 * that match their rows, jobs that make sense.
 *
 * Whether hashes and states agree is the library's to verify; a driver knows neither.
 */
import type * as NodeSqlite from "node:sqlite";
import type { DatabaseSync } from "node:sqlite";
import { numberOf, storedStep } from "./Schema.ts";
import { isDamage, storageError } from "./Errors.ts";
import { APPLICATION_ID, sqliteMigrations } from "./Migrations.ts";

/** Something that is not as it must be; names tables and ids, never stored values. */
export interface SqliteFinding {
  readonly check: string;
  readonly what: string;
}

/** What a check found. */
export interface SqliteCheck {
  readonly sound: boolean;
  /** At most 100 of each check. */
  readonly findings: ReadonlyArray<SqliteFinding>;
  readonly schema: number;
  /** Lines of the journal; 0 where damage keeps them from being counted. */
  readonly entries: number;
}

/**
 * Checks a data file through a reading connection; nothing is changed.
 *
 * @throws StorageError `Misconfigured` for a database that is not Linli's,
 * `Unsupported` for one of a newer release.
 */
export const checkFile = (sqlite: typeof NodeSqlite, path: string): SqliteCheck => {
  const database = new sqlite.DatabaseSync(path, { readOnly: true });
  try {
    return checkDatabase(sqlite, database);
  } finally {
    database.close();
  }
};

/** Checks an open database. */
export const checkDatabase = (sqlite: typeof NodeSqlite, database: DatabaseSync): SqliteCheck => {
  if (numberOf(database, "PRAGMA application_id") !== APPLICATION_ID) {
    throw storageError("Misconfigured", "check", "the file is a database, but not one of Linli's");
  }
  const schema = storedStep(database, "check");
  if (schema > (sqliteMigrations.at(-1)?.step ?? 0)) {
    throw storageError(
      "Unsupported",
      "check",
      `the file has schema ${schema}; use a newer release`,
    );
  }
  const findings: Array<SqliteFinding> = [];
  asFarAsReadable("schema", findings, () => {
    const found = new Set(objectsOf(database));
    for (const one of objectsOfStep(sqlite, schema)) {
      if (!found.has(one)) findings.push({ check: "schema", what: `${one} is missing` });
    }
  });
  for (const [check, sql] of Object.entries(CHECKS)) {
    asFarAsReadable(check, findings, () => {
      for (const row of database.prepare(`${sql} LIMIT 100`).iterate()) {
        findings.push({ check, what: String(row["what"]) });
      }
    });
  }
  let entries = 0;
  asFarAsReadable("entries", findings, () => {
    entries = numberOf(database, "SELECT count(*) FROM entries");
  });
  return { sound: findings.length === 0, findings, schema, entries };
};

/** Tables with their columns, indexes, triggers and views of a database. */
const objectsOf = (database: DatabaseSync): ReadonlyArray<string> =>
  database
    .prepare(OBJECTS)
    .all()
    .map((row) => String(row["what"]));

const OBJECTS = `
  SELECT type || ' ' || name AS what FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'
  UNION ALL
  SELECT 'column ' || c.name || ' of table ' || t.name
  FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'`;

/** What the steps up to one have made; a DBA may have added to it. */
const objectsOfStep = (sqlite: typeof NodeSqlite, step: number): ReadonlyArray<string> => {
  const model = new sqlite.DatabaseSync(":memory:");
  try {
    for (const one of sqliteMigrations) if (one.step <= step) model.exec(one.sql);
    return objectsOf(model);
  } finally {
    model.close();
  }
};

/** A check that damage keeps from its end has found that damage. */
const asFarAsReadable = (check: string, findings: Array<SqliteFinding>, work: () => void): void => {
  try {
    work();
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    findings.push({ check, what: "the file is too damaged for this check to come to its end" });
  }
};

/** Each lists what is wrong, in a column `what`. */
const CHECKS: Readonly<Record<string, string>> = {
  pages: `
    SELECT integrity_check AS what FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
  streams: `
    SELECT 'stream ' || stream || ' of ' || namespace || ' has ' || count(*) || ' entries from ' ||
      min(version) || ' to ' || max(version) AS what
    FROM entries GROUP BY namespace, stream
    HAVING min(version) <> 1 OR max(version) <> count(*)`,
  indexKeys: `
    SELECT kind || ' ' || id || ' of ' || namespace || ' has a damaged list of index entries' AS what
    FROM rows
    WHERE CASE WHEN json_valid(index_keys)
      THEN json_type(index_keys) <> 'array' OR json_array_length(index_keys) % 2 = 1 ELSE 1 END`,
  missingIndexEntries: `
    SELECT r.kind || ' ' || r.id || ' of ' || r.namespace || ' lacks an entry of index ' || i.value
      AS what
    FROM rows AS r, json_each(iif(json_valid(r.index_keys), r.index_keys, '[]')) AS i
    WHERE i.key % 2 = 0 AND NOT EXISTS (
      SELECT 1 FROM index_entries AS e
      WHERE e.namespace = r.namespace AND e.kind = r.kind AND e.index_name = i.value
        AND e.key = json_extract(r.index_keys, '$[' || (i.key + 1) || ']') AND e.id = r.id)`,
  strayIndexEntries: `
    SELECT 'index ' || e.index_name || ' names ' || e.kind || ' ' || e.id || ' of ' || e.namespace ||
      ' under a key it does not have' AS what
    FROM index_entries AS e
    LEFT JOIN rows AS r ON r.namespace = e.namespace AND r.kind = e.kind AND r.id = e.id
    WHERE r.id IS NULL OR NOT EXISTS (
      SELECT 1 FROM json_each(iif(json_valid(r.index_keys), r.index_keys, '[]')) AS k
      WHERE k.key % 2 = 1 AND k.value = e.key
        AND json_extract(r.index_keys, '$[' || (k.key - 1) || ']') = e.index_name)`,
  rows: `
    SELECT kind || ' ' || id || ' of ' || namespace || ' has version ' || version AS what
    FROM rows WHERE version NOT BETWEEN 1 AND ${Number.MAX_SAFE_INTEGER}`,
  jobs: `
    SELECT 'job ' || id || ' of ' || namespace || ' is half leased or half settled' AS what
    FROM jobs
    WHERE state NOT IN (0, 1, 2)
      OR (leased_until > 0) <> (token IS NOT NULL) OR (leased_until > 0 AND state <> 0)
      OR (state <> 0 AND settled_at IS NULL)`,
  jobNumbers: `
    SELECT 'job ' || id || ' of ' || namespace || ' has a number out of range' AS what
    FROM jobs
    WHERE max(due_at, seq, attempt, leased_until, coalesce(settled_at, 0))
        > ${Number.MAX_SAFE_INTEGER}
      OR min(due_at, seq, attempt, leased_until, coalesce(settled_at, 0)) < 0`,
};
