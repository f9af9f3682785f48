/**
 * Rows of a city's 311 file as requests: each row is understood completely or
 * refused with a reason. Columns are found by their names in the header, so the
 * portal's full file and the committed extract are read alike.
 *
 * A refusal says which row and why and repeats nothing of it: free text of a
 * public file may still hold somebody's name.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as Stream from "effect/Stream";
import type { InputError } from "@linli/core/data";
import { instantOf } from "@linli/core/time";
import type { Calendar, Instant } from "@linli/core/time";
import { refusal } from "./csv.ts";

/** A request as the city recorded it. */
export interface CityRequest {
  /** Number of its row, the first below the header being 1. */
  readonly row: number;
  readonly id: string;
  readonly kind: "request" | "finding";
  /** Category id of the charter. */
  readonly category: string;
  /** The unit it is about; null when the file names no place the hierarchy has. */
  readonly unit: string | null;
  readonly openedAt: Instant;
  /** The city's own deadline; null where it gave none. */
  readonly targetAt: Instant | null;
  readonly closedAt: Instant | null;
  /** The city's own on-time flag. */
  readonly onTime: boolean | null;
}

/** Why a row is refused. */
export const ROW_REASONS = {
  cells: "has more or fewer cells than the header",
  id: "has no usable id: 1 to 60 letters, digits or _ . : -",
  duplicate: "repeats the id of an earlier row",
  openDate: "has no opening time of the form YYYY-MM-DD HH:MM:SS",
  targetDate: "has a target time that is no date and time",
  closedDate: "has a closing time that is no date and time",
  closedBeforeOpen: "was closed before it was opened",
  status: "has a status that contradicts its closing time, or is neither Open nor Closed",
  flag: "has an on-time flag that is neither ONTIME nor OVERDUE nor blank",
} as const;
export type RowReason = keyof typeof ROW_REASONS;

/** A refused row. */
export interface RefusedRow {
  readonly row: number;
  readonly reason: RowReason;
}

/** What a file held. */
export interface CityFile {
  readonly rows: number;
  readonly requests: ReadonlyArray<CityRequest>;
  readonly refused: ReadonlyArray<RefusedRow>;
  /** Accepted rows whose type the charter does not know: taken as unsorted. */
  readonly unsorted: number;
  /** Accepted rows without a place the hierarchy knows: for the triage desk. */
  readonly placeless: number;
}

/** How words of the file become ids of the charter and the hierarchy. */
export interface CityKey {
  readonly calendar: Calendar;
  readonly categoryOf: (type: string) => string | undefined;
  readonly unsorted: string;
  readonly unitOf: (place: { readonly ward: string; readonly precinct: string }) => string | null;
  readonly isFinding: (source: string) => boolean;
}

/** The columns read, by the names the portal of Boston gives them. */
export const COLUMNS = [
  "case_enquiry_id",
  "open_dt",
  "target_dt",
  "closed_dt",
  "ontime",
  "case_status",
  "type",
  "ward",
  "precinct",
  "source",
] as const;
type Column = (typeof COLUMNS)[number];

/** Reads up to `limit` rows; a file without the columns is refused whole. */
export const readRequests = <E>(
  records: Stream.Stream<ReadonlyArray<string>, E>,
  key: CityKey,
  limit: number,
): Effect.Effect<CityFile, E | InputError> =>
  records.pipe(
    Stream.take(limit + 1),
    Stream.runFoldEffect(
      () => emptyTally(),
      (tally, cells) => {
        if (tally.header !== null) {
          takeRow(tally, tally.header, cells, key);
          return Effect.succeed(tally);
        }
        return Effect.fromResult(Result.map(headerOf(cells), (header) => ({ ...tally, header })));
      },
    ),
    Effect.flatMap((tally) =>
      tally.header === null
        ? Effect.fail(refusal("", "is empty", "give a file with a header and rows"))
        : Effect.succeed({
            rows: tally.rows,
            requests: tally.requests,
            refused: tally.refused,
            unsorted: tally.unsorted,
            placeless: tally.requests.filter((request) => request.unit === null).length,
          }),
    ),
  );

