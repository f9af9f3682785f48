/** Drivers wrong about large numbers, several outcomes, many towns and long names: each kept every law there was before. */
import {
  type CommitBatch,
  compareBytewise,
  type JobOutcome,
  type LeasedJob,
  type Receipt,
  type Storage,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

const nameOf = (namespace: string, id: string) => `${namespace}\u0000${id}`;

/** A number as a column of fifteen digits keeps it. */
const fifteenDigits = (instant: number) => Number(instant.toPrecision(15));

const rounded = (outcome: JobOutcome): JobOutcome =>
  outcome._tag === "Retry" ? { ...outcome, dueAt: fifteenDigits(outcome.dueAt) } : outcome;

const numberSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotageBatch(
    "small-versions",
    "compares versions of 32 bits",
    "number.versions-exact",
    (batch: CommitBatch) => ({
      ...batch,
      guards: batch.guards.map((guard) => ({ ...guard, version: guard.version | 0 })),
    }),
  ),
  sabotage(
    "fifteen-digits",
    "keeps fifteen digits of the instant a job is put off to",
    "number.instants-exact",
    (honest) => ({ settle: (outcomes, at) => honest.settle(outcomes.map(rounded), at) }),
  ),
  sabotageBatch(
    "short-receipts",
    "keeps no receipt beyond the year 2038",
    "number.instants-exact",
    (batch) => ({
      ...batch,
      receipt: (batch.receipt?.keepUntil ?? 0) > 2 ** 31 * 1000 ? null : batch.receipt,
    }),
  ),
  sabotage(
    "deaths-as-text",
    "sorts dead jobs by their instants as texts",
    "dead.order-of-instants",
    (honest) => ({
      dead: (request) =>
        Effect.map(honest.dead(request), ({ jobs, next }) => ({
          jobs: jobs.toSorted((a, b) => compareBytewise(`${a.diedAt}`, `${b.diedAt}`)),
          next,
        })),
    }),
  ),
];

/** Serves namespaces in an order of its own, one job of each in turn. */
const serves = (
  id: string,
  wrong: string,
  caughtBy: string,
  some: (towns: ReadonlyArray<string>, limit: number) => ReadonlyArray<string> | null,
) =>
  sabotage(id, wrong, caughtBy, (honest) => {
    const towns = new Set<string>();
    return {
      commit: (batch) => {
        towns.add(batch.namespace);
        return honest.commit(batch);
      },
      lease: (request) => {
        const own =
          request.namespace === null
            ? some([...towns].toSorted(compareBytewise), request.limit)
            : null;
        return own === null ? honest.lease(request) : oneByOne(honest, own, request);
      },
    };
  });

const oneByOne = (
  honest: Storage,
  towns: ReadonlyArray<string>,
  request: Parameters<Storage["lease"]>[0],
) =>
  Effect.gen(function* () {
    const jobs: Array<LeasedJob> = [];
    for (let found = -1; found !== jobs.length && jobs.length < request.limit;) {
      found = jobs.length;
      for (const namespace of towns) {
        if (jobs.length === request.limit) break;
        jobs.push(...(yield* honest.lease({ ...request, namespace, limit: 1 })));
      }
    }
    return jobs;
  });

const jobSaboteurs: ReadonlyArray<StorageSaboteur> = [
  serves(
    "turns-of-one",
    "begins with the first namespace again when it is asked for several jobs",
    "lease.fair-calls-of-several",
    (towns, limit) => (limit > 1 ? towns : null),
  ),
  serves(
    "hundred-towns",
    "looks for due jobs in the first hundred namespaces",
    "lease.many-namespaces",
    (towns) => (towns.length > 100 ? towns.slice(0, 100) : null),
  ),
  sabotage(
    "settles-at-once",
    "looks which leases hold once for all outcomes of a call",
    "settle.call-in-turn",
    (honest) => ({
      settle: (outcomes, at) =>
        Effect.map(honest.settle(outcomes, at), (results) =>
          outcomes.map((outcome, n) => {
            const same = (one: JobOutcome) =>
              one.token === outcome.token && one.namespace === outcome.namespace;
            return results[outcomes.findIndex(same)] ?? results[n] ?? "LeaseLost";
          }),
        ),
    }),
  ),
  sabotage(
    "cancel-forgets",
    "forgets what became of a job when it is cancelled",
    "settle.kept-through-cancel",
    (honest) => {
      const forgotten = new Set<string>();
      return {
        commit: (batch) =>
          Effect.tap(honest.commit(batch), ({ _tag }) => {
            const { namespace, cancel, schedule } = batch;
            if (_tag !== "Committed") return Effect.void;
            for (const id of cancel) forgotten.add(nameOf(namespace, id));
            for (const { id } of schedule) forgotten.delete(nameOf(namespace, id));
            return Effect.void;
          }),
        settle: (outcomes, at) =>
          Effect.map(honest.settle(outcomes, at), (results) =>
            outcomes.map(({ namespace, id }, n) =>
              forgotten.has(nameOf(namespace, id)) ? "LeaseLost" : (results[n] ?? "LeaseLost"),
            ),
          ),
      };
    },
  ),
  sabotage(
    "late-queue",
    "takes a page of dead jobs first and those of the queue out of it afterwards",
    "dead.queue-paging",
    (honest) => ({
      dead: (request) =>
        Effect.map(honest.dead({ ...request, queue: null }), ({ jobs, next }) => {
          const mine = jobs.filter(
            ({ queue }) => request.queue === null || queue === request.queue,
          );
          return { jobs: mine, next: mine.length < request.limit ? null : next };
        }),
    }),
  ),
  sabotage(
    "long-commands",
    "keeps receipts of long command ids for all namespaces together",
    "namespace.long-names-apart",
    (honest) => {
      const kept = new Map<string, Receipt>();
      return {
        commit: (batch) => {
          const { id = "" } = batch.receipt ?? {};
          const receipt = kept.get(id);
          if (receipt !== undefined) return Effect.succeed({ _tag: "Replayed", receipt } as const);
          return Effect.tap(honest.commit(batch), () => {
            if (id.length > 100 && batch.receipt !== null) kept.set(id, batch.receipt);
            return Effect.void;
          });
        },
      };
    },
  ),
];

export const turnSaboteurs: ReadonlyArray<StorageSaboteur> = [...numberSaboteurs, ...jobSaboteurs];
