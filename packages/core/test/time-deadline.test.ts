import * as fc from "fast-check";
import * as Schema from "effect/Schema";
import { describe, expect, it } from "vitest";
import {
  type Calendar,
  type CalendarData,
  ClockRule,
  Deadline,
  deadlineOf,
  describeClock,
  formatInstant,
  instantOf,
  kindOfDay,
  localDate,
  recompute,
  Remaining,
  remainingAt,
  resumeDeadline,
} from "../src/time/index.ts";
import {
  CHINA_2026,
  compiled,
  isWorkingDate,
  NEW_YORK,
  ROUND_THE_CLOCK,
  slowDeadline,
  stamp,
} from "./timeFixtures.ts";

const china = compiled(CHINA_2026);
const boston = compiled(NEW_YORK);
const allNight = compiled(ROUND_THE_CLOCK);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

const hourRule = (most: number): fc.Arbitrary<ClockRule> =>
  fc.record({
    clock: fc.constantFrom("wallHours" as const, "workingHours" as const),
    amount: fc.integer({ min: 0, max: most }),
    minutes: fc.integer({ min: 1, max: 59 }),
  });

const dayRule = (most: number): fc.Arbitrary<ClockRule> =>
  fc.record({
    clock: fc.constantFrom("workingDays" as const, "naturalDays" as const),
    amount: fc.integer({ min: 1, max: most }),
    anchor: fc.constantFrom("keepTime" as const, "endOfDay" as const),
  });

const sameDay: fc.Arbitrary<ClockRule> = fc.record({
  clock: fc.constantFrom("workingDays" as const, "naturalDays" as const),
  amount: fc.constant(0),
  anchor: fc.constant("endOfDay" as const),
});

const anyRule = (most: number) => fc.oneof(hourRule(most), dayRule(most), sameDay);

const roll = fc.record(
  {
    offDay: fc.constantFrom("keepTime" as const, "opening" as const),
    lateFrom: fc.constantFrom("16:30", "17:00", "20:00"),
  },
  { requiredKeys: [] },
);

const rolledRule = (most: number): fc.Arbitrary<ClockRule> =>
  fc.tuple(anyRule(most), roll).map(([rule, rolls]) => ({ ...rule, roll: rolls }));

/** Instants of the first ten months of 2026, to the millisecond. */
const within2026 = fc.integer({
  min: instantOf(china, "2026-01-01", "00:00"),
  max: instantOf(china, "2026-10-20", "00:00"),
});
const wholeMinute = within2026.map((at) => Math.floor(at / MINUTE) * MINUTE);

const places = {
  china: { data: CHINA_2026, calendar: china },
  boston: { data: NEW_YORK, calendar: boston },
  allNight: { data: ROUND_THE_CLOCK, calendar: allNight },
};
const anyPlace = fc.constantFrom("china" as const, "boston" as const, "allNight" as const);
const newYorkPlace = fc.constantFrom("boston" as const, "allNight" as const);

describe("a deadline is what walking the wall clock minute by minute gives", () => {
  it("anywhere in the year", () => {
    fc.assert(
      fc.property(anyPlace, wholeMinute, anyRule(6), (name, from, rule) => {
        const place = places[name];
        expect(deadlineOf(place.calendar, rule, from).dueAt).toBe(
          slowDeadline(place.data, rule, from),
        );
      }),
      { seed: 20260213, numRuns: 250 },
    );
  });

  it("around the nights on which New York sets its clocks", () => {
    const change = fc.constantFrom("2026-03-08", "2026-11-01");
    const minutes = fc.integer({ min: -60 * 60, max: 30 * 60 });
    const near = fc
      .tuple(change, minutes)
      .map(([date, shift]) => instantOf(boston, date, "00:00") + shift * MINUTE);
    fc.assert(
      fc.property(newYorkPlace, near, anyRule(3), (name, from, rule) => {
        const place = places[name];
        // A start in the hour that occurs twice keeps its time of day, not its occurrence.
        fc.pre(rule.anchor !== "keepTime" || !stampedTwice(place.data, from));
        expect(deadlineOf(place.calendar, rule, from).dueAt).toBe(
          slowDeadline(place.data, rule, from),
        );
      }),
      { seed: 308, numRuns: 250 },
    );
  });
});

