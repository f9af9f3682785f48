/** One command with something of everything, and how much of it is there. */
import * as Effect from "effect/Effect";
import { entry, HOME, job, type Lab, receipt, row } from "./Lab.ts";

/** A command with something of everything. */
export const command = (name: string) => ({
  rows: [row(name, { by: ["k"] }), row(`${name} beside`)],
  entries: [entry(name, 1), entry(`${name} beside`, 1)],
  schedule: [job(name)],
  receipt: receipt(name, "x", `first ${name}`),
});

/** How much of a command is there: each part counts. */
export const partsOf = (lab: Lab, name: string) =>
  Effect.gen(function* () {
    const kept = yield* lab.storage.receipt({ namespace: HOME, id: name });
    return [
      ...(yield* lab.versions(name, `${name} beside`)),
      (yield* lab.feed({ stream: name })).length,
      (yield* lab.feed({ stream: `${name} beside` })).length,
      kept === null ? 0 : 1,
    ];
  });
