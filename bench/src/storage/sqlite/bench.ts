/**
 * The durable command, by one client and by 32, and clocks that are due, on SQLite with
 * `synchronous = FULL`, through the service, beside the same rows written by hand.
 */
import { rmSync } from "node:fs";
import type { BenchOptions, Report } from "../../kit/report.ts";
import { makeFolder } from "../folder.ts";
import { alone } from "./alone.ts";
import { crowd } from "./crowd.ts";
import { dueJobs } from "./due.ts";
import { inTurn } from "./inTurn.ts";

/** The bench. */
export const storageSqlite = async (options: BenchOptions): Promise<Report> => {
  const folder = makeFolder();
  try {
    const one = await alone(folder, options);
    const many = await crowd(folder, options);
    const turns = await inTurn(folder, options);
    const due = await dueJobs(folder, options);
    return {
      name: "storage-sqlite",
      rows: [...one.rows, ...many.rows, ...due.rows],
      peers: [...one.peers, ...turns.peers],
      costs: [...one.costs, ...many.costs],
      work: { ...one.work, ...turns.work, ...many.work, ...due.work },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
