/** Where an issue belongs: its category from words, its level from facts, its handler from the directory. */
import * as Result from "effect/Result";
import type { Charter, FactsRecord } from "../charter/index.ts";
import { holdersOf } from "../directory/index.ts";
import { unitAt } from "../hierarchy/index.ts";
import { decodeFacts, route } from "../routing/index.ts";
import type { Decision } from "../routing/index.ts";
import type { Instant } from "../time/index.ts";
import { hasClock, startClock } from "./clocks.ts";
import type { Context } from "./Context.ts";
import { appoint, concernedPersons, mainChain, standAt, triageDesk } from "./handlers.ts";
import type { Appointed } from "./handlers.ts";
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
 * found in them, the first category on a tie; undefined when none is found.
 */
export const suggestCategory = (charter: Charter, words: string): string | undefined => {
  const text = words.normalize("NFKC").toLowerCase();
  let found: { readonly id: string; readonly length: number } | undefined;
  for (const category of charter.document.categories) {
    for (const word of category.words ?? []) {
      const wanted = word.normalize("NFKC").toLowerCase();
      if (text.includes(wanted) && wanted.length > (found?.length ?? 0)) {
        found = { id: category.id, length: wanted.length };
      }
    }
  }
  return found?.id;
};

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
  const facts = decodeFacts(context.charter, {
    ...issue.facts,
    category: issue.category,
    kind: issue.kind,
  });
  if (Result.isFailure(facts)) {
    return objection("WrongFacts", `${facts.failure.path} ${facts.failure.reason}`);
  }
  const decision = route(context.charter, facts.success);
  const at = context.now;
  const concerned = concernedPersons(context, issue.about, at, issue.since);
  const unit = issue.unit;
  const chain = chainAt(context, decision.chain, unit);
  const routed: RoutedAs = {
    course: decision.course,
    rule: decision.rule,
    chain,
    levels: decision.levels,
    size: decision.size,
    clocks: decision.clocks ?? "",
  };
  const accepts = decision.levels.length === 0 ? () => true : levelIn(decision.levels);
  const stand = unit === null ? null : standAt(context, { chain, unit, at }, accepts);
  const appointed =
    stand === null ? triageDesk(context, at, concerned) : appoint(context, stand, at, concerned);
  const sponsor = unit === null ? null : sponsorAt(context, { chain, unit, at }, concerned);
  return Result.succeed({ decision, routed, appointed, sponsor });
};

/** The clocks an issue begins with. */
export const openingClocks = (
  context: Context,
  set: string,
  at: Instant,
): ReadonlyArray<ClockState> => {
  const clocks = [
    startClock(context, set, { kind: "accept", at }),
    startClock(context, set, { kind: "resolve", at }),
  ];
  return hasClock(context, set, "contact")
    ? [...clocks, startClock(context, set, { kind: "contact", at })]
    : clocks;
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
  concerned: ReadonlySet<string>,
): Placed["sponsor"] => {
  let floor = -1;
  for (;;) {
    const below = floor;
    const stand = standAt(context, place, (_, rank) => rank > below);
    if (stand === null) return null;
    const holders = holdersOf(context.directory, stand.post, stand.unit, place.at);
    const isFree = holders.length === 0 || holders.some(({ person }) => !concerned.has(person));
    if (isFree) return { post: stand.post, unit: stand.unit };
    floor = unitAt(context.hierarchy, stand.unit, place.at)?.rank ?? Number.MAX_SAFE_INTEGER;
  }
};

const chainAt = (context: Context, chain: string | null, unit: string | null): string => {
  const wanted = chain ?? mainChain(context);
  if (unit === null) return wanted;
  const inChain = standAt(context, { chain: wanted, unit, at: context.now }, () => true) !== null;
  return inChain ? wanted : mainChain(context);
};

const levelIn = (levels: ReadonlyArray<string>) => (level: string) => levels.includes(level);
