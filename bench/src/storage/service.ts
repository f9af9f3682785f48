/** The service of the durable benches: on a data file of its own, with a clock of the bench. */
import { type LinliService, makeLinli } from "@linli/core/services";
import { openSqlite } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { mkdirSync, mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Life } from "../town/lives.ts";
import { directory, document, hierarchy } from "../town/town.ts";
import { type Order, RECEIPT_MILLIS } from "./orders.ts";

/** Beside the installed peers: on a disk, which the folder for temporary files may not be. */
export const makeFolder = (): string => {
  const cache = join(dirname(fileURLToPath(import.meta.url)), "../../node_modules/.cache/linli");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "storage-"));
};

/** The service on a data file, with a clock to set. */
export interface Service {
  readonly linli: LinliService;
  readonly clock: { now: number };
  readonly close: () => Promise<void>;
}

/** Opens it. */
export const openService = async (path: string): Promise<Service> => {
  const { storage, close } = await openSqlite({ path });
  const clock = { now: 0 };
  let ids = 0;
  const linli = makeLinli({
    storage,
    now: () => clock.now,
    newId: () => `i${(ids += 1)}`,
    receiptMillis: RECEIPT_MILLIS,
  });
  return { linli, clock, close };
};

/** Publishes the town and reports all issues, each at its instant or all at `at`; their ids. */
export const reportAll = async (
  path: string,
  lives: ReadonlyArray<Life>,
  instant?: number,
): Promise<ReadonlyArray<string>> => {
  const { linli, clock, close } = await openService(path);
  await Effect.runPromise(linli.publish({ charter: document, hierarchy, directory }));
  const ids: Array<string> = [];
  for (const [at, { steps }] of lives.entries()) {
    const [report] = steps;
    if (report === undefined) continue;
    clock.now = instant ?? report.now;
    const options = { actor: report.actor, commandId: `report-${at}` };
    ids.push((await Effect.runPromise(linli.begin(report.command, options))).issue);
  }
  await close();
  return ids;
};

/** One command through the service. */
export const actInService = ({ linli, clock }: Service, order: Order) => {
  clock.now = order.now;
  const { issue, command, actor, commandId } = order;
  return Effect.runPromise(linli.act(issue, command, { actor, commandId }));
};
