/**
 * An ordered set kept in chunks: insertion and removal move at most one chunk,
 * so that 100,000 keys in any order stay cheap without a balanced tree.
 */

/** Items in the order of a comparison; two items that compare as 0 are one. */
export interface SortedList<A> {
  /** False when an equal item was there. */
  readonly insert: (item: A) => boolean;
  /** False when no equal item was there. */
  readonly remove: (item: A) => boolean;
  /** Items from `from` on (null: from the first), upwards. */
  readonly ascend: (from: A | null) => Generator<A, void>;
  /** Items strictly before `before` (null: from the last), downwards. */
  readonly descend: (before: A | null) => Generator<A, void>;
}

/** An empty list. Do not write to it while one of its generators is in use. */
export const makeSortedList = <A>(compare: (left: A, right: A) => number): SortedList<A> => {
  const chunks: Array<Array<A>> = [[]];

  // The last chunk whose first item is not after `item`: where it is or belongs.
  const chunkOf = (item: A): number => {
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = chunks[middle]?.[0];
      if (first !== undefined && compare(first, item) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const placeIn = (chunk: ReadonlyArray<A>, item: A): number => {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(chunk[middle] as A, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const locate = (item: A) => {
    const at = chunkOf(item);
    const chunk = chunks[at] ?? [];
    const place = placeIn(chunk, item);
    const there = place < chunk.length && compare(chunk[place] as A, item) === 0;
    return { at, chunk, place, there };
  };

  return {
    insert: (item) => {
      const { at, chunk, place, there } = locate(item);
      if (there) return false;
      chunk.splice(place, 0, item);
      if (chunk.length > CHUNK) chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2));
      return true;
    },
    remove: (item) => {
      const { at, chunk, place, there } = locate(item);
      if (!there) return false;
      chunk.splice(place, 1);
      if (chunk.length === 0 && chunks.length > 1) chunks.splice(at, 1);
      return true;
    },
    ascend: function* (from) {
      let { at, place } = from === null ? { at: 0, place: 0 } : locate(from);
      for (; at < chunks.length; at += 1, place = 0) {
        const chunk = chunks[at] ?? [];
        for (; place < chunk.length; place += 1) yield chunk[place] as A;
      }
    },
    descend: function* (before) {
      let at = chunks.length - 1;
      let place = chunks[at]?.length ?? 0;
      if (before !== null) ({ at, place } = locate(before));
      for (; at >= 0; at -= 1, place = chunks[at]?.length ?? 0) {
        const chunk = chunks[at] ?? [];
        for (let i = place - 1; i >= 0; i -= 1) yield chunk[i] as A;
      }
    },
  };
};

const CHUNK = 512;
