/**
 * Combinators: a charter written in TypeScript, with names checked by the editor.
 *
 * Each returns exactly the data that decoding the JSON returns, so a built charter
 * can be printed and a printed one built upon.
 */
import type { LocalText } from "../data/index.ts";
import type {
  Because,
  CharterDocument,
  CharterTest,
  EmergencyText,
  Outcome,
  Rule,
} from "./Document.ts";
import type { Box, Condition, Region } from "./Region.ts";

/** A sentence in both languages. */
export const text = (zh: string, en: string): LocalText => ({ zh, en });

/** Why a rule exists, and the law or local document it rests on. */
export const because = (zh: string, en: string, basis?: string): Because =>
  basis === undefined ? { zh, en } : { zh, en, basis };

/** Issues that meet every condition named. */
export const box = (conditions: Box): Box => ({ ...conditions });

/** Issues inside at least one of the boxes. */
export const anyOf = (...boxes: ReadonlyArray<Box>): Region => ({ anyOf: boxes });

/** One of these categories, or anything below them. */
export const within = (...categories: ReadonlyArray<string>): Condition => ({ in: categories });

/** One of these values. */
export const oneOf = (...values: ReadonlyArray<string>): Condition => ({ in: values });

/** This number or value, or more. */
export const atLeast = (low: number | string): Condition =>
  typeof low === "number" ? { ranges: [[low, null]] } : { from: low };

/** This number or value, or less. */
export const atMost = (high: number | string): Condition =>
  typeof high === "number" ? { ranges: [[null, high]] } : { to: high };

/** From one number or value to another, both included. */
export const between: {
  (low: number, high: number): Condition;
  (low: string, high: string): Condition;
} = (low: number | string, high: number | string): Condition =>
  typeof low === "number" && typeof high === "number"
    ? { ranges: [[low, high]] }
    : { from: String(low), to: String(high) };

/** All of these tags. */
export const has = (...tags: ReadonlyArray<string>): Condition => ({ has: tags });

/** None of these tags. */
export const lacks = (...tags: ReadonlyArray<string>): Condition => ({ lacks: tags });

type OutcomeOf<Course extends Outcome["course"]> = Extract<Outcome, { readonly course: Course }>;
type Fields<Course extends Outcome["course"]> = Omit<OutcomeOf<Course>, "course">;

/** The lowest competent level settles it. */
export const handle = (fields: Fields<"handle">): OutcomeOf<"handle"> => ({
  course: "handle",
  ...fields,
});

/** Residents decide; the handler convenes the body named. */
export const deliberate = (fields: Fields<"deliberate">): OutcomeOf<"deliberate"> => ({
  course: "deliberate",
  ...fields,
});

/** Somebody else's by law. */
export const signpost = (
  to: OutcomeOf<"signpost">["to"],
  words: LocalText,
): OutcomeOf<"signpost"> => ({ course: "signpost", to, text: words });

/** Call these numbers first; the issue is kept as follow-up. */
export const emergency = (fields: Fields<"emergency">): OutcomeOf<"emergency"> => ({
  course: "emergency",
  ...fields,
});

/** Numbers to call first, with the sentence to show. */
export const numbers = (words: LocalText, ...list: ReadonlyArray<string>): EmergencyText => ({
  numbers: list,
  text: words,
});

/** A rule; the first one whose region contains the facts decides. */
export const rule = (
  id: string,
  fields: {
    readonly when: Region;
    readonly then: Outcome;
    readonly because: Because;
    readonly tests?: ReadonlyArray<CharterTest>;
  },
): Rule => ({
  id,
  when: fields.when,
  outcome: fields.then,
  because: fields.because,
  ...(fields.tests === undefined ? {} : { tests: fields.tests }),
});

/** A whole document of the current format. */
export const charter = (fields: Omit<CharterDocument, "linli">): CharterDocument => ({
  linli: 1,
  ...fields,
});
