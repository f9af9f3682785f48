/** Refusals: a step that is not allowed now, with what is. */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";

/** Why a step was refused; each code is one sentence in `docs/reference/errors.md`. */
export const RefusalCode = Schema.Literals([
  "NotNow",
  "NotYours",
  "ConcernsYou",
  "OwnWork",
  "NoSuchIssue",
  "AlreadyExists",
  "UnknownUnit",
  "UnknownPost",
  "UnknownCategory",
  "UnknownOrganisation",
  "UnknownReason",
  "UnknownRelation",
  "WrongFacts",
  "NothingAbove",
  "NothingToSendBackTo",
  "AssignedFinally",
  "OutsideDutyList",
  "NotCompetent",
  "EvidenceMissing",
  "AlreadyDone",
  "TooMany",
  "NotAsked",
  "WrongInstant",
  "SameIssue",
]);
export type RefusalCode = typeof RefusalCode.Type;

/** A step the library refused; nothing was changed. */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  code: RefusalCode,
  command: Schema.String,
  issue: Schema.NullOr(Schema.String),
  /** Status of the issue when the step was refused; null when there is no issue. */
  status: Schema.NullOr(Schema.String),
  /** The fact, lower case, without personal data. */
  detail: Schema.String,
  /** Commands this actor may give now. */
  allowed: Schema.Array(Schema.String),
}) {
  override get message(): string {
    const may =
      this.allowed.length === 0
        ? "nothing is open to you here"
        : `you may: ${this.allowed.join(", ")}`;
    return `${this.command} refused (${this.code}): ${this.detail}; ${may}`;
  }
}

/** A reason before it is dressed with the issue and what is allowed. */
export interface Objection {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** Shorthand of the deciders. */
export const objection = (code: RefusalCode, detail: string): Result.Result<never, Objection> =>
  Result.fail({ code, detail });
