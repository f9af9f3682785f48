/** Laws of routing, over generated charters. */
import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Charter,
  type CharterDocument,
  compileCharter,
  decodeCharter,
  encodeCharter,
  failingOf,
  boxesOf,
  type FactsRecord,
} from "@linli/core/charter";
import {
  aggravations,
  considered,
  decodeFacts,
  type Facts,
  route,
  routeByScan,
  routeRecord,
} from "@linli/core/routing";
import {
  charterDocuments,
  everyRecord,
  factsRecords,
  monotoneDocuments,
  renameCategories,
} from "./support/arbitraries.ts";
import { SMALL_FACTS, WIDE_POOL, words } from "./support/facts.ts";

const SEED = { seed: 20261122 };

const compiled = (document: CharterDocument): Charter =>
  Result.getOrThrowWith(compileCharter(document), (error) => error);

const factsOf = (charter: Charter, record: FactsRecord): Facts =>
  Result.getOrThrowWith(decodeFacts(charter, record), (error) => error);

/** A charter with some records of its facts. */
const casesOf = (documents: fc.Arbitrary<CharterDocument>) =>
  documents.chain((document) => {
    const charter = compiled(document);
    return fc.record({
      charter: fc.constant(charter),
      records: fc.array(factsRecords(charter), { minLength: 1, maxLength: 20 }),
    });
  });

const cases = casesOf(charterDocuments());

const forEachCase = (
  check: (charter: Charter, facts: Facts, record: FactsRecord) => void,
  numRuns = 300,
) =>
  fc.assert(
    fc.property(cases, ({ charter, records }) => {
      for (const record of records) check(charter, factsOf(charter, record), record);
    }),
    { ...SEED, numRuns },
  );

/** Checks that another form of a charter decides the same on the same facts. */
const forEachVariant = (
  charterOf: (charter: Charter) => Charter,
  recordOf: (record: FactsRecord) => FactsRecord,
) =>
  fc.assert(
    fc.property(cases, ({ charter, records }) => {
      const variant = charterOf(charter);
      for (const record of records) {
        expect(route(variant, factsOf(variant, recordOf(record)))).toEqual(
          route(charter, factsOf(charter, record)),
        );
      }
    }),
    { ...SEED, numRuns: 100 },
  );

