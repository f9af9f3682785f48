/**
 * Who may write when.
 *
 * SQLite calls are synchronous, and so is everything done between the beginning and the
 * end of a transaction, a bulk's work included: no transaction is open while this
 * process waits for anything. Only a fiber that a bulk's work wakes up can come in the
 * middle of that; it is served when the bulk has ended, in the next turn of the event loop.
 */
import type { StorageError } from "@linli/core/ports";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type * as Fiber from "effect/Fiber";
import type { StatementSync } from "node:sqlite";
import { type Bulk, CurrentBulk, runAtOnce } from "./Bulk.ts";
import type { Connection } from "./Connection.ts";
import { storageError, storageErrorOf } from "./Errors.ts";
import { isBusy, PAUSE, PAUSE_MILLIS } from "./Waiting.ts";

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
  /** True for a fiber of a bulk that was rolled back. */
  readonly isUndone: (fiber: AnyFiber) => boolean;
  /** Called each time a bulk was rolled back. */
  readonly whenUndone: (hook: () => void) => void;
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
  const state: State = { open: null, anyUndone: false, lockWaitMillis, whenUndone: () => {} };
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
    isUndone: (fiber) => isUndone(state, fiber),
    whenUndone: (hook) => {
      state.whenUndone = hook;
    },
    plain,
    nested,
    lostBulk,
  };
};

interface State {
  /** The bulk that holds the transaction, if one does. */
  open: Bulk | null;
  /** Whether there is any fiber to look for. */
  anyUndone: boolean;
  readonly lockWaitMillis: number;
  whenUndone: () => void;
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

const isUndone = (state: State, fiber: AnyFiber): boolean =>
  state.anyUndone && fiber.getRef(CurrentBulk)?.undone === true;

const passGate = <A, E>(
  state: State,
  operation: string,
  work: () => Effect.Effect<A, E>,
): Effect.Effect<A, E | StorageError> =>
  Effect.withFiber((fiber): Effect.Effect<A, E | StorageError> => {
    if (isUndone(state, fiber)) return Effect.fail(lostBulk());
    return state.open === null || fiber.getRef(CurrentBulk) === state.open
      ? attempt(state, operation, work, 0)
      : Effect.andThen(nextTurn, passGate(state, operation, work));
  });

const nextTurn = Effect.callback<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void));
  return Effect.sync(() => clearImmediate(turn));
});

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
    return isBusy(cause) && state.open === null && waited < state.lockWaitMillis
      ? Effect.andThen(
          PAUSE,
          Effect.suspend(() => attempt(state, operation, work, waited + PAUSE_MILLIS)),
        )
      : Effect.fail(storageErrorOf(operation, cause));
  }
};

const makeBulk = ({ database }: Connection, state: State, bounds: Bounds): Transactions["bulk"] => {
  /** Keeps what the work has done, or throws and keeps nothing. */
  const keep = (): void => {
    if (!database.isTransaction) throw lostBulk();
    bounds.keep();
  };
  const undo = (bulk: Bulk): void => {
    bulk.undone = true;
    state.anyUndone = true;
    if (database.isOpen && database.isTransaction) bounds.undo();
    state.whenUndone();
  };

  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StorageError, R> =>
    Effect.contextWith((context: Context.Context<R>): Effect.Effect<A, E | StorageError> => {
      const current = Context.get(context, CurrentBulk);
      if (current !== null && current === state.open) return Effect.fail(bulkInBulk());
      return passGate(state, "bulk", (): Effect.Effect<A, E | StorageError> => {
        bounds.begin();
        const mine: Bulk = { undone: false };
        state.open = mine;
        const fiber = runAtOnce(effect, context, mine);
        let exit: Exit.Exit<A, E | StorageError> = fiber.pollUnsafe() ?? Exit.fail(waits());
        try {
          if (Exit.isSuccess(exit)) keep();
        } catch (cause) {
          exit = Exit.fail(storageErrorOf("bulk", cause));
        }
        if (Exit.isFailure(exit)) undo(mine);
        state.open = null;
        // Work that waits is ended after it was taken back, and can write nothing any more.
        fiber.interruptUnsafe();
        return exit;
      });
    });
};

const bulkInBulk = () =>
  storageError("Invalid", "bulk", "a bulk was opened inside a bulk; one is enough");

const waits = () =>
  storageError(
    "Invalid",
    "bulk",
    "the work waits for something else than this storage, which a bulk may not; nothing was kept. " +
      "Fetch and wait first, then give the bulk what is ready",
  );

const lostBulk = () =>
  storageError("Unavailable", "bulk", "the bulk was rolled back by an earlier error; begin anew");
