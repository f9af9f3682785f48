/**
 * Finer laws of work: what a refused or replayed commit leaves alone, scheduling an id
 * again, settling at odd instants, and turns. Each was broken by a driver that kept
 * all the others.
 */
import * as Effect from "effect/Effect";
import {
  dead,
  done,
  entry,
  guard,
  HOME,
  idsOf,
  job,
  type Lab,
  only,
  receipt,
  renew,
  retry,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

/** Leases that many jobs, no more and no fewer, in the order of their ids. */
const leased = Effect.fnUntraced(function* (lab: Lab, ...ids: ReadonlyArray<string>) {
  const jobs = [...(yield* lab.lease())].sort((a, b) => (a.id < b.id ? -1 : 1));
  yield* same("leased", idsOf(jobs), ids);
  return jobs;
});

const commitLaws: ReadonlyArray<StorageLaw> = [
  law(
    "commit.conflict-names-kinds",
    "A conflict names leases, dead jobs and heads of streams that do not hold beside the rows, guards and streams.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], entries: [entry("s", 1)] });
      const conflicts = yield* lab.refused({
        rows: [row("a")],
        guards: [guard("none", 1)],
        entries: [{ ...entry("s", 2), previous: "another" }, entry("t", 3)],
        settle: [{ _tag: "Done", namespace: HOME, id: "j", token: "of nobody" }],
        revive: [{ id: "k", dueAt: 1000 }],
      });
      yield* same("conflicts", conflicts, [
        { kind: "dead", id: "k", expected: 1, actual: 0 },
        { kind: "head", id: "s", expected: 1, actual: 0 },
        { kind: "lease", id: "j", expected: 1, actual: 0 },
        { kind: "stream", id: "t", expected: 2, actual: 0 },
        { kind: "thing", id: "a", expected: 0, actual: 1 },
        { kind: "thing", id: "none", expected: 1, actual: 0 },
      ]);
    },
  ),
  law(
    "commit.atomic-schedule",
    "A refused batch that schedules ids again leaves their jobs as they were: content, lease and place.",
    function* (lab) {
      const first = job("j", { key: "x", value: "first" });
      yield* lab.commit({ rows: [row("a")], schedule: [job("held", { dueAt: 900 })] });
      const held = yield* only("held", yield* lab.lease());
      yield* lab.commit({ schedule: [first, job("k")] });
      yield* lab.refused({
        rows: [row("a")],
        schedule: [job("held"), job("j", { queue: "outbox", value: "second" })],
      });
      const jobs = yield* lab.lease();
      yield* same("jobs", idsOf(jobs), ["j", "k"]);
      yield* same("content", [jobs[0]?.key, jobs[0]?.value], ["x", "first"]);
      yield* same("lease", yield* lab.settle(1100, done(held)), ["Settled"]);
    },
  ),
  law(
    "commit.named-twice",
    "A batch may cancel one job twice and guard one row twice; guards of two versions never both hold.",
    function* (lab) {
      yield* lab.commit({ rows: [row("charter")], schedule: [job("j"), job("k")] });
      const kept = guard("charter", 1);
      yield* lab.commit({
        rows: [row("a")],
        guards: [kept, guard("none", 0), kept, guard("none", 0)],
        cancel: ["j", "none", "j", "none"],
      });
      yield* same("jobs", idsOf(yield* lab.lease()), ["k"]);
      for (const guards of [
        [kept, guard("charter", 7)],
        [guard("charter", 7), kept],
      ]) {
        yield* lab.refused({ rows: [row("b")], guards });
      }
      yield* same("versions", yield* lab.versions("a", "b"), [1, 0]);
    },
  ),
  law(
    "receipt.kept-years",
    "A receipt without a time is known to a command that comes again a hundred years later.",
    function* (lab) {
      yield* lab.commit({ receipt: receipt("c", "x") });
      const again = yield* lab.commit({ at: 4_000_000_000_000, receipt: receipt("c", "x") });
      yield* same("result", again._tag, "Replayed");
    },
  ),
  law(
    "receipt.replay-moves-no-job",
    "A replayed command settles, cancels, revives and schedules no job, even where it could have.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("r")], receipt: receipt("c", "x") });
      const [j, r] = yield* leased(lab, "j", "r");
      if (j === undefined || r === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, dead(r));
      yield* lab.commit({ schedule: [job("k", { dueAt: 1500 })] });
      const again = yield* lab.commit({
        at: 1200,
        settle: [done(j)],
        cancel: ["k"],
        revive: [{ id: "r", dueAt: 1200 }],
        schedule: [job("new")],
        receipt: receipt("c", "x"),
      });
      yield* same("result", again._tag, "Replayed");
      yield* same("dead", idsOf(yield* lab.dead()), ["r"]);
      yield* same("others", idsOf(yield* lab.lease({ now: 1500 })), ["k"]);
      yield* same("lease", yield* lab.settle(1600, renew(1700, j)), ["Settled"]);
      return undefined;
    },
  ),
];

