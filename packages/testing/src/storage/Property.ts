/** fast-check properties as effects. */
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { Unexpected } from "./Lab.ts";
import type { Replay } from "./Fixture.ts";

/**
 * Checks an asynchronous property; the failure carries fast-check's report with seed
 * and path. With a {@link Replay} those of the caller are used instead.
 */
export const fromCheck = <Ts>(
  property: fc.IAsyncProperty<Ts>,
  parameters: fc.Parameters<Ts> & { readonly seed: number; readonly numRuns: number },
  replay: Replay = {},
): Effect.Effect<void, Unexpected> =>
  Effect.flatMap(
    Effect.promise(async () =>
      fc.check(property, {
        ...parameters,
        seed: replay.seed ?? parameters.seed,
        numRuns: replay.runs ?? parameters.numRuns,
        ...(replay.path === undefined ? {} : { path: replay.path, endOnFailure: true }),
      }),
    ),
    (details) =>
      details.failed
        ? Effect.fail(new Unexpected(`${sawOf(details.errorInstance)}${reportOf(details)}`))
        : Effect.void,
  );

// The report says how to get there again, not what was there.
const sawOf = (error: unknown): string => (error instanceof Unexpected ? `${error.message}; ` : "");

const reportOf = <Ts>(details: fc.RunDetails<Ts>): string =>
  fc.defaultReportMessage(details) ?? "the property failed";
