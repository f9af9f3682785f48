/**
 * Sight: who may see what, decided in one place.
 *
 * Every page, board, timeline and message is built from a view, never from a
 * record, so that what a reader may not see is not there to be shown by mistake.
 */
import type { LocalText } from "../data/index.ts";
import {
  contextOf,
  isFinal,
  isGranted,
  isReporter,
  nearnessOf,
  nextClock,
  unsealedFor,
} from "../issue/index.ts";
import type {
  Actor,
  Asked,
  Attachment,
  Context,
  IssueState,
  Nearness,
  ReporterKind,
  Status,
  Summons,
  World,
} from "../issue/index.ts";
import type { Instant } from "../time/index.ts";
import type { Grant, IssueKind, Size } from "../charter/index.ts";

export { nearnessOf } from "../issue/index.ts";
export type { Nearness } from "../issue/index.ts";

/** A text or file that belongs to an issue, kept outside the journal. */
export interface Content {
  readonly id: string;
  readonly issue: string;
  /** The command that brought it. */
  readonly command: string;
  readonly by: string | null;
  readonly at: Instant;
  readonly words: string | null;
  /** Where, in the words it was reported with: whoever looks for the unit, or for the door, needs them. */
  readonly place?: string;
  readonly attachments: ReadonlyArray<Attachment>;
  /** True when it can be read by nobody any more; who, words and files are gone. */
  readonly erased?: true;
}

/** An issue with its contents as they are stored. */
export interface IssueRecord {
  readonly state: IssueState;
  readonly contents: ReadonlyArray<Content>;
}

/**
 * Why somebody looks: `handle` by those who work on it, `follow` by whoever reported
 * it, `board` on a wall or page for everybody, `message` in a group or notice.
 * Boards and messages are redacted whoever looks.
 */
export type Purpose = "handle" | "follow" | "board" | "message";

/** What a reader sees. A field that is null is not theirs to see, or is not there. */
export interface IssueView {
  readonly id: string;
  readonly kind: IssueKind;
  readonly status: Status;
  readonly category: string;
  readonly categoryName: LocalText;
  readonly unit: string | null;
  readonly size: Size | null;
  readonly handler: { readonly post: string; readonly unit: string; readonly level: string };
  readonly sponsor: { readonly post: string; readonly unit: string } | null;
  readonly reportedAt: Instant;
  readonly acceptedAt: Instant | null;
  readonly settledAt: Instant | null;
  readonly closedAt: Instant | null;
  /** The next due instant; null when final or paused. */
  readonly dueAt: Instant | null;
  /** True while holidays before `dueAt` are not announced: the instant may still move. */
  readonly dueProvisional: boolean;
  readonly escalations: number;
  readonly supporters: number;
  readonly reporters: ReadonlyArray<{
    readonly kind: ReporterKind;
    readonly person: string | null;
  }> | null;
  readonly contents: ReadonlyArray<Content> | null;
  readonly asked: ReadonlyArray<Asked> | null;
  readonly summons: ReadonlyArray<Summons> | null;
  readonly rating: number | null;
  /** Names of the fields that were withheld from this reader. */
  readonly withheld: ReadonlyArray<string>;
}

/**
 * The view of a record for one viewer and purpose at an instant; null when this
 * viewer may not know that the issue exists.
 */
export const view = (
  world: World,
  record: IssueRecord,
  looking: { readonly viewer: Actor; readonly purpose: Purpose; readonly at: Instant },
): IssueView | null => {
  const { state } = record;
  const context = contextOf(world, looking.at, looking.viewer);
  const visibility = world.charter.category(state.category)?.visibility ?? "sealed";
  const redacted = looking.purpose === "board" || looking.purpose === "message";
  const nearness = redacted ? "public" : nearnessOf(context, state, visibility);
  if (nearness === "public" && visibility !== "public") return null;
  const shown = fieldsFor(nearness);
  return {
    ...plain(world, state),
    reporters: shown.reporters ? reportersFor(context, state, nearness) : null,
    contents: shown.contents ? contentsFor(context, record, nearness) : null,
    asked: shown.work ? state.asked : null,
    summons: shown.work ? state.summons.map((one) => ({ ...one, by: null })) : null,
    rating: shown.work ? state.rating : null,
    withheld: [
      ...(shown.reporters ? [] : ["reporters"]),
      ...(shown.contents ? [] : ["contents"]),
      ...(shown.work ? [] : ["asked", "summons", "rating"]),
    ],
  };
};

const SEALED_FILES: ReadonlyArray<Grant> = ["handler", "superior", "host"];

const fieldsFor = (nearness: Nearness) => ({
  reporters: nearness === "reporter" || nearness === "office",
  contents: nearness !== "public",
  work: nearness === "reporter" || nearness === "office",
});

