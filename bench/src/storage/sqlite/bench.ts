/**
 * The durable command, by one client and by 32, and clocks that are due, on SQLite with
 * `synchronous = FULL`, through the service, beside the same rows written by hand.
 *
 * The service reports all issues into one data file, which is then copied, so that
 * both begin with the same. Each side works off the same orders on its own file; at
 * the end both files must hold the same rows.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, mustAgree, type Report, rowOf } from "../../kit/report.ts";
import { makeWatch } from "../../kit/watch.ts";
import { makeLives } from "../../town/lives.ts";
import { oneClient } from "../clients.ts";
import { costOf } from "../costs.ts";
import { makeFolder } from "../folder.ts";
import { makeOrders, type Order, PER_ISSUE } from "../orders.ts";
import { actInService, reportAll } from "../service.ts";
import { weigh } from "../weigh.ts";
import { openByHand } from "./byHand.ts";
import { besideOf, mustHaveComeTo } from "../peers/eventPeer.ts";
import { openEmmettSqlite } from "../peers/emmettSqlite.ts";
import { counting } from "./count.ts";
import { crowd } from "./crowd.ts";
import { dueJobs } from "./due.ts";
import { openService, reportsOf, statesOf } from "./files.ts";
import { mustHoldTheSame } from "./tables.ts";

/** The bench. */
export const storageSqlite = async (options: BenchOptions): Promise<Report> => {
  const folder = makeFolder();
  try {
    const one = await alone(folder, options);
    const many = await crowd(folder, options);
    const due = await dueJobs(folder, options);
    return {
      name: "storage-sqlite",
      rows: [...one.rows, ...many.rows, ...due.rows],
      peers: one.peers,
      costs: [...one.costs, ...many.costs],
      work: { ...one.work, ...many.work, ...due.work },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// Private

const SEED = 11;
/** Commands in a block: ten issues from acceptance to closing. */
const BLOCK = 10 * PER_ISSUE;

const alone = async (folder: string, { quick, say }: BenchOptions) => {
  const file = (name: string) => join(folder, `alone-${name}.db`);
  const rounds = { warmUp: quick ? 2 : 20, timed: quick ? 3 : 80 };
  const blocks = 1 + rounds.warmUp + rounds.timed;
  const lives = makeLives({ seed: SEED, count: (blocks * BLOCK) / PER_ISSUE });
  say(`reporting ${lives.length} issues ...`);
  const orders = makeOrders(lives, await reportAll(await openService(file("linli")), lives));
  for (const name of ["hand", "weigh-linli", "weigh-hand"]) {
    copyFileSync(file("linli"), file(name));
  }

  const service = await openService(file("linli"));
  const hand = openByHand(file("hand"));
  const first = orders.slice(0, BLOCK);
  const receipts = new Map<Order, unknown>();
  const byHand = await counting(BLOCK, async () => {
    for (const order of first) receipts.set(order, JSON.parse(hand.act(order)));
  });
  const counted = await counting(BLOCK, async () => {
    for (const order of first) {
      const what = `${order.issue}, ${order.command.type}`;
      mustAgree(what, receipts.get(order), await actInService(service, order));
    }
  });
  say("filling the stores of the peers ...");
  const reports = reportsOf(file("weigh-hand"));
  const peers = [
    await openEmmettSqlite(file("emmett-events"), reports, false),
    await openEmmettSqlite(file("emmett-rows"), reports, true),
  ];
  for (const order of first) for (const peer of peers) await peer.act(order, 0);
  const watches = { "by hand": makeWatch(), linli: makeWatch() };
  const rest = orders.slice(BLOCK);
  const times = await race(
    [
      ...peers.map(({ name, act }) => oneClient(name, rest, act, makeWatch())),
      oneClient("by hand", rest, (order) => hand.act(order).length, watches["by hand"]),
      oneClient(
        "linli",
        rest,
        async (order) => (await actInService(service, order)).version,
        watches.linli,
      ),
    ],
    {
      clock: "wall",
      rounds: rounds.timed,
      millis: 0,
      block: { count: BLOCK, warmUpRounds: rounds.warmUp },
    },
  );
  await service.close();
  hand.close();
  const what = "durable command, one client, SQLite FULL, through the service";
  const finals = statesOf(file("hand"));
  const beside = [];
  for (const peer of peers) {
    beside.push(besideOf(times, peer, { what, compared: await mustHaveComeTo(peer, finals) }));
    await peer.close();
  }
  say("weighing both, each in a process of its own ...");
  const weights = {
    contestant: await weighFile("linli", file("weigh-linli"), orders),
    reference: await weighFile("by hand", file("weigh-hand"), orders),
  };
  return {
    rows: [
      rowOf(what, "the same rows by hand", ratioOf(times, "by hand", "linli"), 0.8),
      ...beside.map(({ row }) => row),
    ],
    peers: beside.map(({ peer }) => peer),
    costs: [
      costOf(times, watches, { what, reference: "by hand", contestant: "linli", counted, weights }),
    ],
    work: {
      commands: `${orders.length} on ${lives.length} issues, ${BLOCK} in a block, seed ${SEED}`,
      "by hand": `${byHand.rows.toFixed(1)} rows, ${byHand.statements.toFixed(1)} statements a command`,
      ...mustHoldTheSame(file("linli"), file("hand")),
    },
  };
};

const weighFile = (who: "linli" | "by hand", place: string, orders: ReadonlyArray<Order>) =>
  weigh({ store: "sqlite", who, place }, orders, `${place}.orders.json`);
