/**
 * The calendar of mainland China: public holidays and make-up working days (调休)
 * as the State Council announced them, 2007 to 2026.
 *
 * Days after the last announced year are not guessed: a calendar made from this
 * data answers them by the plain week and marks them provisional.
 */
import type { CalendarData, CalendarDay, OfficeHours } from "@linli/core/time";
import { NOTICES, type Span } from "./stateCouncil.ts";

/** What a place may set of its own. */
export interface CalendarCnOptions {
  /** Office hours of a working day; {@link OFFICE_HOURS} unless given. */
  readonly hours?: OfficeHours;
  /**
   * Days a region adds or changes, such as a regional festival or a half day. A day
   * given here counts in place of the national entry. The calendar's identifier
   * becomes `cn-<id>`.
   */
  readonly region?: { readonly id: string; readonly days: ReadonlyArray<CalendarDay> };
}

/** Office hours with a lunch break: a default of ours, as each place sets its own. */
export const OFFICE_HOURS: OfficeHours = [
  ["09:00", "12:00"],
  ["14:00", "17:30"],
];

/** The calendar `cn`: Asia/Shanghai, Saturday and Sunday off, holidays known 2007 to 2026. */
export const calendarCn = (options: CalendarCnOptions = {}): CalendarData => {
  const { hours = OFFICE_HOURS, region } = options;
  const national = NOTICES.flatMap((notice) => notice.spans.flatMap(daysOf));
  const regional = region?.days ?? [];
  const replaced = new Set(regional.map((day) => day.date));
  return {
    id: region === undefined ? "cn" : `cn-${region.id}`,
    timeZone: "Asia/Shanghai",
    weekend: [6, 7],
    hours,
    days: [...national.filter((day) => !replaced.has(day.date)), ...regional],
    covers: { from: `${yearOf(0)}-01-01`, until: `${yearOf(-1)}-12-31` },
  };
};

/** Addresses of the State Council's notices for a year; none when it is not known. */
export const papersOf = (year: number): ReadonlyArray<string> =>
  NOTICES.find((notice) => notice.year === year)?.papers ?? [];

// Private

const DAY = 86_400_000;

const yearOf = (index: number): number => NOTICES.at(index)?.year ?? 0;

const daysOf = ([name, first, last, ...working]: Span): ReadonlyArray<CalendarDay> => {
  const days: Array<CalendarDay> = working.map((date) => ({ date, off: false, name }));
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) {
    days.push({ date: new Date(at).toISOString().slice(0, 10), off: true, name });
  }
  return days;
};
