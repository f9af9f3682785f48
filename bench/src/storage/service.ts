/** The service of the durable benches, on whatever storage, with a clock of the bench. */
import type { Storage } from "@linli/core/ports";
import { type LinliService, makeLinli } from "@linli/core/services";
import * as Effect from "effect/Effect";
import type { Life } from "../town/lives.ts";
import { directory, document, hierarchy } from "../town/town.ts";
import { type Order, RECEIPT_MILLIS } from "./orders.ts";

/** The service on opened data, with a clock to set. */
export interface Service {
  readonly linli: LinliService;
  readonly clock: { now: number };
  readonly close: () => Promise<void>;
}

/** A storage that somebody opened. */
export interface Opened {
  readonly storage: Storage;
  readonly close: () => Promise<void>;
}

/** Makes it; ids are the same in every run. */
export const makeService = (
  { storage, close }: Opened,
  newId: () => string = countingIds(),
): Service => {
  const clock = { now: 0 };
  const linli = makeLinli({
    storage,
    now: () => clock.now,
    newId,
    receiptMillis: RECEIPT_MILLIS,
  });
  return { linli, clock, close };
};

/** Publishes the town, reports all issues, each at its instant or all at `at`, and closes; their ids. */
export const reportAll = async (
  { linli, clock, close }: Service,
  lives: ReadonlyArray<Life>,
  instant?: number,
): Promise<ReadonlyArray<string>> => {
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

/** Fires everything that is due by an instant, and closes. */
export const fireAll = async ({ linli, clock, close }: Service, now: number): Promise<void> => {
  clock.now = now;
  for (let more = true; more;) ({ more } = await Effect.runPromise(linli.runDue()));
  await close();
};

// Private

const countingIds = () => {
  let ids = 0;
  return () => `i${(ids += 1)}`;
};
