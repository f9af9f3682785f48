import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { bazhongCharter, minhouCharter, xinanCharter } from "@linli/charters";
import { calendarCn } from "@linli/calendar-cn";
import { type Charter, decodeCharter, type FactsRecord } from "@linli/core/charter";
import {
  aggravations,
  considered,
  decodeFacts,
  type Facts,
  route,
  routeByScan,
} from "@linli/core/routing";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { referencePage } from "../scripts/reference.ts";
import { anyFacts, everyFacts, PLACES } from "./charters.ts";
import { compiled } from "./support.ts";

// Every class of facts, twice: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const RUNS = { seed: 20_230_803, numRuns: 1_500 };

const factsOf = (charter: Charter, record: FactsRecord): Facts =>
  Result.getOrThrow(decodeFacts(charter, record));

/** Rank of the level an issue lies at first; null for a signpost. */
const height = (charter: Charter, facts: Facts): number | null => {
  const [lowest] = route(charter, facts).levels;
  return lowest === undefined ? null : (charter.levels.get(lowest)?.rank ?? Number.NaN);
};

/** Records one step worse that would lie lower, or be pointed elsewhere. */
const lowerings = (charter: Charter, facts: Facts): ReadonlyArray<FactsRecord> => {
  const before = height(charter, facts);
  return aggravations(charter, facts).filter((worse) => {
    const after = height(charter, factsOf(charter, worse));
    return before === null || after === null ? before !== after : after < before;
  });
};

describe.each(PLACES)("the charter of $name", ({ charter }) => {
  const facts = anyFacts(charter);

  it("decides about every issue, and the same as reading it from top to bottom", () => {
    fc.assert(
      fc.property(facts, (record) => {
        const known = factsOf(charter, record);
        const decision = route(charter, known);
        expect(decision).toEqual(routeByScan(charter, known));
        expect(decision.levels.length > 0).toBe(decision.course !== "signpost");
        expect(charter.clockSet(decision.clocks ?? "") !== undefined).toBe(
          decision.course !== "signpost",
        );
      }),
      RUNS,
    );
  });

  it("reads the same from top to bottom, for every class of facts", () => {
    let classes = 0;
    const different: Array<FactsRecord> = [];
    for (const record of everyFacts(charter)) {
      classes += 1;
      const known = factsOf(charter, record);
      if (!isDeepStrictEqual(route(charter, known), routeByScan(charter, known))) {
        different.push(record);
      }
    }
    expect(different).toEqual([]);
    expect(classes).toBeGreaterThan(2_000);
  });

  it("never moves an issue lower for being one step worse, for every class of facts", () => {
    let steps = 0;
    const lower: Array<FactsRecord> = [];
    for (const record of everyFacts(charter)) {
      const known = factsOf(charter, record);
      steps += aggravations(charter, known).length;
      lower.push(...lowerings(charter, known));
    }
    expect(lower).toEqual([]);
    expect(steps).toBeGreaterThan(4_000);
  });

  it("never moves an issue lower for being worse in several ways at once", () => {
    const pairs = fc.tuple(facts, facts).map(([a, b]) => ordered(charter, a, b));
    fc.assert(
      fc.property(pairs, ([mild, bad]) => {
        const before = height(charter, factsOf(charter, mild));
        const after = height(charter, factsOf(charter, bad));
        expect(after === null).toBe(before === null);
        if (before !== null && after !== null) expect(after).toBeGreaterThanOrEqual(before);
      }),
      RUNS,
    );
  });

  it("explains by a rule that matches when none before it does", () => {
    fc.assert(
      fc.property(facts, (record) => {
        const known = factsOf(charter, record);
        const tried = considered(charter, known);
        const { rule } = route(charter, known);
        const matched = tried.filter((one) => one.matched).map((one) => one.rule);
        expect(matched).toEqual(rule === null ? [] : [rule]);
        if (rule !== null) expect(tried.at(-1)?.rule).toBe(rule);
        for (const one of tried) expect(one.failedOn.length > 0).toBe(!one.matched);
      }),
      RUNS,
    );
  });

  it("shows the numbers of every danger to life, whatever else is known", () => {
    const dangers = charter.document.categories
      .map((category) => charter.category(category.id))
      .filter((category) => category?.lifeDanger === true);
    expect(dangers.length).toBeGreaterThanOrEqual(5);
    fc.assert(
      fc.property(facts, fc.constantFrom(...dangers), (record, danger) => {
        const decision = route(
          charter,
          factsOf(charter, { ...record, category: danger?.id ?? "" }),
        );
        expect(decision.course).toBe("emergency");
        for (const number of decision.emergency?.numbers ?? []) {
          expect(["110", "119", "120", "122"]).toContain(number);
        }
        expect(decision.emergency?.numbers.length).toBeGreaterThan(0);
      }),
      RUNS,
    );
  });

  it("has an example for each rule, which that rule decides", () => {
    for (const rule of charter.document.rules) {
      expect(rule.tests?.length ?? 0, rule.id).toBeGreaterThan(0);
      for (const test of rule.tests ?? []) {
        expect(route(charter, factsOf(charter, test.facts)).rule, test.name).toBe(rule.id);
      }
    }
  });

  it("gives every deadline as a default of ours with what it leans on", () => {
    for (const set of Object.values(charter.document.clockSets)) {
      expect(set.basis).toMatch(/^default of ours; .{10,}/);
    }
  });
});

