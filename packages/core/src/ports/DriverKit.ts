/**
 * Small parts that every driver needs and that are easy to get wrong: cursors of
 * a scan, and turns between namespaces. Use them or write your own; the laws
 * judge the result.
 */
import * as Result from "effect/Result";
import { compareBytewise } from "./Bytewise.ts";
import { StorageError } from "./Storage.ts";

/** Where a page ended: the key and the id of its last row. */
export interface ScanPosition {
  readonly key: string;
  readonly id: string;
}

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

const foreignCursor = (operation: string) =>
  new StorageError({
    reason: "Invalid",
    operation,
    detail: "the cursor was not made by this storage; hand back `next` unchanged or begin anew",
  });
