import {
  bostonCharter,
  bostonDirectory,
  bostonHierarchy,
  bostonTypes,
  bostonUnitOf,
} from "@linli/charters/boston";
import { holdersOf } from "@linli/core/directory";
import { unitAt } from "@linli/core/hierarchy";
import { decodeFacts, route, routeByScan } from "@linli/core/routing";
import { deadlineOf, formatInstant, instantOf } from "@linli/core/time";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOf } from "./support.ts";

const hierarchyInput = bostonHierarchy();
const { charter, hierarchy, directory } = placeOf(bostonCharter, hierarchyInput, bostonDirectory());
const AT = Date.UTC(2011, 6, 1);

const anyFacts = fc
  .record({
    category: fc.constantFrom(...charter.document.categories.map(({ id }) => id)),
    kind: fc.constantFrom("request", "finding", "assignment"),
  })
  .map((record) => Result.getOrThrow(decodeFacts(charter, record)));

describe("routing", () => {
  it("is total, and equal to reading the charter from top to bottom", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const decision = route(charter, facts);
        expect(decision).toEqual(routeByScan(charter, facts));
        expect(decision.course).toBe("handle");
        expect(decision.levels.at(-1)).toBe("city");
        expect(charter.clockSet(decision.clocks ?? "")).toBeDefined();
      }),
      { seed: 311, numRuns: 1_000 },
    );
  });

  it("gives every type the clock set of its promise, and a year to those without", () => {
    expect(bostonTypes).toHaveLength(141);
    for (const { category, promise } of bostonTypes) {
      const facts = Result.getOrThrow(decodeFacts(charter, { category }));
      expect(route(charter, facts).clocks).toBe(promise ?? "noTarget");
    }
  });
});

describe("promises", () => {
  const dueOf = (category: string, date: string, time: string): string => {
    const facts = Result.getOrThrow(decodeFacts(charter, { category }));
    const rule = charter.clockSet(route(charter, facts).clocks ?? "")?.resolve;
    if (rule === undefined) throw new Error("no clock");
    const due = deadlineOf(charter.calendar, rule, instantOf(charter.calendar, date, time));
    return formatInstant(charter.calendar, due.dueAt);
  };

  it.each([
    // The fourth of July is a weekday like any other.
    ["schedule-a-bulk-item-pickup", "2011-07-01", "08:48", "2011-07-05 08:48"],
    ["major-system-failure", "2011-07-01", "08:52", "2011-07-04 08:52"],
    ["street-light-outages", "2011-07-01", "01:32", "2011-07-15 01:32"],
    // An evening stands for the next morning, a weekend for Monday at the same time.
    ["schedule-a-bulk-item-pickup", "2011-07-05", "17:00", "2011-07-08 08:30"],
    ["schedule-a-bulk-item-pickup", "2011-07-05", "16:59", "2011-07-07 16:59"],
    ["schedule-a-bulk-item-pickup", "2011-07-09", "10:15", "2011-07-13 10:15"],
    ["schedule-a-bulk-item-pickup", "2011-07-10", "20:00", "2011-07-14 08:30"],
    // Calendar days keep the time of day over the change of clocks.
    ["unsatisfactory-living-conditions", "2011-08-01", "09:00", "2011-11-29 09:00"],
  ])("%s of %s %s is due %s", (category, date, time, due) => {
    expect(dueOf(category, date, time)).toBe(due);
  });

  it("reproduce at least 45,000 of the 46,796 targets of the 73 common types", () => {
    const common = bostonTypes.filter(({ targets }) => targets >= 30);
    const sum = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0);
    expect(common).toHaveLength(73);
    expect(sum(common.map(({ targets }) => targets))).toBe(46_796);
    expect(sum(common.map(({ reproduced }) => reproduced))).toBe(46_230);
  });
});

describe("places", () => {
  it("has one desk at every unit, known by post only", () => {
    for (const { id, level } of hierarchyInput.units) {
      expect(holdersOf(directory, `${level}-desk`, id, AT)).toMatchObject([
        { person: `${level}-desk.${id}` },
      ]);
    }
    expect(hierarchyInput.units.filter(({ level }) => level === "ward")).toHaveLength(22);
  });

  it("finds the precinct, else the ward however it is written, else nothing", () => {
    expect(bostonUnitOf({ ward: "Ward 18", precinct: "1801" })).toBe("precinct-1801");
    for (const ward of ["Ward 3", "3", "03"]) {
      expect(bostonUnitOf({ ward, precinct: "" })).toBe("ward-03");
    }
    expect(bostonUnitOf({ ward: "Ward 18", precinct: "9999" })).toBe("ward-18");
    for (const ward of ["", "Ward 99", "ward-18", "__proto__"]) {
      expect(bostonUnitOf({ ward, precinct: "" })).toBeNull();
    }
  });

  it("puts every precinct into the ward its number begins with", () => {
    for (const { id, level, parents } of hierarchyInput.units) {
      if (level !== "precinct") continue;
      expect(parents["residential"]).toBe(`ward-${id.slice(9, 11)}`);
      expect(unitAt(hierarchy, id, AT)?.level).toBe("precinct");
    }
  });
});

it("names everything in both languages", () => {
  for (const { id, name } of charter.document.categories) {
    expect(`${id}: ${name.zh}`).toMatch(/\p{Script=Han}/u);
    expect(`${id}: ${name.en}`).not.toMatch(/\p{Script=Han}/u);
  }
});
