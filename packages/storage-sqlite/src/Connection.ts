/**
 * Opening a data file: the runtime, the lock of this process, the settings, the
 * schema.
 */
import type * as NodeSqlite from "node:sqlite";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { resultCodeOf, storageError, storageErrorOf } from "./Errors.ts";
import { canonicalPath } from "./Files.ts";
import { APPLICATION_ID, markOf, type Migration, sqliteMigrations } from "./Migrations.ts";

/** How to open a data file. */
export interface SqliteOptions {
  /** The data file; its folder must exist. `:memory:` keeps nothing. */
  readonly path: string;
  /**
   * `full` (the default): an acknowledged commit survives a power cut. `normal`:
   * it survives a crash of the process; a power cut may undo the last ones, never
   * part of one.
   */
  readonly durability?: "full" | "normal";
  /** How long a call waits, without blocking the event loop, for another program's lock; 5,000. */
  readonly lockWaitMillis?: number;
}

/** An open data file. */
export interface Connection {
  readonly database: DatabaseSync;
  /** The data file by its one name; `:memory:` when there is none. */
  readonly path: string;
  readonly sqlite: typeof NodeSqlite;
  readonly prepare: (sql: string) => StatementSync;
  /** Counts the openings of this file: what keeps lease tokens from ever coming back. */
  readonly epoch: number;
  readonly close: () => void;
}

/** Where `node:sqlite` comes from; a parameter so that its absence can be tested. */
export type SqliteLoader = () => typeof NodeSqlite | undefined;

/** `node:sqlite` of Node 24 or newer; older ones lack it or have it half-made. */
export const builtinSqlite: SqliteLoader = () =>
  Number.parseInt(process.versions.node, 10) >= 24
    ? process.getBuiltinModule("node:sqlite")
    : undefined;

/**
 * Opens, locks and migrates a data file.
 *
 * @throws StorageError, and nothing stays open.
 */
export const openConnection = (options: SqliteOptions, load: SqliteLoader): Connection => {
  const sqlite = load();
  if (sqlite === undefined) {
    throw storageError(
      "Unsupported",
      "open",
      `@linli/storage-sqlite needs Node 24 or newer; this is Node ${process.versions.node}`,
    );
  }
  const opened: Array<DatabaseSync> = [];
  const close = () => {
    for (let one = opened.pop(); one !== undefined; one = opened.pop()) one.close();
  };
  try {
    const path = canonicalPath(options.path);
    if (path !== ":memory:") opened.push(holdLock(sqlite, path));
    const database = new sqlite.DatabaseSync(path, {
      timeout: 0,
      enableForeignKeyConstraints: true,
    });
    opened.push(database);
    configure(database, options.durability ?? "full");
    const epoch = prepareSchema(database);
    return { database, path, sqlite, prepare: (sql) => database.prepare(sql), epoch, close };
  } catch (cause) {
    close();
    throw storageErrorOf("open", cause);
  }
};

/**
 * Takes the lock of the data file for this process: an exclusive transaction on a
 * small file beside it. The operating system drops it when the process ends,
 * however it ends, and readers of the data file itself are not disturbed.
 */
export const holdLock = (sqlite: typeof NodeSqlite, path: string): DatabaseSync => {
  const lock = new sqlite.DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock.close();
    if (resultCodeOf(cause) !== 5) throw cause;
    throw storageError(
      "Locked",
      "open",
      "the data file is in use by another process or handle; stop that one first",
    );
  }
};

const configure = (database: DatabaseSync, durability: "full" | "normal") => {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"};
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
  `);
};

const prepareSchema = (database: DatabaseSync): number => {
  const found = numberOf(database, "PRAGMA application_id");
  const tables = numberOf(database, "SELECT count(*) FROM sqlite_schema");
  if (found !== APPLICATION_ID && tables > 0) {
    throw storageError("Misconfigured", "open", "the file is a database, but not one of Linli's");
  }
  database.exec("BEGIN IMMEDIATE");
  try {
    migrate(
      database,
      tables === 0 ? 0 : numberOf(database, "SELECT value FROM meta WHERE name = 'schema'"),
    );
    const epoch = numberOf(
      database,
      "SELECT coalesce(max(value), 0) + 1 FROM meta WHERE name = 'epoch'",
    );
    database.prepare("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)").run(epoch);
    database.exec("COMMIT");
    return epoch;
  } catch (cause) {
    database.exec("ROLLBACK");
    throw cause;
  }
};

const migrate = (database: DatabaseSync, reached: number) => {
  const newest = sqliteMigrations.at(-1)?.step ?? 0;
  if (reached > newest) {
    throw storageError(
      "Unsupported",
      "open",
      `the data file has schema ${reached}, this release knows ${newest}; use a newer release`,
    );
  }
  const missing: ReadonlyArray<Migration> = sqliteMigrations.filter((one) => one.step > reached);
  for (const { sql } of missing) database.exec(sql);
  if (missing.length > 0) database.exec(markOf(newest));
};

/** The one number a statement answers; 0 when it answers nothing. */
export const numberOf = (database: DatabaseSync, sql: string): number => {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  const row: unknown = statement.get();
  return Array.isArray(row) && typeof row[0] === "number" ? row[0] : 0;
};
