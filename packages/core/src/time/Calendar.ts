/**
 * A calendar: which days are worked, during which hours, in which zone, and up to
 * which date its holidays are known.
 *
 * Holidays are announced year by year, so a calendar knows its horizon. Beyond it
 * the weekly pattern is used and the answer is marked provisional; with a newer
 * calendar open deadlines are computed again.
 */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { decodeInput, Id, InputError, textOf, type InputLimits } from "../data/index.ts";
import {
  isInstant,
  LAST_YEAR,
  LocalDate,
  parseDate,
  parseTime,
  WallTime,
  WallTimeEnd,
  weekdayOf,
  dayNumber,
  FIRST_YEAR,
  DAY,
  type Instant,
} from "./Civil.ts";
import { makeZone, type Zone } from "./Zone.ts";

/** Working intervals of one day, `["09:00", "12:00"]`, in order and apart; the end may be 24:00. */
export type OfficeHours = ReadonlyArray<readonly [string, string]>;

/** A date that differs from the weekly pattern. */
export interface CalendarDay {
  readonly date: string;
  /** True: nobody works; false: a working day, even on a weekend (调休). */
  readonly off: boolean;
  readonly name?: string;
  /** Replaces the calendar's hours on this working day, for half days. */
  readonly hours?: OfficeHours;
}

/** A calendar as data: JSON in a charter or a data package. */
export interface CalendarData {
  readonly id: string;
  /** IANA name; see {@link DEFAULT_TIME_ZONE}. */
  readonly timeZone: string;
  /** ISO weekdays off, 1 Monday to 7 Sunday; at least one day of the week is worked. */
  readonly weekend: ReadonlyArray<number>;
  /** Working intervals of a working day. */
  readonly hours: OfficeHours;
  readonly days: ReadonlyArray<CalendarDay>;
  /**
   * First and last date whose holidays are known; outside, answers are provisional.
   * Null: the calendar makes no claim about holidays and is never provisional.
   */
  readonly covers: { readonly from: string; readonly until: string } | null;
}

/** Days that a region adds to, or changes in, a calendar. */
export interface CalendarOverlay {
  /** Identifier of the resulting calendar. */
  readonly id: string;
  readonly days: ReadonlyArray<CalendarDay>;
  readonly hours?: OfficeHours;
}

/** A compiled calendar. Days are numbers of days since 1970-01-01. */
export interface Calendar {
  readonly id: string;
  readonly timeZone: string;
  readonly data: CalendarData;
  readonly zone: Zone;
  readonly isWorkingDay: (day: number) => boolean;
  /** True when the holidays of all days from `first` to `last` are known. */
  readonly knows: (first: number, last: number) => boolean;
  readonly nameOf: (day: number) => string | undefined;
  /** Working intervals of a day in milliseconds since midnight; empty on an off day. */
  readonly hoursOf: (day: number) => ReadonlyArray<Interval>;
}

/** Milliseconds since midnight; `end` is excluded. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The zone used when nothing else is said: all of China keeps it. */
export const DEFAULT_TIME_ZONE = "Asia/Shanghai";

/** First and last day any date may lie on. */
export const FIRST_DAY = dayNumber(FIRST_YEAR, 1, 1);
export const LAST_DAY = dayNumber(LAST_YEAR, 12, 31);

const CALENDAR_LIMITS: InputLimits = { bytes: 16 * 1024 * 1024, depth: 8, values: 1_000_000 };

const Hours = Schema.Array(Schema.Tuple([WallTime, WallTimeEnd])).check(
  Schema.makeFilter((hours: OfficeHours) => faultOfHours(hours)),
);

const Weekday = Schema.Number.check(
  Schema.makeFilter((value: number) =>
    Number.isInteger(value) && value >= 1 && value <= 7
      ? undefined
      : "must be an ISO weekday, 1 Monday to 7 Sunday",
  ),
);

