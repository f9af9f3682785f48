/** Clients that work off orders, one or many at once, each waiting for every answer. */
import type { Contestant } from "../kit/race.ts";
import type { Watch } from "../kit/watch.ts";
import { type Order, PER_ISSUE } from "./orders.ts";

/** Clients of the crowded benches. */
export const CLIENTS = 32;

/** Runs one command; a number that depends on its answer. */
export type Act = (order: Order, client: number) => number | Promise<number>;

/** A contestant with one client. */
export const oneClient = (
  name: string,
  orders: ReadonlyArray<Order>,
  act: Act,
  watch: Watch,
): Contestant => ({
  name,
  begin: watch.begin,
  run: async (from, count) => {
    let sum = 0;
    for (const order of orders.slice(from, from + count)) {
      sum += await watch.time(() => act(order, 0));
    }
    return sum;
  },
});

/** A contestant with many clients at once, each working off `each` issues of a block one by one. */
export const manyClients = (
  name: string,
  orders: ReadonlyArray<Order>,
  act: Act,
  watch: Watch,
  each = 1,
): Contestant => ({
  name,
  begin: watch.begin,
  run: async (from, count) => {
    const share = each * PER_ISSUE;
    const clients = Array.from({ length: count / share }, async (_, client) => {
      let sum = 0;
      const first = from + client * share;
      for (const order of orders.slice(first, first + share)) {
        sum += await watch.time(() => act(order, client));
      }
      return sum;
    });
    return (await Promise.all(clients)).reduce((sum, one) => sum + one, 0);
  },
});
