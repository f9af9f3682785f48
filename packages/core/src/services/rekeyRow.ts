/**
 * How far the index entries of issues agree with the hierarchy: one row, written by
 * whoever publishes and by the job that makes the entries anew.
 */
import * as Effect from "effect/Effect";
import { changesWithin } from "../hierarchy/index.ts";
import type { Hierarchy } from "../hierarchy/index.ts";
import type { JobWrite, RowWrite } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { QUEUE } from "./compose.ts";
import { decodeVersioned, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** The documents that say in which lists an issue is: a hierarchy under a charter's chains. */
export interface Shape {
  readonly charter: { readonly id: string; readonly version: string };
  readonly hierarchy: string;
}

/** Entries may have been written under this shape at any instant from `since` to `until`. */
export interface Span extends Shape {
  readonly since: Instant;
  readonly until: Instant;
}

/** The row. */
export interface RekeyRow {
  readonly v: 1;
  /** What entries are to agree with, as it stands at `at`. */
  readonly target: Shape & { readonly at: Instant };
  /** What entries may still be of; null when nobody knows, empty when all agree. */
  readonly froms: ReadonlyArray<Span> | null;
  /** Which stretch of the index is read, and how far. */
  readonly position: { readonly stretch: number; readonly cursor: string | null };
  /** Stretches in all; null until they were counted. */
  readonly stretches: number | null;
  readonly keyed: number;
  readonly unreadable: number;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
}

/** The row of a namespace whose first hierarchy is published: there is nothing to make anew. */
export const rekeyNothing = (shape: Shape, now: Instant): RekeyRow => ({
  ...rekeyTowards(null, shape, now),
  froms: [],
  stretches: 0,
  finishedAt: now,
});

/** The row after the shape changed, or after an instant at which a unit moves, begins or ends. */
export const rekeyTowards = (before: RekeyRow | null, shape: Shape, now: Instant): RekeyRow => ({
  v: 1,
  target: { charter: shape.charter, hierarchy: shape.hierarchy, at: now },
  froms: fromsAfter(before, now),
  position: { stretch: 0, cursor: null },
  stretches: null,
  keyed: 0,
  unreadable: 0,
  startedAt: now,
  finishedAt: null,
});

/** The row as stored, with its version. */
export interface StoredRekey {
  readonly row: RekeyRow;
  readonly version: number;
}

/** Reads the row; null before anything was published. */
export const readRekey = Effect.fnUntraced(function* (settings: Settings) {
  const keys = [{ kind: KIND.rekey, id: REKEY_ID }];
  const [found] = yield* settings.storage.read({ namespace: settings.namespace, keys });
  if (found == null) return null;
  const row = yield* Effect.fromResult(decodeVersioned<RekeyRow>("rekey", REKEY_ID, found.value));
  return { row, version: found.version } satisfies StoredRekey;
});

/** Whether all lists agree with a hierarchy at an instant: nothing has still to be made anew. */
export const listsAgree = Effect.fnUntraced(function* (
  settings: Settings,
  hierarchy: Hierarchy,
  now: Instant,
) {
  const stored = yield* readRekey(settings);
  // Before anything had moved there was no row.
  if (stored === null) return true;
  const { finishedAt, target } = stored.row;
  return finishedAt !== null && changesWithin(hierarchy, target.at, now).length === 0;
});

/** Writes the row. */
export const rekeyWrite = (row: RekeyRow, expected: number): RowWrite => ({
  kind: KIND.rekey,
  id: REKEY_ID,
  expected,
  value: JSON.stringify(row),
  indexes: [],
});

/** Schedules the job; there is one in a namespace. */
export const rekeyJob = (dueAt: Instant): JobWrite => ({
  id: REKEY_ID,
  queue: QUEUE.rekey,
  key: REKEY_ID,
  dueAt,
  value: "",
});

/** Id of the row and of the job. */
export const REKEY_ID = "rekey";

// Private

// Beyond so many unfinished changes it is cheaper to look at every issue once.
const FROMS_MAX = 8;

const fromsAfter = (before: RekeyRow | null, now: Instant): RekeyRow["froms"] => {
  if (before === null || before.froms === null || before.froms.length >= FROMS_MAX) return null;
  const { at: since, ...shape } = before.target;
  return [...before.froms, { ...shape, since, until: Math.max(since, now) }];
};
