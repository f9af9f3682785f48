/** Wrong ways to list and revive dead jobs, to tell of oneself, and to migrate. */
import {
  type DeadJob,
  makeMemoryStorage,
  type MigrationStep,
  refusalToOpen,
  schemaState,
  type Storage,
  type StorageDatabase,
  type StorageInfo,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

const changeDead = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (jobs: ReadonlyArray<DeadJob>) => ReadonlyArray<DeadJob>,
) =>
  sabotage(id, wrong, caughtBy, (honest) => ({
    dead: (request) =>
      Effect.map(honest.dead(request), (page) => ({ ...page, jobs: change(page.jobs) })),
  }));

const coarseSaboteurs: ReadonlyArray<StorageSaboteur> = [
  changeDead("nameless-death", "forgets why a job was given up", "dead.listed", (jobs) =>
    jobs.map((job) => ({ ...job, reason: "" })),
  ),
  changeDead("by-name", "lists dead jobs by their ids", "dead.order", (jobs) =>
    [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1)),
  ),
  sabotage("one-page", "shows one page of dead jobs and no more", "dead.paging", (honest) => ({
    dead: (request) => Effect.map(honest.dead(request), (page) => ({ ...page, next: null })),
  })),
  sabotage("all-queues", "lists dead jobs of any queue", "dead.queue", (honest) => ({
    dead: (request) => honest.dead({ ...request, queue: null }),
  })),
  sabotage(
    "any-cursor",
    "begins anew at a cursor it does not know",
    "dead.foreign-cursor",
    (honest) => ({
      dead: (request) =>
        Effect.catchTag(honest.dead(request), "StorageError", () =>
          honest.dead({ ...request, cursor: null }),
        ),
    }),
  ),
  sabotageBatch(
    "deaf-revive",
    "revives nothing",
    "revive.due-again",
    ({ revive: _, ...batch }) => batch,
  ),
  sabotage("kind-revive", "passes over what is not dead", "revive.dead-only", (honest) => ({
    commit: (batch) =>
      Effect.flatMap(
        honest.dead({ namespace: batch.namespace, queue: null, limit: 1000, cursor: null }),
        ({ jobs }) => {
          const revive = (batch.revive ?? []).filter(({ id }) => jobs.some((job) => job.id === id));
          return honest.commit({ ...batch, revive });
        },
      ),
  })),
  sabotage(
    "revive-first",
    "revives in a transaction before the commit",
    "revive.atomic",
    (honest) => ({
      commit: ({ revive = [], ...batch }) => {
        const { namespace, at } = batch;
        const none = { rows: [], guards: [], entries: [], schedule: [], cancel: [], settle: [] };
        const first = honest.commit({ ...none, namespace, at, revive, receipt: null });
        return revive.length === 0
          ? honest.commit(batch)
          : Effect.andThen(first, honest.commit(batch));
      },
    }),
  ),
  sabotage("boastful", "calls itself durable in info", "info.truthful", (honest) => ({
    info: () => Effect.map(honest.info(), (info) => ({ ...info, durable: true })),
  })),
  sabotage("narrow", "takes less than the port's limits", "info.limits", (honest) => ({
    info: () =>
      Effect.map(honest.info(), (info) => ({
        ...info,
        limits: { ...info.limits, valueBytes: 65_535 },
      })),
  })),
];

const STEPS: ReadonlyArray<MigrationStep> = [
  { step: 1, name: "tables" },
  { step: 2, name: "views" },
  { step: 3, name: "indexes" },
];

/** What a made-up database has run so far; saboteurs touch it as they please. */
interface Steps {
  reached: number;
  readonly run: () => ReadonlyArray<MigrationStep>;
}

/** A database of memory with made-up steps, of which some words are replaced. */
const sabotageDatabase = (
  id: string,
  wrong: string,
  caughtBy: string,
  replace: (honest: StorageDatabase, steps: Steps) => Partial<StorageDatabase>,
): StorageSaboteur => ({
  id,
  wrong,
  caughtBy,
  make: makeMemoryStorage,
  database: () => {
    const memory = makeMemoryStorage();
    const steps: Steps = {
      reached: 0,
      run: () => {
        const missing = STEPS.filter(({ step }) => step > steps.reached);
        steps.reached = STEPS.length;
        return missing;
      },
    };
    const info = (): Effect.Effect<StorageInfo, never> =>
      Effect.map(Effect.orDie(memory.info()), (known) => ({
        ...known,
        schema: schemaState(STEPS, steps.reached),
      }));
    const storage: Storage = { ...memory, info };
    const honest: StorageDatabase = {
      info,
      migrate: () => Effect.sync(steps.run),
      open: () =>
        Effect.flatMap(info(), (known) => {
          const refusal = refusalToOpen(known);
          return refusal === null ? Effect.succeed(storage) : Effect.fail(refusal);
        }),
    };
    return { ...honest, ...replace(honest, steps) };
  },
});

const migrationSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotageDatabase(
    "eager-open",
    "migrates whenever it is opened",
    "migration.pending-named",
    (honest, steps) => ({ open: () => Effect.suspend(() => (steps.run(), honest.open())) }),
  ),
  sabotageDatabase(
    "meddling-info",
    "makes what is missing when it is looked at",
    "migration.pending-named",
    (honest, steps) => ({
      info: () => Effect.tap(honest.info(), () => Effect.sync(() => void steps.run())),
    }),
  ),
  sabotageDatabase(
    "boasting-migration",
    "says it ran steps without running them",
    "migration.explicit",
    () => ({ migrate: () => Effect.succeed(STEPS) }),
  ),
  sabotageDatabase(
    "silent-migration",
    "runs steps without saying which",
    "migration.explicit",
    (_, steps) => ({ migrate: () => Effect.sync(() => (steps.run(), [])) }),
  ),
  sabotageDatabase(
    "forgetful-migration",
    "runs all steps again each time",
    "migration.again",
    (honest, steps) => ({
      migrate: () =>
        Effect.suspend(() => {
          steps.reached = 0;
          return honest.migrate();
        }),
    }),
  ),
  sabotageDatabase(
    "racing-migration",
    "looks what is missing and runs it a moment later",
    "migration.at-once",
    (honest, steps) => ({
      migrate: () =>
        Effect.gen(function* () {
          const { pending } = (yield* honest.info()).schema;
          yield* Effect.yieldNow;
          steps.run();
          return pending;
        }),
    }),
  ),
  sabotageDatabase(
    "stuck-migration",
    "never lets go of its lock when it is interrupted",
    "migration.interrupted",
    (honest) => {
      let locked = false;
      return {
        migrate: () =>
          Effect.gen(function* () {
            while (locked) yield* Effect.yieldNow;
            locked = true;
            yield* Effect.yieldNow;
            const ran = yield* honest.migrate();
            locked = false;
            return ran;
          }),
      };
    },
  ),
  sabotageDatabase(
    "two-faced",
    "tells another schema before it is opened than afterwards",
    "info.unopened",
    (honest) => ({
      open: () =>
        Effect.map(honest.open(), (storage) => ({
          ...storage,
          info: () =>
            Effect.map(storage.info(), (info) => ({ ...info, schema: schemaState([], 0) })),
        })),
    }),
  ),
];

/** Those that are wrong about dead jobs, about themselves, or before they are opened. */
export const databaseSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...coarseSaboteurs,
  ...migrationSaboteurs,
];
