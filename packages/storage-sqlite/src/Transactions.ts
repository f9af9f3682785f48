/**
 * Who may write when.
 *
 * SQLite calls are synchronous, so a call by itself is never interleaved with
 * another. Only a bulk stays open while other fibers run: calls from inside it go
 * through, all others wait until it has ended.
 */
import type { StorageError } from "@linli/core/ports";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
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
}

/** Transactions of a connection. */
export const makeTransactions = (connection: Connection, lockWaitMillis: number): Transactions => {
  const { database, prepare } = connection;
  const state: State = { gate: Semaphore.makeUnsafe(1), open: null, lockWaitMillis };
  const plain: Bounds = {
    begin: prepare("BEGIN IMMEDIATE"),
    keep: prepare("COMMIT"),
    undo: [prepare("ROLLBACK")],
  };
  const nested: Bounds = {
    begin: prepare("SAVEPOINT command"),
    keep: prepare("RELEASE command"),
    undo: [prepare("ROLLBACK TO command"), prepare("RELEASE command")],
  };
  return {
    run: (operation, work) => passGate(state, operation, work),
    write: (work, keep) => {
      if (state.open !== null && !database.isTransaction) throw lostBulk();
      const bounds = state.open === null ? plain : nested;
      bounds.begin.run();
      let kept = false;
      try {
        const result = work();
        if (keep(result)) {
          bounds.keep.run();
          kept = true;
        }
        return result;
      } finally {
        // A full disk may have rolled everything back already.
        if (!kept && database.isTransaction) for (const step of bounds.undo) step.run();
      }
    },
    bulk: makeBulk(connection, state, plain),
  };
};

interface State {
  readonly gate: Semaphore.Semaphore;
  /** The bulk that holds the transaction, if one does. */
  open: Bulk | null;
  readonly lockWaitMillis: number;
}

interface Bounds {
  readonly begin: StatementSync;
  readonly keep: StatementSync;
  readonly undo: ReadonlyArray<StatementSync>;
}

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
    bounds.begin.run();
    return Effect.void;
  });
  const end = (keep: boolean): Effect.Effect<void, StorageError> =>
    Effect.try({
      try: () => {
        if (!database.isTransaction) throw lostBulk();
        (keep ? bounds.keep : bounds.undo[0])?.run();
      },
      catch: (cause) => storageErrorOf("bulk", cause),
    });
  const abandon = () => {
    if (database.isOpen && database.isTransaction) bounds.undo[0]?.run();
    state.open = null;
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

const BUSY = 5;
const PAUSE_MILLIS = 10;

const bulkInBulk = () =>
  storageError("Invalid", "bulk", "a bulk was opened inside a bulk; one is enough");

const lostBulk = () =>
  storageError("Unavailable", "bulk", "the bulk was rolled back by an earlier error; begin anew");
