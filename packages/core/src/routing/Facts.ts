/**
 * Facts: a record of attributes checked once against a charter, so that deciding
 * on it later needs no checks.
 */
import * as Result from "effect/Result";
import type { InputError } from "../data/index.ts";
import type { Charter, FactsRecord } from "../charter/index.ts";
import { writeClasses } from "./Classes.ts";
import { type Evaluator, evaluatorOf } from "./Evaluator.ts";

/** A point of a charter's fact space; made by `decodeFacts` only. */
export interface Facts {
  readonly charter: Charter;
  /** The complete record, defaults filled in. */
  readonly record: FactsRecord;
  /** Of this room only: the elementary class at each place. */
  readonly classes: ReadonlyArray<number>;
  /** Of this room only. */
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
  const classes = new Array<number>(evaluator.classes.width).fill(0);
  writeClasses(evaluator.classes, complete.success, classes);
  return Result.succeed({ charter, record: complete.success, classes, evaluator });
};
