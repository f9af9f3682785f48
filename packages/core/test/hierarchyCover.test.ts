/** What covers a unit, and which units are covered differently later: against a walk over the written units. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { changesWithin, coverOf, heirOf, movedUnits, nextChange } from "../src/hierarchy/index.ts";
import { built, CHAINS, hierarchyInput, instant, naive } from "./hierarchySupport.ts";

const RUNS = { seed: 65, numRuns: 300 };
const dated = hierarchyInput({ dated: true });
const chains = CHAINS;

test("a living unit is covered by its ancestors in each chain, and everything by a root", () => {
  let ended = 0;
  fc.assert(
    fc.property(dated, instant, (units, at) => {
      const h = built(units);
      const slow = naive(units);
      for (const id of [...units.units.map((unit) => unit.id), "nowhere"]) {
        const cover = coverOf(h, id, at);
        expect(cover[0]).toBe(id);
        expect(new Set(cover).size).toBe(cover.length);
        expect(heirOf(h, id, at) ?? id).toBe(slow.heir(id, at));
        if (slow.alive(id, at)) {
          const above = new Set(chains.flatMap((chain) => slow.ancestors(chain, id, at)));
          expect(new Set(cover)).toEqual(above);
        } else {
          ended += 1;
          const heir = slow.heir(id, at);
          if (heir !== id) {
            // Whatever is above the one that took over is above what it took over.
            const shared = chains.filter((chain) => slow.inChain(chain, heir, at));
            const above = shared.flatMap((chain) => slow.ancestors(chain, heir, at));
            expect(cover.filter((one) => above.includes(one)).length).toBeGreaterThan(0);
          }
        }
        const roots = chains.map((chain) => slow.root(chain, at));
        expect(cover.some((one) => roots.includes(one))).toBe(true);
      }
    }),
    RUNS,
  );
  expect(ended).toBeGreaterThan(200);
});

test("whatever is covered differently has, in its old cover, a unit that is named", () => {
  let moved = 0;
  let rewritten = 0;
  fc.assert(
    fc.property(dated, dated, fc.boolean(), instant, instant, (one, two, isSame, a, b) => {
      const before = { hierarchy: built(one), at: Math.min(a, b) };
      const after = { hierarchy: isSame ? before.hierarchy : built(two), at: Math.max(a, b) };
      const named = movedUnits(before, after);
      const ids = new Set([...one.units, ...two.units].map((unit) => unit.id));
      for (const id of ids) {
        const cover = coverOf(before.hierarchy, id, before.at);
        if (!sameCover(cover, coverOf(after.hierarchy, id, after.at))) {
          moved += 1;
          expect(named.some((unit) => unit.moved && cover.includes(unit.unit))).toBe(true);
        }
        // What was over at an instant lies where it lay then: in both documents alike, or it is named.
        const then = coverOf(before.hierarchy, id, before.at);
        if (!sameCover(then, coverOf(after.hierarchy, id, before.at))) {
          rewritten += 1;
          expect(
            named.some(
              (unit) =>
                unit.rewrittenFrom !== null &&
                unit.rewrittenFrom <= before.at &&
                then.includes(unit.unit),
            ),
          ).toBe(true);
        }
      }
      if (isSame) expect(named.every((unit) => unit.rewrittenFrom === null)).toBe(true);
      if (isSame && changesWithin(before.hierarchy, before.at, after.at).length === 0) {
        expect(named).toEqual([]);
      }
    }),
    RUNS,
  );
  expect(moved).toBeGreaterThan(200);
  expect(rewritten).toBeGreaterThan(200);
});

test("between two instants of change no cover changes", () => {
  fc.assert(
    fc.property(dated, instant, (units, at) => {
      const h = built(units);
      const next = nextChange(h, at);
      expect(changesWithin(h, at, Infinity)[0]).toBe(next);
      if (next === undefined) return;
      expect(changesWithin(h, at, next)).toEqual([next]);
      for (const { id } of units.units) {
        expect(coverOf(h, id, next - 1)).toEqual(coverOf(h, id, at));
      }
    }),
    RUNS,
  );
});

// An order of its own is no difference: lists have no order of units.
const sameCover = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && new Set([...a, ...b]).size === a.length;