const stampedTwice = (data: CalendarData, at: number): boolean =>
  [-HOUR, HOUR].some((shift) => stamp(data)(at + shift) === stamp(data)(at));

describe("laws of a deadline", () => {
  it("never lies before its start, and a larger amount never makes it earlier", () => {
    fc.assert(
      fc.property(
        anyPlace,
        within2026,
        fc.oneof(anyRule(400), rolledRule(400)),
        fc.integer({ min: 1, max: 50 }),
        (name, from, rule, more) => {
          const { calendar } = places[name];
          const due = deadlineOf(calendar, rule, from).dueAt;
          expect(due).toBeGreaterThanOrEqual(from);
          const later = deadlineOf(calendar, { ...rule, amount: rule.amount + more }, from).dueAt;
          // "The same working day" and "one working day" are one thing when filed on an off day.
          if (rule.amount === 0) expect(later).toBeGreaterThanOrEqual(due);
          else expect(later).toBeGreaterThan(due);
        },
      ),
      { seed: 11, numRuns: 1000 },
    );
  });

  it("is never earlier for a later start, without roll", () => {
    fc.assert(
      fc.property(within2026, fc.nat({ max: 9 * DAY }), anyRule(60), (from, shift, rule) => {
        const first = deadlineOf(china, rule, from).dueAt;
        expect(deadlineOf(china, rule, from + shift).dueAt).toBeGreaterThanOrEqual(first);
      }),
      { seed: 12, numRuns: 2000 },
    );
  });

  it("of working days never falls on an off day", () => {
    fc.assert(
      fc.property(within2026, dayRule(30), roll, (from, rule, rolls) => {
        const deadline = deadlineOf(china, { ...rule, clock: "workingDays", roll: rolls }, from);
        expect(isWorkingDate(CHINA_2026, localDate(china, deadline.dueAt))).toBe(true);
      }),
      { seed: 13, numRuns: 1000 },
    );
  });

  it("of working hours falls within office hours or at their end", () => {
    const inside = (at: number) => {
      const text = stamp(CHINA_2026)(at - 1);
      const time = text.slice(11, 16);
      return (
        isWorkingDate(CHINA_2026, text.slice(0, 10)) &&
        ((time >= "09:00" && time < "12:00") || (time >= "14:00" && time < "17:30"))
      );
    };
    fc.assert(
      fc.property(within2026, hourRule(30), (from, rule) => {
        expect(inside(deadlineOf(china, { ...rule, clock: "workingHours" }, from).dueAt)).toBe(
          true,
        );
      }),
      { seed: 14, numRuns: 500 },
    );
  });

  it("is plain data: encoding and decoding gives it back", () => {
    fc.assert(
      fc.property(
        within2026,
        fc.oneof(anyRule(60), rolledRule(60)),
        fc.nat(DAY),
        (from, rule, shift) => {
          const deadline = deadlineOf(china, rule, from);
          const left = remainingAt(china, deadline, from + shift);
          const resumed = resumeDeadline(china, left, from + 2 * shift);
          const through = (schema: typeof Deadline, value: Deadline) =>
            Schema.decodeUnknownSync(schema)(JSON.parse(JSON.stringify(value)));
          expect(through(Deadline, deadline)).toEqual(deadline);
          expect(through(Deadline, resumed)).toEqual(resumed);
          expect(Schema.decodeUnknownSync(Remaining)(JSON.parse(JSON.stringify(left)))).toEqual(
            left,
          );
        },
      ),
      { seed: 15, numRuns: 200 },
    );
  });

  it("refuses an instant outside the supported years rather than computing with it", () => {
    for (const at of [Number.NaN, Infinity, 0.5, 8e15, -8e15]) {
      expect(() => deadlineOf(china, { clock: "wallHours", amount: 1 }, at)).toThrow(RangeError);
    }
  });

  it("is cut off and provisional at the end of the supported years", () => {
    const late = instantOf(boston, "2200-12-30", "10:00");
    for (const clock of ["workingDays", "naturalDays"] as const) {
      const deadline = deadlineOf(boston, { clock, amount: 3650 }, late);
      expect(deadline.provisional).toBe(true);
      expect(deadline.dueAt).toBe(Date.UTC(2200, 11, 31, 23, 59, 59, 999));
    }
    const hours = deadlineOf(boston, { clock: "workingHours", amount: 100_000 }, late);
    expect(hours.provisional).toBe(true);
  });
});

