/** Two data files beside each other: every table, row by row. */
import { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { Disagreement } from "../kit/report.ts";

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
      const rows = b.prepare(select).iterate();
      let [count, bytes] = [0, 0];
      for (const expected of a.prepare(select).iterate()) {
        count += 1;
        bytes += bytesOf(expected);
        const given = rows.next().value;
        if (given === undefined || !isSame(expected, given)) differ(table, count, expected, given);
      }
      if (rows.next().done !== true) differ(table, count + 1, undefined, "a further row");
      found[`table ${table}`] = `${count} rows, ${bytes} bytes, the same in both files`;
    }
    return found;
  } finally {
    a.close();
    b.close();
  }
};

// Private

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

type Row = Readonly<Record<string, unknown>>;

// The fields of a state may stand in any order; everything else is compared byte by byte.
const isSame = (a: Row, b: Row): boolean => {
  if (isDeepStrictEqual(a, b)) return true;
  const [x, y] = [String(a["value"]), String(b["value"])];
  return (
    a["kind"] === "issue" &&
    x.length === y.length &&
    isDeepStrictEqual(JSON.parse(x), JSON.parse(y)) &&
    isDeepStrictEqual({ ...a, value: "" }, { ...b, value: "" })
  );
};

const bytesOf = (row: Row): number =>
  Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? Buffer.byteLength(value) : 8),
    0,
  );

const differ = (table: string, at: number, expected: unknown, given: unknown): never => {
  const shown = JSON.stringify({ expected, given }, null, 1).slice(0, 6000);
  throw new Disagreement(`table ${table}, row ${at}: the files differ\n${shown}`);
};
