import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CalendarData, kindOfDay, makeCalendar, mergeCalendars } from "../src/time/index.ts";
import { CHINA_2026, compiled, isWorkingDate, NEW_YORK } from "./timeFixtures.ts";

const china = compiled(CHINA_2026);

describe("a calendar", () => {
  it("tells working days from off days as the list and the week do", () => {
    const date = fc
      .integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 11, 31) })
      .map((at) => new Date(at).toISOString().slice(0, 10));
    const near = fc
      .integer({ min: Date.UTC(2025, 11, 1), max: Date.UTC(2027, 0, 31) })
      .map((at) => new Date(at).toISOString().slice(0, 10));
    fc.assert(
      fc.property(fc.oneof(date, near), fc.boolean(), (day, inChina) => {
        const data = inChina ? CHINA_2026 : NEW_YORK;
        const kind = kindOfDay(inChina ? china : compiled(NEW_YORK), day);
        expect(kind.working).toBe(isWorkingDate(data, day));
        expect(kind.known).toBe(!inChina || day.startsWith("2026-"));
      }),
      { seed: 51, numRuns: 500 },
    );
  });

  it("knows names, make-up days and its horizon", () => {
    expect(kindOfDay(china, "2026-02-17")).toEqual({ working: false, known: true, name: "春节" });
    expect(kindOfDay(china, "2026-02-14")).toEqual({ working: true, known: true, name: "调休" });
    expect(kindOfDay(china, "2026-02-11")).toEqual({ working: true, known: true });
    expect(kindOfDay(china, "2027-02-11")).toEqual({ working: true, known: false });
    expect(kindOfDay(china, "2025-12-31")).toEqual({ working: true, known: false });
  });

  it("takes a region's own days on top", () => {
    const region = compiled(
      mergeCalendars(CHINA_2026, {
        id: "region",
        days: [
          { date: "2026-04-20", off: true, name: "三月三" },
          { date: "2026-02-14", off: true },
          { date: "2027-01-04", off: true },
        ],
      }),
    );
    expect(region.id).toBe("region");
    expect(kindOfDay(region, "2026-04-20")).toMatchObject({ working: false, name: "三月三" });
    expect(kindOfDay(region, "2026-02-14")).toEqual({ working: false, known: true });
    expect(kindOfDay(region, "2026-02-28").working).toBe(true);
    expect(kindOfDay(region, "2027-01-04")).toEqual({ working: false, known: true });
    expect(kindOfDay(region, "2027-01-05").known).toBe(false);
  });

  it("refuses a date it cannot mean", () => {
    for (const date of ["2026-02-29", "1899-12-31", "2201-01-01", "2026-1-1", "20260101", ""]) {
      expect(() => kindOfDay(china, date)).toThrow(RangeError);
    }
  });
});

describe("bad calendar data is refused with its path", () => {
  const day = { date: "2026-05-01", off: true };
  const cases: ReadonlyArray<readonly [string, object, string]> = [
    ["an unknown zone", { timeZone: "Asia/Atlantis" }, "/timeZone"],
    ["an offset for a zone", { timeZone: "+08:00" }, "/timeZone"],
    ["an empty zone", { timeZone: "" }, "/timeZone"],
    ["a date that does not exist", { days: [day, { ...day, date: "2026-02-30" }] }, "/days/1/date"],
    ["a date before 1900", { days: [{ ...day, date: "1899-12-31" }] }, "/days/0/date"],
    ["a date after 2200", { days: [{ ...day, date: "2201-01-01" }] }, "/days/0/date"],
    ["a date twice", { days: [day, { ...day, off: false }] }, "/days/1/date"],
    ["hours on an off day", { days: [{ ...day, hours: [["09:00", "12:00"]] }] }, "/days/0/hours"],
    ["an unknown field", { days: [{ ...day, half: true }] }, "/days/0/half"],
    ["no hours", { hours: [] }, "/hours"],
    ["an hour that does not exist", { hours: [["09:00", "25:00"]] }, "/hours/0/1"],
    ["hours that end before they begin", { hours: [["12:00", "09:00"]] }, "/hours/0"],
    ["hours over midnight", { hours: [["22:00", "06:00"]] }, "/hours/0"],
    [
      "hours that overlap",
      {
        hours: [
          ["09:00", "12:00"],
          ["11:00", "17:00"],
        ],
      },
      "/hours/1",
    ],
    ["a weekday 0", { weekend: [0] }, "/weekend/0"],
    ["a week without work", { weekend: [1, 2, 3, 4, 5, 6, 7] }, "/weekend"],
    ["a weekday twice", { weekend: [6, 6] }, "/weekend"],
    [
      "a horizon before its start",
      { covers: { from: "2026-01-01", until: "2025-12-31" } },
      "/covers/until",
    ],
    ["no horizon at all", { covers: undefined }, "/covers"],
    ["a bad id", { id: "a/b" }, "/id"],
    ["a name with a control character", { days: [{ ...day, name: "a\u0007" }] }, "/days/0/name"],
  ];

  it.each(cases)("%s", (_name, change, path) => {
    const result = makeCalendar({ ...CHINA_2026, ...change } as CalendarData);
    expect(Result.isFailure(result) ? result.failure : undefined).toMatchObject({
      _tag: "InputError",
      door: "calendar",
      path,
    });
  });

  it("but sound data is taken, minutes and midnight included", () => {
    const hours = [
      ["00:00", "06:30"],
      ["06:31", "24:00"],
    ] as const;
    expect(Result.isSuccess(makeCalendar({ ...CHINA_2026, hours, days: [], weekend: [] }))).toBe(
      true,
    );
  });
});
