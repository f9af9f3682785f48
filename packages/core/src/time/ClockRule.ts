/**
 * A clock rule: how long a step may take, as data in a charter.
 *
 * Four clocks. `wallHours` run day and night. `workingHours` run inside the
 * calendar's office hours only: not over lunch, not on off days, but on make-up
 * working days. `workingDays` and `naturalDays` count days from the day after the
 * start, as Chinese law counts ("the day of the start is not counted").
 */
import * as Schema from "effect/Schema";
import type { LocalText } from "../data/index.ts";
import { WallTime } from "./Civil.ts";

/** What is counted. */
export type Clock = "wallHours" | "workingHours" | "workingDays" | "naturalDays";

/** How long a step may take. */
export interface ClockRule {
  readonly clock: Clock;
  /**
   * Whole hours (at most 100,000) or days (at most 3,650). An hour clock needs an
   * hour or a minute at least; a day clock may say 0 days with the end of day as
   * anchor: by the end of the same day, or of the next working day.
   */
  readonly amount: number;
  /** 0 to 59 on top of the hours; hour clocks only. */
  readonly minutes?: number;
  /**
   * When on the last day it falls due; day clocks only. `endOfDay` (the default):
   * its last millisecond, 23:59:59.999 local time. `keepTime`: the time of day of the
   * start; with working days, a start on an off day then stands for the last
   * millisecond of the working day before it, as no working time passes on off days.
   */
  readonly anchor?: "keepTime" | "endOfDay";
  /** Moves the start before anything is counted, and the last day after. */
  readonly roll?: RollRule;
}

/**
 * How a start outside the office is moved; first `offDay`, then `lateFrom`. A
 * roll that keeps the time of day may give an earlier start the later deadline.
 */
export interface RollRule {
  /** A start on an off day moves to the next working day: at the same time, or at its opening. */
  readonly offDay?: "keepTime" | "opening";
  /**
   * A start at or after this time of day moves to the next working day, at `lateTo`
   * or, without it, its opening. Without `offDay`, every start on an off day is late.
   */
  readonly lateFrom?: string;
  readonly lateTo?: string;
  /**
   * `naturalDays` only: a last day that is off moves to the next working day, as
   * article 203 of China's Civil Code has it for legal periods.
   */
  readonly lastDay?: "nextWorkingDay";
}

/** Upper bounds of {@link ClockRule.amount}. */
export const MAX_HOURS = 100_000;
export const MAX_DAYS = 3_650;

/** True for the clocks whose amount is hours. */
export const isHourClock = (clock: Clock): boolean =>
  clock === "wallHours" || clock === "workingHours";

const amountOf = Schema.Number.check(
  Schema.makeFilter((value: number) =>
    Number.isInteger(value) && value >= 0 && value <= MAX_HOURS
      ? undefined
      : `must be a whole number from 0 to ${MAX_HOURS}`,
  ),
);

const minutesOf = Schema.Number.check(
  Schema.makeFilter((value: number) =>
    Number.isInteger(value) && value >= 0 && value <= 59
      ? undefined
      : "must be whole minutes from 0 to 59",
  ),
);

/** Schema of {@link RollRule}. */
export const RollRule = Schema.Struct({
  offDay: Schema.optionalKey(Schema.Literals(["keepTime", "opening"])),
  lateFrom: Schema.optionalKey(WallTime),
  lateTo: Schema.optionalKey(WallTime),
  lastDay: Schema.optionalKey(Schema.Literal("nextWorkingDay")),
}).check(
  Schema.makeFilter((roll: RollRule) =>
    roll.lateTo !== undefined && roll.lateFrom === undefined
      ? { path: ["lateTo"], issue: "needs lateFrom beside it" }
      : undefined,
  ),
);

/** Schema of {@link ClockRule}. */
export const ClockRule = Schema.Struct({
  clock: Schema.Literals(["wallHours", "workingHours", "workingDays", "naturalDays"]),
  amount: amountOf,
  minutes: Schema.optionalKey(minutesOf),
  anchor: Schema.optionalKey(Schema.Literals(["keepTime", "endOfDay"])),
  roll: Schema.optionalKey(RollRule),
}).check(Schema.makeFilter((rule: ClockRule) => faultOfRule(rule)));

/** A rule in words, for reasons and for printing a charter: `5 working days`, `5个工作日`. */
export const describeClock = (rule: ClockRule): LocalText => {
  const minutes = rule.minutes ?? 0;
  const keep = rule.anchor === "keepTime";
  switch (rule.clock) {
    case "wallHours":
      return { zh: hoursZh("小时", rule.amount, minutes), en: hoursEn("", rule.amount, minutes) };
    case "workingHours":
      return {
        zh: hoursZh("个工作小时", rule.amount, minutes),
        en: hoursEn("working ", rule.amount, minutes),
      };
    case "workingDays":
      if (rule.amount === 0) return { zh: "当个工作日内", en: "by the end of the working day" };
      return {
        zh: `${rule.amount}个工作日${keep ? "（至同一时刻）" : ""}`,
        en: `${plural(rule.amount, "working day")}${keep ? ", to the same time of day" : ""}`,
      };
    case "naturalDays":
      if (rule.amount === 0) return { zh: "当日内", en: "by the end of the day" };
      return {
        zh: `${rule.amount}日${keep ? "（至同一时刻）" : ""}`,
        en: `${plural(rule.amount, "day")}${keep ? ", to the same time of day" : ""}`,
      };
  }
};

// Private

const faultOfRule = (rule: ClockRule): Schema.FilterOutput => {
  const fault = (field: string, issue: string) => ({ path: [field], issue });
  if (isHourClock(rule.clock)) {
    if (rule.anchor !== undefined) return fault("anchor", "belongs to the day clocks only");
    if (rule.amount === 0 && (rule.minutes ?? 0) === 0) {
      return fault("amount", "must be at least one hour, or have minutes beside it");
    }
  } else {
    if (rule.minutes !== undefined) return fault("minutes", "belong to the hour clocks only");
    if (rule.amount > MAX_DAYS) return fault("amount", `must be at most ${MAX_DAYS} days`);
    if (rule.amount === 0 && rule.anchor === "keepTime") {
      return fault("amount", "must be at least one day when the time of day is kept");
    }
  }
  if (rule.roll?.lastDay !== undefined && rule.clock !== "naturalDays") {
    return { path: ["roll", "lastDay"], issue: "belongs to natural days only" };
  }
  return undefined;
};

const plural = (amount: number, unit: string): string =>
  `${amount} ${unit}${amount === 1 ? "" : "s"}`;

const hoursZh = (unit: string, hours: number, minutes: number): string =>
  minutes === 0
    ? `${hours}${unit}`
    : hours === 0
      ? `${minutes}${unit === "小时" ? "分钟" : "个工作分钟"}`
      : `${hours}${unit}${minutes}分钟`;

const hoursEn = (kind: string, hours: number, minutes: number): string =>
  minutes === 0
    ? plural(hours, `${kind}hour`)
    : hours === 0
      ? plural(minutes, `${kind}minute`)
      : `${plural(hours, `${kind}hour`)} ${plural(minutes, "minute")}`;
