/** Finer ways to get jobs wrong: each kept every law there was before. */
import type { CommitBatch, JobOutcome, JobWrite } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

const nameOf = (namespace: string, id: string) => `${namespace}\u0000${id}`;

/** Hands the honest driver other outcomes. */
const otherOutcomes = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (outcomes: ReadonlyArray<JobOutcome>, at: number) => ReadonlyArray<JobOutcome>,
) =>
  sabotage(id, wrong, caughtBy, (honest) => ({
    settle: (outcomes, at) => honest.settle(change(outcomes, at), at),
  }));

/** Says `Settled` once more to what it holds for the same as something it settled. */
const remembers = (
  id: string,
  wrong: string,
  caughtBy: string,
  markOf: (outcome: JobOutcome) => string,
) =>
  sabotage(id, wrong, caughtBy, (honest) => {
    const settled = new Set<string>();
    return {
      settle: (outcomes, at) =>
        Effect.map(honest.settle(outcomes, at), (results) =>
          results.map((result, n) => {
            const outcome = outcomes[n];
            if (outcome === undefined || outcome._tag === "Renew") return result;
            if (result === "Settled") settled.add(markOf(outcome));
            return settled.has(markOf(outcome)) ? "Settled" : result;
          }),
        ),
    };
  });

/** Orders jobs of one instant in a way of its own. */
const ordersTies = (
  id: string,
  wrong: string,
  caughtBy: string,
  own: () => {
    readonly commit?: (batch: CommitBatch) => void;
    readonly settle?: (outcome: JobOutcome) => void;
    readonly rank: (name: string) => number;
  },
) =>
  sabotage(id, wrong, caughtBy, (honest) => {
    const order = own();
    return {
      commit: (batch) => {
        order.commit?.(batch);
        return honest.commit(batch);
      },
      settle: (outcomes, at) => {
        outcomes.forEach((one) => order.settle?.(one));
        return honest.settle(outcomes, at);
      },
      lease: (request) =>
        Effect.map(honest.lease(request), (jobs) =>
          [...jobs].sort(
            (a, b) =>
              a.dueAt - b.dueAt ||
              order.rank(nameOf(a.namespace, a.id)) - order.rank(nameOf(b.namespace, b.id)),
          ),
        ),
    };
  });

const settleSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotageBatch(
    "no-clock-in-commits",
    "lets a commit settle under a lease that ran out",
    "settle.in-commit-expired",
    (batch) => (batch.settle.length === 0 ? batch : { ...batch, at: 0 }),
  ),
  otherOutcomes(
    "sorts-outcomes",
    "answers in the order of the jobs' ids",
    "settle.in-call-order",
    (outcomes) => [...outcomes].sort((a, b) => (a.id < b.id ? -1 : 1)),
  ),
  otherOutcomes(
    "one-town-a-call",
    "takes all outcomes of a call for those of one namespace",
    "settle.in-call-order",
    (outcomes) =>
      outcomes.map((one) => ({ ...one, namespace: outcomes[0]?.namespace ?? one.namespace })),
  ),
  otherOutcomes(
    "never-backwards",
    "puts a job off to the instant it was settled at the earliest",
    "settle.retry-in-past",
    (outcomes, at) =>
      outcomes.map((one) =>
        one._tag === "Retry" ? { ...one, dueAt: Math.max(one.dueAt, at) } : one,
      ),
  ),
  remembers(
    "any-retry",
    "takes any instant a job is put off to for the same outcome",
    "settle.retry-other-instant",
    ({ _tag, token }) => JSON.stringify([_tag, token]),
  ),
  remembers(
    "remembers-replaced",
    "knows what was settled before a job was scheduled again",
    "schedule.forgets-settled",
    (outcome) => JSON.stringify(outcome),
  ),
  ordersTies(
    "back-of-the-line",
    "puts a job that is tried again behind all others of its instant",
    "settle.retry-keeps-place",
    () => {
      const retried = new Set<string>();
      return {
        settle: ({ _tag, namespace, id }) => {
          if (_tag === "Retry") retried.add(nameOf(namespace, id));
        },
        rank: (name) => (retried.has(name) ? 1 : 0),
      };
    },
  ),
];

/** Keeps something of a job when its id is scheduled again. */
const keeps = (field: "queue" | "key") =>
  sabotage(
    `keeps-${field}`,
    `keeps the ${field} of a job that is scheduled again`,
    "schedule.replaces-queue-and-key",
    (honest) => {
      const first = new Map<string, string>();
      return {
        commit: (batch) =>
          honest.commit({
            ...batch,
            schedule: batch.schedule.map((job) => {
              const name = nameOf(batch.namespace, job.id);
              first.set(name, first.get(name) ?? job[field]);
              return { ...job, [field]: first.get(name) };
            }),
          }),
      };
    },
  );

const leaseSaboteurs: ReadonlyArray<StorageSaboteur> = [
  keeps("queue"),
  keeps("key"),
  ordersTies(
    "keeps-place",
    "keeps the place of a job that is scheduled again",
    "schedule.replaces-place",
    () => {
      const first = new Map<string, number>();
      return {
        commit: ({ namespace, schedule }) => {
          for (const { id } of schedule) {
            const name = nameOf(namespace, id);
            first.set(name, first.get(name) ?? first.size);
          }
        },
        rank: (name) => first.get(name) ?? 0,
      };
    },
  ),
  sabotage("one-turn", "lets all queues share one turn", "lease.fair-per-queue", (honest) => {
    const towns = new Set<string>();
    let last = "";
    return {
      commit: (batch) => {
        towns.add(batch.namespace);
        return honest.commit(batch);
      },
      lease: (request) =>
        Effect.gen(function* () {
          if (request.namespace !== null || request.limit !== 1)
            return yield* honest.lease(request);
          const names = [...towns].sort();
          const turns = [...names.filter((one) => one > last), ...names];
          for (const namespace of turns) {
            const jobs = yield* honest.lease({ ...request, namespace });
            if (jobs.length > 0) last = namespace;
            if (jobs.length > 0) return jobs;
          }
          return [];
        }),
    };
  }),
  sabotage(
    "own-moves-turn",
    "counts what a namespace leases for itself as its turn",
    "lease.fair-beside-own",
    (honest) => {
      let last = "";
      return {
        lease: (request) =>
          Effect.gen(function* () {
            const { namespace } = request;
            if (namespace !== null) last = namespace;
            const jobs = yield* honest.lease({ ...request, limit: 1000 });
            const later = jobs.filter((job) => job.namespace > last);
            const next = namespace === null ? [...later, ...jobs] : jobs;
            return next.slice(0, request.limit);
          }),
      };
    },
  ),
  sabotage(
    "short-sighted",
    "looks at the first two hundred due jobs only, whatever their key",
    "lease.busy-key-long",
    (honest) => {
      const waiting = new Map<string, JobWrite>();
      return {
        commit: (batch) => {
          for (const job of batch.schedule) waiting.set(nameOf(batch.namespace, job.id), job);
          return honest.commit(batch);
        },
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) => {
            const inOrder = [...waiting].sort(([, a], [, b]) => a.dueAt - b.dueAt);
            const seen = new Set(inOrder.slice(0, 200).map(([name]) => name));
            return jobs.filter(({ namespace, id }) => seen.has(nameOf(namespace, id)));
          }),
      };
    },
  ),
];

/** Those that are wrong about work in finer ways. */
export const workSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...settleSaboteurs,
  ...leaseSaboteurs,
];
