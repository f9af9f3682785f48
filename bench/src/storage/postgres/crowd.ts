/**
 * The durable command on PostgreSQL, by one client and by 32, through the service,
 * beside the same rows by hand in two round trips by as many clients.
 *
 * Databases are copies of one and must hold the same at the end.
 */
import pg from "pg";
import { race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, mustAgree, rowOf } from "../../kit/report.ts";
import { tapping } from "../../kit/tap.ts";
import { makeWatch } from "../../kit/watch.ts";
import { makeLives } from "../../town/lives.ts";
import { manyClients } from "../clients.ts";
import { costOf } from "../costs.ts";
import { makeOrders, type Order, PER_ISSUE } from "../orders.ts";
import { actInService, makeService, reportAll } from "../service.ts";
import { weigh } from "../weigh.ts";
import { openCastorePostgres } from "../peers/castorePostgres.ts";
import { openEmmettPostgres } from "../peers/emmettPostgres.ts";
import { besideOf, type EventPeer, mustHaveComeTo } from "../peers/eventPeer.ts";
import { openByHand } from "./byHand.ts";
import { type Cluster, settle } from "./cluster.ts";
import { openService, openStorage } from "./service.ts";
import { ALL, ANY_ORDER, mustHoldTheSame, reportsOf, rowsWritten, statesOf } from "./tables.ts";

/** How many clients, how long, and what is asked of it. */
export interface Crowd {
  readonly clients: number;
  readonly seed: number;
  readonly atLeast: number;
  readonly rounds: { readonly warmUp: number; readonly timed: number };
  /** Issues that each client works off in a block. */
  readonly each: number;
  /** Where orders for weighing may be written; nothing is weighed without it. */
  readonly scratch?: string;
}

/** Lets so many clients race. */
export const crowd = async (
  cluster: Cluster,
  { clients, seed, atLeast, rounds, each, scratch }: Crowd,
  { say }: BenchOptions,
) => {
  const block = clients * each * PER_ISSUE;
  const blocks = 1 + rounds.warmUp + rounds.timed;
  const lives = makeLives({ seed, count: blocks * clients * each });
  say(`reporting ${lives.length} issues for ${clients} clients ...`);
  const origin = await cluster.create();
  const orders = makeOrders(lives, await reportAll(await openService(origin), lives));
  await settle(origin);
  const [linliUrl, handUrl] = [await cluster.create(origin), await cluster.create(origin)];
  const before = { linli: await rowsWritten(linliUrl), hand: await rowsWritten(handUrl) };

  const opened = await openStorage(linliUrl);
  // Clients live at different instants, so each has a service with its own clock; they share
  // the storage, its connections and its groups.
  const services = Array.from({ length: clients }, () => makeService(opened));
  const actOf = (order: Order, client: number) =>
    actInService(services[client] ?? makeService(opened), order);
  const hand = await openByHand(handUrl, clients);
  const first = orders.slice(0, block);
  const receipts = new Map<Order, unknown>();
  const handTrips = await countingTrips(async () => {
    for (const order of first) receipts.set(order, JSON.parse(await hand.act(order, 0)));
  });
  const trips = await countingTrips(async () => {
    for (const order of first) {
      const what = `${order.issue}, ${order.command.type}`;
      mustAgree(what, receipts.get(order), await actOf(order, 0));
    }
  });
  say("filling the stores of the peers ...");
  const peers = await openPeers(cluster, origin, clients);
  for (const order of first) for (const peer of peers) await peer.act(order, 0);
  const watches = { "by hand": makeWatch(), linli: makeWatch() };
  const rest = orders.slice(block);
  const times = await race(
    [
      ...peers.map(({ name, act }) => manyClients(name, rest, act, makeWatch(), each)),
      manyClients(
        "by hand",
        rest,
        async (order, client) => (await hand.act(order, client)).length,
        watches["by hand"],
        each,
      ),
      manyClients(
        "linli",
        rest,
        async (order, client) => (await actOf(order, client)).version,
        watches.linli,
        each,
      ),
    ],
    {
      clock: "wall",
      rounds: rounds.timed,
      millis: 0,
      block: { count: block, warmUpRounds: rounds.warmUp },
    },
  );
  await opened.close();
  await hand.close();
  const held = await mustHoldTheSame(linliUrl, handUrl, clients === 1 ? ALL : ANY_ORDER);
  const what = `durable command, ${clients === 1 ? "one client" : `${clients} clients`}, PostgreSQL, through the service`;
  const finals = await statesOf(handUrl);
  const beside = [];
  for (const peer of peers) {
    beside.push(besideOf(times, peer, { what, compared: await mustHaveComeTo(peer, finals) }));
    await peer.close();
  }
  const rows = ((await rowsWritten(linliUrl)) - before.linli) / orders.length;
  const byHand = ((await rowsWritten(handUrl)) - before.hand) / orders.length;
  const weights =
    scratch === undefined ? {} : { weights: await weighBoth(cluster, origin, orders, scratch) };
  const counted = { rows, statements: trips / block };
  return {
    rows: [
      rowOf(
        what,
        clients === 1
          ? "the same rows by hand, two trips"
          : `the same by ${clients} clients by hand, two trips each`,
        ratioOf(times, "by hand", "linli"),
        atLeast,
      ),
      ...beside.map(({ row }) => row),
    ],
    peers: beside.map(({ peer }) => peer),
    costs: [
      costOf(times, watches, {
        what,
        reference: "by hand",
        contestant: "linli",
        counted,
        ...weights,
      }),
    ],
    work: {
      [`commands, ${clients} at once`]: `${orders.length} on ${lives.length} issues, ${block} in a block, seed ${seed}`,
      [`by hand, ${clients} at once`]: `${byHand.toFixed(1)} rows, ${(handTrips / block).toFixed(1)} statements a command`,
      ...(clients === 1 ? held : {}),
    },
  };
};

// Private

const openPeers = async (
  cluster: Cluster,
  origin: string,
  clients: number,
): Promise<ReadonlyArray<EventPeer>> => {
  const reports = await reportsOf(origin);
  return [
    await openEmmettPostgres(await cluster.create(), reports, { rows: false, clients }),
    await openEmmettPostgres(await cluster.create(), reports, { rows: true, clients }),
    await openCastorePostgres(await cluster.create(), reports),
  ];
};

/** Queries sent by whatever client while something is done. */
const countingTrips = async (work: () => Promise<void>): Promise<number> => {
  let trips = 0;
  await tapping(pg.Client.prototype, ["query"], () => (trips += 1), work);
  return trips;
};

const weighBoth = async (
  cluster: Cluster,
  origin: string,
  orders: ReadonlyArray<Order>,
  scratch: string,
) => {
  const one = async (who: "linli" | "by hand") => {
    const place = await cluster.create(origin);
    return weigh({ store: "postgres", who, place }, orders, `${scratch}/orders.json`);
  };
  return { contestant: await one("linli"), reference: await one("by hand") };
};
