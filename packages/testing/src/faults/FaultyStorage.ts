/**
 * A storage that fails on purpose: the n-th call, in one of the ways in which
 * storages fail, once or from there on.
 *
 * Run a scenario for n = 1, 2, ... until {@link FaultyStorage.touched} stays false,
 * and every place where a storage can fail has been tried (SQLite tests itself so).
 * Nothing here reads a clock: a call that hangs says so through `silence`, which is
 * where a caller with a time limit would have given up.
 */
import { type Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";

/** A method of the port. */
export type StorageMethod = Exclude<keyof Storage, "capabilities">;

/**
 * How a call fails:
 * - `before`: it fails and nothing has happened;
 * - `after`: it has happened, but its answer is lost;
 * - `hang`: nothing happens and no answer comes until the caller gives up;
 * - `late`: no answer comes until the caller gives up, and it happens behind the
 *   caller's next call - after the retry, that is;
 * - `cut`: the driver is interrupted while it works; what happened nobody knows.
 */
export const FAULT_KINDS = ["before", "after", "hang", "late", "cut"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Which calls fail, and how. */
export interface FaultPlan {
  /** Counted from 1. */
  readonly at: number;
  readonly kind: FaultKind;
  /** That call only, or every call from it until {@link FaultyStorage.heal}. */
  readonly lasting: "once" | "onward";
  /** Methods that are counted and may fail; all when left out. */
  readonly methods?: ReadonlyArray<StorageMethod>;
  /** Turns of the fiber scheduler before a `cut`; 1 when left out. */
  readonly turns?: number;
}

/** A failing storage and what is known of it. */
export interface FaultyStorage {
  readonly storage: Storage;
  /** Methods called so far, in order. */
  readonly calls: () => ReadonlyArray<StorageMethod>;
  /** Whether a call has failed on purpose. */
  readonly touched: () => boolean;
  /** Ends the fault: calls go through from now on. */
  readonly heal: () => void;
  /** Ends when a call hangs: race a call with it to give up as a time limit would. */
  readonly silence: Effect.Effect<void>;
  /** Lets what is still `late` happen now. */
  readonly land: Effect.Effect<void>;
}

/** The error of a call that fails on purpose. */
export const injectedFault = (operation: string) =>
  new StorageError({ reason: "Unavailable", operation, detail: INJECTED });

/** Whether an error is an {@link injectedFault}. */
export const isInjected = (error: unknown): boolean =>
  error instanceof StorageError && error.detail === INJECTED;

/** The same storage, failing as planned; with null it only counts. */
export const faultyStorage = (driver: Storage, plan: FaultPlan | null): FaultyStorage => {
  const calls: Array<StorageMethod> = [];
  const listeners = new Set<() => void>();
  const late: Array<Effect.Effect<unknown, unknown>> = [];
  let counted = 0;
  let touched = false;
  let healed = false;

  const fails = (method: StorageMethod): FaultKind | null => {
    calls.push(method);
    if (plan === null || healed || plan.methods?.includes(method) === false) return null;
    counted += 1;
    if (plan.lasting === "once" ? counted !== plan.at : counted < plan.at) return null;
    touched = true;
    return plan.kind;
  };
  const land = Effect.suspend(() =>
    Effect.forEach(late.splice(0), (call) => Effect.exit(call), { discard: true }),
  );
  const silent = Effect.andThen(
    Effect.sync(() => listeners.forEach((tell) => tell())),
    Effect.never,
  );
  const call = <A, E>(method: StorageMethod, run: Effect.Effect<A, E>) =>
    Effect.suspend((): Effect.Effect<A, E | StorageError> => {
      const kind = fails(method);
      switch (kind) {
        case null:
          return Effect.onExit(run, () => land);
        case "before":
          return Effect.fail(injectedFault(method));
        case "after":
          return Effect.andThen(Effect.exit(run), Effect.fail(injectedFault(method)));
        case "hang":
          return silent;
        case "late":
          return Effect.onInterrupt(silent, () => Effect.sync(() => late.push(run)));
        case "cut":
          return Effect.andThen(
            cutAfter(run, plan?.turns ?? 1),
            Effect.fail(injectedFault(method)),
          );
      }
    });

  return {
    storage: callsOf(driver, call),
    calls: () => calls,
    touched: () => touched,
    heal: () => {
      healed = true;
    },
    silence: Effect.callback((resume) => {
      const tell = () => resume(Effect.void);
      listeners.add(tell);
      return Effect.sync(() => listeners.delete(tell));
    }),
    land,
  };
};

type Failing = <A, E>(
  method: StorageMethod,
  run: Effect.Effect<A, E>,
) => Effect.Effect<A, E | StorageError>;

const callsOf = (driver: Storage, call: Failing): Storage => ({
  capabilities: driver.capabilities,
  info: () => call("info", driver.info()),
  read: (request) => call("read", driver.read(request)),
  receipt: (request) => call("receipt", driver.receipt(request)),
  scan: (request) => call("scan", driver.scan(request)),
  count: (request) => call("count", driver.count(request)),
  commit: (batch) => call("commit", driver.commit(batch)),
  feed: (request) => call("feed", driver.feed(request)),
  lease: (request) => call("lease", driver.lease(request)),
  settle: (outcomes, at) => call("settle", driver.settle(outcomes, at)),
  dead: (request) => call("dead", driver.dead(request)),
});

/** Starts a call and interrupts it after some turns; gives what it answered if it was quicker. */
export const cutAfter = <A, E>(
  call: Effect.Effect<A, E>,
  turns: number,
  turn: Effect.Effect<void> = Effect.yieldNow,
): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(call, { startImmediately: turns > 0 });
    for (let n = 1; n < turns; n += 1) yield* turn;
    yield* Fiber.interrupt(fiber);
    return yield* Fiber.await(fiber);
  });

const INJECTED = "this fault was injected by a test";
