/**
 * From a written hierarchy to a validated one, or to the first fault found and
 * where it stands. Nothing is repaired or guessed.
 *
 * Linear in the number of units, apart from sorting ids that come unsorted.
 */
import * as Result from "effect/Result";
import { decodeInput, HIERARCHY_LIMITS, type InputError } from "../data/index.ts";
import { checkChains, checkSuccessors, checkUnits } from "./Check.ts";
import { layChain } from "./ChainTable.ts";
import { type Draft, draftOf } from "./Draft.ts";
import { type HierarchyFrame, HierarchyInput } from "./Model.ts";
import type { ChainTable, Hierarchy, Tables } from "./Tables.ts";

/**
 * Decodes untrusted data against the levels and chains of a charter.
 *
 * Errors have the door `hierarchy` and the JSON Pointer of the fault, such as
 * `/units/17/parents/residential`: a duplicate id, an unknown level, chain,
 * parent or successor, a parent that is not higher in rank (a cycle is one such),
 * a parent that is not alive and in the chain for as long as the unit is its
 * child, a unit in no chain, an empty life, a chain without a root or with two
 * at one time, a root whose level has no post of last resort, a cycle of
 * successors.
 */
export const decodeHierarchy = (
  input: unknown,
  against: HierarchyFrame,
): Result.Result<Hierarchy, InputError> => {
  const decoded = decodeInput(HierarchyInput, { door: "hierarchy", limits: HIERARCHY_LIMITS })(
    input,
  );
  return Result.isFailure(decoded)
    ? Result.fail(decoded.failure)
    : makeHierarchy(decoded.success, against);
};

/**
 * The same for a hierarchy that is already typed, without the Schema pass: made
 * for a nation built from a trusted table. Every structural check still runs.
 */
export const makeHierarchy = (
  input: HierarchyInput,
  against: HierarchyFrame,
): Result.Result<Hierarchy, InputError> => {
  const drafted = draftOf(input, against);
  if (Result.isFailure(drafted)) return Result.fail(drafted.failure);
  const draft = drafted.success;
  const fault = checkUnits(draft) ?? checkChains(draft) ?? checkSuccessors(draft);
  return fault === undefined
    ? Result.succeed({
        version: input.version,
        size: input.units.length,
        levels: [...against.levels],
        chains: [...against.chains],
        tables: layTables(draft),
      })
    : Result.fail(fault);
};

const layTables = (draft: Draft): Tables => {
  const { units, ids, inputOf } = draft;
  const chains = new Map<string, ChainTable>();
  for (const chain of draft.against.chains) chains.set(chain.id, layChain(draft, chain.id));
  const aliases = new Map<number, ReadonlyArray<string>>();
  const successors = new Map<number, ReadonlyArray<number>>();
  const names: Array<Tables["names"][number]> = Array.from({ length: units.length }, () => "");
  for (let unit = 0; unit < ids.length; unit += 1) {
    const written = units[inputOf[unit] ?? 0];
    if (written === undefined) continue;
    names[unit] = written.name;
    if (written.aliases !== undefined && written.aliases.length > 0) {
      aliases.set(unit, [...new Set(written.aliases)]);
    }
    if (written.successors !== undefined && written.successors.length > 0) {
      const numbers = new Set(written.successors.map(draft.numberOf));
      successors.set(
        unit,
        [...numbers].sort((a, b) => a - b),
      );
    }
  }
  return {
    ids,
    names,
    level: draft.level,
    index: draft.index,
    chains,
    life: layLife(draft),
    codes: layCodes(draft),
    aliases,
    successors,
    memo: {},
  };
};

const layLife = ({ units, inputOf }: Draft): Tables["life"] => {
  if (!units.some((unit) => unit.from !== undefined || unit.until !== undefined)) return undefined;
  const from = new Float64Array(units.length);
  const until = new Float64Array(units.length);
  for (let unit = 0; unit < units.length; unit += 1) {
    const written = units[inputOf[unit] ?? 0];
    from[unit] = written?.from ?? -Infinity;
    until[unit] = written?.until ?? Infinity;
  }
  return { from, until };
};

const layCodes = ({ units, inputOf }: Draft): Tables["codes"] => {
  if (!units.some((unit) => unit.code !== undefined)) return undefined;
  const code: Array<string | undefined> = Array.from({ length: units.length }, () => undefined);
  const year = new Uint16Array(units.length);
  for (let unit = 0; unit < units.length; unit += 1) {
    const written = units[inputOf[unit] ?? 0]?.code;
    code[unit] = written?.code;
    year[unit] = written?.year ?? 0;
  }
  return { code, year };
};
