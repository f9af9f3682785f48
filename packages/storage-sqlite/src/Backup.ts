/**
 * Backups while the town works, and putting one back.
 *
 * A backup is taken through a reading connection of its own, in one step off the
 * event loop: it holds exactly what was committed when it began. It is checked
 * under another name before it gets its own, so a file of that name is whole.
 */
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import type * as NodeSqlite from "node:sqlite";
import {
  builtinSqlite,
  CANNOT_OPEN,
  type Connection,
  holdLock,
  type SqliteLoader,
} from "./Connection.ts";
import { checkFile } from "./Integrity.ts";
import { CLOSED, resultCodeOf, storageError, storageErrorOf } from "./Errors.ts";
import {
  canonicalPath,
  isReadable,
  isSameFile,
  readOnlyAt,
  syncFile,
  syncFolder,
} from "./Files.ts";

/** What a backup holds. */
export interface SqliteBackup {
  readonly path: string;
  /** Schema step of the file. */
  readonly schema: number;
  /** Lines of the journal in it. */
  readonly entries: number;
}

/** Backups of an open connection. */
export const makeBackup =
  ({ database, path, sqlite }: Connection) =>
  (target: string): Effect.Effect<SqliteBackup, StorageError> =>
    Effect.tryPromise({
      try: async () => {
        if (path === ":memory:") {
          throw storageError(
            "Unsupported",
            "backup",
            "a database in memory has no file to back up",
          );
        }
        if (!database.isOpen) throw storageError(CLOSED.reason, "backup", CLOSED.detail);
        const to = canonicalPath(target, "backup");
        if (existsSync(to) || underway.has(to)) throw taken("backup");
        const part = `${to}.part`;
        underway.add(to);
        try {
          removeFiles(part);
          await copyPages(sqlite, path, part);
          const found = checkedBackup(sqlite, part, "backup");
          syncFile(part);
          renameSync(part, to);
          syncFolder(to);
          return { path: to, ...found };
        } catch (cause) {
          throw (resultCodeOf(cause) === CANNOT_OPEN ? readOnlyAt(part, "backup") : null) ?? cause;
        } finally {
          removeFiles(part);
          underway.delete(to);
        }
      },
      catch: (cause) => storageErrorOf("backup", cause),
    });

/** Names of backups that this process is writing. */
const underway = new Set<string>();

/** Copies what was committed when it began, through a reading connection of its own. */
const copyPages = async (sqlite: typeof NodeSqlite, from: string, to: string): Promise<void> => {
  const source = new sqlite.DatabaseSync(from, { readOnly: true });
  try {
    await sqlite.backup(source, to, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
};

/** In one step, so that commits meanwhile do not make it begin anew. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Puts a backup in the place of a data file that nobody has open.
 *
 * The backup is checked first and stays where it is. It may also be a data file that was
 * moved aside or whose program was killed: what lies in its `-wal` file is put back too. A data file that is there
 * already is moved aside to `<path>.before-restore` (with its `-wal` file), never
 * deleted; one that was moved aside before is not overwritten. Leases handed out
 * before the restore are void: the file counts its openings on from a higher floor.
 * Whoever reads the feed by a cursor from after the backup must begin anew.
 *
 * Rejects with a {@link StorageError}: `Corrupt` or `Misconfigured` when the backup is
 * not sound, not to be read, not Linli's or the data file itself, or when the path leads to
 * no plain file; `Unsupported` when the backup is of a newer release; `Locked` when the data
 * file is in use, `ReadOnly` when its folder cannot be written, `Full` when the disk is.
 */
export const restoreSqlite = async (
  options: { readonly backup: string; readonly path: string },
  load: SqliteLoader = builtinSqlite,
): Promise<SqliteBackup> => {
  try {
    return await restore(options, load);
  } catch (cause) {
    throw storageErrorOf("restore", cause);
  }
};

const restore = async (
  options: { readonly backup: string; readonly path: string },
  load: SqliteLoader,
): Promise<SqliteBackup> => {
  const sqlite = load();
  if (sqlite === undefined) {
    throw storageError("Unsupported", "restore", "restoring needs Node 24 or newer");
  }
  if (options.path === ":memory:") {
    throw storageError("Unsupported", "restore", "a database in memory has no file to put back");
  }
  const path = canonicalPath(options.path, "restore");
  const aside = `${path}.before-restore`;
  const part = `${path}.part`;
  const backup = backupAt(options.backup, [path, part]);
  const lock = holdLock(sqlite, path, "restore");
  try {
    if (existsSync(path) && existsSync(aside)) throw taken("restore");
    removeFiles(part);
    await copyBackup(sqlite, backup, part);
    const found = checkedBackup(sqlite, part, "restore");
    raiseEpoch(sqlite, part);
    syncFile(part);
    moveAside(path, aside);
    renameSync(part, path);
    syncFolder(path);
    return { path, ...found };
  } finally {
    removeFiles(part);
    lock.close();
  }
};

/** The backup by its one name: a file to be read, and not one that restoring moves or writes over. */
const backupAt = (given: string, used: ReadonlyArray<string>): string => {
  const refuse = (detail: string) => storageError("Misconfigured", "restore", detail);
  const backup = canonicalPath(given, "restore");
  if (!existsSync(backup)) throw refuse("the backup does not exist");
  if (used.some((one) => isSameFile(one, backup))) {
    throw refuse("the backup is the data file itself or its `.part`; restore it to another name");
  }
  return backup;
};

// Beside a file whose program was killed, or works still, lie commits that are not in it yet.
const copyBackup = async (sqlite: typeof NodeSqlite, backup: string, part: string) => {
  if (existsSync(`${backup}-wal`)) return copyPages(sqlite, backup, part);
  try {
    copyFileSync(backup, part);
  } catch (cause) {
    if (isReadable(backup)) throw cause;
    const detail = "the backup may not be read; look at its permissions";
    throw storageError("Misconfigured", "restore", detail, cause);
  }
  // A backup may well be kept read-only; a data file is written to.
  chmodSync(part, statSync(part).mode | 0o600);
};

/** More openings than any town sees between two backups. */
const EPOCH_LEAP = 1000;

// Tokens and ties of jobs count on from the epoch; the lost days had epochs of their own.
const raiseEpoch = (sqlite: typeof NodeSqlite, file: string) => {
  const database = new sqlite.DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA journal_mode = DELETE;
      UPDATE meta SET value = value + ${EPOCH_LEAP} WHERE name = 'epoch';
    `);
  } finally {
    database.close();
  }
};

// A `-wal` left beside another file would be read into it.
const moveAside = (path: string, aside: string) => {
  for (const suffix of ["-wal", ""]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  rmSync(`${path}-shm`, { force: true });
};

const removeFiles = (path: string) => {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true });
};

const checkedBackup = (sqlite: typeof NodeSqlite, file: string, operation: string) => {
  const { findings, schema, entries } = checkFile(sqlite, file);
  const [first] = findings;
  if (first === undefined) return { schema, entries };
  const rest = findings.length === 1 ? "" : ` and ${findings.length - 1} more`;
  const what = first.what.replaceAll(/\s+/g, " ").slice(0, 200);
  throw storageError("Corrupt", operation, `the backup is not sound: ${what}${rest}`);
};

const taken = (operation: string): StorageError =>
  storageError(
    "Misconfigured",
    operation,
    operation === "backup"
      ? "a file of that name exists or is being written; give each backup a name of its own"
      : "`<path>.before-restore` exists from an earlier restore; move it away first",
  );
