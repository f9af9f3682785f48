/** Laws of callers whose calls fast-check interleaves in any order it draws. */
import { type FeedPage, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { done, entry, guard, HOME, job, type Lab, makeLab, renew, row } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { allPages } from "./pages.ts";
import { fromCheck } from "./Property.ts";

const accepted = <A, E>(calls: Effect.Effect<A, E>) =>
  Effect.match(calls, { onSuccess: () => true, onFailure: () => false });

export const scheduleLaws: ReadonlyArray<StorageLaw> = [
  law(
    "race.any-guard-schedule",
    "However reads and commits are interleaved, nobody acts on a version that was gone when the commit counted.",
    function* (lab) {
      let run = 0;
      const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        run += 1;
        const [left, right] = [`left ${run}`, `right ${run}`];
        await Effect.runPromise(lab.commit({ rows: [row(left), row(right)] }));
        const racing = makeLab(lab.fixture, HOME, interleaved(lab.storage, scheduler));
        // Each gives its own up while the other is still on duty: both at once must not happen.
        const all = Promise.all([
          Effect.runPromise(stepDown(racing, left, right)),
          Effect.runPromise(stepDown(racing, right, left)),
        ]);
        await scheduler.waitFor(all);
        const versions = await Effect.runPromise(lab.versions(left, right));
        return versions.filter((version) => version === 1).length === 1;
      });
      yield* fromCheck(property, { numRuns: 60, seed: 21 }, lab.fixture.replay);
    },
  ),
  law(
    "race.any-lease-schedule",
    "However leases, renewals and settlements are interleaved, each job is done once and nobody is told otherwise.",
    function* (lab) {
      let run = 0;
      const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        run += 1;
        const own = lab.within(`leases ${run}`);
        await Effect.runPromise(own.commit({ schedule: [job("j"), job("k")] }));
        const racing = own.within(`leases ${run}`, interleaved(lab.storage, scheduler));
        const all = Promise.all([0, 1, 2].map((n) => Effect.runPromise(workOff(racing, n))));
        await scheduler.waitFor(all);
        const finished = (await all).flat().sort();
        const left = await Effect.runPromise(own.lease({ now: 99_000, until: 99_999 }));
        const rest = left.map((one) => one.id);
        return [...finished, ...rest].sort().join() === "j,k";
      });
      yield* fromCheck(property, { numRuns: 60, seed: 22 }, lab.fixture.replay);
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
        const retries = (await all).reduce((total, one) => total + one, 0);
        const [final] = await Effect.runPromise(lab.read(id));
        return final?.value === "3" && final.version === 4 && retries <= 3;
      });
      yield* fromCheck(property, { numRuns: 60, seed: 20 }, lab.fixture.replay);
    },
  ),
  law(
    "race.any-page-schedule",
    "However commits and pages are interleaved, whoever follows the feed sees its entries once and in order, and whoever pages through an index sees each row that stays once.",
    function* (lab) {
      let run = 0;
      const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        run += 1;
        const own = lab.within(`pages ${run}`);
        const steady = STEADY.map((id) => row(id, { by: [id] }));
        await Effect.runPromise(own.commit({ rows: steady }));
        const racing = own.within(own.namespace, interleaved(lab.storage, scheduler));
        const readers = Promise.all([
          Effect.runPromise(followSome(racing)),
          Effect.runPromise(pageThrough(racing, "ascending")),
          Effect.runPromise(pageThrough(racing, "descending")),
        ]);
        const writers = [0, 1].map((n) => Effect.runPromise(writeBeside(racing, n)));
        await scheduler.waitFor(Promise.all([readers, ...writers]));
        const [followed, up, down] = await readers;
        const entries = await Effect.runPromise(own.feed());
        const whole = entries.map((one) => `${one.stream} ${one.version}`);
        return (
          followed.join() === whole.slice(0, followed.length).join() &&
          up.join() === STEADY.join() &&
          down.join() === STEADY.toReversed().join()
        );
      });
      yield* fromCheck(property, { numRuns: 60, seed: 23 }, lab.fixture.replay);
    },
  ),
];

/** Each call and each answer waits until the scheduler lets it through, so any order may happen. */
const interleaved = (storage: Storage, scheduler: fc.Scheduler): Storage => {
  const pause = Effect.promise(() => scheduler.schedule(Promise.resolve()));
  const turn = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.andThen(pause, Effect.ensuring(call, pause));
  return {
    ...storage,
    read: (request) => turn(storage.read(request)),
    scan: (request) => turn(storage.scan(request)),
    feed: (request) => turn(storage.feed(request)),
    commit: (batch) => turn(storage.commit(batch)),
    lease: (request) => turn(storage.lease(request)),
    settle: (outcomes, at) => turn(storage.settle(outcomes, at)),
  };
};

const STEADY = ["b", "d", "f", "h"];

/** Writes a stream of its own, and a row that comes and goes between those that stay. */
const writeBeside = Effect.fnUntraced(function* (lab: Lab, writer: number) {
  const id = ["c", "g"][writer] ?? "a";
  yield* lab.commit({ rows: [row(id, { by: [id] })], entries: [entry(id, 1)] });
  yield* lab.commit({ rows: [row(id, { expected: 1, by: ["a"] })], entries: [entry(id, 2)] });
  yield* lab.commit({ rows: [row(id, { expected: 2, value: null })], entries: [entry(id, 3)] });
});

/** Pages through the index from end to end; gives the rows that were there all the time. */
const pageThrough = (lab: Lab, order: "ascending" | "descending") =>
  Effect.map(
    allPages(
      "scan",
      null,
      ({ next }) => next === null,
      (cursor) =>
        Effect.map(lab.scan({ order, limit: 2, cursor }), ({ rows, next }) => ({
          items: rows.map(({ id }) => id),
          next,
        })),
    ),
    (ids) => ids.filter((id) => STEADY.includes(id)),
  );

/** Follows the feed for some pages, as far as it comes. */
const followSome = Effect.fnUntraced(function* (lab: Lab) {
  const seen: Array<string> = [];
  let after: string | null = null;
  for (let turn = 0; turn < 6; turn += 1) {
    const page: FeedPage = yield* lab.storage.feed({
      ...{ namespace: lab.namespace, after, limit: 2, stream: null },
    });
    seen.push(...page.entries.map((one) => `${one.stream} ${one.version}`));
    after = page.next;
  }
  return seen;
});

/** Gives `own` up if `other` is on duty, relying on that; true when it was accepted. */
const stepDown = Effect.fnUntraced(function* (lab: Lab, own: string, other: string) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const [mine, theirs] = yield* lab.versions(own, other);
    if (mine !== 1 || theirs !== 1) return false;
    const batch = { rows: [row(own, { expected: 1 })], guards: [guard(other, 1)] };
    if (yield* accepted(lab.commit(batch))) return true;
  }
  return false;
});

/** Leases with short leases, renews sometimes, settles; gives the jobs it was told are done by it. */
const workOff = Effect.fnUntraced(function* (lab: Lab, worker: number) {
  const finished: Array<string> = [];
  for (let round = 0; round < 3; round += 1) {
    const now = 1000 + round * 10 + worker;
    for (const leased of yield* lab.lease({ now, until: now + 8, limit: 1 })) {
      if (worker === 1) yield* lab.settle(now + 1, renew(now + 20, leased));
      const [result] = yield* lab.settle(now + 2, done(leased));
      if (result === "Settled") finished.push(leased.id);
    }
  }
  return finished;
});

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
    if (typeof won !== "boolean") return yield* won;
    if (won) return conflicts;
  }
  return Number.POSITIVE_INFINITY;
});
