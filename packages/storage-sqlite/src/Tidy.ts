/**
 * Forgetting what may be forgotten: receipts past their time and jobs long done.
 *
 * A little of both tables is looked through for each little that is written, so
 * there is no sweep to schedule, no long pause, and no index to pay for.
 */
import { SETTLED_KEPT_MILLIS } from "@linli/core/ports";
import type { Connection } from "./Connection.ts";

/** Counts `written` and now and then looks on; needs an open transaction. */
export type Tidier = (at: number, written: number) => void;

/** Rows written between two looks, and rows looked at then. */
const EVERY = 256;
const LOOK_AT = 512;

/** A tidier that begins at the front of both tables. */
export const makeTidier = (connection: Connection): Tidier => {
  const receipts = makeSweep(connection, "receipts", "keep_until IS NOT NULL AND keep_until < ?");
  const jobs = makeSweep(connection, "jobs", "state = 1 AND settled_at < ?");
  let since = 0;
  return (at, written) => {
    since += written;
    if (since < EVERY) return;
    since = 0;
    receipts(at);
    jobs(at - SETTLED_KEPT_MILLIS);
  };
};

const makeSweep = ({ prepare }: Connection, table: "receipts" | "jobs", passed: string) => {
  const edge = prepare(
    `SELECT namespace, id FROM ${table} WHERE (namespace, id) > (?, ?) ` +
      "ORDER BY namespace, id LIMIT 1 OFFSET ?",
  );
  const forget = prepare(
    `DELETE FROM ${table} WHERE (namespace, id) > (?, ?) AND (namespace, id) <= (?, ?) AND ${passed}`,
  );
  const forgetRest = prepare(`DELETE FROM ${table} WHERE (namespace, id) > (?, ?) AND ${passed}`);
  let from: readonly [string, string] = ["", ""];
  return (instant: number): void => {
    const row = edge.get(...from, LOOK_AT - 1);
    if (row === undefined) {
      forgetRest.run(...from, instant);
      from = ["", ""];
      return;
    }
    const to: readonly [string, string] = [String(row["namespace"]), String(row["id"])];
    forget.run(...from, ...to, instant);
    from = to;
  };
};
