/** Texts that some database takes for one another, ways to join two names into one, and what is named with them. */
import type { RowWrite } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { entry, HOME, type Lab, row, same } from "./Lab.ts";

const LONG = "x".repeat(509);

/**
 * No two of them are the same: each pair differs by what some collation, column or index
 * overlooks - case, blanks, accents, width, kana, what is not printed, characters beyond
 * the first plane, numbers, and whatever follows the first so many characters.
 */
export const LOOKALIKES: ReadonlyArray<string> = [
  ...["ab", "Ab", "AB", "ab ", " ab", "ab\t", "áb", "a\u0301b", "ａb", "a\u200bb", "a\u00adb"],
  ...["カ", "か", "ß", "ss", "𠮷", "𠮶", "1", "01", "1.0", "é", "e"],
  ...[`${LONG}a`, `${LONG}b`],
];

/**
 * For each way to join two texts the two pairs that would become one: `a` and `b` joined
 * with `c`, and `a` with `b` and `c`.
 */
export const JOINS: ReadonlyArray<{ readonly ab: string; readonly bc: string }> = [
  ...["", "/", ":", "|", "-", "_", ".", ",", " ", "#", "%", "\\", '"', '","', "\u0001", "\u001f"],
].map((joint) => ({ ab: `a${joint}b`, bc: `b${joint}c` }));

/** A row under a kind and one index key, that holds what tells it from the others. */
export const named = (kind: string, id: string, index: string, key: string): RowWrite => ({
  ...row(id, { value: JSON.stringify([kind, id, index, key]) }),
  kind,
  indexes: [{ index, key }],
});

/** The first entry of a stream whose name leaves no room for more in a hash. */
export const beginning = (stream: string) => ({ ...entry(stream, 1), hash: "h" });

/** A scan of the index a row stands in gives that row alone. */
export const alone = Effect.fnUntraced(function* (lab: Lab, one: RowWrite) {
  const [{ index, key } = { index: "", key: "" }] = one.indexes;
  const page = yield* lab.scan({ kind: one.kind, index });
  yield* same(
    `rows of ${one.value}`,
    page.rows.map((found) => [found.kind, found.id, found.key, found.value]),
    [[one.kind, one.id, key, one.value]],
  );
});

/** Rows that were just written are read as they are, and each stands {@link alone}. */
export const keptApart = Effect.fnUntraced(function* (lab: Lab, rows: ReadonlyArray<RowWrite>) {
  const keys = rows.map(({ kind, id }) => ({ kind, id }));
  const found = yield* lab.storage.read({ namespace: HOME, keys });
  yield* same(
    "values",
    found.map((one) => one?.value),
    rows.map((one) => one.value),
  );
  for (const one of rows) yield* alone(lab, one);
});
