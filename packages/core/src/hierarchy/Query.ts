/**
 * Questions to a hierarchy, each at an instant.
 *
 * All are total: an unknown id, an unknown chain or a unit not alive at the
 * instant gives `undefined`, `false` or an empty list. In a chain whose units
 * never moved, `isWithin` compares two positions in pre-order; otherwise it
 * walks up, at most as many steps as there are ranks.
 */
import type { LocalText } from "../data/index.ts";
import type { Instant } from "../time/index.ts";
import type { Level, Unit } from "./Model.ts";
import {
  beginOf,
  type ChainTable,
  compareSiblings,
  endOf,
  type Hierarchy,
  idOf,
  isAlive,
  isInChain,
  numberOf,
  parentAt,
} from "./Tables.ts";

/** A unit that is the root of a chain at some time. */
export interface ChainRoot {
  readonly chain: string;
  readonly unit: string;
  readonly level: string;
}

/** The unit with this id, if it is alive at `at`; without `at`, whatever its dates. */
export const unitAt = (h: Hierarchy, id: string, at?: Instant): Unit | undefined => {
  const unit = numberOf(h.tables, id);
  if (unit < 0 || (at !== undefined && !isAlive(h.tables, unit, at))) return undefined;
  return viewOf(h, unit);
};

/**
 * The level a unit stands at, if it is alive at `at`; without `at`, whatever its
 * dates. Makes nothing, so it is the cheap way to ask whether a unit exists.
 */
export const levelOf = (h: Hierarchy, id: string, at?: Instant): Level | undefined => {
  const unit = numberOf(h.tables, id);
  if (unit < 0 || (at !== undefined && !isAlive(h.tables, unit, at))) return undefined;
  return h.levels[h.tables.level[unit] ?? 0];
};

/** First instant of a unit's life and first one after it, infinite where it has none; `undefined` for an unknown unit. */
export const lifeOf = (
  h: Hierarchy,
  id: string,
): { readonly from: number; readonly until: number } | undefined => {
  const unit = numberOf(h.tables, id);
  return unit < 0 ? undefined : { from: beginOf(h.tables, unit), until: endOf(h.tables, unit) };
};

/** The parent in a chain; `undefined` for a root and for a unit out of the chain. */
export const parentOf = (
  h: Hierarchy,
  chain: string,
  id: string,
  at: Instant,
): string | undefined => {
  const seat = seatOf(h, chain, id, at);
  const parent = seat === undefined ? -1 : parentAt(seat.table, seat.unit, at);
  return parent < 0 ? undefined : idOf(h.tables, parent);
};

/** From the unit itself, first, to the root of the chain, last; empty out of the chain. */
export const ancestorsOf = (
  h: Hierarchy,
  chain: string,
  id: string,
  at: Instant,
): ReadonlyArray<string> => {
  const seat = seatOf(h, chain, id, at);
  if (seat === undefined) return [];
  const ids: Array<string> = [];
  for (let unit = seat.unit; unit >= 0; unit = parentAt(seat.table, unit, at)) {
    ids.push(idOf(h.tables, unit));
  }
  return ids;
};

/**
 * What `pick` makes of the first living unit it takes, on the way from the unit
 * itself to the root of the chain; `undefined` when it takes none.
 */
export const firstAbove = <A>(
  h: Hierarchy,
  place: { readonly chain: string; readonly unit: string; readonly at: Instant },
  pick: (id: string, level: Level) => A | undefined,
): A | undefined => {
  const { tables } = h;
  const { at } = place;
  const table = tables.chains.get(place.chain);
  if (table === undefined) return undefined;
  let unit = numberOf(tables, place.unit);
  if (unit < 0 || !isAlive(tables, unit, at) || !isInChain(table, unit, at)) return undefined;
  for (; unit >= 0; unit = parentAt(table, unit, at)) {
    const level = isAlive(tables, unit, at) ? h.levels[tables.level[unit] ?? 0] : undefined;
    const picked = level === undefined ? undefined : pick(idOf(tables, unit), level);
    if (picked !== undefined) return picked;
  }
  return undefined;
};

/** Whether `ancestor` is the unit itself or stands above it in the chain. */
export const isWithin = (
  h: Hierarchy,
  chain: string,
  id: string,
  ancestor: string,
  at: Instant,
): boolean => {
  const seat = seatOf(h, chain, id, at);
  const above = seat === undefined ? -1 : numberOf(h.tables, ancestor);
  if (seat === undefined || above < 0) return false;
  const { table } = seat;
  if (table.moves.size === 0) {
    const first = table.position[above] ?? -1;
    const distance = (table.position[seat.unit] ?? -1) - first;
    return first >= 0 && distance >= 0 && distance < (table.extent[above] ?? 0);
  }
  for (let unit = seat.unit; unit >= 0; unit = parentAt(table, unit, at)) {
    if (unit === above) return true;
  }
  return false;
};

/** The units directly below, the higher rank first, then by id. */
export const childrenOf = (
  h: Hierarchy,
  chain: string,
  id: string,
  at: Instant,
): ReadonlyArray<string> => {
  const seat = seatOf(h, chain, id, at);
  if (seat === undefined) return [];
  return childrenAt(h, seat.table, seat.unit, at).map((child) => idOf(h.tables, child));
};

/**
 * The unit and everything below it, parents before children. Stops after
 * `limit` ids: a list as long as `limit` may go on.
 */
