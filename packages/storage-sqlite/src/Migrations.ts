/**
 * The tables, as numbered SQL that a DBA can read and run by hand.
 *
 * A step is never changed once released; the data file says in `meta` which step
 * it has reached. Every key begins with the namespace, so two towns in one file
 * share nothing. The same steps lie as files in `migrations/`.
 */
import type { MigrationStep } from "@linli/core/ports";
import { viewColumnsSql } from "./ViewColumns.ts";
import { viewsSql } from "./Views.ts";

/** One step of the schema; its name is the end of its file's name. */
export interface Migration extends MigrationStep {
  readonly sql: string;
}

/** All steps in order. */
export const sqliteMigrations: ReadonlyArray<Migration> = [
  {
    step: 1,
    name: "tables",
    sql: `
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- State rows. index_keys is the flat JSON list [index, key, index, key, ...] of the
-- row's entries in index_entries, so that a write touches only those that change.
CREATE TABLE rows (
  namespace  TEXT NOT NULL,
  kind       TEXT NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  index_keys TEXT NOT NULL,
  value      TEXT NOT NULL,
  PRIMARY KEY (namespace, kind, id)
) STRICT;

CREATE TABLE index_entries (
  namespace  TEXT NOT NULL,
  kind       TEXT NOT NULL,
  index_name TEXT NOT NULL,
  key        TEXT NOT NULL,
  id         TEXT NOT NULL,
  PRIMARY KEY (namespace, kind, index_name, key, id)
) STRICT, WITHOUT ROWID;

-- The journal. seq is given inside the write transaction, of which there is one at
-- a time, so its order is the order of commits and no lower one can appear later.
CREATE TABLE entries (
  seq       INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  stream    TEXT NOT NULL,
  version   INTEGER NOT NULL,
  hash      TEXT NOT NULL,
  value     TEXT NOT NULL,
  UNIQUE (namespace, stream, version)
) STRICT;
CREATE INDEX entries_feed ON entries (namespace, seq);
CREATE TRIGGER entries_keep_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER entries_keep_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;

-- state: 0 waiting or leased, 1 done, 2 dead. Done jobs stay for a day, so that a
-- repeated settlement is recognised; dead ones stay until scheduled again.
CREATE TABLE jobs (
  namespace     TEXT NOT NULL,
  id            TEXT NOT NULL,
  queue         TEXT NOT NULL,
  key           TEXT NOT NULL,
  due_at        INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  attempt       INTEGER NOT NULL DEFAULT 0,
  state         INTEGER NOT NULL DEFAULT 0,
  token         TEXT,
  leased_until  INTEGER NOT NULL DEFAULT 0,
  owner         TEXT,
  settled_token TEXT,
  settled_mark  TEXT,
  settled_at    INTEGER,
  reason        TEXT,
  value         TEXT NOT NULL,
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (queue, namespace, due_at, seq) WHERE state = 0;
CREATE INDEX jobs_held ON jobs (queue, namespace, leased_until, key) WHERE leased_until > 0;

CREATE TABLE receipts (
  namespace    TEXT NOT NULL,
  id           TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  keep_until   INTEGER,
  value        TEXT NOT NULL,
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;
`,
  },
  { step: 2, name: "views", sql: viewsSql },
  {
    step: 3,
    name: "dead_jobs",
    sql: `
-- Jobs given up on, for those who look after them: few, and found without a sweep.
CREATE INDEX jobs_dead ON jobs (namespace, settled_at, id) WHERE state = 2;
`,
  },
  { step: 4, name: "view_columns", sql: viewColumnsSql },
];

/** "Linl": tells our data files from other SQLite files. */
export const APPLICATION_ID = 0x4c696e6c;

/** Marks a data file as ours and as having reached a step; the end of every migration. */
export const markOf = (step: number): string =>
  `PRAGMA application_id = ${APPLICATION_ID};\n` +
  `INSERT OR REPLACE INTO meta VALUES ('schema', ${step});\n`;

/** A step as the file a DBA runs, whole or not at all. */
export const migrationFile = ({ step, name, sql }: Migration) => ({
  name: `${String(step).padStart(4, "0")}_${name}.sql`,
  text:
    `-- Linli on SQLite, step ${step}: ${name}. Opening the data file runs what is missing of itself;\n` +
    "-- this is for reading, and for running by hand while no program has the file open.\n" +
    `BEGIN IMMEDIATE;\n${sql}\n${markOf(step)}COMMIT;\n`,
});