/** Schema of {@link CalendarDay}. */
export const CalendarDay = Schema.Struct({
  date: LocalDate,
  off: Schema.Boolean,
  name: Schema.optionalKey(textOf(80)),
  hours: Schema.optionalKey(Hours),
}).check(
  Schema.makeFilter((day: CalendarDay) =>
    day.off && day.hours !== undefined
      ? { path: ["hours"], issue: "an off day has no working hours" }
      : undefined,
  ),
);

/** Schema of {@link CalendarData}. */
export const CalendarData = Schema.Struct({
  id: Id,
  timeZone: Schema.String.check(
    Schema.makeFilter((name: string) =>
      makeZone(name) === undefined ? "must be an IANA time zone such as Asia/Shanghai" : undefined,
    ),
  ),
  weekend: Schema.Array(Weekday).check(
    Schema.makeFilter((days: ReadonlyArray<number>) =>
      new Set(days).size !== days.length || days.length > 6
        ? "must name different weekdays, at most six"
        : undefined,
    ),
  ),
  hours: Hours,
  days: Schema.Array(CalendarDay).check(
    Schema.makeFilter((days: ReadonlyArray<CalendarDay>) => faultOfDays(days)),
  ),
  covers: Schema.NullOr(
    Schema.Struct({ from: LocalDate, until: LocalDate }).check(
      Schema.makeFilter((covers: { readonly from: string; readonly until: string }) =>
        covers.from <= covers.until
          ? undefined
          : { path: ["until"], issue: "must not lie before from" },
      ),
    ),
  ),
});

/**
 * Checks and compiles a calendar. The data may come from anywhere: every fault is
 * an {@link InputError} of the door `calendar` with its path.
 */
export const makeCalendar = (data: CalendarData): Result.Result<Calendar, InputError> => {
  const decoded = decodeCalendar(data);
  if (Result.isFailure(decoded)) return Result.fail(decoded.failure);
  const zone = makeZone(decoded.success.timeZone);
  if (zone !== undefined) return Result.succeed(compile(decoded.success, zone));
  return Result.fail(
    new InputError({
      door: "calendar",
      path: "/timeZone",
      reason: "is not a time zone of this platform",
      advice: "use an IANA name",
    }),
  );
};

/**
 * The calendar `base` with a region's own days on top: of two entries for one date
 * the overlay's counts. What the base knows about holidays stays as it is.
 */
export const mergeCalendars = (base: CalendarData, overlay: CalendarOverlay): CalendarData => {
  const replaced = new Set(overlay.days.map((day) => day.date));
  return {
    id: overlay.id,
    timeZone: base.timeZone,
    weekend: base.weekend,
    hours: overlay.hours ?? base.hours,
    days: [...base.days.filter((day) => !replaced.has(day.date)), ...overlay.days],
    covers: base.covers,
  };
};

/** Whether a date is worked, whether its holidays are known, and its name if it has one. */
export const kindOfDay = (
  calendar: Calendar,
  date: string,
): { readonly working: boolean; readonly known: boolean; readonly name?: string } => {
  const day = dayOf(date);
  const name = calendar.nameOf(day);
  return {
    working: calendar.isWorkingDay(day),
    known: calendar.knows(day, day),
    ...(name === undefined ? {} : { name }),
  };
};

/**
 * The day number of a date that was decoded before.
 *
 * @throws RangeError when it is no date: a broken invariant, inputs are decoded by `LocalDate`.
 */
export const dayOf = (date: string): number => {
  const day = parseDate(date);
  if (day === undefined) throw new RangeError("a date must be YYYY-MM-DD, years 1900 to 2200");
  return day;
};

/**
 * The wall time at an instant, split into day number and milliseconds since midnight.
 *
 * @throws RangeError when `at` is no {@link Instant}: a broken invariant.
 */
