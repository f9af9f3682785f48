/**
 * The charter document (治理办法): all that a place has decided, as one JSON value.
 *
 * This file holds the shape only. What must hold between its parts - nothing
 * dangles, every chain's top level is competent for everything, every inline test
 * passes - is checked when the document is compiled.
 */
import * as Schema from "effect/Schema";
import { Id, LocalText, textOf } from "../data/index.ts";
import { PostDef } from "../directory/index.ts";
import { Chain, Level } from "../hierarchy/index.ts";
import { CalendarData, ClockRule } from "../time/index.ts";
import { Region } from "./Region.ts";

/** Who may see an issue's content; the reporter's identity is always narrower. */
export const Visibility = Schema.Literals(["public", "parties", "sealed"]);
export type Visibility = typeof Visibility.Type;

/** Numbers to call first, with the sentence to show: computed without storage. */
export const EmergencyText = Schema.Struct({
  numbers: Schema.Array(textOf(20)).check(Schema.isMinLength(1)),
  text: LocalText,
});
export type EmergencyText = typeof EmergencyText.Type;

/** A node of the category tree; visibility and emergency are inherited from the parent. */
export const Category = Schema.Struct({
  id: Id,
  parent: Schema.optionalKey(Id),
  name: LocalText,
  visibility: Schema.optionalKey(Visibility),
  /** Words of residents that suggest this category when a report names none. */
  words: Schema.optionalKey(Schema.Array(textOf(40))),
  /** A category of danger to life must have emergency numbers, own or inherited. */
  lifeDanger: Schema.optionalKey(Schema.Boolean),
  emergency: Schema.optionalKey(EmergencyText),
});
export type Category = typeof Category.Type;

/** A typed attribute that rules may see. */
export const FactDef = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("enum"),
    name: LocalText,
    values: Schema.Array(Id).check(Schema.isMinLength(1)),
    /** Values are listed from least to most; `from`/`to` conditions need it. */
    ordered: Schema.optionalKey(Schema.Boolean),
    /** More of it is worse: an issue never goes lower for having more. Needs `ordered`. */
    aggravating: Schema.optionalKey(Schema.Boolean),
    default: Id,
  }),
  Schema.Struct({
    kind: Schema.Literal("integer"),
    name: LocalText,
    min: Schema.Int,
    max: Schema.Int,
    aggravating: Schema.optionalKey(Schema.Boolean),
    default: Schema.Int,
  }),
  Schema.Struct({
    kind: Schema.Literal("boolean"),
    name: LocalText,
    aggravating: Schema.optionalKey(Schema.Boolean),
    default: Schema.Boolean,
  }),
  Schema.Struct({
    kind: Schema.Literal("tags"),
    name: LocalText,
    values: Schema.Array(Id).check(Schema.isMinLength(1)),
    default: Schema.Array(Id),
  }),
]);
export type FactDef = typeof FactDef.Type;

/** The three sizes of the source: small, big, critical. */
export const Size = Schema.Literals(["minor", "major", "critical"]);
export type Size = typeof Size.Type;

const handled = {
  /** The chain to climb; default: the charter's first chain. */
  chain: Schema.optionalKey(Id),
  /** Never lower than this level; default: the unit's own level. */
  atLeast: Schema.optionalKey(Id),
  /** Name of a clock set. */
  clocks: Id,
  size: Schema.optionalKey(Size),
  /** Levels on the chain whose handling post is told at once. */
  inform: Schema.optionalKey(Schema.Array(Id)),
};

/** What a rule decides: one of the four courses. */
export const Outcome = Schema.Union([
  /** The lowest competent level settles it. */
  Schema.Struct({ course: Schema.Literal("handle"), ...handled }),
  /** Residents decide; the handler convenes and must not decide for them. */
  Schema.Struct({ course: Schema.Literal("deliberate"), ...handled, body: LocalText }),
  /** Somebody else's by law; the text says whose. Not a decline. */
  Schema.Struct({
    course: Schema.Literal("signpost"),
    to: Schema.Literals(["court", "arbitration", "petition", "hotline", "police", "other"]),
    text: LocalText,
  }),
  /** Call these numbers first; the issue is kept as follow-up. */
  Schema.Struct({ course: Schema.Literal("emergency"), ...handled, emergency: EmergencyText }),
]);
export type Outcome = typeof Outcome.Type;