describe("pausing keeps the remaining time", () => {
  it("resuming at the instant of the pause gives the deadline back", () => {
    fc.assert(
      fc.property(
        anyPlace,
        within2026,
        fc.oneof(anyRule(60), rolledRule(60)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (name, from, rule, share) => {
          const { calendar } = places[name];
          const deadline = deadlineOf(calendar, rule, from);
          const at = Math.floor(from + (deadline.dueAt - from) * share);
          const resumed = resumeDeadline(calendar, remainingAt(calendar, deadline, at), at);
          expect(resumed.dueAt).toBe(deadline.dueAt);
        },
      ),
      { seed: 21, numRuns: 3000 },
    );
  });

  it("splitting one stretch into two with a pause uses up the same time", () => {
    fc.assert(
      fc.property(
        within2026,
        anyRule(20),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 30 * DAY }),
        (from, rule, share, pause) => {
          const deadline = deadlineOf(china, rule, from);
          const stop = Math.floor(from + (deadline.dueAt - from) * share);
          const left = remainingAt(china, deadline, stop);
          const resumed = resumeDeadline(china, left, stop + pause);
          // What is left right after resuming is what was left at the pause; the rest of a
          // working day that resumes on an off day is the next working day.
          const date = localDate(china, stop + pause);
          const putOff =
            rule.clock === "workingDays" &&
            rule.anchor === "endOfDay" &&
            left.days === 0 &&
            !left.overdue &&
            !isWorkingDate(CHINA_2026, date);
          const expected = putOff ? { ...left, days: 1 } : left;
          expect(remainingAt(china, resumed, stop + pause)).toEqual(expected);
          expect(resumed.dueAt).toBeGreaterThanOrEqual(deadline.dueAt);
          if (rule.clock === "wallHours") expect(resumed.dueAt).toBe(deadline.dueAt + pause);
        },
      ),
      { seed: 22, numRuns: 2000 },
    );
  });

  it("less is left the later one looks", () => {
    const size = (left: Remaining) => left.days * DAY + left.millis;
    fc.assert(
      fc.property(
        within2026,
        anyRule(20),
        fc.nat(20 * DAY),
        fc.nat(5 * DAY),
        (from, rule, a, b) => {
          const deadline = deadlineOf(china, rule, from);
          const early = remainingAt(china, deadline, from + a);
          const late = remainingAt(china, deadline, from + a + b);
          expect(size(late)).toBeLessThanOrEqual(size(early));
          expect(late.overdue).toBe(from + a + b >= deadline.dueAt);
        },
      ),
      { seed: 23, numRuns: 1000 },
    );
  });

  it("a step paused past its due time is due as soon as it resumes", () => {
    const rule: ClockRule = { clock: "workingDays", amount: 1 };
    const deadline = deadlineOf(china, rule, instantOf(china, "2026-03-02", "10:00"));
    const left = remainingAt(china, deadline, instantOf(china, "2026-03-04", "00:00"));
    expect(left).toEqual({ rule, days: 0, millis: 0, overdue: true });
    const at = instantOf(china, "2026-03-09", "08:00");
    expect(resumeDeadline(china, left, at).dueAt).toBe(at);
  });

  it("resumed in the hour that occurs twice, it is not due before it resumes", () => {
    const rule: ClockRule = { clock: "naturalDays", amount: 1, anchor: "keepTime" };
    const deadline = deadlineOf(boston, rule, instantOf(boston, "2026-10-20", "12:00"));
    const left = remainingAt(boston, deadline, deadline.dueAt - 5 * MINUTE);
    expect(left).toMatchObject({ days: 0, millis: 5 * MINUTE });
    const second = instantOf(boston, "2026-11-01", "01:30") + HOUR;
    expect(formatInstant(boston, second)).toBe("2026-11-01 01:30");
    expect(resumeDeadline(boston, left, second).dueAt).toBeGreaterThanOrEqual(second);
  });

  it("three working days, paused over the May holiday with two left", () => {
    const rule: ClockRule = { clock: "workingDays", amount: 3 };
    const deadline = deadlineOf(china, rule, instantOf(china, "2026-04-28", "10:00"));
    const left = remainingAt(china, deadline, instantOf(china, "2026-04-29", "16:00"));
    expect(left).toMatchObject({ days: 2, millis: 0, overdue: false });
    const resumed = resumeDeadline(china, left, instantOf(china, "2026-05-11", "09:00"));
    expect(formatInstant(china, resumed.dueAt)).toBe("2026-05-13 23:59");
    expect(resumed).toMatchObject({ rule, resumed: left, calendar: "china-2026" });
  });
});

