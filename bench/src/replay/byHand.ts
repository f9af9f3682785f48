/**
 * What a replay wrote, written again by hand: the same rows in the same transactions,
 * straight to `node:sqlite`. Nothing is decided; each state is made to text, each entry
 * is hashed anew, and index rows are found by comparing with those of the state before.
 */
import type { CommitBatch, RowWrite } from "@linli/core/ports";
import { DatabaseSync } from "node:sqlite";
import { hashed, type PlannedEntry, plannedEntry, without } from "../storage/planned.ts";
import type { IndexKey } from "../storage/written.ts";

/** A commit with its states and entries taken apart. */
export interface PlannedCommit {
  readonly batch: CommitBatch;
  readonly values: ReadonlyArray<unknown>;
  readonly entries: ReadonlyArray<PlannedEntry>;
}

/** Takes a commit apart. */
export const plannedCommit = (batch: CommitBatch): PlannedCommit => ({
  batch,
  values: batch.rows.map(({ value }) => (value === null ? null : JSON.parse(value))),
  entries: batch.entries.map(({ version, value }) => plannedEntry(version, value)),
});

/** Writes all transactions into a copy of an empty store; how many commits that were. */
export const writeByHand = (
  path: string,
  transactions: ReadonlyArray<ReadonlyArray<PlannedCommit>>,
): number => {
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
  `);
  const write = makeWriter(database);
  let commits = 0;
  for (const transaction of transactions) {
    database.exec("BEGIN IMMEDIATE");
    for (const commit of transaction) write(commit);
    database.exec("COMMIT");
    commits += transaction.length;
  }
  database.close();
  return commits;
};

// Private

const NONE: ReadonlyArray<IndexKey> = [];

const makeWriter = (database: DatabaseSync) => {
  const sql = prepareAll(database);
  const stored = new Map<string, ReadonlyArray<IndexKey>>();
  let jobs = 0;

  const writeRow = (row: RowWrite, value: unknown) => {
    const { kind, id } = row;
    const name = `${kind}\u0000${id}`;
    const before = stored.get(name) ?? NONE;
    const after = row.value === null ? NONE : row.indexes.map(pairOf);
    for (const [index, key] of without(before, after)) sql.dropKey.run(kind, index, key, id);
    for (const [index, key] of without(after, before)) sql.addKey.run(kind, index, key, id);
    stored.set(name, after);
    if (row.value === null) sql.dropRow.run(kind, id);
    else if (row.expected === 0) {
      sql.addRow.run(kind, id, JSON.stringify(after.flat()), JSON.stringify(value));
    } else sql.update.run(JSON.stringify(after.flat()), JSON.stringify(value), kind, id);
  };

  return ({ batch, values, entries }: PlannedCommit): void => {
    const { receipt, rows, settle, cancel, schedule } = batch;
    if (receipt !== null) {
      sql.addReceipt.run(receipt.id, receipt.contentHash, receipt.keepUntil, receipt.value);
    }
    for (const [at, row] of rows.entries()) writeRow(row, values[at]);
    for (const [at, entry] of entries.entries()) {
      const { version, hash, value } = hashed(entry);
      sql.addEntry.run(batch.entries[at]?.stream ?? "", version, hash, value);
    }
    for (const { id } of settle) sql.settle.run(id);
    for (const id of cancel) sql.dropJob.run(id);
    for (const { id, queue, key, dueAt, value } of schedule) {
      sql.addJob.run(id, queue, key, dueAt, (jobs += 1), value);
    }
  };
};

const pairOf = ({ index, key }: RowWrite["indexes"][number]): IndexKey => [index, key];

const prepareAll = (database: DatabaseSync) => ({
  addReceipt: database.prepare(
    "INSERT INTO receipts (namespace, id, content_hash, keep_until, value) " +
      "VALUES ('main', ?, ?, ?, ?)",
  ),
  addRow: database.prepare(
    "INSERT INTO rows (namespace, kind, id, version, index_keys, value) " +
      "VALUES ('main', ?, ?, 1, ?, ?)",
  ),
  update: database.prepare(
    "UPDATE rows SET version = version + 1, index_keys = ?, value = ? " +
      "WHERE namespace = 'main' AND kind = ? AND id = ?",
  ),
  dropRow: database.prepare("DELETE FROM rows WHERE namespace = 'main' AND kind = ? AND id = ?"),
  addKey: database.prepare(
    "INSERT INTO index_entries (namespace, kind, index_name, key, id) VALUES ('main', ?, ?, ?, ?)",
  ),
  dropKey: database.prepare(
    "DELETE FROM index_entries " +
      "WHERE namespace = 'main' AND kind = ? AND index_name = ? AND key = ? AND id = ?",
  ),
  addEntry: database.prepare(
    "INSERT INTO entries (namespace, stream, version, hash, value) VALUES ('main', ?, ?, ?, ?)",
  ),
  settle: database.prepare("UPDATE jobs SET state = 1 WHERE namespace = 'main' AND id = ?"),
  addJob: database.prepare(
    "INSERT OR REPLACE INTO jobs (namespace, id, queue, key, due_at, seq, value) " +
      "VALUES ('main', ?, ?, ?, ?, ?, ?)",
  ),
  dropJob: database.prepare("DELETE FROM jobs WHERE namespace = 'main' AND id = ?"),
});
