/** Where an issue belongs: its category from words, its level from facts, its handler from the directory. */
import * as Result from "effect/Result";
import type { Charter, FactsRecord } from "../charter/index.ts";
import { holdersOf } from "../directory/index.ts";
import { levelOf } from "../hierarchy/index.ts";
import { routeRecord } from "../routing/index.ts";
import type { Decision } from "../routing/index.ts";
import type { Instant } from "../time/index.ts";
import { hasClock, startClock } from "./clocks.ts";
import type { Context } from "./Context.ts";
import { appoint, concernedPersons, mainChain, standAt, triageDesk } from "./handlers.ts";
import type { Appointed, Stand } from "./handlers.ts";
import { objection } from "./Refusal.ts";
import type { Objection } from "./Refusal.ts";
import type { ClockState, IssueState, RoutedAs } from "./State.ts";

/** Where routing put an issue. */
export interface Placed {
  readonly decision: Decision;
  readonly routed: RoutedAs;
  readonly appointed: Appointed;
  readonly sponsor: { readonly post: string; readonly unit: string } | null;
}

/**
 * The category that residents' words suggest: the longest of the charter's words
 * found in them, danger to life before anything else, the first category on a tie;
 * undefined when none is found.
 */
export const suggestCategory = (charter: Charter, words: string): string | undefined => {
  const text = words.normalize("NFKC").toLowerCase();
  let found: { readonly id: string; readonly weight: number } | undefined;
  for (const category of charter.document.categories) {
    const danger = charter.category(category.id)?.lifeDanger === true ? DANGER : 0;
    for (const word of category.words ?? []) {
      const wanted = word.normalize("NFKC").toLowerCase();
      const weight = danger + wanted.length;
      if (text.includes(wanted) && weight > (found?.weight ?? 0)) {
        found = { id: category.id, weight };
      }
    }
  }
  return found?.id;
};

// More than any word's length: a blocked escape route that burns is a fire.
const DANGER = 1_000_000;

/** Routes facts at a place and finds who is accountable there. */
export const placeIssue = (
  context: Context,
  issue: {
    readonly category: string;
    readonly kind: string;
    readonly facts: FactsRecord;
    readonly unit: string | null;
    readonly about: IssueState["about"];
    /** When it was reported; default: now. */
    readonly since?: Instant;
  },
): Result.Result<Placed, Objection> => {
  const routing = routeRecord(context.charter, {
    ...issue.facts,
    category: issue.category,
    kind: issue.kind,
  });
  if (Result.isFailure(routing)) {
    return objection("WrongFacts", `${routing.failure.path} ${routing.failure.reason}`);
  }
  const decision = routing.success;
  const at = context.now;
  const concerned = concernedPersons(context, issue.about, at, issue.since);
  const { chain, first } = lowestStand(context, decision.chain, issue.unit);
  const routed: RoutedAs = {
    course: decision.course,
    rule: decision.rule,
    chain,
    levels: decision.levels,
    size: decision.size,
    clocks: decision.clocks ?? "",
  };
  const { levels } = decision;
  const { unit } = issue;
  const stand =
    first === null || unit === null || levels.length === 0 || levels.includes(first.level)
      ? first
      : standAt(context, { chain, unit, at }, (level) => levels.includes(level));
  const appointed =
    stand === null ? triageDesk(context, at, concerned) : appoint(context, stand, at, concerned);
  const sponsor = unit === null ? null : sponsorAt(context, { chain, unit, at }, first, concerned);
  return Result.succeed({ decision, routed, appointed, sponsor });
};

/** The clocks an issue begins with. */
export const openingClocks = (
  context: Context,
  set: string,
  at: Instant,
): ReadonlyArray<ClockState> => {
  const accept = startClock(context, set, { kind: "accept", at });
  const resolve = startClock(context, set, { kind: "resolve", at });
  return hasClock(context, set, "contact")
    ? [accept, resolve, startClock(context, set, { kind: "contact", at })]
    : [accept, resolve];
};

/**
 * Clocks after a new start elsewhere: the handling ones begin anew, the rest stop.
 * Whoever was summoned is still expected: a summons is not undone by a new handler.
 */
export const restartClocks = (context: Context, state: IssueState, set: string) => ({
  stop: state.clocks.filter((clock) => clock.kind !== "checkIn").map((clock) => clock.key),
  start: openingClocks(context, set, context.now),
});

// The first-asked post: the lowest one here, passing over those whose holders the issue is about.
const sponsorAt = (
  context: Context,
  place: { readonly chain: string; readonly unit: string; readonly at: Instant },
  first: Stand | null,
  concerned: ReadonlySet<string>,
): Placed["sponsor"] => {
  for (let stand = first; stand !== null;) {
    const { post, unit } = stand;
    if (concerned.size === 0) return { post, unit };
    const holders = holdersOf(context.directory, post, unit, place.at);
    const isFree = holders.length === 0 || holders.some(({ person }) => !concerned.has(person));
    if (isFree) return { post, unit };
    const floor = levelOf(context.hierarchy, unit, place.at)?.rank ?? Number.MAX_SAFE_INTEGER;
    stand = standAt(context, place, (_, rank) => rank > floor);
  }
  return null;
};

// A place out of the decision's chain is sought on the charter's first one.
const lowestStand = (
  context: Context,
  wanted: string | null,
  unit: string | null,
): { readonly chain: string; readonly first: Stand | null } => {
  const main = mainChain(context);
  const chain = wanted ?? main;
  if (unit === null) return { chain, first: null };
  const at = context.now;
  const first = standAt(context, { chain, unit, at }, anyLevel);
  if (first !== null || chain === main) return { chain, first };
  return { chain: main, first: standAt(context, { chain: main, unit, at }, anyLevel) };
};

const anyLevel = () => true;
