/**
 * Facts: a record of attributes checked once against a charter, so that deciding
 * on it later needs no checks.
 */
import * as Result from "effect/Result";
import type { InputError } from "../data/index.ts";
import type { Charter, FactsRecord } from "../charter/index.ts";
import { type Point, writePoint } from "./Point.ts";
import { type Evaluator, evaluatorOf } from "./Evaluator.ts";

/** A point of a charter's fact space; made by `decodeFacts` only. All but the first two fields are this room's own. */
export interface Facts extends Readonly<Point> {
  readonly charter: Charter;
  /** The complete record, defaults filled in. */
  readonly record: FactsRecord;
  readonly evaluator: Evaluator;
}

/**
 * Checks a record of unknown origin against a charter. An unknown attribute or
 * value, a wrong type or a missing category is refused with its path.
 */
export const decodeFacts = (
  charter: Charter,
  record: unknown,
): Result.Result<Facts, InputError> => {
  const complete = charter.facts.complete(record);
  if (Result.isFailure(complete)) return Result.fail(complete.failure);
  const evaluator = evaluatorOf(charter);
  const facts = blankFacts(charter, complete.success, evaluator);
  writePoint(evaluator.classes, complete.success, facts);
  return Result.succeed(facts);
};

/** Facts still to be written: one shape of object for all, which is what keeps deciding fast. */
export const blankFacts = (
  charter: Charter,
  record: FactsRecord,
  evaluator: Evaluator,
): Point & { charter: Charter; record: FactsRecord; evaluator: Evaluator } => ({
  category: 0,
  a: 0,
  b: 0,
  c: 0,
  d: 0,
  more: NO_WORDS,
  charter,
  record,
  evaluator,
});

const NO_WORDS: Array<number> = [];
