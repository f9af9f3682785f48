/**
 * Deadlines: an instant by which a step is due, and how it was computed.
 *
 * `deadlineOf` is a pure function of calendar, rule and start. Pausing measures
 * what is left in the clock's own measure, so that resuming at the instant of the
 * pause gives the deadline back exactly. Without roll rules a later start or a
 * larger amount never gives an earlier deadline.
 *
 * A deadline that would lie after the year 2200 is put at the last supported
 * instant and marked provisional.
 */
import * as Schema from "effect/Schema";
import { Id } from "../data/index.ts";
import { type Calendar, LAST_DAY, wallOf, workingDayFrom, workingDayUntil } from "./Calendar.ts";
import { DAY, HOUR, Instant, LAST_INSTANT, MINUTE, parseTime } from "./Civil.ts";
import { ClockRule, isHourClock, type RollRule } from "./ClockRule.ts";

/** When a step is due, and how that was computed. */
export interface Deadline {
  readonly dueAt: Instant;
  /** The instant the clock was started or, after a pause, resumed. */
  readonly startedAt: Instant;
  readonly rule: ClockRule;
  /** Identifier of the calendar it was computed with. */
  readonly calendar: string;
  /** True when holidays between start and due date were not known yet. */
  readonly provisional: boolean;
  /** After a pause: what was left, counted from `startedAt` in place of the rule's amount. */
  readonly resumed?: Remaining;
}

/** What is left of a deadline, in its clock's own measure. */
export interface Remaining {
  readonly rule: ClockRule;
  /** Whole days; working days for that clock. 0 for the hour clocks. */
  readonly days: number;
  /** Milliseconds on top; for `workingHours` of office time, 0 when days end at midnight. */
  readonly millis: number;
  /** True when it was due already and nothing is left: it is due again as soon as it resumes. */
  readonly overdue: boolean;
}

const count = Schema.Number.check(
  Schema.makeFilter((value: number) =>
    Number.isSafeInteger(value) && value >= 0 ? undefined : "must be a whole number, 0 or more",
  ),
);

/** Schema of {@link Remaining}. */
export const Remaining = Schema.Struct({
  rule: ClockRule,
  days: count,
  millis: count,
  overdue: Schema.Boolean,
});

/** Schema of {@link Deadline}. */
export const Deadline = Schema.Struct({
  dueAt: Instant,
  startedAt: Instant,
  rule: ClockRule,
  calendar: Id,
  provisional: Schema.Boolean,
  resumed: Schema.optionalKey(Remaining),
});

/**
 * The deadline of a step that starts at `from`.
 *
 * @throws RangeError when `from` is no instant of the supported years: a broken invariant.
 */
export const deadlineOf = (calendar: Calendar, rule: ClockRule, from: Instant): Deadline => {
  const { day, time } = wallOf(calendar, from);
  const start = rollStart(calendar, rule.roll, { day, time, at: from });
  const isHours = isHourClock(rule.clock);
  const due = advance(calendar, rule, start, {
    days: isHours ? 0 : rule.amount,
    millis: isHours ? rule.amount * HOUR + (rule.minutes ?? 0) * MINUTE : 0,
  });
  const { roll } = rule;
  if (roll?.offDay === undefined && roll?.lateFrom === undefined) {
    return sealDeadline(calendar, rule, from, due);
  }
  const first = Math.min(day, due.first);
  return sealDeadline(calendar, rule, from, {
    at: due.at,
    first,
    last: Math.max(start.day, due.last),
  });
};

/**
 * What is left at `at`. A pause between the filing and the start that a roll rule
 * gave it keeps that grace too.
 */
