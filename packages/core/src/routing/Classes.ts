/**
 * Elementary classes: the values of an attribute that no condition of the charter
 * can tell apart.
 *
 * Rules and competences cut each attribute into few classes, so facts become a
 * short list of class numbers and every condition a set of classes. The partition
 * is exact: two records of equal classes have the same decision.
 */
import {
  boxesOf,
  type Charter,
  type Condition,
  type FactsRecord,
  type FactValue,
  type Region,
} from "../charter/index.ts";

/** Where an attribute's class numbers come from. */
export type Column = {
  readonly id: string;
  /** First place among a record's classes; tags take one place for each tag conditions mention. */
  readonly slot: number;
  /** Class (for tags: of each tag) when the record does not name the attribute; none if it must. */
  readonly default: FactValue | undefined;
} & (
  | { readonly kind: "boolean" }
  | { readonly kind: "value"; readonly classOf: ReadonlyMap<unknown, number> }
  | {
      readonly kind: "integer";
      readonly min: number;
      readonly max: number;
      /** First value of each class but the first, ascending. */
      readonly cuts: ReadonlyArray<number>;
      /** Class of each value from `min` on, when the attribute has few values. */
      readonly table: Uint16Array | undefined;
    }
  | {
      readonly kind: "tags";
      /** Place after `slot`, or -1 for a tag no condition mentions. */
      readonly placeOf: ReadonlyMap<unknown, number>;
      readonly places: number;
    }
);

/** The classes of a charter. */
export interface Classes {
  readonly columns: ReadonlyArray<Column>;
  /** How many class numbers a record has. */
  readonly width: number;
  /** How many classes stand at each place. */
  readonly sizes: ReadonlyArray<number>;
  /** One category of each category class. */
  readonly representatives: ReadonlyArray<string>;
}

/** A condition as the classes it allows at one place. */
export interface Allowed {
  readonly slot: number;
  /** Intervals of classes, both ends included. */
  readonly spans: ReadonlyArray<readonly [number, number]>;
}

/** Places that always exist. */
export const CATEGORY_SLOT = 0;
export const KIND_SLOT = 1;

/** Cuts the attributes of a charter by everything its rules, competences and duty lists mention. */
export const classesOf = (charter: Charter): Classes => {
  const { rules, competences, dutyLists } = charter.document;
  const mentioned = mentionsIn([
    ...rules.map((rule) => rule.when),
    ...Object.values(competences),
    ...Object.values(dutyLists ?? {}).map((categories) => ({ category: { in: categories } })),
  ]);
  const columns: Array<Column> = [];
  const sizes: Array<number> = [];
  const categories = categoryClasses(charter, mentioned.categories);
  for (const attribute of charter.facts.attributes) {
    const { id } = attribute;
    const slot = sizes.length;
    const shared = {
      id,
      slot,
      default: attribute.kind === "category" ? undefined : attribute.default,
    };
    if (attribute.kind === "boolean") {
      columns.push({ ...shared, kind: "boolean" });
      sizes.push(2);
    } else if (attribute.kind === "integer") {
      const { min, max } = attribute;
      const cuts = [...(mentioned.cuts.get(id) ?? [])].filter((cut) => cut > min && cut <= max);
      cuts.sort((a, b) => a - b);
      columns.push({ ...shared, kind: "integer", min, max, cuts, table: tableOf(min, max, cuts) });
      sizes.push(cuts.length + 1);
    } else if (attribute.kind === "tags") {
      const tags = mentioned.tags.get(id) ?? new Set();
      let places = 0;
      const placeOf = new Map(
        attribute.values.map((tag) => [tag, tags.has(tag) ? places++ : -1] as const),
      );
      columns.push({ ...shared, kind: "tags", placeOf, places });
      for (let place = 0; place < places; place += 1) sizes.push(2);
    } else if (attribute.kind === "category") {
      columns.push({ ...shared, kind: "value", classOf: categories.classOf });
      sizes.push(categories.representatives.length);
    } else {
      const classOf = new Map(attribute.values.map((value, rank) => [value, rank]));
      columns.push({ ...shared, kind: "value", classOf });
      sizes.push(attribute.values.length);
    }
  }
  return { columns, width: sizes.length, sizes, representatives: categories.representatives };
};

/**
 * Writes a record's classes into `out`; false when the record cannot be taken as it
 * is: an attribute unknown, missing or of the wrong type. The slow and friendly
 * `FactSpace.complete` then says what is wrong.
 */
export const writeClasses = (
  classes: Classes,
  record: FactsRecord,
  out: Array<number>,
): boolean => {
  const { columns } = classes;
  let named = 0;
  for (let i = 0; i < columns.length; i += 1) {
    const column = columns[i] as Column;
    let value = record[column.id];
    if (value === undefined) value = column.default;
    else named += 1;
    const { slot } = column;
    if (column.kind === "value") {
      const found = column.classOf.get(value);
      if (found === undefined) return false;
      out[slot] = found;
    } else if (column.kind === "boolean") {
      if (value === true) out[slot] = 1;
      else if (value === false) out[slot] = 0;
      else return false;
    } else if (column.kind === "integer") {
      if (typeof value !== "number" || !(value >= column.min && value <= column.max)) return false;
      if (!Number.isInteger(value)) return false;
      out[slot] =
        column.table === undefined
          ? cutsUpTo(column.cuts, value)
          : (column.table[value - column.min] as number);
    } else if (!writeTags(column, value, out)) return false;
  }
  // Each attribute the record names was met above, so any further key is an unknown one.
  return Object.keys(record).length === named;
};

