/**
 * What makes a written hierarchy sound. Each check returns the first fault, in
 * the order written, or nothing.
 *
 * A parent is strictly higher in rank, and ranks do not change with time, so no
 * instant can show a cycle; a parent is alive and in the chain for as long as
 * the unit is its child, so every walk up ends at the root alive at that time.
 */
import type { InputError } from "../data/index.ts";
import { type Draft, faultAt } from "./Draft.ts";
import type { UnitInput } from "./Model.ts";

/** Lives, chains, parents and moves of every unit. */
export const checkUnits = (draft: Draft): InputError | undefined => {
  const known = new Set(draft.against.chains.map((chain) => chain.id));
  for (let place = 0; place < draft.units.length; place += 1) {
    const unit = draft.units[place];
    if (unit === undefined) continue;
    const fault = checkLife(unit, place) ?? checkRoots(draft, unit, place, known);
    const wrong =
      fault ?? checkParents(draft, unit, place, known) ?? checkMoves(draft, unit, place, known);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

/** One root at any time in each chain, of a level with a post of last resort. */
export const checkChains = (draft: Draft): InputError | undefined => {
  const lastResort = draft.against.lastResortLevels;
  const roots = new Map<string, Array<Root>>(draft.against.chains.map(({ id }) => [id, []]));
  for (let place = 0; place < draft.units.length; place += 1) {
    const unit = draft.units[place];
    if (unit?.roots === undefined) continue;
    for (const [item, chain] of unit.roots.entries()) {
      const path = ["units", place, "roots", item];
      if (lastResort !== undefined && !lastResort.includes(unit.level)) {
        const advice = "give its level a post of last resort in the charter";
        return faultAt(path, "is a root whose level has no post of last resort", advice);
      }
      roots.get(chain)?.push({ from: begin(unit), until: end(unit), path });
    }
  }
  for (const [chain, list] of roots) {
    if (list.length === 0) {
      return faultAt(
        ["units"],
        `has no root for chain ${chain}`,
        "name the chain in roots of one unit",
      );
    }
    list.sort((a, b) => (a.from === b.from ? 0 : a.from - b.from));
    const second = list.find((root, i) => i > 0 && (list[i - 1]?.until ?? 0) > root.from);
    if (second !== undefined) {
      const advice = "end one root before the next begins";
      return faultAt(second.path, "is a second root of the chain at the same time", advice);
    }
  }
  return undefined;
};

/** Successors are known units of ended ones, and nobody succeeds to itself. */
export const checkSuccessors = (draft: Draft): InputError | undefined => {
  const next = new Map<number, ReadonlyArray<number>>();
  for (let place = 0; place < draft.units.length; place += 1) {
    const unit = draft.units[place];
    if (unit?.successors === undefined || unit.successors.length === 0) continue;
    if (unit.until === undefined) {
      const advice = "give the unit an end, or no successors";
      return faultAt(["units", place, "successors"], "belongs to a unit without an end", advice);
    }
    const numbers = unit.successors.map(draft.numberOf);
    const unknown = numbers.indexOf(-1);
    if (unknown >= 0) {
      const path = ["units", place, "successors", unknown];
      return faultAt(path, "is not a known unit", "name a unit of this hierarchy");
    }
    next.set(draft.numberOf(unit.id), numbers);
  }
  const looping = findLoop(next);
  return looping === undefined
    ? undefined
    : faultAt(
        ["units", draft.inputOf[looping] ?? 0, "successors"],
        "leads back to the unit: a cycle of successors",
        "name the units that really took over",
      );
};

interface Root {
  readonly from: number;
  readonly until: number;
  readonly path: ReadonlyArray<string | number>;
}

const begin = (unit: UnitInput): number => unit.from ?? -Infinity;
const end = (unit: UnitInput): number => unit.until ?? Infinity;

const checkLife = (unit: UnitInput, place: number): InputError | undefined =>
  begin(unit) < end(unit)
    ? undefined
    : faultAt(
        ["units", place, "until"],
        "is not after the beginning",
        "end a unit after it begins",
      );

const checkRoots = (
  draft: Draft,
  unit: UnitInput,
  place: number,
  known: ReadonlySet<string>,
): InputError | undefined => {
  for (const [item, chain] of (unit.roots ?? []).entries()) {
    const path = ["units", place, "roots", item];
    if (!known.has(chain))
      return faultAt(path, "is not a known chain", "use a chain of the charter");
    if (unit.roots?.indexOf(chain) !== item)
      return faultAt(path, "is repeated", "name a chain once");
    if (Object.hasOwn(unit.parents, chain) || unit.moves?.some((move) => move.chain === chain)) {
      return faultAt(path, "is a root with a parent in the same chain", "drop one of the two");
    }
  }
  const stands = (unit.roots?.length ?? 0) > 0 || Object.keys(unit.parents).length > 0;
  if (stands || draft.against.chains.length === 0) return undefined;
  const advice = "give it a parent in a chain, or make it a root";
  return faultAt(["units", place, "parents"], "is an orphan: the unit is in no chain", advice);
};

const checkParents = (
  draft: Draft,
  unit: UnitInput,
  place: number,
  known: ReadonlySet<string>,
): InputError | undefined => {
  for (const chain of Object.keys(unit.parents)) {
    const path = ["units", place, "parents", chain];
    if (!known.has(chain))
      return faultAt(path, "is not a known chain", "use a chain of the charter");
    const until = unit.moves === undefined ? end(unit) : endOfStay(unit, chain, -Infinity);
    const stay = { chain, parent: unit.parents[chain] ?? "", from: begin(unit), until };
    const fault = checkStay(draft, unit, stay, path);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const checkMoves = (
  draft: Draft,
  unit: UnitInput,
  place: number,
  known: ReadonlySet<string>,
): InputError | undefined => {
  for (const [item, move] of (unit.moves ?? []).entries()) {
    const path = ["units", place, "moves", item];
    if (!known.has(move.chain)) {
      return faultAt([...path, "chain"], "is not a known chain", "use a chain of the charter");
    }
    if (!(move.from > begin(unit) && move.from < end(unit))) {
      const advice = "move a unit after it begins and before it ends";
      return faultAt([...path, "from"], "is not within the life of the unit", advice);
    }
    const twin = unit.moves?.findIndex((m) => m.chain === move.chain && m.from === move.from);
    if (twin !== item) {
      const advice = "give each move in a chain an instant of its own";
      return faultAt([...path, "from"], "repeats the instant of another move", advice);
    }
    const stay = { ...move, until: endOfStay(unit, move.chain, move.from) };
    const fault = checkStay(draft, unit, stay, [...path, "parent"]);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

interface Stay {
  readonly chain: string;
  readonly parent: string;
  readonly from: number;
  readonly until: number;
}

const endOfStay = (unit: UnitInput, chain: string, from: number): number => {
  let until = end(unit);
  for (const move of unit.moves ?? []) {
    if (move.chain === chain && move.from > from && move.from < until) until = move.from;
  }
  return until;
};

const checkStay = (
  draft: Draft,
  unit: UnitInput,
  stay: Stay,
  path: ReadonlyArray<string | number>,
): InputError | undefined => {
  const number = draft.numberOf(stay.parent);
  const parent = number < 0 ? undefined : draft.units[draft.inputOf[number] ?? 0];
  if (parent === undefined) {
    return faultAt(
      path,
      "is an orphan: the parent is not a known unit",
      "name a unit of this hierarchy",
    );
  }
  if (rankOf(draft, number) <= rankOf(draft, draft.numberOf(unit.id))) {
    return leadsTo(draft, parent, unit.id, stay.chain)
      ? faultAt(path, "is a cycle: the parent stands below the unit", "break the cycle")
      : faultAt(path, "is not higher in rank than the unit", "name a parent of a higher level");
  }
  const joined = entersChain(parent, stay.chain);
  if (joined <= stay.from && stay.until <= end(parent)) return undefined;
  return joined === Infinity
    ? faultAt(path, "is an orphan: the parent is not in this chain", "put the parent in the chain")
    : faultAt(
        path,
        "is an orphan for a time: the parent is not alive and in the chain throughout",
        "date the parent, or move the unit before its parent ends",
      );
};

const rankOf = (draft: Draft, unit: number): number =>
  draft.against.levels[draft.level[unit] ?? 0]?.rank ?? 0;

/** The first instant a unit is in a chain; it then stays until it ends. */
const entersChain = (unit: UnitInput, chain: string): number => {
  if (Object.hasOwn(unit.parents, chain) || unit.roots?.includes(chain)) return begin(unit);
  let first = Infinity;
  for (const move of unit.moves ?? []) if (move.chain === chain) first = Math.min(first, move.from);
  return first;
};

// Walks the first parents and all later ones; only called once a fault is certain.
const leadsTo = (draft: Draft, start: UnitInput, id: string, chain: string): boolean => {
  const pending = [start.id];
  const seen = new Set(pending);
  for (const current of pending) {
    if (current === id) return true;
    const unit = draft.units[draft.inputOf[draft.numberOf(current)] ?? -1];
    const later = (unit?.moves ?? []).filter((move) => move.chain === chain);
    const first =
      unit !== undefined && Object.hasOwn(unit.parents, chain) ? unit.parents[chain] : undefined;
    for (const parent of [first, ...later.map((move) => move.parent)]) {
      if (parent === undefined || seen.has(parent)) continue;
      seen.add(parent);
      pending.push(parent);
    }
  }
  return false;
};

// A unit from which a walk over successors comes back, by depth-first search without recursion.
const findLoop = (next: ReadonlyMap<number, ReadonlyArray<number>>): number | undefined => {
  const done = new Set<number>();
  for (const start of next.keys()) {
    const open = new Set<number>();
    const stack: Array<{ readonly unit: number; readonly leave: boolean }> = [
      { unit: start, leave: false },
    ];
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      if (step.leave) {
        open.delete(step.unit);
        done.add(step.unit);
        continue;
      }
      if (open.has(step.unit)) return step.unit;
      if (done.has(step.unit)) continue;
      open.add(step.unit);
      stack.push({ unit: step.unit, leave: true });
      for (const unit of next.get(step.unit) ?? []) stack.push({ unit, leave: false });
    }
  }
  return undefined;
};
