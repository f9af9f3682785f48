/** Deciding work with others: organisations, summons, helpers, links. */
import * as Result from "effect/Result";
import { organisationOf } from "../directory/index.ts";
import { levelOf } from "../hierarchy/index.ts";
import { checkInKey, startClock } from "./clocks.ts";
import type { CommandOf } from "./Command.ts";
import type { Context } from "./Context.ts";
import type { IssueEvent } from "./Event.ts";
import { barredFrom } from "./handlers.ts";
import { objection } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import { isGranted, isHidden, speaksFor } from "./roles.ts";
import type { IssueState } from "./State.ts";

type Decided = Result.Result<ReadonlyArray<IssueEvent>, Objection>;

/** Asking does not hand over: the handler stays accountable and its clocks run on. */
export const decideAsk = (
  context: Context,
  state: IssueState,
  command: CommandOf<"ask">,
): Decided => {
  const { organisation } = command;
  const known = organisationOf(context.directory, organisation);
  const { from = -Infinity, until = Infinity } = known ?? {};
  if (known === undefined || context.now < from || context.now >= until) {
    return objection(
      "UnknownOrganisation",
      `organisation \`${organisation}\` is not in the directory`,
    );
  }
  if (
    state.about.some(
      (subject) => "organisation" in subject && subject.organisation === organisation,
    )
  ) {
    return objection("ConcernsYou", "the issue is about this organisation");
  }
  const open = state.asked.some(
    (asked) => asked.organisation === organisation && asked.answeredAt === null,
  );
  return open
    ? objection("AlreadyDone", "this organisation has been asked and has not answered yet")
    : Result.succeed([
        { type: "OrganisationAsked", at: context.now, organisation, content: context.content },
      ]);
};

export const decideRespond = (
  context: Context,
  state: IssueState,
  command: CommandOf<"respond">,
): Decided => {
  const { organisation } = command;
  const open = state.asked.some(
    (asked) => asked.organisation === organisation && asked.answeredAt === null,
  );
  if (!open) {
    return objection("NotAsked", `organisation \`${organisation}\` has no open question`);
  }
  return mayAnswerFor(context, state, organisation)
    ? Result.succeed([
        { type: "OrganisationAnswered", at: context.now, organisation, content: context.content },
      ])
    : objection("NotYours", `you do not speak for organisation \`${organisation}\``);
};

/** True when the actor is of the organisation, or writes its answer down as handler or host. */
export const mayAnswerFor = (
  context: Context,
  state: IssueState,
  organisation: string,
): boolean => {
  const { person } = context.actor;
  const members = organisationOf(context.directory, organisation)?.members ?? [];
  return (
    (person !== null && members.includes(person)) || isGranted(context, state, ["handler", "host"])
  );
};

/** 吹哨: each unit called has a check-in clock of its own. */
export const decideSummon = (
  context: Context,
  state: IssueState,
  command: CommandOf<"summon">,
): Decided => {
  const start = [];
  const seen = new Set<string>();
  for (const stand of command.posts) {
    const post = context.charter.posts.get(stand.post);
    if (post === undefined) {
      return objection("UnknownPost", `post \`${stand.post}\` is not in the charter`);
    }
    if (levelOf(context.hierarchy, stand.unit, context.now)?.id !== post.level) {
      return objection(
        "UnknownUnit",
        `post \`${stand.post}\` does not exist at unit \`${stand.unit}\``,
      );
    }
    const key = checkInKey(stand);
    const pending = state.clocks.some((clock) => clock.key === key) || seen.has(key);
    if (pending) return objection("AlreadyDone", `\`${stand.unit}\` has been summoned already`);
    seen.add(key);
    start.push(startClock(context, state.routed.clocks, { kind: "checkIn", at: context.now, key }));
  }
  return Result.succeed([
    {
      type: "Summoned",
      at: context.now,
      by: context.actor.person,
      posts: command.posts,
      start,
      content: context.content,
    },
  ]);
};

/** 报到: the first to check in leads (首接负责, 北京市接诉即办工作条例 14). */
export const decideCheckIn = (
  context: Context,
  state: IssueState,
  command: CommandOf<"checkIn">,
): Decided => {
  const called = state.summons.find(
    (summons) =>
      summons.post === command.post &&
      summons.unit === command.unit &&
      summons.checkedInAt === null,
  );
  if (called === undefined) {
    return objection("NotAsked", `\`${command.unit}\` is not expected to check in`);
  }
  const excluded = barredFrom(context, state, context.now);
  if (!speaksFor(context, command, excluded)) {
    return objection(
      "NotYours",
      `you do not answer for \`${command.post}\` at \`${command.unit}\``,
    );
  }
  return Result.succeed([
    {
      type: "CheckedIn",
      at: context.now,
      post: command.post,
      unit: command.unit,
      lead: !state.summons.some((summons) => summons.lead),
      stop: [checkInKey(command)],
    },
  ]);
};

export const decideAddHelper = (
  context: Context,
  state: IssueState,
  command: CommandOf<"addHelper">,
): Decided => {
  if (state.helpers.includes(command.person)) return objection("AlreadyDone", "already a helper");
  return barredFrom(context, state, context.now).has(command.person)
    ? objection("ConcernsYou", "the issue concerns this person")
    : Result.succeed([{ type: "HelperAdded", at: context.now, person: command.person }]);
};

export const decideLink = (
  context: Context,
  state: IssueState,
  command: CommandOf<"link">,
): Decided => {
  if (command.issue === state.id)
    return objection("SameIssue", "an issue cannot be linked to itself");
  const { other } = context;
  if (other === null || other.id !== command.issue || isHidden(context, other)) {
    return objection("NoSuchIssue", `issue \`${command.issue}\` does not exist`);
  }
  const known = state.links.some(
    (link) => link.issue === command.issue && link.relation === command.relation,
  );
  return known
    ? objection("AlreadyDone", "this link exists")
    : Result.succeed([
        { type: "Linked", at: context.now, issue: command.issue, relation: command.relation },
      ]);
};
