/** What the API gives back, as schemas: OpenAPI is made from them. */
import { CLOCK_KINDS } from "@linli/core/charter";
import { LocalText } from "@linli/core/data";
import * as Schema from "effect/Schema";
import { Emergency } from "./problems.ts";

/** Epoch milliseconds. */
export const At = Schema.Int.annotate({ description: "epoch milliseconds" });
const MaybeAt = Schema.NullOr(At);

export const Stand = Schema.Struct({ post: Schema.String, unit: Schema.String });

export const Handler = Schema.Struct({
  post: Schema.String,
  unit: Schema.String,
  level: Schema.String,
});

/** The status of an issue. */
export const Status = Schema.Literals([
  "reported",
  "accepted",
  "suspended",
  "resolved",
  "verified",
  "closed",
  "withdrawn",
  "declined",
  "signposted",
  "merged",
]);

const Attachment = Schema.Struct({
  uri: Schema.String,
  sha256: Schema.String,
  mime: Schema.String,
  takenAt: Schema.optionalKey(At),
  visibility: Schema.Literals(["public", "parties", "sealed"]),
});

const Content = Schema.Struct({
  id: Schema.String,
  issue: Schema.String,
  command: Schema.String,
  by: Schema.NullOr(Schema.String),
  at: At,
  words: Schema.NullOr(Schema.String),
  place: Schema.optionalKey(Schema.String),
  attachments: Schema.Array(Attachment),
});

const Asked = Schema.Struct({ organisation: Schema.String, at: At, answeredAt: MaybeAt });

const Summons = Schema.Struct({
  post: Schema.String,
  unit: Schema.String,
  by: Schema.NullOr(Schema.String),
  at: At,
  checkedInAt: MaybeAt,
  lead: Schema.Boolean,
});

/** An issue as this reader may see it; `withheld` names what is not theirs. */
export const IssueView = Schema.Struct({
  id: Schema.String,
  kind: Schema.Literals(["request", "finding", "assignment"]),
  status: Status,
  category: Schema.String,
  categoryName: LocalText,
  unit: Schema.NullOr(Schema.String),
  size: Schema.NullOr(Schema.String),
  handler: Handler,
  sponsor: Schema.NullOr(Stand),
  reportedAt: At,
  acceptedAt: MaybeAt,
  settledAt: MaybeAt,
  closedAt: MaybeAt,
  dueAt: MaybeAt,
  escalations: Schema.Int,
  supporters: Schema.Int,
  reporters: Schema.NullOr(
    Schema.Array(Schema.Struct({ kind: Schema.String, person: Schema.NullOr(Schema.String) })),
  ),
  contents: Schema.NullOr(Schema.Array(Content)),
  asked: Schema.NullOr(Schema.Array(Asked)),
  summons: Schema.NullOr(Schema.Array(Summons)),
  rating: Schema.NullOr(Schema.Int),
  withheld: Schema.Array(Schema.String),
}).annotate({ identifier: "IssueView" });

/** A page of issues, soonest due first; `next` continues it. */
export const IssuePage = Schema.Struct({
  issues: Schema.Array(IssueView),
  next: Schema.NullOr(Schema.String),
}).annotate({ identifier: "IssuePage" });

/** A line of the timeline. */
export const TimelineLine = Schema.Struct({
  version: Schema.Int,
  type: Schema.String,
  at: At,
  recordedAt: MaybeAt,
  text: LocalText,
}).annotate({ identifier: "TimelineLine" });

/** What a command did. */
export const Acted = Schema.Struct({
  issue: Schema.String,
  status: Status,
  version: Schema.Int,
  events: Schema.Array(Schema.String),
  handler: Handler,
  dueAt: MaybeAt,
  receiptCode: Schema.NullOr(Schema.String),
  known: Schema.Boolean,
}).annotate({ identifier: "Acted" });

/** What a report did, and the numbers to call first if there is danger. */
export const Begun = Schema.Struct({
  ...Acted.fields,
  emergency: Schema.NullOr(Emergency),
}).annotate({ identifier: "Begun" });

/** A command with whether it is open to the reader now, and the JSON Schema of its input. */
export const Action = Schema.Struct({
  command: Schema.String,
  label: LocalText,
  allowed: Schema.Boolean,
  input: Schema.Record(Schema.String, Schema.Unknown).annotate({ description: "JSON Schema" }),
  refused: Schema.NullOr(Schema.Struct({ code: Schema.String, because: LocalText })),
}).annotate({ identifier: "Action" });

/** Why an issue is where it is. */
export const Explanation = Schema.Struct({
  reader: Schema.Literals(["resident", "clerk", "developer"]),
  text: LocalText,
  lines: Schema.Array(LocalText),
}).annotate({ identifier: "Explanation" });

/** What would become of a report; nothing is saved. */
export const Preview = Schema.Struct({
  emergency: Schema.NullOr(Emergency),
  category: Schema.String,
  course: Schema.String,
  unit: Schema.NullOr(Schema.String),
  explanation: Explanation,
}).annotate({ identifier: "Preview" });

/** A unit found by words. */
export const FoundUnit = Schema.Struct({
  unit: Schema.String,
  name: LocalText,
  level: Schema.String,
  levelName: LocalText,
  matched: Schema.String,
}).annotate({ identifier: "FoundUnit" });

/** What a day brought to a unit and everything below it. */
export const BoardDay = Schema.Struct({
  unit: Schema.String,
  day: Schema.String,
  reported: Schema.Int,
  settled: Schema.Int,
  closed: Schema.Int,
  handedUp: Schema.Int,
  escalated: Schema.Int,
  reopened: Schema.Int,
}).annotate({ identifier: "BoardDay" });

/** A month of a unit or post in figures; the rate never stands alone. */
export const Score = Schema.Struct({
  unit: Schema.String,
  post: Schema.NullOr(Schema.String),
  reported: Schema.Int,
  settledHere: Schema.Int,
  onTime: Schema.Int,
  late: Schema.Int,
  handedUp: Schema.Int,
  escalatedFrom: Schema.Int,
  reopened: Schema.Int,
  excluded: Schema.Int,
  localResolutionRate: Schema.Struct({ numerator: Schema.Int, denominator: Schema.Int }),
}).annotate({ identifier: "Score" });

/** A demo session: no login, only a signed choice of who to be. */
export const Session = Schema.Struct({
  token: Schema.String,
  person: Schema.String,
  name: LocalText,
  posts: Schema.Array(Stand),
}).annotate({ identifier: "DemoSession" });

export const ClockKindName = Schema.Literals(CLOCK_KINDS);
