/** Finer laws of durable drivers: what is easily rebuilt wrong when data is opened again. */
import { done, entry, idsOf, job, only, receipt, renew, retry, row, same } from "./Lab.ts";
import { durable, reopened } from "./durableLaws.ts";
import type { StorageLaw } from "./Law.ts";

export const restartLaws: ReadonlyArray<StorageLaw> = [
  durable(
    "durable.receipts-passing",
    "A receipt that may be forgotten one day is known until then over a restart, too.",
    function* (lab) {
      const passing = { ...receipt("c", "x", "first"), keepUntil: 9000 };
      yield* lab.commit({ rows: [row("a")], receipt: passing });
      const again = yield* reopened(lab);
      yield* same("result", yield* again.commit({ at: 9000, receipt: passing }), {
        _tag: "Replayed",
        receipt: { id: "c", contentHash: "x", value: "first" },
      });
    },
  ),
  durable(
    "durable.indexes",
    "A row is found under every key of every index after reopening, and under none once it is rewritten without.",
    function* (lab) {
      const places = ["by", "due", "place"].flatMap((index) =>
        ["k", "l", "m"].map((key) => ({ index, key: `${key} of ${index}` })),
      );
      yield* lab.commit({ rows: [{ ...row("a"), indexes: places }] });
      const again = yield* reopened(lab);
      for (const index of ["by", "due", "place"]) {
        const page = yield* again.scan({ index });
        yield* same(
          index,
          page.rows.map((one) => one.key),
          places.filter((one) => one.index === index).map((one) => one.key),
        );
      }
      yield* again.commit({ rows: [row("a", { expected: 1 })] });
      for (const index of ["by", "due", "place"])
        yield* same(`${index} afterwards`, yield* again.scanAll({ index }), []);
    },
  ),
  durable(
    "durable.renewed",
    "A renewed lease holds over a restart until its new end.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* lab.settle(1900, renew(9000, leased));
      const again = yield* reopened(lab);
      yield* same("held", yield* again.lease({ now: 8999, until: 9999 }), []);
      yield* same("settled", yield* again.settle(8999, done(leased)), ["Settled"]);
    },
  ),
  durable(
    "durable.keys-held",
    "The key of a leased job holds up the others of its key over a restart, until it is settled.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j", { key: "x" }), job("k", { key: "x" })] });
      const leased = yield* only("job", yield* lab.lease());
      const again = yield* reopened(lab);
      yield* again.commit({ schedule: [job("l", { key: "x" }), job("free", { key: "y" })] });
      yield* same("beside it", idsOf(yield* again.lease()), ["free"]);
      yield* again.settle(1100, done(leased));
      yield* same("next", idsOf(yield* again.lease({ now: 1100 })), ["k"]);
    },
  ),
  durable(
    "durable.attempts",
    "A job that waits to be tried again has its attempts counted over a restart.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const first = yield* only("first", yield* lab.lease());
      yield* lab.settle(1100, retry(1200, first));
      const again = yield* reopened(lab);
      yield* same("known", yield* again.settle(1150, retry(1200, first)), ["Settled"]);
      const second = yield* only("second", yield* again.lease({ now: 1200 }));
      yield* same("job", [second.attempt, second.dueAt], [2, 1200]);
    },
  ),
  durable(
    "durable.ties",
    "Jobs of one instant stand in the order they were scheduled, those from before a restart first.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("z"), job("m"), job("x")] });
      yield* lab.commit({ schedule: [job("m")] });
      const again = yield* reopened(lab);
      yield* again.commit({ schedule: [job("y"), job("b")] });
      yield* again.commit({ schedule: [job("a")] });
      yield* same("jobs", idsOf(yield* again.lease()), ["z", "x", "m", "y", "b", "a"]);
    },
  ),
  durable(
    "durable.heads",
    "What a stream ends with is known over a restart: an entry that names another hash is refused.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1), entry("s", 2)] });
      const again = yield* reopened(lab);
      const astray = { ...entry("s", 3), previous: entry("s", 1).hash };
      yield* same("conflicts", yield* again.refused({ entries: [astray] }), [
        { kind: "head", id: "s", expected: 1, actual: 0 },
      ]);
      yield* again.commit({ entries: [{ ...entry("s", 3), previous: entry("s", 2).hash }] });
      yield* same("entries", (yield* again.feed({ stream: "s" })).length, 3);
    },
  ),
];
