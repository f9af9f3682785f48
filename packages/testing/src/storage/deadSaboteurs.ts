/** Finer ways to get dead jobs wrong: a driver for each law about them. */
import type { CommitBatch, DeadJob, JobOutcome, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, sabotageShared, type StorageSaboteur } from "./Saboteur.ts";

type Outcomes = ReadonlyArray<JobOutcome>;

const doneFor = (outcomes: Outcomes): Outcomes =>
  outcomes.map((one): JobOutcome =>
    one._tag === "Dead"
      ? { _tag: "Done", namespace: one.namespace, id: one.id, token: one.token }
      : one,
  );

/** All dead jobs of a namespace. */
const allDead = (honest: Storage, namespace: string) =>
  honest.dead({ namespace, queue: null, limit: 1000, cursor: null });

/** A batch that does nothing. */
const nothing = ({ namespace, at }: Pick<CommitBatch, "namespace" | "at">): CommitBatch => ({
  ...{ namespace, at, rows: [], guards: [], entries: [], schedule: [], cancel: [], settle: [] },
  receipt: null,
});

const scheduledAgain = (job: DeadJob, dueAt: number) => ({
  ...{ id: job.id, queue: job.queue, key: job.key, value: job.value },
  dueAt,
});

const listing: ReadonlyArray<StorageSaboteur> = [
  sabotageBatch(
    "commits-kill-none",
    "takes a death inside a commit for a job done",
    "dead.in-commit",
    (batch) => ({ ...batch, settle: doneFor(batch.settle) }),
  ),
  sabotage(
    "lists-the-done",
    "keeps jobs that are done among the dead",
    "dead.others-not",
    (honest) => ({
      settle: (outcomes, at) =>
        honest.settle(
          outcomes.map((one) => (one._tag === "Done" ? { ...one, _tag: "Dead", reason: "" } : one)),
          at,
        ),
    }),
  ),
  sabotage("undead", "leases dead jobs after a while", "dead.never-leased", (honest) => ({
    lease: (request) =>
      Effect.gen(function* () {
        const { namespace, now } = request;
        if (namespace === null || now < 100_000) return yield* honest.lease(request);
        const { jobs } = yield* allDead(honest, namespace);
        const schedule = jobs.map((job) => scheduledAgain(job, job.dueAt));
        yield* Effect.ignore(honest.commit({ ...nothing({ namespace, at: now }), schedule }));
        return yield* honest.lease(request);
      }),
  })),
  sabotage("dead-hand", "lets a dead job keep its key", "dead.frees-key", (honest) => ({
    lease: (request) =>
      Effect.gen(function* () {
        const jobs = yield* honest.lease(request);
        const { jobs: gone } = yield* allDead(honest, request.namespace ?? "");
        return jobs.filter((job) => !gone.some(({ key }) => key === job.key));
      }),
  })),
  sabotage(
    "counted-pages",
    "continues a page of dead jobs by counting",
    "dead.paging-while-revived",
    (honest) => ({
      dead: (request) =>
        Effect.map(allDead(honest, request.namespace), ({ jobs }) => {
          const start = Number(request.cursor ?? "0");
          const end = start + request.limit;
          const next = end < jobs.length ? String(end) : null;
          return { jobs: jobs.slice(start, end), next };
        }),
    }),
  ),
  sabotage("one-graveyard", "lists the dead of every town", "dead.namespaces-apart", (honest) => {
    const towns = new Set<string>();
    return {
      commit: (batch) => {
        towns.add(batch.namespace);
        return honest.commit(batch);
      },
      dead: (request) =>
        Effect.map(
          Effect.forEach([...towns], (namespace) => honest.dead({ ...request, namespace })),
          (pages) => ({ jobs: pages.flatMap(({ jobs }) => jobs), next: null }),
        ),
    };
  }),
  sabotage("burying", "forgets dead jobs that are cancelled", "dead.kept", (honest) => {
    const buried = new Set<string>();
    return {
      commit: (batch) => {
        for (const id of batch.cancel) buried.add(id);
        return honest.commit(batch);
      },
      dead: (request) =>
        Effect.map(honest.dead(request), (page) => ({
          ...page,
          jobs: page.jobs.filter(({ id }) => !buried.has(id)),
        })),
    };
  }),
];

