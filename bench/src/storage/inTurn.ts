/**
 * The durable command where nothing is remembered: one client goes round over some hundred
 * issues, so that each command finds its issue as if it had never seen it. The hand, which
 * remembers nothing anyway, does the same orders in the same sequence.
 */
import { race, ratioOf } from "../kit/race.ts";
import type { BenchOptions, Peer } from "../kit/report.ts";
import { makeWatch } from "../kit/watch.ts";
import { type Life, makeLives } from "../town/lives.ts";
import { type Act, oneClient } from "./clients.ts";
import { ISSUES_IN_TURN, makeOrders, type Order, PER_ISSUE, takenInTurn } from "./orders.ts";

/** Two stores that begin as copies of one. */
export interface BothStores {
  readonly linli: Act;
  readonly hand: Act;
  /** Closes both. @throws Disagreement unless they hold the same. */
  readonly compare: () => Promise<void>;
}

/** Commands in a block: each of another issue. */
const BLOCK = 60;

/** The race; `open` reports the lives and makes the stores. */
export const inTurn = async (
  { quick, say }: BenchOptions,
  seed: number,
  store: string,
  open: (lives: ReadonlyArray<Life>) => Promise<{
    readonly ids: ReadonlyArray<string>;
    readonly stores: BothStores;
  }>,
): Promise<{ readonly peers: ReadonlyArray<Peer>; readonly work: Record<string, string> }> => {
  const lives = makeLives({ seed, count: ISSUES_IN_TURN * (quick ? 1 : 2) });
  say(`reporting ${lives.length} issues to be taken in turn ...`);
  const { ids, stores } = await open(lives);
  const orders: ReadonlyArray<Order> = takenInTurn(makeOrders(lives, ids));
  const rounds = orders.length / BLOCK;
  const warmUpRounds = quick ? 2 : 12;
  const times = await race(
    [
      oneClient("by hand", orders, stores.hand, makeWatch()),
      oneClient("linli", orders, stores.linli, makeWatch()),
    ],
    {
      clock: "wall",
      rounds: rounds - warmUpRounds,
      millis: 0,
      block: { count: BLOCK, warmUpRounds },
    },
  );
  await stores.compare();
  return {
    peers: [
      {
        peer: "linli, issues taken in turn",
        what: `durable command, one client, ${store}, through the service`,
        reference: "by hand, issues taken in turn",
        compared: lives.length,
        ...ratioOf(times, "by hand", "linli"),
      },
    ],
    work: {
      "taken in turn": `${orders.length} commands, ${ISSUES_IN_TURN} issues between two of the same, ${PER_ISSUE} each; seed ${seed}`,
    },
  };
};
