/**
 * A data file of `@linli/storage-sqlite`, read as it lies on the disk.
 *
 * It is opened for reading only, without the storage's own opening, which would
 * migrate it and write to it: what is examined stays as it was found.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { FeedEntry } from "@linli/core/journal";
import { STORED_KINDS } from "@linli/core/services";
import type { StoredJob } from "@linli/core/services";
import { Unusable } from "../Source.ts";
import type { DataFault, JournalSource, SourceDriver } from "../Source.ts";

/** Opens any path that is no URL. */
export const sqliteDriver: SourceDriver = {
  name: "sqlite",
  accepts: (data) => !/^[a-z][a-z0-9+.-]+:\/\//i.test(data),
  open: async (path) => openFile(path),
};

/** "Linl", as the storage marks its files. */
const APPLICATION_ID = 0x4c696e6c;

const openFile = (path: string): JournalSource => {
  if (!existsSync(path)) throw new Unusable(`there is no file ${path}`);
  if (!statSync(path).isFile()) throw new Unusable(`${path} is not a file`);
  const database = openDatabase(path);
  const all = (sql: string, ...values: ReadonlyArray<string>) =>
    database.prepare(sql).iterate(...values);
  try {
    const mark = database.prepare("PRAGMA application_id").get()?.["application_id"];
    if (mark !== APPLICATION_ID) throw new Unusable(`${path} is not a data file of Linli's`);
    // One snapshot for all that is read, however long that takes.
    database.exec("BEGIN");
  } catch (cause) {
    database.close();
    throw cause instanceof Unusable ? cause : notReadable(path);
  }
  return {
    damage: async () => damageOf(database),
    namespaces: async () =>
      [
        ...all(
          "SELECT namespace FROM entries UNION SELECT namespace FROM rows WHERE kind = ? ORDER BY 1",
          STORED_KINDS.issue,
        ),
      ].map((row) => String(row["namespace"])),
    entries: function* (namespace) {
      const sql = `SELECT ${ENTRY} FROM entries WHERE namespace = ? ORDER BY seq`;
      for (const row of all(sql, namespace)) yield entryOf(row);
    },
    states: function* (namespace) {
      const sql = "SELECT id, value FROM rows WHERE namespace = ? AND kind = ? ORDER BY id";
      for (const { id, value } of all(sql, namespace, STORED_KINDS.issue))
        yield { id: String(id), value: String(value) };
    },
    histories: function* (namespace, streams) {
      const sql = `SELECT ${ENTRY} FROM entries WHERE namespace = ? AND stream = ? ORDER BY entries.version`;
      for (const stream of streams)
        for (const row of all(sql, namespace, stream)) yield entryOf(row);
    },
    contents: function* (namespace, ids) {
      const sql = "SELECT id, value FROM rows WHERE namespace = ? AND kind = ? AND id = ?";
      for (const one of ids)
        for (const { id, value } of all(sql, namespace, STORED_KINDS.content, one))
          yield { id: String(id), value: String(value) };
    },
    ...besideOf(database, all),
    seals: function* (namespace) {
      const sql = "SELECT value FROM rows WHERE namespace = ? AND kind = ? ORDER BY id";
      for (const { value } of all(sql, namespace, STORED_KINDS.seal)) yield String(value);
    },
    close: async () => database.close(),
  };
};

/** A whole number that JavaScript can hold: one that nobody wrote stays one that is wrong. */
const bounded = (column: string): string =>
  `max(${-Number.MAX_SAFE_INTEGER}, min(${Number.MAX_SAFE_INTEGER}, ${column})) AS ${column}`;

const ENTRY = `stream, ${bounded("version")}, hash, value`;

const JOB = ["due_at", "state", "settled_at", "leased_until"].map(bounded).join(", ");

type All = (
  sql: string,
  ...values: ReadonlyArray<string>
) => Iterable<Readonly<Record<string, unknown>>>;

