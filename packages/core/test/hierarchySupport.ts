/**
 * Hierarchies made at random, and the same questions answered the slow way:
 * by walking over the written units, without any table.
 */
import * as fc from "fast-check";
import * as Result from "effect/Result";
import {
  type Hierarchy,
  type HierarchyFrame,
  type HierarchyInput,
  makeHierarchy,
  type UnitInput,
} from "@linli/core/hierarchy";

const text = (name: string) => ({ zh: name, en: name });

/** Two chains over five ranks; `hub` shares the rank of `micro`. */
export const frame = {
  levels: [
    { id: "building", rank: 1, name: text("楼栋") },
    { id: "micro", rank: 2, name: text("微社区") },
    { id: "hub", rank: 2, name: text("党员中心户") },
    { id: "community", rank: 3, name: text("社区") },
    { id: "town", rank: 4, name: text("镇") },
  ],
  chains: [
    { id: "residential", name: text("居民") },
    { id: "party", name: text("党") },
  ],
  lastResortLevels: ["town"],
} satisfies HierarchyFrame;

export const CHAINS: ReadonlyArray<string> = frame.chains.map((chain) => chain.id);

/** Instants at which generated hierarchies differ. */
export const instant = fc.integer({ min: -2, max: 62 });

const BELOW = ["community", "micro", "hub", "building"];
const FOREVER = { from: -Infinity, until: Infinity };

interface Wish {
  readonly level: number;
  readonly chains: number;
  readonly parents: readonly [number, number];
  readonly from: number;
  readonly length: number;
  readonly move: number;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  level: fc.nat({ max: BELOW.length - 1 }),
  chains: fc.integer({ min: 1, max: 3 }),
  parents: fc.tuple(fc.nat(), fc.nat()),
  from: fc.integer({ min: -30, max: 50 }),
  length: fc.integer({ min: 1, max: 90 }),
  move: fc.nat({ max: 90 }),
});

/** Valid hierarchies; `dated` ones have lives, moves, two roots one after the other, and successors. */
export const hierarchyInput = (options: {
  readonly dated: boolean;
}): fc.Arbitrary<HierarchyInput> =>
  fc
    .record({
      wishes: fc.array(wish, { maxLength: 24 }),
      handover: options.dated ? fc.option(fc.integer({ min: 5, max: 55 })) : fc.constant(null),
      order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
    })
    .map(({ wishes, handover, order }) => {
      const units: Array<UnitInput> =
        handover === null
          ? [{ id: "town", level: "town", name: "town", parents: {}, roots: CHAINS }]
          : [
              {
                id: "old",
                level: "town",
                name: "old",
                parents: {},
                roots: CHAINS,
                until: handover,
                successors: ["town"],
              },
              {
                id: "town",
                level: "town",
                name: "town",
                parents: {},
                roots: CHAINS,
                from: handover,
              },
            ];
      for (const [i, made] of wishes.entries()) {
        const unit = grant(units, `u${(order[i] ?? 0) % 50}x${i}`, made, options.dated);
        if (unit !== undefined) units.push(unit);
      }
      return { version: "1", units };
    });

const grant = (
  units: ReadonlyArray<UnitInput>,
  id: string,
  wished: Wish,
  dated: boolean,
): UnitInput | undefined => {
  const level = BELOW[wished.level] ?? "building";
  const life = dated ? lifeOf(wished) : FOREVER;
  const parents: Record<string, string> = {};
  const moves: Array<{ chain: string; parent: string; from: number }> = [];
  for (const [c, chain] of CHAINS.entries()) {
    if ((wished.chains & (1 << c)) === 0) continue;
    const pick = (from: number, until: number): string | undefined => {
      const able = units.filter((unit) => canTake(unit, chain, level, from, until));
      return able[(wished.parents[c] ?? 0) % Math.max(1, able.length)]?.id;
    };
    const movedAt = wished.move;
    const splits = dated && movedAt > life.from && movedAt < life.until;
    const second = splits ? pick(movedAt, life.until) : undefined;
    const joinsLate = second !== undefined && c === 1 && wished.parents[0] % 2 === 1;
    const first = joinsLate
      ? undefined
      : pick(life.from, second === undefined ? life.until : movedAt);
    if (first !== undefined) parents[chain] = first;
    if (second !== undefined && (first !== undefined || joinsLate)) {
      moves.push({ chain, parent: second, from: movedAt });
    }
  }
  if (Object.keys(parents).length === 0) return undefined;
  const ended = units.filter((unit) => unit.until !== undefined).map((unit) => unit.id);
  const successor = ended[wished.move % Math.max(1, ended.length)];
  return {
    id,
    level,
    name: `${level} ${id}`,
    parents,
    ...(moves.length === 0 ? {} : { moves }),
    ...(life.from === -Infinity ? {} : { from: life.from }),
    ...(life.until === Infinity ? {} : { until: life.until }),
    ...(life.until === Infinity || successor === undefined ? {} : { successors: [successor] }),
  };
};

