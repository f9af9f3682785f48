/** Finer ways to get a commit wrong that is refused, replayed or odd: each kept every law there was before. */
import {
  type CommitBatch,
  Conflict,
  type JobWrite,
  type Storage,
  StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

const nameOf = (namespace: string, id: string) => `${namespace}\u0000${id}`;

/** A batch that does nothing. */
export const nothing = ({ namespace, at }: Pick<CommitBatch, "namespace" | "at">): CommitBatch => ({
  ...{ namespace, at, rows: [], guards: [], entries: [], schedule: [], cancel: [], settle: [] },
  receipt: null,
});

/** Does something after a commit was refused that should have done nothing. */
const afterRefusal = (
  id: string,
  wrong: string,
  caughtBy: string,
  leak: (honest: Storage, batch: CommitBatch) => Effect.Effect<unknown, unknown>,
) =>
  sabotage(id, wrong, caughtBy, (honest) => ({
    commit: (batch) =>
      Effect.tapError(honest.commit(batch), () => Effect.ignore(leak(honest, batch))),
  }));

/** Does part of a batch that was replayed and so should have done nothing. */
const afterReplay = (
  id: string,
  wrong: string,
  again: (batch: CommitBatch) => Partial<CommitBatch>,
) =>
  sabotage(id, wrong, "receipt.replay-moves-no-job", (honest) => ({
    commit: (batch) =>
      Effect.tap(honest.commit(batch), (result) =>
        result._tag === "Committed"
          ? Effect.void
          : Effect.ignore(honest.commit({ ...nothing(batch), ...again(batch) })),
      ),
  }));

/** Names one kind of conflict only where there is no other. */
const lastNamed = (kind: string) =>
  sabotage(
    `${kind}-last`,
    `names a conflict of kind ${kind} only when nothing else conflicts`,
    "commit.conflict-names-kinds",
    (honest) => ({
      commit: (batch) =>
        Effect.mapError(honest.commit(batch), (error) => {
          if (error._tag !== "Conflict") return error;
          const others = error.conflicts.filter((one) => one.kind !== kind);
          return others.length === 0 ? error : new Conflict({ conflicts: others });
        }),
    }),
  );

/** Refuses a batch that a unique constraint of its own trips over. */
const tripsOver = (id: string, wrong: string, namesOf: (batch: CommitBatch) => Array<string>) =>
  sabotage(id, wrong, "commit.named-twice", (honest) => ({
    commit: (batch) => {
      const names = namesOf(batch);
      if (new Set(names).size === names.length) return honest.commit(batch);
      const detail = "duplicate key value violates unique constraint";
      return Effect.fail(new StorageError({ reason: "Unknown", operation: "commit", detail }));
    },
  }));

/** Those that are wrong about what a commit leaves alone. */
export const batchSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...["lease", "dead", "head"].map(lastNamed),
  tripsOver("one-cancel", "cannot cancel a job twice in a batch", (batch) => [...batch.cancel]),
  tripsOver("one-guard", "cannot guard a row twice in a batch", (batch) =>
    batch.guards.map(({ kind, id, version }) => JSON.stringify([kind, id, version])),
  ),
  sabotageBatch(
    "last-guard",
    "holds of several guards of a row the last",
    "commit.named-twice",
    (batch) => ({
      ...batch,
      guards: [...new Map(batch.guards.map((one) => [nameOf(one.kind, one.id), one])).values()],
    }),
  ),
  afterRefusal(
    "buries-early",
    "keeps jobs dead that a refused commit gave up",
    "settle.refused-settles-none",
    (honest, { settle, at }) =>
      honest.settle(
        settle.filter((one) => one._tag === "Dead"),
        at,
      ),
  ),
  afterRefusal(
    "done-early",
    "keeps jobs done that a refused commit settled",
    "settle.refused-settles-none",
    (honest, { settle, at }) =>
      honest.settle(
        settle.filter((one) => one._tag === "Done"),
        at,
      ),
  ),
  sabotage(
    "shuffles-refused",
    "moves a job to the end of its instant when a refused commit scheduled it",
    "commit.atomic-schedule",
    (honest) => {
      const known = new Map<string, JobWrite>();
      return {
        commit: (batch) => {
          const { namespace, schedule } = batch;
          const before = schedule.flatMap(({ id }) => known.get(nameOf(namespace, id)) ?? []);
          const learn = Effect.sync(() =>
            schedule.forEach((job) => known.set(nameOf(namespace, job.id), job)),
          );
          return Effect.tapError(
            Effect.tap(honest.commit(batch), () => learn),
            () => Effect.ignore(honest.commit({ ...nothing(batch), schedule: before })),
          );
        },
      };
    },
  ),
  sabotage(
    "thirty-days",
    "forgets a receipt without a time after thirty days",
    "receipt.kept-years",
    (honest) => {
      const since = new Map<string, number>();
      return {
        commit: (batch) => {
          const { namespace, at, receipt } = batch;
          if (receipt?.keepUntil !== null) return honest.commit(batch);
          const first = since.get(nameOf(namespace, receipt.id)) ?? at;
          since.set(nameOf(namespace, receipt.id), first);
          const forgotten = at - first > 30 * 24 * 60 * 60 * 1000;
          const id = forgotten ? `${receipt.id} once more` : receipt.id;
          return honest.commit({ ...batch, receipt: { ...receipt, id } });
        },
      };
    },
  ),
  afterReplay("settles-replayed", "settles what a replayed command settles", ({ settle }) => ({
    settle,
  })),
  afterReplay("cancels-replayed", "cancels what a replayed command cancels", ({ cancel }) => ({
    cancel,
  })),
];
