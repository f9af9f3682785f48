/** How a record's classes are packed into a few words, and in which numbers they are read again. */

/** The bits of one word of a point that hold the class at a place. */
export interface Field {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
}

/** Neighbouring fields of one word, read as one number: several narrow places, or one wide one. */
export interface Lane {
  readonly word: number;
  readonly shift: number;
  readonly bits: number;
  readonly slots: ReadonlyArray<number>;
}

/** Where everything lies. */
export interface Layout {
  /** By place. */
  readonly fields: ReadonlyArray<Field>;
  /** In the order of their words, so that each word is read once. */
  readonly lanes: ReadonlyArray<Lane>;
  readonly words: number;
}

/** Bits of a lane of several places: rows for all their combinations must stay few. */
export const LANE_BITS = 6;

/** The field of a place that has none. */
export const NO_FIELD: Field = { word: 0, shift: 0, mask: 0 };

/** Where each place lies, given how many classes stand there. One place has no field: it is kept apart. */
export const layOut = (sizes: ReadonlyArray<number>, apart: number): Layout => {
  const fields = new Array<Field>(sizes.length).fill(NO_FIELD);
  const lanes: Array<Lane & { bits: number; readonly slots: Array<number> }> = [];
  const ends: Array<number> = [];
  for (const [slot, size] of sizes.entries()) {
    if (slot === apart) continue;
    const bits = 32 - Math.clz32(size - 1);
    let lane = lanes.find((one) => one.bits + bits <= LANE_BITS && isLast(one, ends, bits));
    if (lane === undefined) {
      const found = ends.findIndex((end) => end + bits <= WORD_BITS);
      const word = found < 0 ? ends.push(0) - 1 : found;
      lane = { word, shift: ends[word] ?? 0, bits: 0, slots: [] };
      lanes.push(lane);
    }
    fields[slot] = { word: lane.word, shift: lane.shift + lane.bits, mask: 2 ** bits - 1 };
    lane.bits += bits;
    lane.slots.push(slot);
    ends[lane.word] = lane.shift + lane.bits;
  }
  lanes.sort((a, b) => a.word - b.word);
  return { fields, lanes, words: ends.length };
};

// Private

// Small integers of the engine: 31 bits with their sign.
const WORD_BITS = 30;

// A lane can grow only while nothing lies behind it in its word, and the word has room.
const isLast = (lane: Lane, ends: ReadonlyArray<number>, bits: number): boolean =>
  ends[lane.word] === lane.shift + lane.bits && lane.shift + lane.bits + bits <= WORD_BITS;
