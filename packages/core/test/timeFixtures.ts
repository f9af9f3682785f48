/** Calendars of the time tests, and a plain reference to compare deadlines with. */
import * as Result from "effect/Result";
import {
  type Calendar,
  type CalendarData,
  type CalendarDay,
  type ClockRule,
  makeCalendar,
} from "../src/time/index.ts";

const span = (name: string, off: boolean, ...dates: ReadonlyArray<string>): Array<CalendarDay> =>
  dates.map((date) => ({ date, off, name }));

/** State Council notice for 2026 (gov.cn content_7047091), the weekdays off and the make-up days. */
export const CHINA_2026: CalendarData = {
  id: "china-2026",
  timeZone: "Asia/Shanghai",
  weekend: [6, 7],
  hours: [
    ["09:00", "12:00"],
    ["14:00", "17:30"],
  ],
  days: [
    ...span("元旦", true, "2026-01-01", "2026-01-02", "2026-01-03"),
    ...span("春节", true, "2026-02-15", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19"),
    ...span("春节", true, "2026-02-20", "2026-02-21", "2026-02-22", "2026-02-23"),
    ...span("清明节", true, "2026-04-04", "2026-04-05", "2026-04-06"),
    ...span("劳动节", true, "2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05"),
    ...span("端午节", true, "2026-06-19", "2026-06-20", "2026-06-21"),
    ...span("中秋节", true, "2026-09-25", "2026-09-26", "2026-09-27"),
    ...span("国庆节", true, "2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04"),
    ...span("国庆节", true, "2026-10-05", "2026-10-06", "2026-10-07"),
    ...span("调休", false, "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09"),
    ...span("调休", false, "2026-09-20", "2026-10-10"),
    // A half day of a place's own.
    { date: "2026-03-05", off: false, name: "半天", hours: [["09:00", "12:00"]] },
  ],
  covers: { from: "2026-01-01", until: "2026-12-31" },
};

/** Plain weekdays in a zone with daylight saving and no claim about holidays. */
export const NEW_YORK: CalendarData = {
  id: "boston-weekdays",
  timeZone: "America/New_York",
  weekend: [6, 7],
  hours: [["08:30", "17:00"]],
  days: [],
  covers: null,
};

/** An office that never closes but on Sundays, over the hours at which clocks change. */
export const ROUND_THE_CLOCK: CalendarData = {
  id: "round-the-clock",
  timeZone: "America/New_York",
  weekend: [1],
  hours: [["00:00", "24:00"]],
  days: [],
  covers: null,
};

/** Compiles test data that must be right. */
export const compiled = (data: CalendarData): Calendar => Result.getOrThrow(makeCalendar(data));

/** `2026-02-13 09:30:00` in a calendar's zone, by the platform, never by the code under test. */
export const stamp = (data: CalendarData): ((at: number) => string) => {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: data.timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return (at) => format.format(at);
};

/**
 * The deadline by walking the wall clock minute by minute: slow, and written without
 * any of the code under test. `from` must be a whole minute; rules without roll.
 */
export const slowDeadline = (data: CalendarData, rule: ClockRule, from: number): number => {
  const read = stamp(data);
  const MINUTE = 60_000;
  if (rule.clock === "wallHours" || rule.clock === "workingHours") {
    let left = rule.amount * 60 + (rule.minutes ?? 0);
    let at = from;
    for (; left > 0; at += MINUTE) {
      if (rule.clock === "wallHours" || isWorkingMinute(data, read(at))) left -= 1;
    }
    return at;
  }
  const dateAt = (at: number) => read(at).slice(0, 10);
  const startDate = dateAt(from);
  const counts = (date: string) => rule.clock === "naturalDays" || isWorkingDate(data, date);

  let target = startDate;
  let at = from;
  const nextDate = () => {
    while (dateAt(at) === target) at += MINUTE;
    target = dateAt(at);
  };
  if (rule.amount === 0) while (!counts(target)) nextDate();
  for (let left = rule.amount; left > 0;) {
    nextDate();
    if (counts(target)) left -= 1;
  }
  if (rule.anchor === "keepTime" && counts(startDate)) {
    while (read(at).slice(11) < read(from).slice(11)) at += MINUTE;
    return at;
  }
  while (dateAt(at) === target) at += MINUTE;
  return at - 1;
};

/** Whether a date is worked, by the list and the day of the week. */
export const isWorkingDate = (data: CalendarData, date: string): boolean => {
  const listed = data.days.find((day) => day.date === date);
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
  return listed === undefined ? !data.weekend.includes(weekday === 0 ? 7 : weekday) : !listed.off;
};

const isWorkingMinute = (data: CalendarData, text: string): boolean => {
  const date = text.slice(0, 10);
  const time = text.slice(11, 16);
  if (!isWorkingDate(data, date)) return false;
  const hours = data.days.find((day) => day.date === date)?.hours ?? data.hours;
  return hours.some(([from, until]) => time >= from && time < until);
};
