/**
 * From an id to the number of its unit: a table of slots with open addressing.
 *
 * A `Map` of a nation's ids takes 44 bytes a unit; this takes about 6. Its hash
 * is fixed, so ids could be chosen to collide: past `MAX_PROBES` the builder
 * gives up and uses a `Map`, whose hash is seeded, and the time stays linear.
 */

/** Either slots (number of a unit plus 1, 0 for free) or a map. */
export type IdIndex =
  | { readonly slots: Int32Array }
  | { readonly map: ReadonlyMap<string, number> };

/** Index of ids that are known to differ from each other. */
export const makeIdIndex = (ids: ReadonlyArray<string>): IdIndex => {
  const slots = new Int32Array(capacityFor(ids.length));
  const mask = slots.length - 1;
  for (let unit = 0; unit < ids.length; unit += 1) {
    let slot = hashText(ids[unit] ?? "") & mask;
    for (let probes = 0; slots[slot] !== 0; probes += 1) {
      if (probes === MAX_PROBES) return { map: new Map(ids.map((id, number) => [id, number])) };
      slot = (slot + 1) & mask;
    }
    slots[slot] = unit + 1;
  }
  return { slots };
};

/** The number of the unit, or -1. */
export const lookUp = (index: IdIndex, ids: ReadonlyArray<string>, id: string): number => {
  if ("map" in index) return index.map.get(id) ?? -1;
  const { slots } = index;
  const mask = slots.length - 1;
  let slot = hashText(id) & mask;
  for (;;) {
    const unit = (slots[slot] ?? 0) - 1;
    if (unit < 0 || ids[unit] === id) return unit;
    slot = (slot + 1) & mask;
  }
};

/** The least power of two that leaves three slots in ten free. */
export const capacityFor = (count: number): number => {
  let capacity = 8;
  while (capacity * 0.7 < count) capacity *= 2;
  return capacity;
};

/** 32 bits: FNV-1a over UTF-16 units, then mixed so that low bits depend on all. */
export const hashText = (text: string): number => {
  let hash = HASH_START;
  for (let i = 0; i < text.length; i += 1) hash = hashStep(hash, text.charCodeAt(i));
  return hashMix(hash);
};

/** Begin, step and end of {@link hashText}, for hashing every prefix in one pass. */
export const HASH_START = 0x811c9dc5 | 0;
export const hashStep = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);
export const hashMix = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
};

// With three slots in ten free, honest ids stay far below this.
const MAX_PROBES = 1024;
