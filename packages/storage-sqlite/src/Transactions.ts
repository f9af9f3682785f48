/**
 * Who may write when.
 *
 * SQLite calls are synchronous, so a call by itself is never interleaved with
 * another. Only a bulk stays open while other fibers run: calls from inside it go
 * through, all others wait until it has ended. Commits have a queue of their own
 * (Group.ts), served when the bulk has ended.
 */
import type { StorageError } from "@linli/core/ports";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type * as Fiber from "effect/Fiber";
import * as Semaphore from "effect/Semaphore";
import type { StatementSync } from "node:sqlite";
import type { Connection } from "./Connection.ts";
import { resultCodeOf, storageError, storageErrorOf } from "./Errors.ts";

/** Runs work against one connection. */
export interface Transactions {
  /** Reads, or writes nothing that matters. */
  readonly run: <A, E>(
    operation: string,
    work: () => Effect.Effect<A, E>,
  ) => Effect.Effect<A, E | StorageError>;
  /**
   * Does `work` in a transaction (inside a bulk: in a savepoint) and keeps it if
   * `keep` says so. Synchronous; call it within {@link run}.
   */
  readonly write: <A>(work: () => A, keep: (result: A) => boolean) => A;
  readonly bulk: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>;
  /** True while a bulk holds the transaction. */
  readonly isHeld: () => boolean;
  /** True for a fiber of the bulk that holds the transaction. */
  readonly isInside: (fiber: AnyFiber) => boolean;
  /** Called each time a bulk has ended, before the next one begins. */
  readonly whenFree: (hook: () => void) => void;
  readonly plain: Bounds;
  readonly nested: Bounds;
  readonly lostBulk: () => StorageError;
}

/** How a piece of work begins and ends. */
export interface Bounds {
  readonly begin: () => void;
  readonly keep: () => void;
  readonly undo: () => void;
}

type AnyFiber = Fiber.Fiber<unknown, unknown>;

/** Transactions of a connection. */
export const makeTransactions = (connection: Connection, lockWaitMillis: number): Transactions => {
  const { database } = connection;
  const gate = Semaphore.makeUnsafe(1);
  const state: State = { gate, open: null, lockWaitMillis, whenFree: () => {} };
  const plain = boundsOf(connection, "BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]);
  const nested = boundsOf(connection, "SAVEPOINT command", "RELEASE command", [
    "ROLLBACK TO command",
    "RELEASE command",
  ]);
  return {
    run: (operation, work) => passGate(state, operation, work),
    write: (work, keep) => {
      if (state.open !== null && !database.isTransaction) throw lostBulk();
      const bounds = state.open === null ? plain : nested;
      bounds.begin();
      let kept = false;
      try {
        const result = work();
        if (keep(result)) {
          bounds.keep();
          kept = true;
        }
        return result;
      } finally {
        // A full disk may have rolled everything back already.
        if (!kept && database.isTransaction) bounds.undo();
      }
    },
    bulk: makeBulk(connection, state, plain),
    isHeld: () => state.open !== null,
    isInside: (fiber) => state.open !== null && fiber.getRef(CurrentBulk) === state.open,
    whenFree: (hook) => {
      state.whenFree = hook;
    },
    plain,
    nested,
    lostBulk,
  };
};

interface State {
  readonly gate: Semaphore.Semaphore;
  /** The bulk that holds the transaction, if one does. */
  open: Bulk | null;
  readonly lockWaitMillis: number;
  whenFree: () => void;
}

const boundsOf = (
  { prepare }: Connection,
  begin: string,
  keep: string,
  undo: ReadonlyArray<string>,
): Bounds => {
  const run = (steps: ReadonlyArray<StatementSync>) => () => {
    for (const step of steps) step.run();
  };
  return { begin: run([prepare(begin)]), keep: run([prepare(keep)]), undo: run(undo.map(prepare)) };
};

const passGate = <A, E>(state: State, operation: string, work: () => Effect.Effect<A, E>) =>
  Effect.withFiber((fiber): Effect.Effect<A, E | StorageError> =>
    state.open === null || fiber.getRef(CurrentBulk) === state.open
      ? attempt(state, operation, work, 0)
      : state.gate.withPermits(1)(Effect.suspend(() => attempt(state, operation, work, 0))),
  );

const attempt = <A, E>(
  state: State,
  operation: string,
  work: () => Effect.Effect<A, E>,
  waited: number,
): Effect.Effect<A, E | StorageError> => {
  try {
    return work();
  } catch (cause) {
    // Within a bulk the lock is ours already; elsewhere nothing has been written yet.
    return resultCodeOf(cause) === BUSY && state.open === null && waited < state.lockWaitMillis
      ? Effect.andThen(
          Effect.sleep(PAUSE_MILLIS),
          Effect.suspend(() => attempt(state, operation, work, waited + PAUSE_MILLIS)),
        )
      : Effect.fail(storageErrorOf(operation, cause));
  }
};

const makeBulk = ({ database }: Connection, state: State, bounds: Bounds): Transactions["bulk"] => {
  const begin = passGate(state, "bulk", () => {
    bounds.begin();
    return Effect.void;
  });
  const end = (keep: boolean): Effect.Effect<void, StorageError> =>
    Effect.try({
      try: () => {
        if (!database.isTransaction) throw lostBulk();
        (keep ? bounds.keep : bounds.undo)();
      },
      catch: (cause) => storageErrorOf("bulk", cause),
    });
  const abandon = () => {
    if (database.isOpen && database.isTransaction) bounds.undo();
    state.open = null;
    state.whenFree();
  };

  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StorageError, R> =>
    Effect.withFiber((fiber): Effect.Effect<A, E | StorageError, R> => {
      const current = fiber.getRef(CurrentBulk);
      if (current !== null && current === state.open) return Effect.fail(bulkInBulk());
      const mine: Bulk = {};
      const inside: Effect.Effect<A, E, R> = Effect.updateContext(
        effect,
        Context.add(CurrentBulk, mine),
      );
      const whole = Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(begin, () => {
          state.open = mine;
          return Effect.flatMap(Effect.exit(restore(inside)), (exit) =>
            Effect.flatMap(
              Effect.exit(end(Exit.isSuccess(exit))),
              (ended): Effect.Effect<A, E | StorageError> => {
                abandon();
                return Exit.isSuccess(exit) && Exit.isFailure(ended)
                  ? Effect.failCause(ended.cause)
                  : exit;
              },
            ),
          );
        }),
      );
      return state.gate.withPermits(1)(whole);
    });
};

/** Identity of a bulk: fibers started inside one carry it. */
type Bulk = object;

const CurrentBulk = Context.Reference<Bulk | null>("@linli/storage-sqlite/CurrentBulk", {
  defaultValue: () => null,
});

/** SQLite's result code for somebody else's lock. */
export const BUSY = 5;

/** Between two looks whether somebody else's lock is gone. */
export const PAUSE_MILLIS = 10;

const bulkInBulk = () =>
  storageError("Invalid", "bulk", "a bulk was opened inside a bulk; one is enough");

const lostBulk = () =>
  storageError("Unavailable", "bulk", "the bulk was rolled back by an earlier error; begin anew");
