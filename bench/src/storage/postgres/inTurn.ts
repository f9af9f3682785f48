/** The durable command on PostgreSQL, issues taken in turn. */
import type { BenchOptions } from "../../kit/report.ts";
import { inTurn as raceInTurn } from "../inTurn.ts";
import { actInService, reportAll } from "../service.ts";
import { openByHand } from "./byHand.ts";
import { type Cluster, settle } from "./cluster.ts";
import { openService } from "./service.ts";
import { mustHoldTheSame } from "./tables.ts";

export const inTurn = (cluster: Cluster, options: BenchOptions) =>
  raceInTurn(options, SEED, "PostgreSQL", async (lives) => {
    const origin = await cluster.create();
    const ids = await reportAll(await openService(origin), lives);
    await settle(origin);
    const [linliUrl, handUrl] = [await cluster.create(origin), await cluster.create(origin)];
    const service = await openService(linliUrl);
    const hand = await openByHand(handUrl, 1);
    return {
      ids,
      stores: {
        linli: async (order) => (await actInService(service, order)).version,
        hand: async (order) => (await hand.act(order, 0)).length,
        compare: async () => {
          await service.close();
          await hand.close();
          await mustHoldTheSame(linliUrl, handUrl);
        },
      },
    };
  });

// Private

const SEED = 24;
