/** Drivers wrong over a restart or through a second handle in finer ways: each kept every law there was before. */
import {
  type CommitBatch,
  Conflict,
  type LeasedJob,
  type Storage,
  StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { nothing } from "./batchSaboteurs.ts";
import { sabotageReopened, sabotageShared, type StorageSaboteur } from "./Saboteur.ts";

/** Leases jobs that are not quite those from before. */
const rebuilds = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (job: LeasedJob) => LeasedJob,
) =>
  sabotageReopened(id, wrong, caughtBy, (honest, opened) => ({
    lease: (request) =>
      Effect.map(honest.lease(request), (jobs) => (opened > 1 ? jobs.map(change) : jobs)),
  }));

/** Keeps cursors of scans in the memory of the handle that gave them. */
const ownPages = (honest: Storage): Partial<Storage> => {
  const places = new Map<string, string>();
  return {
    scan: (request) => {
      const { cursor } = request;
      const place = cursor === null ? null : places.get(cursor);
      if (place === undefined) {
        const detail = "this cursor was not made here";
        return Effect.fail(new StorageError({ reason: "Invalid", operation: "scan", detail }));
      }
      return Effect.map(honest.scan({ ...request, cursor: place }), ({ rows, next }) => {
        if (next === null) return { rows, next };
        const name = `page ${places.size}`;
        places.set(name, next);
        return { rows, next: name };
      });
    },
  };
};

const refused = new WeakMap<Storage, Array<CommitBatch>>();

const durableSaboteurs: ReadonlyArray<StorageSaboteur> = [
  rebuilds(
    "seven-bits",
    "reads the texts of jobs back in seven bits",
    "durable.texts-everywhere",
    (job) => ({ ...job, value: job.value.replace(/[^\n -~]/g, "?") }),
  ),
  sabotageReopened(
    "cut-receipts",
    "reads back the first hundred characters of a receipt",
    "durable.texts-everywhere",
    (honest, opened) => ({
      receipt: (request) =>
        Effect.map(honest.receipt(request), (kept) =>
          kept === null || opened === 1 ? kept : { ...kept, value: kept.value.slice(0, 100) },
        ),
    }),
  ),
  rebuilds("floats", "reads instants back with fifteen digits", "durable.numbers", (job) => ({
    ...job,
    dueAt: Number(job.dueAt.toPrecision(15)),
  })),
  sabotageReopened(
    "forgets-deaths",
    "knows no more by which token a job was given up",
    "durable.outcomes",
    (honest, opened) => ({
      settle: (outcomes, at) =>
        Effect.map(honest.settle(outcomes, at), (results) =>
          results.map((result, n) =>
            opened > 1 && outcomes[n]?._tag === "Dead" ? "LeaseLost" : result,
          ),
        ),
    }),
  ),
  sabotageReopened(
    "log-first",
    "writes commits to its log before it looks whether they hold, and runs the log when it is opened",
    "durable.refused",
    (honest, opened) => {
      const log = refused.get(honest) ?? [];
      refused.set(honest, log);
      if (opened > 1)
        for (const { namespace, at, rows, entries } of log.splice(0))
          Effect.runSync(
            Effect.ignore(honest.commit({ ...nothing({ namespace, at }), rows, entries })),
          );
      return {
        commit: (batch) =>
          Effect.tapError(honest.commit(batch), () => Effect.sync(() => log.push(batch))),
      };
    },
  ),
  sabotageReopened(
    "pages-of-before",
    "keeps the cursors of scans in memory",
    "durable.cursors",
    ownPages,
  ),
];

const orders = new WeakMap<Storage, Map<string, number>>();

const sharedSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotageShared(
    "own-pages",
    "knows only the cursors of scans that it gave itself",
    "shared.cursors",
    ownPages,
  ),
  sabotageShared(
    "own-streams",
    "holds entries against the last that it appended itself",
    "shared.streams",
    (honest) => {
      const last = new Map<string, number>();
      return {
        commit: (batch) => {
          const firsts = batch.entries.filter(
            (one, n) => batch.entries.findIndex(({ stream }) => stream === one.stream) === n,
          );
          const conflicts = firsts.flatMap(({ stream, version }) => {
            const actual = last.get(`${batch.namespace}\u0000${stream}`) ?? version - 1;
            const expected = version - 1;
            return actual === expected ? [] : [{ kind: "stream", id: stream, expected, actual }];
          });
          if (conflicts.length > 0) return Effect.fail(new Conflict({ conflicts }));
          return Effect.tap(honest.commit(batch), () => {
            for (const { stream, version } of batch.entries)
              last.set(`${batch.namespace}\u0000${stream}`, version);
            return Effect.void;
          });
        },
      };
    },
  ),
  sabotageShared(
    "own-order",
    "counts the jobs that it schedules by itself, whatever other handles schedule",
    "shared.ties",
    (honest) => {
      const order = orders.get(honest) ?? new Map<string, number>();
      orders.set(honest, order);
      let count = 0;
      const placeOf = ({ namespace, id }: LeasedJob) => order.get(`${namespace}\u0000${id}`) ?? 0;
      return {
        commit: (batch) => {
          for (const { id } of batch.schedule)
            order.set(`${batch.namespace}\u0000${id}`, (count += 1));
          return honest.commit(batch);
        },
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) =>
            jobs.toSorted((a, b) => a.dueAt - b.dueAt || placeOf(a) - placeOf(b)),
          ),
      };
    },
  ),
];

export const handleSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...durableSaboteurs,
  ...sharedSaboteurs,
];
