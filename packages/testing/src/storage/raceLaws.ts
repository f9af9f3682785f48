/** Laws of racing callers: fibers over one storage, and schedules drawn by fast-check. */
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { followWhile } from "./follow.ts";
import { done, entry, job, only, receipt, renew, retry, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { allPages } from "./pages.ts";

const CROWD = Array.from({ length: 8 }, (_, n) => n);
const together = { concurrency: "unbounded" } as const;
const accepted = <A, E>(calls: Effect.Effect<A, E>) =>
  Effect.match(calls, { onSuccess: () => 1, onFailure: () => 0 });
const yielded = <A, E>(call: Effect.Effect<A, E>) => Effect.andThen(Effect.yieldNow, call);
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
      const followed = yield* followWhile(lab.storage, writers, CROWD.length * 5);
      const seen = followed.map((one) => `${one.stream} ${one.version}`);
      const whole = (yield* lab.feed()).map((one) => `${one.stream} ${one.version}`);
      yield* same("entries", seen, whole);
    },
  ),
  law(
    "race.settle-once",
    "A job whose lease ends while its holder settles and others ask for it is done or held by exactly one of them: never two, never its old holder once the lease has ended, and nobody only while such a call is under way.",
    function* (lab) {
      for (const n of CROWD) {
        const until = 3000;
        yield* lab.commit({ schedule: [job(`j${n}`)] });
        const first = yield* only("job", yield* lab.lease());
        // In the last moment of the lease, or in the first one after it.
        const at = n % 2 === 0 ? 2000 : 1999;
        const settle =
          n % 3 === 0 ? lab.settle(at, done(first)) : yielded(lab.settle(at, done(first)));
        const take = (owner: number) => lab.lease({ now: 2000, until, owner: `w${owner}` });
        const [[settled], asked] = yield* Effect.all(
          [settle, Effect.forEach([1, 2, 3], (owner) => yielded(take(owner)), together)],
          together,
        );
        // A driver may pass over a job that another call looks at in that very moment, not later.
        const held = [...asked.flat(), ...(yield* take(4))];
        const isDone = settled === "Settled";
        yield* same("done or held", [isDone ? 1 : 0, held.length], isDone ? [1, 0] : [0, 1]);
        if (at === 2000) yield* same("after the end", settled, "LeaseLost");
        const late = yield* lab.settle(2100, done(first));
        yield* same("once more", late, isDone ? ["Settled"] : ["LeaseLost"]);
        for (const other of held)
          yield* same("holder", yield* lab.settle(2100, done(other)), ["Settled"]);
        yield* same("left", yield* lab.lease({ now: 9000, until: 9999 }), []);
      }
      return undefined;
    },
  ),
  law("race.read-whole", "A read of several rows never shows half of a commit.", function* (lab) {
    yield* lab.commit({ rows: [row("a"), row("b")] });
    const write = Effect.forEach(CROWD, (n) =>
      Effect.andThen(
        Effect.yieldNow,
        lab.commit({ rows: [row("a", { expected: n + 1 }), row("b", { expected: n + 1 })] }),
      ),
    );
    const look = Effect.forEach([...CROWD, ...CROWD, ...CROWD], () =>
      Effect.andThen(Effect.yieldNow, lab.versions("a", "b")),
    );
    const [, seen] = yield* Effect.all([write, look], together);
    const halves = seen.filter(([a, b]) => a !== b);
    yield* same("halves", halves, []);
  }),
  law(
    "race.scan-under-writers",
    "Pages read while others write show each row that stays exactly once.",
    function* (lab) {
      const steady = Array.from({ length: 20 }, (_, n) => `k${String(n * 10).padStart(3, "0")}`);
      yield* lab.commit({ rows: steady.map((id) => row(id, { by: [id] })) });
      const write = Effect.forEach(
        CROWD,
        (n) =>
          Effect.forEach([1, 2, 3], (m) => {
            const id = `k${String(n * 23 + m).padStart(3, "0")}x`;
            const gone = row(id, { expected: 1, value: null });
            return Effect.andThen(
              Effect.andThen(Effect.yieldNow, lab.commit({ rows: [row(id, { by: [id] })] })),
              m === 2 ? lab.commit({ rows: [gone] }) : Effect.void,
            );
          }),
        together,
      );
      const read = allPages(
        "scan",
        null,
        ({ next }) => next === null,
        (cursor) =>
          Effect.map(
            Effect.tap(lab.scan({ limit: 3, cursor }), () => Effect.yieldNow),
            ({ rows, next }) => ({ items: rows.map((one) => one.id), next }),
          ),
      );
      const [, first, second] = yield* Effect.all([write, read, read], together);
      for (const seen of [first, second]) {
        const stayed = seen.filter((id) => !id.endsWith("x"));
        yield* same("steady rows", stayed, steady);
      }
    },
  ),
  law(
    "race.cancel-or-settle",
    "Of a commit that settles a job and one that cancels it at once, the job ends once and is gone.",
    function* (lab) {
      for (const n of CROWD) {
        yield* lab.commit({ schedule: [job(`j${n}`)] });
        const [leased] = yield* lab.lease();
        if (leased === undefined) return yield* same("jobs", 0, 1);
        const settle = lab.commit({
          at: 1100,
          entries: [entry(`work ${n}`, 1)],
          settle: [done(leased)],
        });
        const cancel = lab.commit({ at: 1100, cancel: [`j${n}`] });
        const [settled] = yield* Effect.all(
          n % 2 === 0
            ? [accepted(settle), accepted(cancel)]
            : [Effect.andThen(Effect.yieldNow, accepted(settle)), accepted(cancel)],
          together,
        );
        const entries = yield* lab.feed({ stream: `work ${n}` });
        yield* same("told and done", entries.length, settled);
        yield* same("jobs", yield* lab.lease({ now: 9000, until: 9999 }), []);
      }
      return undefined;
    },
  ),
  law(
    "race.cancel-holds",
    "Once the commit that cancels a job is answered the job is gone, though others lease it, renew its lease or put it off at that moment.",
    function* (lab) {
      const rounds = [...CROWD, ...CROWD, ...CROWD];
      for (const [n] of rounds.entries()) {
        const id = `j${n}`;
        yield* lab.commit({ schedule: [job(id)] });
        const [leased] = n % 3 === 0 ? [] : yield* lab.lease();
        const cancel = lab.commit({ at: 1100, cancel: [id] });
        const others: Effect.Effect<unknown, StorageError> =
          leased === undefined
            ? lab.lease()
            : lab.settle(1100, n % 3 === 1 ? renew(5000, leased) : retry(1200, leased));
        const inTurn = n % 2 === 0 ? [others, yielded(cancel)] : [yielded(others), cancel];
        yield* Effect.all(inTurn, together);
        yield* same("jobs", yield* lab.lease({ now: 9000, until: 9999 }), []);
      }
      return undefined;
    },
  ),
  law(
    "race.one-settles",
    "A job's work that two commits want to settle under one lease is done once.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const [leased] = yield* lab.lease();
      if (leased === undefined) return yield* same("jobs", 0, 1);
      const won = yield* Effect.forEach(
        CROWD,
        (n) =>
          accepted(
            Effect.andThen(
              Effect.yieldNow,
              lab.commit({ at: 1100, rows: [row(`r${n}`, { by: ["k"] })], settle: [done(leased)] }),
            ),
          ),
        together,
      );
      yield* same("accepted and rows", [sum(won), yield* lab.count()], [1, 1]);
      return undefined;
    },
  ),
];
