/**
 * Group commit: callers that wait at the same time share one transaction, and with
 * it one wait for the disk.
 *
 * Each command stands in a savepoint of its own, so one that is refused or fails
 * leaves its neighbours as they are, and nobody is answered before the transaction
 * is committed. A caller alone is served at once; whether there is a crowd is found
 * out by letting a commit wait for the end of the turn of the event loop, always
 * when the last group had several members and now and then otherwise.
 */
import type { CommitBatch, CommitResult, Conflict, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { type Applied, type Committer, replayAnswer } from "./Commit.ts";
import type { Connection } from "./Connection.ts";
import { resultCodeOf, storageErrorOf } from "./Errors.ts";
import type { Tidier } from "./Tidy.ts";
import { BUSY, PAUSE_MILLIS, type Transactions } from "./Transactions.ts";

/** What a caller is told. */
type Answer = Effect.Effect<CommitResult, Conflict | StorageError>;

/** The commits of one connection. */
export interface Group {
  readonly commit: (batch: CommitBatch) => Answer;
  /** Serves everybody who waits, now; before closing. */
  readonly flush: () => void;
}

/** Commands in one transaction, at most: beyond it the shared wait weighs little. */
export const GROUP_MAX = 128;

/** Commits at once before one waits to see whether others come. */
const PROBE_EVERY = 8;

/** What group commit stands on. */
export interface GroupParts {
  readonly connection: Connection;
  readonly transactions: Transactions;
  readonly committer: Committer;
  readonly tidy: Tidier;
  readonly lockWaitMillis: number;
}

/** Group commit over a connection's transactions. */
export const makeGroup = (parts: GroupParts): Group => {
  const { transactions } = parts;
  const serve = makeServe(parts);
  const queue = makeQueue(parts, serve);
  let alone = 0;
  transactions.whenFree(queue.flush);
  return {
    flush: queue.flush,
    commit: (batch) =>
      Effect.withFiber((fiber): Answer => {
        if (transactions.isInside(fiber)) return serve.inside(batch);
        alone += 1;
        if (queue.isExpecting() || transactions.isHeld() || alone % PROBE_EVERY === 0) {
          return queue.wait(batch);
        }
        const answers = serve([batch]);
        return answers === BUSY ? queue.wait(batch) : (answers[0] ?? serve.locked);
      }),
  };
};

const makeQueue = ({ transactions, lockWaitMillis }: GroupParts, serve: Serve) => {
  let waiting: Array<Waiting> = [];
  let scheduled = false;
  let crowd = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };

  const turn = (): void => {
    scheduled = false;
    // The end of a bulk serves those who came meanwhile.
    if (waiting.length === 0 || transactions.isHeld()) return;
    const group = waiting.splice(0, GROUP_MAX);
    const answers = serve(group.map(({ batch }) => batch));
    if (answers === BUSY) return waitForLock(group);
    crowd = group.length > 1;
    // Whoever is answered goes on at once, and may come back with the next command.
    for (const [at, { answer }] of group.entries()) answer(answers[at] ?? serve.locked);
    if (waiting.length > 0) schedule();
  };

  const waitForLock = (group: ReadonlyArray<Waiting>): void => {
    const all = [...group, ...waiting];
    for (const one of all) one.waited += PAUSE_MILLIS;
    waiting = all.filter((one) => one.waited <= lockWaitMillis);
    if (waiting.length > 0) {
      scheduled = true;
      setTimeout(turn, PAUSE_MILLIS);
    }
    for (const one of all) if (one.waited > lockWaitMillis) one.answer(serve.locked);
  };

  return {
    /** True when others are likely to come before the turn ends. */
    isExpecting: () => crowd || scheduled,
    wait: (batch: CommitBatch): Answer =>
      Effect.callback((answer) => {
        const mine: Waiting = { batch, answer, waited: 0 };
        waiting.push(mine);
        schedule();
        // A turn runs without a break: whoever is interrupted either waits still or is committed.
        return Effect.sync(() => {
          const at = waiting.indexOf(mine);
          if (at >= 0) waiting.splice(at, 1);
        });
      }),
    /** Serves those who wait, until none are left or another program holds the lock. */
    flush: (): void => {
      while (waiting.length > 0 && !transactions.isHeld()) {
        const before = waiting.length;
        turn();
        if (waiting.length >= before) return;
      }
    },
  };
};

interface Waiting {
  readonly batch: CommitBatch;
  readonly answer: (answer: Answer) => void;
  /** Milliseconds spent on another program's lock. */
  waited: number;
}

type Serve = ReturnType<typeof makeServe>;

const makeServe = ({ connection: { database }, transactions, committer, tidy }: GroupParts) => {
  const { plain, nested, lostBulk } = transactions;

  /** One command within bounds of its own; throws only when the transaction around it is gone. */
  const apply = (batch: CommitBatch, bounds: Transactions["plain"]): Answer => {
    bounds.begin();
    let applied: Applied;
    try {
      applied = committer.apply(batch);
      if (applied._tag === "Committed") {
        tidy(batch.at, 1 + batch.schedule.length);
        bounds.keep();
        return COMMITTED;
      }
    } catch (cause) {
      if (database.isTransaction) bounds.undo();
      else if (bounds === nested) throw cause;
      return failed(cause);
    }
    bounds.undo();
    return applied._tag === "Refused"
      ? Effect.fail(committer.conflictsOf(batch))
      : replayAnswer(applied);
  };

  const applyAlone = (batch: CommitBatch): Answer => {
    try {
      return apply(batch, plain);
    } catch (cause) {
      return failed(cause);
    }
  };

  const serve = (batches: ReadonlyArray<CommitBatch>): ReadonlyArray<Answer> | typeof BUSY => {
    const [only] = batches;
    try {
      if (only !== undefined && batches.length === 1) return [apply(only, plain)];
      plain.begin();
    } catch (cause) {
      return resultCodeOf(cause) === BUSY ? BUSY : batches.map(() => failed(cause));
    }
    try {
      const answers = batches.map((batch) => apply(batch, nested));
      plain.keep();
      return answers;
    } catch {
      // SQLite gave the whole transaction up, for a full disk say: then each by itself.
      if (database.isTransaction) plain.undo();
      return batches.map(applyAlone);
    }
  };

  return Object.assign(serve, {
    /** A command of a bulk, in the bulk's transaction. */
    inside: (batch: CommitBatch): Answer => {
      try {
        return database.isTransaction ? apply(batch, nested) : Effect.fail(lostBulk());
      } catch (cause) {
        return failed(cause);
      }
    },
    locked: Effect.fail(storageErrorOf("commit", { errcode: BUSY })) satisfies Answer,
  });
};

const COMMITTED: Answer = Effect.succeed({ _tag: "Committed" });

const failed = (cause: unknown): Answer => Effect.fail(storageErrorOf("commit", cause));
