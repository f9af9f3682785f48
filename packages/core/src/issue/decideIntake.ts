/** Deciding how an issue begins, and where it belongs when that turns out differently. */
import * as Result from "effect/Result";
import type { FactsRecord } from "../charter/index.ts";
import { organisationOf, postsOf } from "../directory/index.ts";
import { findUnits, isWithin, levelOf, successorsOf } from "../hierarchy/index.ts";
import { startClock } from "./clocks.ts";
import type { CommandOf, OpeningCommand } from "./Command.ts";
import type { Context } from "./Context.ts";
import type { EventOf, IssueEvent } from "./Event.ts";
import { concernedPersons } from "./handlers.ts";
import { openingClocks, placeIssue, restartClocks, suggestCategory } from "./place.ts";
import type { Placed } from "./place.ts";
import { objection } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import { holdsAnyPost, mayNameRefs } from "./roles.ts";
import type { IssueState, Reporter, Subject } from "./State.ts";

type Decided = Result.Result<ReadonlyArray<IssueEvent>, Objection>;

/** Decides `report`. */
export const decideReport = (context: Context, command: CommandOf<"report">): Decided => {
  const intake = takeIn(context, command);
  if (Result.isFailure(intake)) return Result.fail(intake.failure);
  const { category, facts, unit, placed, reporters } = intake.success;
  const signposted = placed.decision.course === "signpost";
  const start = signposted ? [] : openingClocks(context, placed.routed.clocks, context.now);
  const reported: EventOf<"Reported"> = {
    type: "Reported",
    at: context.now,
    issue: context.issueId,
    kind: command.kind ?? "request",
    charter: { id: context.charter.id, version: context.charter.version },
    category,
    facts,
    unit,
    reporters,
    about: command.about ?? [],
    routed: placed.routed,
    handler: placed.appointed.handler,
    passed: placed.appointed.passed,
    sponsor: placed.sponsor,
    externalRefs: command.externalRefs ?? [],
    signposted,
    inform: placed.decision.inform,
    start,
    content: context.content,
  };
  return Result.succeed([reported]);
};

/** Decides `recordSettled`: one event for what a chief has already settled. */
export const decideRecordSettled = (
  context: Context,
  command: CommandOf<"recordSettled">,
): Decided => {
  if (command.settledAt > context.now) {
    return objection("WrongInstant", "settledAt lies in the future");
  }
  const intake = takeIn(context, command);
  if (Result.isFailure(intake)) return Result.fail(intake.failure);
  const { category, facts, unit, placed, reporters } = intake.success;
  if (unit === null) return objection("UnknownUnit", "the place is needed for what was settled");
  const concerned = concernedPersons(context, command.about ?? [], context.now, command.settledAt);
  if (context.actor.person !== null && concerned.has(context.actor.person)) {
    return objection("ConcernsYou", "the issue concerns you, so it is handled by others");
  }
  const held = heldStand(context, unit);
  if (held === null)
    return objection("NotYours", "you hold no handling post at or above this place");
  const settlement = {
    at: command.settledAt,
    by: context.actor.person,
    post: held.post,
    unit: held.unit,
    level: held.level,
    onSpot: true,
    competent: placed.decision.levels.includes(held.level),
    recordedAt: context.now,
  };
  const event: EventOf<"SettledRecorded"> = {
    type: "SettledRecorded",
    at: context.now,
    issue: context.issueId,
    kind: command.kind ?? "finding",
    charter: { id: context.charter.id, version: context.charter.version },
    category,
    facts,
    unit,
    reporters,
    about: command.about ?? [],
    routed: placed.routed,
    handler: { ...held, person: context.actor.person, via: "holder" },
    settlement,
    externalRefs: command.externalRefs ?? [],
    start: [startClock(context, placed.routed.clocks, { kind: "followUp", at: context.now })],
    content: context.content,
  };
  return Result.succeed([event]);
};