describe("route", () => {
  it("is total: every valid record has a course and, unless it is a signpost, somebody to handle it", () => {
    const courses = new Set<string>();
    forEachCase((charter, facts) => {
      const decision = route(charter, facts);
      courses.add(decision.course);
      expect(decision.levels.length === 0).toBe(decision.course === "signpost");
      expect(decision.clocks === null).toBe(decision.course === "signpost");
      for (const level of decision.levels) {
        expect(charter.handlerPost(decision.chain ?? "", level)).toBeDefined();
      }
      expect(decision.course === "emergency" && decision.emergency === null).toBe(false);
    });
    expect([...courses].sort()).toEqual(["deliberate", "emergency", "handle", "signpost"]);
  });

  it("agrees with the reference scan, from facts and from a plain record", () => {
    forEachCase((charter, facts, record) => {
      const reference = routeByScan(charter, facts);
      expect(route(charter, facts)).toEqual(reference);
      expect(Result.getOrThrow(routeRecord(charter, record))).toEqual(reference);
    }, 1000);
  });

  it("agrees with the reference scan where rules fill several words of bits", () => {
    const large = charterDocuments({
      rules: 120,
      rulesAtLeast: 60,
      categories: 3,
      conditionsAtLeast: 5,
    });
    let furthest = 0;
    fc.assert(
      fc.property(casesOf(large), ({ charter, records }) => {
        for (const record of records) {
          const facts = factsOf(charter, record);
          expect(route(charter, facts)).toEqual(routeByScan(charter, facts));
          furthest = Math.max(furthest, considered(charter, facts).length);
        }
      }),
      // Shrinking a hundred rules takes minutes and tells little more than the first failure.
      { ...SEED, numRuns: 60, endOnFailure: true },
    );
    expect(furthest).toBeGreaterThan(64);
  });

  it("agrees with the reference scan where facts fill many words and levels a word", () => {
    const wide = charterDocuments({
      ...{ pool: WIDE_POOL, levels: 30, categories: 3 },
      ...{ rules: 40, rulesAtLeast: 5, conditionsAtLeast: 1 },
    });
    const words = new Set<number>();
    const levels = new Set<number>();
    fc.assert(
      fc.property(casesOf(wide), ({ charter, records }) => {
        for (const record of records) {
          const facts = factsOf(charter, record);
          const decision = route(charter, facts);
          expect(decision).toEqual(routeByScan(charter, facts));
          expect(Result.getOrThrow(routeRecord(charter, record))).toEqual(decision);
          words.add(facts.more.length);
          levels.add(decision.levels.length);
        }
      }),
      { ...SEED, numRuns: 60, endOnFailure: true },
    );
    expect(Math.max(...words)).toBeGreaterThan(0);
    expect(Math.max(...levels)).toBeGreaterThan(10);
  });

  it("agrees with the reference scan past the size of tables, by table and in all", () => {
    const [sample] = fc.sample(monotoneDocuments, { ...SEED, numRuns: 1 });
    const number = { kind: "integer", name: words("n"), min: 0, max: 20_000, default: 0 } as const;
    const charterOf = (rules: number, categories: number) =>
      compiled({
        ...(sample as CharterDocument),
        categories: Array.from({ length: categories }, (_, i) => ({
          id: `c${i}`,
          name: words("c"),
          emergency: { numbers: [`${i}`], text: words("call") },
        })),
        facts: { ...sample?.facts, number },
        rules: Array.from({ length: rules }, (_, i) => ({
          id: `r${i}`,
          when: { number: { ranges: [[i * 3, i * 3]] as const } },
          outcome: { course: "handle", clocks: "ordinary" },
          because: words("because"),
        })),
      });
    // 5,000 rules cut the number so finely that one table is refused; 24 large ones outgrow the store.
    for (const charter of [charterOf(5000, 1), charterOf(3500, 24)]) {
      for (let i = 0; i < 60; i += 1) {
        const record = {
          category: charter.document.categories[i % 24]?.id ?? "c0",
          number: i * 150,
        };
        const reference = routeByScan(charter, factsOf(charter, record));
        expect(reference.rule).toBe(i * 50 < charter.document.rules.length ? `r${i * 50}` : null);
        expect(route(charter, factsOf(charter, record))).toEqual(reference);
        expect(Result.getOrThrow(routeRecord(charter, record))).toEqual(reference);
      }
    }
  });

  it("agrees with the reference scan on every record of a small space", () => {
    fc.assert(
      fc.property(charterDocuments({ facts: SMALL_FACTS, categories: 4 }), (document) => {
        const charter = compiled(document);
        for (const record of everyRecord(charter)) {
          const facts = factsOf(charter, record);
          expect(route(charter, facts)).toEqual(routeByScan(charter, facts));
        }
      }),
      { ...SEED, numRuns: 40 },
    );
  });

  it("is deterministic: the same facts give the same frozen decision, in any order of asking", () => {
    forEachCase((charter, facts) => {
      const decision = route(charter, facts);
      expect(route(charter, facts)).toBe(decision);
      expect(Object.isFrozen(decision)).toBe(true);
    }, 100);
    forEachVariant(
      (charter) => compiled(charter.document),
      (record) => record,
    );
  });

  it("does not depend on the order of keys, in the record or in the document", () => {
    forEachVariant(
      (charter) => Result.getOrThrow(decodeCharter(reverseKeys(charter.document))),
      (record) => Object.fromEntries(Object.entries(record).toReversed()),
    );
  });

  it("decides as the document says it does after encoding and decoding", () => {
    forEachVariant(
      (charter) => Result.getOrThrow(decodeCharter(encodeCharter(charter))),
      (record) => record,
    );
  });

  it("commutes with renaming categories", () => {
    const rename = (id: string) => `${id}-改名`;
    forEachVariant(
      (charter) => compiled(renameCategories(charter.document, rename)),
      (record) => ({ ...record, category: rename(String(record["category"])) }),
    );
  });

  it("can lose a rule that is never chosen without any change", () => {
    let removed = 0;
    fc.assert(
      fc.property(charterDocuments({ facts: SMALL_FACTS, categories: 3, rules: 6 }), (document) => {
        const charter = compiled(document);
        const records = everyRecord(charter);
        const chosen = new Set(
          records.map((record) => route(charter, factsOf(charter, record)).rule),
        );
        const rules = document.rules.filter(({ id }) => chosen.has(id));
        removed += document.rules.length - rules.length;
        const smaller = compiled({ ...document, rules });
        for (const record of records) {
          expect(route(smaller, factsOf(smaller, record))).toEqual(
            route(charter, factsOf(charter, record)),
          );
        }
      }),
      { ...SEED, numRuns: 30 },
    );
    expect(removed).toBeGreaterThan(5);
  });

  it("keeps a more severe, costly or hazardous issue from going lower", () => {
    let rises = 0;
    fc.assert(
      fc.property(casesOf(monotoneDocuments), ({ charter, records }) => {
        for (const record of records) {
          const facts = factsOf(charter, record);
          const rank = lowestRank(charter, facts);
          for (const worse of aggravations(charter, facts)) {
            const raised = lowestRank(charter, factsOf(charter, worse));
            expect(raised).toBeGreaterThanOrEqual(rank);
            if (raised > rank) rises += 1;
          }
        }
      }),
      { ...SEED, numRuns: 300 },
    );
    expect(rises).toBeGreaterThan(50);
  });

  it("shows the emergency numbers of a category whatever the course", () => {
    let shown = 0;
    forEachCase((charter, facts) => {
      const numbers = charter.category(String(facts.record["category"]))?.emergency;
      if (numbers === undefined) return;
      shown += 1;
      const decision = route(charter, facts);
      expect(decision.emergency).not.toBeNull();
      expect(decision.course).not.toBe("handle");
    });
    expect(shown).toBeGreaterThan(100);
  });

  it("refuses facts of another charter", () => {
    const [one, other] = fc.sample(charterDocuments(), { ...SEED, numRuns: 2 }).map(compiled);
    const facts = factsOf(one as Charter, { category: "c0" });
    expect(() => route(other as Charter, facts)).toThrow(TypeError);
    expect(() => routeByScan(other as Charter, facts)).toThrow(TypeError);
  });
});

describe("considered", () => {
  it("ends with the rule that decided, and every rule before it fails on what is named", () => {
    let matched = 0;
    forEachCase((charter, facts) => {
      const { rule } = route(charter, facts);
      const tried = considered(charter, facts);
      const last = tried.at(-1);
      if (rule === null) expect(tried).toHaveLength(charter.document.rules.length);
      else expect(last).toEqual({ rule, matched: true, failedOn: [] });
      for (const [i, { failedOn, matched: isMatch }] of tried.entries()) {
        if (isMatch) {
          matched += 1;
          continue;
        }
        const when = charter.document.rules[i]?.when ?? "all";
        const failing = boxesOf(when).map((box) => failingOf(charter, box, facts.record));
        expect(failing.every((attributes) => attributes.length > 0)).toBe(true);
        expect(new Set(failedOn)).toEqual(new Set(failing.flat()));
      }
    });
    expect(matched).toBeGreaterThan(100);
  });
});

const lowestRank = (charter: Charter, facts: Facts): number =>
  charter.levels.get(route(charter, facts).levels[0] ?? "")?.rank ?? -1;

const reverseKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reverseKeys(inner)]),
  );
};
