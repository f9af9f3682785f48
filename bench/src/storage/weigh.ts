/**
 * Run with --expose-gc and one argument, a {@link Weighing} as JSON: one client of one
 * contestant works off orders, alone in its process; prints a {@link Weight} as JSON.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Weight } from "./costs.ts";
import type { Order } from "./orders.ts";

/** Whom to weigh, and on what. */
export interface Weighing {
  readonly store: "sqlite" | "postgres";
  readonly who: "linli" | "by hand";
  /** Path or address of data that the orders have not been worked off on. */
  readonly place: string;
  /** A file that holds them. */
  readonly orders: string;
}

/** Weighs one contestant in a process of its own. */
export const weigh = async (
  weighing: Omit<Weighing, "orders">,
  orders: ReadonlyArray<Order>,
  file: string,
): Promise<Weight> => {
  writeFileSync(file, JSON.stringify(orders));
  const argument = JSON.stringify({ ...weighing, orders: file } satisfies Weighing);
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", SELF, argument]);
  return JSON.parse(stdout) as Weight;
};

// Private

const SELF = fileURLToPath(import.meta.url);

interface Actor {
  readonly act: (order: Order) => unknown;
  readonly close: () => unknown;
}

const open = async ({ store, who, place }: Weighing): Promise<Actor> => {
  if (who === "linli") {
    const { openService } = await (store === "sqlite"
      ? import("./sqlite/files.ts")
      : import("./postgres/service.ts"));
    const { actInService } = await import("./service.ts");
    const service = await openService(place);
    return { act: (order) => actInService(service, order), close: service.close };
  }
  if (store === "sqlite") return (await import("./sqlite/byHand.ts")).openByHand(place);
  const hand = await (await import("./postgres/byHand.ts")).openByHand(place, 1);
  return { act: (order) => hand.act(order, 0), close: hand.close };
};

const weighHere = async (weighing: Weighing): Promise<Weight> => {
  const orders = JSON.parse(readFileSync(weighing.orders, "utf8")) as ReadonlyArray<Order>;
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const actor = await open(weighing);
  let peak = before;
  for (const [at, order] of orders.entries()) {
    await actor.act(order);
    if (at % 16 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  peak = Math.max(peak, process.memoryUsage.rss());
  await actor.close();
  const mib = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
  return { peak: mib(peak), extra: mib(peak - before) };
};

if (process.argv[1] === SELF) {
  if (globalThis.gc === undefined) throw new Error("start with --expose-gc");
  const weighing = JSON.parse(process.argv[2] ?? "{}") as Weighing;
  console.log(JSON.stringify(await weighHere(weighing)));
}
