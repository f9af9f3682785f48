/** Counts what goes to SQLite, whoever sends it, while something is done. */
import { DatabaseSync, StatementSync } from "node:sqlite";
import { tapping } from "../../kit/tap.ts";
import type { Counted } from "../costs.ts";

/** Rows written and statements sent by `work`, which does `count` commands; slower than by itself. */
export const counting = async (count: number, work: () => Promise<void>): Promise<Counted> => {
  let [rows, statements] = [0, 0];
  const told = (self: unknown, result: unknown) => {
    statements += 1;
    // What writes nothing repeats the number of the one before it.
    if (!(self instanceof StatementSync) || !WRITES.test(self.sourceSQL)) return;
    if (typeof result === "object" && result !== null && "changes" in result) {
      rows += Number(result.changes);
    }
  };
  await tapping(StatementSync.prototype, ["run", "get", "all", "iterate"], told, () =>
    tapping(DatabaseSync.prototype, ["exec"], told, work),
  );
  return { rows: rows / count, statements: statements / count };
};

// Private

const WRITES = /^\s*(INSERT|UPDATE|DELETE|REPLACE)/i;
