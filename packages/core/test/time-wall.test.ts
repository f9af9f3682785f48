import * as fc from "fast-check";
import * as Schema from "effect/Schema";
import { describe, expect, it } from "vitest";
import {
  FIRST_INSTANT,
  formatInstant,
  Instant,
  instantOf,
  isOpen,
  isQuiet,
  kindOfDay,
  LAST_INSTANT,
  localDate,
  localTime,
  monthOf,
  monthRange,
  nextOpening,
  nextWeekday,
  QuietHours,
  quietEnd,
} from "../src/time/index.ts";
import { CHINA_2026, compiled, isWorkingDate, NEW_YORK, stamp } from "./timeFixtures.ts";

const china = compiled(CHINA_2026);
const boston = compiled(NEW_YORK);
const DAY = 86_400_000;

const inZone = (timeZone: string) => compiled({ ...NEW_YORK, timeZone });
const zones = [
  "Asia/Shanghai",
  "America/New_York",
  "Europe/Dublin",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Africa/Casablanca",
  "America/Havana",
  "Asia/Kathmandu",
  "UTC",
] as const;
const calendars = new Map(zones.map((zone) => [zone, inZone(zone)]));

const anyZone = fc.constantFrom(...zones);
const anyInstant = fc.oneof(
  fc.integer({ min: FIRST_INSTANT, max: LAST_INSTANT }),
  fc.integer({ min: Date.UTC(1980, 0, 1), max: Date.UTC(2040, 0, 1) }),
);

describe("the wall clock of a zone", () => {
  it("shows what the platform shows, 1900 to 2200", () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (zone, at) => {
        const calendar = calendars.get(zone)!;
        expect(formatInstant(calendar, at)).toBe(
          stamp({ ...NEW_YORK, timeZone: zone })(at).slice(0, 16),
        );
      }),
      { seed: 61, numRuns: 3000 },
    );
  });

  it.each(zones)(
    "shows it on every day of 2010 to 2030 in %s, short summer times included",
    (zone) => {
      const calendar = calendars.get(zone)!;
      const read = stamp({ ...NEW_YORK, timeZone: zone });
      for (let at = Date.UTC(2010, 0, 1); at < Date.UTC(2031, 0, 1); at += DAY) {
        if (formatInstant(calendar, at) !== read(at).slice(0, 16)) {
          expect(formatInstant(calendar, at)).toBe(read(at).slice(0, 16));
        }
      }
      expect(formatInstant(calendar, 0)).toBe(read(0).slice(0, 16));
    },
  );

  it("a date and time read off an instant mean that instant, or the same time an hour away", () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (zone, at) => {
        const calendar = calendars.get(zone)!;
        const back = instantOf(calendar, dateWithin(calendar, at), localTime(calendar, at));
        expect(formatInstant(calendar, back)).toBe(formatInstant(calendar, at));
        expect(back).toBeLessThanOrEqual(at);
        // Minutes are kept, seconds are not; a repeated time means its first occurrence.
        expect(at - back).toBeLessThan(2 * 3_600_000);
      }),
      { seed: 62, numRuns: 3000 },
    );
  });

  const dateWithin = (calendar: typeof china, at: number): string => {
    const date = localDate(calendar, at);
    fc.pre(date >= "1900-01-01" && date <= "2200-12-31");
    // Zones of 1900 to 1950 jumped by odd amounts; the law is about the clocks of today.
    fc.pre(date >= "1970-01-01");
    return date;
  };

  it("moves a time that never occurs by the gap, and takes the first of two", () => {
    expect(formatInstant(boston, instantOf(boston, "2026-03-08", "02:30"))).toBe(
      "2026-03-08 03:30",
    );
    expect(instantOf(boston, "2026-11-01", "01:30")).toBe(Date.UTC(2026, 10, 1, 5, 30));
    const apia = inZone("Pacific/Apia");
    expect(formatInstant(apia, instantOf(apia, "2011-12-30", "12:00"))).toBe("2011-12-31 12:00");
    const havana = inZone("America/Havana");
    expect(formatInstant(havana, instantOf(havana, "2026-03-08", "00:00"))).toBe(
      "2026-03-08 01:00",
    );
  });

  it("24:00 is the next midnight", () => {
    expect(instantOf(china, "2026-02-28", "24:00")).toBe(instantOf(china, "2026-03-01", "00:00"));
  });

  it("refuses text that is no time", () => {
    for (const time of ["24:01", "9:00", "12:60", "noon", ""]) {
      expect(() => instantOf(china, "2026-03-01", time)).toThrow(RangeError);
    }
  });

  it("an instant outside the supported years is refused at decode", () => {
    const accepts = Schema.is(Instant);
    expect([FIRST_INSTANT, 0, LAST_INSTANT].map((at) => accepts(at))).toEqual([true, true, true]);
    for (const at of [FIRST_INSTANT - 1, LAST_INSTANT + 1, 0.5, Number.NaN]) {
      expect(accepts(at)).toBe(false);
    }
  });
});

describe("months", () => {
  it("partition time: an instant lies in the range of its month only", () => {
    fc.assert(
      fc.property(anyZone, fc.integer({ min: 0, max: Date.UTC(2200, 10, 1) }), (zone, at) => {
        const calendar = calendars.get(zone)!;
        const { from, until } = monthRange(calendar, monthOf(calendar, at));
        expect(at).toBeGreaterThanOrEqual(from);
        expect(at).toBeLessThan(until);
        expect(monthRange(calendar, monthOf(calendar, until)).from).toBe(until);
      }),
      { seed: 71, numRuns: 500 },
    );
  });

  it("refuses what is no month", () => {
    for (const month of ["2026-13", "2026-00", "2026", "1899-12", "2026-1"]) {
      expect(() => monthRange(china, month)).toThrow(RangeError);
    }
  });
});

