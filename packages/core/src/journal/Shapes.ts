/**
 * The parts that stored events are made of, as they lie in the journal.
 *
 * They say what kind of value stands where and nothing narrower: what a door
 * accepts may change from release to release, what was written must stay readable.
 * A part with a field too few, too many or of another type does not compile.
 */
import * as Schema from "effect/Schema";
import { CLOCK_KINDS, ISSUE_KINDS } from "../charter/index.ts";
import type { FactsRecord } from "../charter/index.ts";
import { LINK_RELATIONS } from "../issue/index.ts";
import type {
  Assignee,
  ClockState,
  ContentRef,
  PassedOver,
  Reporter,
  RoutedAs,
  Settlement,
  Subject,
} from "../issue/index.ts";
import type { ClockRule, Deadline, Remaining, RollRule } from "../time/index.ts";

/** A schema of plain data: what it decodes is what was stored. */
export type Shape<A> = Schema.Codec<A>;

/** One schema for each field of `A`, optional where the field is. */
export type ShapesOf<A> = {
  readonly [K in keyof A]-?: {} extends Pick<A, K>
    ? Schema.optionalKey<Shape<Exclude<A[K], undefined>>>
    : Shape<A[K]>;
};

/** A struct that has every field of `A` and no other. */
export const shapeOf =
  <A>() =>
  <const F extends ShapesOf<A>>(fields: F & { readonly [K in Exclude<keyof F, keyof A>]: never }) =>
    Schema.Struct<F>(fields);

export const clockKind = Schema.Literals(CLOCK_KINDS);
export const issueKind = Schema.Literals(ISSUE_KINDS);
export const linkRelation = Schema.Literals(LINK_RELATIONS);

export const stand = shapeOf<{ readonly post: string; readonly unit: string }>()({
  post: Schema.String,
  unit: Schema.String,
});

export const charterRef = shapeOf<{ readonly id: string; readonly version: string }>()({
  id: Schema.String,
  version: Schema.String,
});

export const externalRef = shapeOf<{ readonly system: string; readonly ref: string }>()({
  system: Schema.String,
  ref: Schema.String,
});

// A key of this name would be taken for the prototype of the decoded record.
const factName = Schema.String.check(
  Schema.makeFilter((name: string) => (name === "__proto__" ? "is not a known field" : undefined)),
);

export const facts: Shape<FactsRecord> = Schema.Record(
  factName,
  Schema.Union([Schema.Boolean, Schema.Int, Schema.String, Schema.Array(Schema.String)]),
);

export const content: Shape<ContentRef> = shapeOf<ContentRef>()({
  id: Schema.String,
  hash: Schema.String,
});

export const assignee: Shape<Assignee> = shapeOf<Assignee>()({
  post: Schema.String,
  unit: Schema.String,
  level: Schema.String,
  person: Schema.NullOr(Schema.String),
  via: Schema.Literals(["holder", "delegate", "duty", "deputy", "above", "lastResort", "triage"]),
});

export const passedOver: Shape<PassedOver> = shapeOf<PassedOver>()({
  post: Schema.String,
  unit: Schema.String,
  why: Schema.Literals(["vacant", "absent", "excluded"]),
});

export const reporter: Shape<Reporter> = shapeOf<Reporter>()({
  kind: Schema.Literals(["named", "confidential", "anonymous", "proxy", "official"]),
  person: Schema.NullOr(Schema.String),
  recordedBy: Schema.NullOr(Schema.String),
  receipt: Schema.NullOr(Schema.String),
  source: Schema.NullOr(Schema.String),
  at: Schema.Int,
});

export const subject: Shape<Subject> = Schema.Union([
  Schema.Struct({ person: Schema.String }),
  stand,
  Schema.Struct({ organisation: Schema.String }),
]);

export const routedAs: Shape<RoutedAs> = shapeOf<RoutedAs>()({
  course: Schema.Literals(["handle", "deliberate", "signpost", "emergency"]),
  rule: Schema.NullOr(Schema.String),
  chain: Schema.String,
  levels: Schema.Array(Schema.String),
  size: Schema.NullOr(Schema.Literals(["minor", "major", "critical"])),
  clocks: Schema.String,
});

export const settlement: Shape<Settlement> = shapeOf<Settlement>()({
  at: Schema.Int,
  by: Schema.NullOr(Schema.String),
  post: Schema.String,
  unit: Schema.String,
  level: Schema.String,
  onSpot: Schema.Boolean,
  competent: Schema.Boolean,
  recordedAt: Schema.NullOr(Schema.Int),
});

const rollRule: Shape<RollRule> = shapeOf<RollRule>()({
  offDay: Schema.optionalKey(Schema.Literals(["keepTime", "opening"])),
  lateFrom: Schema.optionalKey(Schema.String),
  lateTo: Schema.optionalKey(Schema.String),
  lastDay: Schema.optionalKey(Schema.Literals(["nextWorkingDay"])),
});

const clockRule: Shape<ClockRule> = shapeOf<ClockRule>()({
  clock: Schema.Literals(["wallHours", "workingHours", "workingDays", "naturalDays"]),
  amount: Schema.Int,
  minutes: Schema.optionalKey(Schema.Int),
  anchor: Schema.optionalKey(Schema.Literals(["keepTime", "endOfDay"])),
  roll: Schema.optionalKey(rollRule),
});

const remaining: Shape<Remaining> = shapeOf<Remaining>()({
  rule: clockRule,
  days: Schema.Int,
  millis: Schema.Int,
  overdue: Schema.Boolean,
});

const deadline: Shape<Deadline> = shapeOf<Deadline>()({
  dueAt: Schema.Int,
  startedAt: Schema.Int,
  rule: clockRule,
  calendar: Schema.String,
  provisional: Schema.Boolean,
  resumed: Schema.optionalKey(remaining),
});

export const clockState: Shape<ClockState> = shapeOf<ClockState>()({
  key: Schema.String,
  kind: clockKind,
  deadline,
  attempt: Schema.Int,
  paused: Schema.NullOr(remaining),
});