export const wallOf = (
  calendar: Calendar,
  at: Instant,
): { readonly day: number; readonly time: number } => {
  if (!isInstant(at)) throw new RangeError("an instant lies in 1900 to 2200");
  const wall = calendar.zone.wallOf(at);
  const day = Math.floor(wall / DAY);
  return { day, time: wall - day * DAY };
};

/** The first working day at or after `day`; `LAST_DAY + 1` when there is none. */
export const workingDayFrom = (calendar: Calendar, day: number): number => {
  let found = day;
  while (found <= LAST_DAY && !calendar.isWorkingDay(found)) found += 1;
  return found;
};

/** The last working day at or before `day`; `FIRST_DAY - 1` when there is none. */
export const workingDayUntil = (calendar: Calendar, day: number): number => {
  let found = day;
  while (found >= FIRST_DAY && !calendar.isWorkingDay(found)) found -= 1;
  return found;
};

// Private

const decodeCalendar = decodeInput(CalendarData, { door: "calendar", limits: CALENDAR_LIMITS });

const faultOfHours = (hours: OfficeHours): Schema.FilterOutput => {
  if (hours.length === 0) return "must hold at least one interval";
  let last = -1;
  for (const [index, [from, until]] of hours.entries()) {
    const start = parseTime(from) ?? 0;
    const end = parseTime(until) ?? 0;
    if (end <= start) return { path: [index], issue: "must end after it begins" };
    if (start <= last) return { path: [index], issue: "must begin after the interval before ends" };
    last = end;
  }
  return undefined;
};

const faultOfDays = (days: ReadonlyArray<CalendarDay>): Schema.FilterOutput => {
  const seen = new Set<string>();
  for (const [index, { date }] of days.entries()) {
    if (seen.has(date)) return { path: [index, "date"], issue: "is listed twice" };
    seen.add(date);
  }
  return undefined;
};

const compile = (data: CalendarData, zone: Zone): Calendar => {
  const week = [1, 2, 3, 4, 5, 6, 7].map((weekday) => !data.weekend.includes(weekday));
  const listed = new Map(data.days.map((day) => [dayOf(day.date), day]));
  const usual = intervalsOf(data.hours);
  const special = new Map<number, ReadonlyArray<Interval>>();
  for (const [day, { hours }] of listed) {
    if (hours !== undefined) special.set(day, intervalsOf(hours));
  }
  const isWorkingDay = lookUp(week, listed);
  const from = data.covers === null ? -Infinity : dayOf(data.covers.from);
  const until = data.covers === null ? Infinity : dayOf(data.covers.until);
  return {
    id: data.id,
    timeZone: data.timeZone,
    data,
    zone,
    isWorkingDay,
    knows: (first, last) => {
      if (first > last || (first >= from && last <= until)) return true;
      let day = last;
      while (day >= first && ((day >= from && day <= until) || listed.has(day))) day -= 1;
      return day < first;
    },
    nameOf: (day) => listed.get(day)?.name,
    hoursOf: (day) => (isWorkingDay(day) ? (special.get(day) ?? usual) : []),
  };
};

// One byte for each day between the first and the last listed date; the week decides elsewhere.
const lookUp = (
  week: ReadonlyArray<boolean>,
  listed: ReadonlyMap<number, CalendarDay>,
): ((day: number) => boolean) => {
  const usual = (day: number): boolean => week[weekdayOf(day) - 1] === true;
  let first = Infinity;
  let last = -Infinity;
  for (const day of listed.keys()) {
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  if (listed.size === 0) return usual;
  const table = new Uint8Array(last - first + 1);
  for (let day = first; day <= last; day += 1) {
    const entry = listed.get(day);
    table[day - first] = (entry === undefined ? usual(day) : !entry.off) ? 1 : 0;
  }
  return (day) => (day >= first && day <= last ? table[day - first] === 1 : usual(day));
};

const intervalsOf = (hours: OfficeHours): ReadonlyArray<Interval> =>
  hours.map(([from, until]) => ({ start: parseTime(from) ?? 0, end: parseTime(until) ?? 0 }));
