/** Points: a record's classes packed into a few words, written without allocating. */
import type { FactsRecord } from "../charter/index.ts";
import { type Classes, type Column, cutsUpTo } from "./Classes.ts";
import type { Field } from "./Lanes.ts";
import { numberIn } from "./Names.ts";

/**
 * A record as class numbers, packed: the category's class, and the classes of all
 * other places in words of 30 bits. Four words lie in the point itself, so that
 * deciding about one of many points touches little memory.
 */
export interface Point {
  category: number;
  a: number;
  b: number;
  c: number;
  d: number;
  /** Words beyond the fourth. */
  more: Array<number>;
}

/** One word of a point. */
export const wordAt = (point: Readonly<Point>, word: number): number => {
  switch (word) {
    case 0:
      return point.a;
    case 1:
      return point.b;
    case 2:
      return point.c;
    case 3:
      return point.d;
    default:
      return point.more[word - 4] as number;
  }
};

/**
 * Writes a record's classes into a point; false when the record cannot be taken as it
 * is: an attribute unknown, missing its value or of the wrong type. The slow and
 * friendly `FactSpace.complete` then says what is wrong.
 */
export const writePoint = (classes: Classes, record: FactsRecord, out: Point): boolean => {
  const { order, columns, words } = classes;
  out.a = 0;
  out.b = 0;
  out.c = 0;
  out.d = 0;
  if (words > 4) out.more = new Array<number>(words - 4).fill(0);
  let named = 0;
  // Records of one origin name their attributes in one order, so each column is mostly guessed.
  for (const id in record) {
    let column = named < order.length ? order[named] : undefined;
    if (column === undefined || column.id !== id) {
      column = classes.columnOf.get(id);
      if (column === undefined) return false;
      order[named] = column;
    }
    named += 1;
    if (!writeColumn(column, record[id], out)) return false;
  }
  return named === columns.length || writeDefaults(classes, record, out);
};

// Private

const writeDefaults = (classes: Classes, record: FactsRecord, out: Point): boolean => {
  for (const column of classes.columns) {
    if (Object.hasOwn(record, column.id)) continue;
    if (!writeColumn(column, column.default, out)) return false;
  }
  return true;
};

const writeColumn = (column: Column, value: unknown, out: Point): boolean => {
  const { kind } = column;
  let found: number;
  if (kind === "value" || kind === "category") {
    const known = numberIn(column.classOf, value);
    if (known === undefined) return false;
    if (kind === "category") {
      out.category = known;
      return true;
    }
    found = known;
  } else if (kind === "integer") {
    if (typeof value !== "number" || !(value >= column.min && value <= column.max)) return false;
    if (!Number.isInteger(value)) return false;
    const { table, cuts } = column;
    if (table === null) found = cutsUpTo(cuts, value);
    else {
      const at = (value - column.min) >> column.stride;
      found = cutsUpTo(cuts, value, table[at], table[at + 1]);
    }
  } else if (kind === "boolean") {
    if (typeof value !== "boolean") return false;
    found = value ? 1 : 0;
  } else return writeTags(column, value, out);
  const { word, shift } = column.field;
  // Apart from the call: esbuild takes `<< shift, out)` for type parameters.
  const bits = found << shift;
  set(word, bits, out);
  return true;
};

// Every tag is absent until it is named.
const writeTags = (column: Column, value: unknown, out: Point): boolean => {
  if (!Array.isArray(value) || value.length > MOST_TAGS) return false;
  for (let i = 0; i < value.length; i += 1) {
    const place = numberIn(column.classOf, value[i]);
    if (place === undefined) return false;
    if (place < 0) continue;
    const { word, shift } = column.fields[place] as Field;
    const bits = 1 << shift;
    set(word, bits, out);
  }
  return true;
};

const set = (word: number, bits: number, out: Point): void => {
  if (word === 0) out.a |= bits;
  else if (word === 1) out.b |= bits;
  else if (word === 2) out.c |= bits;
  else if (word === 3) out.d |= bits;
  else out.more[word - 4] = (out.more[word - 4] as number) | bits;
};

const MOST_TAGS = 128;
