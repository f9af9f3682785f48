/** One rung up: whose it becomes and which clocks run then. Climbing needs no more of this room. */
import { unitAt } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import { hasClock, resumeAll, startClock } from "./clocks.ts";
import type { World } from "./Context.ts";
import { allOf, appoint, concernedPersons, standAt } from "./handlers.ts";
import type { Appointed } from "./handlers.ts";
import type { ClockState, IssueState } from "./State.ts";

/**
 * The next rung above the handler: strictly higher in rank, never somebody who was
 * accountable already, never somebody the issue concerns. Null at the top.
 */
export const rungAbove = (
  world: World,
  state: IssueState,
  options: { readonly at: Instant; readonly toLevel?: string | undefined },
): Appointed | null => {
  const { at } = options;
  const rank = unitAt(world.hierarchy, state.handler.unit, at)?.rank ?? 0;
  const least =
    options.toLevel === undefined ? 0 : (world.charter.levels.get(options.toLevel)?.rank ?? 0);
  const exclude = allOf(concernedPersons(world, state.about, at), state.tried);
  const from = { chain: state.routed.chain, unit: state.handler.unit, at };
  const stand =
    standAt(world, from, (_, candidate) => candidate > rank && candidate >= least) ??
    standAt(world, from, (_, candidate) => candidate > rank);
  if (stand === null) return null;
  const found = appoint(world, stand, at, exclude);
  return found.handler.via === "lastResort" && found.handler.person === null
    ? appoint(world, stand, at, concernedPersons(world, state.about, at))
    : found;
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
  const calledOut =
    state.status === "suspended"
      ? resumeAll(world, state, at).filter((clock) => clock.kind === "checkIn")
      : [];
  return { stop: ["accept", "contact", "review"], start: [...start, ...calledOut] };
};