describe("the three sizes of Xin'an", () => {
  const { charter } = PLACES[0] ?? { charter: undefined };
  if (charter === undefined) throw new Error("Xin'an is missing");

  it("are the building, the micro-community, and the community or above", () => {
    const where = {
      minor: ["building"],
      major: ["microCommunity"],
      critical: ["community", "town"],
    };
    fc.assert(
      fc.property(anyFacts(charter), (record) => {
        const decision = route(charter, factsOf(charter, { ...record, kind: "request" }));
        // Residents' own matters and complaints have a floor besides their size.
        if (decision.course !== "handle" || decision.size === null) return;
        if (decision.rule === "common.hazard") return;
        expect(where[decision.size]).toContain(decision.levels[0]);
      }),
      RUNS,
    );
  });

  it("tell the micro-community of everything critical that an official handles", () => {
    fc.assert(
      fc.property(anyFacts(charter), (record) => {
        const decision = route(charter, factsOf(charter, record));
        if (decision.size !== "critical") return;
        expect(decision.inform).toContain("microCommunity");
      }),
      RUNS,
    );
  });
});

describe("charters as data", () => {
  const documents = [xinanCharter, minhouCharter, bazhongCharter];

  it.each(documents.map((document) => [document.id, document] as const))(
    "ships %s as the same JSON",
    (id, document) => {
      const file = new URL(`../json/${id}.charter.json`, import.meta.url);
      const text = readFileSync(file, "utf8");
      expect(JSON.parse(text), "run node packages/charters/scripts/writeJson.ts").toEqual(document);
      const decoded = Result.getOrThrow(decodeCharter(text, { calendars: [calendarCn()] }));
      expect(decoded.document).toEqual(document);
    },
  );

  it.each([
    ["en", "charters"],
    ["zh", "charters.zh-CN"],
  ] as const)("are described in %s by the reference page as they are", (locale, name) => {
    const file = new URL(`../../../docs/reference/${name}.md`, import.meta.url);
    const words = (page: string) => page.replace(/[\s|-]+/g, " ");
    expect(
      words(readFileSync(file, "utf8")),
      "run packages/charters/scripts/writeReference.ts",
    ).toBe(words(referencePage(documents, locale)));
  });

  it("refuses the charter when one of its own examples does not hold", () => {
    const broken = {
      ...xinanCharter,
      tests: [{ name: "wrong", facts: { category: "other" }, expect: { level: "town" } }],
    };
    const refused = decodeCharter(broken, { calendars: [calendarCn()] });
    expect(Result.isFailure(refused) && refused.failure.path).toBe("/tests/0/expect/level");
  });
});

describe("the law of subsidiarity", () => {
  it.each([
    [
      "a competence that begins at a size",
      { competences: { ...xinanCharter.competences, building: { severity: { from: "major" } } } },
    ],
    [
      "a rule that sends a hazard lower than it would lie otherwise",
      {
        rules: xinanCharter.rules.map((rule) =>
          rule.id === "common.hazard"
            ? { ...rule, outcome: { course: "handle", clocks: "hazard" } }
            : rule,
        ),
      },
    ],
    [
      "a rule that points elsewhere what is worse",
      {
        rules: xinanCharter.rules.map((rule) =>
          rule.id === "signpost.hotline"
            ? { ...rule, when: { severity: { from: "critical" } } }
            : rule,
        ),
      },
    ],
  ])("is seen to be broken by %s", (_, change) => {
    const { tests: _tests, ...document } = { ...xinanCharter, ...change };
    const rules = document.rules.map(({ tests: _examples, ...rule }) => rule);
    const broken = compiled({ ...document, rules });
    const found = [...everyFacts(broken)].flatMap((record) =>
      lowerings(broken, factsOf(broken, record)),
    );
    expect(found.length).toBeGreaterThan(0);
  });
});

/** Two records that differ in aggravating facts only, the second at least as bad in each. */
const ordered = (
  charter: Charter,
  a: FactsRecord,
  b: FactsRecord,
): readonly [FactsRecord, FactsRecord] => {
  const mild: Record<string, FactsRecord[string]> = { ...a };
  const bad: Record<string, FactsRecord[string]> = { ...a };
  for (const attribute of charter.facts.attributes) {
    if (!("aggravating" in attribute) || attribute.aggravating !== true) continue;
    const badness = (value: FactsRecord[string] | undefined): number =>
      attribute.kind === "enum"
        ? (charter.facts.rankOf(attribute.id, String(value)) ?? 0)
        : Number(value);
    const values = [a[attribute.id], b[attribute.id]].sort((x, y) => badness(x) - badness(y));
    const [least, most] = values;
    if (least === undefined || most === undefined) continue;
    mild[attribute.id] = least;
    bad[attribute.id] = most;
  }
  return [mild, bad];
};
