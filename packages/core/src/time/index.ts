/** Time: calendars, clock rules, deadlines and the wall clock, in an explicit zone. */
export {
  CalendarData,
  CalendarDay,
  DEFAULT_TIME_ZONE,
  kindOfDay,
  makeCalendar,
  mergeCalendars,
} from "./Calendar.ts";
export type { Calendar, CalendarOverlay, OfficeHours } from "./Calendar.ts";
export {
  FIRST_INSTANT,
  Instant,
  isInstant,
  LAST_INSTANT,
  LocalDate,
  Month,
  WallTime,
} from "./Civil.ts";
export { ClockRule, describeClock, MAX_DAYS, MAX_HOURS, RollRule } from "./ClockRule.ts";
export type { Clock } from "./ClockRule.ts";
export {
  Deadline,
  deadlineOf,
  recompute,
  Remaining,
  remainingAt,
  resumeDeadline,
} from "./Deadline.ts";
export {
  formatInstant,
  instantOf,
  isOpen,
  isQuiet,
  localDate,
  localTime,
  monthOf,
  monthRange,
  nextOpening,
  nextWeekday,
  QuietHours,
  quietEnd,
} from "./WallClock.ts";
export type { WeeklyMeeting } from "./WallClock.ts";
