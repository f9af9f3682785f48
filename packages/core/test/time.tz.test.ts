import { describe, expect, it } from "vitest";
import {
  deadlineOf,
  formatInstant,
  instantOf,
  isQuiet,
  localDate,
  monthRange,
  nextWeekday,
  remainingAt,
} from "../src/time/index.ts";
import { CHINA_2026, compiled, NEW_YORK } from "./timeFixtures.ts";

const china = compiled(CHINA_2026);
const boston = compiled(NEW_YORK);

describe(`the same answers whatever the process time zone (${process.env["TZ"] ?? "unset"})`, () => {
  it("which really is what the run says", () => {
    const zone = process.env["TZ"];
    if (zone !== undefined) {
      expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone);
    }
  });

  it("dates, times and months", () => {
    expect(instantOf(china, "2026-11-22", "21:00")).toBe(Date.UTC(2026, 10, 22, 13));
    expect(formatInstant(china, Date.UTC(2026, 10, 22, 17))).toBe("2026-11-23 01:00");
    expect(localDate(boston, Date.UTC(2026, 10, 22, 3))).toBe("2026-11-21");
    expect(monthRange(china, "2026-02")).toEqual({
      from: Date.UTC(2026, 0, 31, 16),
      until: Date.UTC(2026, 1, 28, 16),
    });
    expect(isQuiet(china, { from: "22:00", until: "07:00" }, Date.UTC(2026, 5, 1, 22, 59))).toBe(
      true,
    );
    expect(nextWeekday(china, { weekday: 5, from: "2026-10-02", onOffDay: "next" })).toBe(
      "2026-10-08",
    );
  });

  it("deadlines of every clock", () => {
    const filed = Date.UTC(2026, 1, 13, 2); // 10:00 in Shanghai
    const due = (rule: Parameters<typeof deadlineOf>[1]) => deadlineOf(china, rule, filed).dueAt;
    expect(due({ clock: "workingDays", amount: 3 })).toBe(Date.UTC(2026, 1, 25, 16) - 1);
    expect(due({ clock: "workingDays", amount: 3, anchor: "keepTime" })).toBe(
      Date.UTC(2026, 1, 25, 2),
    );
    expect(due({ clock: "naturalDays", amount: 15 })).toBe(Date.UTC(2026, 1, 28, 16) - 1);
    expect(due({ clock: "workingHours", amount: 8 })).toBe(Date.UTC(2026, 1, 14, 3, 30));
    expect(due({ clock: "wallHours", amount: 24 })).toBe(Date.UTC(2026, 1, 14, 2));
    const week = deadlineOf(china, { clock: "workingDays", amount: 5 }, Date.UTC(2026, 8, 18, 15));
    expect(week.dueAt).toBe(Date.UTC(2026, 8, 24, 16) - 1);
    expect(remainingAt(china, week, Date.UTC(2026, 8, 20, 1)).days).toBe(4);
  });

  it("daylight saving of another zone", () => {
    const natural = { clock: "naturalDays", amount: 1, anchor: "keepTime" } as const;
    // 10:00 in New York on either side of the change, in March and in November.
    expect(deadlineOf(boston, natural, Date.UTC(2026, 2, 7, 15)).dueAt).toBe(
      Date.UTC(2026, 2, 8, 14),
    );
    expect(deadlineOf(boston, natural, Date.UTC(2026, 9, 31, 14)).dueAt).toBe(
      Date.UTC(2026, 10, 1, 15),
    );
  });
});
