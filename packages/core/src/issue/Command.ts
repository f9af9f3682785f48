/**
 * Commands: what somebody asks to be done, as untrusted data.
 *
 * Schemas are closed: a report that carries `level`, `handler` or `score` is
 * refused, never assigned. Free text enters here and leaves as a content record;
 * only its reference reaches the events.
 */
import type * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { ClockKind, FactsRecord } from "../charter/index.ts";
import type { CommandName } from "../charter/index.ts";
import { COMMAND_LIMITS, Id, decodeInput, textOf } from "../data/index.ts";
import type { InputError } from "../data/index.ts";
import { LINK_RELATIONS } from "./State.ts";

const MAX_INSTANT = 7_258_118_400_000;

/** Epoch milliseconds between 1970 and 2200. */
export const InstantField = Schema.Int.check(
  Schema.isBetween({ minimum: 0, maximum: MAX_INSTANT }),
);

/** Somebody's words, at most 4,000 characters. */
export const Words = textOf(4000);

/** A file the host keeps: the library stores where it is and what it must hash to. */
export const Attachment = Schema.Struct({
  uri: textOf(2000),
  sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  mime: Schema.String.check(Schema.isPattern(/^[a-z]+\/[a-z0-9.+-]{1,60}$/)),
  takenAt: Schema.optionalKey(InstantField),
  visibility: Schema.Literals(["public", "parties", "sealed"]),
});
export type Attachment = typeof Attachment.Type;

const said = {
  words: Schema.optionalKey(Words),
  attachments: Schema.optionalKey(Schema.Array(Attachment).check(Schema.isMaxLength(20))),
};

const PostAtUnit = Schema.Struct({ post: Id, unit: Id });

const SubjectField = Schema.Union([
  Schema.Struct({ person: Id }),
  PostAtUnit,
  Schema.Struct({ organisation: Id }),
]);

/** Who reports: what is not given cannot leak. */
export const ReporterField = Schema.Union([
  /** The actor; confidential ones are sealed from handlers. */
  Schema.Struct({ kind: Schema.Literals(["named", "confidential"]) }),
  /** Nobody: follows by receipt code. */
  Schema.Struct({ kind: Schema.Literal("anonymous") }),
  /** 代录: the actor writes it down for somebody without a smartphone, or for a child. */
  Schema.Struct({ kind: Schema.Literal("proxy"), person: Schema.optionalKey(Id) }),
  /** A hotline, department or other official system. */
  Schema.Struct({ kind: Schema.Literal("official"), source: Id }),
]);

const ExternalRef = Schema.Struct({ system: Id, ref: textOf(200) });

const intake = {
  kind: Schema.optionalKey(Schema.Literals(["request", "finding", "assignment"])),
  /** What it is about; when left out the words decide, else the charter's unsorted category. */
  category: Schema.optionalKey(Id),
  facts: Schema.optionalKey(FactsRecord),
  /** Where: a unit, or words from which one is found; neither goes to the triage desk. */
  place: Schema.optionalKey(
    Schema.Union([Schema.Struct({ unit: Id }), Schema.Struct({ words: textOf(200) })]),
  ),
  reporter: Schema.optionalKey(ReporterField),
  about: Schema.optionalKey(Schema.Array(SubjectField).check(Schema.isMaxLength(20))),
  /** Cases of other systems this is; given by the system itself (`actor.source`), the host or an office. */
  externalRefs: Schema.optionalKey(Schema.Array(ExternalRef).check(Schema.isMaxLength(10))),
  ...said,
};

const of = <const T extends string, const F extends Schema.Struct.Fields>(type: T, fields: F) =>
  Schema.Struct({ type: Schema.Literal(type), ...fields });

