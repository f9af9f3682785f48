/** Laws of scheduling, cancelling and leasing. */
import { done, idsOf, job, only, renew, retry, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

export const jobLaws: ReadonlyArray<StorageLaw> = [
  law(
    "schedule.fields",
    "A leased job carries what was scheduled, with its lease.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j", { dueAt: 900, value: "催办" })] });
      const leased = yield* only("jobs", yield* lab.lease());
      const { token, ...rest } = leased;
      yield* same("token", token.length > 0, true);
      yield* same("job", rest, {
        ...job("j", { dueAt: 900, value: "催办" }),
        namespace: "xinan",
        attempt: 1,
        leasedUntil: 2000,
      });
    },
  ),
  law("schedule.replaces", "Scheduling an id again replaces the job.", function* (lab) {
    yield* lab.commit({ schedule: [job("j", { value: "old" })] });
    yield* lab.commit({ schedule: [job("j", { value: "new", dueAt: 1500 })] });
    yield* same("before the new time", yield* lab.lease(), []);
    const leased = yield* only("jobs", yield* lab.lease({ now: 1500 }));
    yield* same("value", leased.value, "new");
  }),
  law(
    "schedule.replaces-lease",
    "Scheduling the id of a leased job takes the lease away.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const old = yield* only("jobs", yield* lab.lease());
      yield* lab.commit({ schedule: [job("j", { value: "new" })] });
      yield* same("outcome", yield* lab.settle(1100, done(old)), ["LeaseLost"]);
      const fresh = yield* only("jobs", yield* lab.lease());
      yield* same("job", [fresh.value, fresh.attempt], ["new", 1]);
    },
  ),
  law(
    "schedule.after-done",
    "The id of a settled job may be scheduled again, also by the settling commit.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const first = yield* only("jobs", yield* lab.lease());
      yield* lab.commit({ at: 1100, settle: [done(first)], schedule: [job("j", { dueAt: 1200 })] });
      const second = yield* only("jobs", yield* lab.lease({ now: 1200 }));
      yield* same("attempt", second.attempt, 1);
      yield* same("old lease", yield* lab.settle(1300, done(first)), ["LeaseLost"]);
    },
  ),
  law("cancel.forgets", "A cancelled job is never leased.", function* (lab) {
    yield* lab.commit({ schedule: [job("j"), job("k")] });
    yield* lab.commit({ cancel: ["j"] });
    yield* same("jobs", idsOf(yield* lab.lease()), ["k"]);
  }),
  law("cancel.missing", "Cancelling a job that is not there is no error.", function* (lab) {
    yield* same(
      "result",
      (yield* lab.commit({ cancel: ["none"], rows: [row("a")] }))._tag,
      "Committed",
    );
  }),
  law("cancel.leased", "Cancelling a leased job takes the lease away.", function* (lab) {
    yield* lab.commit({ schedule: [job("j")] });
    const leased = yield* only("jobs", yield* lab.lease());
    yield* lab.commit({ cancel: ["j"] });
    yield* same("outcome", yield* lab.settle(1100, done(leased)), ["LeaseLost"]);
    yield* same("jobs", yield* lab.lease({ now: 5000, until: 6000 }), []);
  }),
  law(
    "cancel.then-schedule",
    "A batch that cancels and schedules one id leaves the scheduled job.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j", { value: "old" })] });
      yield* lab.commit({ cancel: ["j"], schedule: [job("j", { value: "new" })] });
      yield* same("value", (yield* only("jobs", yield* lab.lease())).value, "new");
    },
  ),
  law(
    "lease.due-only",
    "A job is leased from its due instant on, not a millisecond before.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j", { dueAt: 1001 })] });
      yield* same("before", yield* lab.lease({ now: 1000 }), []);
      yield* same("at", idsOf(yield* lab.lease({ now: 1001 })), ["j"]);
    },
  ),
  law(
    "lease.exclusive",
    "A leased job is leased to nobody else while the lease lasts.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      yield* only("jobs", yield* lab.lease({ owner: "worker-1" }));
      yield* same("second", yield* lab.lease({ owner: "worker-2" }), []);
      yield* same("just before its end", yield* lab.lease({ now: 1999, until: 3000 }), []);
    },
  ),
  law(
    "lease.expires",
    "From `leasedUntil` on the job may be leased again, under another token.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const first = yield* only("jobs", yield* lab.lease());
      const second = yield* only("again", yield* lab.lease({ now: 2000, until: 3000 }));
      yield* same("other token", first.token !== second.token, true);
    },
  ),
  law("lease.attempt-counted", "Each lease counts one attempt.", function* (lab) {
    yield* lab.commit({ schedule: [job("j")] });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const now = attempt * 1000;
      const leased = yield* only("jobs", yield* lab.lease({ now, until: now + 1000 }));
      yield* same("attempt", leased.attempt, attempt);
      if (attempt === 2) yield* lab.settle(now + 1, retry(now + 2, leased));
    }
  }),
  law(
    "lease.one-per-key",
    "Of one key at most one job is leased at a time, in one call and over calls.",
    function* (lab) {
      yield* lab.commit({
        schedule: [job("j", { key: "x" }), job("k", { key: "x" }), job("l", { key: "y" })],
      });
      yield* same("first call", idsOf(yield* lab.lease()), ["j", "l"]);
      yield* same("second call", yield* lab.lease(), []);
    },
  ),
  law(
    "lease.key-freed",
    "When the job of a key is settled or its lease has run out, the next of that key may be leased.",
    function* (lab) {
      yield* lab.commit({
        schedule: [job("j", { key: "x" }), job("k", { key: "x", dueAt: 1001 })],
      });
      const first = yield* only("first", yield* lab.lease({ now: 1001 }));
      yield* lab.settle(1100, done(first));
      yield* same("after done", idsOf(yield* lab.lease({ now: 1100 })), ["k"]);
      yield* same("held", yield* lab.lease({ now: 1999, until: 3000 }), []);
      yield* same("after its end", idsOf(yield* lab.lease({ now: 2000, until: 3000 })), ["k"]);
    },
  ),
  law(
    "lease.key-per-queue",
    "The same key in two queues does not hold up one another.",
    function* (lab) {
      yield* lab.commit({
        schedule: [job("j", { key: "x" }), job("k", { key: "x", queue: "outbox" })],
      });
      yield* same("clock", idsOf(yield* lab.lease()), ["j"]);
      yield* same("outbox", idsOf(yield* lab.lease({ queue: "outbox" })), ["k"]);
    },
  ),
  law(
    "lease.oldest-first",
    "Jobs are leased oldest due first, whatever the order of scheduling.",
    function* (lab) {
      const dueAts = [700, 300, 900, 100, 500];
      yield* lab.commit({ schedule: dueAts.map((dueAt) => job(`j${dueAt}`, { dueAt })) });
      const leased = yield* lab.lease({ limit: 3 });
      yield* same("first three", idsOf(leased), ["j100", "j300", "j500"]);
      yield* same("rest", idsOf(yield* lab.lease()), ["j700", "j900"]);
    },
  ),
  law(
    "lease.ties-in-schedule-order",
    "Jobs due at the same instant are leased in the order they were scheduled.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("z"), job("m")] });
      yield* lab.commit({ schedule: [job("a")] });
      yield* same("order", idsOf(yield* lab.lease()), ["z", "m", "a"]);
    },
  ),
  law("lease.limit", "A lease gives at most `limit` jobs, and the rest later.", function* (lab) {
    yield* lab.commit({ schedule: [1, 2, 3, 4, 5].map((n) => job(`j${n}`, { dueAt: n })) });
    yield* same("two", idsOf(yield* lab.lease({ limit: 2 })), ["j1", "j2"]);
    yield* same("two more", idsOf(yield* lab.lease({ limit: 2 })), ["j3", "j4"]);
  }),
  law("lease.queues-apart", "A lease sees jobs of its queue only.", function* (lab) {
    yield* lab.commit({ schedule: [job("j"), job("k", { queue: "outbox" })] });
    yield* same("clock", idsOf(yield* lab.lease()), ["j"]);
    yield* same("none", yield* lab.lease({ queue: "projection" }), []);
    yield* same("outbox", idsOf(yield* lab.lease({ queue: "outbox" })), ["k"]);
  }),
  law(
    "lease.namespace-only",
    "With a namespace the lease takes that namespace's jobs only.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      yield* lab.within("minhou").commit({ schedule: [job("k")] });
      yield* same("minhou", idsOf(yield* lab.within("minhou").lease()), ["k"]);
      yield* same("xinan", idsOf(yield* lab.lease()), ["j"]);
    },
  ),
  law(
    "lease.all-namespaces",
    "Without a namespace the lease takes jobs of all, each saying whose it is.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      yield* lab.within("minhou").commit({ schedule: [job("j")] });
      const leased = yield* lab.lease({ namespace: null });
      yield* same("namespaces", leased.map((one) => one.namespace).sort(), ["minhou", "xinan"]);
    },
  ),
  law(
    "lease.fair-namespaces",
    "A namespace with much to do does not keep another's younger job from the same call.",
    function* (lab) {
      const many = Array.from({ length: 50 }, (_, n) => job(`j${n}`, { dueAt: n }));
      yield* lab.commit({ schedule: many });
      yield* lab.within("minhou").commit({ schedule: [job("k", { dueAt: 999 })] });
      yield* lab.within("bazhong").commit({ schedule: [job("k", { dueAt: 998 })] });
      const leased = yield* lab.lease({ namespace: null, limit: 4 });
      yield* same("namespaces", leased.map((one) => one.namespace).sort(), [
        "bazhong",
        "minhou",
        "xinan",
        "xinan",
      ]);
      const own = leased.filter((one) => one.namespace === "xinan");
      yield* same("oldest first within one", idsOf(own), ["j0", "j1"]);
    },
  ),
  law(
    "lease.fair-over-calls",
    "Calls for one job each come to every namespace in turn.",
    function* (lab) {
      const names = ["xinan", "minhou", "bazhong"];
      for (const [at, name] of names.entries()) {
        const jobs = Array.from({ length: 6 }, (_, n) => job(`j${n}`, { dueAt: at * 100 + n }));
        yield* lab.within(name).commit({ schedule: jobs });
      }
      const seen: Array<string> = [];
      for (let i = 0; i < 6; i += 1) {
        const leased = yield* only("job", yield* lab.lease({ namespace: null, limit: 1 }));
        seen.push(leased.namespace);
      }
      yield* same(
        "turns",
        [seen.slice(0, 3).sort(), seen.slice(3).sort()],
        [[...names].sort(), [...names].sort()],
      );
    },
  ),
  law(
    "lease.busy-key-passed-over",
    "A key with many due jobs, one of them leased, does not keep other keys from the lease.",
    function* (lab) {
      const poisoned = Array.from({ length: 40 }, (_, n) =>
        job(`p${n}`, { key: "poison", dueAt: n }),
      );
      yield* lab.commit({ schedule: [...poisoned, job("j", { dueAt: 999 })] });
      yield* same("first", idsOf(yield* lab.lease({ limit: 1 })), ["p0"]);
      yield* same("second", idsOf(yield* lab.lease({ limit: 1 })), ["j"]);
    },
  ),
  law(
    "lease.retried-later",
    "A job that is tried again and again holds up no other job of its key once it is put off.",
    function* (lab) {
      yield* lab.commit({
        schedule: [job("bad", { key: "x", dueAt: 1 }), job("good", { key: "x", dueAt: 2 })],
      });
      const bad = yield* only("bad", yield* lab.lease());
      yield* lab.settle(1100, retry(5000, bad));
      yield* same("next", idsOf(yield* lab.lease({ now: 1100 })), ["good"]);
    },
  ),
  law(
    "lease.renewed-holds",
    "A renewed lease keeps others out until its new end.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* same("renewed", yield* lab.settle(1900, renew(4000, leased)), ["Settled"]);
      yield* same("after the first end", yield* lab.lease({ now: 3999, until: 9000 }), []);
      yield* same("settled late", yield* lab.settle(3999, done(leased)), ["Settled"]);
    },
  ),
];
