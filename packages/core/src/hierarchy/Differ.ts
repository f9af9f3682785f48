/**
 * Which units are covered differently from one hierarchy to the next, or from one
 * instant to a later one: where lists must be made anew.
 *
 * If the cover of a unit differs, the walk up from it differs first at some unit
 * that is in both covers. Those units are answered: whatever lies in their lists,
 * and nothing else, may have moved.
 */
import type { Instant } from "../time/index.ts";
import { nextAbove } from "./Cover.ts";
import { beginOf, endOf, type Hierarchy, idOf, isAlive, numberOf } from "./Tables.ts";

/** A unit above which something changed. */
export interface MovedUnit {
  readonly unit: string;
  /** What covers it at the later instant is not what covered it at the earlier one. */
  readonly moved: boolean;
  /** From when on the two tell its past differently, at the latest instant at most; null: never. */
  readonly rewrittenFrom: Instant | null;
  /** It has ended, or was not known: somebody else may answer for its posts. */
  readonly ended: boolean;
}

/** A hierarchy at an instant. */
export interface HierarchyAt {
  readonly hierarchy: Hierarchy;
  readonly at: Instant;
}

/** The units in whose lists something may have moved, by id. */
export const movedUnits = (before: HierarchyAt, after: HierarchyAt): ReadonlyArray<MovedUnit> => {
  const chains = new Set(
    [...before.hierarchy.chains, ...after.hierarchy.chains].map(({ id }) => id),
  );
  const found: Array<MovedUnit> = [];
  const look = (unit: string) => {
    let moved = false;
    let rewritten = Infinity;
    for (const chain of chains) {
      const then = nextAbove(before.hierarchy, chain, unit, before.at);
      moved ||= !same(then, nextAbove(after.hierarchy, chain, unit, after.at));
      rewritten = Math.min(rewritten, rewrittenFrom(before, after, chain, unit));
    }
    if (!moved && rewritten === Infinity) return;
    const ended = !isKnown(before, unit) || !isKnown(after, unit);
    found.push({ unit, moved, rewrittenFrom: rewritten === Infinity ? null : rewritten, ended });
  };
  const { tables } = before.hierarchy;
  const isSame = before.hierarchy === after.hierarchy;
  for (let unit = 0; unit < tables.ids.length; unit += 1) {
    if (!isSame || isDated(before.hierarchy, unit)) look(idOf(tables, unit));
  }
  if (isSame) return found;
  for (const id of after.hierarchy.tables.ids) if (numberOf(tables, id) < 0) look(id);
  return found.sort((a, b) => (a.unit < b.unit ? -1 : 1));
};

/** Instants after one and until another, both beyond `after`, at which covers may change; ascending. */
export const changesWithin = (
  h: Hierarchy,
  after: Instant,
  until: Instant,
): ReadonlyArray<Instant> => {
  const found = new Set<Instant>();
  for (const at of instantsOf(h)) if (at > after && at <= until) found.add(at);
  return [...found].sort((a, b) => a - b);
};

/** The first instant after another at which covers may change. */
export const nextChange = (h: Hierarchy, after: Instant): Instant | undefined => {
  let first = Infinity;
  for (const at of instantsOf(h)) if (at > after && at < first) first = at;
  return first === Infinity ? undefined : first;
};

// Private

const isKnown = ({ hierarchy, at }: HierarchyAt, id: string): boolean => {
  const unit = numberOf(hierarchy.tables, id);
  return unit >= 0 && isAlive(hierarchy.tables, unit, at);
};

const isDated = (h: Hierarchy, unit: number): boolean => {
  const { tables } = h;
  if (tables.life !== undefined && beginOf(tables, unit) !== -Infinity) return true;
  if (endOf(tables, unit) !== Infinity) return true;
  return h.chains.some((chain) => tables.chains.get(chain.id)?.moves.has(unit) === true);
};

const same = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((id, place) => id === b[place]);

// Between two of these instants neither tells anything new about the unit, so each stretch is compared once.
const rewrittenFrom = (
  before: HierarchyAt,
  after: HierarchyAt,
  chain: string,
  unit: string,
): Instant => {
  if (before.hierarchy === after.hierarchy) return Infinity;
  const differs = (at: Instant) =>
    !same(
      nextAbove(before.hierarchy, chain, unit, at),
      nextAbove(after.hierarchy, chain, unit, at),
    );
  const instants = [
    ...new Set([
      ...turnsOf(before.hierarchy, chain, unit),
      ...turnsOf(after.hierarchy, chain, unit),
    ]),
  ].sort((a, b) => a - b);
  if (differs(Math.min(after.at, (instants[0] ?? Infinity) - 1))) return -Infinity;
  return instants.find((at) => at <= after.at && differs(at)) ?? Infinity;
};

/** Instants at which what is next above a unit may change. */
const turnsOf = (h: Hierarchy, chain: string, id: string): ReadonlyArray<Instant> => {
  const { tables } = h;
  const unit = numberOf(tables, id);
  const table = tables.chains.get(chain);
  if (unit >= 0 && !isDated(h, unit)) return [];
  const turns: Array<Instant> = [];
  const live = (one: number) => turns.push(beginOf(tables, one), endOf(tables, one));
  for (const root of table?.roots ?? []) live(root);
  if (unit >= 0) {
    const line = new Set([unit]);
    for (const one of line) {
      live(one);
      for (const next of tables.successors.get(one) ?? []) line.add(next);
    }
    for (const move of table?.moves.get(unit) ?? []) turns.push(move.from);
  }
  return turns.filter(Number.isFinite);
};

function* instantsOf(h: Hierarchy): Generator<Instant> {
  const { life, chains } = h.tables;
  if (life !== undefined) {
    for (const at of life.from) if (Number.isFinite(at)) yield at;
    for (const at of life.until) if (Number.isFinite(at)) yield at;
  }
  for (const table of chains.values()) {
    for (const moves of table.moves.values()) for (const move of moves) yield move.from;
  }
}
