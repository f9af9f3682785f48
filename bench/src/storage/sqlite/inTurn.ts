/** The durable command on SQLite `FULL`, issues taken in turn. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchOptions } from "../../kit/report.ts";
import { inTurn as raceInTurn } from "../inTurn.ts";
import { actInService, reportAll } from "../service.ts";
import { openByHand } from "./byHand.ts";
import { openService } from "./files.ts";
import { mustHoldTheSame } from "./tables.ts";

export const inTurn = (folder: string, options: BenchOptions) =>
  raceInTurn(options, SEED, "SQLite FULL", async (lives) => {
    const [linliFile, handFile] = [join(folder, "turn-linli.db"), join(folder, "turn-hand.db")];
    const ids = await reportAll(await openService(linliFile), lives);
    copyFileSync(linliFile, handFile);
    const service = await openService(linliFile);
    const hand = openByHand(handFile);
    return {
      ids,
      stores: {
        linli: async (order) => (await actInService(service, order)).version,
        hand: (order) => hand.act(order).length,
        compare: async () => {
          await service.close();
          hand.close();
          mustHoldTheSame(linliFile, handFile);
        },
      },
    };
  });

// Private

const SEED = 14;
