/**
 * Clocks on an issue: started from the charter's clock sets, paused and resumed
 * with what was left, stopped by the step they wait for.
 */
import type { ClockKind } from "../charter/index.ts";
import { deadlineOf, MAX_HOURS, remainingAt, resumeDeadline } from "../time/index.ts";
import type { ClockRule, Instant } from "../time/index.ts";
import type { World } from "./Context.ts";
import type { ClockState, IssueState } from "./State.ts";

/**
 * Clocks of steps a charter's clock set does not name. Defaults of ours: no source
 * gives a figure for them, every charter may set its own.
 */
export const DEFAULT_CLOCKS: Readonly<Record<ClockKind, ClockRule>> = {
  accept: { clock: "workingDays", amount: 1 },
  contact: { clock: "workingDays", amount: 1 },
  checkIn: { clock: "workingHours", amount: 4 },
  resolve: { clock: "workingDays", amount: 5 },
  answer: { clock: "workingDays", amount: 3 },
  followUp: { clock: "workingDays", amount: 5 },
  review: { clock: "naturalDays", amount: 30 },
};

/** Whether a clock set names a clock of this kind. */
export const hasClock = (world: World, set: string, kind: ClockKind): boolean =>
  world.charter.clockSet(set)?.[kind] !== undefined;

/** A clock of a kind, running from `at`. */
export const startClock = (
  world: World,
  set: string,
  clock: {
    readonly kind: ClockKind;
    readonly at: Instant;
    readonly key?: string;
    readonly attempt?: number;
  },
): ClockState => {
  const rule = world.charter.clockSet(set)?.[clock.kind] ?? DEFAULT_CLOCKS[clock.kind];
  return runClock(world, rule, clock);
};

/** A clock under a given rule, running from `at`. */
export const runClock = (
  world: World,
  rule: ClockRule,
  clock: {
    readonly kind: ClockKind;
    readonly at: Instant;
    readonly key?: string;
    readonly attempt?: number;
  },
): ClockState => ({
  key: clock.key ?? clock.kind,
  kind: clock.kind,
  deadline: deadlineOf(world.charter.calendar, rule, clock.at),
  attempt: clock.attempt ?? 0,
  paused: null,
});

/** A clock that ends at an instant somebody named, by wall time whatever the calendar. */
export const clockUntil = (
  world: World,
  clock: {
    readonly kind: ClockKind;
    readonly at: Instant;
    readonly until: Instant;
    readonly attempt?: number;
  },
): ClockState => {
  const { kind, at, until, attempt = 0 } = clock;
  const minutes = Math.max(1, Math.ceil((until - at) / 60_000));
  const rule: ClockRule = {
    clock: "wallHours",
    amount: Math.min(Math.floor(minutes / 60), MAX_HOURS),
    ...(minutes % 60 === 0 ? {} : { minutes: minutes % 60 }),
  };
  // Kept as what is left, so that a new calendar recomputes the very instant that was named.
  const left = { rule, days: 0, millis: until - at, overdue: false };
  const deadline = resumeDeadline(world.charter.calendar, left, at);
  return { key: kind, kind, deadline, attempt, paused: null };
};

/** All running clocks, paused at an instant with what is left of each. */
export const pauseAll = (world: World, state: IssueState, at: Instant): ReadonlyArray<ClockState> =>
  state.clocks
    .filter((clock) => clock.paused === null)
    .map((clock) => ({
      ...clock,
      paused: remainingAt(world.charter.calendar, clock.deadline, at),
    }));

/** All paused clocks, running again from an instant with what was left. */
export const resumeAll = (
  world: World,
  state: IssueState,
  at: Instant,
): ReadonlyArray<ClockState> =>
  state.clocks.flatMap((clock) =>
    clock.paused === null
      ? []
      : [
          {
            ...clock,
            paused: null,
            deadline: resumeDeadline(world.charter.calendar, clock.paused, at),
          },
        ],
  );

/** Keys of the issue's clocks of some kinds, or of all. */
export const keysOf = (
  state: IssueState,
  kinds?: ReadonlyArray<ClockKind>,
): ReadonlyArray<string> => {
  const keys: Array<string> = [];
  for (const clock of state.clocks) {
    if (kinds === undefined || kinds.includes(clock.kind)) keys.push(clock.key);
  }
  return keys;
};

/** The key of a summoned unit's own check-in clock. */
export const checkInKey = (stand: { readonly post: string; readonly unit: string }): string =>
  `checkIn:${stand.post}@${stand.unit}`;
