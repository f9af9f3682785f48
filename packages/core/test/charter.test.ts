/** The charter's door: round trips, the smallest charter, extension, the published schema. */
import { readFileSync } from "node:fs";
import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyOf,
  atLeast,
  atMost,
  because,
  between,
  box,
  charter as buildCharter,
  type CharterDocument,
  charterJsonSchema,
  compileCharter,
  decodeCharter,
  deliberate,
  emergency,
  encodeCharter,
  flattenCharter,
  handle,
  has,
  lacks,
  numbers,
  oneOf,
  rule,
  signpost,
  text,
  within,
} from "@linli/core/charter";
import { charterDocuments, WEEKDAYS } from "./support/arbitraries.ts";
import { words } from "./support/facts.ts";

const SEED = { seed: 20261122 };
const readText = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const minimalText = readText("./fixtures/minimal.charter.json");
const minimal = JSON.parse(minimalText) as CharterDocument;
const calendars = [{ ...WEEKDAYS, id: "cn" }];
const orThrow = <A, E>(result: Result.Result<A, E>): A =>
  Result.getOrThrowWith(result, (error) => error);

describe("decodeCharter", () => {
  it("takes the smallest charter, which is under 60 lines, as text and as a value", () => {
    expect(minimalText.trimEnd().split("\n").length).toBeLessThan(60);
    const charter = orThrow(decodeCharter(minimalText, { calendars }));
    expect(charter.document).toEqual(minimal);
    expect(orThrow(decodeCharter(minimal, { calendars })).document).toEqual(minimal);
    expect(charter.chainLevels.get("residential")?.map(({ id }) => id)).toEqual([
      "building",
      "community",
    ]);
    expect(charter.handlerPost("residential", "building")?.id).toBe("chief");
    expect(charter.calendar.id).toBe("cn");
    expect(charter.clockSet("toString")).toBeUndefined();
  });

  it("gives back what was encoded, canonically", () => {
    fc.assert(
      fc.property(charterDocuments(), (document) => {
        const encoded = encodeCharter(document);
        const charter = orThrow(decodeCharter(encoded));
        expect(charter.document).toEqual(document);
        expect(encodeCharter(charter)).toBe(encoded);
      }),
      { ...SEED, numRuns: 100 },
    );
  });

  it("refuses hostile input at the door", () => {
    const reasonOf = (input: unknown) => {
      const result = decodeCharter(input, { calendars });
      return Result.isFailure(result)
        ? `${result.failure.path}: ${result.failure.reason}`
        : "taken";
    };
    expect(reasonOf("{")).toBe(": is not JSON");
    expect(reasonOf("[".repeat(200))).toMatch(/nested deeper/);
    expect(reasonOf(`"${"x".repeat(5_000_000)}"`)).toMatch(/larger than/);
    expect(reasonOf(minimalText.replace('"rules"', '"__proto__": {}, "rules"'))).toMatch(
      /not allowed/,
    );
    expect(reasonOf({ ...minimal, score: 1 })).toBe("/score: is not a known field");
    expect(reasonOf({ ...minimal, linli: 2 })).toMatch(/^\/linli/);
    expect(reasonOf({ ...minimal, title: { zh: "\ud800", en: "x" } })).toMatch(/^\/title\/zh/);
  });
});

describe("combinators", () => {
  it("build exactly what decoding the JSON gives", () => {
    const clock = { clock: "workingDays", amount: 5 } as const;
    const clockSets = { ordinary: { accept: clock, resolve: clock } };
    const call = numbers(text("先报警", "Call first"), "119");
    const built = buildCharter({
      ...minimal,
      categories: [
        { id: "fire", name: words("fire"), lifeDanger: true, emergency: call },
        { id: "light", name: words("light") },
      ],
      facts: {
        severity: {
          kind: "enum",
          name: words("severity"),
          values: ["low", "high"],
          ordered: true,
          default: "low",
        },
        cost: { kind: "integer", name: words("cost"), min: 0, max: 100, default: 0 },
        marks: { kind: "tags", name: words("marks"), values: ["a", "b"], default: [] },
      },
      clockSets,
      rules: [
        rule("fire", {
          when: box({ category: within("fire") }),
          then: emergency({ clocks: "ordinary", emergency: call }),
          because: because("火灾先报警", "Fires are for 119", "消防法 44"),
        }),
        rule("grave", {
          when: anyOf(
            box({ severity: atLeast("high"), cost: between(10, 20) }),
            box({ severity: atMost("low"), cost: atLeast(90) }),
            box({ severity: between("low", "high"), cost: atMost(5), marks: has("a") }),
            box({ kind: oneOf("finding", "assignment"), marks: lacks("b") }),
          ),
          then: handle({ clocks: "ordinary", atLeast: "community" }),
          because: because("重大", "It is grave"),
          tests: [
            {
              name: "a grave one",
              facts: { category: "light", cost: 95 },
              expect: { rule: "grave" },
            },
          ],
        }),
        rule("shared", {
          when: { cost: atLeast(50) },
          then: deliberate({ clocks: "ordinary", body: text("居民会议", "residents' meeting") }),
          because: because("居民说了算", "Residents decide"),
        }),
        rule("court", {
          when: "all",
          then: signpost("court", text("向法院起诉", "Go to court")),
          because: because("依法", "By law"),
        }),
      ],
    });
    const decoded = orThrow(decodeCharter(JSON.stringify(built), { calendars }));
    expect(decoded.document).toEqual(built);
    expect(encodeCharter(decoded)).toBe(encodeCharter(built));
  });
});

