/** Laws of text and numbers. */
import { NASTY_PIECES } from "../arbitraries/text.ts";
import { entry, guard, HOME, job, type PartialBatch, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { allRefused, nothingThere } from "./refusals.ts";

const NAMES = NASTY_PIECES.filter((piece) => piece !== "");

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
];