describe("what the calendar does not know yet", () => {
  const rule: ClockRule = { clock: "workingDays", amount: 5 };
  const filed = instantOf(china, "2026-12-28", "10:00");

  it("makes a deadline provisional exactly when it depends on an unknown day", () => {
    expect(deadlineOf(china, { ...rule, amount: 3 }, filed).provisional).toBe(false);
    expect(deadlineOf(china, { ...rule, amount: 4 }, filed).provisional).toBe(true);
    const hours: ClockRule = { clock: "workingHours", amount: 26 };
    expect(deadlineOf(china, { ...hours, amount: 20 }, filed).provisional).toBe(false);
    expect(deadlineOf(china, hours, filed).provisional).toBe(true);
    expect(deadlineOf(china, { clock: "naturalDays", amount: 30 }, filed).provisional).toBe(false);
    expect(deadlineOf(china, { clock: "wallHours", amount: 300 }, filed).provisional).toBe(false);
    const lastDay: ClockRule = {
      clock: "naturalDays",
      amount: 30,
      roll: { lastDay: "nextWorkingDay" },
    };
    expect(deadlineOf(china, lastDay, filed).provisional).toBe(true);
    expect(deadlineOf(boston, rule, filed).provisional).toBe(false);
  });

  it("is settled by recomputing with a newer calendar", () => {
    const newer = compiled({
      ...CHINA_2026,
      id: "china-2027",
      days: [...CHINA_2026.days, { date: "2027-01-01", off: true, name: "元旦" }],
      covers: { from: "2026-01-01", until: "2027-12-31" },
    });
    const guess = deadlineOf(china, rule, filed);
    expect([localDate(china, guess.dueAt), guess.provisional]).toEqual(["2027-01-04", true]);
    const sure = recompute(newer, guess);
    expect([localDate(newer, sure.dueAt), sure.provisional]).toEqual(["2027-01-05", false]);
    expect(sure).toMatchObject({ rule, startedAt: filed, calendar: "china-2027" });

    const left = remainingAt(china, guess, instantOf(china, "2026-12-29", "10:00"));
    const resumed = resumeDeadline(china, left, instantOf(china, "2026-12-31", "10:00"));
    expect(localDate(china, resumed.dueAt)).toBe("2027-01-06");
    expect(recompute(newer, resumed)).toEqual({
      ...resumed,
      dueAt: instantOf(newer, "2027-01-08", "00:00") - 1,
      calendar: "china-2027",
      provisional: false,
    });
  });

  it("recomputing with the same calendar changes nothing", () => {
    fc.assert(
      fc.property(within2026, rolledRule(60), fc.nat(9 * DAY), (from, any, shift) => {
        const deadline = deadlineOf(china, any, from);
        expect(recompute(china, deadline)).toEqual(deadline);
        const resumed = resumeDeadline(china, remainingAt(china, deadline, from), from + shift);
        expect(recompute(china, resumed)).toEqual(resumed);
      }),
      { seed: 31, numRuns: 300 },
    );
  });
});

