/** One rung up: whose it becomes and which clocks run then. Climbing needs no more of this room. */
import type { Instant } from "../time/index.ts";
import { hasClock, resumeAll, startClock } from "./clocks.ts";
import type { World } from "./Context.ts";
import { allOf, appoint, barredFrom, rankOf, standAt } from "./handlers.ts";
import type { Appointed } from "./handlers.ts";
import type { ClockState, IssueState } from "./State.ts";

/**
 * The next rung above the handler: strictly higher in rank, never somebody who was
 * accountable already, never somebody the issue concerns. Null at the top, or when
 * everybody above was accountable already. A vacant post of last resort is a rung too.
 */
export const rungAbove = (
  world: World,
  state: IssueState,
  options: { readonly at: Instant; readonly toLevel?: string | undefined },
): Appointed | null => {
  const { at } = options;
  const rank = rankOf(world, state.handler.unit);
  const least =
    options.toLevel === undefined ? 0 : (world.charter.levels.get(options.toLevel)?.rank ?? 0);
  const barred = barredFrom(world, state, at);
  const from = { chain: state.routed.chain, unit: state.handler.unit, at };
  const stand =
    standAt(world, from, (_, candidate) => candidate > rank && candidate >= least) ??
    standAt(world, from, (_, candidate) => candidate > rank);
  if (stand === null) return null;
  const found = appoint(world, stand, at, allOf(barred, state.tried));
  if (found.handler.person !== null) return found;
  // Nobody is left: a rung only if the post of last resort is vacant, not if its holder was passed over.
  const anybody = appoint(world, stand, at, barred);
  return anybody.handler.person === null && rankOf(world, found.handler.unit) > rank ? found : null;
};

/** Clocks after a step up: accepting and contacting begin anew, the rest goes on. */
export const clocksAfterRise = (
  world: World,
  state: IssueState,
  options: { readonly at: Instant; readonly set: string; readonly restart?: string | undefined },
): { readonly stop: ReadonlyArray<string>; readonly start: ReadonlyArray<ClockState> } => {
  const { at, set, restart } = options;
  if (state.status === "resolved" || state.status === "verified") return { stop: [], start: [] };
  const start = [startClock(world, set, { kind: "accept", at })];
  const resolveRuns = state.clocks.some(
    (clock) => clock.key === "resolve" && clock.paused === null,
  );
  if (restart === "resolve" || !resolveRuns)
    start.push(startClock(world, set, { kind: "resolve", at }));
  if (state.contactedAt === null && hasClock(world, set, "contact")) {
    start.push(startClock(world, set, { kind: "contact", at }));
  }
  return {
    stop: ["accept", "contact", "review"],
    start: [...start, ...expectedAgain(world, state, at)],
  };
};

/** Check-in clocks that were paused and run again: whoever was summoned is still expected. */
export const expectedAgain = (
  world: World,
  state: IssueState,
  at: Instant,
): ReadonlyArray<ClockState> =>
  state.status === "suspended"
    ? resumeAll(world, state, at).filter((clock) => clock.kind === "checkIn")
    : [];