const settleLaws: ReadonlyArray<StorageLaw> = [
  law(
    "settle.in-commit-expired",
    "From `leasedUntil` on a commit under the lease is refused whole and names it, even if nobody took the job.",
    function* (lab) {
      const ids = ["d", "n", "r", "x"];
      yield* lab.commit({ schedule: ids.map((id) => job(id)) });
      const [d, n, r, x] = yield* leased(lab, ...ids);
      if (d === undefined || n === undefined || r === undefined || x === undefined)
        return yield* only("jobs", []);
      const settle = [done(d), renew(9000, n), retry(2500, r), dead(x)];
      const conflicts = yield* lab.refused({ at: 2000, rows: [row("a")], settle });
      const lost = ids.map((id) => ({ kind: "lease", id, expected: 1, actual: 0 }));
      yield* same("conflicts", conflicts, lost);
      yield* same("row", yield* lab.read("a"), [null]);
      const again = yield* lab.lease({ now: 2000, until: 3000 });
      yield* same("still there", idsOf(again).sort(), ids);
      return undefined;
    },
  ),
  law(
    "settle.refused-settles-none",
    "Of a refused commit no outcome counts: no job is done, put off, dead or renewed.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], schedule: ["d", "n", "r", "x"].map((id) => job(id)) });
      const [d, n, r, x] = yield* leased(lab, "d", "n", "r", "x");
      if (d === undefined || n === undefined || r === undefined || x === undefined)
        return yield* only("jobs", []);
      const settle = [done(d), renew(9000, n), retry(1200, r), dead(x)];
      yield* lab.refused({ at: 1100, rows: [row("a")], settle });
      yield* same("dead", yield* lab.dead(), []);
      yield* same("held", yield* lab.lease({ now: 1999, until: 2000 }), []);
      const again = yield* lab.lease({ now: 2000, until: 3000 });
      yield* same(
        "jobs",
        [...again]
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .map((one) => [one.id, one.dueAt, one.attempt]),
        ["d", "n", "r", "x"].map((id) => [id, 1000, 2]),
      );
      return undefined;
    },
  ),
  law(
    "settle.in-call-order",
    "The answers of a call stand in the order of its outcomes, whatever their ids and namespaces.",
    function* (lab) {
      const minhou = lab.within("minhou");
      yield* lab.commit({ schedule: [job("a"), job("z")] });
      yield* minhou.commit({ schedule: [job("b"), job("c")] });
      const [a, z] = yield* leased(lab, "a", "z");
      const [b, c] = yield* leased(minhou, "b", "c");
      if (a === undefined || z === undefined || b === undefined || c === undefined)
        return yield* only("jobs", []);
      const stray = { ...done(z), token: `not ${z.token}` };
      yield* same("answers", yield* lab.settle(1100, done(b), stray, done(c), done(a)), [
        "Settled",
        "LeaseLost",
        "Settled",
        "Settled",
      ]);
      const LATE = { now: 5000, until: 6000 };
      yield* same("ours", idsOf(yield* lab.lease(LATE)), ["z"]);
      yield* same("theirs", yield* minhou.lease(LATE), []);
      return undefined;
    },
  ),
  law(
    "settle.retry-other-instant",
    "A job put off to one instant is not put off to another, nor done, dead or renewed, under the same token.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const first = yield* only("job", yield* lab.lease());
      yield* lab.settle(1100, retry(3000, first));
      const others = [retry(2500, first), retry(4000, first), done(first), dead(first)];
      yield* same(
        "answers",
        yield* lab.settle(1200, ...others, renew(9000, first)),
        [...others, 0].map(() => "LeaseLost"),
      );
      yield* same("before", yield* lab.lease({ now: 2999, until: 3000 }), []);
      const again = yield* only("at", yield* lab.lease({ now: 3000, until: 4000 }));
      yield* same("job", [again.dueAt, again.attempt], [3000, 2]);
    },
  ),
  law(
    "settle.retry-in-past",
    "A job may be put off to an instant that has passed: it is due from then, before all that are due later.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k", { dueAt: 1050 })] });
      const first = yield* only("job", yield* lab.lease());
      yield* lab.settle(1100, retry(600, first));
      const jobs = yield* lab.lease({ now: 1100 });
      yield* same(
        "jobs",
        jobs.map((one) => [one.id, one.dueAt]),
        [
          ["j", 600],
          ["k", 1050],
        ],
      );
    },
  ),
  law(
    "settle.retry-keeps-place",
    "A job put off stands among those of its new instant in the order they were scheduled.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k", { dueAt: 1500 }), job("l")] });
      const jobs = yield* leased(lab, "j", "l");
      yield* lab.settle(1100, ...jobs.map((one) => retry(1500, one)));
      yield* same("jobs", idsOf(yield* lab.lease({ now: 1500 })), ["j", "k", "l"]);
    },
  ),
];