export const subtreeOf = (
  h: Hierarchy,
  chain: string,
  id: string,
  at: Instant,
  limit: number,
): ReadonlyArray<string> => {
  const seat = seatOf(h, chain, id, at);
  if (seat === undefined || !(limit > 0)) return [];
  const ids: Array<string> = [];
  if (seat.table.moves.size === 0) {
    const { order, position, extent } = seat.table;
    const first = position[seat.unit] ?? 0;
    const last = first + (extent[seat.unit] ?? 0);
    for (let place = first; place < last && ids.length < limit; place += 1) {
      const unit = order[place] ?? -1;
      if (isAlive(h.tables, unit, at)) ids.push(idOf(h.tables, unit));
    }
    return ids;
  }
  const pending = [seat.unit];
  for (let unit = pending.pop(); unit !== undefined && ids.length < limit; unit = pending.pop()) {
    ids.push(idOf(h.tables, unit));
    for (const child of childrenAt(h, seat.table, unit, at).toReversed()) pending.push(child);
  }
  return ids;
};

/** The root of a chain at an instant; `undefined` only when none was alive then. */
export const rootOf = (h: Hierarchy, chain: string, at: Instant): string | undefined => {
  const root = h.tables.chains.get(chain)?.roots.find((unit) => isAlive(h.tables, unit, at));
  return root === undefined ? undefined : idOf(h.tables, root);
};

/** The roots of all chains at all dates, chain by chain, earliest first. */
export const rootsOf = (h: Hierarchy): ReadonlyArray<ChainRoot> =>
  h.chains.flatMap(({ id: chain }) =>
    (h.tables.chains.get(chain)?.roots ?? []).map((root) => {
      const level = h.levels[h.tables.level[root] ?? 0]?.id ?? "";
      return { chain, unit: idOf(h.tables, root), level };
    }),
  );

/** The chains a living unit is in at an instant, in the charter's order. */
export const chainsOf = (h: Hierarchy, id: string, at: Instant): ReadonlyArray<string> =>
  h.chains.map((chain) => chain.id).filter((chain) => seatOf(h, chain, id, at) !== undefined);

/** Whether the unit is in the chain at any instant of its life. */
export const isEverInChain = (h: Hierarchy, chain: string, id: string): boolean => {
  const unit = numberOf(h.tables, id);
  return unit >= 0 && (h.tables.chains.get(chain)?.position[unit] ?? -1) >= 0;
};

/**
 * The living units that took over from a unit, by id. A successor that has
 * ended itself is followed to its own; one that has not yet begun is left out.
 * The unit itself is never among them.
 */
export const successorsOf = (h: Hierarchy, id: string, at: Instant): ReadonlyArray<string> => {
  const { tables } = h;
  const pending = [numberOf(tables, id)];
  const seen = new Set(pending);
  const living: Array<number> = [];
  for (const unit of pending) {
    for (const successor of tables.successors.get(unit) ?? []) {
      if (seen.has(successor)) continue;
      seen.add(successor);
      if (isAlive(tables, successor, at)) living.push(successor);
      else if (endOf(tables, successor) <= at) pending.push(successor);
    }
  }
  return living.sort((a, b) => a - b).map((unit) => idOf(tables, unit));
};

/** A unit as it is read. */
export const viewOf = (h: Hierarchy, unit: number): Unit => {
  const { tables } = h;
  const level = h.levels[tables.level[unit] ?? 0];
  const name = tables.names[unit] ?? "";
  const from = beginOf(tables, unit);
  const until = endOf(tables, unit);
  const code = tables.codes?.code[unit];
  return {
    id: idOf(tables, unit),
    level: level?.id ?? "",
    rank: level?.rank ?? 0,
    name: typeof name === "string" ? sameInBoth(name) : name,
    ...(from === -Infinity ? {} : { from }),
    ...(until === Infinity ? {} : { until }),
    successors: (tables.successors.get(unit) ?? []).map((next) => idOf(tables, next)),
    aliases: tables.aliases.get(unit) ?? [],
    roots: h.chains
      .map((chain) => chain.id)
      .filter((chain) => tables.chains.get(chain)?.roots.includes(unit)),
    ...(code === undefined ? {} : { code: { code, year: tables.codes?.year[unit] ?? 0 } }),
  };
};

const sameInBoth = (name: string): LocalText => ({ zh: name, en: name });

interface Seat {
  readonly table: ChainTable;
  readonly unit: number;
}

const seatOf = (h: Hierarchy, chain: string, id: string, at: Instant): Seat | undefined => {
  const table = h.tables.chains.get(chain);
  if (table === undefined) return undefined;
  const unit = numberOf(h.tables, id);
  if (unit < 0 || !isAlive(h.tables, unit, at) || !isInChain(table, unit, at)) return undefined;
  return { table, unit };
};

const childrenAt = (
  h: Hierarchy,
  table: ChainTable,
  unit: number,
  at: Instant,
): ReadonlyArray<number> => {
  const children: Array<number> = [];
  const first = table.position[unit] ?? 0;
  const last = first + (table.extent[unit] ?? 0);
  for (let place = first + 1; place < last;) {
    const child = table.order[place] ?? -1;
    if (isAlive(h.tables, child, at) && parentAt(table, child, at) === unit) children.push(child);
    place += table.extent[child] ?? 1;
  }
  const arrivals = table.arrivals.get(unit) ?? [];
  if (arrivals.length === 0) return children;
  for (const child of arrivals) {
    if (isAlive(h.tables, child, at) && parentAt(table, child, at) === unit) children.push(child);
  }
  return [...new Set(children)].sort(compareSiblings(h.tables, h.levels));
};
