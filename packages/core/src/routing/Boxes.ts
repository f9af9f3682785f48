/**
 * Boxes as numbers: the bits each forbids in the two words where most conditions
 * lie, and its further tests; and the levels of simple competences as rows of bits.
 */
import type { Allowed, Classes, Field } from "./Classes.ts";
import { type Point, wordAt } from "./Point.ts";

/** One box of a rule (`owner` is its position, or that of `otherwise`) or of a level. */
export interface CompiledBox {
  readonly owner: number;
  /** Categories whose subtrees it allows; undefined: all. */
  readonly categories: ReadonlyArray<string> | undefined;
  readonly allowed: ReadonlyArray<Allowed>;
}

/** Boxes one after the other. */
export interface Boxes {
  /** For each box: bits forbidden in word 0 and in word 1, and where its further tests begin and end. */
  readonly code: Int32Array;
  /**
   * For each further test: its word, shift and mask, then the lowest class and how many
   * above it; or, with `BITS` or `SET` in place of the lowest class, forbidden bits or
   * the number of a set.
   */
  readonly tests: Int32Array;
  readonly sets: ReadonlyArray<Uint8Array>;
}

/**
 * The levels whose competence is one box, as bits: for each place such a box
 * restricts, the levels each class leaves. And-ing needs no branch.
 */
export interface LevelRows {
  readonly levels: number;
  /** For each place: its word, shift and mask, where its rows begin, and 1 where it has one bit a class. */
  readonly plan: Int32Array;
  readonly rows: Int32Array;
}

/** The first box from a given one on that holds; -1 when none does. */
export const firstHit = (boxes: Boxes, point: Readonly<Point>, first: number): number => {
  const { code } = boxes;
  const { a, b } = point;
  for (let at = first * BOX; at < code.length; at += BOX) {
    if (((a & (code[at] as number)) | (b & (code[at + 1] as number))) !== 0) continue;
    const from = code[at + 2] as number;
    const to = code[at + 3] as number;
    if (from === to || passes(boxes, from, to, point)) return at / BOX;
  }
  return -1;
};

export const simpleLevels = ({ levels, plan, rows }: LevelRows, point: Readonly<Point>): number => {
  let left = levels;
  for (let i = 0; i < plan.length; i += PLAN) {
    const word = wordAt(point, plan[i] as number);
    const found = (word >>> (plan[i + 1] as number)) & (plan[i + 2] as number);
    const at = plan[i + 4] === 1 ? lowestBit(found) : found;
    left &= rows[(plan[i + 3] as number) + at] as number;
  }
  return left;
};

/** The bits of all boxes that hold. */
export const otherLevels = (
  competences: Boxes,
  levelBits: Int32Array,
  point: Readonly<Point>,
): number => {
  let levels = 0;
  for (
    let box = firstHit(competences, point, 0);
    box >= 0;
    box = firstHit(competences, point, box + 1)
  ) {
    levels |= levelBits[box] as number;
  }
  return levels;
};

export const wordsOf = (boxes: ReadonlyArray<CompiledBox>): number =>
  boxes.reduce((words, { allowed }) => words + BOX + allowed.length * TEST, 0);

export const writeBoxes = (classes: Classes, boxes: ReadonlyArray<CompiledBox>): Boxes => {
  const code = new Int32Array(boxes.length * BOX);
  const tests: Array<number> = [];
  const sets: Array<Uint8Array> = [];
  for (const [i, { allowed }] of boxes.entries()) {
    const forbidden = [0, 0];
    const from = tests.length;
    for (const { slot, spans } of allowed) {
      const { word, shift, mask, isOneHot } = classes.fields[slot] as Field;
      const size = classes.sizes[slot] ?? 0;
      const [low, high] = spans[0] ?? [0, -1];
      if (isOneHot) {
        const bits = mask & ~spans.reduce((all, [first, last]) => all | bitsOf(first, last), 0);
        if (word < 2) forbidden[word] = (forbidden[word] ?? 0) | (bits << shift);
        else tests.push(word, shift, mask, BITS, bits);
      } else if (spans.length === 1 && high >= low) tests.push(word, shift, mask, low, high - low);
      else tests.push(word, shift, mask, SET, sets.push(membersOf(size, spans)) - 1);
    }
    code.set([forbidden[0] ?? 0, forbidden[1] ?? 0, from, tests.length], i * BOX);
  }
  return { code, tests: Int32Array.from(tests), sets };
};

export const writeLevels = (classes: Classes, boxes: ReadonlyArray<CompiledBox>): LevelRows => {
  const slots = new Set(boxes.flatMap((box) => box.allowed.map(({ slot }) => slot)));
  const plan: Array<number> = [];
  const rows: Array<number> = [];
  for (const slot of slots) {
    const { word, shift, mask, isOneHot } = classes.fields[slot] as Field;
    plan.push(word, shift, mask, rows.length, isOneHot ? 1 : 0);
    for (let at = 0; at < (classes.sizes[slot] ?? 0); at += 1) {
      const allows = ({ allowed }: CompiledBox) =>
        allowed
          .filter((one) => one.slot === slot)
          .every(({ spans }) => spans.some(([first, last]) => at >= first && at <= last));
      rows.push(boxes.reduce((all, box) => (allows(box) ? all | (2 << box.owner) : all), 0));
    }
  }
  const levels = boxes.reduce((all, box) => all | (2 << box.owner), 0);
  return { levels, plan: Int32Array.from(plan), rows: Int32Array.from(rows) };
};

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);

const passes = (
  { tests, sets }: Boxes,
  from: number,
  to: number,
  point: Readonly<Point>,
): boolean => {
  for (let at = from; at < to; at += TEST) {
    const word = wordAt(point, tests[at] as number);
    const found = (word >>> (tests[at + 1] as number)) & (tests[at + 2] as number);
    const low = tests[at + 3] as number;
    const most = tests[at + 4] as number;
    if (low >= 0) {
      if ((found - low) >>> 0 > most) return false;
    } else if (low === BITS) {
      if ((found & most) !== 0) return false;
    } else if (sets[most]?.[found] !== 1) return false;
  }
  return true;
};

const bitsOf = (first: number, last: number): number =>
  last < first ? 0 : (2 ** (last + 1) - 1) & ~(2 ** first - 1);

const membersOf = (size: number, spans: Allowed["spans"]): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) =>
    spans.some(([first, last]) => at >= first && at <= last) ? 1 : 0,
  );

// Numbers of a box, and of a further test.
const BOX = 4;
const TEST = 5;
// Numbers of a place in the rows of levels.
const PLAN = 5;
const BITS = -1;
const SET = -2;
