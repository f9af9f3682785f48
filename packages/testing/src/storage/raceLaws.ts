/** Laws of racing callers: fibers over one storage, and schedules drawn by fast-check. */
import { type Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { done, entry, job, type Lab, makeLab, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { fromCheck } from "./Property.ts";

const CROWD = Array.from({ length: 8 }, (_, n) => n);
const together = { concurrency: "unbounded" } as const;
const accepted = <A, E>(calls: Effect.Effect<A, E>) =>
  Effect.match(calls, { onSuccess: () => 1, onFailure: () => 0 });
const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0);

export const raceLaws: ReadonlyArray<StorageLaw> = [
  law(
    "race.one-writer-wins",
    "Of several writers over the same version exactly one is accepted.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      const won = yield* Effect.forEach(
        CROWD,
        (n) =>
          accepted(
            Effect.andThen(
              Effect.yieldNow,
              lab.commit({ rows: [row("a", { expected: 1, value: `by ${n}` })] }),
            ),
          ),
        together,
      );
      yield* same("accepted", sum(won), 1);
      const winner = won.indexOf(1);
      yield* same("row", (yield* lab.read("a"))[0]?.value, `by ${winner}`);
    },
  ),
  law(
    "race.one-appender-wins",
    "Of several appenders at the same version exactly one is accepted.",
    function* (lab) {
      const won = yield* Effect.forEach(
        CROWD,
        (n) =>
          accepted(
            Effect.andThen(
              Effect.yieldNow,
              lab.commit({ entries: [{ ...entry("s", 1), value: `by ${n}` }] }),
            ),
          ),
        together,
      );
      yield* same("accepted", sum(won), 1);
      yield* same(
        "entries",
        (yield* lab.feed()).map((one) => one.value),
        [`by ${won.indexOf(1)}`],
      );
    },
  ),
  law("race.acts-once", "A command sent by several at once acts once.", function* (lab) {
    const results = yield* Effect.forEach(
      CROWD,
      (n) =>
        Effect.andThen(
          Effect.yieldNow,
          lab.commit({ rows: [row(`r${n}`, { by: ["k"] })], receipt: receipt("c", "x") }),
        ),
      together,
    );
    const committed = results.filter((one) => one._tag === "Committed").length;
    yield* same("committed and rows", [committed, yield* lab.count()], [1, 1]);
  }),
  law(
    "race.one-holder",
    "Workers that lease at once never hold the same job or key.",
    function* (lab) {
      yield* lab.commit({
        schedule: Array.from({ length: 30 }, (_, n) => job(`j${n}`, { key: `k${n % 12}` })),
      });
      const leased = yield* Effect.forEach(
        CROWD,
        (n) => Effect.andThen(Effect.yieldNow, lab.lease({ owner: `w${n}`, limit: 3 })),
        together,
      );
      const keys = leased.flat().map((one) => one.key);
      yield* same("keys", [keys.length, new Set(keys).size], [12, 12]);
    },
  ),
  law(
    "race.feed-misses-nothing",
    "A reader that follows the feed while others commit sees every entry once and in order.",
    function* (lab) {
      const writers = Effect.forEach(
        CROWD,
        (n) =>
          Effect.forEach([1, 2, 3, 4, 5], (version) =>
            Effect.andThen(Effect.yieldNow, lab.commit({ entries: [entry(`s${n}`, version)] })),
          ),
        together,
      );
      const follow = Effect.gen(function* () {
        const seen: Array<string> = [];
        let after: string | null = null;
        for (let idle = 0; seen.length < 40 && idle < 2000; idle += 1) {
          const page: {
            readonly entries: ReadonlyArray<{ readonly stream: string; readonly version: number }>;
            readonly next: string | null;
          } = yield* lab.storage.feed({ namespace: "xinan", after, limit: 3, stream: null });
          seen.push(...page.entries.map((one) => `${one.stream} ${one.version}`));
          after = page.next;
          yield* Effect.yieldNow;
        }
        return seen;
      });
      const [, seen] = yield* Effect.all([writers, follow], together);
      const whole = (yield* lab.feed()).map((one) => `${one.stream} ${one.version}`);
      yield* same("entries", seen, whole);
    },
  ),
  law(
    "race.settle-once",
    "Of a worker that settles and another that takes over after the lease's end only one succeeds.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const [first] = yield* lab.lease();
      if (first === undefined) return yield* same("jobs", 0, 1);
      const [settled, taken] = yield* Effect.all(
        [lab.settle(2000, done(first)), lab.lease({ now: 2000, until: 3000 })],
        together,
      );
      yield* same("settled, taken", [settled, taken.length], [["LeaseLost"], 1]);
      return undefined;
    },
  ),
  law(
    "race.any-schedule",
    "Two who read, decide and commit never lose an update, however their calls are interleaved.",
    function* (lab) {
      let run = 0;
      const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        run += 1;
        const id = `counter ${run}`;
        await Effect.runPromise(lab.commit({ rows: [row(id, { value: "0" })] }));
        const racing = makeLab(lab.fixture, "xinan", interleaved(lab.storage, scheduler));
        const all = Promise.all([0, 1, 2].map(() => Effect.runPromise(increment(racing, id))));
        await scheduler.waitFor(all);
        const retries = sum(await all);
        const [final] = await Effect.runPromise(lab.read(id));
        return final?.value === "3" && final.version === 4 && retries <= 3;
      });
      yield* fromCheck(property, { numRuns: 60, seed: 20 });
    },
  ),
];

/** Each call waits until the scheduler lets it through, so any order of calls may happen. */
const interleaved = (storage: Storage, scheduler: fc.Scheduler): Storage => {
  const turn = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.andThen(
      Effect.promise(() => scheduler.schedule(Promise.resolve())),
      call,
    );
  return {
    ...storage,
    read: (request) => turn(storage.read(request)),
    commit: (batch) => turn(storage.commit(batch)),
  };
};

/** Adds one to a counter, again after each conflict; gives the number of conflicts. */
const increment = Effect.fnUntraced(function* (lab: Lab, id: string) {
  for (let conflicts = 0; conflicts < 10; conflicts += 1) {
    const [found] = yield* lab.read(id);
    const next = row(id, {
      expected: found?.version ?? 0,
      value: String(Number(found?.value) + 1),
    });
    const won = yield* Effect.match(lab.commit({ rows: [next] }), {
      onSuccess: () => true,
      onFailure: (error) => (error._tag === "Conflict" ? false : error),
    });
    if (won instanceof StorageError) return yield* won;
    if (won) return conflicts;
  }
  return Number.POSITIVE_INFINITY;
});
