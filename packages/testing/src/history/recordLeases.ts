/** Several workers at once on the jobs of one storage, and all they asked and were told. */
import type { JobOutcome, LeasedJob, Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { faultyStorage, isInjected } from "../faults/FaultyStorage.ts";
import type { LeaseCall, LeaseHistory, SettleCall } from "./LeaseHistory.ts";
import { type Random, seededRandom } from "./random.ts";

/** What the workers do. */
export interface LeaseWorkload {
  readonly namespace: string;
  readonly seed: number;
  readonly workers: number;
  readonly jobs: number;
  readonly keys: number;
  /** Calls of `lease` by each worker, before all is drained. */
  readonly rounds: number;
  /** Of a hundred calls, how many lose their answer on the way there or back. */
  readonly lostOfHundred: number;
}

/**
 * Schedules jobs, lets workers loose on them and then works off what is left. Workers
 * are spread over the handles; their instants move on together, so leases run out
 * under them.
 */
export const recordLeases = (
  handles: ReadonlyArray<Storage>,
  workload: LeaseWorkload,
): Effect.Effect<LeaseHistory, StorageError> =>
  Effect.gen(function* () {
    const { namespace, keys, seed } = workload;
    const random = seededRandom(seed);
    const jobs = Array.from({ length: workload.jobs }, (_, n) => ({
      id: `j${n}`,
      queue: QUEUE,
      key: `k${n % keys}`,
      dueAt: random(30),
      value: "",
    }));
    const recorder: Recorder = { workload, operations: [], clock: 0, now: 0 };
    const [first] = handles;
    if (first === undefined) return { jobs, operations: [], drained: false };
    yield* schedule(first, namespace, jobs);
    yield* Effect.forEach(
      Array.from({ length: workload.workers }, (_, n) => n),
      (worker) => work(recorder, worker, handles[worker % handles.length] ?? first),
      { concurrency: "unbounded", discard: true },
    );
    yield* drain(recorder, first);
    return { jobs, operations: recorder.operations, drained: true };
  });

interface Recorder {
  readonly workload: LeaseWorkload;
  readonly operations: Array<LeaseCall | SettleCall>;
  clock: number;
  /** The instant of the jobs' world. */
  now: number;
}

const QUEUE = "clock";

const schedule = (
  storage: Storage,
  namespace: string,
  jobs: Parameters<Storage["commit"]>[0]["schedule"],
) =>
  Effect.orDie(
    storage.commit({
      namespace,
      at: 0,
      rows: [],
      guards: [],
      entries: [],
      schedule: jobs,
      cancel: [],
      settle: [],
      receipt: null,
    }),
  );

const work = (recorder: Recorder, worker: number, storage: Storage) =>
  Effect.gen(function* () {
    const { rounds, seed, lostOfHundred } = recorder.workload;
    const random = seededRandom(seed * 1000 + worker + 1);
    for (let round = 0; round < rounds; round += 1) {
      recorder.now += random(4);
      const id = `w${worker}-${round}`;
      const handle = losing(random, lostOfHundred, storage);
      const jobs = yield* leaseOnce(recorder, random, handle, id, 4 + random(12));
      for (const [n, job] of jobs.entries()) {
        yield* turns(random(4));
        yield* settleSomehow(recorder, random, storage, `${id}-${n}`, job);
      }
    }
  });

/** Late in time every lease has run out: each job that is left is leased and done. */
const drain = (recorder: Recorder, storage: Storage) =>
  Effect.gen(function* () {
    const random = () => 0;
    for (let round = 0; round < recorder.workload.jobs * 3; round += 1) {
      recorder.now += 1000;
      const jobs = yield* leaseOnce(recorder, random, storage, `drain-${round}`, 500);
      if (jobs.length === 0) return;
      for (const [n, job] of jobs.entries()) {
        yield* settleOnce(recorder, random, storage, `drain-${round}-${n}`, "Done", 0, job);
      }
    }
  });

const leaseOnce = (
  recorder: Recorder,
  random: Random,
  storage: Storage,
  id: string,
  length: number,
) =>
  Effect.gen(function* () {
    const { namespace } = recorder.workload;
    const { now } = recorder;
    const until = now + length;
    const start = tick(recorder);
    yield* turns(random(3));
    const told = yield* Effect.result(
      storage.lease({ namespace, queue: QUEUE, now, until, limit: 1 + random(3), owner: id }),
    );
    yield* turns(random(3));
    const call = { kind: "lease", id, start, end: tick(recorder), now, until } as const;
    if (told._tag === "Failure" && !isInjected(told.failure)) return yield* told.failure;
    const jobs = told._tag === "Success" ? told.success : [];
    const grants = jobs.map(({ id: job, key, token, attempt }) => ({ job, key, token, attempt }));
    recorder.operations.push({ ...call, grants: told._tag === "Success" ? grants : null });
    return jobs;
  });

const settleSomehow = (
  recorder: Recorder,
  random: Random,
  storage: Storage,
  id: string,
  job: LeasedJob,
) =>
  Effect.gen(function* () {
    const handle = losing(random, recorder.workload.lostOfHundred, storage);
    const chance = random(10);
    // Some are held until their lease is over, so that others take them.
    if (chance < 2) return;
    if (chance < 4) {
      const until = recorder.now + 4 + random(12);
      yield* settleOnce(recorder, random, handle, `${id}-renew`, "Renew", until, job);
      yield* turns(random(6));
    }
    const outcome = OUTCOMES[random(OUTCOMES.length)] ?? "Done";
    const instant = recorder.now + random(5);
    yield* settleOnce(recorder, random, handle, id, outcome, instant, job);
    if (random(3) === 0)
      yield* settleOnce(recorder, random, storage, `${id}-again`, outcome, instant, job);
  });

const OUTCOMES = ["Done", "Done", "Dead", "Retry", "Retry"] as const;

const settleOnce = (
  recorder: Recorder,
  random: Random,
  storage: Storage,
  id: string,
  outcome: SettleCall["outcome"],
  instant: number,
  { id: job, token, namespace }: LeasedJob,
) =>
  Effect.gen(function* () {
    const at = recorder.now;
    const start = tick(recorder);
    yield* turns(random(3));
    const told = yield* Effect.result(
      storage.settle([outcomeOf(outcome, instant, { namespace, id: job, token })], at),
    );
    yield* turns(random(3));
    const end = tick(recorder);
    if (told._tag === "Failure" && !isInjected(told.failure)) return yield* told.failure;
    const result = told._tag === "Success" ? (told.success[0] ?? "unknown") : "unknown";
    recorder.operations.push({
      kind: "settle",
      id,
      start,
      end,
      at,
      job,
      token,
      outcome,
      instant,
      result,
    });
    return undefined;
  });

const outcomeOf = (
  outcome: SettleCall["outcome"],
  instant: number,
  lease: { readonly namespace: string; readonly id: string; readonly token: string },
): JobOutcome => {
  switch (outcome) {
    case "Done":
      return { _tag: "Done", ...lease };
    case "Dead":
      return { _tag: "Dead", ...lease, reason: "gave up" };
    case "Retry":
      return { _tag: "Retry", ...lease, dueAt: instant };
    case "Renew":
      return { _tag: "Renew", ...lease, until: instant };
  }
};

const losing = (random: Random, ofHundred: number, storage: Storage): Storage => {
  if (random(100) >= ofHundred) return storage;
  const kind = random(2) === 0 ? ("before" as const) : ("after" as const);
  return faultyStorage(storage, { at: 1, kind, lasting: "once" }).storage;
};

const tick = (recorder: { clock: number }) => (recorder.clock += 1);

const turns = (count: number) =>
  count === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: count - 1 });
