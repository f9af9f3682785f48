/**
 * The days and hours by which Boston counts, and the clock rules of its requests.
 *
 * Found in the published targets of 2011, not taken from an ordinance: a request
 * of a Saturday or Sunday stands for Monday at the same time of day, one at or
 * after 17:00 for the next weekday at 08:30, and then so many weekdays are added.
 * Public holidays are not skipped (the fourth of July 2011 counts), so the
 * calendar makes no claim about holidays. Other requests are given calendar days.
 */
import type { ClockRule, CalendarData } from "@linli/core/time";

/** Weekdays of New York time; an answer is never provisional. */
export const bostonCalendar: CalendarData = {
  id: "boston-weekdays",
  timeZone: "America/New_York",
  weekend: [6, 7],
  hours: [["08:30", "17:00"]],
  days: [],
  covers: null,
};

/** So many weekdays, with the roll of evenings and weekends. */
export const weekdays = (amount: number): ClockRule => ({
  clock: "workingDays",
  amount,
  anchor: "keepTime",
  roll: { offDay: "keepTime", lateFrom: "17:00", lateTo: "08:30" },
});

/** So many calendar days, to the same time of day. */
export const calendarDays = (amount: number): ClockRule => ({
  clock: "naturalDays",
  amount,
  anchor: "keepTime",
});

/** The rule of a promise as the tables write it: `w2` is two weekdays, `n30` thirty days. */
export const ruleOf = (promise: string): ClockRule => {
  const amount = Number(promise.slice(1));
  return promise.startsWith("w") ? weekdays(amount) : calendarDays(amount);
};
