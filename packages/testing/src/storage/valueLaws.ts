/** Laws of text, numbers, limits and the wall between namespaces. */
import { STORAGE_LIMITS, type StorageReason } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { NASTY_PIECES } from "../arbitraries/text.ts";
import {
  done,
  entry,
  failsWith,
  guard,
  HOME,
  job,
  type Lab,
  only,
  type PartialBatch,
  receipt,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const NAMES = NASTY_PIECES.filter((piece) => piece !== "");
const LONGEST = "楼".repeat(Math.floor(STORAGE_LIMITS.keyBytes / 3)) + "ab";
const LARGEST = `${"栋".repeat(Math.floor(STORAGE_LIMITS.valueBytes / 3))}x`;

/** Batches with one text in each place a text can stand. */
const batchesWith = (text: string): ReadonlyArray<PartialBatch> => [
  { rows: [row("a", { value: text })] },
  { rows: [row(text)] },
  { rows: [row("a", { by: [text] })] },
  { entries: [{ ...entry("s", 1), value: text }] },
  { entries: [entry(text, 1)] },
  { entries: [{ ...entry("s", 1), hash: text }] },
  { schedule: [job("j", { value: text })] },
  { schedule: [job(text)] },
  { schedule: [job("j", { key: text })] },
  { receipt: receipt(text, "x") },
  { receipt: receipt("c", text) },
  { receipt: receipt("c", "x", text) },
  { guards: [guard(text, 0)] },
  { cancel: [text] },
];

const allRefused = (lab: Lab, reason: StorageReason, batches: ReadonlyArray<PartialBatch>) =>
  Effect.forEach(batches, (batch, at) =>
    failsWith(`batch ${at}`, reason, lab.commit({ ...batch, at: 1000 + at })),
  );

const nothingThere = Effect.fnUntraced(function* (lab: Lab) {
  yield* same("rows", yield* lab.scanAll(), []);
  yield* same("row", yield* lab.read("a"), [null]);
  yield* same("entries", yield* lab.feed(), []);
  yield* same("jobs", yield* lab.lease(), []);
  yield* same("receipt", yield* lab.storage.receipt({ namespace: HOME, id: "c" }), null);
});

export const valueLaws: ReadonlyArray<StorageLaw> = [
  law(
    "text.nasty-legal",
    "Any text without NUL and lone surrogates is kept unchanged as value of rows, entries, jobs and receipts.",
    function* (lab) {
      for (const [n, text] of [...NASTY_PIECES, NASTY_PIECES.join("")].entries()) {
        yield* lab.commit({
          rows: [row(`r${n}`, { value: text })],
          entries: [{ ...entry("s", n + 1), value: text }],
          schedule: [job(`j${n}`, { value: text })],
          receipt: receipt(`c${n}`, "x", text),
        });
        yield* same("row", (yield* lab.read(`r${n}`))[0]?.value, text);
        const kept = yield* lab.storage.receipt({ namespace: HOME, id: `c${n}` });
        yield* same("receipt", kept?.value, text);
      }
      const texts = [...NASTY_PIECES, NASTY_PIECES.join("")];
      yield* same(
        "entries",
        (yield* lab.feed()).map((one) => one.value),
        texts,
      );
      yield* same(
        "jobs",
        (yield* lab.lease({ limit: 1000 })).map((one) => one.value),
        texts,
      );
    },
  ),
  law(
    "text.nasty-names",
    "Any such text may be an id, a stream or a queue's key, and names only itself.",
    function* (lab) {
      yield* lab.commit({
        rows: NAMES.map((id) => row(id, { value: `of ${id}` })),
        schedule: NAMES.map((id) => job(id, { key: id })),
      });
      yield* lab.commit({ entries: NAMES.map((id) => entry(id, 1)) });
      yield* same(
        "rows",
        (yield* lab.read(...NAMES)).map((one) => one?.value),
        NAMES.map((id) => `of ${id}`),
      );
      for (const id of NAMES) {
        yield* same(
          "stream",
          (yield* lab.feed({ stream: id })).map((one) => one.value),
          [`${id} 1`],
        );
      }
      yield* same(
        "jobs",
        (yield* lab.lease({ limit: 1000 })).map((one) => one.id),
        NAMES,
      );
    },
  ),
  law(
    "text.nasty-namespaces",
    "Any such text may be a namespace, and names only itself.",
    function* (lab) {
      for (const name of NAMES)
        yield* lab.within(name).commit({ rows: [row("a", { value: name })] });
      for (const name of NAMES) {
        yield* same("value", (yield* lab.within(name).read("a"))[0]?.value, name);
      }
    },
  ),
  law(
    "text.nasty-keys",
    "Any such text may be an index key and is found by a range around it.",
    function* (lab) {
      const keys = [...NASTY_PIECES];
      yield* lab.commit({ rows: keys.map((key, n) => row(`r${n}`, { by: [key] })) });
      for (const [n, key] of keys.entries()) {
        const range = { from: key, to: `${key}\u0001` };
        const page = yield* lab.scan({ range });
        yield* same(
          "found",
          page.rows.some((one) => one.id === `r${n}` && one.key === key),
          true,
        );
      }
    },
  ),
  law("text.case-apart", "Texts that differ in case only are different.", function* (lab) {
    yield* lab.commit({ rows: ["a", "A", "ß", "SS", "ı", "I", "i"].map((id) => row(id)) });
    yield* same(
      "row",
      yield* lab.versions("a", "A", "ß", "SS", "ı", "I", "i"),
      [1, 1, 1, 1, 1, 1, 1],
    );
  }),
  law("text.forms-apart", "Composed and decomposed letters are different texts.", function* (lab) {
    yield* lab.commit({
      rows: [row("é", { value: "composed" }), row("e\u0301", { value: "decomposed" })],
    });
    const values = (yield* lab.read("é", "e\u0301")).map((one) => one?.value);
    yield* same("values", values, ["composed", "decomposed"]);
  }),
  law("text.blanks-apart", "Blanks at the ends of a text are part of it.", function* (lab) {
    yield* lab.commit({
      rows: [row("a", { value: "a " }), row("a ", { value: " a" }), row(" a", { value: "" })],
    });
    const values = (yield* lab.read("a", "a ", " a")).map((one) => one?.value);
    yield* same("values", values, ["a ", " a", ""]);
  }),
  law(
    "text.digits-stay-text",
    "Text that looks like a number stays the text it is.",
    function* (lab) {
      const digits = ["007", "1.0", "1e3", "-0", "9007199254740993"];
      yield* lab.commit({ rows: digits.map((text) => row(text, { value: text, by: [text] })) });
      yield* same(
        "values",
        (yield* lab.read(...digits)).map((one) => one?.value),
        digits,
      );
      yield* same("order", yield* lab.scanAll(), ["-0", "007", "1.0", "1e3", "9007199254740993"]);
    },
  ),
  law(
    "text.nul-refused",
    "Text with NUL is refused as Invalid wherever it stands, and nothing is written.",
    function* (lab) {
      yield* allRefused(lab, "Invalid", batchesWith("a\u0000b"));
      yield* nothingThere(lab);
    },
  ),
  law(
    "text.lone-surrogate-refused",
    "Text with a lone surrogate is refused as Invalid wherever it stands, and nothing is written.",
    function* (lab) {
      yield* allRefused(lab, "Invalid", batchesWith("a\ud83db"));
      yield* nothingThere(lab);
    },
  ),
  law(
    "number.safe-integers",
    "Instants up to the largest safe integer are kept exactly.",
    function* (lab) {
      const largest = Number.MAX_SAFE_INTEGER;
      yield* lab.commit({
        at: largest,
        schedule: [job("a", { dueAt: 0 }), job("b", { dueAt: largest - 1 })],
        receipt: { ...receipt("c", "x"), keepUntil: largest },
      });
      const leased = yield* lab.lease({ now: largest - 1, until: largest });
      yield* same(
        "jobs",
        leased.map((one) => [one.id, one.dueAt, one.leasedUntil]),
        [
          ["a", 0, largest],
          ["b", largest - 1, largest],
        ],
      );
    },
  ),
  law(
    "number.others-refused",
    "Fractions, unsafe and negative numbers are refused as Invalid, and nothing is written.",
    function* (lab) {
      const wrong = [1.5, Number.NaN, Number.POSITIVE_INFINITY, -1, Number.MAX_SAFE_INTEGER + 1];
      yield* allRefused(
        lab,
        "Invalid",
        wrong.flatMap((n): ReadonlyArray<PartialBatch> => [
          { schedule: [job("j", { dueAt: n })] },
          { rows: [row("a", { expected: n })] },
          { entries: [entry("s", n)] },
        ]),
      );
      yield* nothingThere(lab);
    },
  ),
  law(
    "batch.twice-refused",
    "A batch that names the same row, job or lease twice is refused as Invalid.",
    function* (lab) {
      const ghost = { _tag: "Done", namespace: HOME, id: "g", token: "t" } as const;
      yield* allRefused(lab, "Invalid", [
        { rows: [row("a"), row("a")] },
        { schedule: [job("j"), job("j")] },
        { settle: [ghost, ghost] },
      ]);
      yield* nothingThere(lab);
    },
  ),
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
