/**
 * One step worse: the neighbours by which "a more severe issue never goes lower"
 * is tested.
 */
import type { Attribute, Charter, FactsRecord, FactValue } from "../charter/index.ts";
import { nextCut } from "./Classes.ts";
import type { Facts } from "./Facts.ts";

/**
 * The record with one aggravating fact a step worse: the next value of an ordered
 * fact, true for false, and for an integer the next value any condition tells
 * apart. Null when the fact is not aggravating or cannot get worse.
 */
export const raiseFact = (facts: Facts, attribute: string): FactsRecord | null => {
  const known = facts.charter.facts.attribute(attribute);
  const value = facts.record[attribute];
  if (known === undefined || value === undefined) return null;
  const worse = worseThan(facts, known, value);
  return worse === undefined ? null : { ...facts.record, [attribute]: worse };
};

/** All records one step worse in one aggravating fact. */
export const aggravations = (charter: Charter, facts: Facts): ReadonlyArray<FactsRecord> =>
  charter.facts.attributes
    .map((attribute) => raiseFact(facts, attribute.id))
    .filter((record) => record !== null);

// Private

const worseThan = (facts: Facts, attribute: Attribute, value: FactValue): FactValue | undefined => {
  if (!("aggravating" in attribute) || attribute.aggravating !== true) return undefined;
  if (attribute.kind === "boolean") return value === false ? true : undefined;
  if (attribute.kind === "enum") {
    return attribute.values[(facts.charter.facts.rankOf(attribute.id, String(value)) ?? 0) + 1];
  }
  const column = facts.evaluator.classes.columns.find(({ id }) => id === attribute.id);
  return column === undefined || typeof value !== "number" ? undefined : nextCut(column, value);
};
