/**
 * 逾期升级: applying the rungs that are due, each at its own instant.
 *
 * Guarantees, tested as properties: it ends; every automatic step strictly raises
 * (rank, attempt), and never returns to a person who was accountable before;
 * final issues never climb; advancing in one step or in many gives the same
 * history. A clock due at the last supported instant stands for one beyond the
 * calendar's end, and never fires.
 */
import type { Rung } from "../charter/index.ts";
import {
  appoint,
  barredFrom,
  checkInKey,
  clocksAfterRise,
  evolveOn,
  expectedAgain,
  isFinal,
  nextClock,
  rankOf,
  rungAbove,
  runClock,
  standAt,
  startClock,
} from "../issue/index.ts";
import type { Assignee, ClockState, IssueEvent, IssueState, World } from "../issue/index.ts";
import { levelOf, rootOf } from "../hierarchy/index.ts";
import { LAST_INSTANT } from "../time/index.ts";
import type { ClockRule, Instant } from "../time/index.ts";

/** What advancing did: the events in order and the state after them. */
export interface Advanced {
  readonly events: ReadonlyArray<IssueEvent>;
  readonly state: IssueState;
}

/** Applies every rung due at or before `now`, earliest first, ties by clock key. */
export const advance = (world: World, state: IssueState, now: Instant): Advanced => {
  let current = state;
  let events: Array<IssueEvent> | undefined;
  while (!isFinal(current)) {
    const clock = nextClock(current);
    if (clock === undefined || !(clock.deadline.dueAt <= now)) break;
    if (clock.deadline.dueAt >= LAST_INSTANT) break;
    const event = missed(world, current, clock);
    current = evolveOn(current, event);
    (events ??= []).push(event);
  }
  return { events: events ?? NO_EVENTS, state: current };
};

/** What missing one clock does at its due instant. */
export const missed = (world: World, state: IssueState, clock: ClockState): IssueEvent => {
  const rung = rungOf(world, clock);
  if (clock.kind === "checkIn") return checkInMissed(world, state, clock, rung);
  if (state.lastRung) return reviewAgain(world, state, clock);
  return clock.attempt < rung.attempts
    ? reminded(world, state, clock, rung)
    : escalated(world, state, clock, rung);
};

const NO_EVENTS: ReadonlyArray<IssueEvent> = [];
const NO_ATTEMPTS: Rung = { attempts: 0 };

const rungOf = (world: World, clock: ClockState): Rung =>
  world.charter.document.ladder[clock.kind] ?? NO_ATTEMPTS;

// A volunteer's missed clock hands the issue up without fault unless the charter says otherwise; a vacant post has nobody to blame.
const isFault = (
  world: World,
  stand: { readonly post: string; readonly person?: string | null },
  rung: Rung,
): boolean => {
  if (stand.person === null) return false;
  return world.charter.posts.get(stand.post)?.kind === "volunteer"
    ? rung.volunteerFault === true
    : true;
};

const reminded = (world: World, state: IssueState, clock: ClockState, rung: Rung): IssueEvent => {
  const at = clock.deadline.dueAt;
  const attempt = clock.attempt + 1;
  return {
    type: "Reminded",
    at,
    clock: clock.key,
    kind: clock.kind,
    attempt,
    fault: isFault(world, state.handler, rung),
    start: [
      startClock(world, state.routed.clocks, { kind: clock.kind, key: clock.key, at, attempt }),
    ],
  };
};

const escalated = (world: World, state: IssueState, clock: ClockState, rung: Rung): IssueEvent => {
  const at = clock.deadline.dueAt;
  const above = rungAbove(world, state, { at, toLevel: rung.toLevel });
  if (above === null) return lastRung(world, state, clock, rung);
  const set = rung.clocks ?? state.routed.clocks;
  const after = clocksAfterRise(world, state, { at, set, restart: clock.kind });
  const restarted = after.start.some((started) => started.key === clock.key)
    ? []
    : clock.kind === "answer" ||
        clock.kind === "followUp" ||
        (clock.kind === "review" && isSettled(state))
      ? [startClock(world, set, { kind: clock.kind, at })]
      : [];
  return {
    type: "Escalated",
    at,
    clock: clock.key,
    kind: clock.kind,
    from: state.handler,
    fault: isFault(world, state.handler, rung),
    handler: above.handler,
    passed: above.passed,
    stop: after.stop,
    start: [...after.start, ...restarted],
  };
};

