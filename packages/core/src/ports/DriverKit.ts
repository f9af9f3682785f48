/**
 * Small parts that every driver needs and that are easy to get wrong: cursors,
 * conflicts, and turns between namespaces. Use them or write your own; the laws
 * judge the result.
 */
import * as Result from "effect/Result";
import { compareBytewise } from "./Bytewise.ts";
import {
  type CommitBatch,
  type DeadJob,
  type DeadPage,
  type EntryWrite,
  type JobOutcome,
  type KeyRange,
  type RowKey,
  type ScanPage,
} from "./Storage.ts";
import { CONFLICT_KINDS, type Conflict, StorageError } from "./StorageErrors.ts";

/** Where a page ended: the key and the id of its last row. */
export interface ScanPosition {
  readonly key: string;
  readonly id: string;
}

/** The order of a scan: by key, of one key by id, both bytewise. */
export const byPosition = (left: ScanPosition, right: ScanPosition): number =>
  compareBytewise(left.key, right.key) || compareBytewise(left.id, right.id);

/** Whether an index key lies in a range. */
export const isWithin = ({ from, to }: KeyRange, key: string): boolean =>
  (from === null || compareBytewise(key, from) >= 0) &&
  (to === null || compareBytewise(key, to) < 0);

/** An opaque scan cursor. */
export const encodeScanCursor = (position: ScanPosition): string =>
  JSON.stringify([position.key, position.id]);

/** Reads a scan cursor back; anything else is refused as `Invalid`. */
export const decodeScanCursor = (cursor: string): Result.Result<ScanPosition, StorageError> => {
  let parts: unknown;
  try {
    parts = JSON.parse(cursor);
  } catch {
    parts = null;
  }
  if (Array.isArray(parts) && parts.length === 2) {
    const [key, id]: ReadonlyArray<unknown> = parts;
    if (typeof key === "string" && typeof id === "string") return Result.succeed({ key, id });
  }
  return Result.fail(foreignCursor("scan"));
};

/** A page of a scan, cut from rows that follow its cursor in order: one more than `limit` is enough. */
export const scanPage = (following: ScanPage["rows"], limit: number): ScanPage => {
  const rows = following.slice(0, limit);
  const last = following.length > limit ? rows.at(-1) : undefined;
  return { rows, next: last === undefined ? null : encodeScanCursor(last) };
};

/** Where a page of dead jobs ended. */
export interface DeadPosition {
  readonly diedAt: number;
  readonly id: string;
}

/** A page of dead jobs, cut from those that follow its cursor: one more than `limit` is enough. */
export const deadPage = (following: ReadonlyArray<DeadJob>, limit: number): DeadPage => {
  const jobs = following.slice(0, limit);
  const last = following.length > limit ? jobs.at(-1) : undefined;
  return { jobs, next: last === undefined ? null : JSON.stringify([last.diedAt, last.id]) };
};

/** Reads the cursor of such a page back; null stands before the first. */
export const decodeDeadCursor = (
  cursor: string | null,
): Result.Result<DeadPosition, StorageError> => {
  if (cursor === null) return Result.succeed({ diedAt: -1, id: "" });
  const parts = /^\[(\d{1,16}),(".*")\]$/s.exec(cursor);
  const diedAt = Number(parts?.[1]);
  const id = textIn(parts?.[2]);
  return Number.isSafeInteger(diedAt) && id !== null
    ? Result.succeed({ diedAt, id })
    : Result.fail(foreignCursor("dead"));
};

/** The order of dead jobs: dead longest first, of one instant by id. */
export const byDeath = (left: DeadPosition, right: DeadPosition): number =>
  left.diedAt - right.diedAt || compareBytewise(left.id, right.id);

/** What a driver must know of a stream's last entry. */
export type StreamEnd = Pick<EntryWrite, "version" | "hash">;

