/**
 * A hierarchy on its way in: units numbered by id, ids found, levels known.
 * What the checks and the columns are both made from.
 */
import * as Result from "effect/Result";
import { InputError, pointer } from "../data/index.ts";
import { type IdIndex, lookUp, makeIdIndex } from "./IdIndex.ts";
import type { HierarchyFrame, HierarchyInput, UnitInput } from "./Model.ts";

export interface Draft {
  readonly against: HierarchyFrame;
  /** As written, in the order written. */
  readonly units: ReadonlyArray<UnitInput>;
  /** By number, ascending. */
  readonly ids: ReadonlyArray<string>;
  /** From a number to the place among `units`. */
  readonly inputOf: Int32Array;
  /** By number: position among the levels of the charter. */
  readonly level: Uint8Array;
  readonly index: IdIndex;
  /** The number of an id, or -1. */
  readonly numberOf: (id: string) => number;
}

/** Numbers the units; fails on too many levels, an unknown level or a repeated id. */
export const draftOf = (
  input: HierarchyInput,
  against: HierarchyFrame,
): Result.Result<Draft, InputError> => {
  if (against.levels.length > MAX_LEVELS) {
    return Result.fail(faultAt([], `has more than ${MAX_LEVELS} levels`, "use fewer levels"));
  }
  const { units } = input;
  const inputOf = orderById(units);
  const ids = Array.from(inputOf, (place) => units[place]?.id ?? "");
  const repeated = repeatedAt(ids, inputOf);
  if (repeated !== undefined) {
    const advice = "give every unit an id of its own";
    return Result.fail(faultAt(["units", repeated, "id"], "repeats the id of a unit", advice));
  }
  const levels = new Map(against.levels.map((level, position) => [level.id, position]));
  const level = new Uint8Array(units.length);
  for (let unit = 0; unit < ids.length; unit += 1) {
    const place = inputOf[unit] ?? 0;
    const position = levels.get(units[place]?.level ?? "");
    if (position === undefined) {
      const advice = "use a level of the charter";
      return Result.fail(faultAt(["units", place, "level"], "is not a known level", advice));
    }
    level[unit] = position;
  }
  const index = makeIdIndex(ids);
  const numberOf = (id: string) => lookUp(index, ids, id);
  return Result.succeed({ against, units, ids, inputOf, level, index, numberOf });
};

/** A fault of this door. */
export const faultAt = (
  path: ReadonlyArray<string | number>,
  reason: string,
  advice: string,
): InputError => new InputError({ door: "hierarchy", path: pointer(path), reason, advice });

// The level of a unit is one byte.
const MAX_LEVELS = 255;

const orderById = (units: ReadonlyArray<UnitInput>): Int32Array => {
  const order = new Int32Array(units.length);
  let sorted = true;
  for (let place = 0; place < units.length; place += 1) {
    order[place] = place;
    if (place > 0 && (units[place - 1]?.id ?? "") > (units[place]?.id ?? "")) sorted = false;
  }
  if (sorted) return order;
  const idAt = (place: number) => units[place]?.id ?? "";
  return order.sort((a, b) => {
    const left = idAt(a);
    const right = idAt(b);
    return left < right ? -1 : left > right ? 1 : a - b;
  });
};

// The first place, as written, whose id was already used by an earlier one.
const repeatedAt = (ids: ReadonlyArray<string>, inputOf: Int32Array): number | undefined => {
  let first: number | undefined;
  for (let unit = 1; unit < ids.length; unit += 1) {
    const place = inputOf[unit] ?? 0;
    if (ids[unit] === ids[unit - 1] && (first === undefined || place < first)) first = place;
  }
  return first;
};
