/** Numbers that look random and are the same on every machine: xorshift32 from a committed seed. */

/** Draws from one seed. */
export interface Draw {
  /** 0 up to but without `below`. */
  readonly int: (below: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <A>(list: ReadonlyArray<A>) => A;
  /** So many different items, in the order of the list. */
  readonly some: <A>(list: ReadonlyArray<A>, count: number) => ReadonlyArray<A>;
}

/** A fresh sequence; the same seed gives the same one. */
export const drawFrom = (seed: number): Draw => {
  let state = seed | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  const pick = <A>(list: ReadonlyArray<A>): A => {
    const found = list[int(list.length)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  };
  return {
    int,
    pick,
    chance: (share) => next() < share,
    some: (list, count) => {
      const wanted = new Set<number>();
      while (wanted.size < Math.min(count, list.length)) wanted.add(int(list.length));
      return list.filter((_, at) => wanted.has(at));
    },
  };
};
