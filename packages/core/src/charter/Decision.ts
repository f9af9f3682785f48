/**
 * What routing decides about an issue.
 *
 * Both evaluators - the reference scan and the compiled one of the routing room -
 * find a rule and the competent levels on their own and build the decision here.
 */
import type { LocalText } from "../data/index.ts";
import type { Level } from "../hierarchy/index.ts";
import { type Charter, firstChain } from "./Charter.ts";
import type { Because, EmergencyText, Outcome, Rule, Size } from "./Document.ts";

/** The four courses. */
export type Course = Outcome["course"];

/** Who is to do what with an issue, and why. */
export interface Decision {
  readonly course: Course;
  /** Id of the rule that decided; null: the charter's `otherwise`. */
  readonly rule: string | null;
  readonly because: Because;
  readonly charter: { readonly id: string; readonly version: string };
  /** The chain to climb; null for a signpost. */
  readonly chain: string | null;
  /**
   * Levels of the chain that may handle it, ascending: competent, not below the
   * rule's `atLeast`, duty lists respected. Empty for a signpost, never otherwise.
   */
  readonly levels: ReadonlyArray<string>;
  readonly size: Size | null;
  /** Name of a clock set; null for a signpost. */
  readonly clocks: string | null;
  /** Levels told at once. */
  readonly inform: ReadonlyArray<string>;
  /** Numbers to call first, whatever the course. */
  readonly emergency: EmergencyText | null;
  /** A signpost's text, or the body that deliberates. */
  readonly text: LocalText | null;
  /** Where a signpost points. */
  readonly to: string | null;
}

/** Levels of the outcome's chain not below its `atLeast`, ascending; empty for a signpost. */
export const reachOf = (charter: Charter, outcome: Outcome): ReadonlyArray<Level> => {
  if (outcome.course === "signpost") return [];
  const levels = charter.chainLevels.get(outcome.chain ?? firstChain(charter)) ?? [];
  const floor = outcome.atLeast === undefined ? undefined : charter.levels.get(outcome.atLeast);
  return floor === undefined ? levels : levels.filter((level) => level.rank >= floor.rank);
};

/**
 * The decision of a rule (null: `otherwise`) for a category, once it is known
 * which levels may handle it.
 *
 * A category of danger keeps its numbers whatever the rule says: `handle` becomes
 * `emergency`, and other courses carry the numbers along.
 */
export const makeDecision = (
  charter: Charter,
  rule: Rule | null,
  emergency: EmergencyText | undefined,
  levels: ReadonlyArray<string>,
): Decision => {
  const { outcome, because } = rule ?? charter.document.otherwise;
  const shared = {
    rule: rule === null ? null : rule.id,
    because,
    charter: { id: charter.id, version: charter.version },
  };
  if (outcome.course === "signpost") {
    return {
      ...shared,
      course: "signpost",
      chain: null,
      levels: [],
      size: null,
      clocks: null,
      inform: [],
      emergency: emergency ?? null,
      text: outcome.text,
      to: outcome.to,
    };
  }
  return {
    ...shared,
    course: outcome.course === "handle" && emergency !== undefined ? "emergency" : outcome.course,
    chain: outcome.chain ?? firstChain(charter),
    levels,
    size: outcome.size ?? null,
    clocks: outcome.clocks,
    inform: outcome.inform ?? [],
    emergency: outcome.course === "emergency" ? outcome.emergency : (emergency ?? null),
    text: outcome.course === "deliberate" ? outcome.body : null,
    to: null,
  };
};
