/**
 * Keys of persons in a file of their own: keep it out of every backup.
 *
 * A destroyed key is overwritten on the disk (`secure_delete`), and there is no
 * write-ahead log for it to linger in. What a disk or file system keeps below that
 * - copies made by flash memory, snapshots - is beyond any program: encrypt that disk.
 */
import type { Erasure, KeyStore, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { closeSync, existsSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { builtinSqlite } from "./Connection.ts";
import { storageError } from "./Errors.ts";
import { LOCK_WAIT_MILLIS, PAUSE, waitingForLock } from "./Waiting.ts";

/** How to open a key file. */
export interface SqliteKeysOptions {
  /** The file; its folder must exist. Several processes may share it. */
  readonly path: string;
  /**
   * True once the town has begun: a file that is missing or empty is then refused with
   * `Misconfigured`, where a mistyped path would make a new one. Default false.
   */
  readonly mustExist?: boolean;
  /** Milliseconds a call waits for another process, without blocking the event loop; 5,000. */
  readonly lockWaitMillis?: number;
}

/** Opens a key file for the life of the scope, making it as needed unless it must exist. */
export const openSqliteKeyStore = (
  options: SqliteKeysOptions,
): Effect.Effect<KeyStore, StorageError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.map(
      Effect.acquireRelease(openFile(options, restore(PAUSE)), (database) =>
        Effect.sync(() => database.close()),
      ),
      (database) => keyStoreOn(database, lockWaitOf(options)),
    ),
  );

/** The same for plain async code; rejects with the same `StorageError`. */
export const openSqliteKeys = (
  options: SqliteKeysOptions,
): Promise<{ readonly keys: KeyStore; readonly close: () => Promise<void> }> =>
  Effect.runPromise(
    Effect.map(openFile(options, PAUSE), (database) => ({
      keys: keyStoreOn(database, lockWaitOf(options)),
      close: async () => database.close(),
    })),
  );

/** "Link": tells key files from data files and from other SQLite files. */
const APPLICATION_ID = 0x4c696e6b;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS keys (
  id    TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS erasures (
  seq       INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  owner     TEXT NOT NULL,
  at        INTEGER NOT NULL,
  keys      TEXT NOT NULL
) STRICT;
`;

const lockWaitOf = ({ lockWaitMillis }: SqliteKeysOptions) => lockWaitMillis ?? LOCK_WAIT_MILLIS;

const openFile = (options: SqliteKeysOptions, pause: Effect.Effect<void>) =>
  waitingForLock("keys.open", lockWaitOf(options), () => openAtOnce(options), pause);

const openAtOnce = (options: SqliteKeysOptions): DatabaseSync => {
  const sqlite = builtinSqlite();
  if (sqlite === undefined) {
    throw storageError(
      "Unsupported",
      "keys.open",
      `key files need Node 24 or newer; this is Node ${process.versions.node}`,
    );
  }
  if (options.mustExist === true && !existsSync(options.path)) throw noKeys(options, "is missing");
  keepPrivate(options.path);
  const database = new sqlite.DatabaseSync(options.path, { timeout: 0 });
  try {
    prepare(database, options);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
};

// For whoever runs the place only; SQLite gives its journal the same rights. What stands in the
// way of making the file SQLite meets as well, and says.
const keepPrivate = (path: string): void => {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch {
    return;
  }
};

const noKeys = ({ path }: SqliteKeysOptions, why: string): StorageError =>
  storageError(
    "Misconfigured",
    "keys.open",
    `the key file \`${path}\` ${why}: check the path, or put the file back; \`mustExist: false\` makes a new one, with which nothing that is sealed can be read`,
  );

const idTaken = (): StorageError =>
  storageError(
    "Invalid",
    "keys.current",
    "the id of the new key is another owner's already: `newId` must give unguessable ids",
  );

const prepare = (database: DatabaseSync, options: SqliteKeysOptions): void => {
  database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL");
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"];
  const mark = database.prepare("PRAGMA application_id").get()?.["application_id"];
  if (tables !== 0 && mark !== APPLICATION_ID) {
    throw storageError("Misconfigured", "keys.open", "the file is a database, but holds no keys");
  }
  if (tables === 0 && options.mustExist === true) throw noKeys(options, "is empty");
  database.exec("PRAGMA journal_mode = DELETE");
  database.exec(`BEGIN IMMEDIATE; PRAGMA application_id = ${APPLICATION_ID}; ${SCHEMA} COMMIT`);
};

const keyStoreOn = (database: DatabaseSync, lockWaitMillis: number): KeyStore => {
  const keep = database.prepare("INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT (owner) DO NOTHING");
  const ofOwner = database.prepare("SELECT id, bytes FROM keys WHERE owner = ?");
  const byId = database.prepare("SELECT bytes FROM keys WHERE id = ?");
  const destroyOwner = database.prepare("DELETE FROM keys WHERE owner = ?");
  const destroyId = database.prepare("DELETE FROM keys WHERE id = ?");
  const remember = database.prepare(
    "INSERT INTO erasures (namespace, owner, at, keys) VALUES (?, ?, ?, ?)",
  );
  const list = database.prepare("SELECT namespace, owner, at, keys FROM erasures ORDER BY seq");

  const keyOf = (owner: string) => {
    const row = ofOwner.get(owner);
    return row === undefined ? null : { id: String(row["id"]), bytes: bytesOf(row["bytes"]) };
  };
  // Whatever meets a lock has written nothing: a statement by itself, or a transaction undone.
  const run = <A>(operation: string, work: () => A): Effect.Effect<A, StorageError> =>
    waitingForLock(`keys.${operation}`, lockWaitMillis, work);
  const whole = <A>(work: () => A): A => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (cause) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw cause;
    }
  };

  return {
    current: (owner, fresh) =>
      run("current", () => {
        // Other processes keep keys and forget owners between two statements: only a key that
        // was seen to be kept may seal anything.
        for (;;) {
          const known = keyOf(owner);
          if (known !== null) return known;
          if (byId.get(fresh.id) !== undefined) throw idTaken();
          if (Number(keep.run(fresh.id, owner, fresh.bytes).changes) === 1) return fresh;
        }
      }),
    find: (ids) =>
      run("find", () => {
        const found = new Map<string, Uint8Array>();
        for (const id of ids) {
          const row = byId.get(id);
          if (row !== undefined) found.set(id, bytesOf(row["bytes"]));
        }
        return found;
      }),
    holds: (owner) => run("holds", () => ofOwner.get(owner) !== undefined),
    erase: ({ namespace, owner, at }) =>
      run("erase", () =>
        whole((): Erasure => {
          const key = keyOf(owner);
          const keys = key === null ? [] : [key.id];
          destroyOwner.run(owner);
          remember.run(namespace, owner, at, JSON.stringify(keys));
          return { namespace, owner, at, keys };
        }),
      ),
    destroy: (ids) => run("destroy", () => whole(() => ids.forEach((id) => destroyId.run(id)))),
    erasures: run("erasures", () => list.all().map(erasureOf)),
  };
};

const erasureOf = (row: Readonly<Record<string, unknown>>): Erasure => ({
  namespace: String(row["namespace"]),
  owner: String(row["owner"]),
  at: Number(row["at"]),
  keys: JSON.parse(String(row["keys"])) as ReadonlyArray<string>,
});

const bytesOf = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? Uint8Array.from(value) : new Uint8Array(0);
