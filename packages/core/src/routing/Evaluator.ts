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
  type Allowed,
  allowedBy,
  type Classes,
  classesOf,
  type Field,
  KIND_SLOT,
  type Point,
  wordAt,
} from "./Classes.ts";

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

/** The decision for a record's point; undefined where only the scan can tell. */
export const decide = (evaluator: Evaluator, point: Readonly<Point>): Decision | undefined => {
  const at = point.category;
  let table = evaluator.tables[at];
  if (table === undefined) table = makeTable(evaluator, at);
  if (table === null) return undefined;
  const box = firstHit(table.rules, point);
  let key = 0;
  if (table.isHandled[box] === 1) {
    key = table.always | simpleLevels(table.simple, point);
    if (table.competences.code.length > 0) key |= otherLevels(table, point);
    if (table.barred !== 0 && isAssignment(evaluator, point)) key |= BARRED;
  }
  const column = key < evaluator.columns.length ? (evaluator.columns[key] as number) : 0;
  return (
    (column > 0 ? table.quick[box * COLUMNS + column] : undefined) ??
    recall(evaluator, table, box, key)
  );
};

// Private

/** One box of a rule (`owner` is its position, or that of `otherwise`) or of a level. */
interface CompiledBox {
  readonly owner: number;
  /** Categories whose subtrees it allows; undefined: all. */
  readonly categories: ReadonlyArray<string> | undefined;
  readonly allowed: ReadonlyArray<Allowed>;
}

/** Boxes one after the other. */
interface Boxes {
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
interface LevelRows {
  readonly levels: number;
  /** For each place: its word, shift and mask, where its rows begin, and 1 where it has one bit a class. */
  readonly plan: Int32Array;
  readonly rows: Int32Array;
}

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
const ASSIGNMENT = 2;
// Numbers of a box, and of a further test.
const BOX = 4;
const TEST = 5;
// Numbers of a place in the rows of levels.
const PLAN = 5;
const BITS = -1;
const SET = -2;
// The bits of the levels, of which a charter has at most 30, lie above that of a barred assignment.
const BARRED = 1;
// 4 MB for one table, 64 MB for all; beyond, the scan decides or tables are made anew.
const MOST_WORDS_OF_TABLE = 1 << 20;
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

// The last box of a table holds everything, so the search ends.
const firstHit = (boxes: Boxes, point: Readonly<Point>): number => {
  const { code } = boxes;
  const { a, b } = point;
  for (let at = 0; at < code.length; at += BOX) {
    if (((a & (code[at] as number)) | (b & (code[at + 1] as number))) !== 0) continue;
    const from = code[at + 2] as number;
    const to = code[at + 3] as number;
    if (from === to || passes(boxes, from, to, point)) return at / BOX;
  }
  return 0;
};

const simpleLevels = ({ levels, plan, rows }: LevelRows, point: Readonly<Point>): number => {
  let left = levels;
  for (let i = 0; i < plan.length; i += PLAN) {
    const word = wordAt(point, plan[i] as number);
    const found = (word >>> (plan[i + 1] as number)) & (plan[i + 2] as number);
    const at = plan[i + 4] === 1 ? lowestBit(found) : found;
    left &= rows[(plan[i + 3] as number) + at] as number;
  }
  return left;
};

const otherLevels = ({ competences, levelBits }: Table, point: Readonly<Point>): number => {
  const { code } = competences;
  const { a, b } = point;
  let levels = 0;
  for (let at = 0; at < code.length; at += BOX) {
    if (((a & (code[at] as number)) | (b & (code[at + 1] as number))) !== 0) continue;
    const from = code[at + 2] as number;
    const to = code[at + 3] as number;
    if (from === to || passes(competences, from, to, point)) {
      levels |= levelBits[at / BOX] as number;
    }
  }
  return levels;
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

const isAssignment = ({ kind }: Evaluator, point: Readonly<Point>): boolean =>
  ((wordAt(point, kind.word) >>> kind.shift) & kind.mask) >>> ASSIGNMENT === 1;

const makeTable = (evaluator: Evaluator, at: number): Table | null => {
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
  const table: Table | null =
    words > MOST_WORDS_OF_TABLE
      ? null
      : {
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

const wordsOf = (boxes: ReadonlyArray<CompiledBox>): number =>
  boxes.reduce((words, { allowed }) => words + BOX + allowed.length * TEST, 0);

const writeBoxes = (classes: Classes, boxes: ReadonlyArray<CompiledBox>): Boxes => {
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

const writeLevels = (classes: Classes, boxes: ReadonlyArray<CompiledBox>): LevelRows => {
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

const splitBy = <A>(all: ReadonlyArray<A>, test: (one: A) => boolean) =>
  [all.filter(test), all.filter((one) => !test(one))] as const;

const bitsOf = (first: number, last: number): number =>
  last < first ? 0 : (2 ** (last + 1) - 1) & ~(2 ** first - 1);

const membersOf = (size: number, spans: Allowed["spans"]): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) =>
    spans.some(([first, last]) => at >= first && at <= last) ? 1 : 0,
  );

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