const plain = (world: World, state: IssueState) => ({
  id: state.id,
  kind: state.kind,
  status: state.status,
  category: state.category,
  categoryName: world.charter.category(state.category)?.name ?? {
    zh: state.category,
    en: state.category,
  },
  unit: state.unit,
  size: state.routed.size,
  handler: { post: state.handler.post, unit: state.handler.unit, level: state.handler.level },
  sponsor: state.sponsor,
  reportedAt: state.reportedAt,
  acceptedAt: state.acceptedAt,
  settledAt: state.settlement?.at ?? null,
  closedAt: state.closedAt,
  dueAt: isFinal(state) ? null : (nextClock(state)?.deadline.dueAt ?? null),
  dueProvisional: !isFinal(state) && nextClock(state)?.deadline.provisional === true,
  escalations: state.escalations,
  supporters: state.supporters.length,
});

// A confidential reporter is sealed from every office but one it was unsealed for; they themselves
// see that it is them.
const reportersFor = (context: Context, state: IssueState, nearness: Nearness) => {
  const unsealed = unsealedFor(context, state);
  return state.reporters.map((reporter) => {
    const { person } = reporter;
    const self = person !== null && person === context.actor.person;
    const known =
      nearness === "office" &&
      (reporter.kind === "named" ||
        reporter.kind === "proxy" ||
        (person !== null && unsealed.has(person)));
    return { kind: reporter.kind, person: self || known ? person : null };
  });
};

const contentsFor = (
  context: Context,
  record: IssueRecord,
  nearness: Nearness,
): ReadonlyArray<Content> => {
  const { state } = record;
  const sealed = nearness === "office" && isGranted(context, state, SEALED_FILES);
  return record.contents
    .filter((content) => content.command !== "unseal" || maySeeReason(context, state, content))
    .filter(
      (content) =>
        nearness === "office" ||
        isOwn(content, context) ||
        (nearness === "asked"
          ? TO_ASKED.has(content.command)
          : FROM_OFFICES.has(content.command) || isSaidByReporter(context, state, content)),
    )
    .map((content) => ({
      ...content,
      by: isNamedFor(context, state, content, nearness) ? content.by : null,
      attachments: content.attachments.filter(
        (file) =>
          file.visibility === "public" ||
          isOwn(content, context) ||
          (file.visibility === "parties" ? nearness !== "asked" : sealed),
      ),
    }));
};

// Comments among those who work on it stay among them; the reporter reads what was said to them.
const FROM_OFFICES: ReadonlySet<string> = new Set([
  "recordSettled",
  "settle",
  "resolve",
  "answer",
  "grantExtension",
  "decline",
  "signpost",
  "suspend",
  "verify",
  "unseal",
]);
const TO_ASKED: ReadonlySet<string> = new Set(["report", "recordSettled", "ask", "respond"]);

/** Commands whose words may be a reporter's, so that whoever gave one may have to stay unnamed. */
const VOICES: ReadonlySet<string> = new Set([
  "report",
  "comment",
  "urge",
  "verify",
  "followUp",
  "reopen",
  "withdraw",
]);

// Why a reporter was unsealed may tell who it is: it is for that reporter, and for whoever gave it.
const maySeeReason = (context: Context, state: IssueState, content: Content): boolean =>
  isOwn(content, context) ||
  (state.unsealed ?? []).some(({ reporters }) => reporters.includes(context.actor.person ?? ""));

const isOwn = (content: Content, context: Context): boolean =>
  content.by !== null && content.by === context.actor.person;

// After a merge there are several reporters: each reads their own words, never another's.
const isSaidByReporter = (context: Context, state: IssueState, content: Content): boolean => {
  if (!VOICES.has(content.command) || content.command === "comment") return false;
  if (state.reporters.length === 1) return true;
  const [first] = state.reporters;
  return (
    content.command === "report" &&
    first !== undefined &&
    isReporter(context, { ...state, reporters: [first] })
  );
};

// Offices read who said it, unless that would name a reporter who did not give their name.
const isNamedFor = (
  context: Context,
  state: IssueState,
  content: Content,
  nearness: Nearness,
): boolean => {
  if (isOwn(content, context)) return true;
  const { by, command } = content;
  if (by === null || nearness !== "office") return false;
  if (state.reporters.some((one) => one.kind === "confidential" && one.person === by))
    return unsealedFor(context, state).has(by);
  return (
    !VOICES.has(command) ||
    state.reporters.every((one) => one.kind !== "anonymous") ||
    state.reporters.some((one) => one.kind === "named" && one.person === by)
  );
};
