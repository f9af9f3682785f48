/**
 * The compiled form of a charter's rules: bitsets over elementary classes.
 *
 * For each class of categories a table holds the boxes still possible there, in
 * rule order: one row of bits for each class of each attribute they mention.
 * The rows of a record's classes are and-ed word by word and the first bit left is
 * the box that decides; a second, smaller matrix gives the competent levels the
 * same way. Tables are made when first asked for, which changes no answer.
 */
import {
  boxesOf,
  type Charter,
  competenceOf,
  type Condition,
  type Decision,
  type EmergencyText,
  makeDecision,
  reachOf,
  type Region,
} from "../charter/index.ts";
import {
  type Allowed,
  allowedBy,
  CATEGORY_SLOT,
  type Classes,
  classesOf,
  KIND_SLOT,
} from "./Classes.ts";

/** A charter made ready for deciding; opaque outside this room. */
export interface Evaluator {
  readonly charter: Charter;
  readonly classes: Classes;
  readonly rules: ReadonlyArray<CompiledBox>;
  readonly competences: ReadonlyArray<CompiledBox>;
  /** By category class; null where a table would be too large, and the scan decides. */
  readonly tables: Array<Table | null | undefined>;
  /** Words all tables hold together. */
  words: number;
}

/** The evaluator of a charter; made once for each charter. */
export const evaluatorOf = (charter: Charter): Evaluator => {
  const known = evaluators.get(charter);
  if (known !== undefined) return known;
  const made = compile(charter);
  evaluators.set(charter, made);
  return made;
};

/** The decision for a record's classes; undefined where only the scan can tell. */
export const decide = (
  evaluator: Evaluator,
  classes: ReadonlyArray<number>,
): Decision | undefined => {
  const at = classes[CATEGORY_SLOT] as number;
  let table = evaluator.tables[at];
  if (table === undefined) table = makeTable(evaluator, at);
  if (table === null) return undefined;
  const box = firstHit(table.rules, classes);
  let key = 0;
  if (table.isHandled[box] === 1) {
    key = table.always | competentLevels(table, classes);
    if (table.barred !== 0 && classes[KIND_SLOT] === ASSIGNMENT) key |= BARRED;
  }
  for (let node = table.decided[box]; node !== undefined; node = node.next) {
    if (node.key === key) return node.decision;
  }
  return remember(evaluator, table, box, key);
};

// Private

/** One box of a rule (`owner` is its position, or that of `otherwise`) or of a level. */
interface CompiledBox {
  readonly owner: number;
  /** Categories whose subtrees it allows; undefined: all. */
  readonly categories: ReadonlyArray<string> | undefined;
  readonly allowed: ReadonlyArray<Allowed>;
}

interface Matrix {
  /** Places whose class matters, and where the rows of each begin. */
  readonly slots: Uint16Array;
  readonly starts: Int32Array;
  /** Words of one row. */
  readonly stride: number;
  readonly bits: Int32Array;
}

interface Table {
  readonly rules: Matrix;
  /** The rule of each box, and whether somebody handles its outcome. */
  readonly owners: Uint16Array;
  readonly isHandled: Uint8Array;
  readonly competences: Matrix;
  /** The level bit of each competence box. */
  readonly levelBits: Int32Array;
  /** Levels competent whatever else the record says. */
  readonly always: number;
  /** Levels whose duty list does not hold the category. */
  readonly barred: number;
  readonly emergency: EmergencyText | undefined;
  /** Decisions made so far, by box and key. */
  readonly decided: Array<Node | undefined>;
}

interface Node {
  readonly key: number;
  readonly decision: Decision;
  readonly next: Node | undefined;
  readonly length: number;
}

const evaluators = new WeakMap<Charter, Evaluator>();
const ASSIGNMENT = 2;
// One bit past those of the levels, of which a charter has at most 30.
const BARRED = 1 << 30;
// 4 MB for one table, 64 MB for all; beyond, the scan decides or tables are made anew.
const MOST_WORDS_OF_TABLE = 1 << 20;
const MOST_WORDS = 1 << 24;
const MOST_DECISIONS_OF_BOX = 64;

