/** Drivers that are wrong only when calls fail, are cut short or come together. */
import type { CommitBatch, CommitResult, Conflict, Row, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type { Result } from "effect/Result";
import { sabotage, sabotageBatch, sabotageShared, type StorageSaboteur } from "./Saboteur.ts";

const withoutReceipt = (batch: CommitBatch): CommitBatch => ({ ...batch, receipt: null });

/** Those that are wrong in a crowd or under faults. */
export const crowdSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotage(
    "two-transactions",
    "writes rows in one transaction and entries in the next",
    "failure.cut-commit",
    (honest) => ({
      commit: (batch) => {
        const { namespace, at, entries } = batch;
        if (entries.length === 0 || batch.rows.length === 0) return honest.commit(batch);
        const first = honest.commit({ ...batch, entries: [] });
        const rest = { rows: [], guards: [], schedule: [], cancel: [], settle: [], receipt: null };
        const second = honest.commit({ namespace, at, entries, ...rest });
        return Effect.tap(first, (result) =>
          result._tag === "Replayed" ? Effect.void : Effect.andThen(Effect.yieldNow, second),
        );
      },
    }),
  ),
  sabotage(
    "receipt-afterwards",
    "keeps the receipt in a step after the commit",
    "commit.version-steps+faults",
    (honest) => ({
      commit: (batch) =>
        Effect.gen(function* () {
          const { namespace, at, receipt } = batch;
          if (receipt === null) return yield* honest.commit(batch);
          const known = yield* honest.receipt({ namespace, id: receipt.id });
          if (known !== null) return yield* honest.commit(batch);
          const result = yield* honest.commit(withoutReceipt(batch));
          yield* Effect.yieldNow;
          yield* honest.commit({ ...NOTHING, namespace, at, receipt });
          return result;
        }),
    }),
  ),
  sabotage(
    "stuck-lock",
    "never gives its lock back when a commit is interrupted",
    "failure.usable-after-cuts",
    (honest) => {
      let locked = false;
      return {
        commit: (batch) =>
          Effect.gen(function* () {
            while (locked) yield* Effect.yieldNow;
            locked = true;
            yield* Effect.yieldNow;
            yield* Effect.yieldNow;
            const result = yield* Effect.result(honest.commit(batch));
            locked = false;
            return yield* Effect.fromResult(result);
          }),
      };
    },
  ),
  sabotage(
    "spoiled-batch",
    "commits what came together as one and fails all for the fault of one",
    "failure.neighbours-unharmed",
    (honest) => {
      let group: Array<Result<CommitResult, Conflict | StorageError>> = [];
      return {
        commit: (batch) =>
          Effect.gen(function* () {
            const own = group;
            const told = yield* Effect.result(honest.commit(batch));
            own.push(told);
            yield* Effect.yieldNow;
            if (group === own) group = [];
            const spoiled = own.find((one) => one._tag === "Failure");
            return yield* Effect.fromResult(spoiled ?? told);
          }),
      };
    },
  ),
  sabotage(
    "two-reads",
    "reads rows one after another, with other work in between",
    "race.read-whole",
    (honest) => ({
      read: ({ namespace, keys }) =>
        Effect.map(
          Effect.forEach(keys, (key) =>
            Effect.andThen(Effect.yieldNow, honest.read({ namespace, keys: [key] })),
          ),
          (rows) => rows.flat(),
        ),
    }),
  ),
  sabotage(
    "early-guards",
    "checks guards first and writes a moment later",
    "race.any-guard-schedule",
    (honest) => ({
      commit: (batch) =>
        Effect.gen(function* () {
          const unwritten = { ...withoutReceipt(batch), ...NO_WRITES };
          yield* honest.commit(unwritten);
          yield* Effect.yieldNow;
          return yield* honest.commit({ ...batch, guards: [] });
        }),
    }),
  ),
  sabotage(
    "cancels-around",
    "passes over a job that is being leased or settled when it is to be cancelled",
    "race.cancel-holds",
    (honest) => {
      const busy = new Set<string>();
      const during = <A extends ReadonlyArray<{ readonly id: string }>>(jobs: A) =>
        Effect.suspend(() => {
          for (const { id } of jobs) busy.add(id);
          return Effect.as(Effect.andThen(Effect.yieldNow, Effect.yieldNow), jobs);
        }).pipe(Effect.ensuring(Effect.sync(() => jobs.map(({ id }) => busy.delete(id)))));
      return {
        lease: (request) => Effect.flatMap(honest.lease(request), during),
        settle: (outcomes, at) => Effect.tap(honest.settle(outcomes, at), () => during(outcomes)),
        commit: (batch) =>
          Effect.suspend(() =>
            honest.commit({ ...batch, cancel: batch.cancel.filter((id) => !busy.has(id)) }),
          ),
      };
    },
  ),
  sabotage(
    "one-clock",
    "lets a lease run out as soon as any caller's instant is past its end",
    "race.lease-history",
    (honest) => {
      let latest = 0;
      return {
        lease: (request) => {
          latest = Math.max(latest, request.now + 4);
          return honest.lease({
            ...request,
            now: latest,
            until: latest + request.until - request.now,
          });
        },
      };
    },
  ),
  sabotage(
    "lost-lease",
    "never gives back what was leased once",
    "failure.lease-answer-lost",
    (honest) => ({
      lease: (request) =>
        Effect.map(honest.lease({ ...request, until: Number.MAX_SAFE_INTEGER }), (jobs) =>
          jobs.map((job) => ({ ...job, leasedUntil: request.until })),
        ),
    }),
  ),
  sabotageBatch("deaf-cancel", "cancels nothing", "cancel.forgets", (batch) => ({
    ...batch,
    cancel: [],
  })),
  sabotageBatch("unsettled", "settles nothing inside commits", "settle.in-commit", (batch) => ({
    ...batch,
    settle: [],
  })),
  sabotageBatch(
    "short-memory",
    "forgets every receipt in time",
    "receipt.kept-for-ever",
    (batch) => ({
      ...batch,
      receipt: batch.receipt === null ? null : { ...batch.receipt, keepUntil: batch.at },
    }),
  ),
  sabotageBatch(
    "small-letters",
    "compares ids without regard to case",
    "text.case-apart",
    (batch) => ({
      ...batch,
      rows: batch.rows.map((row) => ({ ...row, id: row.id.toLowerCase() })),
    }),
  ),
  sabotage(
    "early-lease",
    "leases jobs a moment before they are due",
    "lease.due-only",
    (honest) => ({
      lease: (request) => honest.lease({ ...request, now: request.now + 1 }),
    }),
  ),
  sabotage("uncounted", "calls every attempt the first", "lease.attempt-counted", (honest) => ({
    lease: (request) =>
      Effect.map(honest.lease(request), (jobs) => jobs.map((job) => ({ ...job, attempt: 1 }))),
  })),
  sabotageShared(
    "own-cache",
    "answers reads from a cache that other handles do not clear",
    "shared.sees-commits",
    (honest) => {
      const cache = new Map<string, Row | null>();
      return {
        read: ({ namespace, keys }) =>
          Effect.gen(function* () {
            const fresh = yield* honest.read({ namespace, keys });
            return keys.map(({ kind, id }, n) => {
              const name = JSON.stringify([namespace, kind, id]);
              if (!cache.has(name)) cache.set(name, fresh[n] ?? null);
              return cache.get(name) ?? null;
            });
          }),
      };
    },
  ),
  sabotageShared(
    "own-receipts",
    "knows only the receipts of its own handle",
    "shared.acts-once",
    (honest) => {
      const own = `${(handles += 1)} `;
      return {
        commit: (batch) =>
          honest.commit({
            ...batch,
            rows: [],
            entries: [],
            receipt:
              batch.receipt === null ? null : { ...batch.receipt, id: own + batch.receipt.id },
          }),
      };
    },
  ),
  sabotageShared(
    "own-leases",
    "lets only the handle that leased a job settle it",
    "shared.fenced",
    (honest) => {
      const taken = new Set<string>();
      return {
        lease: (request) =>
          Effect.tap(honest.lease(request), (jobs) =>
            Effect.sync(() => jobs.forEach((job) => taken.add(job.token))),
          ),
        settle: (outcomes, at) =>
          honest.settle(
            outcomes.map((one) => (taken.has(one.token) ? one : { ...one, token: "none" })),
            at,
          ),
      };
    },
  ),
];

let handles = 0;

const NO_WRITES = { rows: [], entries: [], schedule: [], cancel: [], settle: [] } as const;
const NOTHING = { ...NO_WRITES, guards: [], receipt: null } as const;