// What is made from states and entries.
const besideOf = (
  database: DatabaseSync,
  all: All,
): Pick<JournalSource, "rows" | "listed" | "indexed" | "entriesAfter" | "jobs"> => ({
  rows: function* (namespace, keys) {
    const one = database.prepare(
      "SELECT value FROM rows WHERE namespace = ? AND kind = ? AND id = ?",
    );
    for (const { kind, id } of keys) {
      const value = one.get(namespace, kind, id)?.["value"];
      if (value !== undefined) yield { kind, id, value: String(value) };
    }
  },
  listed: function* (namespace, kind) {
    const sql = "SELECT id, value FROM rows WHERE namespace = ? AND kind = ? ORDER BY id";
    for (const { id, value } of all(sql, namespace, kind))
      yield { id: String(id), value: String(value) };
  },
  indexed: function* (namespace, { kind, index }) {
    const sql =
      "SELECT e.key, e.id, r.value FROM index_entries AS e LEFT JOIN rows AS r " +
      "ON r.namespace = e.namespace AND r.kind = e.kind AND r.id = e.id " +
      "WHERE e.namespace = ? AND e.kind = ? AND e.index_name = ? ORDER BY e.key, e.id";
    for (const { key, id, value } of all(sql, namespace, kind, index)) {
      const row = typeof value === "string" ? value : null;
      yield { index, key: String(key), id: String(id), value: row };
    }
  },
  entriesAfter: (namespace, cursor) => {
    // As the storage writes its cursors: the number of an entry.
    if (!/^\d{1,16}$/.test(cursor)) return null;
    const sql = `SELECT ${ENTRY} FROM entries WHERE namespace = ? AND seq > ? ORDER BY seq`;
    return mapped(all(sql, namespace, cursor), entryOf);
  },
  jobs: (namespace, queue) => {
    const sql =
      `SELECT id, queue, key, value, ${JOB} FROM jobs ` +
      "WHERE namespace = ? AND queue = ? AND state <> 1 ORDER BY id";
    return mapped(all(sql, namespace, queue), jobOf);
  },
});

const mapped = function* <A, B>(rows: Iterable<A>, to: (row: A) => B): Generator<B> {
  for (const row of rows) yield to(row);
};

/** Tables and indexes that disagree would show one journal to one question and another to the next. */
const damageOf = (database: DatabaseSync): DataFault | null => {
  let found: unknown;
  try {
    found = database.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
  } catch {
    found = "it cannot be read to its end";
  }
  if (found === "ok") return null;
  return { kind: "Damaged", why: String(found).replaceAll(/\s+/g, " ") };
};

const openDatabase = (path: string) => {
  const sqlite = process.getBuiltinModule("node:sqlite");
  if (sqlite?.DatabaseSync === undefined) {
    throw new Unusable(`data files need Node 24 or newer; this is Node ${process.versions.node}`);
  }
  try {
    // A file at rest is read without touching its folder; beside a living one lies its write-ahead
    // log, also when a link led here.
    const real = realpathSync(path);
    const place = existsSync(`${real}-wal`)
      ? real
      : new URL(`${pathToFileURL(real).href}?immutable=1`);
    return new sqlite.DatabaseSync(place, { readOnly: true });
  } catch {
    throw notReadable(path);
  }
};

const notReadable = (path: string) =>
  new Unusable(`${path} cannot be read as an SQLite database; check it, or restore a backup`);

const jobOf = (row: Readonly<Record<string, unknown>>): StoredJob => ({
  id: String(row["id"]),
  queue: String(row["queue"]),
  key: String(row["key"]),
  value: String(row["value"]),
  dueAt: Number(row["due_at"]),
  dead: row["state"] === 2,
  settledAt: row["settled_at"] === null ? null : Number(row["settled_at"]),
  leasedUntil: row["leased_until"] === 0 ? null : Number(row["leased_until"]),
});

const entryOf = (row: Readonly<Record<string, unknown>>): FeedEntry => ({
  stream: String(row["stream"]),
  version: Number(row["version"]),
  hash: String(row["hash"]),
  value: String(row["value"]),
});
