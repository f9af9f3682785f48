/** Facts that generated charters draw from, and random regions and values of them. */
import fc from "fast-check";
import type { Box, Charter, Condition, FactDef, FactValue, Region } from "@linli/core/charter";

/** A text that says the same in both languages. */
export const words = (sentence: string) => ({ zh: sentence, en: sentence });

/** Facts a generated charter draws from: each kind, aggravating and not. */
export const FACT_POOL: Readonly<Record<string, FactDef>> = {
  severity: {
    kind: "enum",
    name: words("severity"),
    values: ["light", "medium", "grave"],
    ordered: true,
    aggravating: true,
    default: "light",
  },
  place: {
    kind: "enum",
    name: words("place"),
    values: ["stairs", "yard", "roof"],
    default: "yard",
  },
  cost: { kind: "integer", name: words("cost"), min: 0, max: 9000, aggravating: true, default: 0 },
  floor: { kind: "integer", name: words("floor"), min: -2, max: 3, default: 1 },
  danger: { kind: "boolean", name: words("danger"), aggravating: true, default: false },
  indoors: { kind: "boolean", name: words("indoors"), default: true },
  marks: { kind: "tags", name: words("marks"), values: ["t1", "t2", "t3"], default: ["t2"] },
};

/** The part of the pool whose every record can be tried one by one. */
export const SMALL_FACTS: ReadonlyArray<string> = ["severity", "floor", "danger", "marks"];

/** Facts that fill many words: sixty attributes, some with more values than lie in one lane. */
export const WIDE_POOL: Readonly<Record<string, FactDef>> = Object.fromEntries(
  Array.from({ length: 60 }, (_, i): readonly [string, FactDef] => {
    const name = words(`wide ${i}`);
    const values = Array.from({ length: i % 5 === 0 ? 200 : 3 + i }, (_unused, at) => `v${at}`);
    if (i % 3 === 0) return [`w${i}`, { kind: "enum", name, values, default: "v1" }];
    if (i % 3 === 1)
      return [
        `w${i}`,
        { kind: "integer", name, min: -(2 ** (i % 50)), max: 2 ** (i % 50), default: 0 },
      ];
    return [`w${i}`, { kind: "tags", name, values: values.slice(0, 12), default: ["v0"] }];
  }),
);

/** Random regions over facts and categories. */
export const regions = (
  facts: Readonly<Record<string, FactDef>>,
  ids: ReadonlyArray<string>,
): fc.Arbitrary<Region> => {
  const box = boxes(facts, ids);
  return fc.oneof(
    { weight: 6, arbitrary: box },
    {
      weight: 3,
      arbitrary: fc.array(box, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    },
    { weight: 1, arbitrary: fc.constant("all" as const) },
  );
};

/** Random boxes with so many conditions at least. */
export const boxes = (
  facts: Readonly<Record<string, FactDef>>,
  ids: ReadonlyArray<string>,
  atLeast = 0,
): fc.Arbitrary<Box> => {
  const all: Record<string, fc.Arbitrary<Condition>> = {
    category: valueSet(ids),
    kind: valueSet(["request", "finding", "assignment"]),
    ...mapValues(facts, conditions),
  };
  return fc
    .subarray(Object.keys(all), {
      minLength: Math.min(atLeast, Object.keys(all).length),
      maxLength: Math.min(Math.max(atLeast, 3), Object.keys(all).length),
    })
    .chain((names) =>
      fc.record(
        Object.fromEntries(names.map((name) => [name, all[name] as fc.Arbitrary<Condition>])),
      ),
    );
};

/** Random values of an attribute. */
export const valuesOf = (attribute: AttributeOf): fc.Arbitrary<FactValue> => {
  switch (attribute.kind) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: attribute.min, max: attribute.max });
    case "tags":
      return fc.subarray([...attribute.values]);
    case "category":
    case "enum":
      return fc.constantFrom(...attribute.values);
  }
};

/** Every value of an attribute; for small ones only. */
export const everyValue = (attribute: AttributeOf): ReadonlyArray<FactValue> => {
  switch (attribute.kind) {
    case "boolean":
      return [false, true];
    case "integer":
      return Array.from({ length: attribute.max - attribute.min + 1 }, (_, i) => attribute.min + i);
    case "tags":
      return attribute.values.reduce<ReadonlyArray<ReadonlyArray<string>>>(
        (sets, tag) => sets.flatMap((set) => [set, [...set, tag]]),
        [[]],
      );
    case "category":
    case "enum":
      return attribute.values;
  }
};

/** The record with every value mapped. */
export const mapValues = <A, B>(
  fields: Readonly<Record<string, A>>,
  map: (value: A) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, map(value)]));

// Private

type AttributeOf = Charter["facts"]["attributes"][number];

const valueSet = (values: ReadonlyArray<string>): fc.Arbitrary<Condition> =>
  fc.subarray([...values], { minLength: 1 }).map((list) => ({ in: list }));

const conditions = (def: FactDef): fc.Arbitrary<Condition> => {
  switch (def.kind) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc
        .array(interval(def.min, def.max), { minLength: 1, maxLength: 2 })
        .map((ranges) => ({ ranges }));
    case "tags":
      return fc
        .tuple(fc.constantFrom(...def.values), fc.subarray([...def.values]))
        .map(([first, more]) => {
          const has = more.filter((tag) => tag !== first).slice(0, 1);
          return has.length === 0 ? { has: [first] } : { has, lacks: [first] };
        });
    case "enum":
      return def.ordered === true
        ? fc.oneof(valueSet(def.values), stretch(def.values))
        : valueSet(def.values);
  }
};

const interval = (min: number, max: number) =>
  fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }), fc.boolean(), fc.boolean())
    .map(([a, b, openLow, openHigh]): readonly [number | null, number | null] => [
      openLow ? null : Math.min(a, b),
      openHigh ? null : Math.max(a, b),
    ]);

const stretch = (values: ReadonlyArray<string>): fc.Arbitrary<Condition> =>
  fc
    .tuple(
      fc.nat({ max: values.length - 1 }),
      fc.nat({ max: values.length - 1 }),
      fc.nat({ max: 2 }),
    )
    .map(([a, b, ends]) => {
      const from = values[Math.min(a, b)] ?? "";
      const to = values[Math.max(a, b)] ?? "";
      return ends === 0 ? { from } : ends === 1 ? { to } : { from, to };
    });
