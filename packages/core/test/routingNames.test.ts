import * as fc from "fast-check";
import { expect, it } from "vitest";
import { namesOf, numberIn } from "../src/routing/Names.ts";

// Few letters and lengths, so that many names want the same spot.
const name = fc.string({ unit: fc.constantFrom("a", "b", "楼"), maxLength: 4 });

it("finds every name, those that share a spot too, and nothing else", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 40 }), fc.array(name), (known, others) => {
      const names = namesOf(known.map((one, at) => [one, at] as const));
      for (const one of [...known, ...others]) {
        const at = known.indexOf(one);
        expect(numberIn(names, one)).toBe(at < 0 ? undefined : at);
      }
      for (const one of [undefined, null, 0, true, ["a"]]) {
        expect(numberIn(names, one)).toBeUndefined();
      }
    }),
    { seed: 64, numRuns: 500 },
  );
});