describe("extends", () => {
  const base: CharterDocument = { ...minimal, id: "base", open: ["otherwise", "clockSets"] };
  const child = {
    linli: 1,
    id: "child",
    version: "2",
    title: words("a street's own"),
    extends: { id: "base", version: "1" },
    otherwise: { ...minimal.otherwise, because: words("our own reason") },
  };
  const faultOf = (input: unknown, bases: ReadonlyArray<CharterDocument> = [base]) => {
    const result = decodeCharter(input, {
      calendars,
      bases,
      hash: (canonical) => String(canonical.length),
    });
    return Result.isFailure(result) ? result.failure.path : undefined;
  };

  it("copies what the base says and the child leaves unsaid", () => {
    const charter = orThrow(decodeCharter(child, { calendars, bases: [base] }));
    expect(charter.document.otherwise.because.en).toBe("our own reason");
    expect(charter.document.posts).toEqual(base.posts);
    expect(charter.document.flattenedFrom).toEqual({ id: "base", version: "1" });
    expect(charter.id).toBe("child");
    const again = orThrow(decodeCharter(encodeCharter(charter), { calendars }));
    expect(again.document).toEqual(charter.document);
    expect(orThrow(flattenCharter(again.document))).toBe(again.document);
  });

  it("changes only what the base leaves open", () => {
    expect(faultOf(child)).toBeUndefined();
    expect(faultOf({ ...child, posts: base.posts })).toBeUndefined();
    expect(faultOf({ ...child, rules: [0.5] })).toBe("/rules");
    expect(faultOf({ ...child, triage: "chief" })).toBe("/triage");
    expect(faultOf({ ...child, recheckDays: 3 })).toBe("/recheckDays");
    expect(faultOf({ ...child, open: ["clockSets"] })).toBeUndefined();
    expect(faultOf({ ...child, open: ["clockSets", "posts"] })).toBe("/open/1");
    expect(faultOf({ ...child, open: 5 })).toMatch(/^\//);
  });

  it("relies on exactly the base it names", () => {
    const relying = (extended: object) => ({ ...child, extends: extended });
    expect(faultOf(child, [])).toBe("/extends");
    expect(faultOf(relying({ id: "base", version: "2" }))).toBe("/extends");
    const hash = String(encodeCharter(base).length);
    expect(faultOf(relying({ id: "base", version: "1", hash }))).toBeUndefined();
    expect(faultOf(relying({ id: "base", version: "1", hash: "0" }))).toBe("/extends/hash");
    const circle = { ...base, extends: { id: "base", version: "1" } };
    expect(faultOf(child, [circle])).toBe("/extends");
  });

  it("hands down through several charters, never wider than any of them", () => {
    const middle: CharterDocument = {
      ...base,
      id: "middle",
      extends: { id: "base", version: "1" },
      open: ["clockSets"],
    };
    const grandchild = { ...child, extends: { id: "middle", version: "1" } };
    expect(faultOf(grandchild, [base, middle])).toBe("/otherwise");
    const { otherwise: _closed, ...modest } = grandchild;
    expect(faultOf(modest, [base, middle])).toBeUndefined();
  });
});

describe("compileCharter", () => {
  it("inherits visibility, danger and emergency numbers, whatever the order of categories", () => {
    const call = numbers(text("先打电话", "Call first"), "119");
    const charter = orThrow(
      compileCharter(
        {
          ...minimal,
          categories: [
            { id: "leaf", parent: "middle", name: words("leaf") },
            { id: "middle", parent: "root", name: words("middle"), visibility: "sealed" },
            { id: "root", name: words("root"), lifeDanger: true, emergency: call },
          ],
        },
        { calendars },
      ),
    );
    expect(charter.category("leaf")).toEqual({
      id: "leaf",
      name: words("leaf"),
      path: ["root", "middle", "leaf"],
      visibility: "sealed",
      lifeDanger: true,
      emergency: call,
    });
    expect(charter.category("root")?.visibility).toBe("public");
    expect(charter.category("__proto__")).toBeUndefined();
  });

  it("prefers the document's own calendar to the host's", () => {
    const own = { ...WEEKDAYS, id: "cn", weekend: [7] };
    const charter = orThrow(compileCharter({ ...minimal, calendars: [own] }, { calendars }));
    expect(charter.calendar.data.weekend).toEqual([7]);
  });
});

describe("charterJsonSchema", () => {
  it("is the file that is published", () => {
    const published: unknown = JSON.parse(readText("../schema/charter.schema.json"));
    expect(published).toEqual(JSON.parse(JSON.stringify(charterJsonSchema())));
  });
});
