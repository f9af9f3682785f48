/**
 * Random facts aimed at the rules, so that every rule is reached and hits spread over
 * the whole list: a rule is drawn, its conditions are met, the rest is random, and the
 * record is drawn again a few times while an earlier rule takes it.
 */
import {
  boxesOf,
  type CharterDocument,
  type Condition,
  type FactDef,
  type FactsRecord,
  type FactValue,
  ISSUE_KINDS,
} from "@linli/core/charter";
import { type Draw, drawFrom } from "../kit/random.ts";
import type { ByHand } from "./byHand.ts";

/** The records and how they fall on the rules. */
export interface AimedFacts {
  readonly records: ReadonlyArray<FactsRecord>;
  /** Rules that decide at least one record, `otherwise` included. */
  readonly reached: number;
  /** Mean position of the deciding rule, from 1. */
  readonly meanPosition: number;
}

/** So many records from one seed. */
export const aimFacts = (
  document: CharterDocument,
  decide: ByHand,
  { seed, count }: { readonly seed: number; readonly count: number },
): AimedFacts => {
  const draw = drawFrom(seed);
  const positions = new Map<string | null, number>(document.rules.map(({ id }, at) => [id, at]));
  positions.set(null, document.rules.length);
  const hits = new Map<number, number>();
  const records: Array<FactsRecord> = [];
  for (let made = 0; made < count; made += 1) {
    const target = draw.int(document.rules.length + 1);
    let record = drawRecord(draw, document, target);
    let hit = positions.get(decide(record).rule) ?? -1;
    for (let again = 0; again < ATTEMPTS && hit !== target; again += 1) {
      record = drawRecord(draw, document, target);
      hit = positions.get(decide(record).rule) ?? -1;
    }
    hits.set(hit, (hits.get(hit) ?? 0) + 1);
    records.push(record);
  }
  const sum = [...hits].reduce((total, [at, times]) => total + (at + 1) * times, 0);
  // As they would arrive: parsed from JSON, one object each.
  const arrived = records.map((record) => JSON.parse(JSON.stringify(record)) as FactsRecord);
  return { records: arrived, reached: hits.size, meanPosition: Math.round(sum / count) };
};

// Private

const ATTEMPTS = 30;

const drawRecord = (draw: Draw, document: CharterDocument, target: number): FactsRecord => {
  const rule = document.rules[target];
  const box = rule === undefined ? {} : (boxesOf(rule.when)[0] ?? {});
  const categories = document.categories.map(({ id }) => id);
  const record: Record<string, FactValue> = {
    category: drawText(draw, categories, box["category"]),
    kind: draw.pick(ISSUE_KINDS),
  };
  for (const [name, fact] of Object.entries(document.facts ?? {})) {
    record[name] = drawValue(draw, fact, box[name]);
  }
  return record;
};

const drawText = (
  draw: Draw,
  values: ReadonlyArray<string>,
  condition: Condition | undefined,
): string => draw.pick(typeof condition === "object" && "in" in condition ? condition.in : values);

const drawValue = (draw: Draw, fact: FactDef, condition: Condition | undefined): FactValue => {
  switch (fact.kind) {
    case "boolean":
      return typeof condition === "boolean" ? condition : draw.chance(0.5);
    case "enum":
      return drawText(draw, fact.values, condition);
    case "integer": {
      const [low, high] =
        typeof condition === "object" && "ranges" in condition
          ? (condition.ranges[0] ?? [null, null])
          : [null, null];
      const from = low ?? fact.min;
      // Most figures are small ones: two draws, the lesser counts.
      const width = (high ?? fact.max) - from + 1;
      return from + Math.min(draw.int(width), draw.int(width));
    }
    case "tags": {
      const { has = [], lacks = [] } = (condition ?? {}) as {
        readonly has?: ReadonlyArray<string>;
        readonly lacks?: ReadonlyArray<string>;
      };
      const drawn = draw.some(fact.values, draw.int(3));
      return fact.values.filter(
        (tag) => has.includes(tag) || (drawn.includes(tag) && !lacks.includes(tag)),
      );
    }
  }
};
