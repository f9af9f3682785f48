/**
 * Writes src/stateCouncil.ts from the yearly data of holiday-cn.
 *
 *   node packages/calendar-cn/scripts/generate.mjs --input holiday-cn.json
 *
 * The input is one JSON file: {"years": {"2026": {"papers": [...], "days": [{"name",
 * "date", "isOffDay"}]}}}. A year's notice may name days of the neighbouring year.
 * The script refuses input in which two years disagree about a date, and checks that
 * what it wrote stands for exactly the days it read.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { input: { type: "string" } } });
if (values.input === undefined) throw new Error("say --input FILE");

const DAY = 86_400_000;
const dayOf = (date) => Date.parse(`${date}T00:00:00Z`) / DAY;
const dateOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);

/** Runs of off days under one name, each `[name, first, last, ...make-up working days]`. */
const spansOf = (days) => {
  const spans = [];
  const byName = Map.groupBy(days, (day) => day.name);
  for (const [name, named] of byName) {
    const runs = [];
    for (const { date } of named.filter((day) => day.isOffDay)) {
      const run = runs.at(-1);
      if (run !== undefined && dayOf(run[1]) + 1 === dayOf(date)) run[1] = date;
      else runs.push([date, date]);
    }
    const working = named.filter((day) => !day.isOffDay).map((day) => day.date);
    if (runs.length === 0) throw new Error(`${name} has working days only`);
    runs.forEach(([first, last], index) =>
      spans.push([name, first, last, ...(index === 0 ? working : [])]),
    );
  }
  return spans;
};

const daysOfSpan = ([name, first, last, ...working]) => [
  ...Array.from({ length: dayOf(last) - dayOf(first) + 1 }, (_, index) => ({
    name,
    date: dateOf(dayOf(first) + index),
    isOffDay: true,
  })),
  ...working.map((date) => ({ name, date, isOffDay: false })),
];

const { years } = JSON.parse(readFileSync(values.input, "utf8"));
const seen = new Map();
const notices = [];
for (const [year, { papers, days }] of Object.entries(years)) {
  if (days.length === 0) continue;
  const sorted = days.toSorted((a, b) => (a.date < b.date ? -1 : 1));
  for (const { date, isOffDay } of sorted) {
    if (dateOf(dayOf(date)) !== date) throw new Error(`${year} names ${date}, which is no date`);
    if (seen.has(date)) throw new Error(`${date} is named twice`);
    seen.set(date, isOffDay);
  }
  const spans = spansOf(sorted);
  const back = spans.flatMap(daysOfSpan).toSorted((a, b) => (a.date < b.date ? -1 : 1));
  if (
    JSON.stringify(back) !==
    JSON.stringify(sorted.map(({ name, date, isOffDay }) => ({ name, date, isOffDay })))
  ) {
    throw new Error(`${year} cannot be written as spans`);
  }
  notices.push({ year: Number(year), papers, spans });
}
notices.sort((a, b) => a.year - b.year);
notices.forEach(({ year }, index) => {
  if (year !== notices[0].year + index) throw new Error(`the year before ${year} is missing`);
});

const text = `/*!
 * Public holidays of China by year, from the State Council's notices (the papers).
 * Made from github.com/NateScarlet/holiday-cn, commit d4e53bf, by scripts/generate.mjs;
 * do not edit by hand. MIT License, Copyright (c) 2019 NateScarlet; the whole licence is
 * in holiday-cn.LICENSE.txt.
 */

/** Off days from first to last under a name, then the make-up working days for them. */
export type Span = readonly [name: string, first: string, last: string, ...working: Array<string>];

/** What the State Council announced for one year. */
export interface Notice {
  readonly year: number;
  /** Addresses of the notices on gov.cn. */
  readonly papers: ReadonlyArray<string>;
  readonly spans: ReadonlyArray<Span>;
}

/** The notices of all years known, without a gap. */
export const NOTICES: ReadonlyArray<Notice> = ${JSON.stringify(notices, null, 2)};
`;
writeFileSync(new URL("../src/stateCouncil.ts", import.meta.url), text);
console.log(`${notices.length} years, ${seen.size} days; now run oxfmt on src/stateCouncil.ts`);