const compile = (charter: Charter): Evaluator => {
  const classes = classesOf(charter);
  const { rules, levels } = charter.document;
  const columns = new Map(classes.columns.map((column) => [column.id, column]));
  const boxes = (region: Region, owner: number): ReadonlyArray<CompiledBox> =>
    boxesOf(region).map((box) => {
      const { category, ...others } = box;
      return {
        owner,
        categories: categoriesOf(category),
        allowed: Object.entries(others).flatMap(([attribute, condition]) => {
          const column = columns.get(attribute);
          return column === undefined ? [] : allowedBy(column, condition);
        }),
      };
    });
  return {
    charter,
    classes,
    rules: [
      ...rules.flatMap((rule, owner) => boxes(rule.when, owner)),
      { owner: rules.length, categories: undefined, allowed: [] },
    ],
    competences: levels.flatMap(({ id }, owner) => {
      const region = competenceOf(charter, id);
      return region === undefined ? [] : boxes(region, owner);
    }),
    tables: classes.representatives.map(() => undefined),
    words: 0,
  };
};

const categoriesOf = (condition: Condition | undefined): ReadonlyArray<string> | undefined =>
  typeof condition === "object" && "in" in condition ? condition.in : undefined;

// The last box of a table holds everything, so one bit left in the last word is that box.
const firstHit = (
  { slots, starts, stride, bits }: Matrix,
  classes: ReadonlyArray<number>,
): number => {
  const count = slots.length;
  const last = stride - 1;
  for (let word = 0; word <= last; word += 1) {
    let left = -1;
    for (let i = 0; i < count; i += 1) {
      const row = (starts[i] as number) + (classes[slots[i] as number] as number) * stride;
      left &= bits[row + word] as number;
      if ((left & (left - 1)) === 0 && (left === 0 || word === last)) break;
    }
    if (left !== 0) return word * 32 + lowestBit(left);
  }
  return 0;
};

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);

const competentLevels = (table: Table, classes: ReadonlyArray<number>): number => {
  const { slots, starts, stride, bits } = table.competences;
  const count = slots.length;
  let levels = 0;
  for (let word = 0; word < stride; word += 1) {
    let left = -1;
    for (let i = 0; i < count; i += 1) {
      const row = (starts[i] as number) + (classes[slots[i] as number] as number) * stride;
      left &= bits[row + word] as number;
    }
    for (; left !== 0; left &= left - 1) {
      levels |= table.levelBits[word * 32 + lowestBit(left)] as number;
    }
  }
  return levels;
};

const makeTable = (evaluator: Evaluator, at: number): Table | null => {
  const { charter, classes } = evaluator;
  const category = charter.category(classes.representatives[at] ?? "");
  const path = new Set(category?.path);
  const rules = untilCertain(possibleIn(evaluator.rules, path));
  const competences = possibleIn(evaluator.competences, path);
  const certain = competences.filter((box) => box.allowed.length === 0);
  const always = certain.reduce((levels, box) => levels | (1 << box.owner), 0);
  const open = competences.filter((box) => (always & (1 << box.owner)) === 0);
  const words = wordsOf(classes, rules) + wordsOf(classes, open);
  if (evaluator.words + words > MOST_WORDS) {
    evaluator.tables.fill(undefined);
    evaluator.words = 0;
  }
  const { rules: written, otherwise, levels, dutyLists = {} } = charter.document;
  const table: Table | null =
    words > MOST_WORDS_OF_TABLE
      ? null
      : {
          rules: matrixOf(classes, rules),
          owners: Uint16Array.from(rules, (box) => box.owner),
          isHandled: Uint8Array.from(rules, (box) =>
            (written[box.owner] ?? otherwise).outcome.course === "signpost" ? 0 : 1,
          ),
          competences: matrixOf(classes, open),
          levelBits: Int32Array.from(open, (box) => 1 << box.owner),
          always,
          barred: levels.reduce((barred, { id }, i) => {
            const duties = Object.hasOwn(dutyLists, id) ? dutyLists[id] : undefined;
            return duties === undefined || duties.some((duty) => path.has(duty))
              ? barred
              : barred | (1 << i);
          }, 0),
          emergency: category?.emergency,
          decided: rules.map(() => undefined),
        };
  evaluator.words += table === null ? 0 : words;
  evaluator.tables[at] = table;
  return table;
};