// The defined end: the post of last resort holds it under supervision, reviews recur, nothing climbs further.
const lastRung = (world: World, state: IssueState, clock: ClockState, rung: Rung): IssueEvent => {
  const at = clock.deadline.dueAt;
  const { handler, passed } = lastResort(world, state, at);
  const ends = state.clocks.filter((running) => running.kind !== "checkIn");
  return {
    type: "LastRungReached",
    at,
    clock: clock.key,
    kind: clock.kind,
    from: state.handler,
    fault: isFault(world, state.handler, rung),
    handler,
    passed,
    stop: ends.map((running) => running.key),
    start: [reviewClock(world, at, 0), ...expectedAgain(world, state, at)],
  };
};

const reviewAgain = (world: World, state: IssueState, clock: ClockState): IssueEvent => {
  const at = clock.deadline.dueAt;
  const reviews = state.clocks.filter((running) => running.kind === "review");
  const attempt = Math.max(clock.attempt, ...reviews.map((running) => running.attempt)) + 1;
  return {
    type: "Reminded",
    at,
    clock: clock.key,
    kind: clock.kind,
    attempt,
    fault: false,
    stop: [clock.key],
    start: [reviewClock(world, at, attempt)],
  };
};

const reviewClock = (world: World, at: Instant, attempt: number): ClockState => {
  const rule = world.charter.document.ladder.last.reviewEvery;
  const review = runClock(world, rule, { kind: "review", at, attempt });
  // A rhythm of no days gives the same end of day again and again: then a day passes at least.
  return review.deadline.dueAt > at
    ? review
    : runClock(world, A_DAY, { kind: "review", at, attempt });
};

const A_DAY: ClockRule = { clock: "wallHours", amount: 24 };

const lastResort = (
  world: World,
  state: IssueState,
  at: Instant,
): { readonly handler: Assignee; readonly passed: ReturnType<typeof appoint>["passed"] } => {
  const { chain } = state.routed;
  const unit = rootOf(world.hierarchy, chain, at) ?? state.handler.unit;
  const level = levelOf(world.hierarchy, unit, at)?.id ?? state.handler.level;
  const post = world.charter.document.posts.find(
    (candidate) =>
      candidate.lastResort === true && candidate.level === level && candidate.chain === chain,
  );
  if (post === undefined) return { handler: state.handler, passed: [] };
  return appoint(world, { post: post.id, unit, level }, at, barredFrom(world, state, at));
};

const checkInMissed = (
  world: World,
  state: IssueState,
  clock: ClockState,
  rung: Rung,
): IssueEvent => {
  const at = clock.deadline.dueAt;
  const called = state.summons.find(
    (summons) => summons.checkedInAt === null && checkInKey(summons) === clock.key,
  );
  const stand = called ?? { post: state.handler.post, unit: state.handler.unit };
  const base = {
    type: "CheckInMissed" as const,
    at,
    post: stand.post,
    unit: stand.unit,
    fault: isSeated(world, state, stand, at) && isFault(world, stand, rung),
    attempt: clock.attempt + 1,
  };
  const set = state.routed.clocks;
  if (called !== undefined && clock.attempt < rung.attempts) {
    const again = { kind: "checkIn" as const, at, key: clock.key, attempt: clock.attempt + 1 };
    return { ...base, instead: null, start: [startClock(world, set, again)] };
  }
  const instead = called === undefined ? null : callAbove(world, state, called, at);
  return {
    ...base,
    instead,
    stop: [clock.key],
    start:
      instead === null
        ? []
        : [startClock(world, set, { kind: "checkIn", at, key: checkInKey(instead) })],
  };
};

const callAbove = (
  world: World,
  state: IssueState,
  called: { readonly post: string; readonly unit: string },
  at: Instant,
): { readonly post: string; readonly unit: string } | null => {
  const chain = world.charter.posts.get(called.post)?.chain ?? state.routed.chain;
  const rank = rankOf(world, called.unit);
  const stand = standAt(
    world,
    { chain, unit: called.unit, at },
    (_, candidate) => candidate > rank,
  );
  if (stand === null) return null;
  const known =
    state.clocks.some((clock) => clock.key === checkInKey(stand)) ||
    state.summons.some(
      (one) => one.checkedInAt !== null && one.post === stand.post && one.unit === stand.unit,
    );
  return known ? null : { post: stand.post, unit: stand.unit };
};

// Whether somebody could have come: a vacant post has nobody to blame.
const isSeated = (
  world: World,
  state: IssueState,
  stand: { readonly post: string; readonly unit: string },
  at: Instant,
): boolean => {
  const level = levelOf(world.hierarchy, stand.unit)?.id ?? "";
  const { handler } = appoint(world, { ...stand, level }, at, barredFrom(world, state, at));
  return handler.person !== null && handler.unit === stand.unit && handler.via !== "above";
};

const isSettled = (state: IssueState): boolean =>
  state.status === "resolved" || state.status === "verified";