const reviving: ReadonlyArray<StorageSaboteur> = [
  sabotage("ghosts", "lists jobs that were revived", "revive.off-the-list", (honest) => {
    const ghosts: Array<DeadJob> = [];
    return {
      commit: (batch) =>
        Effect.gen(function* () {
          const { jobs } = yield* allDead(honest, batch.namespace);
          const result = yield* honest.commit(batch);
          const ids = new Set((batch.revive ?? []).map(({ id }) => id));
          ghosts.push(...jobs.filter(({ id }) => ids.has(id)));
          return result;
        }),
      dead: (request) =>
        Effect.map(honest.dead(request), (page) => ({ ...page, jobs: [...ghosts, ...page.jobs] })),
    };
  }),
  sabotage(
    "revives-again",
    "revives once more when a command is sent again",
    "revive.acts-once",
    (honest) => ({
      commit: (batch) =>
        Effect.gen(function* () {
          const { jobs } = yield* allDead(honest, batch.namespace);
          const result = yield* honest.commit(batch);
          if (result._tag !== "Replayed" || batch.revive === undefined) return result;
          const schedule = batch.revive.map(({ id, dueAt }) => {
            const known = jobs.find((job) => job.id === id);
            return { id, queue: "clock", key: known?.key ?? "k", value: "", dueAt };
          });
          yield* honest.commit({ ...nothing(batch), schedule });
          return result;
        }),
    }),
  ),
  sabotage(
    "early-look",
    "looks which jobs are dead and revives them a moment later",
    "race.one-revives",
    (honest) => ({
      commit: ({ revive = [], ...batch }) =>
        Effect.gen(function* () {
          const { jobs } = yield* allDead(honest, batch.namespace);
          if (revive.some(({ id }) => !jobs.some((job) => job.id === id)))
            return yield* honest.commit({ ...batch, revive });
          yield* Effect.yieldNow;
          const again = revive.flatMap(({ id, dueAt }) =>
            jobs.filter((job) => job.id === id).map((job) => scheduledAgain(job, dueAt)),
          );
          return yield* honest.commit({ ...batch, schedule: [...batch.schedule, ...again] });
        }),
    }),
  ),
  sabotage(
    "pushes-in",
    "puts revived jobs before all others of their instant",
    "revive.in-turn",
    (honest) => {
      const revived = new Set<string>();
      return {
        commit: (batch) => {
          for (const { id } of batch.revive ?? []) revived.add(id);
          return honest.commit(batch);
        },
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) => [
            ...jobs.filter(({ id }) => revived.has(id)),
            ...jobs.filter(({ id }) => !revived.has(id)),
          ]),
      };
    },
  ),
  sabotage(
    "long-memory",
    "knows the settlement of a job that was revived since",
    "revive.old-token-lost",
    (honest) => {
      const settled = new Set<string>();
      return {
        settle: (outcomes, at) =>
          Effect.map(honest.settle(outcomes, at), (results) =>
            results.map((result, n) => {
              const { token = "", _tag = "Renew" } = outcomes[n] ?? {};
              if (result === "Settled") settled.add(`${token} ${_tag}`);
              return settled.has(`${token} ${_tag}`) ? "Settled" : result;
            }),
          ),
      };
    },
  ),
  sabotage("first-death", "tells of a job's first death only", "revive.dies-again", (honest) => {
    const first = new Map<string, DeadJob>();
    return {
      commit: (batch) =>
        Effect.tap(allDead(honest, batch.namespace), ({ jobs }) =>
          Effect.sync(() => jobs.forEach((job) => first.set(job.id, first.get(job.id) ?? job))),
        ).pipe(Effect.andThen(honest.commit(batch))),
      dead: (request) =>
        Effect.map(honest.dead(request), (page) => ({
          ...page,
          jobs: page.jobs.map((job) => first.get(job.id) ?? job),
        })),
    };
  }),
  sabotage(
    "busy-info",
    "writes down when it was asked for info",
    "info.changes-nothing",
    (honest) => {
      let asked = 0;
      return {
        info: () =>
          Effect.andThen(
            Effect.orDie(
              honest.commit({
                ...nothing({ namespace: "xinan", at: 1 }),
                entries: [{ stream: "info", version: (asked += 1), value: "{}", hash: "h" }],
              }),
            ),
            honest.info(),
          ),
      };
    },
  ),
  sabotageShared(
    "own-dead",
    "lists only the jobs that died through its own handle",
    "shared.one-revives",
    (honest) => {
      const own = new Set<string>();
      return {
        settle: (outcomes, at) => {
          for (const one of outcomes) if (one._tag === "Dead") own.add(one.id);
          return honest.settle(outcomes, at);
        },
        dead: (request) =>
          Effect.map(honest.dead(request), (page) => ({
            ...page,
            jobs: page.jobs.filter(({ id }) => own.has(id)),
          })),
      };
    },
  ),
];

/** Those that are wrong about dead jobs in one fine point. */
export const deadSaboteurs: ReadonlyArray<StorageSaboteur> = [...listing, ...reviving];