const possibleIn = (
  boxes: ReadonlyArray<CompiledBox>,
  path: ReadonlySet<string>,
): ReadonlyArray<CompiledBox> =>
  boxes.filter((box) => box.categories?.some((id) => path.has(id)) ?? true);

// What stands behind a box that nothing can fail is never reached.
const untilCertain = (boxes: ReadonlyArray<CompiledBox>): ReadonlyArray<CompiledBox> =>
  boxes.slice(0, boxes.findIndex((box) => box.allowed.length === 0) + 1);

// The places that most boxes restrict come first: they empty the words soonest.
const slotsOf = (boxes: ReadonlyArray<CompiledBox>): ReadonlyArray<number> => {
  const uses = new Map<number, number>();
  for (const { slot } of boxes.flatMap((box) => box.allowed)) {
    uses.set(slot, (uses.get(slot) ?? 0) + 1);
  }
  return [...uses].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([slot]) => slot);
};

const wordsOf = ({ sizes }: Classes, boxes: ReadonlyArray<CompiledBox>): number =>
  slotsOf(boxes).reduce((rows, slot) => rows + (sizes[slot] ?? 0), 0) * strideOf(boxes);

const strideOf = (boxes: ReadonlyArray<CompiledBox>): number => Math.ceil(boxes.length / 32);

const matrixOf = (classes: Classes, boxes: ReadonlyArray<CompiledBox>): Matrix => {
  const slots = slotsOf(boxes);
  const stride = strideOf(boxes);
  const starts = new Int32Array(slots.length);
  const bits = new Int32Array(wordsOf(classes, boxes));
  let start = 0;
  for (const [i, slot] of slots.entries()) {
    starts[i] = start;
    const size = classes.sizes[slot] ?? 0;
    for (const [at, box] of boxes.entries()) {
      for (const [from, to] of spansAt(box, slot, size)) {
        for (let row = from; row <= to; row += 1) {
          const word = start + row * stride + (at >>> 5);
          bits[word] = (bits[word] ?? 0) | (1 << (at & 31));
        }
      }
    }
    start += size * stride;
  }
  return { slots: Uint16Array.from(slots), starts, stride, bits };
};

const spansAt = (box: CompiledBox, slot: number, size: number): Allowed["spans"] =>
  box.allowed.find((allowed) => allowed.slot === slot)?.spans ?? [[0, size - 1]];

const remember = (evaluator: Evaluator, table: Table, box: number, key: number): Decision => {
  const { charter } = evaluator;
  const rule = charter.document.rules[table.owners[box] ?? 0] ?? null;
  const reach = reachOf(charter, (rule ?? charter.document.otherwise).outcome);
  const bitOf = (level: string) =>
    1 << charter.document.levels.findIndex((known) => known.id === level);
  const lowest =
    (key & BARRED) === 0
      ? -1
      : reach.findLastIndex(
          ({ id }, i) => i < reach.length - 1 && (table.barred & bitOf(id)) !== 0,
        );
  const levels = reach
    .filter(({ id }, i) => i > lowest && (key & bitOf(id)) !== 0)
    .map(({ id }) => id);
  const decision = Object.freeze(makeDecision(charter, rule, table.emergency, levels));
  const next = table.decided[box];
  const length = (next?.length ?? 0) + 1;
  if (length <= MOST_DECISIONS_OF_BOX) table.decided[box] = { key, decision, next, length };
  return decision;
};
