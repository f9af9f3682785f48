/** Which open issues are to be routed anew under a charter version, and how far that is. */
import type { Actor, IssueState, RerouteKept, World } from "../issue/index.ts";
import type { JobWrite, RowWrite } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { QUEUE } from "./compose.ts";
import { charterRef, KIND } from "./rows.ts";

/**
 * Which open issues are routed anew: those that meet everything that is named, all of
 * them when nothing is.
 */
export interface RerouteSelection {
  /** At this unit or below it. */
  readonly under?: string;
  /** Of this category or one below it, by the version they are under. */
  readonly category?: string;
  /** Routed by one of these rules; `otherwise` is the decision without a rule. */
  readonly rules?: ReadonlyArray<string>;
}

/** The row: one for each charter version that issues were routed anew under. */
export interface RerouteRow {
  readonly v: 1;
  readonly charter: { readonly id: string; readonly version: string };
  /** Versions published before, as `id@version`: issues of later ones are left alone. */
  readonly earlier: ReadonlyArray<string>;
  /** An issue is taken that one of them takes. */
  readonly select: ReadonlyArray<RerouteSelection>;
  readonly actor: Actor;
  /** Units whose lists are read; null before it begins. */
  readonly lists: ReadonlyArray<string> | null;
  /** Which list is read, and how far; after the last one comes what was written meanwhile. */
  readonly position: { readonly stretch: number; readonly cursor: string | null };
  readonly rerouted: number;
  readonly moved: number;
  /** Of the issues seen in the lists. */
  readonly kept: Readonly<Partial<Record<RerouteKept, number>>>;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
}

/** A row that begins, or begins again with a further selection. */
export const rerouteTowards = (
  before: RerouteRow | null,
  plan: Pick<RerouteRow, "charter" | "earlier" | "actor"> & { readonly select: RerouteSelection },
  now: Instant,
): RerouteRow => ({
  v: 1,
  charter: plan.charter,
  earlier: plan.earlier,
  select: [...(before === null || before.finishedAt !== null ? [] : before.select), plan.select],
  actor: plan.actor,
  lists: null,
  position: { stretch: 0, cursor: null },
  rerouted: 0,
  moved: 0,
  kept: {},
  startedAt: now,
  finishedAt: null,
});

/** Whether a selection takes an issue; `charter` is the one it is under. */
export const selects = (
  select: RerouteSelection,
  state: IssueState,
  own: World["charter"],
  cover: ReadonlyArray<string>,
): boolean =>
  (select.under === undefined || cover.includes(select.under)) &&
  (select.category === undefined ||
    (own.category(state.category)?.path.includes(select.category) ??
      state.category === select.category)) &&
  (select.rules === undefined || select.rules.includes(state.routed.rule ?? "otherwise"));

/** Writes the row. */
export const rerouteWrite = (row: RerouteRow, expected: number): RowWrite => ({
  kind: KIND.reroute,
  id: charterRef(row.charter),
  expected,
  value: JSON.stringify(row),
  indexes: [],
});

/** Schedules the job; those of several versions come one after the other. */
export const rerouteJob = (row: RerouteRow, dueAt: Instant): JobWrite => ({
  id: `reroute/${charterRef(row.charter)}`,
  queue: QUEUE.reroute,
  key: "reroute",
  dueAt,
  value: charterRef(row.charter),
});