/** Schema of each command by its name. */
export const COMMANDS = {
  report: of("report", intake),
  /** 补录: what a chief already settled; `settledAt` lies in the past. */
  recordSettled: of("recordSettled", { ...intake, settledAt: InstantField }),
  accept: of("accept", {}),
  contact: of("contact", { reached: Schema.Boolean, ...said }),
  /** 现场办结: accept and resolve in one step. */
  settle: of("settle", said),
  /** Evidence is words or an attachment; one of them is required. */
  resolve: of("resolve", said),
  verify: of("verify", { passed: Schema.Boolean, ...said }),
  answer: of("answer", { words: Words }),
  /** 上报: to the next level above, or past it to a higher one when the place allows no delay. */
  handUp: of("handUp", { words: Words, toLevel: Schema.optionalKey(Id) }),
  sendBack: of("sendBack", { words: Words }),
  refer: of("refer", { to: PostAtUnit, words: Words }),
  assign: of("assign", { to: PostAtUnit, final: Schema.optionalKey(Schema.Boolean), ...said }),
  ask: of("ask", { organisation: Id, ...said }),
  respond: of("respond", { organisation: Id, ...said }),
  summon: of("summon", {
    posts: Schema.Array(PostAtUnit).check(Schema.isMinLength(1), Schema.isMaxLength(20)),
    ...said,
  }),
  checkIn: of("checkIn", PostAtUnit.fields),
  addHelper: of("addHelper", { person: Id }),
  comment: of("comment", { words: Words }),
  requestExtension: of("requestExtension", { clock: ClockKind, words: Words }),
  grantExtension: of("grantExtension", {
    granted: Schema.Boolean,
    /** New due instant; required when granted. */
    until: Schema.optionalKey(InstantField),
    ...said,
  }),
  suspend: of("suspend", { reviewBy: InstantField, words: Words }),
  resume: of("resume", said),
  supervise: of("supervise", { words: Words }),
  urge: of("urge", said),
  support: of("support", {}),
  reclassify: of("reclassify", { category: Id, facts: Schema.optionalKey(FactsRecord), ...said }),
  relocate: of("relocate", { unit: Id, ...said }),
  merge: of("merge", { into: Id }),
  link: of("link", { issue: Id, relation: Schema.Literals(LINK_RELATIONS) }),
  followUp: of("followUp", {
    reached: Schema.Boolean,
    /** 5 very satisfied ... 1 very dissatisfied (GB/T 39735-2020, 好差评). */
    rating: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))),
    resolved: Schema.optionalKey(Schema.Boolean),
    ...said,
  }),
  reopen: of("reopen", { words: Words }),
  withdraw: of("withdraw", said),
  decline: of("decline", { reason: Id, ...said }),
  signpost: of("signpost", {
    to: Schema.Literals(["court", "arbitration", "petition", "hotline", "police", "other"]),
    words: Words,
  }),
  close: of("close", said),
  /** The reason is kept, and told to the confidential reporter it unseals. */
  unseal: of("unseal", { words: Words }),
} as const satisfies { readonly [N in CommandName]: Schema.Top };

/** The command of one name. */
export type CommandOf<N extends CommandName> = (typeof COMMANDS)[N]["Type"];

/** Any command. */
export type Command = { readonly [N in CommandName]: CommandOf<N> }[CommandName];

/** Commands that begin an issue; every other needs one. */
export type OpeningCommand = CommandOf<"report"> | CommandOf<"recordSettled">;

/** True for the commands that begin an issue. */
export const isOpening = (command: Command): command is OpeningCommand =>
  command.type === "report" || command.type === "recordSettled";

const AnyCommand = Schema.Union(Object.values(COMMANDS));
const decoders = new Map<string, ReturnType<typeof makeDecoder>>();

/** Decodes an untrusted command: size, shape and fields are checked, nothing unknown passes. */
export const decodeCommand = (input: unknown) => {
  const type = typeOf(input);
  let decode = decoders.get(type ?? "");
  if (decode === undefined) {
    decode = makeDecoder(type);
    decoders.set(type ?? "", decode);
  }
  return decode(input);
};

const typeOf = (input: unknown): CommandName | undefined => {
  if (typeof input !== "object" || input === null || !Object.hasOwn(input, "type"))
    return undefined;
  const type = (input as { readonly type: unknown }).type;
  return typeof type === "string" && Object.hasOwn(COMMANDS, type)
    ? (type as CommandName)
    : undefined;
};

const makeDecoder = (
  type: CommandName | undefined,
): ((input: unknown) => Result.Result<Command, InputError>) =>
  decodeInput(type === undefined ? AnyCommand : COMMANDS[type], {
    door: "command",
    limits: COMMAND_LIMITS,
  });
