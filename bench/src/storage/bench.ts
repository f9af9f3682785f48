/**
 * The durable command: one client, SQLite with `synchronous = FULL`, through the
 * service, beside the same rows written by hand.
 *
 * The service reports all issues into one data file, which is then copied, so that
 * both begin with the same. Each side works off the same orders on its own file; at
 * the end both files must hold the same rows.
 */
import { type LinliService, makeLinli } from "@linli/core/services";
import { openSqlite } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Contestant, race, ratioOf } from "../kit/race.ts";
import { type BenchOptions, mustAgree, type Report, rowOf } from "../kit/report.ts";
import { type Life, makeLives } from "../town/lives.ts";
import { directory, document, hierarchy } from "../town/town.ts";
import { type HandStore, openByHand } from "./byHand.ts";
import { makeOrders, type Order, PER_ISSUE, RECEIPT_MILLIS } from "./orders.ts";
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
    return {
      name: "storage-sqlite",
      rows: [
        rowOf(
          "durable command, one client, SQLite FULL, through the service",
          "the same rows by hand",
          ratioOf(times, "by hand", "linli"),
          0.7,
        ),
      ],
      peers: [],
      work: {
        commands: `${orders.length} on ${lives.length} issues, ${BLOCK} in a block, seed ${SEED}`,
        ...mustHoldTheSame(files.service, files.byHand),
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

// Beside the installed peers: on a disk, which the folder for temporary files may not be.
const makeFolder = (): string => {
  const cache = join(dirname(fileURLToPath(import.meta.url)), "../../node_modules/.cache/linli");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "storage-"));
};

interface Service {
  readonly linli: LinliService;
  readonly clock: { now: number };
  readonly close: () => Promise<void>;
}

const openService = async (path: string): Promise<Service> => {
  const { storage, close } = await openSqlite({ path });
  const clock = { now: 0 };
  let ids = 0;
  const linli = makeLinli({
    storage,
    now: () => clock.now,
    newId: () => `i${(ids += 1)}`,
    receiptMillis: RECEIPT_MILLIS,
  });
  return { linli, clock, close };
};

const reportAll = async (
  path: string,
  lives: ReadonlyArray<Life>,
): Promise<ReadonlyArray<string>> => {
  const { linli, clock, close } = await openService(path);
  await Effect.runPromise(linli.publish({ charter: document, hierarchy, directory }));
  const ids: Array<string> = [];
  for (const [at, { steps }] of lives.entries()) {
    const [report] = steps;
    if (report === undefined) continue;
    clock.now = report.now;
    const options = { actor: report.actor, commandId: `report-${at}` };
    ids.push((await Effect.runPromise(linli.begin(report.command, options))).issue);
  }
  await close();
  return ids;
};

const actInService = ({ linli, clock }: Service, order: Order) => {
  clock.now = order.now;
  const { issue, command, actor, commandId } = order;
  return Effect.runPromise(linli.act(issue, command, { actor, commandId }));
};

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
