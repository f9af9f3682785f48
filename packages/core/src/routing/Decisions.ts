/** Decisions of a charter: each is made once, when it is first asked for, and shared by all who get it. */
import {
  type Charter,
  type Decision,
  type EmergencyText,
  makeDecision,
  reachOf,
} from "../charter/index.ts";

/** What is remembered of one charter. */
export interface Memory {
  readonly charter: Charter;
  /** Lists of levels that decisions share. */
  readonly levels: Map<string, ReadonlyArray<string>>;
  /** Categories that are alike in all but their boxes share their decisions. */
  readonly alike: Map<string, Decisions>;
}

/** Decisions made so far in categories alike. */
export interface Decisions {
  readonly memory: Memory;
  /** Levels whose duty list does not hold the category. */
  readonly barred: number;
  readonly emergency: EmergencyText | undefined;
  /** For each key met, by position of the rule. */
  readonly made: Map<number, Array<Decision | undefined>>;
}

/** The bit of a level in a key, by its position; a charter has at most 30 levels. */
export const levelBit = (position: number): number => 2 << position;

/** The bit of a key that says: an assignment, which barred levels need not take. */
export const BARRED = 1;

export const memoryOf = (charter: Charter): Memory => ({
  charter,
  levels: new Map(),
  alike: new Map(),
});

/** The decisions of a category, given itself and all above it. */
export const decisionsIn = (
  memory: Memory,
  path: ReadonlySet<string>,
  emergency: EmergencyText | undefined,
): Decisions => {
  const { levels, dutyLists = {} } = memory.charter.document;
  const barred = levels.reduce((bits, { id }, i) => {
    const duties = Object.hasOwn(dutyLists, id) ? dutyLists[id] : undefined;
    return duties === undefined || duties.some((duty) => path.has(duty))
      ? bits
      : bits | levelBit(i);
  }, 0);
  const key = JSON.stringify([barred, emergency ?? null]);
  const known = memory.alike.get(key) ?? { memory, barred, emergency, made: new Map() };
  memory.alike.set(key, known);
  return known;
};

/** The decision of a rule, given by position, for a key: the bits of the competent levels, and {@link BARRED}. */
export const decisionOf = (decisions: Decisions, rule: number, key: number): Decision =>
  decisions.made.get(key)?.[rule] ?? make(decisions, rule, key);

// Private

// Few sets of levels occur. Where they are many, all is made anew rather than kept for ever.
const MOST_KEYS = 4096;

const make = (decisions: Decisions, rule: number, key: number): Decision => {
  const { memory, made } = decisions;
  const decision = Object.freeze(makeFor(decisions, rule, key));
  let known = made.get(key);
  if (known === undefined) {
    if (made.size === MOST_KEYS) made.clear();
    known = new Array<Decision | undefined>(memory.charter.document.rules.length + 1);
    made.set(key, known.fill(undefined));
  }
  known[rule] = decision;
  return decision;
};

const makeFor = (
  { memory: { charter, levels: known }, barred, emergency }: Decisions,
  position: number,
  key: number,
): Decision => {
  const { rules, otherwise, levels: all } = charter.document;
  const rule = rules[position] ?? null;
  const reach = reachOf(charter, (rule ?? otherwise).outcome);
  const bitOf = (level: string) => levelBit(all.findIndex(({ id }) => id === level));
  const lowest =
    (key & BARRED) === 0
      ? -1
      : reach.findLastIndex(({ id }, i) => i < reach.length - 1 && (barred & bitOf(id)) !== 0);
  const levels = shared(
    known,
    reach.filter(({ id }, i) => i > lowest && (key & bitOf(id)) !== 0).map(({ id }) => id),
  );
  return makeDecision(charter, rule, emergency, levels);
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
