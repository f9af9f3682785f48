/**
 * The compiled form of a charter's rules: boxes as masks over a record's point.
 *
 * For each class of categories a table holds the boxes still possible there, in
 * rule order, each as the bits it forbids in the two words where most conditions
 * lie, and the few conditions beyond. The first box that forbids nothing decides;
 * the boxes of the levels' competences are read the same way. Tables are made when
 * first asked for, which changes no answer.
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
  type Boxes,
  type CompiledBox,
  firstHit,
  type LevelRows,
  otherLevels,
  simpleLevels,
  wordsOf,
  writeBoxes,
  writeLevels,
} from "./Boxes.ts";
import { allowedBy, type Classes, classesOf, type Field, KIND_SLOT } from "./Classes.ts";
import { type Point, wordAt } from "./Point.ts";

/** A charter made ready for deciding; opaque outside this room. */
export interface Evaluator {
  readonly charter: Charter;
  readonly classes: Classes;
  readonly rules: ReadonlyArray<CompiledBox>;
  readonly competences: ReadonlyArray<CompiledBox>;
  readonly kind: Field;
  /** The column of each set of levels met so far; 0 for none. */
  readonly columns: Uint8Array;
  /** Columns given out; the first is never. */
  used: number;
  /** Lists of levels that decisions share. */
  readonly levels: Map<string, ReadonlyArray<string>>;
  /** By category class; made when first asked for. */
  readonly tables: Array<Table | undefined>;
  /** Words all tables hold together. */
  words: number;
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
  const at = point.category;
  let table = evaluator.tables[at];
  if (table === undefined) table = makeTable(evaluator, at);
  // The last box holds everything, so there always is one.
  const box = firstHit(table.rules, point, 0);
  let key = 0;
  if (table.isHandled[box] === 1) {
    key = table.always | simpleLevels(table.simple, point);
    if (table.competences.code.length > 0)
      key |= otherLevels(table.competences, table.levelBits, point);
    if (table.barred !== 0 && isAssignment(evaluator, point)) key |= BARRED;
  }
  const column = key < evaluator.columns.length ? (evaluator.columns[key] as number) : 0;
  return (
    (column > 0 ? table.quick[box * COLUMNS + column] : undefined) ??
    recall(evaluator, table, box, key)
  );
};

// Private

interface Table {
  readonly rules: Boxes;
  /** The rule of each box, and whether somebody handles its outcome. */
  readonly owners: Uint16Array;
  readonly isHandled: Uint8Array;
  readonly simple: LevelRows;
  /** Competences of several boxes, and the level bit of each. */
  readonly competences: Boxes;
  readonly levelBits: Int32Array;
  /** Levels competent whatever else the record says. */
  readonly always: number;
  /** Levels whose duty list does not hold the category. */
  readonly barred: number;
  readonly emergency: EmergencyText | undefined;
  /** Decisions made so far, by box and column of their key; the first column stays empty. */
  readonly quick: Array<Decision | undefined>;
  /** Decisions whose key has no column. */
  readonly decided: Map<number, Decision>;
}

const evaluators = new WeakMap<Charter, Evaluator>();
// Most callers ask about one charter again and again.
let latest: Evaluator | undefined;
const ASSIGNMENT = 2;
// The bits of the levels, of which a charter has at most 30, lie above that of a barred assignment.
const BARRED = 1;
// 64 MB for all tables together; beyond, they are made anew.
const MOST_WORDS = 1 << 24;
const MOST_DECISIONS = 4096;
// Columns of quick decisions for each box.
const COLUMNS = 16;

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
    kind: classes.fields[KIND_SLOT] as Field,
    columns: new Uint8Array(2 ** Math.min(levels.length + 1, 10)),
    used: 1,
    levels: new Map(),
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

const isAssignment = ({ kind }: Evaluator, point: Readonly<Point>): boolean =>
  ((wordAt(point, kind.word) >>> kind.shift) & kind.mask) >>> ASSIGNMENT === 1;

