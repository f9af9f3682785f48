/**
 * The durable command by hand on PostgreSQL: the same rows, hashes and order as the
 * driver's, in two round trips: one loads the issue, one statement writes it all.
 *
 * The statement takes the lock of the namespace before it numbers the entry and holds
 * it until it is committed, so a reader of the journal never passes an entry that
 * could still appear. Both statements are prepared and keep their plans.
 */
import type { PoolClient } from "pg";
import type { Order } from "../orders.ts";
import { type IndexKey, writtenBy } from "../written.ts";
import { makePool } from "./cluster.ts";

/** An open database. */
export interface HandStore {
  /** Runs one command on the connection of a client; its receipt, as text. */
  readonly act: (order: Order, client: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Opens a database that the service made, with a connection for each client. */
export const openByHand = async (
  url: string,
  clients: number,
  ordered = true,
): Promise<HandStore> => {
  const pool = makePool(url, { max: clients, options: "-c plan_cache_mode=force_generic_plan" });
  const lines: Array<PoolClient> = [];
  for (let client = 0; client < clients; client += 1) {
    const line = await pool.connect();
    // A bench that fails drops its databases, and lent connections hear of it.
    line.on("error", () => {});
    lines.push(line);
  }
  const text = writeText(ordered ? `SELECT ${TURN}` : "SELECT 1");
  return {
    act: async (order, client) => {
      const line = lines[client];
      if (line === undefined) throw new RangeError(`no connection ${client}`);
      const { rows } = await line.query({ name: "load", text: LOAD, values: [order.issue] });
      const row = rows[0] as { readonly version: string; readonly value: string };
      const written = writtenBy(order, row.value);
      const { issue, receipt, content, entry } = written;
      const come = [...keysOf("issue", issue, written.come)];
      if (content !== null) come.push(...keysOf("content", content.id, [["issue", content.key]]));
      const [kinds, names, keys, ids] = columns(come);
      const [, goneNames, goneKeys] = columns(keysOf("issue", issue, written.gone));
      await line.query({
        name: "write",
        text,
        values: [
          ...[issue, row.version, written.state, pairsOf(written.keys)],
          ...[receipt.id, receipt.hash, receipt.keepUntil, receipt.value],
          content?.id ?? null,
          content === null ? null : pairsOf(["issue", content.key]),
          content?.value ?? null,
          ...[kinds, names, keys, ids, goneNames, goneKeys],
          ...[entry.version, entry.hash, entry.value, written.due],
        ],
      });
      return receipt.value;
    },
    close: async () => {
      for (const line of lines) line.release();
      await pool.end();
    },
  };
};

/** Index keys as the driver stores them with their row: each pair as the text of a JSON list. */
export const pairsOf = (flat: ReadonlyArray<string>): string => {
  const pairs: Array<string> = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push(JSON.stringify([flat[i], flat[i + 1]]));
  return JSON.stringify(pairs);
};

/** Waits for the turn of the namespace; held until the transaction ends. */
export const TURN = "pg_advisory_xact_lock(1281979372, hashtext('main'))";

// Private

type Column4 = readonly [string, string, string, string];

const keysOf = (kind: string, id: string, keys: ReadonlyArray<IndexKey>) =>
  keys.map(([index, key]): Column4 => [kind, index, key, id]);

const columns = (rows: ReadonlyArray<Column4>) =>
  [0, 1, 2, 3].map((at) => rows.map((row) => row[at] ?? ""));

const LOAD =
  "SELECT version, value FROM linli.rows WHERE namespace = 'main' AND kind = 'issue' AND id = $1";

// Division by zero when the version was not the one expected: nothing is kept then.
const writeText = (turn: string) => `
  WITH turn AS MATERIALIZED (${turn}), state AS (
    UPDATE linli.rows SET version = version + 1, value = $3, index_keys = $4::jsonb FROM turn
    WHERE namespace = 'main' AND kind = 'issue' AND id = $1 AND version = $2
    RETURNING 1
  ), receipt AS (
    INSERT INTO linli.receipts (namespace, id, content_hash, keep_until, value)
    SELECT 'main', $5, $6, $7::bigint, $8 FROM turn
  ), content AS (
    INSERT INTO linli.rows (namespace, kind, id, version, index_keys, value)
    SELECT 'main', 'content', $9, 1, $10::jsonb, $11 FROM turn WHERE $9::text IS NOT NULL
  ), come AS (
    INSERT INTO linli.index_entries (namespace, kind, index_name, key, id)
    SELECT 'main', k.* FROM turn, unnest($12::text[], $13::text[], $14::text[], $15::text[]) AS k
  ), gone AS (
    DELETE FROM linli.index_entries AS e
    USING turn, unnest($16::text[], $17::text[]) AS k (name, key)
    WHERE e.namespace = 'main' AND e.kind = 'issue' AND e.index_name = k.name AND e.key = k.key
      AND e.id = $1
  ), entry AS (
    INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
    SELECT 'main', 0, nextval('linli.entry_seq'), $1, $18::bigint, $19, $20 FROM turn
  ), clock AS (
    INSERT INTO linli.jobs AS j (namespace, id, queue, key, due_at, seq, value)
    SELECT 'main', 'clock/' || $1, 'clock', $1, $21::bigint, nextval('linli.job_seq'), $1
    FROM turn WHERE $21::bigint IS NOT NULL
    ON CONFLICT (namespace, id) DO UPDATE SET
      due_at = excluded.due_at, seq = excluded.seq, value = excluded.value, attempt = 0,
      state = 0, token = NULL, leased_until = 0, owner = NULL, settled_token = NULL,
      settled_mark = NULL, settled_at = NULL, reason = NULL
  ), over AS (
    DELETE FROM linli.jobs USING turn
    WHERE namespace = 'main' AND id = 'clock/' || $1 AND $21::bigint IS NULL
  )
  SELECT 1 / count(*) FROM state`;
