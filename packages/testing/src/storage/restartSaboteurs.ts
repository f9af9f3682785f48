/** Drivers that rebuild something wrong when they are opened again. */
import type { CommitBatch, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotageReopened, type StorageSaboteur } from "./Saboteur.ts";

/** Nothing that is wrong before the first reopening. */
const later = (opened: number, wrong: Partial<Storage>): Partial<Storage> =>
  opened > 1 ? wrong : {};

const laterBatch = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (batch: CommitBatch) => Partial<CommitBatch>,
) =>
  sabotageReopened(id, wrong, caughtBy, (honest, opened) =>
    later(opened, { commit: (batch) => honest.commit({ ...batch, ...change(batch) }) }),
  );

/** Those that are wrong over a restart in finer ways. */
export const restartSaboteurs: ReadonlyArray<StorageSaboteur> = [
  laterBatch(
    "keeps-the-eternal",
    "opens with those receipts only that are never forgotten",
    "durable.receipts-passing",
    ({ receipt }) => ({
      receipt:
        receipt === null || receipt.keepUntil === null
          ? receipt
          : { ...receipt, id: `${receipt.id} anew` },
    }),
  ),
  laterBatch(
    "new-keys",
    "knows no more under which keys its leased jobs are",
    "durable.keys-held",
    ({ schedule }) => ({ schedule: schedule.map((job) => ({ ...job, key: `${job.key} anew` })) }),
  ),
  laterBatch(
    "headless",
    "opens with the versions of its streams, not with what they end with",
    "durable.heads",
    ({ entries }) => ({ entries: entries.map(({ previous: _, ...entry }) => entry) }),
  ),
  sabotageReopened("one-index", "opens with one index", "durable.indexes", (honest, opened) =>
    later(opened, {
      scan: (request) =>
        honest.scan(request.index === "by" ? request : { ...request, index: "of yesterday" }),
    }),
  ),
  sabotageReopened(
    "first-end",
    "opens with leases as they were taken, not as they were renewed",
    "durable.renewed",
    (honest) => ({
      settle: (outcomes, at) =>
        outcomes.every((one) => one._tag === "Renew")
          ? Effect.succeed(outcomes.map(() => "Settled" as const))
          : honest.settle(outcomes, at),
    }),
  ),
  sabotageReopened(
    "fresh-start",
    "opens with no attempts of the jobs that wait",
    "durable.attempts",
    (honest, opened) => {
      const waiting = waitingOf.get(honest) ?? new Set<string>();
      waitingOf.set(honest, waiting);
      return {
        settle: (outcomes, at) => {
          for (const { _tag, id } of outcomes) if (_tag === "Retry") waiting.add(id);
          return honest.settle(outcomes, at);
        },
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) =>
            jobs.map((job) =>
              opened > 1 && waiting.has(job.id) ? { ...job, attempt: job.attempt - 1 } : job,
            ),
          ),
      };
    },
  ),
  sabotageReopened(
    "counts-anew",
    "begins to count its jobs anew when it is opened",
    "durable.ties",
    (honest, opened) => {
      const own = new Map<string, number>();
      return later(opened, {
        commit: (batch) => {
          for (const { id } of batch.schedule) own.set(id, own.size - 1000);
          return honest.commit(batch);
        },
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) =>
            [...jobs].sort(
              (a, b) => a.dueAt - b.dueAt || (own.get(a.id) ?? 0) - (own.get(b.id) ?? 0),
            ),
          ),
      });
    },
  ),
];

/** Jobs that were put off, of the data of one saboteur. */
const waitingOf = new WeakMap<Storage, Set<string>>();
