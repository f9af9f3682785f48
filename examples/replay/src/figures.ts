/** The figures of a replay: what was read, what the services did with it, and how both compare. */
import { bostonTypes } from "@linli/charters/boston";
import type { Instant } from "@linli/core/time";
import type { JournalReport, Rungs } from "./journal.ts";
import type { Outcome, Replayed } from "./replay.ts";
import type { CityFile } from "./requests.ts";

/** A computed deadline this near the recorded target reproduces it. */
export const TOLERANCE_MILLIS = 60_000;

/** Types with at least so many targets in the file are called common. */
export const COMMON = 30;

/** How deadlines of some type compare with the published targets. */
export interface TypeFigures {
  readonly category: string;
  readonly name: string;
  readonly promise: string | null;
  readonly targets: number;
  readonly reproduced: number;
}

/** Computed on-time answers against the city's flags. */
export interface Confusion {
  readonly bothOnTime: number;
  readonly bothLate: number;
  /** On time by the computed deadline, OVERDUE in the file. */
  readonly onlyComputedOnTime: number;
  /** Late by the computed deadline, ONTIME in the file. */
  readonly onlyFlaggedOnTime: number;
}

/** One ward. */
export interface WardFigures {
  readonly unit: string;
  readonly reported: number;
  /** Settled at any time of the record. */
  readonly settled: number;
  /** Settled by the computed deadline, of those with a promise. */
  readonly onTime: number;
  readonly late: number;
  /** Open at the end of the period, as the services count them. */
  readonly backlog: number;
}

/** Everything a replay has to say that is equal on every machine. */
export interface Figures {
  readonly input: {
    readonly rows: number;
    readonly accepted: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly refusedRows: ReadonlyArray<{ readonly row: number; readonly reason: string }>;
    readonly unsorted: number;
    readonly placeless: number;
  };
  readonly routed: Readonly<Record<string, number>>;
  readonly deadlines: {
    readonly commonTypes: number;
    readonly targets: number;
    readonly reproduced: number;
    readonly ofAllTypes: { readonly targets: number; readonly reproduced: number };
    readonly types: ReadonlyArray<TypeFigures>;
  };
  readonly onTime: {
    /** Closed by the recorded target, against the city's flag. */
    readonly recorded: { readonly rows: number; readonly agree: number };
    readonly computed: Confusion;
  };
  readonly rungs: Rungs;
  readonly wards: ReadonlyArray<WardFigures>;
  readonly services: {
    readonly commands: number;
    readonly commits: number;
    readonly transactions: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly deadJobs: number;
    readonly closed: number;
    readonly backlog: number;
  };
  readonly journal: Omit<JournalReport, "rungs">;
}

/** Rows of refusals listed one by one; all are counted. */
const LISTED = 100;

/** Draws up the figures. */
export const figuresOf = (
  file: CityFile,
  replayed: Replayed,
  journal: JournalReport,
  units: { readonly city: string; readonly wards: ReadonlyArray<string> },
): Figures => {
  const { rungs, ...rest } = journal;
  const { outcomes } = replayed;
  return {
    input: {
      rows: file.rows,
      accepted: file.requests.length,
      refused: tally(file.refused.map(({ reason }) => reason)),
      refusedRows: file.refused.slice(0, LISTED),
      unsorted: file.unsorted,
      placeless: file.placeless,
    },
    routed: tally(outcomes.map(({ level }) => level)),
    deadlines: deadlinesOf(outcomes),
    onTime: { recorded: recordedOf(outcomes), computed: confusionOf(outcomes) },
    rungs,
    wards: units.wards.map((unit) => wardOf(unit, outcomes, replayed)),
    services: {
      commands: replayed.commands,
      commits: replayed.commits,
      transactions: replayed.transactions,
      refused: Object.fromEntries(replayed.refused),
      deadJobs: replayed.dead,
      closed: outcomes.filter(({ closed }) => closed).length,
      backlog: replayed.backlog.get(units.city) ?? 0,
    },
    journal: rest,
  };
};

// Private

const tally = (names: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const types = new Map(bostonTypes.map((type) => [type.category, type]));

const isNear = (dueAt: Instant | null, targetAt: Instant): boolean =>
  dueAt !== null && Math.abs(dueAt - targetAt) <= TOLERANCE_MILLIS;

const deadlinesOf = (outcomes: ReadonlyArray<Outcome>): Figures["deadlines"] => {
  const found = new Map<string, { targets: number; reproduced: number }>();
  for (const { request, dueAt } of outcomes) {
    if (request.targetAt === null) continue;
    const type = found.get(request.category) ?? { targets: 0, reproduced: 0 };
    type.targets += 1;
    if (isNear(dueAt, request.targetAt)) type.reproduced += 1;
    found.set(request.category, type);
  }
  const all = [...found].map(([category, counted]) => ({
    category,
    name: types.get(category)?.name ?? category,
    promise: types.get(category)?.promise ?? null,
    ...counted,
  }));
  const common = all
    .filter(({ targets }) => targets >= COMMON)
    .sort((a, b) => b.targets - a.targets || (a.category < b.category ? -1 : 1));
  return {
    commonTypes: common.length,
    ...summed(common),
    ofAllTypes: summed(all),
    types: common,
  };
};

const summed = (
  counted: ReadonlyArray<{ readonly targets: number; readonly reproduced: number }>,
) => ({
  targets: counted.reduce((sum, { targets }) => sum + targets, 0),
  reproduced: counted.reduce((sum, { reproduced }) => sum + reproduced, 0),
});

const recordedOf = (outcomes: ReadonlyArray<Outcome>): Figures["onTime"]["recorded"] => {
  let rows = 0;
  let agree = 0;
  for (const { request } of outcomes) {
    const { targetAt, closedAt, onTime } = request;
    if (targetAt === null || closedAt === null || onTime === null) continue;
    rows += 1;
    if (closedAt <= targetAt === onTime) agree += 1;
  }
  return { rows, agree };
};

const confusionOf = (outcomes: ReadonlyArray<Outcome>): Confusion => {
  const found = { bothOnTime: 0, bothLate: 0, onlyComputedOnTime: 0, onlyFlaggedOnTime: 0 };
  for (const { request, dueAt } of outcomes) {
    const { targetAt, closedAt, onTime } = request;
    if (targetAt === null || closedAt === null || onTime === null || dueAt === null) continue;
    if (closedAt <= dueAt) found[onTime ? "bothOnTime" : "onlyComputedOnTime"] += 1;
    else found[onTime ? "onlyFlaggedOnTime" : "bothLate"] += 1;
  }
  return found;
};

const wardOf = (
  unit: string,
  outcomes: ReadonlyArray<Outcome>,
  { backlog }: Replayed,
): WardFigures => {
  const precincts = unit.replace("ward-", "precinct-");
  const here = outcomes.filter(
    ({ request }) => request.unit === unit || request.unit?.startsWith(precincts) === true,
  );
  const settled = here.filter(({ closed }) => closed);
  const promised = settled.filter(({ request }) => types.get(request.category)?.promise != null);
  const onTime = promised.filter(
    ({ request, dueAt }) => (request.closedAt ?? 0) <= (dueAt ?? -1),
  ).length;
  return {
    unit,
    reported: here.length,
    settled: settled.length,
    onTime,
    late: promised.length - onTime,
    backlog: backlog.get(unit) ?? 0,
  };
};