const scheduleLaws: ReadonlyArray<StorageLaw> = [
  law(
    "schedule.replaces-queue-and-key",
    "Scheduling an id again moves the job to its new queue and key, and frees the old ones.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j", { key: "x" })] });
      const moved = job("j", { queue: "outbox", key: "y" });
      yield* lab.commit({ schedule: [moved, job("k", { key: "x" })] });
      yield* same("old queue", idsOf(yield* lab.lease()), ["k"]);
      const held = yield* only("new queue", yield* lab.lease({ queue: "outbox" }));
      yield* same("job", [held.queue, held.key], ["outbox", "y"]);
      yield* lab.commit({
        schedule: ["x", "y"].map((key) => job(`of ${key}`, { queue: "outbox", key })),
      });
      yield* same("beside it", idsOf(yield* lab.lease({ queue: "outbox" })), ["of x"]);
    },
  ),
  law(
    "schedule.replaces-place",
    "A job scheduled again stands behind those of its instant that were scheduled before.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k"), job("l")] });
      yield* lab.commit({ schedule: [job("j")] });
      yield* same("order", idsOf(yield* lab.lease()), ["k", "l", "j"]);
    },
  ),
  law(
    "schedule.forgets-settled",
    "Once an id is scheduled again, no outcome of its former lease is known: each is LeaseLost.",
    function* (lab) {
      const ids = ["d", "r", "x"];
      yield* lab.commit({ schedule: ids.map((id) => job(id)) });
      const [d, r, x] = yield* leased(lab, ...ids);
      if (d === undefined || r === undefined || x === undefined) return yield* only("jobs", []);
      const old = [done(d), retry(1500, r), dead(x)];
      yield* lab.settle(1100, ...old);
      yield* lab.commit({ at: 1200, schedule: ids.map((id) => job(id)) });
      const lost = old.map(() => "LeaseLost");
      yield* same("answers", yield* lab.settle(1300, ...old), lost);
      yield* leased(lab, ...ids);
      return undefined;
    },
  ),
];

const leaseLaws: ReadonlyArray<StorageLaw> = [
  law(
    "lease.fair-per-queue",
    "Each queue has turns of its own: calls for one job of two queues by turns come to every namespace in both.",
    function* (lab) {
      const names = ["minhou", "xinan"];
      const queues = ["clock", "outbox"];
      for (const name of names) {
        const schedule = queues.flatMap((queue) =>
          [1, 2, 3].map((n) => job(`${queue} ${n}`, { queue, dueAt: n })),
        );
        yield* lab.within(name).commit({ schedule });
      }
      const seen: Record<string, Array<string>> = { clock: [], outbox: [] };
      for (const queue of [...queues, ...queues]) {
        const next = yield* only("job", yield* lab.lease({ namespace: null, queue, limit: 1 }));
        seen[queue]?.push(next.namespace);
      }
      for (const queue of queues) yield* same(queue, seen[queue]?.sort(), names);
    },
  ),
  law(
    "lease.fair-beside-own",
    "Turns between all namespaces go on as if no namespace had leased for itself in between.",
    function* (lab) {
      const towns = ["minhou", "xinan"];
      for (const name of towns)
        yield* lab.within(name).commit({ schedule: [1, 2, 3].map((n) => job(`j${n}`)) });
      const any = { namespace: null, limit: 1 };
      const first = (yield* only("first", yield* lab.lease(any))).namespace;
      const other = towns.find((name) => name !== first) ?? "";
      yield* only("its own", yield* lab.within(other).lease({ limit: 1 }));
      yield* same("next", (yield* only("next", yield* lab.lease(any))).namespace, other);
    },
  ),
  law(
    "lease.busy-key-long",
    "However many due jobs a busy key has, more than a page too, they do not keep another key's job from the lease.",
    function* (lab) {
      const poisoned = Array.from({ length: 2000 }, (_, n) =>
        job(`p${n}`, { key: "poison", dueAt: n % 900 }),
      );
      yield* lab.commit({ schedule: [...poisoned, job("j", { dueAt: 999 })] });
      yield* same("first", idsOf(yield* lab.lease({ limit: 1 })), ["p0"]);
      yield* same("second", idsOf(yield* lab.lease({ limit: 1 })), ["j"]);
    },
  ),
];

export const workLaws: ReadonlyArray<StorageLaw> = [
  ...commitLaws,
  ...settleLaws,
  ...scheduleLaws,
  ...leaseLaws,
];