describe("examples", () => {
  const due = (calendar: Calendar, rule: ClockRule, date: string, time: string) =>
    formatInstant(calendar, deadlineOf(calendar, rule, instantOf(calendar, date, time)).dueAt);

  it.each([
    ["over the Spring Festival, with a make-up Saturday", "2026-02-13", 3, "2026-02-25 23:59"],
    ["a Friday before a make-up Sunday", "2026-09-18", 5, "2026-09-24 23:59"],
    ["filed on an off day: the next working day is the first", "2026-02-17", 1, "2026-02-24 23:59"],
    ["by the end of the same day", "2026-03-02", 0, "2026-03-02 23:59"],
    ["by the end of the day, filed on a holiday", "2026-10-03", 0, "2026-10-08 23:59"],
  ])("working days: %s", (_story, date, amount, expected) => {
    expect(due(china, { clock: "workingDays", amount }, date, "10:00")).toBe(expected);
  });

  it.each([
    ["before lunch", "2026-03-02", "10:00", 2, "2026-03-02 12:00"],
    ["across lunch", "2026-03-02", "11:00", 2, "2026-03-02 15:00"],
    ["during lunch", "2026-03-02", "12:30", 1, "2026-03-02 15:00"],
    ["over night", "2026-03-02", "17:00", 1, "2026-03-03 09:30"],
    ["a half day ends at noon", "2026-03-05", "11:00", 2, "2026-03-06 10:00"],
    ["on a make-up Saturday", "2026-02-14", "16:30", 2, "2026-02-24 10:00"],
    ["filed at night on a holiday", "2026-05-02", "23:00", 4, "2026-05-06 15:00"],
    ["filed before the office opens", "2026-03-02", "06:00", 4, "2026-03-02 15:00"],
  ])("working hours: %s", (_story, date, time, amount, expected) => {
    expect(due(china, { clock: "workingHours", amount }, date, time)).toBe(expected);
  });

  it("end of day is its last millisecond", () => {
    const { dueAt } = deadlineOf(
      china,
      { clock: "naturalDays", amount: 15 },
      instantOf(china, "2026-03-02", "10:00"),
    );
    expect(dueAt).toBe(Date.UTC(2026, 2, 17, 16) - 1);
  });

  it("a last day that is off moves to the next working day when the rule says so", () => {
    const rule: ClockRule = { clock: "naturalDays", amount: 15 };
    expect(due(china, rule, "2026-09-17", "10:00")).toBe("2026-10-02 23:59");
    expect(
      due(china, { ...rule, roll: { lastDay: "nextWorkingDay" } }, "2026-09-17", "10:00"),
    ).toBe("2026-10-08 23:59");
  });

  it("rolls a start on an off day and a late one, in that order", () => {
    const rule: ClockRule = { clock: "workingDays", amount: 2, anchor: "keepTime" };
    const rolled = (rolls: ClockRule["roll"], date: string, time: string) =>
      due(china, { ...rule, ...(rolls === undefined ? {} : { roll: rolls }) }, date, time);
    expect(rolled(undefined, "2026-03-07", "10:00")).toBe("2026-03-10 23:59");
    expect(rolled({ offDay: "keepTime" }, "2026-03-07", "10:00")).toBe("2026-03-11 10:00");
    expect(rolled({ offDay: "opening" }, "2026-03-07", "10:00")).toBe("2026-03-11 09:00");
    expect(rolled({ lateFrom: "17:00" }, "2026-03-06", "17:00")).toBe("2026-03-11 09:00");
    expect(rolled({ lateFrom: "17:00" }, "2026-03-06", "16:59")).toBe("2026-03-10 16:59");
    expect(rolled({ lateFrom: "17:00" }, "2026-03-07", "10:00")).toBe("2026-03-11 09:00");
    const both = { offDay: "keepTime", lateFrom: "17:00", lateTo: "08:30" } as const;
    expect(rolled(both, "2026-03-07", "18:00")).toBe("2026-03-12 08:30");
  });

  it("of Boston: the published targets of July 2011, a holiday counting as a weekday", () => {
    const bulk: ClockRule = {
      clock: "workingDays",
      amount: 2,
      anchor: "keepTime",
      roll: { offDay: "keepTime", lateFrom: "17:00", lateTo: "08:30" },
    };
    // Opened and target of requests 101000295718 and 101000295724, to the minute.
    expect(due(boston, bulk, "2011-07-01", "08:46")).toBe("2011-07-05 08:46");
    expect(due(boston, { ...bulk, amount: 1 }, "2011-07-01", "08:52")).toBe("2011-07-04 08:52");
    const tree: ClockRule = { clock: "naturalDays", amount: 545, anchor: "keepTime" };
    expect(due(boston, tree, "2011-07-01", "12:55")).toBe("2012-12-27 12:55");
  });

  it("keeps the time of day over a change of clocks, while wall hours keep their length", () => {
    const from = instantOf(boston, "2026-03-07", "10:00");
    const natural = deadlineOf(
      boston,
      { clock: "naturalDays", amount: 1, anchor: "keepTime" },
      from,
    );
    expect(natural.dueAt - from).toBe(23 * HOUR);
    const wall = deadlineOf(boston, { clock: "wallHours", amount: 24 }, from);
    expect(formatInstant(boston, wall.dueAt)).toBe("2026-03-08 11:00");
    expect(
      due(boston, { clock: "naturalDays", amount: 1, anchor: "keepTime" }, "2026-03-07", "02:30"),
    ).toBe("2026-03-08 03:30");
    expect(kindOfDay(boston, "2026-03-08")).toEqual({ working: false, known: true });
  });
});

