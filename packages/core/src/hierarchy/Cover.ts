/**
 * What lies above a unit whatever became of it: the lists an issue at a place is in.
 *
 * A living unit is covered by its ancestors in each chain. One that has ended is
 * covered by its living successors and what is above them; without any, by the
 * parent it had last. Where nothing else is known the root of the chain covers it,
 * so that nothing is ever in no list.
 */
import type { Instant } from "../time/index.ts";
import { ancestorsOf, rootOf, successorsOf } from "./Query.ts";
import { endOf, type Hierarchy, idOf, isAlive, isInChain, numberOf, parentAt } from "./Tables.ts";

/** The unit first, then everything that covers it at an instant, each once; total. */
export const coverOf = (h: Hierarchy, id: string, at: Instant): ReadonlyArray<string> => {
  const unit = numberOf(h.tables, id);
  if (unit < 0 || !isAlive(h.tables, unit, at)) return coverOfOther(h, id, at);
  const [first] = h.chains;
  if (first === undefined) return [id];
  if (h.chains.length === 1) return ancestorsOf(h, first.id, id, at);
  const cover = new Set([id]);
  for (const chain of h.chains) {
    for (const above of ancestorsOf(h, chain.id, id, at)) cover.add(above);
  }
  return [...cover];
};

/**
 * The units that cover a unit next in a chain: its parent, or the successors of one
 * that has ended. Whatever covers a unit is reached by asking again and again.
 */
export const nextAbove = (
  h: Hierarchy,
  chain: string,
  id: string,
  at: Instant,
): ReadonlyArray<string> => {
  const { tables } = h;
  const unit = numberOf(tables, id);
  const table = tables.chains.get(chain);
  if (table === undefined) return [];
  if (unit >= 0 && isAlive(tables, unit, at)) {
    const parent = isInChain(table, unit, at) ? parentAt(table, unit, at) : -1;
    return parent < 0 ? [] : [idOf(tables, parent)];
  }
  const until = unit < 0 ? Infinity : endOf(tables, unit);
  if (until <= at) {
    const living = successorsOf(h, id, at);
    if (living.length > 0) return living;
    if (!isInChain(table, unit, until - 1)) return [];
    const parent = parentAt(table, unit, until - 1);
    if (parent >= 0) return [idOf(tables, parent)];
  }
  const root = rootOf(h, chain, at);
  return root === undefined || root === id ? [] : [root];
};

/**
 * The unit that stands for another now: itself while it lives, afterwards its one
 * living successor. With none or several nobody can say, and it is `undefined`.
 */
export const heirOf = (h: Hierarchy, id: string, at: Instant): string | undefined => {
  const unit = numberOf(h.tables, id);
  if (unit < 0) return undefined;
  if (isAlive(h.tables, unit, at)) return id;
  if (endOf(h.tables, unit) > at) return undefined;
  const [heir, other] = successorsOf(h, id, at);
  return other === undefined ? heir : undefined;
};

// Private

const coverOfOther = (h: Hierarchy, id: string, at: Instant): ReadonlyArray<string> => {
  const cover = new Set([id]);
  for (const chain of h.chains) {
    const walked = new Set([id]);
    for (const unit of walked) {
      for (const next of nextAbove(h, chain.id, unit, at)) walked.add(next);
    }
    for (const unit of walked) cover.add(unit);
  }
  return [...cover];
};