/** Why a rule exists: two sentences, and the law or local document it rests on. */
export const Because = Schema.Struct({
  zh: textOf(1000),
  en: textOf(1000),
  basis: Schema.optionalKey(textOf(500)),
});
export type Because = typeof Because.Type;

/** Facts as a charter's test writes them; what is not named has its default. */
export const FactsRecord = Schema.Record(
  Id,
  Schema.Union([Schema.Boolean, Schema.Int, Id, Schema.Array(Id)]),
);
export type FactsRecord = typeof FactsRecord.Type;

/** An example the charter must satisfy, checked each time it is compiled. */
export const CharterTest = Schema.Struct({
  name: textOf(200),
  facts: FactsRecord,
  /** Level of the unit the issue is about; default: the lowest of the chain. */
  reportedAt: Schema.optionalKey(Id),
  expect: Schema.Struct({
    course: Schema.optionalKey(Schema.Literals(["handle", "deliberate", "signpost", "emergency"])),
    level: Schema.optionalKey(Id),
    rule: Schema.optionalKey(Id),
    clocks: Schema.optionalKey(Id),
    size: Schema.optionalKey(Size),
  }),
});
export type CharterTest = typeof CharterTest.Type;

/** First match wins. */
export const Rule = Schema.Struct({
  id: Id,
  when: Region,
  outcome: Outcome,
  because: Because,
  tests: Schema.optionalKey(Schema.Array(CharterTest)),
});
export type Rule = typeof Rule.Type;

/** The clocks an issue can have. */
export const CLOCK_KINDS = [
  "accept",
  "contact",
  "checkIn",
  "resolve",
  "answer",
  "followUp",
  "review",
] as const;
export const ClockKind = Schema.Literals(CLOCK_KINDS);
export type ClockKind = typeof ClockKind.Type;

/** Named set of clocks; `accept` and `resolve` always run, the rest when their step begins. */
export const ClockSet = Schema.Struct({
  accept: ClockRule,
  resolve: ClockRule,
  contact: Schema.optionalKey(ClockRule),
  checkIn: Schema.optionalKey(ClockRule),
  answer: Schema.optionalKey(ClockRule),
  followUp: Schema.optionalKey(ClockRule),
  review: Schema.optionalKey(ClockRule),
  /** Law, notice or article the figures rest on; "default of ours" when none. */
  basis: Schema.optionalKey(textOf(500)),
});
export type ClockSet = typeof ClockSet.Type;

/** What a missed clock does: so many reminders, then one level up (or to a named level). */
export const Rung = Schema.Struct({
  /** Further attempts at the same level, each with the clock started anew, before rising. */
  attempts: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 })),
  /** Rise at least to this level; default: the next level of the chain. */
  toLevel: Schema.optionalKey(Id),
  /** Count a volunteer's missed clock as a fault; default false: it is handed up without fault. */
  volunteerFault: Schema.optionalKey(Schema.Boolean),
  /** Clock set after rising; default: the issue's own. */
  clocks: Schema.optionalKey(Id),
});
export type Rung = typeof Rung.Type;

/** Many reports of one thing in one place: the newest of them rises at once. */
export const Cluster = Schema.Struct({
  id: Id,
  category: Id,
  /** Level of the subtree in which reports are counted. */
  within: Id,
  reports: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 1000 })),
  days: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 366 })),
  toLevel: Schema.optionalKey(Id),
  because: Because,
});
export type Cluster = typeof Cluster.Type;

/** 逾期升级阶梯: what happens when a clock is missed. */
export const Ladder = Schema.Struct({
  accept: Rung,
  resolve: Rung,
  contact: Schema.optionalKey(Rung),
  checkIn: Schema.optionalKey(Rung),
  answer: Schema.optionalKey(Rung),
  followUp: Schema.optionalKey(Rung),
  review: Schema.optionalKey(Rung),
  clusters: Schema.optionalKey(Schema.Array(Cluster)),
  /** The last rung: a supervision is opened and the post of last resort reviews at this rhythm. */
  last: Schema.Struct({ reviewEvery: ClockRule, because: Because }),
});
export type Ladder = typeof Ladder.Type;

