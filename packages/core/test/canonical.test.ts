/** The canonical encoding against the rule it states, written out plainly. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCanonical } from "../src/data/index.ts";

const RUNS = { seed: 17, numRuns: 400 };

// RFC 8785 by the platform's own means: every object copied in the order of its keys.
const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(entries.map(([key, inner]) => [key, inOrder(inner)]));
};

// A map keeps the order in which it was filled, also of keys that look like numbers.
const written = (value: unknown): string => {
  if (value instanceof Map) {
    const fields = [...value].filter(([, inner]) => inner !== undefined);
    return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${written(inner)}`).join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map((one) => written(one ?? null)).join(",")}]`;
  return JSON.stringify(value);
};

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", "a\nb", "\u007f", "\u2028", "~", " ", "张主任", "\ud83c\udfe0", "a\n"),
);

const { plain } = fc.letrec<{ plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.maxSafeInteger(),
    fc.constantFrom(0, -0, -1, true, false, null),
    fc.array(fc.option(tie("plain"), { nil: undefined }), { maxLength: 4 }),
    fc.dictionary(text, fc.option(tie("plain"), { nil: undefined }), { maxKeys: 40 }),
  ),
}));

describe("the canonical encoding", () => {
  it("is JSON with keys in order of their UTF-16 units and nothing undefined", () =>
    fc.assert(
      fc.property(plain, (value) => {
        expect(encodeCanonical(value)).toBe(written(inOrder(value)));
      }),
      RUNS,
    ));

  it("does not depend on the order in which fields were set, however many there are", () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { maxLength: 60 }).chain((keys) =>
          fc.record({
            one: fc.constant(keys),
            other: fc.shuffledSubarray(keys, { minLength: keys.length }),
          }),
        ),
        ({ one, other }) => {
          const made = (keys: ReadonlyArray<string>) =>
            Object.fromEntries(keys.map((key) => [key, key.length]));
          expect(encodeCanonical(made(other))).toBe(encodeCanonical(made(one)));
        },
      ),
      RUNS,
    ));

  it("refuses what has no canonical form", () => {
    for (const value of [0.5, Number.NaN, 2 ** 53, 1n, undefined, () => 1, { a: 0.5 }]) {
      expect(() => encodeCanonical(value)).toThrow(TypeError);
    }
  });
});
