/** Waiting for another program's lock on a file, while this process goes on with other work. */
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { resultCodeOf, storageErrorOf } from "./Errors.ts";

/** SQLite's result code for somebody else's lock. */
export const BUSY = 5;

/** Between two looks whether somebody else's lock is gone. */
export const PAUSE_MILLIS = 10;

/** Milliseconds a call waits for another program's lock unless told otherwise. */
export const LOCK_WAIT_MILLIS = 5000;

/** True when another program's lock was in the way; also for the typed error of it. */
export const isBusy = (cause: unknown): boolean =>
  resultCodeOf(cause) === BUSY ||
  (cause instanceof Error && "cause" in cause && resultCodeOf(cause.cause) === BUSY);

/**
 * Does `work`, and does it again every few milliseconds while another program's lock is
 * in its way, for `lockWaitMillis` at most; then it fails with `Contention`. Work that
 * meets a lock must have left nothing behind. Between two attempts nothing is held and
 * `pause` may be interrupted; an attempt itself is never torn.
 */
export const waitingForLock = <A>(
  operation: string,
  lockWaitMillis: number,
  work: () => A,
  pause: Effect.Effect<void> = PAUSE,
): Effect.Effect<A, StorageError> => {
  const attempt = (waited: number): Effect.Effect<A, StorageError> =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(work());
      } catch (cause) {
        return isBusy(cause) && waited < lockWaitMillis
          ? Effect.andThen(pause, attempt(waited + PAUSE_MILLIS))
          : Effect.fail(storageErrorOf(operation, cause));
      }
    });
  return attempt(0);
};

/** One pause between two attempts. */
export const PAUSE: Effect.Effect<void> = Effect.sleep(PAUSE_MILLIS);
