/**
 * The wall clock of a calendar's zone: dates and times for people, months for
 * scores, quiet hours, opening hours and weekly meetings.
 */
import * as Schema from "effect/Schema";
import {
  type Calendar,
  dayOf,
  LAST_DAY,
  wallOf,
  workingDayFrom,
  workingDayUntil,
} from "./Calendar.ts";
import {
  DAY,
  formatDate,
  formatTime,
  type Instant,
  LAST_INSTANT,
  parseMonth,
  parseTime,
  WallTime,
  weekdayOf,
} from "./Civil.ts";

/** A daily stretch in which nobody is disturbed; `until` before `from` runs over midnight. */
export interface QuietHours {
  readonly from: string;
  readonly until: string;
}

/** Schema of {@link QuietHours}. */
export const QuietHours = Schema.Struct({ from: WallTime, until: WallTime }).check(
  Schema.makeFilter((hours: QuietHours) =>
    hours.from === hours.until ? { path: ["until"], issue: "must differ from from" } : undefined,
  ),
);

/** A weekly meeting, such as the Friday deliberation day (周五议事日). */
export interface WeeklyMeeting {
  /** ISO weekday, 1 Monday to 7 Sunday. */
  readonly weekday: number;
  /** The meeting on or after this date is asked for. */
  readonly from: string;
  /** When the weekday is off: no meeting that week, or the working day before or after it. */
  readonly onOffDay: "skip" | "previous" | "next";
}

/** `2026-11-22`. */
export const localDate = (calendar: Calendar, at: Instant): string =>
  formatDate(wallOf(calendar, at).day);

/** `21:00`; seconds are dropped. */
export const localTime = (calendar: Calendar, at: Instant): string =>
  formatTime(wallOf(calendar, at).time);

/** `2026-11-22 21:00`, for people. */
export const formatInstant = (calendar: Calendar, at: Instant): string => {
  const { day, time } = wallOf(calendar, at);
  return `${formatDate(day)} ${formatTime(time)}`;
};

/**
 * The instant of a date and a time of day (`24:00` is the next midnight). A time
 * that occurs twice as clocks are set back means its first occurrence; one that
 * never occurs as they are set forward is moved later by the length of the gap.
 *
 * @throws RangeError on text that the schemas of dates and times refuse.
 */
export const instantOf = (calendar: Calendar, date: string, time: string): Instant =>
  calendar.zone.instantOf(dayOf(date) * DAY + millisOf(time));

/** `2026-11`: the month scores are kept by. */
export const monthOf = (calendar: Calendar, at: Instant): string =>
  localDate(calendar, at).slice(0, 7);

/** First instant of a month and first instant after it. */
export const monthRange = (
  calendar: Calendar,
  month: string,
): { readonly from: Instant; readonly until: Instant } => {
  const days = parseMonth(month);
  if (days === undefined) throw new RangeError("a month must be YYYY-MM, years 1900 to 2200");
  return {
    from: calendar.zone.instantOf(days.first * DAY),
    until: calendar.zone.instantOf(days.next * DAY),
  };
};

/** True from `hours.from` until before `hours.until`. */
export const isQuiet = (calendar: Calendar, hours: QuietHours, at: Instant): boolean =>
  isWithin(hours, wallOf(calendar, at).time);

/** When the quiet hours around `at` end; `at` itself when it is not quiet. Always later otherwise. */
export const quietEnd = (calendar: Calendar, hours: QuietHours, at: Instant): Instant => {
  const { day, time } = wallOf(calendar, at);
  if (!isWithin(hours, time)) return at;
  const until = millisOf(hours.until);
  const wall = (time < until ? day : day + 1) * DAY + until;
  const end = calendar.zone.instantOf(wall);
  // As clocks are set back, the first occurrence of that time may be over already.
  return end > at ? end : at + (wall - day * DAY - time);
};

/** True within the working hours of a working day. */
export const isOpen = (calendar: Calendar, at: Instant): boolean => {
  const { day, time } = wallOf(calendar, at);
  return calendar.hoursOf(day).some(({ start, end }) => time >= start && time < end);
};

/** The first instant from `at` on at which the office is open; the last supported one if none. */
export const nextOpening = (calendar: Calendar, at: Instant): Instant => {
  if (isOpen(calendar, at)) return at;
  for (let { day } = wallOf(calendar, at); day <= LAST_DAY; day += 1) {
    for (const { start } of calendar.hoursOf(day)) {
      const opening = calendar.zone.instantOf(day * DAY + start);
      if (opening > at) return opening;
    }
  }
  return LAST_INSTANT;
};

/**
 * The date of the first meeting on or after `from`; undefined when none is left.
 * Ask `kindOfDay` whether the holidays of that date are known.
 */
export const nextWeekday = (calendar: Calendar, meeting: WeeklyMeeting): string | undefined => {
  const from = dayOf(meeting.from);
  const { weekday, onOffDay } = meeting;
  if (!Number.isInteger(weekday) || weekday < 1 || weekday > 7) {
    throw new RangeError("a weekday must be 1 Monday to 7 Sunday");
  }
  // A meeting put off to `from` or later belongs to a weekday after the last working day before.
  const earliest = onOffDay === "next" ? workingDayUntil(calendar, from - 1) + 1 : from;
  let day = earliest + ((weekday - weekdayOf(earliest) + 7) % 7);
  for (; day <= LAST_DAY; day += 7) {
    const held = heldOn(calendar, day, onOffDay);
    if (held !== undefined && held >= from && held <= LAST_DAY) return formatDate(held);
  }
  return undefined;
};

// Private

const heldOn = (
  calendar: Calendar,
  day: number,
  onOffDay: WeeklyMeeting["onOffDay"],
): number | undefined => {
  if (calendar.isWorkingDay(day)) return day;
  if (onOffDay === "skip") return undefined;
  return onOffDay === "next" ? workingDayFrom(calendar, day) : workingDayUntil(calendar, day);
};

const isWithin = (hours: QuietHours, time: number): boolean => {
  const from = millisOf(hours.from);
  const until = millisOf(hours.until);
  return from <= until ? time >= from && time < until : time >= from || time < until;
};

const millisOf = (time: string): number => {
  const millis = parseTime(time);
  if (millis === undefined) throw new RangeError("a time of day must be HH:MM");
  return millis;
};
