/** Laws of settling: by the holder, once, and inside commits. */
import { SETTLED_KEPT_MILLIS } from "@linli/core/ports";
import { dead, done, entry, job, only, receipt, renew, retry, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const LATER = { now: 100_000, until: 200_000 };

export const settleLaws: ReadonlyArray<StorageLaw> = [
  law("settle.done", "A job that is done is never leased again.", function* (lab) {
    yield* lab.commit({ schedule: [job("j")] });
    const leased = yield* only("job", yield* lab.lease());
    yield* same("outcome", yield* lab.settle(1100, done(leased)), ["Settled"]);
    yield* same("jobs", yield* lab.lease(LATER), []);
  }),
  law(
    "settle.retry",
    "A job to retry is leased from its new instant on, not before.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* same("outcome", yield* lab.settle(1100, retry(3000, leased)), ["Settled"]);
      yield* same("before", yield* lab.lease({ now: 2999, until: 9000 }), []);
      const again = yield* only("at", yield* lab.lease({ now: 3000, until: 9000 }));
      yield* same("job", [again.dueAt, again.attempt, again.value], [3000, 2, "work j"]);
    },
  ),
  law("settle.dead", "A dead job is never leased again and frees its key.", function* (lab) {
    yield* lab.commit({ schedule: [job("j", { key: "x" }), job("k", { key: "x" })] });
    const leased = yield* only("job", yield* lab.lease());
    yield* same("outcome", yield* lab.settle(1100, dead(leased)), ["Settled"]);
    yield* same(
      "next",
      (yield* lab.lease(LATER)).map((one) => one.id),
      ["k"],
    );
  }),
  law("settle.dead-revived", "A dead job may be scheduled again.", function* (lab) {
    yield* lab.commit({ schedule: [job("j")] });
    yield* lab.settle(1100, dead(yield* only("job", yield* lab.lease())));
    yield* lab.commit({ schedule: [job("j", { value: "again" })] });
    const leased = yield* only("job", yield* lab.lease(LATER));
    yield* same("job", [leased.value, leased.attempt], ["again", 1]);
  }),
  law(
    "settle.idempotent",
    "Settling with the same outcome again answers Settled and changes nothing.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("d"), job("r"), job("x")] });
      const [d, r, x] = yield* lab.lease();
      if (d === undefined || r === undefined || x === undefined) return yield* only("jobs", []);
      const outcomes = [done(d), retry(3000, r), dead(x)];
      const settled = ["Settled", "Settled", "Settled"];
      yield* same("first", yield* lab.settle(1100, ...outcomes), settled);
      yield* same("second", yield* lab.settle(1200, ...outcomes), settled);
      yield* same(
        "within the time kept",
        yield* lab.settle(1100 + SETTLED_KEPT_MILLIS - 1, ...outcomes),
        settled,
      );
      const again = yield* only("only the retried one", yield* lab.lease(LATER));
      yield* same("retried", [again.id, again.dueAt, again.attempt], ["r", 3000, 2]);
      return undefined;
    },
  ),
  law(
    "settle.idempotent-twice-in-call",
    "The same outcome twice in one call is Settled twice.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* same("outcomes", yield* lab.settle(1100, done(leased), done(leased)), [
        "Settled",
        "Settled",
      ]);
    },
  ),
  law(
    "settle.forgotten-when-leased",
    "Once a retried job is leased anew, the outcome of its former lease is LeaseLost.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const old = yield* only("first", yield* lab.lease());
      yield* lab.settle(1100, retry(1200, old));
      const held = yield* only("second", yield* lab.lease({ now: 1200 }));
      yield* same("old", yield* lab.settle(1300, retry(1200, old)), ["LeaseLost"]);
      yield* same("held", yield* lab.settle(1300, done(held)), ["Settled"]);
    },
  ),
  law(
    "settle.other-outcome",
    "After a settlement another outcome under the same token is refused.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* lab.settle(1100, done(leased));
      yield* same(
        "outcomes",
        yield* lab.settle(1200, retry(3000, leased), dead(leased), renew(9000, leased)),
        ["LeaseLost", "LeaseLost", "LeaseLost"],
      );
      yield* same("jobs", yield* lab.lease(LATER), []);
    },
  ),
  law(
    "settle.fenced",
    "An outcome under an older token is refused and leaves the new holder's lease alone.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const old = yield* only("first", yield* lab.lease());
      const held = yield* only("second", yield* lab.lease({ now: 2000, until: 3000 }));
      for (const outcome of [done(old), retry(2500, old), dead(old), renew(9000, old)]) {
        yield* same(outcome._tag, yield* lab.settle(2100, outcome), ["LeaseLost"]);
      }
      yield* same("still held", yield* lab.lease({ now: 2999, until: 4000 }), []);
      yield* same("the holder", yield* lab.settle(2999, done(held)), ["Settled"]);
    },
  ),
  law(
    "settle.expired",
    "From `leasedUntil` on the lease is lost, even if nobody took it.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* same("renew", yield* lab.settle(2000, renew(3000, leased)), ["LeaseLost"]);
      yield* same("done", yield* lab.settle(2000, done(leased)), ["LeaseLost"]);
      yield* same("still there", (yield* lab.lease(LATER)).length, 1);
    },
  ),
  law("settle.unknown", "An outcome for a job that is not there is LeaseLost.", function* (lab) {
    const ghost = { _tag: "Done", namespace: "xinan", id: "ghost", token: "t" } as const;
    yield* same("outcome", yield* lab.settle(1000, ghost), ["LeaseLost"]);
    yield* same("none", yield* lab.settle(1000), []);
  }),
  law(
    "settle.each-by-itself",
    "In one call a lost lease spoils none of the others.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("a"), job("b"), job("c")] });
      const leased = yield* lab.lease();
      yield* lab.commit({ cancel: ["b"] });
      yield* same("outcomes", yield* lab.settle(1100, ...leased.map(done)), [
        "Settled",
        "LeaseLost",
        "Settled",
      ]);
      yield* same("jobs", yield* lab.lease(LATER), []);
    },
  ),
  law(
    "settle.other-namespace",
    "A token of one namespace settles nothing in another.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      yield* lab.within("minhou").commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* only("other", yield* lab.within("minhou").lease());
      yield* same("outcome", yield* lab.settle(1100, { ...done(leased), namespace: "minhou" }), [
        "LeaseLost",
      ]);
    },
  ),
  law("settle.in-commit", "A commit may settle the job it was made for.", function* (lab) {
    yield* lab.commit({ schedule: [job("j")] });
    const leased = yield* only("job", yield* lab.lease());
    yield* lab.commit({ at: 1100, rows: [row("a")], settle: [done(leased)] });
    yield* same("jobs", yield* lab.lease(LATER), []);
    yield* same("repeated alone", yield* lab.settle(1200, done(leased)), ["Settled"]);
  }),
  law(
    "settle.in-commit-fenced",
    "A commit under a lost lease is refused whole and names the lease.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const old = yield* only("first", yield* lab.lease());
      yield* only("second", yield* lab.lease({ now: 2000, until: 3000 }));
      const conflicts = yield* lab.refused({
        at: 2100,
        rows: [row("a")],
        entries: [entry("s", 1)],
        settle: [done(old)],
      });
      yield* same("conflicts", conflicts, [{ kind: "lease", id: "j", expected: 1, actual: 0 }]);
      yield* same("row", yield* lab.read("a"), [null]);
      yield* same("entries", yield* lab.feed(), []);
    },
  ),
  law(
    "settle.in-commit-once",
    "A commit whose lease was settled already is refused: its work was done.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* lab.commit({ at: 1100, rows: [row("a")], settle: [done(leased)] });
      yield* lab.refused({ at: 1200, rows: [row("b")], settle: [done(leased)] });
      yield* same("row", yield* lab.read("b"), [null]);
    },
  ),
  law(
    "settle.in-commit-replayed",
    "A settling commit sent again under its receipt is replayed, not refused.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      const batch = { at: 1100, settle: [done(leased)], receipt: receipt("c", "x") };
      yield* lab.commit(batch);
      yield* same("result", (yield* lab.commit(batch))._tag, "Replayed");
    },
  ),
  law(
    "settle.refused-keeps-lease",
    "A refused commit settles nothing: the lease still holds.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* lab.refused({ at: 1100, rows: [row("a")], settle: [done(leased)] });
      yield* same("still held", yield* lab.lease({ now: 1100 }), []);
      yield* same("outcome", yield* lab.settle(1200, done(leased)), ["Settled"]);
    },
  ),
  law(
    "settle.retry-in-commit",
    "Retry, dead and renew work inside a commit as they do alone.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("r"), job("x"), job("n")] });
      const [r, x, n] = yield* lab.lease();
      if (r === undefined || x === undefined || n === undefined) return yield* only("jobs", []);
      yield* lab.commit({ at: 1100, settle: [retry(1500, r), dead(x), renew(5000, n)] });
      yield* same(
        "leased",
        (yield* lab.lease({ now: 4999, until: 9000 })).map((one) => one.id),
        ["r"],
      );
      return undefined;
    },
  ),
];