/** Decides `reclassify`: routed anew by the corrected facts. */
export const decideReclassify = (
  context: Context,
  state: IssueState,
  command: CommandOf<"reclassify">,
): Decided => {
  const facts = command.facts ?? state.facts;
  const named = namedTwice(facts);
  if (named !== undefined) return Result.fail(named);
  const placed = placeIssue(context, {
    category: command.category,
    kind: state.kind,
    facts,
    unit: state.unit,
    about: state.about,
    since: state.reportedAt,
  });
  if (Result.isFailure(placed)) return Result.fail(placed.failure);
  if (placed.success.decision.course === "signpost") {
    return objection("NotNow", "these facts are signposted; use signpost and give the text");
  }
  return Result.succeed([
    {
      type: "Reclassified",
      at: context.now,
      category: command.category,
      facts,
      routed: placed.success.routed,
      from: state.handler,
      handler: placed.success.appointed.handler,
      passed: placed.success.appointed.passed,
      ...informOf(placed.success),
      ...restartClocks(context, state, placed.success.routed.clocks),
      content: context.content,
    },
  ]);
};

/** Decides `relocate`: the same facts at the right place. */
export const decideRelocate = (
  context: Context,
  state: IssueState,
  command: CommandOf<"relocate">,
): Decided => {
  if (levelOf(context.hierarchy, command.unit, context.now) === undefined) {
    return objection("UnknownUnit", `unit \`${command.unit}\` does not exist now`);
  }
  const placed = placeIssue(context, {
    category: state.category,
    kind: state.kind,
    facts: state.facts,
    unit: command.unit,
    about: state.about,
    since: state.reportedAt,
  });
  if (Result.isFailure(placed)) return Result.fail(placed.failure);
  return Result.succeed([
    {
      type: "Relocated",
      at: context.now,
      unit: command.unit,
      routed: placed.success.routed,
      from: state.handler,
      handler: placed.success.appointed.handler,
      passed: placed.success.appointed.passed,
      ...informOf(placed.success),
      sponsor: placed.success.sponsor,
      ...restartClocks(context, state, placed.success.routed.clocks),
      content: context.content,
    },
  ]);
};

const informOf = ({ decision }: Placed) =>
  decision.inform.length === 0 ? {} : { inform: decision.inform };

interface Intake {
  readonly category: string;
  readonly facts: FactsRecord;
  readonly unit: string | null;
  readonly placed: Placed;
  readonly reporters: ReadonlyArray<Reporter>;
}

const takeIn = (context: Context, command: OpeningCommand): Result.Result<Intake, Objection> => {
  const { charter } = context;
  if (!mayNameRefs(context, command.externalRefs ?? [])) {
    return objection("NotYours", "a system's reference is given by that system or by an office");
  }
  const category =
    command.category ??
    (context.words === null ? undefined : suggestCategory(charter, context.words)) ??
    charter.document.unsorted ??
    charter.document.categories[0]?.id ??
    "";
  if (charter.category(category) === undefined) {
    return objection(
      "UnknownCategory",
      `category \`${category}\` is not in charter \`${charter.id}\``,
    );
  }
  const unit = unitOf(context, command);
  if (Result.isFailure(unit)) return Result.fail(unit.failure);
  const reporters = reportersOf(context, command);
  if (Result.isFailure(reporters)) return Result.fail(reporters.failure);
  const facts = command.facts ?? {};
  const fault = namedTwice(facts) ?? danglingSubject(context, command.about ?? []);
  if (fault !== undefined) return Result.fail(fault);
  const placed = placeIssue(context, {
    category,
    kind: command.kind ?? (command.type === "report" ? "request" : "finding"),
    facts,
    unit: unit.success,
    about: command.about ?? [],
  });
  if (Result.isFailure(placed)) return Result.fail(placed.failure);
  return Result.succeed({
    category,
    facts,
    unit: unit.success,
    placed: placed.success,
    reporters: reporters.success,
  });
};

// Category and kind are the command's own fields; a second, other value among the facts would lie.
const namedTwice = (facts: FactsRecord): Objection | undefined =>
  Object.hasOwn(facts, "category") || Object.hasOwn(facts, "kind")
    ? { code: "WrongFacts", detail: "category and kind are fields of their own, not facts" }
    : undefined;

