/**
 * The durable command, by one client and by 32, and clocks that are due, on a real
 * PostgreSQL that keeps what it acknowledges (`fsync` and `synchronous_commit` on),
 * through the service, beside the same rows written by hand under the same order.
 */
import { rmSync } from "node:fs";
import type { BenchOptions, Report } from "../../kit/report.ts";
import { CLIENTS } from "../clients.ts";
import { makeFolder } from "../folder.ts";
import { pgBoss } from "../peers/pgBoss.ts";
import { openCluster } from "./cluster.ts";
import { crowd } from "./crowd.ts";
import { dueJobs } from "./due.ts";
import { inTurn } from "./inTurn.ts";

/** The bench. */
export const storagePostgres = async (options: BenchOptions): Promise<Report> => {
  const { quick } = options;
  const scratch = makeFolder();
  const cluster = await openCluster();
  try {
    const one = await crowd(
      cluster,
      {
        clients: 1,
        seed: 21,
        atLeast: 0.8,
        rounds: { warmUp: quick ? 2 : 80, timed: quick ? 3 : 50 },
        each: 10,
        scratch,
      },
      options,
    );
    const many = await crowd(
      cluster,
      {
        clients: CLIENTS,
        seed: 22,
        atLeast: 1.3,
        rounds: { warmUp: quick ? 1 : 16, timed: quick ? 3 : 24 },
        each: 1,
      },
      options,
    );
    const turns = await inTurn(cluster, options);
    const due = await dueJobs(cluster, options);
    const queue = await pgBoss(cluster, options);
    return {
      name: "storage-postgres",
      rows: [...one.rows, ...many.rows, ...due.rows, queue],
      peers: [...one.peers, ...turns.peers, ...many.peers],
      costs: [...one.costs, ...many.costs],
      work: { ...cluster.facts, ...one.work, ...turns.work, ...many.work, ...due.work },
    };
  } finally {
    await cluster.close();
    rmSync(scratch, { recursive: true, force: true });
  }
};