const lifeOf = ({ from, length }: Wish) => ({
  from: from < 0 ? -Infinity : from,
  until: from + length > 60 ? Infinity : Math.max(from, 0) + length,
});

const canTake = (unit: UnitInput, chain: string, level: string, from: number, until: number) =>
  rankOf(unit.level) > rankOf(level) &&
  joins(unit, chain) <= from &&
  until <= (unit.until ?? Infinity);

const joins = (unit: UnitInput, chain: string): number => {
  if (unit.parents[chain] !== undefined || unit.roots?.includes(chain))
    return unit.from ?? -Infinity;
  return Math.min(
    Infinity,
    ...(unit.moves ?? []).filter((m) => m.chain === chain).map((m) => m.from),
  );
};

export const rankOf = (level: string): number =>
  frame.levels.find((known) => known.id === level)?.rank ?? NaN;

/** A hierarchy, or a failed test. */
export const built = (input: HierarchyInput, against: HierarchyFrame = frame): Hierarchy => {
  const made = makeHierarchy(input, against);
  if (Result.isFailure(made)) throw new Error(made.failure.message);
  return made.success;
};

/** The same questions, answered from the written units. */
export const naive = (input: HierarchyInput) => {
  const find = (id: string) => input.units.find((unit) => unit.id === id);
  const alive = (id: string, at: number) => {
    const unit = find(id);
    return unit !== undefined && (unit.from ?? -Infinity) <= at && at < (unit.until ?? Infinity);
  };
  const parent = (chain: string, id: string, at: number): string | undefined => {
    if (!alive(id, at)) return undefined;
    let best: { from: number; parent: string | undefined } = {
      from: -Infinity,
      parent: find(id)?.parents[chain],
    };
    for (const move of find(id)?.moves ?? []) {
      if (move.chain === chain && move.from <= at && move.from > best.from) best = move;
    }
    return best.parent;
  };
  const inChain = (chain: string, id: string, at: number): boolean =>
    alive(id, at) &&
    (find(id)?.roots?.includes(chain) === true || parent(chain, id, at) !== undefined);
  const ancestors = (chain: string, id: string, at: number): ReadonlyArray<string> => {
    if (!inChain(chain, id, at)) return [];
    const above = parent(chain, id, at);
    return above === undefined ? [id] : [id, ...ancestors(chain, above, at)];
  };
  const subtree = (chain: string, id: string, at: number): ReadonlyArray<string> =>
    input.units.map((unit) => unit.id).filter((below) => ancestors(chain, below, at).includes(id));
  const children = (chain: string, id: string, at: number): ReadonlyArray<string> =>
    input.units.map((unit) => unit.id).filter((below) => parent(chain, below, at) === id);
  // Who stands for a unit: itself, or the one living unit that took over from it in the end.
  const heir = (id: string, at: number): string => {
    const heirs = (of: string): ReadonlyArray<string> => {
      const unit = find(of);
      if (unit === undefined || !((unit.until ?? Infinity) <= at)) return [];
      return (unit.successors ?? []).flatMap((next) => (alive(next, at) ? [next] : heirs(next)));
    };
    const living = new Set(alive(id, at) ? [id] : heirs(id));
    return living.size === 1 ? ([...living][0] ?? id) : id;
  };
  const root = (chain: string, at: number): string | undefined =>
    input.units.find((unit) => unit.roots?.includes(chain) && alive(unit.id, at))?.id;
  return { find, alive, parent, inChain, ancestors, subtree, children, root, heir };
};
