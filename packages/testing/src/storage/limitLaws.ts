/** Laws of limits and of the wall between namespaces. */
import { STORAGE_LIMITS } from "@linli/core/ports";
import { done, entry, failsWith, guard, job, only, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { allRefused, nothingThere } from "./refusals.ts";

const LONGEST = "楼".repeat(Math.floor(STORAGE_LIMITS.keyBytes / 3)) + "ab";
const LARGEST = `${"栋".repeat(Math.floor(STORAGE_LIMITS.valueBytes / 3))}x`;

export const limitLaws: ReadonlyArray<StorageLaw> = [
  law(
    "limits.value-at-bound",
    "A value of exactly the largest size is kept unchanged.",
    function* (lab) {
      yield* lab.commit({
        rows: [row("a", { value: LARGEST })],
        entries: [{ ...entry("s", 1), value: LARGEST }],
      });
      yield* same("row", (yield* lab.read("a"))[0]?.value === LARGEST, true);
      yield* same("entry", (yield* lab.feed())[0]?.value === LARGEST, true);
    },
  ),
  law(
    "limits.value-beyond",
    "A value one byte larger is refused as TooLarge, and nothing is written.",
    function* (lab) {
      yield* allRefused(lab, "TooLarge", [
        { rows: [row("a", { value: `${LARGEST}x` })] },
        { entries: [{ ...entry("s", 1), value: `${LARGEST}x` }] },
      ]);
      yield* nothingThere(lab);
    },
  ),
  law(
    "limits.key-at-bound",
    "Ids, keys, streams and namespaces of exactly the largest size work.",
    function* (lab) {
      const far = lab.within(LONGEST);
      yield* far.commit({
        rows: [row(LONGEST, { by: [LONGEST] })],
        entries: [{ ...entry(LONGEST, 1), hash: LONGEST }],
        schedule: [job(LONGEST, { key: LONGEST })],
        receipt: receipt(LONGEST, "x"),
      });
      yield* same("scan", yield* far.scanAll({ limit: 1 }), [LONGEST]);
      yield* same("stream", (yield* far.feed({ stream: LONGEST })).length, 1);
      yield* same("done", yield* far.settle(1100, done(yield* only("job", yield* far.lease()))), [
        "Settled",
      ]);
    },
  ),
  law(
    "limits.key-beyond",
    "An id, key, stream or namespace one byte longer is refused as TooLarge.",
    function* (lab) {
      const long = `${LONGEST}c`;
      yield* allRefused(lab, "TooLarge", [
        { rows: [row(long)] },
        { rows: [row("a", { by: [long] })] },
        { entries: [entry(long, 1)] },
        { schedule: [job(long)] },
        { receipt: receipt(long, "x") },
        { namespace: long },
      ]);
      yield* nothingThere(lab);
    },
  ),
  law(
    "limits.batch-at-bound",
    "A batch of exactly the largest number of items is committed whole.",
    function* (lab) {
      const rows = Array.from({ length: STORAGE_LIMITS.batchItems / 2 }, (_, n) =>
        row(`r${n}`, { by: ["k"] }),
      );
      yield* lab.commit({ rows });
      yield* same("count", yield* lab.count(), rows.length);
    },
  ),
  law(
    "limits.batch-beyond",
    "A batch of one item more is refused as TooLarge, and nothing is written.",
    function* (lab) {
      const rows = Array.from({ length: STORAGE_LIMITS.batchItems / 2 }, (_, n) =>
        row(`r${n}`, { by: ["k"] }),
      );
      yield* allRefused(lab, "TooLarge", [{ rows, cancel: ["j"] }]);
      yield* nothingThere(lab);
    },
  ),
  law(
    "limits.page",
    "A page of the largest size works; one row more is refused as TooLarge.",
    function* (lab) {
      const limit = STORAGE_LIMITS.pageRows;
      yield* lab.commit({
        rows: Array.from({ length: limit + 1 }, (_, n) => row(`r${n}`, { by: ["k"] })),
      });
      yield* same("rows", (yield* lab.scan({ limit })).rows.length, limit);
      yield* failsWith("scan", "TooLarge", lab.scan({ limit: limit + 1 }));
      yield* failsWith("feed", "TooLarge", lab.feed({ limit: limit + 1 }));
      yield* failsWith("lease", "TooLarge", lab.lease({ limit: limit + 1 }));
    },
  ),
  law(
    "namespace.isolated-rows",
    "A row of one namespace is neither read, guarded, scanned nor counted in another.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["k"] })] });
      const other = lab.within("minhou");
      yield* same("read", yield* other.read("a"), [null]);
      yield* same("scan", [yield* other.scanAll(), yield* other.count()], [[], 0]);
      yield* other.commit({
        rows: [row("a", { value: "theirs", by: ["k"] })],
        guards: [guard("b", 0)],
      });
      yield* same("ours", (yield* lab.read("a"))[0]?.value, "value of a");
      yield* same("counts", [yield* lab.count(), yield* other.count()], [1, 1]);
    },
  ),
  law(
    "namespace.isolated-journal",
    "Streams and feeds of two namespaces do not mix, even under one name.",
    function* (lab) {
      const other = lab.within("minhou");
      yield* lab.commit({ entries: [entry("s", 1)] });
      yield* other.commit({ entries: [entry("s", 1)] });
      yield* lab.commit({ entries: [entry("s", 2)] });
      yield* same(
        "ours",
        (yield* lab.feed()).map((one) => one.version),
        [1, 2],
      );
      yield* same(
        "theirs",
        (yield* other.feed()).map((one) => one.version),
        [1],
      );
      yield* same("their stream", (yield* other.feed({ stream: "s" })).length, 1);
    },
  ),
  law(
    "namespace.isolated-jobs",
    "A job id, a key and a cancellation of one namespace mean nothing in another.",
    function* (lab) {
      const other = lab.within("minhou");
      yield* lab.commit({ schedule: [job("j", { key: "x" })] });
      yield* other.commit({ schedule: [job("j", { key: "x", value: "theirs" })] });
      yield* other.commit({ cancel: ["j"] });
      yield* other.commit({ schedule: [job("j", { key: "x", value: "theirs again" })] });
      yield* same("ours", (yield* only("job", yield* lab.lease())).value, "work j");
      yield* same("theirs", (yield* only("job", yield* other.lease())).value, "theirs again");
    },
  ),
  law(
    "namespace.isolated-receipts",
    "The same command id may be used in two namespaces.",
    function* (lab) {
      yield* lab.commit({ receipt: receipt("c", "x") });
      const theirs = yield* lab.within("minhou").commit({ receipt: receipt("c", "y") });
      yield* same("result", theirs._tag, "Committed");
    },
  ),
];
