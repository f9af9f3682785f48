/**
 * The durable command by one client, SQLite `FULL`: through the service, beside the same
 * rows by hand; and beside an event store, with what of ours is its nearest work.
 *
 * The service reports all issues into one data file, which is then copied, so that
 * both begin with the same. Each side works off the same orders on its own file; at
 * the end both files must hold the same rows, and our journal alone the same entries.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, mustAgree, rowOf } from "../../kit/report.ts";
import { makeWatch, type Watch } from "../../kit/watch.ts";
import { makeLives } from "../../town/lives.ts";
import { oneClient } from "../clients.ts";
import { costOf } from "../costs.ts";
import { makeOrders, type Order, PER_ISSUE } from "../orders.ts";
import { openEmmettSqlite } from "../peers/emmettSqlite.ts";
import { besideOf, type EventPeer, JOURNAL, mustHaveComeTo } from "../peers/eventPeer.ts";
import { openJournal } from "../peers/journal.ts";
import { actInService, reportAll } from "../service.ts";
import { weigh } from "../weigh.ts";
import { openByHand } from "./byHand.ts";
import { counting } from "./count.ts";
import { journalOf, openService, openStorage, reportsOf, statesOf } from "./files.ts";
import { ENTRIES, mustHoldTheSame } from "./tables.ts";

export const alone = async (folder: string, { quick, say }: BenchOptions) => {
  const file = (name: string) => join(folder, `alone-${name}.db`);
  const rounds = { warmUp: quick ? 2 : 20, timed: quick ? 3 : 80 };
  const blocks = 1 + rounds.warmUp + rounds.timed;
  const lives = makeLives({ seed: SEED, count: (blocks * BLOCK) / PER_ISSUE });
  say(`reporting ${lives.length} issues ...`);
  const orders = makeOrders(lives, await reportAll(await openService(file("linli")), lives));
  for (const name of ["hand", "weigh-linli", "weigh-hand"]) {
    copyFileSync(file("linli"), file(name));
  }
  const ours = await openOurs(file("linli"), file("hand"));
  const [first, rest] = [orders.slice(0, BLOCK), orders.slice(BLOCK)];
  const counted = await countBoth(ours, first);
  say("filling the stores of the peers ...");
  const peers = await openPeers(file, reportsOf(file("weigh-hand")));
  const begun = journalOf(file("weigh-hand"));
  const journal = await openJournal(await openStorage(file("journal")), begun);
  for (const order of first) for (const { act } of [...peers, journal]) await act(order, 0);

  const watches = { "by hand": makeWatch(), linli: makeWatch() };
  const times = await raceAll(rounds, rest, [...peers, journal], ours, watches);
  await ours.close();
  const held = mustHoldTheSame(file("linli"), file("hand"));
  const compared = await mustHaveComeTo([...peers, journal], statesOf(file("hand")));
  const journals = mustHoldTheSame(file("journal"), file("hand"), ENTRIES);
  const who = "one client, SQLite FULL";
  const what = `durable command, ${who}, through the service`;
  const beside = besideOf(times, peers, { who, compared });
  say("weighing both, each in a process of its own ...");
  const weights = {
    contestant: await weighFile("linli", file("weigh-linli"), orders),
    reference: await weighFile("by hand", file("weigh-hand"), orders),
  };
  return {
    rows: [
      rowOf(what, "the same rows by hand", ratioOf(times, "by hand", "linli"), 0.8),
      ...beside.rows,
    ],
    peers: beside.peers,
    costs: [
      costOf(times, watches, {
        what,
        reference: "by hand",
        contestant: "linli",
        counted: counted.linli,
        weights,
      }),
    ],
    work: {
      commands: `${orders.length} on ${lives.length} issues, ${BLOCK} in a block, seed ${SEED}`,
      "by hand": `${counted.hand.rows.toFixed(1)} rows, ${counted.hand.statements.toFixed(1)} statements a command`,
      [JOURNAL]: String(journals["table entries"]).replace(/both$/, "the whole command's"),
      ...held,
    },
  };
};

// Private

const SEED = 11;
/** Commands in a block: ten issues from acceptance to closing. */
const BLOCK = 10 * PER_ISSUE;

/** The whole command, through the service and by hand, each on its file. */
const openOurs = async (linliFile: string, handFile: string) => {
  const service = await openService(linliFile);
  const hand = openByHand(handFile);
  return {
    linli: (order: Order) => actInService(service, order),
    hand: hand.act,
    close: async () => {
      await service.close();
      hand.close();
    },
  };
};

type Ours = Awaited<ReturnType<typeof openOurs>>;

const openPeers = async (
  file: (name: string) => string,
  reports: Parameters<typeof openEmmettSqlite>[1],
): Promise<ReadonlyArray<EventPeer>> => [
  await openEmmettSqlite(file("emmett-events"), reports, false),
  await openEmmettSqlite(file("emmett-rows"), reports, true),
];

/** Works off orders with both, compares their receipts; rows and statements a command. */
const countBoth = async ({ hand, linli }: Ours, orders: ReadonlyArray<Order>) => {
  const receipts = new Map<Order, unknown>();
  const byHand = await counting(orders.length, async () => {
    for (const order of orders) receipts.set(order, JSON.parse(hand(order)));
  });
  const inService = await counting(orders.length, async () => {
    for (const order of orders) {
      const what = `${order.issue}, ${order.command.type}`;
      mustAgree(what, receipts.get(order), await linli(order));
    }
  });
  return { hand: byHand, linli: inService };
};

const raceAll = (
  rounds: { readonly warmUp: number; readonly timed: number },
  orders: ReadonlyArray<Order>,
  stores: ReadonlyArray<EventPeer>,
  { hand, linli }: Ours,
  watches: { readonly "by hand": Watch; readonly linli: Watch },
) =>
  race(
    [
      ...stores.map(({ name, act }) => oneClient(name, orders, act, makeWatch())),
      oneClient("by hand", orders, (order) => hand(order).length, watches["by hand"]),
      oneClient("linli", orders, async (order) => (await linli(order)).version, watches.linli),
    ],
    {
      clock: "wall",
      rounds: rounds.timed,
      millis: 0,
      block: { count: BLOCK, warmUpRounds: rounds.warmUp },
    },
  );

const weighFile = (who: "linli" | "by hand", place: string, orders: ReadonlyArray<Order>) =>
  weigh({ store: "sqlite", who, place }, orders, `${place}.orders.json`);
