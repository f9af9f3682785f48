/**
 * The durable command on PostgreSQL, by one client and by 32, through the service,
 * beside the same rows by hand in two round trips by as many clients; and beside event
 * stores, each with what of ours is its nearest work.
 *
 * Databases are copies of one and must hold the same at the end; our journal alone
 * must hold the entries of the whole command, byte for byte.
 */
import pg from "pg";
import { race, ratioOf, type Times } from "../../kit/race.ts";
import { type BenchOptions, type Cost, mustAgree, type Report, rowOf } from "../../kit/report.ts";
import { tapping } from "../../kit/tap.ts";
import { makeWatch, type Watch } from "../../kit/watch.ts";
import { makeLives } from "../../town/lives.ts";
import { manyClients } from "../clients.ts";
import { costOf } from "../costs.ts";
import { makeOrders, type Order, PER_ISSUE } from "../orders.ts";
import { actInService, makeService, reportAll } from "../service.ts";
import { weigh } from "../weigh.ts";
import { openCastorePostgres } from "../peers/castorePostgres.ts";
import { openEmmettPostgres } from "../peers/emmettPostgres.ts";
import { besideOf, type EventPeer, JOURNAL, mustHaveComeTo } from "../peers/eventPeer.ts";
import { openJournal } from "../peers/journal.ts";
import { openByHand } from "./byHand.ts";
import { type Cluster, settle } from "./cluster.ts";
import { openService, openStorage } from "./service.ts";
import {
  ALL,
  ANY_ORDER,
  journalOf,
  mustHoldTheSame,
  reportsOf,
  rowsWritten,
  statesOf,
} from "./tables.ts";

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
  setting: Crowd,
  { say }: BenchOptions,
): Promise<Pick<Report, "rows" | "peers" | "work"> & { readonly costs: ReadonlyArray<Cost> }> => {
  const { clients, seed, atLeast, rounds, each } = setting;
  const block = clients * each * PER_ISSUE;
  const lives = makeLives({
    seed,
    count: (1 + rounds.warmUp + rounds.timed) * clients * each,
  });
  say(`reporting ${lives.length} issues for ${clients} clients ...`);
  const origin = await cluster.create();
  const orders = makeOrders(lives, await reportAll(await openService(origin), lives));
  await settle(origin);
  const ours = await openOurs(cluster, origin, clients);
  const [first, rest] = [orders.slice(0, block), orders.slice(block)];
  const statements = await countTrips(ours, first);
  say("filling the stores of the peers ...");
  const peers = await openPeers(cluster, origin, clients);
  const journalUrl = await cluster.create();
  const journal = await openJournal(await openStorage(journalUrl), await journalOf(origin));
  for (const order of first) for (const { act } of [...peers, journal]) await act(order, 0);

  const watches = { "by hand": makeWatch(), linli: makeWatch() };
  const times = await raceAll(setting, rest, [...peers, journal], ours, watches);
  const written = await ours.close();
  const held = await mustHoldTheSame(ours.linliUrl, ours.handUrl, clients === 1 ? ALL : ANY_ORDER);
  const compared = await mustHaveComeTo([...peers, journal], await statesOf(ours.handUrl));
  const { entries } = clients === 1 ? ALL : ANY_ORDER;
  const { "table entries": journals = "" } = await mustHoldTheSame(journalUrl, ours.handUrl, {
    entries,
  });
  const who = `${clients === 1 ? "one client" : `${clients} clients`}, PostgreSQL`;
  const what = `durable command, ${who}, through the service`;
  const beside = besideOf(times, peers, { who, compared });
  const byHand = clients === 1 ? "the same rows by hand, two trips" : handOf(clients);
  const counted = { rows: written.linli / orders.length, statements: statements.linli };
  const weights = await weighBoth(cluster, origin, orders, setting.scratch);
  return {
    rows: [rowOf(what, byHand, ratioOf(times, "by hand", "linli"), atLeast), ...beside.rows],
    peers: beside.peers,
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
      [`by hand, ${clients} at once`]: `${(written.hand / orders.length).toFixed(1)} rows, ${statements.hand.toFixed(1)} statements a command`,
      [`${JOURNAL}, ${clients} at once`]: journals.replace(/both$/, "the whole command's"),
      ...(clients === 1 ? held : {}),
    },
  };
};

// Private

const handOf = (clients: number) => `the same by ${clients} clients by hand, two trips each`;

/** The whole command, through the service and by hand, each on its copy. */
const openOurs = async (cluster: Cluster, origin: string, clients: number) => {
  const [linliUrl, handUrl] = [await cluster.create(origin), await cluster.create(origin)];
  const before = { linli: await rowsWritten(linliUrl), hand: await rowsWritten(handUrl) };
  const opened = await openStorage(linliUrl);
  // Clients live at different instants, so each has a service with its own clock; they share
  // the storage, its connections and its groups.
  const services = Array.from({ length: clients }, () => makeService(opened));
  const hand = await openByHand(handUrl, clients);
  return {
    linliUrl,
    handUrl,
    linli: (order: Order, client: number) =>
      actInService(services[client] ?? makeService(opened), order),
    hand: hand.act,
    /** Closes both; how many rows each has written. */
    close: async () => {
      await opened.close();
      await hand.close();
      return {
        linli: (await rowsWritten(linliUrl)) - before.linli,
        hand: (await rowsWritten(handUrl)) - before.hand,
      };
    },
  };
};

type Ours = Awaited<ReturnType<typeof openOurs>>;

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

/** Works off orders with both, compares their receipts; statements sent a command. */
const countTrips = async ({ hand, linli }: Ours, orders: ReadonlyArray<Order>) => {
  const receipts = new Map<Order, unknown>();
  const byHand = await countingTrips(async () => {
    for (const order of orders) receipts.set(order, JSON.parse(await hand(order, 0)));
  });
  const inService = await countingTrips(async () => {
    for (const order of orders) {
      const what = `${order.issue}, ${order.command.type}`;
      mustAgree(what, receipts.get(order), await linli(order, 0));
    }
  });
  return { hand: byHand / orders.length, linli: inService / orders.length };
};

const raceAll = (
  { clients, rounds, each }: Crowd,
  orders: ReadonlyArray<Order>,
  stores: ReadonlyArray<EventPeer>,
  { hand, linli }: Ours,
  watches: { readonly "by hand": Watch; readonly linli: Watch },
): Promise<Times> =>
  race(
    [
      ...stores.map(({ name, act }) => manyClients(name, orders, act, makeWatch(), each)),
      manyClients(
        "by hand",
        orders,
        async (order, client) => (await hand(order, client)).length,
        watches["by hand"],
        each,
      ),
      manyClients(
        "linli",
        orders,
        async (order, client) => (await linli(order, client)).version,
        watches.linli,
        each,
      ),
    ],
    {
      clock: "wall",
      rounds: rounds.timed,
      millis: 0,
      block: { count: clients * each * PER_ISSUE, warmUpRounds: rounds.warmUp },
    },
  );

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
  scratch: string | undefined,
) => {
  if (scratch === undefined) return {};
  const one = async (who: "linli" | "by hand") => {
    const place = await cluster.create(origin);
    return weigh({ store: "postgres", who, place }, orders, `${scratch}/orders.json`);
  };
  return { weights: { contestant: await one("linli"), reference: await one("by hand") } };
};