describe("a rule as data", () => {
  const fault = (rule: unknown): string => {
    const result = Schema.decodeUnknownResult(ClockRule, { onExcessProperty: "error" })(rule);
    return result._tag === "Failure" ? result.failure.message : "accepted";
  };

  it.each([
    [{ clock: "hours", amount: 1 }, "clock"],
    [{ clock: "wallHours", amount: 0 }, "at least one hour"],
    [{ clock: "wallHours", amount: 1.5 }, "whole number"],
    [{ clock: "wallHours", amount: -1 }, "whole number"],
    [{ clock: "wallHours", amount: 100_001 }, "whole number"],
    [{ clock: "wallHours", amount: 1, minutes: 60 }, "0 to 59"],
    [{ clock: "wallHours", amount: 1, anchor: "endOfDay" }, "day clocks"],
    [{ clock: "workingDays", amount: 1, minutes: 5 }, "hour clocks"],
    [{ clock: "workingDays", amount: 3651 }, "at most 3650"],
    [{ clock: "workingDays", amount: 0, anchor: "keepTime" }, "at least one day"],
    [{ clock: "workingDays", amount: 1, roll: { lateTo: "08:30" } }, "lateFrom"],
    [{ clock: "workingDays", amount: 1, roll: { lateFrom: "24:00" } }, "23:59"],
    [{ clock: "workingDays", amount: 1, roll: { lastDay: "nextWorkingDay" } }, "natural days"],
    [{ clock: "workingDays", amount: 1, until: 5 }, "until"],
  ])("refuses %j", (rule, reason) => {
    expect(fault(rule)).toContain(reason);
  });

  it("takes what the laws above are tested with, and says it in words", () => {
    fc.assert(
      fc.property(fc.oneof(anyRule(400), rolledRule(400)), (rule) => {
        expect(fault(rule)).toBe("accepted");
      }),
      { seed: 41, numRuns: 200 },
    );
    expect(describeClock({ clock: "workingDays", amount: 1 })).toEqual({
      zh: "1个工作日",
      en: "1 working day",
    });
    expect(describeClock({ clock: "wallHours", amount: 0, minutes: 30 })).toEqual({
      zh: "30分钟",
      en: "30 minutes",
    });
    expect(describeClock({ clock: "workingHours", amount: 2, minutes: 30 })).toEqual({
      zh: "2个工作小时30分钟",
      en: "2 working hours 30 minutes",
    });
  });
});
