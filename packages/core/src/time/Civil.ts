/**
 * Dates and times of day as people write them, without any zone.
 *
 * A date is counted as a day number (days since 1970-01-01), a time of day as
 * milliseconds since midnight. Both are plain arithmetic on the Gregorian
 * calendar, so the process time zone cannot leak in.
 */
import * as Schema from "effect/Schema";

/** Epoch milliseconds. */
export type Instant = number;

/** The first year any date may lie in. */
export const FIRST_YEAR = 1900;

/** The last year any date may lie in. */
export const LAST_YEAR = 2200;

/** 1900-01-01T00:00:00.000Z. */
export const FIRST_INSTANT: Instant = -2_208_988_800_000;

/** 2200-12-31T23:59:59.999Z; no deadline lies later. */
export const LAST_INSTANT: Instant = 7_289_654_399_999;

/** Schema of an {@link Instant}: whole milliseconds within the years 1900 to 2200 (UTC). */
export const Instant = Schema.Number.check(
  Schema.makeFilter((value: number) =>
    isInstant(value)
      ? undefined
      : "must be whole epoch milliseconds between the years 1900 and 2200",
  ),
);

/** Schema of a date, `2026-11-22`: it must exist and lie within the years 1900 to 2200. */
export const LocalDate = Schema.String.check(
  Schema.makeFilter((value: string) =>
    parseDate(value) === undefined
      ? "must be an existing date such as 2026-11-22, between the years 1900 and 2200"
      : undefined,
  ),
);

/** Schema of a month, `2026-11`, between the years 1900 and 2200. */
export const Month = Schema.String.check(
  Schema.makeFilter((value: string) =>
    parseMonth(value) === undefined
      ? "must be a month such as 2026-11, between the years 1900 and 2200"
      : undefined,
  ),
);

/** Schema of a time of day, `08:30`: 00:00 to 23:59. */
export const WallTime = Schema.String.check(
  Schema.makeFilter((value: string) =>
    (parseTime(value) ?? DAY) < DAY ? undefined : "must be a time of day from 00:00 to 23:59",
  ),
);

/** Schema of the end of an interval of a day, `17:30`: 00:00 to 24:00. */
export const WallTimeEnd = Schema.String.check(
  Schema.makeFilter((value: string) =>
    parseTime(value) === undefined ? "must be a time of day from 00:00 to 24:00" : undefined,
  ),
);

/** Milliseconds of a minute, an hour and a day of the wall clock. */
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** True for whole milliseconds within the supported years. */
export const isInstant = (value: number): boolean =>
  Number.isInteger(value) && value >= FIRST_INSTANT && value <= LAST_INSTANT;

/** The day number of a date, or undefined when it does not exist or is out of range. */
export const parseDate = (text: string): number | undefined => {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1) return undefined;
  const first = dayNumber(year, month, 1);
  const next = month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1);
  return day > next - first ? undefined : first + day - 1;
};

/** The day numbers of a month's first day and of the next month's, or undefined. */
export const parseMonth = (
  text: string,
): { readonly first: number; readonly next: number } | undefined => {
  const first = parseDate(`${text}-01`);
  return first === undefined ? undefined : { first, next: first + daysInMonth(first) };
};

/** Milliseconds since midnight of `HH:MM` (24:00 included), or undefined. */
export const parseTime = (text: string): number | undefined => {
  const parts = TIME.exec(text);
  if (parts === null) return undefined;
  const [hours, minutes] = [Number(parts[1]), Number(parts[2])];
  if (minutes > 59 || hours > 24 || (hours === 24 && minutes > 0)) return undefined;
  return hours * HOUR + minutes * MINUTE;
};

/** `2026-11-22` of a day number. */
export const formatDate = (day: number): string => {
  const { year, month, date } = civilOf(day);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(date)}`;
};

/** `21:00` of milliseconds since midnight; seconds are dropped. */
export const formatTime = (millis: number): string => {
  const minutes = Math.floor(millis / MINUTE);
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

/** ISO weekday of a day number: 1 Monday to 7 Sunday. */
export const weekdayOf = (day: number): number => modulo(day + 3, 7) + 1;

/** Day number of a Gregorian date, by counting years from March, so that the leap day comes last. */
export const dayNumber = (year: number, month: number, date: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const yearDay = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + date - 1;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leaps + yearDay - 719_468;
};

// Private

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d)$/;

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

const daysInMonth = (first: number): number => {
  const { year, month } = civilOf(first);
  return (month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)) - first;
};

// The inverse of dayNumber: 400 Gregorian years are 146,097 days.
const civilOf = (
  day: number,
): { readonly year: number; readonly month: number; readonly date: number } => {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    date: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
};
