/**
 * How a hierarchy lies in memory: columns, no object per unit.
 *
 * A nation is 665,277 units, so a unit costs 8 bytes for its id, 8 for its name,
 * 1 for its level, about 6 in the id index and 16 in each chain. What few units
 * have (aliases, moves, successors) is kept in sparse maps; dates and region
 * codes are columns that exist only when some unit has them. Units are numbered
 * in the order of their ids, so the order they were written in leaves no trace.
 *
 * Rooms outside this folder use the functions of `index.ts`, never these columns.
 */
import type { LocalText } from "../data/index.ts";
import type { Instant } from "../time/index.ts";
import { type IdIndex, lookUp } from "./IdIndex.ts";
import type { Chain, Level } from "./Model.ts";

/** From folded names to units; see `NameIndex.ts`, which builds it. */
export interface NameIndex {
  /** Number of an entry plus 1 by hash; 0 for none. */
  readonly heads: Int32Array;
  readonly next: Int32Array;
  readonly unit: Int32Array;
  /** 0 and 1: the name in zh and en; 2 and more: an alias. */
  readonly which: Uint16Array;
  readonly tag: Uint8Array;
  /** 1 where some folded name has this length. */
  readonly lengths: Uint8Array;
}

/** A validated hierarchy: immutable, shared freely. */
export interface Hierarchy {
  readonly version: string;
  /** Units of all dates together. */
  readonly size: number;
  readonly levels: ReadonlyArray<Level>;
  readonly chains: ReadonlyArray<Chain>;
  /** Of this room only. */
  readonly tables: Tables;
}

/** The columns; a unit is its number. */
export interface Tables {
  readonly ids: ReadonlyArray<string>;
  readonly names: ReadonlyArray<LocalText | string>;
  /** Position in `levels`. */
  readonly level: Uint8Array;
  readonly index: IdIndex;
  readonly chains: ReadonlyMap<string, ChainTable>;
  readonly life: Life | undefined;
  readonly codes: Codes | undefined;
  readonly aliases: ReadonlyMap<number, ReadonlyArray<string>>;
  readonly successors: ReadonlyMap<number, ReadonlyArray<number>>;
  /** Made at the first search by name; a pure function of the columns above. */
  readonly memo: { names?: NameIndex };
}

/** One chain. Positions are in pre-order over the parents units begin with. */
export interface ChainTable {
  /** The parent at the beginning, or -1. */
  readonly parent: Int32Array;
  /** Position in `order`, or -1 for a unit that is never in the chain. */
  readonly position: Int32Array;
  /** Units in the subtree, itself included; they follow it in `order`. */
  readonly extent: Int32Array;
  readonly order: Int32Array;
  /** In the order of their lives, which do not overlap. */
  readonly roots: ReadonlyArray<number>;
  /** Later parents of a unit, earliest first. Empty: the chain never changed shape. */
  readonly moves: ReadonlyMap<number, ReadonlyArray<Relocation>>;
  /** Units that moved below a unit at some time. */
  readonly arrivals: ReadonlyMap<number, ReadonlyArray<number>>;
}

export interface Relocation {
  readonly parent: number;
  readonly from: Instant;
}

interface Life {
  readonly from: Float64Array;
  readonly until: Float64Array;
}

interface Codes {
  readonly code: ReadonlyArray<string | undefined>;
  readonly year: Uint16Array;
}

/** The number of a unit, or -1. */
export const numberOf = (tables: Tables, id: string): number =>
  lookUp(tables.index, tables.ids, id);

export const idOf = (tables: Tables, unit: number): string => tables.ids[unit] ?? "";

export const beginOf = (tables: Tables, unit: number): number =>
  tables.life === undefined ? -Infinity : (tables.life.from[unit] ?? -Infinity);

export const endOf = (tables: Tables, unit: number): number =>
  tables.life === undefined ? Infinity : (tables.life.until[unit] ?? Infinity);

export const isAlive = (tables: Tables, unit: number, at: Instant): boolean =>
  tables.life === undefined || (beginOf(tables, unit) <= at && at < endOf(tables, unit));

/** The parent of a living unit at an instant, or -1. */
export const parentAt = (chain: ChainTable, unit: number, at: Instant): number => {
  const moves = chain.moves.size === 0 ? undefined : chain.moves.get(unit);
  if (moves !== undefined) {
    for (let i = moves.length - 1; i >= 0; i -= 1) {
      const move = moves[i];
      if (move !== undefined && move.from <= at) return move.parent;
    }
  }
  return chain.parent[unit] ?? -1;
};

/** Whether a living unit is in the chain at an instant: it is a root, or has a parent. */
export const isInChain = (chain: ChainTable, unit: number, at: Instant): boolean => {
  if ((chain.position[unit] ?? -1) < 0) return false;
  return chain.moves.size === 0 || parentAt(chain, unit, at) >= 0 || chain.roots.includes(unit);
};

/** The higher rank first, then by id: the order of siblings. */
export const compareSiblings =
  (tables: Tables, levels: ReadonlyArray<Level>) =>
  (a: number, b: number): number =>
    rankOf(tables, levels, b) - rankOf(tables, levels, a) || a - b;

export const rankOf = (tables: Tables, levels: ReadonlyArray<Level>, unit: number): number =>
  levels[tables.level[unit] ?? 0]?.rank ?? 0;
