/**
 * The same rules as a programmer would write them for this one charter: an if for
 * each rule, comparisons in place, decisions made once and shared.
 *
 * The text is generated, so that 1,000 rules need no 1,000 typed lines; what runs is
 * plain code that the compiler sees whole.
 */
import type {
  Box,
  CharterDocument,
  Condition,
  Decision,
  FactsRecord,
  Outcome,
  Rule,
} from "@linli/core/charter";
import { LEVELS, LIMITS } from "./rules.ts";

/** Decides about one record. */
export type ByHand = (record: FactsRecord) => Decision;

/** One if after the other. */
export const writeChain = (document: CharterDocument): ByHand =>
  build(document, `return (r) => {\n${ifs(document)}\n};`);

/** switch(category), and in each case the ifs of the rules that can apply there. */
export const writeSwitch = (document: CharterDocument): ByHand =>
  build(document, `return (r) => {\nswitch (r.category) {\n${cases(document, inPlace)}\n}\n};`);

/** The same with a function for each category, small enough for the optimising compiler. */
export const writeSwitchOfFunctions = (document: CharterDocument): ByHand => {
  const functions = document.categories.map(
    ({ id }, at) => `const in${at} = (r) => {\n${ifs(document, id)}\n};`,
  );
  const body = cases(document, (_, at) => `return in${at}(r);`);
  return build(
    document,
    `${functions.join("\n")}\nreturn (r) => {\nswitch (r.category) {\n${body}\n}\n};`,
  );
};

// Private

const build = (document: CharterDocument, source: string): ByHand =>
  new Function("D", `"use strict";\n${source}`)(decisionsOf(document)) as ByHand;

const cases = (
  document: CharterDocument,
  body: (document: CharterDocument, at: number) => string,
): string =>
  document.categories
    .map(({ id }, at) => `case ${JSON.stringify(id)}: {\n${body(document, at)}\n}`)
    .join("\n");

const inPlace = (document: CharterDocument, at: number): string =>
  ifs(document, document.categories[at]?.id);

const ifs = (document: CharterDocument, category?: string): string =>
  [
    ...document.rules.flatMap(({ when, outcome }, at) => {
      const test = testOf(when as Box, category);
      return test === null ? [] : [`if (${test}) return ${pickOf(outcome, at)};`];
    }),
    `return ${pickOf(document.otherwise.outcome, document.rules.length)};`,
  ].join("\n");

// Null when a rule cannot apply to the category of this case.
const testOf = (box: Box, category: string | undefined): string | null => {
  const tests: Array<string> = [];
  for (const [attribute, condition] of Object.entries(box)) {
    if (attribute === "category" && category !== undefined) {
      if (!listOf(condition).includes(category)) return null;
    } else tests.push(comparisonOf(`r.${attribute}`, condition));
  }
  return tests.length === 0 ? "true" : tests.join(" && ");
};

const listOf = (condition: Condition): ReadonlyArray<string> =>
  typeof condition === "object" && "in" in condition ? condition.in : [];

const comparisonOf = (value: string, condition: Condition): string => {
  if (typeof condition === "boolean") return condition ? value : `!${value}`;
  if ("in" in condition) {
    const tests = condition.in.map((one) => `${value} === ${JSON.stringify(one)}`);
    return tests.length === 1 ? tests.join("") : `(${tests.join(" || ")})`;
  }
  if ("ranges" in condition) {
    const [low, high] = condition.ranges[0] ?? [null, null];
    return low === null ? `${value} <= ${high}` : `${value} >= ${low}`;
  }
  const { has = [], lacks = [] } = condition as {
    readonly has?: ReadonlyArray<string>;
    readonly lacks?: ReadonlyArray<string>;
  };
  return [
    ...has.map((tag) => `${value}.includes(${JSON.stringify(tag)})`),
    ...lacks.map((tag) => `!${value}.includes(${JSON.stringify(tag)})`),
  ].join(" && ");
};

// The lowest competent level, asked only for levels the rule leaves open.
const pickOf = (outcome: Outcome, rule: number): string => {
  if (outcome.course === "signpost") return `D[${rule}][0]`;
  const floor =
    outcome.atLeast === undefined ? 0 : LEVELS.findIndex((id) => id === outcome.atLeast);
  const { building, micro, community } = LIMITS;
  let level = `${LEVELS.length - 1}`;
  for (const [at, limit] of [...[building, micro, community].entries()].toReversed()) {
    if (at < floor) break;
    level = `r.severity <= ${limit.severity} && r.cost <= ${limit.cost} ? ${at} : ${level}`;
  }
  return `D[${rule}][${level}]`;
};

// One decision for each rule and lowest level, shared by all who get it.
const decisionsOf = (document: CharterDocument): ReadonlyArray<ReadonlyArray<Decision>> => {
  const { rules, otherwise, id, version } = document;
  return [...rules, null].map((rule) =>
    LEVELS.map((_, lowest) =>
      Object.freeze(decisionOf(rule, otherwise, { id, version }, LEVELS.slice(lowest))),
    ),
  );
};

const decisionOf = (
  rule: Rule | null,
  otherwise: CharterDocument["otherwise"],
  charter: Decision["charter"],
  levels: ReadonlyArray<string>,
): Decision => {
  const { outcome, because } = rule ?? otherwise;
  const shared = { rule: rule?.id ?? null, because, charter, inform: [], emergency: null };
  if (outcome.course === "signpost") {
    const { course, text, to } = outcome;
    return { ...shared, course, chain: null, levels: [], size: null, clocks: null, text, to };
  }
  return {
    ...shared,
    course: outcome.course,
    chain: "residential",
    levels,
    size: outcome.size ?? null,
    clocks: outcome.clocks,
    text: null,
    to: null,
  };
};
