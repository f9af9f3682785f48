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
  type FactValue,
  type Region,
} from "../charter/index.ts";
import { type Field, type Lane, layOut, NO_FIELD } from "./Lanes.ts";
import { type Names, namesOf } from "./Names.ts";

/** Where an attribute's class numbers come from. All columns have one shape, which keeps reading them fast. */
export interface Column {
  readonly id: string;
  readonly kind: "category" | "value" | "boolean" | "integer" | "tags";
  /** First place among a record's classes; tags take one place for each tag conditions mention. */
  readonly slot: number;
  /** Value when the record does not name the attribute; none if it must. */
  readonly default: FactValue | undefined;
  /** Class of each value; for tags, the place after `slot`, or -1 for a tag no condition mentions. */
  readonly classOf: Names;
  readonly min: number;
  readonly max: number;
  /** First value of each class but the first, ascending. */
  readonly cuts: ReadonlyArray<number>;
  /** Class of the first of each `2 ** stride` values from `min` on, one beyond `max`; null where they span too much. */
  readonly table: Uint16Array | null;
  readonly stride: number;
  /** Where its class lies in a point; for tags, that of each place. */
  field: Field;
  fields: ReadonlyArray<Field>;
}

/** The classes of a charter. */
export interface Classes {
  readonly columns: ReadonlyArray<Column>;
  readonly columnOf: ReadonlyMap<string, Column>;
  /** How many classes stand at each place. */
  readonly sizes: ReadonlyArray<number>;
  /** Where each place lies in a packed point; that of the category is not used. */
  readonly fields: ReadonlyArray<Field>;
  readonly lanes: ReadonlyArray<Lane>;
  /** Words of a packed point. */
  readonly words: number;
  /** The columns in the order in which the last record named them. */
  readonly order: Array<Column>;
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
    const column = columnFor(attribute, sizes.length, mentioned, categories.classOf);
    columns.push(column);
    if (attribute.kind === "integer") sizes.push(column.cuts.length + 1);
    else if (attribute.kind === "tags") {
      for (const place of column.classOf.all.values()) if (place >= 0) sizes.push(2);
    } else if (attribute.kind === "boolean") sizes.push(2);
    else if (attribute.kind === "category") sizes.push(categories.representatives.length);
    else sizes.push(attribute.values.length);
  }
  const { fields, lanes, words } = layOut(sizes, CATEGORY_SLOT);
  for (const column of columns) {
    column.field = fields[column.slot] ?? NO_FIELD;
    if (column.kind !== "tags") continue;
    const places = [...column.classOf.all.values()].filter((place) => place >= 0).length;
    column.fields = fields.slice(column.slot, column.slot + places);
  }
  return {
    columns,
    columnOf: new Map(columns.map((column) => [column.id, column])),
    sizes,
    fields,
    lanes,
    words,
    order: [],
    representatives: categories.representatives,
  };
};

const columnFor = (
  attribute: Charter["facts"]["attributes"][number],
  slot: number,
  mentioned: Mentions,
  categories: Names,
): Column => {
  const { id, kind } = attribute;
  const [min, max] = kind === "integer" ? [attribute.min, attribute.max] : [0, 0];
  const cuts = [...(mentioned.cuts.get(id) ?? [])].filter((cut) => cut > min && cut <= max);
  cuts.sort((a, b) => a - b);
  let places = 0;
  const placeOf = (tag: string) => (mentioned.tags.get(id)?.has(tag) === true ? places++ : -1);
  const classOf =
    kind === "category"
      ? categories
      : kind === "tags"
        ? namesOf(attribute.values.map((tag) => [tag, placeOf(tag)] as const))
        : kind === "enum"
          ? namesOf(attribute.values.map((value, rank) => [value, rank] as const))
          : NO_CLASSES;
  return {
    id,
    kind: kind === "enum" ? "value" : kind,
    slot,
    default: kind === "category" ? undefined : attribute.default,
    classOf,
    min,
    max,
    cuts,
    ...strides(kind === "integer" ? max - min : 0, min, cuts),
    field: NO_FIELD,
    fields: [],
  };
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
      slot: slot + (column.classOf.all.get(tag) ?? 0),
      spans: [[present, present]],
    });
    return [...has.map((tag) => at(tag, 1)), ...lacks.map((tag) => at(tag, 0))];
  }
  if (column.kind !== "value" && column.kind !== "category") return [];
  const classOf = (value: string | undefined, otherwise: number) =>
    column.classOf.all.get(value) ?? otherwise;
  if ("in" in condition) {
    return [{ slot, spans: condition.in.map((value) => [classOf(value, 0), classOf(value, 0)]) }];
  }
  const { from, to } = condition as Extract<Condition, { from?: unknown }>;
  return [{ slot, spans: [[classOf(from, 0), classOf(to, column.classOf.all.size - 1)]] }];
};

/** The first value of the next class of an integer, or undefined in the last one. */
export const nextCut = (column: Column, value: number): number | undefined =>
  column.kind === "integer" ? column.cuts[cutsUpTo(column.cuts, value)] : undefined;

/** How many cuts lie at or below a value: the number of its class, which is known to lie between two. */
export const cutsUpTo = (
  cuts: ReadonlyArray<number>,
  value: number,
  least = 0,
  most = cuts.length,
): number => {
  let low = least;
  let high = most;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};

// Private

// Looking up where to begin leaves a step or two of searching, whatever the span.
const strides = (span: number, min: number, cuts: ReadonlyArray<number>) => {
  let stride = 0;
  while (span / 2 ** stride >= MOST_STRIDES) stride += 1;
  const table =
    span < 2 ** 31
      ? Uint16Array.from({ length: (span >> stride) + 2 }, (_, i) =>
          cutsUpTo(cuts, min + i * 2 ** stride),
        )
      : null;
  return { table, stride };
};

interface Mentions {
  readonly categories: ReadonlySet<string>;
  readonly cuts: ReadonlyMap<string, ReadonlySet<number>>;
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>;
}

const mentionsIn = (regions: ReadonlyArray<Region>): Mentions => {
  const categories = new Set<string>();
  const cuts = new Map<string, Set<number>>();
  const tags = new Map<string, Set<string>>();
  for (const box of regions.flatMap(boxesOf)) {
    for (const [attribute, condition] of Object.entries(box)) {
      if (typeof condition === "boolean") continue;
      if ("in" in condition && attribute === "category") {
        for (const id of condition.in) categories.add(id);
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

// A category shares its parent's class unless a condition names it or it has numbers of its own.
const categoryClasses = (charter: Charter, mentioned: ReadonlySet<string>) => {
  const named = new Set(mentioned);
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
  return { classOf: namesOf(classOf), representatives };
};

const MOST_STRIDES = 1024;
const NO_CLASSES: Names = namesOf([]);
