/**
 * Who may act: what an actor is to an issue, decided here and never in the host.
 */
import type { Grant, Visibility } from "../charter/index.ts";
import { accountable, holdsPost, organisationOf, postsOf } from "../directory/index.ts";
import { isWithin, levelOf, rootOf } from "../hierarchy/index.ts";
import type { Context } from "./Context.ts";
import { allOf, barredFrom, mainChain, pathAbove, rankOf } from "./handlers.ts";
import type { IssueState } from "./State.ts";

/** True when the issue is about this person, by name, post or organisation. */
export const concerns = (context: Context, state: IssueState, person: string | null): boolean =>
  person !== null && state.about.length > 0 && barredFrom(context, state, context.now).has(person);

/** True when the actor is one of the reporters, by person, receipt or source. */
export const isReporter = (context: Context, state: IssueState): boolean => {
  const { person, receipt, source } = context.actor;
  return state.reporters.some(
    (reporter) =>
      (person !== null && (reporter.person === person || reporter.recordedBy === person)) ||
      (receipt != null && reporter.receipt === receipt) ||
      (source != null && reporter.source === source),
  );
};

/** True when the actor holds a post at a unit, or answers for it now. */
export const speaksFor = (
  context: Context,
  stand: { readonly post: string; readonly unit: string },
  exclude: ReadonlySet<string>,
): boolean => {
  const { person } = context.actor;
  if (person === null || exclude.has(person)) return false;
  const { post, unit } = stand;
  if (holdsPost(context.directory, person, stand, context.now)) return true;
  return accountable(context.directory, { post, unit, at: context.now, exclude }).person === person;
};

/** True when the actor is the person a stand was given to, or holds it in their own right. */
export const isOwnStand = (
  context: Context,
  stand: { readonly post: string; readonly unit: string; readonly person: string | null },
): boolean => {
  const { person } = context.actor;
  if (person === null) return false;
  return person === stand.person || holdsPost(context.directory, person, stand, context.now);
};

/** True when one of the grants covers the actor. Somebody the issue concerns has no office in it. */
export const isGranted = (
  context: Context,
  state: IssueState,
  grants: ReadonlyArray<Grant>,
): boolean => {
  const excluded = barredFrom(context, state, context.now);
  const barred = context.actor.person !== null && excluded.has(context.actor.person);
  for (const grant of grants) {
    const isCovered =
      grant === "anyone" ||
      (grant === "host"
        ? context.actor.host === true && !barred
        : grant === "reporter"
          ? isReporter(context, state)
          : !barred && holds(context, state, grant, excluded));
    if (isCovered) return true;
  }
  return false;
};

/** What a reader is to an issue, as far as seeing goes. */
export type Nearness = "reporter" | "office" | "asked" | "public";

/** What a viewer is to an issue. Somebody it concerns is never nearer than the public. */
export const nearnessOf = (
  context: Context,
  state: IssueState,
  visibility: Visibility = "public",
): Nearness => {
  if (concerns(context, state, context.actor.person)) return "public";
  if (isReporter(context, state)) return "reporter";
  if (isGranted(context, state, visibility === "sealed" ? SEALED_OFFICES : OFFICES))
    return "office";
  if (unsealedFor(context, state).size > 0) return "office";
  return visibility !== "sealed" && isGranted(context, state, ASKED) ? "asked" : "public";
};

/** True when the actor may not even know that the issue exists. */
export const isHidden = (context: Context, state: IssueState): boolean => {
  const visibility = context.charter.category(state.category)?.visibility ?? "sealed";
  return visibility !== "public" && nearnessOf(context, state, visibility) === "public";
};

/** True when the actor holds any post now, or is the host. */
export const holdsAnyPost = (context: Context): boolean =>
  context.actor.host === true || postsHeld(context).length > 0;

/**
 * True when the actor may say which case of another system an issue is: that system
 * itself, the host, or an office. Anybody else could learn by a guessed number what
 * became of somebody's case, or take the number before the system brings it.
 */
export const mayNameRefs = (
  context: Context,
  refs: ReadonlyArray<{ readonly system: string }>,
): boolean => refs.every(({ system }) => context.actor.source === system) || holdsAnyPost(context);

