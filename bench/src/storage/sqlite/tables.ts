/** Two data files beside each other: every table, row by row. */
import { DatabaseSync } from "node:sqlite";
import { mustHoldTheSameRows } from "../tables.ts";

/**
 * Rows and bytes of each table, once both files are found to hold the same.
 * By {@link ANY_ORDER} where several clients wrote at once.
 */
export const mustHoldTheSame = (
  service: string,
  byHand: string,
  tables: Readonly<Record<string, string>> = TABLES,
): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  const a = new DatabaseSync(service, { readOnly: true });
  const b = new DatabaseSync(byHand, { readOnly: true });
  try {
    for (const [table, order] of Object.entries(tables)) {
      const what = order.startsWith("namespace, stream") ? `${order}, hash, value` : "*";
      const select = `SELECT ${what} FROM ${table} ORDER BY ${order}`;
      found[`table ${table}`] = mustHoldTheSameRows(
        table,
        a.prepare(select).iterate(),
        b.prepare(select).iterate(),
      );
    }
    return found;
  } finally {
    a.close();
    b.close();
  }
};

const TABLES = {
  rows: "namespace, kind, id",
  index_entries: "namespace, kind, index_name, key, id",
  entries: "seq",
  jobs: "namespace, id",
  receipts: "namespace, id",
};

/** Each stream in its own order, and no jobs: their ties stand in the order of scheduling. */
export const ANY_ORDER = {
  rows: TABLES.rows,
  index_entries: TABLES.index_entries,
  entries: "namespace, stream, version",
  receipts: TABLES.receipts,
};

/** The journal in its own order. */
export const ENTRIES = { entries: TABLES.entries };