/** The classes a condition on an attribute allows, place by place. */
export const allowedBy = (column: Column, condition: Condition): ReadonlyArray<Allowed> => {
  const { slot } = column;
  if (typeof condition === "boolean") {
    const one = condition ? 1 : 0;
    return [{ slot, spans: [[one, one]] }];
  }
  if (column.kind === "integer" && "ranges" in condition) {
    const { cuts, min, max } = column;
    const spans = condition.ranges.map(
      ([low, high]) =>
        [
          cutsUpTo(cuts, Math.max(low ?? min, min)),
          cutsUpTo(cuts, Math.min(high ?? max, max)),
        ] as const,
    );
    return [{ slot, spans }];
  }
  if (column.kind === "tags") {
    const { has = [], lacks = [] } = condition as Extract<Condition, { has?: unknown }>;
    const at = (tag: string, present: number): Allowed => ({
      slot: slot + (column.placeOf.get(tag) ?? 0),
      spans: [[present, present]],
    });
    return [...has.map((tag) => at(tag, 1)), ...lacks.map((tag) => at(tag, 0))];
  }
  if (column.kind !== "value") return [];
  const classOf = (value: string | undefined, otherwise: number) =>
    column.classOf.get(value) ?? otherwise;
  if ("in" in condition) {
    return [{ slot, spans: condition.in.map((value) => [classOf(value, 0), classOf(value, 0)]) }];
  }
  const { from, to } = condition as Extract<Condition, { from?: unknown }>;
  return [{ slot, spans: [[classOf(from, 0), classOf(to, column.classOf.size - 1)]] }];
};

/** The first value of the next class of an integer, or undefined in the last one. */
export const nextCut = (column: Column, value: number): number | undefined =>
  column.kind === "integer" ? column.cuts[cutsUpTo(column.cuts, value)] : undefined;

// Private

const writeTags = (
  column: Column & { readonly kind: "tags" },
  value: unknown,
  out: Array<number>,
): boolean => {
  if (!Array.isArray(value) || value.length > MOST_TAGS) return false;
  for (let place = 0; place < column.places; place += 1) out[column.slot + place] = 0;
  for (const tag of value) {
    const place = column.placeOf.get(tag);
    if (place === undefined) return false;
    if (place >= 0) out[column.slot + place] = 1;
  }
  return true;
};

const cutsUpTo = (cuts: ReadonlyArray<number>, value: number): number => {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const tableOf = (min: number, max: number, cuts: ReadonlyArray<number>): Uint16Array | undefined =>
  max - min < SMALL_RANGE
    ? Uint16Array.from({ length: max - min + 1 }, (_, i) => cutsUpTo(cuts, min + i))
    : undefined;

interface Mentions {
  /** Lists of categories, each a set of subtrees. */
  readonly categories: ReadonlyMap<string, ReadonlyArray<number>>;
  readonly cuts: ReadonlyMap<string, ReadonlySet<number>>;
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>;
}

const mentionsIn = (regions: ReadonlyArray<Region>): Mentions => {
  const categories = new Map<string, Array<number>>();
  const cuts = new Map<string, Set<number>>();
  const tags = new Map<string, Set<string>>();
  let lists = 0;
  for (const box of regions.flatMap(boxesOf)) {
    for (const [attribute, condition] of Object.entries(box)) {
      if (typeof condition === "boolean") continue;
      if ("in" in condition && attribute === "category") {
        for (const id of condition.in) append(categories, id, lists);
        lists += 1;
      } else if ("ranges" in condition) {
        for (const [low, high] of condition.ranges) {
          if (low !== null) add(cuts, attribute, low);
          if (high !== null) add(cuts, attribute, high + 1);
        }
      } else if ("has" in condition || "lacks" in condition) {
        for (const tag of [...(condition.has ?? []), ...(condition.lacks ?? [])]) {
          add(tags, attribute, tag);
        }
      }
    }
  }
  return { categories, cuts, tags };
};

const add = <A>(sets: Map<string, Set<A>>, key: string, value: A): void => {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
};

const append = (lists: Map<string, Array<number>>, key: string, value: number): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
};

// A category shares its parent's class unless a list names it or it has numbers of its own.
const categoryClasses = (charter: Charter, lists: Mentions["categories"]) => {
  const named = new Set(lists.keys());
  for (const { id, emergency } of charter.document.categories) {
    if (emergency !== undefined) named.add(id);
  }
  const classes = new Map<string, number>();
  const representatives: Array<string> = [];
  const classOf = new Map<string, number>();
  for (const { id } of charter.document.categories) {
    const path = charter.category(id)?.path ?? [];
    const own = path.findLast((above) => named.has(above));
    const key = own ?? "";
    const known = classes.get(key) ?? representatives.push(id) - 1;
    classes.set(key, known);
    classOf.set(id, known);
  }
  return { classOf, representatives };
};

// Ages, scores and counts of households fit; money and minutes are searched.
const SMALL_RANGE = 4096;
const MOST_TAGS = 128;
