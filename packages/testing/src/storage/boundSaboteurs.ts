/** Drivers that work until something is as large as it may be. */
import type { CommitBatch, DeadPage, FeedPage, ScanPage } from "@linli/core/ports";
import { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

const firstOf = <A>(list: ReadonlyArray<A>, count: number) => list.slice(0, count);

/** Passes over all of a batch's list behind the first so many. */
const overlooks = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (batch: CommitBatch) => Partial<CommitBatch>,
) => sabotageBatch(id, wrong, caughtBy, (batch) => ({ ...batch, ...change(batch) }));

const listSaboteurs: ReadonlyArray<StorageSaboteur> = [
  overlooks(
    "rows-thousands",
    "writes the first 5000 rows of a batch",
    "limits.rows-at-bound",
    ({ rows }) => ({ rows: firstOf(rows, 5000) }),
  ),
  overlooks(
    "guards-hundreds",
    "holds the first 500 guards of a batch",
    "limits.guards-at-bound",
    ({ guards }) => ({ guards: firstOf(guards, 500) }),
  ),
  overlooks(
    "keys-hundred",
    "indexes a row under its first hundred keys",
    "limits.index-keys-at-bound",
    ({ rows }) => ({
      rows: rows.map((row) => ({ ...row, indexes: firstOf(row.indexes, 100) })),
    }),
  ),
  overlooks(
    "entries-thousand",
    "appends the first thousand entries of a batch",
    "limits.entries-at-bound",
    ({ entries }) => ({ entries: firstOf(entries, 1000) }),
  ),
  overlooks(
    "jobs-thousand",
    "schedules the first thousand jobs of a batch",
    "limits.jobs-at-bound",
    ({ schedule }) => ({ schedule: firstOf(schedule, 1000) }),
  ),
  overlooks(
    "cancels-hundreds",
    "cancels the first 500 jobs of a batch",
    "limits.cancel-at-bound",
    ({ cancel }) => ({ cancel: firstOf(cancel, 500) }),
  ),
  overlooks(
    "settles-thousand",
    "settles the first thousand outcomes of a batch",
    "limits.dead-at-bound",
    ({ settle }) => ({ settle: firstOf(settle, 1000) }),
  ),
  overlooks(
    "revives-thousand",
    "revives the first thousand dead jobs of a batch",
    "limits.dead-at-bound",
    ({ revive = [] }) => ({ revive: firstOf(revive, 1000) }),
  ),
  sabotage(
    "reads-thousand",
    "reads the first thousand rows asked for",
    "limits.rows-at-bound",
    (honest) => ({
      read: (request) =>
        Effect.map(honest.read(request), (rows) => rows.map((row, n) => (n < 1000 ? row : null))),
    }),
  ),
  sabotage(
    "outcomes-thousand",
    "settles the first thousand outcomes of a call",
    "limits.jobs-at-bound",
    (honest) => ({
      settle: (outcomes, at) =>
        Effect.map(honest.settle(firstOf(outcomes, 1000), at), (results) =>
          outcomes.map((_, n) => results[n] ?? "LeaseLost"),
        ),
    }),
  ),
];

const full = <A>(list: ReadonlyArray<A>) => list.length === 1000;

/** Pages that are wrong only when they are as long as they may be. */
const pageSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotage(
    "full-scan-last",
    "takes a page of a thousand rows for the last",
    "limits.index-keys-at-bound",
    (honest) => ({
      scan: (request) =>
        Effect.map(honest.scan(request), (page): ScanPage =>
          full(page.rows) ? { ...page, next: null } : page,
        ),
    }),
  ),
  sabotage(
    "full-feed-skips",
    "loses an entry in the middle of a page of a thousand",
    "limits.entries-at-bound",
    (honest) => ({
      feed: (request) =>
        Effect.map(honest.feed(request), (page): FeedPage =>
          full(page.entries)
            ? { ...page, entries: page.entries.filter((_, n) => n !== 500) }
            : page,
        ),
    }),
  ),
  sabotage(
    "full-dead-last",
    "takes a page of a thousand dead jobs for the last",
    "limits.dead-at-bound",
    (honest) => ({
      dead: (request) =>
        Effect.map(honest.dead(request), (page): DeadPage =>
          full(page.jobs) ? { ...page, next: null } : page,
        ),
    }),
  ),
  sabotage(
    "full-lease-late",
    "leases a thousand jobs but hands out the first 999",
    "limits.jobs-at-bound",
    (honest) => ({
      lease: (request) => Effect.map(honest.lease(request), (jobs) => firstOf(jobs, 999)),
    }),
  ),
];

/** Cuts what a batch holds at a size of its own. */
const cuts = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (batch: CommitBatch) => Partial<CommitBatch>,
) => overlooks(id, `cuts ${wrong}`, caughtBy, change);

const sizeSaboteurs: ReadonlyArray<StorageSaboteur> = [
  cuts(
    "receipt-page",
    "the value of a receipt at 4096 characters",
    "limits.values-at-bound",
    ({ receipt }) => ({
      receipt: receipt && { ...receipt, value: receipt.value.slice(0, 4096) },
    }),
  ),
  cuts(
    "job-text",
    "the value of a job at 65,535 characters",
    "limits.values-at-bound",
    ({ schedule }) => ({
      schedule: schedule.map((job) => ({ ...job, value: job.value.slice(0, 65_535) })),
    }),
  ),
  sabotage(
    "short-reason",
    "cuts the reason of a death at 255 characters",
    "limits.values-at-bound",
    (honest) => ({
      settle: (outcomes, at) =>
        honest.settle(
          outcomes.map((one) =>
            one._tag === "Dead" ? { ...one, reason: one.reason.slice(0, 255) } : one,
          ),
          at,
        ),
    }),
  ),
  cuts("hash-column", "hashes at 64 characters", "limits.names-at-bound", ({ entries }) => ({
    entries: entries.map((entry) => ({ ...entry, hash: entry.hash.slice(0, 64) })),
  })),
  sabotage(
    "short-cursor",
    "cannot take back a cursor of more than 2000 characters",
    "limits.cursors-at-bound",
    (honest) => ({
      scan: (request) =>
        (request.cursor?.length ?? 0) > 2000
          ? Effect.fail(
              new StorageError({ reason: "Invalid", operation: "scan", detail: "no such cursor" }),
            )
          : honest.scan(request),
    }),
  ),
];

/** Those that are wrong at the bounds. */
export const boundSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...listSaboteurs,
  ...pageSaboteurs,
  ...sizeSaboteurs,
];
