/**
 * Work that is done at once or not at all: what runs inside a bulk's transaction.
 *
 * The transaction is open while the work runs, so the work may wait for nothing: it is
 * run to its end in one go, its own fibers and yields included. Work that is not at its
 * end then - it sleeps, awaits a promise or another fiber - has to be taken back.
 */
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import type * as Fiber from "effect/Fiber";
import { MixedScheduler, type Scheduler } from "effect/Scheduler";

/** A bulk; fibers started inside one carry it, also beyond its end. */
export interface Bulk {
  /** True once its transaction was rolled back: what its fibers know has never been. */
  undone: boolean;
}

/** The bulk a fiber was started in. */
export const CurrentBulk = Context.Reference<Bulk | null>("@linli/storage-sqlite/CurrentBulk", {
  defaultValue: () => null,
});

/** Runs `work` in a bulk as far as it comes without waiting; its fiber has ended then, or waits. */
export const runAtOnce = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  context: Context.Context<R>,
  bulk: Bulk,
): Fiber.Fiber<A, E> => {
  const later = new MixedScheduler();
  // One for all fibers of the work, so that what any of them puts off is done here.
  const dispatcher = later.makeDispatcher();
  let atOnce = true;
  const scheduler: Scheduler = {
    executionMode: "sync",
    shouldYield: (fiber) => !atOnce && later.shouldYield(fiber),
    makeDispatcher: () => dispatcher,
  };
  const run = Effect.runForkWith(Context.add(context, CurrentBulk, bulk));
  const fiber = run(work, { scheduler });
  dispatcher.flush();
  atOnce = false;
  return fiber;
};
