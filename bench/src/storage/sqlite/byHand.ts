/**
 * The durable command by hand: the same rows, hashes and settings, written by one
 * function for this one town straight to `node:sqlite`.
 *
 * It loads the issue, works out what to write (../written.ts), and writes receipt,
 * content, state row with its index rows, hash-chained journal entry and clock job in
 * one transaction.
 */
import { DatabaseSync } from "node:sqlite";
import type { Order } from "../orders.ts";
import { writtenBy } from "../written.ts";

/** An open data file. */
export interface HandStore {
  /** Runs one command; its receipt, as text. */
  readonly act: (order: Order) => string;
  /** The same, in one transaction with all who ask in the same turn of the event loop. */
  readonly actTogether: (order: Order) => Promise<string>;
  readonly close: () => void;
}

/** Opens a data file that the service made, with the service's settings. */
export const openByHand = (path: string): HandStore => {
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
    UPDATE meta SET value = value + 1 WHERE name = 'epoch';
  `);
  const epoch = Number(
    database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get()?.["value"],
  );
  const sql = prepareAll(database);
  let jobs = 0;

  const write = (order: Order): string => {
    const row = sql.read.get(order.issue);
    const written = writtenBy(order, String(row?.["value"]));
    const { issue, receipt, content, entry, due } = written;
    sql.addReceipt.run(receipt.id, receipt.hash, receipt.keepUntil, receipt.value);
    if (content !== null) {
      sql.addRow.run(content.id, JSON.stringify(["issue", content.key]), content.value);
      sql.addKey.run("content", "issue", content.key, content.id);
    }
    const keys = JSON.stringify(written.keys);
    const { changes } = sql.update.run(keys, written.state, issue, Number(row?.["version"]));
    if (changes === 0) throw new Error("a race");
    for (const [index, key] of written.gone) sql.dropKey.run("issue", index, key, issue);
    for (const [index, key] of written.come) sql.addKey.run("issue", index, key, issue);
    sql.addEntry.run(issue, entry.version, entry.hash, entry.value);
    if (due === null) sql.dropJob.run(`clock/${issue}`);
    else {
      jobs += 1;
      sql.addJob.run(`clock/${issue}`, issue, due, epoch * 2 ** 32 + jobs, issue);
    }
    return receipt.value;
  };

  // One bad command must not spoil its neighbours: each has a savepoint, as the driver's have.
  const writeAlone = (order: Order): string | Error => {
    sql.savepoint.run();
    try {
      const receipt = write(order);
      sql.release.run();
      return receipt;
    } catch (cause) {
      sql.undo.run();
      sql.release.run();
      return cause instanceof Error ? cause : new Error(String(cause));
    }
  };
  let waiting: Array<{ order: Order; answer: (receipt: string | Error) => void }> = [];
  const turn = () => {
    const group = waiting;
    waiting = [];
    sql.begin.run();
    const receipts = group.map(({ order }) => writeAlone(order));
    sql.commit.run();
    for (const [at, { answer }] of group.entries()) answer(receipts[at] ?? "");
  };

  return {
    actTogether: (order) =>
      new Promise((resolve, reject) => {
        const answer = (receipt: string | Error) =>
          receipt instanceof Error ? reject(receipt) : resolve(receipt);
        waiting.push({ order, answer });
        if (waiting.length === 1) setImmediate(turn);
      }),
    act: (order) => {
      sql.begin.run();
      try {
        const receipt = write(order);
        sql.commit.run();
        return receipt;
      } catch (cause) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw cause;
      }
    },
    close: () => database.close(),
  };
};

// Private

const prepareAll = (database: DatabaseSync) => ({
  begin: database.prepare("BEGIN IMMEDIATE"),
  commit: database.prepare("COMMIT"),
  savepoint: database.prepare("SAVEPOINT command"),
  release: database.prepare("RELEASE command"),
  undo: database.prepare("ROLLBACK TO command"),
  read: database.prepare(
    "SELECT version, value FROM rows WHERE namespace = 'main' AND kind = 'issue' AND id = ?",
  ),
  update: database.prepare(
    "UPDATE rows SET version = version + 1, index_keys = ?, value = ? " +
      "WHERE namespace = 'main' AND kind = 'issue' AND id = ? AND version = ?",
  ),
  addRow: database.prepare(
    "INSERT INTO rows (namespace, kind, id, version, index_keys, value) " +
      "VALUES ('main', 'content', ?, 1, ?, ?)",
  ),
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
  addJob: database.prepare(
    "INSERT OR REPLACE INTO jobs (namespace, id, queue, key, due_at, seq, value) " +
      "VALUES ('main', ?, 'clock', ?, ?, ?, ?)",
  ),
  dropJob: database.prepare("DELETE FROM jobs WHERE namespace = 'main' AND id = ?"),
  addReceipt: database.prepare(
    "INSERT INTO receipts (namespace, id, content_hash, keep_until, value) " +
      "VALUES ('main', ?, ?, ?, ?)",
  ),
});
