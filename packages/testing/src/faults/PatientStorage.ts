/**
 * A caller that does what the port tells callers to do about faults: ask again,
 * each commit under a command id of its own.
 *
 * Behind it a law must hold as if nothing had failed. It heals an outage after the
 * second refusal, as if time had passed.
 */
import type { CommitBatch, CommitResult, Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { type FaultyStorage, injectedFault, isInjected } from "./FaultyStorage.ts";

/** The faulty storage as seen through a caller that asks again. */
export const patientStorage = (faulty: FaultyStorage, driver: Storage): Storage => {
  const { storage } = faulty;
  let commands = 0;
  const again = <A, E>(call: Effect.Effect<A, E>) => askAgain(faulty, call);

  const commit = (batch: CommitBatch) =>
    Effect.gen(function* () {
      const { namespace, receipt } = batch;
      if (receipt === null) {
        commands += 1;
        const own = { id: `patient ${commands}`, contentHash: "-", value: "-", keepUntil: null };
        const { answer } = yield* again(storage.commit({ ...batch, receipt: own }));
        return answer._tag === "Replayed" ? COMMITTED : answer;
      }
      // Known before: a replay is the answer. Not known: a replay after a fault is our own commit.
      const known = yield* driver.receipt({ namespace, id: receipt.id });
      const { answer, asked } = yield* again(storage.commit(batch));
      return known === null && asked > 1 && answer._tag === "Replayed" ? COMMITTED : answer;
    });

  const ask = <A, E>(call: Effect.Effect<A, E>) => Effect.map(again(call), (told) => told.answer);
  return {
    capabilities: storage.capabilities,
    info: () => ask(storage.info()),
    read: (request) => ask(storage.read(request)),
    receipt: (request) => ask(storage.receipt(request)),
    scan: (request) => ask(storage.scan(request)),
    count: (request) => ask(storage.count(request)),
    feed: (request) => ask(storage.feed(request)),
    lease: (request) => ask(storage.lease(request)),
    settle: (outcomes, at) => ask(storage.settle(outcomes, at)),
    dead: (request) => ask(storage.dead(request)),
    commit,
  };
};

/** Asks until an answer comes that was not injected; says how often it asked. */
export const askAgain = <A, E>(
  faulty: FaultyStorage,
  call: Effect.Effect<A, E>,
): Effect.Effect<{ readonly answer: A; readonly asked: number }, E | StorageError> => {
  const attempt = (asked: number): ReturnType<typeof askAgain<A, E>> =>
    Effect.catchIf(
      Effect.map(giveUpOnSilence(faulty, call), (answer) => ({ answer, asked })),
      isInjected,
      () => {
        if (asked >= 2) faulty.heal();
        return attempt(asked + 1);
      },
    );
  return attempt(1);
};

/** What a time limit does, without a clock: the call is given up when it hangs. */
export const giveUpOnSilence = <A, E>(
  faulty: FaultyStorage,
  call: Effect.Effect<A, E>,
): Effect.Effect<A, E | StorageError> =>
  // The listener stands first: it must hear a call that hangs at once.
  Effect.raceFirst(Effect.andThen(faulty.silence, Effect.fail(injectedFault("call"))), call);

const COMMITTED: CommitResult = { _tag: "Committed" };
