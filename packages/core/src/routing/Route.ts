/**
 * Routing: facts in, decision out. Total, deterministic, and the same answer as
 * reading the charter from top to bottom.
 */
import * as Result from "effect/Result";
import type { InputError } from "../data/index.ts";
import { type Charter, type Decision, type FactsRecord, scan } from "../charter/index.ts";
import { type Point, writePoint } from "./Point.ts";
import { decide, evaluatorOf } from "./Evaluator.ts";
import { decodeFacts, type Facts } from "./Facts.ts";

/**
 * Decides about facts. Equal answers are the same object; it is frozen.
 *
 * @throws TypeError when the facts were decoded against another charter: a broken
 * invariant of the caller, never of an input.
 */
export const route = (charter: Charter, facts: Facts): Decision => {
  if (facts.charter !== charter) throw new TypeError(OTHER_CHARTER);
  return decide(facts.evaluator, facts);
};

/** The reference: reads the document rule by rule. Always equal to {@link route}, only slower. */
export const routeByScan = (charter: Charter, facts: Facts): Decision => {
  if (facts.charter !== charter) throw new TypeError(OTHER_CHARTER);
  return scan(charter, facts.record);
};

/** Checks a record of unknown origin and decides about it, in one step. */
export const routeRecord = (
  charter: Charter,
  record: unknown,
): Result.Result<Decision, InputError> => {
  const evaluator = evaluatorOf(charter);
  if (isPlain(record) && writePoint(evaluator.classes, record, scratch)) {
    return Result.succeed(decide(evaluator, scratch));
  }
  return Result.map(decodeFacts(charter, record), (facts) => decide(evaluator, facts));
};

// Private

const OTHER_CHARTER = "these facts belong to another charter";

// Written before each use and read only while that call runs.
const scratch: Point = { category: 0, a: 0, b: 0, c: 0, d: 0, more: [] };

// What is inherited must not count as a fact, so only objects without ancestors of their own pass.
// Every record names its category; engines that have looked for it know the prototype without asking.
const isPlain = (record: unknown): record is FactsRecord => {
  if (typeof record !== "object" || record === null) return false;
  if ((record as FactsRecord)["category"] === undefined) return false;
  const prototype: unknown = Object.getPrototypeOf(record);
  return prototype === Object.prototype || prototype === null;
};
