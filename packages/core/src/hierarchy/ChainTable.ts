/**
 * Lays one chain out: parents as numbers, and every subtree as one run of
 * positions in pre-order, found without recursion by visiting units by rank.
 */
import type { Draft } from "./Draft.ts";
import type { UnitInput } from "./Model.ts";
import type { ChainTable, Relocation } from "./Tables.ts";

export const layChain = (draft: Draft, chain: string): ChainTable => {
  const { units, inputOf } = draft;
  const parent = new Int32Array(units.length).fill(-1);
  const extent = new Int32Array(units.length);
  const roots: Array<number> = [];
  const moves = new Map<number, ReadonlyArray<Relocation>>();
  for (let unit = 0; unit < units.length; unit += 1) {
    const written = units[inputOf[unit] ?? 0];
    if (written === undefined) continue;
    const later = written.moves === undefined ? [] : movesIn(draft, written, chain);
    if (later.length > 0) moves.set(unit, later);
    const isRoot = written.roots?.includes(chain) === true;
    if (isRoot) roots.push(unit);
    const first = Object.hasOwn(written.parents, chain) ? written.parents[chain] : undefined;
    if (first !== undefined) parent[unit] = draft.numberOf(first);
    if (isRoot || first !== undefined || later.length > 0) extent[unit] = 1;
  }
  const beginOf = (unit: number) => units[inputOf[unit] ?? 0]?.from ?? -Infinity;
  roots.sort((a, b) => (beginOf(a) < beginOf(b) ? -1 : 1));
  const { position, order } = layPreOrder(byRank(draft), parent, extent);
  return { parent, position, extent, order, roots, moves, arrivals: arrivalsOf(moves) };
};

const movesIn = (draft: Draft, unit: UnitInput, chain: string): ReadonlyArray<Relocation> =>
  (unit.moves ?? [])
    .filter((move) => move.chain === chain)
    .map((move) => ({ parent: draft.numberOf(move.parent), from: move.from }))
    .sort((a, b) => a.from - b.from);

const arrivalsOf = (
  moves: ReadonlyMap<number, ReadonlyArray<Relocation>>,
): ReadonlyMap<number, ReadonlyArray<number>> => {
  const arrivals = new Map<number, Array<number>>();
  for (const [unit, list] of moves) {
    for (const parent of new Set(list.map((move) => move.parent))) {
      const known = arrivals.get(parent);
      if (known === undefined) arrivals.set(parent, [unit]);
      else known.push(unit);
    }
  }
  return arrivals;
};

/** All units, the highest rank first and by id within a rank: a counting sort. */
const byRank = ({ level, against }: Draft): Int32Array => {
  const ranks = [...new Set(against.levels.map(({ rank }) => rank))].sort((a, b) => b - a);
  const classOf = against.levels.map(({ rank }) => ranks.indexOf(rank));
  const starts = new Int32Array(ranks.length + 1);
  for (const position of level) {
    const next = (classOf[position] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let i = 1; i < starts.length; i += 1) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
  const sorted = new Int32Array(level.length);
  for (let unit = 0; unit < level.length; unit += 1) {
    const rank = classOf[level[unit] ?? 0] ?? 0;
    const place = starts[rank] ?? 0;
    sorted[place] = unit;
    starts[rank] = place + 1;
  }
  return sorted;
};

// Extents are summed from the lowest rank up, positions handed out from the highest down.
const layPreOrder = (
  sorted: Int32Array,
  parent: Int32Array,
  extent: Int32Array,
): { readonly position: Int32Array; readonly order: Int32Array } => {
  let count = 0;
  for (let i = sorted.length - 1; i >= 0; i -= 1) {
    const unit = sorted[i] ?? 0;
    const above = parent[unit] ?? -1;
    if (above >= 0) extent[above] = (extent[above] ?? 0) + (extent[unit] ?? 0);
    else count += extent[unit] ?? 0;
  }
  const position = new Int32Array(sorted.length).fill(-1);
  const order = new Int32Array(count);
  const free = new Int32Array(sorted.length);
  let top = 0;
  for (const unit of sorted) {
    const size = extent[unit] ?? 0;
    if (size === 0) continue;
    const above = parent[unit] ?? -1;
    const place = above < 0 ? top : (free[above] ?? 0);
    if (above < 0) top += size;
    else free[above] = place + size;
    position[unit] = place;
    free[unit] = place + 1;
    order[place] = unit;
  }
  return { position, order };
};
