/**
 * Boxes as bits: for every value a lane of a point can take, a row holds one bit for
 * each box that allows it. And-ing the rows of a point's lanes leaves the boxes that
 * hold, whatever they say and however many there are, without a branch.
 *
 * These are the bit vectors of packet classification (Lakshman and Stiliadis, 1998),
 * over a charter's classes. Only the lanes that some box restricts have rows, and a
 * wide lane has a row only for each value that these boxes tell apart.
 */
import type { Allowed, Classes } from "./Classes.ts";
import { type Field, type Lane, LANE_BITS } from "./Lanes.ts";
import { type Point, wordAt } from "./Point.ts";

/** One box of a rule (`owner` is its position, or that of `otherwise`) or of a level. */
export interface CompiledBox {
  readonly owner: number;
  /** Categories whose subtrees it allows; undefined: all. */
  readonly categories: ReadonlyArray<string> | undefined;
  readonly allowed: ReadonlyArray<Allowed>;
}

/** The rows of some boxes; box n is bit n % 32 of word n / 32. */
export interface Rows {
  /** Words of a row. */
  readonly width: number;
  /** For each lane: its word, shift and mask in a point, where its rows begin, and its ranks, or -1. */
  readonly plan: Int32Array;
  /** For the values of wide lanes: which row it is. */
  readonly ranks: Uint16Array;
  /** The row of all boxes there are, then those of the lanes. */
  readonly cells: Int32Array;
}

/** Most boxes that one `Rows` should hold, so that its size stays within bounds: rows and their length both grow with the boxes. */
export const MOST_BOXES = 1024;

/** Finds the rows of a point for {@link meet} to read, and answers the boxes of the first word. */
export const seek = ({ plan, ranks, cells, width }: Rows, point: Readonly<Point>): number => {
  const starts = sought;
  let boxes = cells[0] as number;
  let lane = 0;
  let read = 0;
  let word = point.a;
  for (let at = 0; at < plan.length; at += PLAN) {
    if (plan[at] !== read) {
      read = plan[at] as number;
      word = wordAt(point, read);
    }
    const value = (word >>> (plan[at + 1] as number)) & (plan[at + 2] as number);
    const from = plan[at + 4] as number;
    const row = from < 0 ? value : (ranks[from + value] as number);
    const cell = (plan[at + 3] as number) + row * width;
    starts[lane] = cell;
    boxes &= cells[cell] as number;
    lane += 1;
  }
  return boxes;
};

/** The boxes of one word that hold at the point sought last. */
export const meet = ({ cells, plan }: Rows, word: number): number => {
  let boxes = cells[word] as number;
  for (let lane = plan.length / PLAN - 1; lane >= 0; lane -= 1) {
    boxes &= cells[(sought[lane] as number) + word] as number;
  }
  return boxes;
};

/** The position of the lowest bit. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);

/** Writes boxes as rows; a bit without a box is never set. */
export const writeRows = (
  classes: Classes,
  boxes: ReadonlyArray<CompiledBox | undefined>,
): Rows => {
  const width = Math.ceil(boxes.length / 32);
  const restrictions = boxes.flatMap((box) => box?.allowed ?? []);
  const plan: Array<number> = [];
  const ranks: Array<number> = [];
  const cells = new Array<number>(width).fill(0);
  for (const [bit, box] of boxes.entries()) {
    if (box !== undefined) cells[bit >> 5] = (cells[bit >> 5] as number) | (1 << (bit & 31));
  }
  for (const lane of classes.lanes) {
    const own = restrictions.filter(({ slot }) => lane.slots.includes(slot));
    if (own.length === 0) continue;
    const isWide = lane.bits > LANE_BITS;
    const values = isWide ? firstsOf(own) : Array.from({ length: 2 ** lane.bits }, (_, i) => i);
    plan.push(lane.word, lane.shift, 2 ** lane.bits - 1, cells.length, isWide ? ranks.length : -1);
    if (isWide) {
      let row = -1;
      const size = classes.sizes[lane.slots[0] ?? 0] ?? 0;
      for (let value = 0; value < size; value += 1) {
        if (values[row + 1] === value) row += 1;
        ranks.push(row);
      }
    }
    writeLane(cells, { classes, lane, boxes, values });
  }
  if (plan.length / PLAN > sought.length) sought = new Int32Array(plan.length);
  return {
    width,
    plan: Int32Array.from(plan),
    ranks: Uint16Array.from(ranks),
    cells: Int32Array.from(cells),
  };
};

/** Words a set of rows takes. */
export const wordsIn = ({ cells, ranks, plan }: Rows): number =>
  cells.length + ranks.length / 2 + plan.length;

// Private

const PLAN = 5;

// Where the rows of the point sought last begin; read only between a seek and the next one.
let sought = new Int32Array(64);

// The classes at which some restriction begins or ends.
const firstsOf = (restrictions: ReadonlyArray<Allowed>): ReadonlyArray<number> => {
  const firsts = new Set([0]);
  for (const [low, high] of restrictions.flatMap(({ spans }) => spans)) {
    firsts.add(low).add(high + 1);
  }
  return [...firsts].sort((a, b) => a - b);
};

// A row for each of the lane's values: the boxes that allow it.
const writeLane = (
  cells: Array<number>,
  {
    classes: { fields },
    lane: { shift, slots },
    boxes,
    values,
  }: {
    readonly classes: Classes;
    readonly lane: Lane;
    readonly boxes: ReadonlyArray<CompiledBox | undefined>;
    readonly values: ReadonlyArray<number>;
  },
): void => {
  const width = Math.ceil(boxes.length / 32);
  const from = cells.length;
  for (let i = 0; i < values.length * width; i += 1) cells.push(-1);
  for (const [bit, box] of boxes.entries()) {
    for (const { slot, spans } of box?.allowed ?? []) {
      if (!slots.includes(slot)) continue;
      const field = fields[slot] as Field;
      for (const [row, value] of values.entries()) {
        const at = (value >>> (field.shift - shift)) & field.mask;
        if (spans.some(([low, high]) => at >= low && at <= high)) continue;
        const cell = from + row * width + (bit >> 5);
        cells[cell] = (cells[cell] as number) & ~(1 << (bit & 31));
      }
    }
  }
};
