/** fast-check properties as effects. */
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { Unexpected } from "./Lab.ts";

/** Checks an asynchronous property; the failure carries fast-check's report with seed and path. */
export const fromCheck = <Ts>(
  property: fc.IAsyncProperty<Ts>,
  parameters: fc.Parameters<Ts>,
): Effect.Effect<void, Unexpected> =>
  Effect.flatMap(
    Effect.promise(async () => fc.check(property, parameters)),
    (details) =>
      details.failed
        ? Effect.fail(new Unexpected(fc.defaultReportMessage(details) ?? "the property failed"))
        : Effect.void,
  );