export const remainingAt = (calendar: Calendar, deadline: Deadline, at: Instant): Remaining => {
  const { rule, dueAt } = deadline;
  if (at >= dueAt) return { rule, days: 0, millis: 0, overdue: true };
  const left = (days: number, millis: number): Remaining => ({
    rule,
    days,
    millis,
    overdue: false,
  });
  if (rule.clock === "wallHours") return left(0, dueAt - at);
  if (rule.clock === "workingHours") return left(0, workingMillis(calendar, at, dueAt));
  const due = wallOf(calendar, dueAt);
  const now = wallOf(calendar, at);
  if (rule.anchor !== "keepTime") return left(daysBetween(calendar, rule, now.day, due.day), 0);
  const start = rule.clock === "workingDays" ? onWorkingDay(calendar, now) : now;
  const days = daysBetween(calendar, rule, start.day, due.day);
  const millis = due.time - start.time;
  return millis < 0 ? left(days - 1, millis + DAY) : left(days, millis);
};

/** The deadline of a paused step that goes on at `at` with what was left. */
export const resumeDeadline = (calendar: Calendar, remaining: Remaining, at: Instant): Deadline => {
  const { rule, overdue } = remaining;
  const { day, time } = wallOf(calendar, at);
  const due = overdue ? byNoDay(at) : advance(calendar, rule, { day, time, at }, remaining);
  const { dueAt, startedAt, provisional } = sealDeadline(calendar, rule, at, due);
  return {
    dueAt: Math.max(dueAt, at),
    startedAt,
    rule,
    calendar: calendar.id,
    provisional,
    resumed: remaining,
  };
};

/** The same deadline by another, usually newer, calendar. */
export const recompute = (calendar: Calendar, deadline: Deadline): Deadline =>
  deadline.resumed === undefined
    ? deadlineOf(calendar, deadline.rule, deadline.startedAt)
    : resumeDeadline(calendar, deadline.resumed, deadline.startedAt);

// Private

/** A start: wall day and time, and the instant itself, which a twice occurring wall time is not. */
interface Start {
  readonly day: number;
  readonly time: number;
  readonly at: Instant;
}

/** A due instant and the days whose holidays it depends on; none when `first` is after `last`. */
interface Due {
  readonly at: Instant;
  readonly first: number;
  readonly last: number;
}

interface Amount {
  readonly days: number;
  readonly millis: number;
}

const sealDeadline = (calendar: Calendar, rule: ClockRule, from: Instant, due: Due): Deadline => ({
  dueAt: Math.min(due.at, LAST_INSTANT),
  startedAt: from,
  rule,
  calendar: calendar.id,
  provisional: due.at > LAST_INSTANT || !calendar.knows(due.first, due.last),
});

const rollStart = (calendar: Calendar, roll: RollRule | undefined, start: Start): Start => {
  if (roll === undefined) return start;
  let { day, time } = start;
  if (roll.offDay !== undefined && !calendar.isWorkingDay(day)) {
    day = workingDayFrom(calendar, day);
    if (roll.offDay === "opening") time = openingOf(calendar, day);
  }
  if (roll.lateFrom !== undefined) {
    const late = parseTime(roll.lateFrom) ?? DAY;
    if (time >= late || !calendar.isWorkingDay(day)) {
      day = workingDayFrom(calendar, day + 1);
      time = roll.lateTo === undefined ? openingOf(calendar, day) : (parseTime(roll.lateTo) ?? 0);
    }
  }
  if (day === start.day && time === start.time) return start;
  return { day, time, at: calendar.zone.instantOf(day * DAY + time) };
};

const openingOf = (calendar: Calendar, day: number): number => calendar.hoursOf(day)[0]?.start ?? 0;

const byNoDay = (at: Instant): Due => ({ at, first: 1, last: 0 });

const advance = (calendar: Calendar, rule: ClockRule, start: Start, amount: Amount): Due => {
  switch (rule.clock) {
    case "wallHours":
      return byNoDay(start.at + amount.millis);
    case "workingHours":
      return advanceHours(calendar, start, amount.millis);
    case "workingDays":
      return advanceWorkingDays(calendar, rule, start, amount);
    case "naturalDays":
      return advanceNaturalDays(calendar, rule, start, amount);
  }
};

