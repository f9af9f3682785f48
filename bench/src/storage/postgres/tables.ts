/** Two databases beside each other: every table, row by row. */
import type { IssueEvent, IssueState } from "@linli/core/issue";
import type { EntryWrite } from "@linli/core/ports";
import type pg from "pg";
import { mustHoldTheSameRows, type Row } from "../tables.ts";
import { makePool } from "./cluster.ts";

/** What is compared of each table, and in which order. */
export type Tables = Readonly<Record<string, { readonly columns: string; readonly order: string }>>;

/** Everything, the journal in its own order; numbers drawn from sequences stand for an order only. */
export const ALL = {
  rows: { columns: "*", order: "namespace, kind, id" },
  index_entries: { columns: "*", order: "namespace, kind, index_name, key, id" },
  entries: { columns: "namespace, xid, stream, version, hash, value", order: "xid, seq" },
  jobs: {
    columns:
      "namespace, id, queue, key, due_at, attempt, state, leased_until, owner, reason, value",
    order: "namespace, id",
  },
  receipts: { columns: "*", order: "namespace, id" },
} satisfies Tables;

/** Where several clients wrote at once: each stream in its own order. */
export const ANY_ORDER = {
  ...ALL,
  entries: {
    columns: "namespace, xid, stream, version, hash, value",
    order: "namespace, stream, version",
  },
} satisfies Tables;

/** Rows and bytes of each table, once both databases are found to hold the same. */
export const mustHoldTheSame = async (
  service: string,
  byHand: string,
  tables: Tables = ALL,
): Promise<Readonly<Record<string, string>>> => {
  const found: Record<string, string> = {};
  const [a, b] = [makePool(service, { max: 1 }), makePool(byHand, { max: 1 })];
  try {
    for (const [table, { columns, order }] of Object.entries(tables)) {
      const select = `SELECT ${columns} FROM linli.${table} ORDER BY ${order}`;
      const [expected, given] = [await rowsOf(a, select), await rowsOf(b, select)];
      found[`table ${table}`] = mustHoldTheSameRows(table, expected, given.values());
    }
    return found;
  } finally {
    await a.end();
    await b.end();
  }
};

/** Rows inserted, changed and deleted in a database so far; everybody must have closed it. */
export const rowsWritten = async (url: string): Promise<number> => {
  const pool = makePool(url, { max: 1 });
  try {
    // The server adds up a little later what a session that ended did.
    for (let last = -1; ;) {
      const [row] = await rowsOf(
        pool,
        "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) AS n FROM pg_stat_user_tables",
      );
      const now = Number(row?.["n"]);
      if (now === last) return now;
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    await pool.end();
  }
};

/** The first event of each issue, as the journal has it. */
export const reportsOf = async (url: string): Promise<ReadonlyMap<string, IssueEvent>> =>
  new Map(
    (await select(url, "SELECT stream AS id, value FROM linli.entries WHERE version = 1")).map(
      (row) => {
        const entry = JSON.parse(String(row["value"])) as { readonly payload: IssueEvent };
        return [String(row["id"]), entry.payload];
      },
    ),
  );

/** The journal as it is, in its own order. */
export const journalOf = async (url: string): Promise<ReadonlyArray<EntryWrite>> =>
  (
    await select(url, "SELECT stream, version, hash, value FROM linli.entries ORDER BY xid, seq")
  ).map((row) => ({
    stream: String(row["stream"]),
    version: Number(row["version"]),
    hash: String(row["hash"]),
    value: String(row["value"]),
  }));

/** The stored state of each issue. */
export const statesOf = async (url: string): Promise<ReadonlyMap<string, IssueState>> =>
  new Map(
    (await select(url, "SELECT id, value FROM linli.rows WHERE kind = 'issue'")).map((row) => {
      const stored = JSON.parse(String(row["value"])) as { readonly state: IssueState };
      return [String(row["id"]), stored.state];
    }),
  );

// Private

const select = async (url: string, sql: string): Promise<ReadonlyArray<Row>> => {
  const pool = makePool(url, { max: 1 });
  const rows = await rowsOf(pool, sql);
  await pool.end();
  return rows;
};

const rowsOf = async (pool: pg.Pool, select: string): Promise<ReadonlyArray<Row>> =>
  (await pool.query<Row>(select)).rows;
