/** Rows of two stores beside each other. */
import { isDeepStrictEqual } from "node:util";
import { Disagreement } from "../kit/report.ts";

/** A row of a table, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** How much a table holds, once both stores are found to hold the same. */
export const mustHoldTheSameRows = (
  table: string,
  expected: Iterable<Row>,
  given: Iterator<Row>,
): string => {
  let [count, bytes] = [0, 0];
  for (const row of expected) {
    count += 1;
    bytes += bytesOf(row);
    const next = given.next();
    if (next.done === true) return differ(table, count, row, undefined);
    if (!isSame(row, next.value)) differ(table, count, row, next.value);
  }
  if (given.next().done !== true) differ(table, count + 1, undefined, "a further row");
  return `${count} rows, ${bytes} bytes, the same in both`;
};

// Private

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
  throw new Disagreement(`table ${table}, row ${at}: the stores differ\n${shown}`);
};