// Ends at the very instant the amount is used up: 12:00 rather than the opening after lunch.
const advanceHours = (calendar: Calendar, start: Start, millis: number): Due => {
  if (millis === 0) return byNoDay(start.at);
  let left = millis;
  for (let day = start.day; day <= LAST_DAY; day += 1) {
    for (const { start: opening, end } of calendar.hoursOf(day)) {
      const from = Math.max(calendar.zone.instantOf(day * DAY + opening), start.at);
      const span = calendar.zone.instantOf(day * DAY + end) - from;
      if (span >= left) return { at: from + left, first: start.day, last: day };
      if (span > 0) left -= span;
    }
  }
  return byNoDay(Infinity);
};

const workingMillis = (calendar: Calendar, from: Instant, until: Instant): number => {
  const last = wallOf(calendar, until).day;
  let total = 0;
  for (let { day } = wallOf(calendar, from); day <= last; day += 1) {
    for (const { start, end } of calendar.hoursOf(day)) {
      const opened = Math.max(calendar.zone.instantOf(day * DAY + start), from);
      const closed = Math.min(calendar.zone.instantOf(day * DAY + end), until);
      total += Math.max(closed - opened, 0);
    }
  }
  return total;
};

const advanceWorkingDays = (
  calendar: Calendar,
  rule: ClockRule,
  start: Start,
  amount: Amount,
): Due => {
  if (rule.anchor !== "keepTime") {
    const day =
      amount.days === 0
        ? workingDayFrom(calendar, start.day)
        : workingDayAfter(calendar, start.day, amount.days);
    return { at: endOf(calendar, day), first: start.day, last: day };
  }
  const from = onWorkingDay(calendar, start);
  const time = from.time + amount.millis;
  const day = workingDayAfter(calendar, from.day, amount.days + Math.floor(time / DAY));
  return { at: instantAt(calendar, day, time % DAY), first: from.day, last: day };
};

const advanceNaturalDays = (
  calendar: Calendar,
  rule: ClockRule,
  start: Start,
  amount: Amount,
): Due => {
  const keep = rule.anchor === "keepTime";
  const time = keep ? start.time + amount.millis : 0;
  const counted = start.day + amount.days + Math.floor(time / DAY);
  const rolled = rule.roll?.lastDay === "nextWorkingDay";
  const day = rolled ? workingDayFrom(calendar, counted) : counted;
  const at = keep ? instantAt(calendar, day, time % DAY) : endOf(calendar, day);
  return rolled ? { at, first: counted, last: day } : byNoDay(at);
};

const instantAt = (calendar: Calendar, day: number, time: number): Instant =>
  day > LAST_DAY ? Infinity : calendar.zone.instantOf(day * DAY + time);

const endOf = (calendar: Calendar, day: number): Instant => instantAt(calendar, day, DAY) - 1;

// No working time passes on an off day, so it stands for the end of the working day before.
const onWorkingDay = <S extends { readonly day: number; readonly time: number }>(
  calendar: Calendar,
  start: S,
): { readonly day: number; readonly time: number } =>
  calendar.isWorkingDay(start.day)
    ? start
    : { day: workingDayUntil(calendar, start.day), time: DAY - 1 };

// The `days`-th working day after `day`; `day` itself for none.
const workingDayAfter = (calendar: Calendar, day: number, days: number): number => {
  let found = day;
  for (let left = days; left > 0 && found <= LAST_DAY;) {
    found += 1;
    if (calendar.isWorkingDay(found)) left -= 1;
  }
  return found;
};

// Days after `from` up to and with `until`, as the clock counts them.
const daysBetween = (calendar: Calendar, rule: ClockRule, from: number, until: number): number => {
  if (rule.clock === "naturalDays") return until - from;
  let days = 0;
  for (let day = from + 1; day <= until; day += 1) {
    if (calendar.isWorkingDay(day)) days += 1;
  }
  return days;
};
