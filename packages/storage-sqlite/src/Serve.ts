/**
 * Writing one or many commands, each isolated from the others.
 *
 * A group in which every command holds is written as it is. Where one does not, the
 * group is taken back and written again with a savepoint for each command, so one that
 * is refused or fails leaves its neighbours as they are.
 */
import type { CommitBatch, CommitResult, Conflict, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { type Applied, type Committer, replayAnswer } from "./Commit.ts";
import type { Connection } from "./Connection.ts";
import { resultCodeOf, storageErrorOf } from "./Errors.ts";
import type { Tidier } from "./Tidy.ts";
import type { Bounds, Transactions } from "./Transactions.ts";
import { BUSY } from "./Waiting.ts";

/** What a caller is told. */
export type Answer = Effect.Effect<CommitResult, Conflict | StorageError>;

/** What group commit stands on. */
export interface GroupParts {
  readonly connection: Connection;
  readonly transactions: Transactions;
  readonly committer: Committer;
  readonly tidy: Tidier;
  readonly lockWaitMillis: number;
}

/** Groups that have savepoints from the start after one in which a command did not hold. */
const WARY_GROUPS = 16;

/** Writes commands and says what to answer to each; `BUSY` when another program holds the lock. */
export type Serve = ReturnType<typeof makeServe>;

/** Serving over a connection's transactions. */
export const makeServe = (parts: GroupParts) => {
  const { plain, nested, lostBulk } = parts.transactions;
  const apply = makeApply(parts);
  const applyTrusting = makeApplyTrusting(parts);
  const applyApart = makeApplyApart(parts, apply);

  let wary = 0;
  const serveGroup = (batches: ReadonlyArray<CommitBatch>): ReadonlyArray<Answer> => {
    plain.begin();
    if (wary > 0) {
      wary -= 1;
      return applyApart(batches);
    }
    if (applyTrusting(batches)) return batches.map(() => COMMITTED);
    wary = WARY_GROUPS;
    plain.begin();
    return applyApart(batches);
  };
  const serve = (batches: ReadonlyArray<CommitBatch>): ReadonlyArray<Answer> | typeof BUSY => {
    const [only] = batches;
    try {
      return only !== undefined && batches.length === 1
        ? [apply(only, plain)]
        : serveGroup(batches);
    } catch (cause) {
      // Only a transaction that could not begin: nothing has been written.
      return resultCodeOf(cause) === BUSY ? BUSY : batches.map(() => failed(cause));
    }
  };

  return Object.assign(serve, {
    /** A command of a bulk, in the bulk's transaction. */
    inside: (batch: CommitBatch): Answer => {
      try {
        if (!parts.connection.database.isTransaction) return Effect.fail(lostBulk());
        parts.committer.begun();
        return apply(batch, nested);
      } catch (cause) {
        return failed(cause);
      }
    },
    locked: Effect.fail(storageErrorOf("commit", { errcode: BUSY })) satisfies Answer,
  });
};

/** One command within bounds of its own; throws only when the transaction around it is gone. */
const makeApply = ({ connection: { database }, transactions, committer, tidy }: GroupParts) => {
  const { plain, nested } = transactions;
  return (batch: CommitBatch, bounds: Bounds): Answer => {
    bounds.begin();
    let applied: Applied;
    try {
      if (bounds === plain) committer.begun();
      applied = committer.apply(batch);
      if (applied._tag === "Committed") {
        tidy(batch.at, 1 + batch.schedule.length);
        bounds.keep();
        return COMMITTED;
      }
    } catch (cause) {
      committer.undone();
      if (database.isTransaction) bounds.undo();
      else if (bounds === nested) throw cause;
      return failed(cause);
    }
    committer.undone();
    bounds.undo();
    return applied._tag === "Refused"
      ? Effect.fail(committer.conflictsOf(batch))
      : replayAnswer(applied);
  };
};

type Apply = ReturnType<typeof makeApply>;

/** All of them without savepoints, which cost a tenth; false, and nothing done, if one does not hold. */
const makeApplyTrusting = (parts: GroupParts) => {
  const { committer, tidy } = parts;
  const { plain } = parts.transactions;
  const { database } = parts.connection;
  const applied = (batch: CommitBatch): boolean => {
    if (committer.apply(batch)._tag !== "Committed") return false;
    tidy(batch.at, 1 + batch.schedule.length);
    return true;
  };
  return (batches: ReadonlyArray<CommitBatch>): boolean => {
    try {
      committer.begun();
      if (batches.every(applied)) {
        plain.keep();
        return true;
      }
    } catch {
      // Whatever it is, it will show again, and then belong to one command.
    }
    committer.undone();
    if (database.isTransaction) plain.undo();
    return false;
  };
};

const makeApplyApart = (
  { connection: { database }, transactions: { plain, nested }, committer }: GroupParts,
  apply: Apply,
) => {
  const applyAlone = (batch: CommitBatch): Answer => {
    try {
      return apply(batch, plain);
    } catch (cause) {
      return failed(cause);
    }
  };

  return (batches: ReadonlyArray<CommitBatch>): ReadonlyArray<Answer> => {
    try {
      committer.begun();
      const answers = batches.map((batch) => apply(batch, nested));
      plain.keep();
      return answers;
    } catch {
      // SQLite gave the whole transaction up, for a full disk say: then each by itself.
      committer.undone();
      if (database.isTransaction) plain.undo();
      return batches.map(applyAlone);
    }
  };
};

const COMMITTED: Answer = Effect.succeed({ _tag: "Committed" });

const failed = (cause: unknown): Answer => Effect.fail(storageErrorOf("commit", cause));
