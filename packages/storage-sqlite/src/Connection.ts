/** Opening a data file: the runtime, the lock of this process, the settings. */
import { type MigrationStep, MigrationsPending, refusalToOpen } from "@linli/core/ports";
import { existsSync, statSync } from "node:fs";
import type * as NodeSqlite from "node:sqlite";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { resultCodeOf, storageError, storageErrorOf } from "./Errors.ts";
import { canonicalPath, readOnlyAt } from "./Files.ts";
import { beginEpoch, factsOf, type FileFacts, NEWEST, reachedStep, runMissing } from "./Schema.ts";
import { BUSY } from "./Waiting.ts";

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
  /**
   * Milliseconds that opening, migrating and every call wait for another program's lock,
   * without blocking the event loop; 5,000.
   */
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
 * Opens and locks a data file; with `migrate` it makes it and runs missing steps first.
 * One in memory is new each time and gets its tables at once.
 *
 * @throws StorageError or MigrationsPending, and nothing stays open.
 */
export const openConnection = (
  options: SqliteOptions,
  load: SqliteLoader,
  migrate: boolean,
): Connection =>
  withFile("open", options, load, (file) => {
    const { path, sqlite } = file;
    const refusal = migrate ? null : refusalToOpen({ name: "sqlite", ...lookAt(sqlite, path) });
    if (refusal !== null) throw refusal;
    if (path !== ":memory:") file.closing(holdLock(sqlite, path));
    const database = file.closing(openFile(sqlite, path, options));
    runMissing(database);
    const epoch = beginEpoch(database);
    return {
      database,
      path,
      sqlite,
      prepare: (sql) => database.prepare(sql),
      epoch,
      close: file.close,
    };
  });

/**
 * Makes a data file if there is none, and runs the steps it lacks, all or none.
 *
 * @throws StorageError: `Locked` while the file is open elsewhere.
 */
export const migrateFile = (
  options: SqliteOptions,
  load: SqliteLoader,
): ReadonlyArray<MigrationStep> =>
  withFile("migrate", options, load, (file) => {
    const { path, sqlite } = file;
    if (path === ":memory:") return [];
    file.closing(holdLock(sqlite, path, "migrate"));
    const steps = runMissing(file.closing(openFile(sqlite, path, options)));
    file.close();
    return steps.map(({ step, name }) => ({ step, name }));
  });

/** What is known of a data file from outside; it takes no lock and makes nothing. */
export const inspectFile = (options: SqliteOptions, load: SqliteLoader): FileFacts =>
  withFile("info", options, load, ({ path, sqlite }) => lookAt(sqlite, path));

/**
 * Takes the lock of the data file for this process: an exclusive transaction on a
 * small file beside it. The operating system drops it when the process ends,
 * however it ends, and readers of the data file itself are not disturbed.
 */
export const holdLock = (
  sqlite: typeof NodeSqlite,
  path: string,
  operation = "open",
): DatabaseSync => {
  const file = `${path}.lock`;
  let lock: DatabaseSync | null = null;
  try {
    lock = new sqlite.DatabaseSync(file, { timeout: 0 });
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock?.close();
    const code = resultCodeOf(cause);
    if (code === CANNOT_OPEN) throw readOnlyAt(file, operation) ?? cause;
    if (code === NO_DATABASE) {
      const detail = "the file `.lock` beside the data file is none of ours; move it away";
      throw storageError("Misconfigured", operation, detail, cause);
    }
    if (code !== BUSY) throw cause;
    throw storageError(
      "Locked",
      operation,
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

/** SQLite's result code for a file it cannot open or make. */
export const CANNOT_OPEN = 14;

/** SQLite's result code for what may not be written, a folder too. */
const READ_ONLY = 8;

/** SQLite's result code for a file that is no database. */
const NO_DATABASE = 26;

/** The one number a statement answers; 0 when it answers nothing. */
export const numberOf = (database: DatabaseSync, sql: string): number => {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  const [value] = asList(statement.get());
  return typeof value === "number" ? value : 0;
};

/** A row of a statement that returns lists, which are cheaper than objects; empty for no row. */
export const asList = (row: unknown): ReadonlyArray<unknown> => (Array.isArray(row) ? row : NONE);

// Private

const NONE: ReadonlyArray<unknown> = [];

/** Runs something over what it opens; all of that is closed when it throws. */
const withFile = <A>(
  operation: string,
  options: SqliteOptions,
  load: SqliteLoader,
  work: (file: OpenFile) => A,
): A => {
  const sqlite = load();
  if (sqlite === undefined) {
    throw storageError(
      "Unsupported",
      operation,
      `@linli/storage-sqlite needs Node 24 or newer; this is Node ${process.versions.node}`,
    );
  }
  const opened: Array<DatabaseSync> = [];
  const close = () => {
    for (let one = opened.pop(); one !== undefined; one = opened.pop()) one.close();
  };
  const closing = (database: DatabaseSync) => {
    opened.push(database);
    return database;
  };
  try {
    return work({ path: canonicalPath(options.path, operation), sqlite, closing, close });
  } catch (cause) {
    close();
    throw cause instanceof MigrationsPending ? cause : storageErrorOf(operation, cause);
  }
};

interface OpenFile {
  readonly path: string;
  readonly sqlite: typeof NodeSqlite;
  /** Closed with the file. */
  readonly closing: (database: DatabaseSync) => DatabaseSync;
  readonly close: () => void;
}

const openFile = (sqlite: typeof NodeSqlite, path: string, options: SqliteOptions) => {
  const durability = options.durability ?? "full";
  if (durability !== "full" && durability !== "normal") {
    throw storageError("Misconfigured", "open", "`durability` must be full or normal");
  }
  const database = new sqlite.DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: true });
  try {
    // Another program's file is refused before anything in it is set, its journal mode too.
    reachedStep(database);
    configure(database, durability);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
};

/** The facts of a file that may not exist yet. */
const lookAt = (sqlite: typeof NodeSqlite, path: string): FileFacts => {
  const factsAt = (place: string | URL, reached?: number): FileFacts => {
    const database = new sqlite.DatabaseSync(place, { readOnly: place !== ":memory:" });
    try {
      return factsOf(database, reached);
    } finally {
      database.close();
    }
  };
  if (path === ":memory:") return factsAt(path, NEWEST);
  if (!existsSync(path) || statSync(path).size === 0) return factsAt(":memory:");
  try {
    return factsAt(path);
  } catch (cause) {
    // Reading takes files of its own beside it, where a folder may take none; a file that
    // nobody has open needs none.
    const code = resultCodeOf(cause);
    if ((code !== CANNOT_OPEN && code !== READ_ONLY) || existsSync(`${path}-wal`)) throw cause;
    return factsAt(new URL(`${pathToFileURL(path).href}?immutable=1`));
  }
};
