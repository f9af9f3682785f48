/**
 * Rerouting: what a newer charter version does to an issue that is open.
 *
 * Nobody waits longer because rules changed: a promise to the reporter - contact,
 * resolve - is kept or comes earlier, never later. What persons decided stays: an
 * assignment, a referral, a hand-up, a suspension. What climbed never goes lower.
 */
import * as Result from "effect/Result";
import type { Context } from "./Context.ts";
import type { EventOf, RerouteStay } from "./Event.ts";
import { rankOf } from "./handlers.ts";
import { openingClocks, placeIssue } from "./place.ts";
import type { Placed } from "./place.ts";
import { isFinal } from "./State.ts";
import type { ClockState, IssueState } from "./State.ts";

/**
 * Why an issue keeps the version it has:
 * - `final`: it is over
 * - `settled`: it is settled and waits to be verified or answered
 * - `current`: it is under this version already
 * - `facts`: the new version does not know its category or a fact of it
 * - `signposted`: the new version would send it elsewhere, which a person must say
 */
export type RerouteKept = "final" | "settled" | "current" | "facts" | "signposted";

/** What rerouting one issue comes to. */
export type Rerouting =
  | { readonly _tag: "Rerouted"; readonly event: EventOf<"Rerouted"> }
  | { readonly _tag: "Kept"; readonly why: RerouteKept };

/** Routes an open issue anew under the context's charter; total. Rungs due by now must have been applied. */
export const reroute = (context: Context, state: IssueState): Rerouting => {
  const kept = keptBefore(context, state);
  if (kept !== null) return { _tag: "Kept", why: kept };
  const { category, kind, facts, unit, about } = state;
  const since = state.reportedAt;
  const placed = placeIssue(context, { category, kind, facts, unit, about, since });
  if (Result.isFailure(placed)) return { _tag: "Kept", why: "facts" };
  if (placed.success.decision.course === "signpost") return { _tag: "Kept", why: "signposted" };
  return { _tag: "Rerouted", event: rerouted(context, state, placed.success) };
};

// Private

const keptBefore = ({ charter }: Context, state: IssueState): RerouteKept | null => {
  if (isFinal(state)) return "final";
  if (state.status === "resolved" || state.status === "verified") return "settled";
  const { id, version } = state.charter;
  return id === charter.id && version === charter.version ? "current" : null;
};

const rerouted = (context: Context, state: IssueState, placed: Placed): EventOf<"Rerouted"> => {
  const { handler, passed } = placed.appointed;
  const stays = staysWith(context, state, handler.unit);
  const isThere = handler.post === state.handler.post && handler.unit === state.handler.unit;
  // Whoever stays climbs on along the chain they stand in.
  const routed = stays === null ? placed.routed : { ...placed.routed, chain: state.routed.chain };
  const moves = stays === null && !isThere;
  const { inform } = placed.decision;
  return {
    type: "Rerouted",
    at: context.now,
    charter: { id: context.charter.id, version: context.charter.version },
    fromCharter: state.charter,
    routed,
    before: state.routed,
    from: state.handler,
    stays,
    ...(moves ? { handler, passed, ...(inform.length === 0 ? {} : { inform }) } : {}),
    ...clocksAfter(context, state, { set: routed.clocks, moves }),
  };
};

const staysWith = (context: Context, state: IssueState, unit: string): RerouteStay | null => {
  if (state.status === "suspended") return "suspended";
  if (state.assignedFinally || state.cameFrom.length > 0) return "assigned";
  const climbed =
    state.lastRung ||
    state.clusterRaised === true ||
    state.escalations > 0 ||
    state.handUps > 0 ||
    state.tried.length > 1;
  return climbed && rankOf(context, unit) <= rankOf(context, state.handler.unit) ? "climbed" : null;
};

const clocksAfter = (
  context: Context,
  state: IssueState,
  { set, moves }: { readonly set: string; readonly moves: boolean },
): { readonly stop?: ReadonlyArray<string>; readonly start?: ReadonlyArray<ClockState> } => {
  if (state.status === "suspended" || (state.lastRung && !moves)) return {};
  const running = state.clocks.filter((clock) => clock.paused === null);
  const fresh = openingClocks(context, set, context.now);
  const promised = running.filter(({ key }) => PROMISED.has(key));
  if (!moves) {
    const start = promised.flatMap((clock) => {
      const sooner = fresh.find(({ key }) => key === clock.key);
      return sooner !== undefined && isSooner(sooner, clock) ? [sooner] : [];
    });
    return start.length === 0 ? {} : { start };
  }
  // Whoever was summoned is still expected; a contact that was promised is still owed.
  const owed = promised.filter(({ key }) => fresh.every((clock) => clock.key !== key));
  const start = fresh.map((clock) => {
    const before = promised.find(({ key }) => key === clock.key);
    return before !== undefined && !isSooner(clock, before) ? before : clock;
  });
  const stop = running.filter(({ kind }) => kind !== "checkIn").map(({ key }) => key);
  return { stop, start: [...start, ...owed] };
};

const PROMISED: ReadonlySet<string> = new Set(["resolve", "contact"]);

const isSooner = (a: ClockState, b: ClockState): boolean => a.deadline.dueAt < b.deadline.dueAt;
