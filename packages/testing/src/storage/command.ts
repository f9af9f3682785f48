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
  lookTwice(
    Effect.gen(function* () {
      const kept = yield* lab.storage.receipt({ namespace: HOME, id: name });
      return [
        ...(yield* lab.versions(name, `${name} beside`)),
        (yield* lab.feed({ stream: name })).length,
        (yield* lab.feed({ stream: `${name} beside` })).length,
        kept === null ? 0 : 1,
      ];
    }),
  );

/**
 * Counts what one commit makes, by several calls. A driver may finish a call that nobody
 * waits for any longer, and so between two of them: when the counts differ it has landed
 * by now, and a second look must find it whole.
 */
export const lookTwice = <E, R>(
  look: Effect.Effect<ReadonlyArray<number>, E, R>,
): Effect.Effect<ReadonlyArray<number>, E, R> =>
  Effect.flatMap(look, (parts) => (new Set(parts).size > 1 ? look : Effect.succeed(parts)));
