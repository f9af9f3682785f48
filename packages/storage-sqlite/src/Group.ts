/**
 * Group commit: callers that wait at the same time share one transaction, and with
 * it one wait for the disk; nobody is answered before it is committed.
 *
 * A caller alone is served at once. Whether there is a crowd is found out by letting a
 * commit wait for the end of the turn of the event loop, always when the last group had
 * several members and now and then otherwise.
 */
import type { CommitBatch } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { type Answer, type GroupParts, makeServe, type Serve } from "./Serve.ts";
import { BUSY, PAUSE_MILLIS } from "./Waiting.ts";

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

/** Group commit over a connection's transactions. */
export const makeGroup = (parts: GroupParts): Group => {
  const { transactions } = parts;
  const serve = makeServe(parts);
  const queue = makeQueue(parts, serve);
  let alone = 0;
  // A bulk that failed has taken back what was read in it.
  transactions.whenUndone(parts.committer.undone);
  return {
    flush: queue.flush,
    commit: (batch) =>
      Effect.withFiber((fiber): Answer => {
        if (transactions.isInside(fiber)) return serve.inside(batch);
        if (transactions.isUndone(fiber)) return Effect.fail(transactions.lostBulk());
        alone += 1;
        if (queue.isExpecting() || transactions.isHeld() || alone % PROBE_EVERY === 0) {
          return queue.wait(batch);
        }
        const answers = serve([batch]);
        return answers === BUSY ? queue.wait(batch) : (answers[0] ?? serve.locked);
      }),
  };
};

const makeQueue = ({ lockWaitMillis }: GroupParts, serve: Serve) => {
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
    if (waiting.length === 0) return;
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
      while (waiting.length > 0) {
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
