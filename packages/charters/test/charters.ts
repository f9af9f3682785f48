/** The shipped charters with their places, and facts drawn from a charter's own fact space. */
import type { Charter, FactsRecord, FactValue } from "@linli/core/charter";
import {
  bazhongCharter,
  bazhongDirectory,
  bazhongHierarchy,
  minhouCharter,
  minhouDirectory,
  minhouHierarchy,
  xinanCharter,
  xinanDirectory,
  xinanHierarchy,
} from "@linli/charters";
import * as fc from "fast-check";
import { placeOf } from "./support.ts";

export const PLACES = [
  { name: "xinan", ...placeOf(xinanCharter, xinanHierarchy(), xinanDirectory()) },
  { name: "minhou", ...placeOf(minhouCharter, minhouHierarchy(), minhouDirectory()) },
  { name: "bazhong", ...placeOf(bazhongCharter, bazhongHierarchy(), bazhongDirectory()) },
];

type Attribute = Charter["facts"]["attributes"][number];

/** Any record of the charter; integers lean to the numbers its conditions name. */
export const anyFacts = (charter: Charter): fc.Arbitrary<FactsRecord> =>
  fc.record(
    Object.fromEntries(
      charter.facts.attributes.map((attribute) => [attribute.id, valueOf(charter, attribute)]),
    ),
  );

/**
 * One record for each class of facts that no condition of the charter tells apart:
 * what holds for these holds for all. Integers stand at and beside every end of an
 * interval; tags are left at their default, as no shipped charter has any.
 */
export function* everyFacts(charter: Charter): Generator<FactsRecord> {
  const axes = charter.facts.attributes.map(
    (attribute) => [attribute.id, valuesOf(charter, attribute)] as const,
  );
  const fill = function* (at: number, record: FactsRecord): Generator<FactsRecord> {
    const axis = axes[at];
    if (axis === undefined) yield record;
    else for (const value of axis[1]) yield* fill(at + 1, { ...record, [axis[0]]: value });
  };
  yield* fill(0, {});
}

const valuesOf = (charter: Charter, attribute: Attribute): ReadonlyArray<FactValue> => {
  switch (attribute.kind) {
    case "boolean":
      return [false, true];
    case "integer":
      return edges(charter, attribute.id, attribute.min, attribute.max);
    case "tags":
      return [attribute.default];
    default:
      return attribute.values;
  }
};

const valueOf = (charter: Charter, attribute: Attribute): fc.Arbitrary<FactValue> => {
  switch (attribute.kind) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.oneof(
        fc.constantFrom(...edges(charter, attribute.id, attribute.min, attribute.max)),
        fc.integer({ min: attribute.min, max: attribute.max }),
      );
    case "tags":
      return fc.subarray([...attribute.values]);
    default:
      return fc.constantFrom(...attribute.values);
  }
};

const edges = (charter: Charter, id: string, min: number, max: number): ReadonlyArray<number> => {
  const { competences, rules } = charter.document;
  const written = JSON.stringify([competences, rules.map((rule) => rule.when)]);
  const pattern = new RegExp(`"${id}":\\{"ranges":\\[\\[(null|\\d+),(null|\\d+)`, "g");
  const named = [...written.matchAll(pattern)].flatMap(([, low, high]) =>
    [low, high].filter((end) => end !== undefined && end !== "null").map(Number),
  );
  return [...new Set([min, max, ...named.flatMap((end) => [end - 1, end, end + 1])])].filter(
    (value) => value >= min && value <= max,
  );
};
