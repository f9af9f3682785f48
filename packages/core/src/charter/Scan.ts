/**
 * The meaning of a charter, read straight from its document.
 *
 * Rules are tried one after the other, box by box, attribute by attribute. This is
 * the reference the compiled evaluator of the routing room is compared with, what
 * inline tests are run on, and what explanations are read from; it is written to
 * be read, not to be fast.
 */
import type { Charter } from "./Charter.ts";
import { type Decision, makeDecision, reachOf } from "./Decision.ts";
import type { FactsRecord, Rule } from "./Document.ts";
import type { Box, Condition, Region } from "./Region.ts";

/** What routing decides about a complete record, by reading the document. */
export const scan = (charter: Charter, record: FactsRecord): Decision => {
  const rule = charter.document.rules.find((candidate) => holds(charter, candidate.when, record));
  return makeDecision(
    charter,
    rule ?? null,
    charter.category(categoryOf(record))?.emergency,
    levelsFor(charter, rule ?? null, record),
  );
};

/** True when some box of the region contains the record. */
export const holds = (charter: Charter, region: Region, record: FactsRecord): boolean =>
  boxesOf(region).some((box) => failingOf(charter, box, record).length === 0);

/** A region as boxes; "all" is one box without conditions. */
export const boxesOf = (region: Region): ReadonlyArray<Box> =>
  region === "all" ? [{}] : isUnion(region) ? region.anyOf : [region];

/** The attributes of a box the record fails on. */
export const failingOf = (charter: Charter, box: Box, record: FactsRecord): ReadonlyArray<string> =>
  Object.entries(box)
    .filter(([attribute, condition]) => !admits(charter, attribute, condition, record))
    .map(([attribute]) => attribute);

/** Levels the rule (null: `otherwise`) leaves for this record, ascending. */
export const levelsFor = (
  charter: Charter,
  rule: Rule | null,
  record: FactsRecord,
): ReadonlyArray<string> => {
  const reach = reachOf(charter, (rule ?? charter.document.otherwise).outcome);
  const lowest = reach.findLastIndex(
    (level, at) => at < reach.length - 1 && isBarredByDutyList(charter, level.id, record),
  );
  return reach
    .filter((level, at) => at > lowest && isCompetent(charter, level.id, record))
    .map((level) => level.id);
};

/** True when the level's competence contains the record. */
export const isCompetent = (charter: Charter, level: string, record: FactsRecord): boolean => {
  const competence = competenceOf(charter, level);
  return competence !== undefined && holds(charter, competence, record);
};

/** What a level may settle; undefined: nothing. */
export const competenceOf = (charter: Charter, level: string): Region | undefined =>
  ownField(charter.document.competences, level);

/**
 * True when the record is an assignment from above that the level's duty list does
 * not hold. Departments may not push it down to that level, nor below it; the top
 * of a chain has nobody above to keep it.
 */
export const isBarredByDutyList = (
  charter: Charter,
  level: string,
  record: FactsRecord,
): boolean => {
  if (record["kind"] !== "assignment") return false;
  const duties = ownField(charter.document.dutyLists ?? {}, level);
  return duties !== undefined && !isWithin(charter, categoryOf(record), duties);
};

// Private

const categoryOf = (record: FactsRecord): string => String(record["category"]);

const isUnion = (
  region: Box | { readonly anyOf: ReadonlyArray<Box> },
): region is {
  readonly anyOf: ReadonlyArray<Box>;
} => Array.isArray(region["anyOf"]);

const ownField = <A>(fields: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const isWithin = (charter: Charter, category: string, roots: ReadonlyArray<string>): boolean =>
  charter.category(category)?.path.some((id) => roots.includes(id)) ?? false;

const admits = (
  charter: Charter,
  attribute: string,
  condition: Condition,
  record: FactsRecord,
): boolean => {
  const value = record[attribute];
  if (value === undefined) return false;
  if (typeof condition === "boolean") return value === condition;
  if ("in" in condition) {
    return attribute === "category"
      ? isWithin(charter, String(value), condition.in)
      : condition.in.includes(String(value));
  }
  if ("ranges" in condition) {
    return condition.ranges.some(
      ([low, high]) =>
        typeof value === "number" &&
        (low === null || value >= low) &&
        (high === null || value <= high),
    );
  }
  if (Array.isArray(value)) {
    const { has = [], lacks = [] } = condition as Tags;
    return has.every((tag) => value.includes(tag)) && !lacks.some((tag) => value.includes(tag));
  }
  const { from, to } = condition as Stretch;
  const rank = rankOf(charter, attribute, String(value));
  return (
    (from === undefined || rank >= rankOf(charter, attribute, from)) &&
    (to === undefined || rank <= rankOf(charter, attribute, to))
  );
};

const rankOf = (charter: Charter, attribute: string, value: string): number =>
  charter.facts.rankOf(attribute, value) ?? -1;

type Tags = Extract<Condition, { readonly has?: unknown }>;
type Stretch = Extract<Condition, { readonly from?: unknown }>;
