/** Deadlines as arithmetic: one zone without summer time, one weekend, one holiday. */
import type { ClockState } from "@linli/core/issue";
import { HOLIDAYS } from "./town.ts";

/** The rules of this town's clock sets, and of the library's defaults behind them. */
export const ONE_DAY = { clock: "workingDays", amount: 1 } as const;
export const THREE_DAYS = { clock: "workingDays", amount: 3 } as const;
export const FIVE_DAYS = { clock: "workingDays", amount: 5 } as const;
const THIRTY_DAYS = { clock: "naturalDays", amount: 30 } as const;
export const FAST_ACCEPT = { clock: "wallHours", amount: 2 } as const;
export const FAST_RESOLVE = { clock: "wallHours", amount: 24 } as const;

type Kind = ClockState["kind"];
type Rule = ClockState["deadline"]["rule"];

const clock = (kind: Kind, rule: Rule, startedAt: number, dueAt: number): ClockState => ({
  key: kind,
  kind,
  deadline: { dueAt, startedAt, rule, calendar: "bench", provisional: false },
  attempt: 0,
  paused: null,
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Shanghai has no summer time. */
const OFFSET = 8 * HOUR;
const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / DAY;
const OFF = new Set(HOLIDAYS.off.map(dayOf));
const WORKED = new Set(HOLIDAYS.worked.map(dayOf));
// Day 0 was a Thursday.
const isWorked = (day: number) => ((day + 3) % 7 < 5 ? !OFF.has(day) : WORKED.has(day));

/** A clock of wall hours. */
export const hours = (kind: Kind, rule: Rule, at: number) =>
  clock(kind, rule, at, at + rule.amount * HOUR);
/** A clock of working days: due at the end of the last one. */
export const days = (kind: Kind, rule: Rule, at: number): ClockState => {
  let day = Math.floor((at + OFFSET) / DAY);
  for (let left = rule.amount; left > 0;) {
    day += 1;
    if (isWorked(day)) left -= 1;
  }
  return clock(kind, rule, at, endOf(day));
};
/** The review after thirty natural days. */
export const reviewClock = (at: number) =>
  clock("review", THIRTY_DAYS, at, endOf(Math.floor((at + OFFSET) / DAY) + 30));
const endOf = (day: number) => (day + 1) * DAY - OFFSET - 1;