/**
 * Confidential reporters that an actor may see: unsealed for them, while they hold a
 * post the charter names for it and do not handle the issue.
 */
export const unsealedFor = (context: Context, state: IssueState): ReadonlySet<string> => {
  const own = (state.unsealed ?? []).filter(({ by }) => by === context.actor.person);
  return own.length > 0 &&
    isGranted(context, state, context.charter.grants("unseal") ?? []) &&
    !isOwnStand(context, state.handler)
    ? new Set(own.flatMap(({ reporters }) => reporters))
    : NOBODY;
};

const NOBODY: ReadonlySet<string> = new Set();

const OFFICES: ReadonlyArray<Grant> = [
  "handler",
  "sponsor",
  "superior",
  "helper",
  "summoned",
  "triage",
  "host",
];
/** Of a sealed issue only who answers for it, who stands above, and whoever they called in by name. */
const SEALED_OFFICES: ReadonlyArray<Grant> = ["handler", "superior", "helper", "summoned", "host"];
const ASKED: ReadonlyArray<Grant> = ["organisation"];

const holds = (
  context: Context,
  state: IssueState,
  grant: Exclude<Grant, "anyone" | "host" | "reporter">,
  excluded: ReadonlySet<string>,
): boolean => {
  if (typeof grant !== "string") return holdsPostAbove(context, state, grant.post);
  switch (grant) {
    case "handler":
      return speaksFor(context, state.handler, excluded) || standsIn(context, state, excluded);
    case "sponsor":
      return state.sponsor !== null && speaksFor(context, state.sponsor, excluded);
    case "helper":
      return context.actor.person !== null && state.helpers.includes(context.actor.person);
    case "summoned":
      return state.summons.some((one) => speaksFor(context, one, excluded));
    case "organisation":
      return state.asked.some(({ organisation }) =>
        organisationOf(context.directory, organisation)?.members?.includes(
          context.actor.person ?? "",
        ),
      );
    case "superior":
      return isSuperior(context, state);
    case "triage": {
      const unit = rootOf(context.hierarchy, mainChain(context), context.now) ?? "";
      return speaksFor(context, { post: context.charter.document.triage, unit }, excluded);
    }
  }
};

// Somebody on duty may have been asked because the holder had been accountable before; they stay the one.
const standsIn = (context: Context, state: IssueState, excluded: ReadonlySet<string>): boolean => {
  const { person } = context.actor;
  if (person === null || person !== state.handler.person || excluded.has(person)) return false;
  const { post, unit } = state.handler;
  const others = state.tried.filter((tried) => tried !== person);
  const exclude = allOf(excluded, others);
  return accountable(context.directory, { post, unit, at: context.now, exclude }).person === person;
};

const holdsPostAbove = (context: Context, state: IssueState, post: string): boolean => {
  const unit = state.unit ?? state.handler.unit;
  return postsHeld(context).some(
    (held) => held.post === post && covers(context, held.unit, unit, state),
  );
};

// A superior holds a handling post, or one of last resort, strictly above the handler on the issue's chain.
const isSuperior = (context: Context, state: IssueState): boolean => {
  const rank = rankOf(context, state.handler.unit);
  return postsHeld(context).some((held) => {
    const post = context.charter.posts.get(held.post);
    if (post === undefined || (post.handles !== true && post.lastResort !== true)) return false;
    const above = levelOf(context.hierarchy, held.unit, context.now);
    if (above === undefined) return false;
    const higher =
      above.rank > rank || (post.lastResort === true && state.handler.post !== held.post);
    return higher && covers(context, held.unit, state.handler.unit, state);
  });
};

const postsHeld = (context: Context) =>
  context.actor.person === null
    ? []
    : postsOf(context.directory, context.actor.person, context.now);

const covers = (context: Context, above: string, unit: string, state: IssueState): boolean =>
  isWithin(context.hierarchy, state.routed.chain, unit, above, context.now) ||
  (levelOf(context.hierarchy, unit, context.now) === undefined &&
    pathAbove(context, { chain: state.routed.chain, unit, at: context.now }).includes(above));