/** Who may give a command on an issue. */
export const Grant = Schema.Union([
  Schema.Literals([
    "anyone",
    "reporter",
    "sponsor",
    "handler",
    "helper",
    "summoned",
    "organisation",
    "superior",
    "triage",
    "host",
  ]),
  Schema.Struct({ post: Id }),
]);
export type Grant = typeof Grant.Type;

/** A lawful reason to decline, with the text the reporter is given. */
export const DeclineReason = Schema.Struct({
  id: Id,
  text: LocalText,
  basis: Schema.optionalKey(textOf(500)),
});
export type DeclineReason = typeof DeclineReason.Type;

/** Another charter this one builds on, named by what it said when it was relied on. */
export const Extends = Schema.Struct({
  id: Id,
  version: textOf(40),
  /** Hash of the base's canonical encoding, as the host's `hash` computes it. */
  hash: Schema.optionalKey(textOf(128)),
});
export type Extends = typeof Extends.Type;

/** The charter document. */
export const CharterDocument = Schema.Struct({
  /** Version of this format. */
  linli: Schema.Literal(1),
  id: Id,
  version: textOf(40),
  title: LocalText,
  /** First day it applies, `YYYY-MM-DD` in its calendar. */
  effectiveFrom: Schema.optionalKey(textOf(10)),
  /** 文号. */
  documentNumber: Schema.optionalKey(textOf(100)),
  approvedBy: Schema.optionalKey(textOf(200)),
  source: Schema.optionalKey(textOf(1000)),
  extends: Schema.optionalKey(Extends),
  /** Set by flattening, which copies the base in: the base this document no longer needs. */
  flattenedFrom: Schema.optionalKey(Extends),
  /** Top-level fields a charter that extends this one may set; default: none but its own name. */
  open: Schema.optionalKey(Schema.Array(Id)),
  levels: Schema.Array(Level).check(Schema.isMinLength(1)),
  chains: Schema.Array(Chain).check(Schema.isMinLength(1)),
  posts: Schema.Array(PostDef).check(Schema.isMinLength(1)),
  categories: Schema.Array(Category).check(Schema.isMinLength(1)),
  /** Category of a report that names none and whose words suggest none; default: the first category. */
  unsorted: Schema.optionalKey(Id),
  facts: Schema.optionalKey(Schema.Record(Id, FactDef)),
  /** What each level may settle; the top level of a chain is competent for everything. */
  competences: Schema.Record(Id, Region),
  /** 社区职责清单: what departments may hand down to a level (an `assignment` elsewhere is refused that level). */
  dutyLists: Schema.optionalKey(Schema.Record(Id, Schema.Array(Id))),
  rules: Schema.Array(Rule),
  otherwise: Schema.Struct({ outcome: Outcome, because: Because }),
  clockSets: Schema.Record(Id, ClockSet),
  /** Id of a calendar: one below, or one the host provides. */
  calendar: Id,
  calendars: Schema.optionalKey(Schema.Array(CalendarData)),
  ladder: Ladder,
  /** The desk for issues whose place is unknown: a post at the root of the first chain. */
  triage: Id,
  /** Overrides of who may do what, by command name. */
  permissions: Schema.optionalKey(Schema.Record(Id, Schema.Array(Grant))),
  declineReasons: Schema.optionalKey(Schema.Array(DeclineReason)),
  /** Days after closing in which the same thing reported again undoes a local resolution; default 30. */
  recheckDays: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 366 }))),
  /** Extensions one issue may be granted; default 2. */
  extensionsMax: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
  ),
  /** Named sentences that replace the library's own. */
  texts: Schema.optionalKey(Schema.Record(Id, LocalText)),
  tests: Schema.optionalKey(Schema.Array(CharterTest)),
});
export type CharterDocument = typeof CharterDocument.Type;
