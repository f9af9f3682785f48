/** A time limit that holds whatever the work does. */
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";

/**
 * Gives the work so many milliseconds. Afterwards it is interrupted and, when it heeds that,
 * waited for a moment, so that it can close what it opened; work that heeds nothing, as a
 * promise that never ends, is left behind.
 */
export const within = <A, E, E2>(
  millis: number,
  work: Effect.Effect<A, E>,
  tooLong: () => E2,
): Effect.Effect<A, E | E2> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDetach(work, { startImmediately: true });
    let late = false;
    const ended = Effect.flatMap(Fiber.await(fiber), (exit) => (late ? Effect.never : exit));
    const stop = Effect.suspend(() => {
      fiber.interruptUnsafe();
      return Effect.raceFirst(Fiber.await(fiber), Effect.sleep(Math.min(millis, GRACE_MILLIS)));
    });
    const limit = Effect.andThen(
      Effect.sleep(millis),
      Effect.suspend(() => {
        late = true;
        // Said of the moment at which it ran out, not of the one after the interruption.
        const told = tooLong();
        return Effect.andThen(stop, Effect.fail(told));
      }),
    );
    return yield* Effect.onInterrupt(Effect.raceFirst(ended, limit), () => stop);
  });

const GRACE_MILLIS = 500;
