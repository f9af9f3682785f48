/**
 * The durable command, by one client and by 32, and clocks that are due. One client: SQLite with `synchronous = FULL`, through the
 * service, beside the same rows written by hand.
 *
 * The service reports all issues into one data file, which is then copied, so that
 * both begin with the same. Each side works off the same orders on its own file; at
 * the end both files must hold the same rows.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Contestant, race, ratioOf } from "../kit/race.ts";
import { type BenchOptions, mustAgree, type Report, rowOf } from "../kit/report.ts";
import { makeLives } from "../town/lives.ts";
import { type HandStore, openByHand } from "./byHand.ts";
import { crowd } from "./crowd.ts";
import { dueJobs } from "./due.ts";
import { makeOrders, type Order, PER_ISSUE } from "./orders.ts";
import { actInService, makeFolder, openService, reportAll, type Service } from "./service.ts";
import { mustHoldTheSame } from "./tables.ts";

/** The bench. */
export const storageSqlite = async ({ quick, say }: BenchOptions): Promise<Report> => {
  const folder = makeFolder();
  try {
    const files = { service: join(folder, "service.db"), byHand: join(folder, "by-hand.db") };
    const rounds = { warmUp: quick ? 2 : 20, timed: quick ? 3 : 80 };
    const blocks = 1 + rounds.warmUp + rounds.timed;
    const lives = makeLives({ seed: SEED, count: (blocks * BLOCK) / PER_ISSUE });
    say(`reporting ${lives.length} issues ...`);
    const orders = makeOrders(lives, await reportAll(files.service, lives));
    copyFileSync(files.service, files.byHand);

    const service = await openService(files.service);
    const hand = openByHand(files.byHand);
    for (const order of orders.slice(0, BLOCK)) {
      mustAgree(
        `${order.issue}, ${order.command.type}`,
        JSON.parse(hand.act(order)),
        await actInService(service, order),
      );
    }
    const times = await race(
      [handContestant(hand, orders.slice(BLOCK)), serviceContestant(service, orders.slice(BLOCK))],
      {
        clock: "wall",
        rounds: rounds.timed,
        millis: 0,
        block: { count: BLOCK, warmUpRounds: rounds.warmUp },
      },
    );
    await service.close();
    hand.close();
    const many = await crowd(folder, { quick, say });
    const due = await dueJobs(folder, { quick, say });
    return {
      name: "storage-sqlite",
      rows: [
        rowOf(
          "durable command, one client, SQLite FULL, through the service",
          "the same rows by hand",
          ratioOf(times, "by hand", "linli"),
          0.8,
        ),
        ...many.rows,
        ...due.rows,
      ],
      peers: [],
      work: {
        commands: `${orders.length} on ${lives.length} issues, ${BLOCK} in a block, seed ${SEED}`,
        ...mustHoldTheSame(files.service, files.byHand),
        ...many.work,
        ...due.work,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// Private

const SEED = 11;
/** Commands in a block: ten issues from acceptance to closing. */
const BLOCK = 10 * PER_ISSUE;

const serviceContestant = (service: Service, orders: ReadonlyArray<Order>): Contestant => ({
  name: "linli",
  run: async (from, count) => {
    let sum = 0;
    for (const order of orders.slice(from, from + count)) {
      sum += (await actInService(service, order)).version;
    }
    return sum;
  },
});

const handContestant = (hand: HandStore, orders: ReadonlyArray<Order>): Contestant => ({
  name: "by hand",
  run: (from, count) => {
    let sum = 0;
    for (const order of orders.slice(from, from + count)) sum += hand.act(order).length;
    return sum;
  },
});