const makeTable = (evaluator: Evaluator, at: number): Table => {
  const { charter, classes } = evaluator;
  const category = charter.category(classes.representatives[at] ?? "");
  const path = new Set(category?.path);
  const rules = untilCertain(possibleIn(evaluator.rules, path));
  const competences = possibleIn(evaluator.competences, path);
  const certain = competences.filter((box) => box.allowed.length === 0);
  const always = certain.reduce((levels, box) => levels | (2 << box.owner), 0);
  const open = competences.filter((box) => (always & (2 << box.owner)) === 0);
  const [simple, others] = splitBy(
    open,
    (box) => open.filter(({ owner }) => owner === box.owner).length === 1,
  );
  const words = wordsOf(rules) + wordsOf(open);
  if (evaluator.words + words > MOST_WORDS) {
    evaluator.tables.fill(undefined);
    evaluator.words = 0;
  }
  const { rules: written, otherwise, levels, dutyLists = {} } = charter.document;
  const table: Table = {
    rules: writeBoxes(classes, rules),
    owners: Uint16Array.from(rules, (box) => box.owner),
    isHandled: Uint8Array.from(rules, (box) =>
      (written[box.owner] ?? otherwise).outcome.course === "signpost" ? 0 : 1,
    ),
    simple: writeLevels(classes, simple),
    competences: writeBoxes(classes, others),
    levelBits: Int32Array.from(others, (box) => 2 << box.owner),
    always,
    barred: levels.reduce((barred, { id }, i) => {
      const duties = Object.hasOwn(dutyLists, id) ? dutyLists[id] : undefined;
      return duties === undefined || duties.some((duty) => path.has(duty))
        ? barred
        : barred | (2 << i);
    }, 0),
    emergency: category?.emergency,
    quick: new Array<Decision | undefined>(rules.length * COLUMNS).fill(undefined),
    decided: new Map(),
  };
  evaluator.words += words;
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

const splitBy = <A>(all: ReadonlyArray<A>, test: (one: A) => boolean) =>
  [all.filter(test), all.filter((one) => !test(one))] as const;

const recall = (evaluator: Evaluator, table: Table, box: number, key: number): Decision => {
  const column = columnOf(evaluator, key);
  const other = box * 2 ** 31 + key;
  const known = column > 0 ? undefined : table.decided.get(other);
  const decision = known ?? remember(evaluator, table, box, key);
  if (column > 0) table.quick[box * COLUMNS + column] = decision;
  else if (table.decided.size < MOST_DECISIONS) table.decided.set(other, decision);
  return decision;
};

// Few sets of levels occur, so each gets a column when it is met first.
const columnOf = (evaluator: Evaluator, key: number): number => {
  const { columns } = evaluator;
  if (key >= columns.length) return 0;
  const known = columns[key] as number;
  if (known > 0 || evaluator.used >= COLUMNS) return known;
  columns[key] = evaluator.used;
  evaluator.used += 1;
  return columns[key];
};

// Many decisions name the same levels: one list for all of them keeps what is read often small.
const shared = (
  known: Map<string, ReadonlyArray<string>>,
  levels: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const key = levels.join("/");
  const found = known.get(key);
  if (found === undefined) known.set(key, levels);
  return found ?? levels;
};

const remember = (evaluator: Evaluator, table: Table, box: number, key: number): Decision => {
  const { charter } = evaluator;
  const rule = charter.document.rules[table.owners[box] ?? 0] ?? null;
  const reach = reachOf(charter, (rule ?? charter.document.otherwise).outcome);
  const bitOf = (level: string) =>
    2 << charter.document.levels.findIndex((known) => known.id === level);
  const lowest =
    (key & BARRED) === 0
      ? -1
      : reach.findLastIndex(
          ({ id }, i) => i < reach.length - 1 && (table.barred & bitOf(id)) !== 0,
        );
  const levels = shared(
    evaluator.levels,
    reach.filter(({ id }, i) => i > lowest && (key & bitOf(id)) !== 0).map(({ id }) => id),
  );
  return Object.freeze(makeDecision(charter, rule, table.emergency, levels));
};
