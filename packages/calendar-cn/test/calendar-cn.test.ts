import {
  deadlineOf,
  formatInstant,
  instantOf,
  kindOfDay,
  makeCalendar,
  nextWeekday,
} from "@linli/core/time";
import { isHoliday, isWorkday } from "chinese-days";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import { calendarCn, OFFICE_HOURS, papersOf } from "../src/index.ts";

const data = calendarCn();
const china = Result.getOrThrow(makeCalendar(data));

const dates = (from: string, until: string): Array<string> => {
  const found: Array<string> = [];
  for (let at = Date.parse(from); at <= Date.parse(until); at += 86_400_000) {
    found.push(new Date(at).toISOString().slice(0, 10));
  }
  return found;
};

describe("the State Council's calendar", () => {
  it("agrees with chinese-days on every day of 2007 to 2026", () => {
    const all = dates("2007-01-01", "2026-12-31");
    expect(all).toHaveLength(7305);
    const different = all.filter((date) => {
      const { working, known } = kindOfDay(china, date);
      return !known || working !== isWorkday(date) || working === isHoliday(date);
    });
    expect(different).toEqual([]);
  });

  it("lists 678 days, each once, 133 of them make-up working days, all but one on weekends", () => {
    expect(data.days).toHaveLength(678);
    expect(new Set(data.days.map((day) => day.date)).size).toBe(678);
    const working = data.days.filter((day) => !day.off).map((day) => day.date);
    expect(working).toHaveLength(133);
    const onWeekdays = working.filter((date) => {
      const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
      return weekday !== 0 && weekday !== 6;
    });
    // Spring Festival 2020 was made longer: its notice names the Monday work began again.
    expect(onWeekdays).toEqual(["2020-02-03"]);
  });

  it("knows 2026 day by day", () => {
    const off = dates("2026-01-01", "2026-12-31").filter((date) => {
      const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
      return weekday !== 0 && weekday !== 6 && !kindOfDay(china, date).working;
    });
    expect(off).toEqual([
      ...dates("2026-01-01", "2026-01-02"),
      ...dates("2026-02-16", "2026-02-20"),
      "2026-02-23",
      "2026-04-06",
      "2026-05-01",
      "2026-05-04",
      "2026-05-05",
      "2026-06-19",
      "2026-09-25",
      "2026-10-01",
      "2026-10-02",
      ...dates("2026-10-05", "2026-10-07"),
    ]);
    const madeUp = data.days.filter((day) => !day.off && day.date.startsWith("2026"));
    expect(madeUp.map((day) => day.date).sort()).toEqual([
      "2026-01-04",
      "2026-02-14",
      "2026-02-28",
      "2026-05-09",
      "2026-09-20",
      "2026-10-10",
    ]);
    expect(kindOfDay(china, "2026-02-17").name).toBe("春节");
  });

  it("keeps the days a notice names in the year before", () => {
    expect(kindOfDay(china, "2006-12-30")).toEqual({ working: true, known: true, name: "元旦" });
    expect(kindOfDay(china, "2006-12-29").known).toBe(false);
    expect(kindOfDay(china, "2007-12-31")).toEqual({ working: false, known: true, name: "元旦" });
  });

  it("names the notices it rests on", () => {
    for (let year = 2007; year <= 2026; year += 1) {
      expect(papersOf(year).length).toBeGreaterThan(0);
      for (const paper of papersOf(year)) expect(paper).toMatch(/^https?:\/\/www\.gov\.cn\//);
    }
    expect(papersOf(2027)).toEqual([]);
  });
});

describe("deadlines in China", () => {
  it.each([
    ["2026-02-13", 3, "2026-02-25 23:59", false],
    ["2026-09-18", 5, "2026-09-24 23:59", false],
    ["2026-12-25", 4, "2026-12-31 23:59", false],
    ["2026-12-25", 5, "2027-01-01 23:59", true],
  ])("filed %s, %i working days: %s", (date, amount, expected, provisional) => {
    const filed = instantOf(china, date, "10:00");
    const deadline = deadlineOf(china, { clock: "workingDays", amount }, filed);
    expect(formatInstant(china, deadline.dueAt)).toBe(expected);
    expect(deadline).toMatchObject({ provisional, calendar: "cn" });
  });

  it.each([
    ["2026-05-01", "2026-05-08", "2026-05-08", "2026-05-06"],
    ["2026-04-28", "2026-05-08", "2026-04-30", "2026-05-06"],
    ["2026-10-02", "2026-10-09", "2026-10-09", "2026-10-08"],
    ["2026-09-29", "2026-10-09", "2026-09-30", "2026-10-08"],
  ])("the Friday meeting from %s: skip %s, previous %s, next %s", (from, ...expected) => {
    const held = (["skip", "previous", "next"] as const).map((onOffDay) =>
      nextWeekday(china, { weekday: 5, from, onOffDay }),
    );
    expect(held).toEqual(expected);
  });
});

describe("a place's own", () => {
  it("office hours and regional days", () => {
    const region = { id: "gx", days: [{ date: "2026-04-20", off: true, name: "三月三" }] };
    const hours = [["08:30", "12:00"]] as const;
    const own = Result.getOrThrow(makeCalendar(calendarCn({ hours, region })));
    expect(own.id).toBe("cn-gx");
    expect(own.data.hours).toEqual(hours);
    expect(kindOfDay(own, "2026-04-20")).toEqual({ working: false, known: true, name: "三月三" });
    expect(kindOfDay(own, "2026-04-21").working).toBe(true);
    expect(data).toMatchObject({
      id: "cn",
      timeZone: "Asia/Shanghai",
      hours: OFFICE_HOURS,
      covers: { from: "2007-01-01", until: "2026-12-31" },
    });
  });

  it("may change a national day", () => {
    const region = { id: "x", days: [{ date: "2026-02-14", off: true }] };
    const own = Result.getOrThrow(makeCalendar(calendarCn({ region })));
    expect(kindOfDay(own, "2026-02-14")).toEqual({ working: false, known: true });
  });
});
