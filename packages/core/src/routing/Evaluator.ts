/**
 * The compiled form of a charter's rules: boxes as bits over a record's point.
 *
 * For each class of categories a table holds the boxes still possible there, in rule
 * order, as rows of bits ({@link Rows}); the first bit left standing decides. The
 * levels' competences are bits of the same rows. Tables are made when first asked
 * for, which changes no answer.
 */
import {
  boxesOf,
  type Charter,
  competenceOf,
  type Condition,
  type Decision,
  type Region,
} from "../charter/index.ts";
import { allowedBy, type Classes, classesOf, KIND_SLOT } from "./Classes.ts";
import {
  BARRED,
  decisionOf,
  type Decisions,
  decisionsIn,
  levelBit,
  type Memory,
  memoryOf,
} from "./Decisions.ts";
import type { Field } from "./Lanes.ts";
import { type Point, wordAt } from "./Point.ts";
import {
  type CompiledBox,
  lowestBit,
  meet,
  MOST_BOXES,
  type Rows,
  seek,
  wordsIn,
  writeRows,
} from "./Rows.ts";

/** A charter made ready for deciding; opaque outside this room. */
export interface Evaluator {
  readonly charter: Charter;
  readonly classes: Classes;
  /** All boxes of all rules in their order, and last one that holds everything. */
  readonly rules: ReadonlyArray<CompiledBox>;
  readonly competences: ReadonlyArray<CompiledBox>;
  /** By rule: 1 where somebody handles the outcome. */
  readonly isHandled: Uint8Array;
  readonly kind: Field;
  /** By category class; made when first asked for. */
  readonly tables: Array<Table | undefined>;
  /** Words all tables hold together. */
  words: number;
  readonly memory: Memory;
}

/** The evaluator of a charter; made once for each charter. */
export const evaluatorOf = (charter: Charter): Evaluator => {
  if (latest?.charter === charter) return latest;
  latest = evaluators.get(charter);
  if (latest === undefined) {
    latest = compile(charter);
    evaluators.set(charter, latest);
  }
  return latest;
};

/** The decision for a record's point. */
export const decide = (evaluator: Evaluator, point: Readonly<Point>): Decision => {
  const table = evaluator.tables[point.category] ?? makeTable(evaluator, point.category);
  const { blocks, owners, decisions } = table;
  let rows = blocks[0] as Rows;
  const first = seek(rows, point);
  let found = first & ~table.levels;
  let block = 0;
  let word = 0;
  let at = 0;
  // The last box holds everything, so there always is one.
  while (found === 0) {
    word += 1;
    at += 32;
    if (word === rows.width) {
      block += 1;
      word = 0;
      rows = blocks[block] as Rows;
      found = seek(rows, point);
    } else found = meet(rows, word);
  }
  const owner = owners[at + lowestBit(found)] as number;
  let key = 0;
  if (evaluator.isHandled[owner] === 1) {
    key = first & table.levels;
    if (table.others !== undefined) key |= levelsOf(table.others, point);
    if (decisions.barred !== 0 && isAssignment(evaluator, point)) key |= BARRED;
  }
  return decisionOf(decisions, owner, key);
};

// Private

interface Table {
  /** The levels' bits and the rules' boxes, then further boxes; each but the last is full. */
  readonly blocks: ReadonlyArray<Rows>;
  /** The rule of each bit. */
  readonly owners: Uint32Array;
  /** The bits of levels in the first word, each where its key has it. */
  readonly levels: number;
  /** Competences of several boxes. */
  readonly others: Competences | undefined;
  readonly decisions: Decisions;
}

interface Competences {
  readonly rows: Rows;
  /** The level of each bit, as its bit in a key. */
  readonly levels: Int32Array;
}

const evaluators = new WeakMap<Charter, Evaluator>();
// Most callers ask about one charter again and again.
let latest: Evaluator | undefined;
const ASSIGNMENT = 2;
// 64 MB for all tables together; beyond, they are made anew.
const MOST_WORDS = 1 << 24;

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
    isHandled: Uint8Array.from([...rules, charter.document.otherwise], ({ outcome }) =>
      outcome.course === "signpost" ? 0 : 1,
    ),
    kind: classes.fields[KIND_SLOT] as Field,
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
    memory: memoryOf(charter),
  };
};

const categoriesOf = (condition: Condition | undefined): ReadonlyArray<string> | undefined =>
  typeof condition === "object" && "in" in condition ? condition.in : undefined;

const isAssignment = ({ kind }: Evaluator, point: Readonly<Point>): boolean =>
  ((wordAt(point, kind.word) >>> kind.shift) & kind.mask) === ASSIGNMENT;

const levelsOf = ({ rows, levels }: Competences, point: Readonly<Point>): number => {
  let key = 0;
  seek(rows, point);
  for (let word = 0; word < rows.width; word += 1) {
    for (let bits = meet(rows, word); bits !== 0; bits &= bits - 1) {
      key |= levels[word * 32 + lowestBit(bits)] as number;
    }
  }
  return key;
};

const makeTable = (evaluator: Evaluator, at: number): Table => {
  const { charter, classes } = evaluator;
  const category = charter.category(classes.representatives[at] ?? "");
  const path = new Set(category?.path);
  const competences = possibleIn(evaluator.competences, path);
  const levels = charter.document.levels.map((_, owner) => {
    const own = competences.filter((box) => box.owner === owner);
    return own.find((box) => box.allowed.length === 0) ?? (own.length === 1 ? own[0] : undefined);
  });
  // A level's bit lies where its key has it, which leaves the first bit without a box.
  const boxes = [undefined, ...levels, ...untilCertain(possibleIn(evaluator.rules, path))];
  const others = competences.filter(({ owner }) => levels[owner] === undefined);
  const table: Table = {
    blocks: inBlocks(boxes).map((block) => writeRows(classes, block)),
    owners: Uint32Array.from(boxes, (box) => box?.owner ?? 0),
    levels: levels.reduce(
      (bits, box, owner) => (box === undefined ? bits : bits | levelBit(owner)),
      0,
    ),
    others:
      others.length === 0
        ? undefined
        : {
            rows: writeRows(classes, others),
            levels: Int32Array.from(others, ({ owner }) => levelBit(owner)),
          },
    decisions: decisionsIn(evaluator.memory, path, category?.emergency),
  };
  keep(evaluator, at, table);
  return table;
};

const inBlocks = <A>(boxes: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(boxes.length / MOST_BOXES) }, (_, block) =>
    boxes.slice(block * MOST_BOXES, (block + 1) * MOST_BOXES),
  );

const keep = (evaluator: Evaluator, at: number, table: Table): void => {
  const rows = table.others === undefined ? table.blocks : [...table.blocks, table.others.rows];
  const words = rows.reduce((sum, one) => sum + wordsIn(one), 0);
  if (evaluator.words + words > MOST_WORDS) {
    evaluator.tables.fill(undefined);
    evaluator.words = 0;
  }
  evaluator.words += words;
  evaluator.tables[at] = table;
};

const possibleIn = (
  boxes: ReadonlyArray<CompiledBox>,
  path: ReadonlySet<string>,
): ReadonlyArray<CompiledBox> =>
  boxes.filter((box) => box.categories?.some((id) => path.has(id)) ?? true);

// What stands behind a box that nothing can fail is never reached.
const untilCertain = (boxes: ReadonlyArray<CompiledBox>): ReadonlyArray<CompiledBox> =>
  boxes.slice(0, boxes.findIndex((box) => box.allowed.length === 0) + 1);