/** What a driver finds of the things a batch relies on. */
export interface BatchFacts {
  /** Version of a row, 0 where there is none. */
  readonly version: (key: RowKey) => number;
  /** Last entry of a stream; undefined where there is none. */
  readonly last: (stream: string) => StreamEnd | undefined;
  /** Whether the lease of an outcome holds at the batch's instant. */
  readonly holds: (outcome: JobOutcome) => boolean;
  readonly isDead: (job: string) => boolean;
}

/** Everything of a batch that does not hold, each once, with what is there instead. */
export const conflictsIn = (batch: CommitBatch, facts: BatchFacts): Conflict["conflicts"] => {
  const conflicts = new Map<string, Conflict["conflicts"][number]>();
  const expect = ({ kind, id }: RowKey, expected: number, actual: number) => {
    // No text of the port holds NUL, so two names never meet.
    const name = `${kind}\u0000${id}`;
    if (expected === actual || conflicts.has(name)) return;
    conflicts.set(name, { kind, id, expected, actual });
  };
  const { stream: STREAM, head, lease, dead } = CONFLICT_KINDS;
  for (const row of batch.rows) expect(row, row.expected, facts.version(row));
  for (const guard of batch.guards) expect(guard, guard.version, facts.version(guard));
  const ends = new Map<string, StreamEnd>();
  for (const entry of batch.entries) {
    const { stream, version, previous } = entry;
    const end = ends.get(stream) ?? facts.last(stream) ?? NOTHING_YET;
    expect({ kind: STREAM, id: stream }, version - 1, end.version);
    if (end.version === version - 1 && previous !== undefined) {
      expect({ kind: head, id: stream }, 1, end.hash === previous ? 1 : 0);
    }
    ends.set(stream, entry);
  }
  for (const outcome of batch.settle) {
    expect({ kind: lease, id: outcome.id }, 1, facts.holds(outcome) ? 1 : 0);
  }
  for (const { id } of batch.revive ?? []) {
    expect({ kind: dead, id }, 1, facts.isDead(id) ? 1 : 0);
  }
  return [...conflicts.values()];
};

/** What a commit fails with whose receipt is there with other content. */
export const receiptMismatch = (): StorageError =>
  new StorageError({
    reason: "ReceiptMismatch",
    operation: "commit",
    detail: "this command id was used before with other content; give each command its own id",
  });

/** Reads a feed cursor that is a decimal position; null means before the first entry. */
export const decodeFeedCursor = (cursor: string | null): Result.Result<number, StorageError> => {
  if (cursor === null) return Result.succeed(0);
  if (/^\d{1,16}$/.test(cursor) && Number.isSafeInteger(Number(cursor))) {
    return Result.succeed(Number(cursor));
  }
  return Result.fail(foreignCursor("feed"));
};

/**
 * Takes one item from each source in turn until `limit` are taken or all are
 * empty: what makes a lease fair between namespaces.
 */
export const takeTurns = <A>(
  sources: ReadonlyArray<() => A | undefined>,
  limit: number,
): Array<A> => {
  const taken: Array<A> = [];
  let waiting = sources;
  while (waiting.length > 0 && taken.length < limit) {
    const more: Array<() => A | undefined> = [];
    for (const source of waiting) {
      if (taken.length === limit) break;
      const item = source();
      if (item === undefined) continue;
      taken.push(item);
      more.push(source);
    }
    waiting = more;
  }
  return taken;
};

/** Bytewise sorted names, beginning after `last` and going round: who is first next time. */
export const rotateAfter = (
  names: ReadonlyArray<string>,
  last: string | undefined,
): ReadonlyArray<string> => {
  const start = last === undefined ? 0 : names.findIndex((name) => compareBytewise(name, last) > 0);
  return start <= 0 ? names : [...names.slice(start), ...names.slice(0, start)];
};

const NOTHING_YET: StreamEnd = { version: 0, hash: "" };

const textIn = (json: string | undefined): string | null => {
  try {
    const text: unknown = JSON.parse(json ?? "null");
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
};

const foreignCursor = (operation: "scan" | "feed" | "dead") =>
  new StorageError({
    reason: "Invalid",
    operation,
    detail: "the cursor was not made by this storage; hand back `next` unchanged or begin anew",
  });
