/** Laws of jobs that were given up on: listed, and revived by a commit. */
import * as Effect from "effect/Effect";
import {
  dead,
  done,
  failsWith,
  idsOf,
  job,
  type Lab,
  only,
  receipt,
  retry,
  row,
  same,
  type Unexpected,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import type { Conflict, JobWrite, LeasedJob, StorageError } from "@linli/core/ports";

const together = { concurrency: "unbounded" } as const;

/** Schedules jobs, leases them and gives them up at an instant before the lease ends. */
const die = Effect.fnUntraced(function* (
  lab: Lab,
  at: number,
  ...jobs: ReadonlyArray<JobWrite>
): Effect.fn.Return<ReadonlyArray<LeasedJob>, Conflict | StorageError | Unexpected> {
  yield* lab.commit({ schedule: jobs });
  const leased: Array<LeasedJob> = [];
  for (const queue of new Set(jobs.map((one) => one.queue))) {
    leased.push(...(yield* lab.lease({ queue, limit: jobs.length })));
  }
  yield* same("leased", idsOf(leased).sort(), idsOf(jobs).sort());
  yield* lab.settle(at, ...leased.map((one) => dead(one)));
  return leased;
});

const listLaws: ReadonlyArray<StorageLaw> = [
  law(
    "dead.listed",
    "A job settled as dead is listed with what it holds, its attempts, the reason and the instant.",
    function* (lab) {
      const write = job("j", { dueAt: 900, value: "催办", key: "k" });
      yield* lab.commit({ schedule: [write] });
      const first = yield* only("job", yield* lab.lease());
      yield* lab.settle(1100, retry(1200, first));
      const second = yield* only("again", yield* lab.lease({ now: 1200, until: 2000 }));
      yield* lab.settle(1300, dead(second, "地址不存在"));
      yield* same("dead", yield* lab.dead(), [
        {
          ...write,
          namespace: "xinan",
          dueAt: 1200,
          attempt: 2,
          reason: "地址不存在",
          diedAt: 1300,
        },
      ]);
    },
  ),
  law("dead.in-commit", "A job settled as dead by a commit is listed too.", function* (lab) {
    yield* lab.commit({ schedule: [job("j")] });
    const leased = yield* only("job", yield* lab.lease());
    yield* lab.commit({ at: 1250, settle: [dead(leased)] });
    const listed = yield* only("dead", yield* lab.dead());
    yield* same("job", [listed.id, listed.diedAt, listed.reason], ["j", 1250, "gave up"]);
  }),
  law(
    "dead.others-not",
    "Jobs that wait, are leased, retried, done or cancelled are not listed.",
    function* (lab) {
      const schedule = ["a", "b", "c", "d", "e"].map((id) => job(id));
      yield* lab.commit({ schedule });
      const leased = yield* lab.lease({ limit: 4 });
      const [a, b, c] = leased;
      if (a === undefined || b === undefined || c === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, done(a), retry(1500, b));
      yield* lab.commit({ cancel: [c.id] });
      yield* same("dead", yield* lab.dead(), []);
      return undefined;
    },
  ),
  law("dead.never-leased", "A dead job is leased no more, however late.", function* (lab) {
    yield* die(lab, 1100, job("j"));
    yield* same("jobs", yield* lab.lease({ now: 900_000, until: 900_001 }), []);
  }),
  law("dead.frees-key", "A dead job holds up no other of its key.", function* (lab) {
    yield* die(lab, 1100, job("j", { key: "k" }));
    yield* lab.commit({ schedule: [job("next", { key: "k" })] });
    yield* same("jobs", idsOf(yield* lab.lease()), ["next"]);
  }),
  law(
    "dead.order",
    "Dead jobs come dead longest first, and of one instant by the bytes of their ids.",
    function* (lab) {
      yield* die(lab, 1300, job("late"));
      yield* die(lab, 1100, job("\uffff"), job("𠮷"), job("b"), job("B"));
      yield* die(lab, 1200, job("between"));
      const wanted = ["B", "b", "\uffff", "𠮷", "between", "late"];
      yield* same("order", idsOf(yield* lab.dead()), wanted);
    },
  ),
  law(
    "dead.paging",
    "Page by page every dead job comes once, whatever the size of the pages.",
    function* (lab) {
      const jobs = Array.from({ length: 7 }, (_, n) => job(`j${n}`));
      yield* die(lab, 1100, ...jobs.slice(0, 5));
      yield* die(lab, 1200, ...jobs.slice(5));
      for (const limit of [1, 2, 3, 7]) {
        yield* same(`pages of ${limit}`, idsOf(yield* lab.dead({ limit })), idsOf(jobs));
      }
    },
  ),
  law(
    "dead.paging-while-revived",
    "Reviving what a page showed hides none of the next page.",
    function* (lab) {
      yield* die(lab, 1100, job("a"), job("b"), job("c"), job("d"));
      const request = { namespace: "xinan", queue: null, limit: 2 };
      const first = yield* lab.storage.dead({ ...request, cursor: null });
      yield* lab.commit({ revive: first.jobs.map(({ id }) => ({ id, dueAt: 5000 })) });
      const second = yield* lab.storage.dead({ ...request, cursor: first.next });
      yield* same(
        "pages",
        [idsOf(first.jobs), idsOf(second.jobs), second.next],
        [["a", "b"], ["c", "d"], null],
      );
    },
  ),
  law("dead.queue", "Asked for a queue, only its dead jobs come; else all.", function* (lab) {
    yield* die(lab, 1100, job("c"), job("m", { queue: "message" }));
    const of = (queue: string | null) => Effect.map(lab.dead({ queue }), idsOf);
    yield* same(
      "dead",
      [yield* of("clock"), yield* of("message"), yield* of("none")],
      [["c"], ["m"], []],
    );
    yield* same("all", yield* of(null), ["c", "m"]);
  }),
  law("dead.namespaces-apart", "No dead job of another namespace is listed.", function* (lab) {
    yield* die(lab.within("minhou"), 1100, job("j"));
    yield* same("here", yield* lab.dead(), []);
    yield* same("there", idsOf(yield* lab.within("minhou").dead()), ["j"]);
  }),
  law(
    "dead.kept",
    "A dead job stays through cancelling and however much time passes, until its id is scheduled again.",
    function* (lab) {
      yield* die(lab, 1100, job("j"));
      yield* lab.commit({ at: 900_000_000_000, cancel: ["j"] });
      for (let n = 0; n < 5; n += 1) {
        yield* lab.commit({ at: 900_000_000_000 + n, schedule: [job(`new ${n}`)] });
      }
      yield* same("dead", idsOf(yield* lab.dead()), ["j"]);
      yield* lab.commit({ schedule: [job("j", { value: "again" })] });
      yield* same("scheduled", yield* lab.dead(), []);
    },
  ),
  law(
    "dead.foreign-cursor",
    "A cursor of dead jobs that was never handed out is refused as Invalid.",
    function* (lab) {
      for (const cursor of ["x", "[]", '["1","j"]', "7"]) {
        const call = lab.storage.dead({ namespace: "xinan", queue: null, limit: 5, cursor });
        yield* failsWith(cursor, "Invalid", call);
      }
    },
  ),
];

const reviveLaws: ReadonlyArray<StorageLaw> = [
  law(
    "revive.due-again",
    "A revived job is due at its new instant, as if scheduled anew with what it holds.",
    function* (lab) {
      yield* die(lab, 1100, job("j", { value: "催办", key: "k" }));
      yield* lab.commit({ at: 1200, revive: [{ id: "j", dueAt: 1400 }] });
      yield* same("before", yield* lab.lease({ now: 1399, until: 2000 }), []);
      const leased = yield* only("job", yield* lab.lease({ now: 1400, until: 2000 }));
      const { key, value, dueAt, attempt } = leased;
      yield* same("job", [key, value, dueAt, attempt], ["k", "催办", 1400, 1]);
      yield* same("settled", yield* lab.settle(1500, done(leased)), ["Settled"]);
    },
  ),
  law("revive.off-the-list", "A revived job is dead no more.", function* (lab) {
    yield* die(lab, 1100, job("j"), job("k"));
    yield* lab.commit({ revive: [{ id: "j", dueAt: 1400 }] });
    yield* same("dead", idsOf(yield* lab.dead()), ["k"]);
  }),
  law(
    "revive.dead-only",
    "Reviving a job that waits, is leased, is done or is not there refuses the whole batch, naming each.",
    function* (lab) {
      yield* die(lab, 1100, job("dead"));
      yield* lab.commit({ schedule: [job("done"), job("leased", { dueAt: 1001 })] });
      const [first, held] = yield* lab.lease({ now: 1001 });
      if (first === undefined || held === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, done(first));
      yield* lab.commit({ schedule: [job("waits", { dueAt: 9000 })] });
      const ids = ["dead", "done", "leased", "none", "waits"];
      const revive = ids.map((id) => ({ id, dueAt: 1400 }));
      yield* same(
        "conflicts",
        yield* lab.refused({ rows: [row("a")], revive }),
        ids.slice(1).map((id) => ({ kind: "dead", id, expected: 1, actual: 0 })),
      );
      yield* same("row", yield* lab.read("a"), [null]);
      yield* same("dead", idsOf(yield* lab.dead()), ["dead"]);
      yield* same("held", yield* lab.settle(1200, done(held)), ["Settled"]);
      return undefined;
    },
  ),
  law(
    "revive.atomic",
    "A batch that is refused for another reason revives nothing; with what holds it does all.",
    function* (lab) {
      yield* die(lab, 1100, job("j"));
      const revive = [{ id: "j", dueAt: 1400 }];
      yield* lab.refused({ rows: [row("a", { expected: 3 })], revive });
      yield* same("still dead", idsOf(yield* lab.dead()), ["j"]);
      yield* lab.commit({ rows: [row("a")], revive });
      yield* same("row", yield* lab.versions("a"), [1]);
      yield* same("alive", yield* lab.dead(), []);
    },
  ),
  law(
    "revive.acts-once",
    "A command that revives and is sent again revives once.",
    function* (lab) {
      yield* die(lab, 1100, job("j"));
      const batch = { revive: [{ id: "j", dueAt: 1400 }], receipt: receipt("c", "x") };
      yield* lab.commit(batch);
      const leased = yield* only("job", yield* lab.lease({ now: 1400, until: 2000 }));
      yield* same("again", (yield* lab.commit(batch))._tag, "Replayed");
      yield* same("lease", yield* lab.settle(1500, done(leased)), ["Settled"]);
    },
  ),
  law(
    "race.one-revives",
    "Of several who revive the same job at once exactly one is accepted.",
    function* (lab) {
      yield* die(lab, 1100, job("j"));
      const accepted = yield* Effect.forEach(
        Array.from({ length: 8 }, (_, n) => n),
        (n) =>
          Effect.match(lab.commit({ rows: [row(`r${n}`)], revive: [{ id: "j", dueAt: 1400 }] }), {
            onSuccess: () => 1,
            onFailure: () => 0,
          }),
        together,
      );
      const count = accepted.filter((one) => one === 1).length;
      yield* same("accepted", count, 1);
      const versions = yield* lab.versions(...accepted.map((_, n) => `r${n}`));
      yield* same("rows", versions, accepted);
    },
  ),
  law(
    "revive.in-turn",
    "A revived job stands behind those scheduled before for the same instant.",
    function* (lab) {
      yield* die(lab, 1100, job("z"));
      yield* lab.commit({ schedule: [job("a", { dueAt: 1400 })] });
      yield* lab.commit({ revive: [{ id: "z", dueAt: 1400 }] });
      yield* lab.commit({ schedule: [job("b", { dueAt: 1400 })] });
      yield* same("order", idsOf(yield* lab.lease({ now: 1400 })), ["a", "z", "b"]);
    },
  ),
  law(
    "revive.old-token-lost",
    "Who gave a job up cannot settle it after it was revived.",
    function* (lab) {
      const [old] = yield* die(lab, 1100, job("j"));
      if (old === undefined) return yield* only("job", []);
      yield* same("known", yield* lab.settle(1150, dead(old)), ["Settled"]);
      yield* lab.commit({ at: 1200, revive: [{ id: "j", dueAt: 1200 }] });
      yield* same("lost", yield* lab.settle(1250, dead(old), done(old)), [
        "LeaseLost",
        "LeaseLost",
      ]);
      yield* same("due", idsOf(yield* lab.lease({ now: 1300 })), ["j"]);
      return undefined;
    },
  ),
  law(
    "revive.dies-again",
    "A revived job may die again, with its new reason and instant.",
    function* (lab) {
      yield* die(lab, 1100, job("j"));
      yield* lab.commit({ at: 1200, revive: [{ id: "j", dueAt: 1200 }] });
      const leased = yield* only("job", yield* lab.lease({ now: 1200 }));
      yield* lab.settle(1300, dead(leased, "again"));
      const listed = yield* only("dead", yield* lab.dead());
      yield* same("job", [listed.attempt, listed.reason, listed.diedAt], [1, "again", 1300]);
    },
  ),
];

export const deadLaws: ReadonlyArray<StorageLaw> = [...listLaws, ...reviveLaws];