// A misspelt post or organisation would leave the very people concerned unprotected against.
const danglingSubject = (
  context: Context,
  about: ReadonlyArray<Subject>,
): Objection | undefined => {
  for (const subject of about) {
    if ("person" in subject) continue;
    if ("organisation" in subject) {
      const { organisation } = subject;
      if (organisationOf(context.directory, organisation) !== undefined) continue;
      return {
        code: "UnknownOrganisation",
        detail: `organisation \`${organisation}\` is not in the directory`,
      };
    }
    if (!context.charter.posts.has(subject.post)) {
      return { code: "UnknownPost", detail: `post \`${subject.post}\` is not in the charter` };
    }
    if (levelOf(context.hierarchy, subject.unit) === undefined) {
      return { code: "UnknownUnit", detail: `unit \`${subject.unit}\` is not in the hierarchy` };
    }
  }
  return undefined;
};

// A retired unit hands over to its one living successor; several need a person at the triage desk.
const unitOf = (
  context: Context,
  command: OpeningCommand,
): Result.Result<string | null, Objection> => {
  const { hierarchy, now } = context;
  const place = command.place;
  if (place !== undefined && "unit" in place) {
    if (levelOf(hierarchy, place.unit, now) !== undefined) return Result.succeed(place.unit);
    if (levelOf(hierarchy, place.unit) === undefined) {
      return objection("UnknownUnit", `unit \`${place.unit}\` is not in the hierarchy`);
    }
    const successors = successorsOf(hierarchy, place.unit, now);
    return Result.succeed(successors.length === 1 ? (successors[0] ?? null) : null);
  }
  const words = place === undefined ? context.words : place.words;
  if (words === null) return Result.succeed(null);
  const [best, second] = findUnits(hierarchy, words, { at: now, limit: 2 });
  const clear = best !== undefined && (second === undefined || best.score > second.score);
  return Result.succeed(clear ? best.unit : null);
};

const reportersOf = (
  context: Context,
  command: OpeningCommand,
): Result.Result<ReadonlyArray<Reporter>, Objection> => {
  const { actor, now, receipt } = context;
  if (command.kind === "assignment" && command.reporter?.kind !== "official") {
    return objection("NotYours", "an assignment comes from an official source");
  }
  if (command.kind === "finding" && command.type === "report" && !holdsAnyPost(context)) {
    return objection("NotYours", "a finding is made by somebody who holds a post");
  }
  const base = { person: null, recordedBy: null, receipt, source: null, at: now };
  const field = command.reporter;
  if (field === undefined && command.type === "recordSettled") return Result.succeed([]);
  if (field === undefined) {
    return Result.succeed([
      actor.person === null
        ? { ...base, kind: "anonymous" }
        : { ...base, kind: "named", person: actor.person },
    ]);
  }
  switch (field.kind) {
    case "named":
    case "confidential":
      return actor.person === null
        ? objection(
            "NotYours",
            `a ${field.kind} report needs a known person; report anonymously instead`,
          )
        : Result.succeed([{ ...base, kind: field.kind, person: actor.person }]);
    case "anonymous":
      return Result.succeed([{ ...base, kind: "anonymous" }]);
    case "proxy":
      return actor.person === null
        ? objection("NotYours", "whoever records for somebody else must be known")
        : Result.succeed([
            { ...base, kind: "proxy", person: field.person ?? null, recordedBy: actor.person },
          ]);
    case "official":
      return actor.host === true || actor.source === field.source
        ? Result.succeed([{ ...base, kind: "official", source: field.source }])
        : objection("NotYours", `only \`${field.source}\` itself may report as an official source`);
  }
};

// The lowest handling post the actor holds at or above a place.
const heldStand = (context: Context, unit: string) => {
  const { person } = context.actor;
  if (person === null) return null;
  const stands = postsOf(context.directory, person, context.now).flatMap((held) => {
    const level = levelOf(context.hierarchy, held.unit, context.now);
    const post = context.charter.posts.get(held.post);
    return level !== undefined &&
      post?.handles === true &&
      isWithin(context.hierarchy, post.chain, unit, held.unit, context.now)
      ? [{ rank: level.rank, stand: { post: held.post, unit: held.unit, level: level.id } }]
      : [];
  });
  return stands.sort((a, b) => a.rank - b.rank)[0]?.stand ?? null;
};
