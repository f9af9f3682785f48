/** Jobs in whole sets: what a lease reads, which jobs it passes over, and the order of locks. */
import { expect, it } from "@effect/vitest";
import type { JobOutcome, JobWrite, LeasedJob, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { openPostgresStorage } from "../src/index.ts";
import { batchOf, NAMESPACE } from "./support/batches.ts";
import {
  freshStorage,
  scopedPool,
  scopedSchema,
  sharedPool,
  withServer,
} from "./support/database.ts";

const QUEUE = "work";

const job = (id: string, part: Partial<JobWrite> = {}): JobWrite => ({
  ...{ id, queue: QUEUE, key: id, dueAt: 1000, value: id },
  ...part,
});

const leaseOf = (storage: Storage, limit: number, now = 1000) =>
  storage.lease({ namespace: NAMESPACE, queue: QUEUE, now, until: now + 1000, limit, owner: "w" });

const heldBy = ({ namespace, id, token }: LeasedJob) => ({ namespace, id, token });

const done = (leased: LeasedJob): JobOutcome => ({ _tag: "Done", ...heldBy(leased) });

/** Rows of the jobs read, once sessions that ended have told of so many that were changed. */
const readOf = (url: string, schema: string, changed: number) =>
  Effect.promise(async () => {
    for (;;) {
      const { rows } = await sharedPool(url).query<{ read: string; changed: string }>(
        "SELECT coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0) AS read, " +
          "n_tup_upd AS changed FROM pg_stat_user_tables " +
          "WHERE schemaname = $1::text AND relname = 'jobs'",
        [schema],
      );
      if (Number(rows[0]?.changed) >= changed) return Number(rows[0]?.read);
    }
  });

withServer("jobs in sets", (url) => {
  it.effect("a lease reads no more when more is due, however many jobs lie there", () =>
    Effect.gen(function* () {
      const [DUE, CALLS, LIMIT] = [4000, 10, 50];
      const schema = yield* scopedSchema(url);
      yield* Effect.scoped(
        Effect.gen(function* () {
          const source = yield* scopedPool(url, { max: 1 });
          const storage = yield* openPostgresStorage({ source, schema, maxConnections: 1 });
          // It plans its statements while hardly anything is there, and keeps the plans.
          yield* storage.commit(batchOf({ schedule: [job("first")] }));
          yield* leaseOf(storage, LIMIT);
          const many = Array.from({ length: DUE }, (_, n) => job(`job ${n}`));
          yield* storage.commit(batchOf({ schedule: many }));
          for (let n = 0; n < CALLS; n += 1) {
            expect((yield* leaseOf(storage, LIMIT)).length).toBe(LIMIT);
          }
        }),
      );
      const read = yield* readOf(url, schema, CALLS * LIMIT + 1);
      // Beside its own jobs a lease passes over those that are held: half of all, on average.
      expect(read / CALLS).toBeLessThan(CALLS * LIMIT * 2 + LIMIT * 10);
    }),
  );

  it.effect("keys that repeat hold up nobody: all others are found, oldest due first", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url);
      const crowd = Array.from({ length: 700 }, (_, n) => job(`crowd ${n}`, { key: `k${n % 3}` }));
      const behind = Array.from({ length: 5 }, (_, n) => job(`behind ${n}`, { dueAt: 1001 + n }));
      yield* storage.commit(batchOf({ schedule: [...behind.toReversed(), ...crowd] }));
      const first = yield* leaseOf(storage, 6, 2000);
      expect(first.map(({ id }) => id)).toEqual([
        ...["crowd 0", "crowd 1", "crowd 2"],
        ...["behind 0", "behind 1", "behind 2"],
      ]);
      expect((yield* leaseOf(storage, 6, 2000)).map(({ id }) => id)).toEqual([
        "behind 3",
        "behind 4",
      ]);
      yield* storage.settle(first.map(done), 2100);
      expect((yield* leaseOf(storage, 2, 2000)).map(({ id }) => id)).toEqual([
        "crowd 3",
        "crowd 4",
      ]);
    }),
  );

  const settles: Readonly<
    Record<
      string,
      (storage: Storage, jobs: ReadonlyArray<LeasedJob>) => Effect.Effect<unknown, unknown>
    >
  > = {
    "done at once": (storage, jobs) => storage.settle(jobs.map(done), 1100),
    "settled at once": (storage, jobs) =>
      storage.settle(
        jobs.map((one) => ({ _tag: "Retry", ...heldBy(one), dueAt: 5000 })),
        1100,
      ),
    "settled by a commit": (storage, jobs) =>
      storage.commit(batchOf({ at: 1100, settle: jobs.map(done) })),
    "settled and scheduled by a commit": (storage, jobs) =>
      storage.commit(
        batchOf({ at: 1100, settle: jobs.map(done), schedule: jobs.map(({ id }) => job(id)) }),
      ),
    "scheduled by a commit": (storage, jobs) =>
      storage.commit(batchOf({ at: 1100, schedule: jobs.map(({ id }) => job(id)) })),
    "cancelled by a commit": (storage, jobs) =>
      storage.commit(batchOf({ at: 1100, cancel: jobs.map(({ id }) => id) })),
  };

  /** Three leased jobs, the one in the middle changed by another session that is not through. */
  const waiting = Effect.fnUntraced(function* (change: string) {
    const { storage, schema } = yield* freshStorage(url);
    // By bytes capitals come first, by most languages' rules they do not.
    yield* storage.commit(batchOf({ schedule: [job("a"), job("Z"), job("m")] }));
    const leased = yield* leaseOf(storage, 3);
    const other = yield* Effect.acquireRelease(
      Effect.promise(() => sharedPool(url).connect()),
      (client) => Effect.promise(() => client.query("ROLLBACK").then(() => client.release())),
    );
    yield* Effect.promise(() => other.query("BEGIN"));
    yield* Effect.promise(() => other.query(`UPDATE ${schema}.jobs SET ${change} WHERE id = 'a'`));
    const free = Effect.promise(async () => {
      const { rows } = await sharedPool(url).query<{ id: string }>(
        `SELECT id FROM ${schema}.jobs FOR UPDATE SKIP LOCKED`,
      );
      return rows.map(({ id }) => id);
    });
    const untilItWaits = Effect.repeat(
      Effect.promise(() =>
        sharedPool(url).query(
          // For the row, that is: the lock of the town may be held by another test.
          "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' " +
            "AND wait_event <> 'advisory' AND query LIKE $1::text",
          [`%"${schema}".%`],
        ),
      ),
      { until: ({ rows }) => rows.length > 0 },
    );
    const commit = Effect.promise(() => other.query("COMMIT"));
    return { storage, leased, free, untilItWaits, commit };
  });

  it.live.each(Object.keys(settles))(
    "jobs that are %s are locked in the order of their ids",
    (how) =>
      Effect.gen(function* () {
        const { storage, leased, free, untilItWaits, commit } = yield* waiting("value = 'new'");
        const act = settles[how];
        if (act === undefined) throw new Error(how);
        const running = yield* Effect.forkChild(act(storage, leased.toReversed()));
        yield* untilItWaits;
        expect(yield* free).toEqual(["m"]);
        yield* commit;
        yield* Fiber.join(running);
      }),
  );

  it.live.each([
    ["another value", "value = 'new'", "Settled"],
    ["a longer lease", "leased_until = 9000", "Settled"],
    ["no lease", "token = NULL, leased_until = 0", "LeaseLost"],
  ] as const)(
    "a job that was given %s while it was waited for is settled as it then is",
    ([, change, result]) =>
      Effect.gen(function* () {
        for (const outcome of [
          done,
          (one: LeasedJob): JobOutcome => ({ _tag: "Renew", ...heldBy(one), until: 7000 }),
        ]) {
          const { storage, leased, untilItWaits, commit } = yield* waiting(change);
          const jobs = leased.toSorted((left, right) => (left.id < right.id ? -1 : 1));
          const running = yield* Effect.forkChild(storage.settle(jobs.map(outcome), 1100));
          yield* untilItWaits;
          yield* commit;
          expect(yield* Fiber.join(running)).toEqual(["Settled", result, "Settled"]);
          // Told again it is answered again.
          expect(yield* storage.settle(jobs.map(outcome), 1100)).toEqual([
            "Settled",
            result,
            "Settled",
          ]);
        }
      }),
  );

  it.live.each([
    ["leased", "attempt = attempt + 1, token = 'other', leased_until = 9000"],
    ["settled for another time", "token = NULL, leased_until = 0, due_at = 5000"],
  ] as const)("a job that was %s while its cancelling waited for it is cancelled", ([, change]) =>
    Effect.gen(function* () {
      const entry = { stream: "s", version: 1, value: "{}", hash: "h" };
      const cancels = [
        { cancel: ["a"] },
        { cancel: ["a"], entries: [entry] },
        { cancel: ["a", "m"] },
      ];
      for (const parts of cancels) {
        const { storage, free, untilItWaits, commit } = yield* waiting(change);
        const running = yield* Effect.forkChild(storage.commit(batchOf({ at: 1100, ...parts })));
        yield* untilItWaits;
        yield* commit;
        expect(yield* Fiber.join(running)).toEqual({ _tag: "Committed" });
        const left = ["Z", "a", "m"].filter((id) => !parts.cancel.includes(id));
        expect((yield* free).toSorted()).toEqual(left);
      }
    }),
  );
});
