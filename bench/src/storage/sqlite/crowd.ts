/**
 * The durable command by 32 clients at once, SQLite `FULL`: through the service, beside
 * a group commit by hand, and beside one client by hand.
 *
 * Each client works off the commands of one issue, waiting for each. Files begin as
 * copies of one and must hold the same at the end.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, rowOf } from "../../kit/report.ts";
import { makeWatch } from "../../kit/watch.ts";
import { makeLives } from "../../town/lives.ts";
import { CLIENTS, manyClients, oneClient } from "../clients.ts";
import { costOf } from "../costs.ts";
import { makeOrders, PER_ISSUE } from "../orders.ts";
import { actInService, reportAll } from "../service.ts";
import { openByHand } from "./byHand.ts";
import { openService } from "./files.ts";
import { ANY_ORDER, mustHoldTheSame } from "./tables.ts";

export const crowd = async (folder: string, { quick, say }: BenchOptions) => {
  const file = (name: string) => join(folder, `crowd-${name}.db`);
  const [service, group, single] = [file("service"), file("group"), file("single")];
  const rounds = { warmUp: quick ? 2 : 8, timed: quick ? 3 : 30 };
  const lives = makeLives({ seed: SEED, count: (rounds.warmUp + rounds.timed) * CLIENTS });
  say(`reporting ${lives.length} issues for ${CLIENTS} clients ...`);
  const orders = makeOrders(lives, await reportAll(await openService(service), lives));
  copyFileSync(service, group);
  copyFileSync(service, single);

  const linli = await openService(service);
  const together = openByHand(group);
  const alone = openByHand(single);
  const watches = {
    linli: makeWatch(),
    "group by hand": makeWatch(),
    "single by hand": makeWatch(),
  };
  const contestants = [
    manyClients(
      "linli",
      orders,
      async (order) => (await actInService(linli, order)).version,
      watches.linli,
    ),
    manyClients(
      "group by hand",
      orders,
      async (order) => (await together.actTogether(order)).length,
      watches["group by hand"],
    ),
    oneClient(
      "single by hand",
      orders,
      (order) => alone.act(order).length,
      watches["single by hand"],
    ),
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
    costs: [costOf(times, watches, { what, reference: "group by hand", contestant: "linli" })],
    work: {
      [`commands of ${CLIENTS} clients`]: `${orders.length} on ${lives.length} issues, the same rows in three files`,
    },
  };
};

// Private

const SEED = 12;
