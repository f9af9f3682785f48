/**
 * The victim: several clients of one process who report and settle issues through the
 * real services until they are killed, and say on stdout what was acknowledged.
 *
 * It loads first and begins when a line comes on stdin, so that the next victim is
 * ready while this one dies.
 */
import { makeLinli, type LinliService } from "@linli/core/services";
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { BUILDINGS, calendars, dayOf, drawFrom, NAMESPACE } from "./place.ts";

/** What the parent sends. */
export interface Order {
  readonly round: number;
  readonly seed: number;
  readonly clients: number;
}

/** Runs as a victim on a storage that `open` gives. */
export const beVictim = (open: () => Promise<Storage>): void => {
  createInterface({ input: process.stdin }).once("line", (line) => {
    void work(JSON.parse(line) as Order, open);
  });
};

const work = async (order: Order, open: () => Promise<Storage>): Promise<void> => {
  let minutes = 0;
  const draw = drawFrom(order.seed);
  const linli = makeLinli({
    storage: await open(),
    namespace: NAMESPACE,
    calendars,
    now: () => dayOf(order.round) + (minutes += 1) * 1000,
    newId: () => `${order.round}-${draw(2 ** 31)}-${draw(2 ** 31)}`,
  });
  writeSync(1, "open\n");
  const shared: Array<string> = [];
  const clients = Array.from({ length: order.clients }, (_, client) =>
    beClient({ linli, draw, shared, name: `${order.round}.${client}`, idle: client === 0 }),
  );
  await Promise.all(clients);
};

interface Client {
  readonly linli: LinliService;
  readonly draw: (below: number) => number;
  /** Issues that clients meet on. */
  readonly shared: Array<string>;
  readonly name: string;
  /** Leaves issues to their clocks and fires what is due. */
  readonly idle: boolean;
}

const beClient = async (client: Client): Promise<never> => {
  const { linli, draw, shared, name, idle } = client;
  let commands = 0;
  const options = (person: string) => {
    commands += 1;
    return { actor: { person }, commandId: `${name}.${commands}` };
  };
  // One line in one write: what the parent reads was acknowledged.
  const told = (commandId: string, acted: { readonly issue: string; readonly version: number }) => {
    writeSync(1, `${commandId} ${acted.issue} ${acted.version}\n`);
    return acted.issue;
  };
  const act = async (issue: string, command: unknown, person: string) => {
    const given = options(person);
    told(given.commandId, await patiently(linli.act(issue, command, given)));
  };
  for (;;) {
    const unit = BUILDINGS[draw(BUILDINGS.length)] ?? "";
    const resident = `resident.${name}.${commands}`;
    const chief = `chief.${unit}`;
    const given = options(resident);
    const report = { type: "report", place: { unit }, words: `${unit} 楼道灯不亮 ${draw(1000)}` };
    const issue = told(given.commandId, await patiently(linli.begin(report, given)));
    if (shared.length === 0) shared.push(issue);
    const met = shared[0] ?? issue;
    if (met !== issue) await act(met, { type: "support" }, resident);
    if (idle) {
      await Effect.runPromise(linli.runDue({ limit: 10 }));
      continue;
    }
    if (issue === met) continue;
    await act(issue, { type: "accept" }, chief);
    if (draw(4) === 0) {
      await act(issue, { type: "handUp", words: "需要统一更换" }, chief);
      continue;
    }
    await act(issue, { type: "resolve", words: "已更换" }, chief);
    await act(issue, { type: "verify", passed: true }, resident);
    await act(issue, { type: "answer", words: "已办结" }, chief);
    await act(issue, { type: "close" }, chief);
  }
};

// All meet on one issue: who was overtaken too often asks again, under the same command id.
const patiently = <A, E extends { readonly _tag: string }>(
  command: Effect.Effect<A, E>,
): Promise<A> =>
  Effect.runPromise(
    Effect.retry(command, {
      while: (error) =>
        error._tag === "StorageError" && "reason" in error && error.reason === "Contention",
    }),
  );