describe("quiet hours", () => {
  const night = { from: "22:00", until: "07:00" };
  const noon = { from: "12:00", until: "14:00" };

  it.each([
    [night, "21:59", false, "21:59"],
    [night, "22:00", true, "07:00"],
    [night, "03:00", true, "07:00"],
    [night, "07:00", false, "07:00"],
    [noon, "11:59", false, "11:59"],
    [noon, "12:00", true, "14:00"],
    [noon, "14:00", false, "14:00"],
  ])("%j at %s", (hours, time, quiet, end) => {
    const at = instantOf(china, "2026-11-22", time);
    expect(isQuiet(china, hours, at)).toBe(quiet);
    expect(localTime(china, quietEnd(china, hours, at))).toBe(end);
  });

  it("end later than now, within a day, and not in themselves", () => {
    const time = fc.constantFrom("00:00", "01:30", "02:30", "07:00", "12:00", "22:00", "23:59");
    const near = fc.integer({ min: Date.UTC(2026, 9, 31), max: Date.UTC(2026, 10, 3) });
    fc.assert(
      fc.property(time, time, fc.oneof(near, anyInstant), (from, until, at) => {
        fc.pre(from !== until && at < LAST_INSTANT - 2 * DAY);
        const hours = { from, until };
        const end = quietEnd(boston, hours, at);
        if (isQuiet(boston, hours, at)) {
          expect(end).toBeGreaterThan(at);
          expect(end - at).toBeLessThanOrEqual(25 * 3_600_000);
          expect(isQuiet(boston, hours, end)).toBe(false);
        } else expect(end).toBe(at);
      }),
      { seed: 81, numRuns: 2000 },
    );
  });

  it("must not be empty", () => {
    expect(Schema.is(QuietHours)({ from: "22:00", until: "22:00" })).toBe(false);
    expect(Schema.is(QuietHours)(night)).toBe(true);
  });
});

describe("opening hours", () => {
  it.each([
    ["2026-03-02 08:59", "2026-03-02 09:00"],
    ["2026-03-02 09:00", "2026-03-02 09:00"],
    ["2026-03-02 12:00", "2026-03-02 14:00"],
    ["2026-03-02 17:30", "2026-03-03 09:00"],
    ["2026-03-05 12:00", "2026-03-06 09:00"],
    ["2026-02-14 18:00", "2026-02-24 09:00"],
  ])("after %s the office opens at %s", (now, opening) => {
    const at = instantOf(china, now.slice(0, 10), now.slice(11));
    const found = nextOpening(china, at);
    expect(formatInstant(china, found)).toBe(opening);
    expect(isOpen(china, found)).toBe(true);
    expect(isOpen(china, at)).toBe(found === at);
  });
});

describe("the weekly meeting", () => {
  const friday = (from: string, onOffDay: "skip" | "previous" | "next") =>
    nextWeekday(china, { weekday: 5, from, onOffDay });

  it.each([
    ["2026-04-27", "2026-05-08", "2026-04-30", "2026-05-06"],
    ["2026-09-29", "2026-10-09", "2026-09-30", "2026-10-08"],
    ["2026-03-02", "2026-03-06", "2026-03-06", "2026-03-06"],
  ])("from %s on: skip %s, previous %s, next %s", (monday, skip, previous, next) => {
    expect([friday(monday, "skip"), friday(monday, "previous"), friday(monday, "next")]).toEqual([
      skip,
      previous,
      next,
    ]);
  });

  it("asked on the holiday itself, what was held before is not held again", () => {
    expect(friday("2026-05-01", "previous")).toBe("2026-05-08");
    expect(friday("2026-05-01", "next")).toBe("2026-05-06");
    expect(friday("2026-05-04", "next")).toBe("2026-05-06");
    expect(friday("2026-05-07", "next")).toBe("2026-05-08");
    // The Friday before, Mid-Autumn, is held on the Monday after.
    expect(friday("2026-09-28", "next")).toBe("2026-09-28");
    expect(friday("2026-10-02", "skip")).toBe("2026-10-09");
  });

  it("is on a working day, not before the date asked for, and the next call goes on from it", () => {
    const date = fc
      .integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 1) })
      .map((at) => new Date(at).toISOString().slice(0, 10));
    const policy = fc.constantFrom("skip" as const, "previous" as const, "next" as const);
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 7 }), policy, (from, weekday, onOffDay) => {
        const held = nextWeekday(china, { weekday, from, onOffDay });
        if (held === undefined) {
          expect(onOffDay).toBe("skip");
          return;
        }
        expect(held >= from).toBe(true);
        expect(isWorkingDate(CHINA_2026, held)).toBe(true);
        expect(kindOfDay(china, held).working).toBe(true);
        expect(nextWeekday(china, { weekday, from: held, onOffDay })).toBe(held);
      }),
      { seed: 91, numRuns: 1000 },
    );
  });

  it("that never happens is undefined, and a weekday 8 is refused", () => {
    expect(nextWeekday(boston, { weekday: 6, from: "2026-01-01", onOffDay: "skip" })).toBe(
      undefined,
    );
    expect(() => nextWeekday(china, { weekday: 8, from: "2026-01-01", onOffDay: "skip" })).toThrow(
      RangeError,
    );
  });
});