// Private

interface Header {
  readonly width: number;
  readonly at: Readonly<Record<Column, number>>;
}

interface Tally {
  readonly header: Header | null;
  rows: number;
  unsorted: number;
  readonly requests: Array<CityRequest>;
  readonly refused: Array<RefusedRow>;
  readonly seen: Set<string>;
}

const emptyTally = (): Tally => ({
  header: null,
  rows: 0,
  unsorted: 0,
  requests: [],
  refused: [],
  seen: new Set(),
});

const headerOf = (cells: ReadonlyArray<string>): Result.Result<Header, InputError> => {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const at: Partial<Record<Column, number>> = {};
  for (const column of COLUMNS) {
    const index = names.indexOf(column);
    if (index < 0 || names.indexOf(column, index + 1) >= 0) {
      const reason = index < 0 ? "is missing in the header" : "stands twice in the header";
      return Result.fail(
        refusal(`/0/${column}`, `column ${reason}`, `the file needs: ${COLUMNS.join(", ")}`),
      );
    }
    at[column] = index;
  }
  return Result.succeed({ width: cells.length, at: at as Record<Column, number> });
};

const takeRow = (
  tally: Tally,
  header: Header,
  cells: ReadonlyArray<string>,
  key: CityKey,
): void => {
  tally.rows += 1;
  const read = rowOf(tally, header, cells, key);
  if (typeof read === "string") {
    tally.refused.push({ row: tally.rows, reason: read });
    return;
  }
  tally.seen.add(read.id);
  tally.requests.push(read);
  if (read.category === key.unsorted) tally.unsorted += 1;
};

const rowOf = (
  tally: Tally,
  header: Header,
  cells: ReadonlyArray<string>,
  key: CityKey,
): CityRequest | RowReason => {
  if (cells.length !== header.width) return "cells";
  const cell = (column: Column): string => (cells[header.at[column]] ?? "").trim();
  const id = cell("case_enquiry_id");
  if (!USABLE_ID.test(id)) return "id";
  if (tally.seen.has(id)) return "duplicate";
  const openedAt = instantIn(key.calendar, cell("open_dt"));
  if (openedAt === null || openedAt === undefined) return "openDate";
  const targetAt = instantIn(key.calendar, cell("target_dt"));
  if (targetAt === undefined) return "targetDate";
  const closedAt = instantIn(key.calendar, cell("closed_dt"));
  if (closedAt === undefined) return "closedDate";
  if (closedAt !== null && closedAt < openedAt) return "closedBeforeOpen";
  if (cell("case_status") !== (closedAt === null ? "Open" : "Closed")) return "status";
  const flag = cell("ontime");
  if (flag !== "" && flag !== "ONTIME" && flag !== "OVERDUE") return "flag";
  return {
    row: tally.rows,
    id,
    kind: key.isFinding(cell("source")) ? "finding" : "request",
    category: key.categoryOf(cell("type")) ?? key.unsorted,
    unit: key.unitOf({ ward: cell("ward"), precinct: cell("precinct") }),
    openedAt,
    targetAt,
    closedAt,
    onTime: flag === "" ? null : flag === "ONTIME",
  };
};

// Ids become parts of issue and command ids, which have 80 characters.
const USABLE_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,59}$/;
const STAMP = /^(\d{4}-\d{2}-\d{2}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/;

/** The instant of a local time, null for a blank, undefined for anything else. */
const instantIn = (calendar: Calendar, text: string): Instant | null | undefined => {
  if (text === "") return null;
  const [, date = "", hours, minutes, seconds] = STAMP.exec(text) ?? [];
  if (date === "") return undefined;
  try {
    return instantOf(calendar, date, `${hours}:${minutes}`) + Number(seconds) * 1000;
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
};
