/**
 * The durable command by 32 clients at once, SQLite `FULL`: through the service, beside
 * a group commit by hand, and beside one client by hand.
 *
 * Each client works off the commands of one issue, waiting for each. Files begin as
 * copies of one and must hold the same at the end.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { type Contestant, race, ratioOf } from "../kit/race.ts";
import { type BenchOptions, rowOf } from "../kit/report.ts";
import { makeLives } from "../town/lives.ts";
import { openByHand } from "./byHand.ts";
import { makeOrders, type Order, PER_ISSUE } from "./orders.ts";
import { actInService, openService, reportAll } from "./service.ts";
import { ANY_ORDER, mustHoldTheSame } from "./tables.ts";

export const crowd = async (folder: string, { quick, say }: BenchOptions) => {
  const file = (name: string) => join(folder, `crowd-${name}.db`);
  const [service, group, single] = [file("service"), file("group"), file("single")];
  const rounds = { warmUp: quick ? 2 : 8, timed: quick ? 3 : 30 };
  const lives = makeLives({ seed: SEED, count: (rounds.warmUp + rounds.timed) * CLIENTS });
  say(`reporting ${lives.length} issues for ${CLIENTS} clients ...`);
  const orders = makeOrders(lives, await reportAll(service, lives));
  copyFileSync(service, group);
  copyFileSync(service, single);

  const linli = await openService(service);
  const together = openByHand(group);
  const alone = openByHand(single);
  const contestants: ReadonlyArray<Contestant> = [
    {
      name: "linli",
      run: byClients(orders, async (order) => (await actInService(linli, order)).version),
    },
    {
      name: "group by hand",
      run: byClients(orders, async (order) => (await together.actTogether(order)).length),
    },
    {
      name: "single by hand",
      run: (from, count) =>
        orders.slice(from, from + count).reduce((sum, order) => sum + alone.act(order).length, 0),
    },
  ];
  const block = { count: CLIENTS * PER_ISSUE, warmUpRounds: rounds.warmUp };
  const times = await race(contestants, { clock: "wall", rounds: rounds.timed, millis: 0, block });
  await linli.close();
  together.close();
  alone.close();
  mustHoldTheSame(service, group, ANY_ORDER);
  mustHoldTheSame(service, single, ANY_ORDER);
  const what = `durable command, ${CLIENTS} clients, SQLite FULL, through the service`;
  return {
    rows: [
      rowOf(what, "a group commit by hand", ratioOf(times, "group by hand", "linli"), 0.8),
      rowOf(what, "one client by hand", ratioOf(times, "single by hand", "linli"), 1.6),
    ],
    work: {
      [`commands of ${CLIENTS} clients`]: `${orders.length} on ${lives.length} issues, the same rows in three files`,
    },
  };
};

// Private

const SEED = 12;
const CLIENTS = 32;

const byClients =
  (orders: ReadonlyArray<Order>, act: (order: Order) => Promise<number>): Contestant["run"] =>
  async (from, count) => {
    const clients = Array.from({ length: count / PER_ISSUE }, async (_, client) => {
      let sum = 0;
      const first = from + client * PER_ISSUE;
      for (const order of orders.slice(first, first + PER_ISSUE)) sum += await act(order);
      return sum;
    });
    return (await Promise.all(clients)).reduce((sum, one) => sum + one, 0);
  };
