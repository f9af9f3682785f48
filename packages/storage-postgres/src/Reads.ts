/** The reading methods on PostgreSQL. */
import {
  compareBytewise,
  decodeScanCursor,
  encodeScanCursor,
  type Entry,
  type FeedPage,
  type Receipt,
  type Row,
  type ScanPage,
  type Storage,
} from "@linli/core/ports";
import * as Result from "effect/Result";
import type { Calls, Found } from "./Calls.ts";
import { jsonOf, mayBeOfOne, storageError, unreadable } from "./Errors.ts";
import { quoted } from "./Migrations.ts";

type RequestOf<Method extends "read" | "receipt" | "scan" | "count" | "feed"> = Parameters<
  Storage[Method]
>[0];

/** The reading methods as promises; a cursor that is not ours is thrown as a storage error. */
export interface Reads {
  readonly read: (request: RequestOf<"read">) => Promise<ReadonlyArray<Row | null>>;
  readonly receipt: (request: RequestOf<"receipt">) => Promise<Receipt | null>;
  readonly scan: (request: RequestOf<"scan">) => Promise<ScanPage>;
  readonly count: (request: RequestOf<"count">) => Promise<number>;
  readonly feed: (request: RequestOf<"feed">) => Promise<FeedPage>;
}

/** Reads over calls. */
export const makeReads = (
  calls: Calls,
  { schema, horizon }: { readonly schema: string; readonly horizon: boolean },
): Reads => {
  const name = quoted(schema);
  const select = (operation: string, text: string, values: ReadonlyArray<unknown>) =>
    calls.run({ operation, text, values, repeatable: true, writes: false });
  return {
    read: makeRead(select, name),
    receipt: async ({ namespace, id }) => {
      const [row] = await select(
        "receipt",
        `SELECT content_hash, value FROM ${name}.receipts ` +
          "WHERE namespace = $1::text AND id = $2::text",
        [namespace, id],
      );
      if (row === undefined) return null;
      return { id, contentHash: String(row["content_hash"]), value: String(row["value"]) };
    },
    scan: makeScan(select, name),
    count: makeCount(select, name),
    feed: makeFeed(select, name, horizon),
  };
};

type Select = (
  operation: string,
  text: string,
  values: ReadonlyArray<unknown>,
) => Promise<ReadonlyArray<Found>>;

/** Reads that are waiting while others are on their way go together. */
const makeRead = (select: Select, name: string): Reads["read"] => {
  const several = `SELECT place, version, value FROM ${name}.read($1::text)`;
  const one =
    `SELECT 1 AS place, version, value FROM ${name}.rows ` +
    "WHERE namespace = $1::text AND kind = $2::text AND id = $3::text";
  const waiting: Array<Reader> = [];
  let running = 0;

  const drain = () => {
    while (running < READS_AT_ONCE && waiting.length > 0) {
      const group = takeReaders(waiting);
      running += 1;
      void readTogether(group).then(() => {
        running -= 1;
        drain();
      });
    }
  };
  const readTogether = async (group: ReadonlyArray<Reader>): Promise<void> => {
    try {
      const keys = group.flatMap((one) => one.keys);
      const found = new Map<number, Found>();
      const [only] = keys;
      // One row is the most common question, and cheapest without a function around it.
      const rows =
        only !== undefined && keys.length === 1
          ? await select("read", one, only)
          : await select("read", several, [jsonOf("read", keys)]);
      for (const row of rows) {
        found.set(Number(row["place"]), row);
      }
      let place = 0;
      for (const { request, resolve } of group) {
        resolve(
          request.keys.map(({ kind, id }) => {
            const row = found.get((place += 1));
            return row === undefined
              ? null
              : { kind, id, version: Number(row["version"]), value: String(row["value"]) };
          }),
        );
      }
    } catch (cause) {
      if (group.length > 1 && mayBeOfOne(cause)) {
        for (const one of group) await readTogether([one]);
        return;
      }
      for (const { reject } of group) reject(cause);
    }
  };
  return (request) =>
    new Promise((resolve, reject) => {
      const keys = keysOf(request);
      if (keys.length === 0) return resolve([]);
      waiting.push({ request, keys, resolve, reject });
      if (waiting.length === 1) queueMicrotask(drain);
    });
};

interface Reader {
  readonly request: RequestOf<"read">;
  readonly keys: ReadonlyArray<Key>;
  readonly resolve: (rows: ReadonlyArray<Row | null>) => void;
  readonly reject: (cause: unknown) => void;
}

/** Namespace, kind and id. */
type Key = readonly [string, string, string];

const keysOf = ({ namespace, keys }: RequestOf<"read">): ReadonlyArray<Key> => {
  try {
    return keys.map(({ kind, id }) => [namespace, kind, id]);
  } catch (cause) {
    throw unreadable("read", cause);
  }
};

const READS_AT_ONCE = 2;
const KEYS_TOGETHER = 256;

const takeReaders = (waiting: Array<Reader>): ReadonlyArray<Reader> => {
  let keys = 0;
  let taken = 0;
  for (const reader of waiting) {
    keys += reader.keys.length;
    if (taken > 0 && keys > KEYS_TOGETHER) break;
    taken += 1;
  }
  return waiting.splice(0, taken);
};

// A bound that is not asked for stands in no statement: behind `IS NULL OR` it bounds nothing
// in a plan that serves any values, as prepared statements come to have.
const makeCount = (select: Select, name: string): Reads["count"] => {
  const statement = (upper: string) =>
    `SELECT count(*) AS n FROM (SELECT 1 FROM ${name}.index_entries ` +
    "WHERE namespace = $1::text AND kind = $2::text AND index_name = $3::text " +
    `AND key >= $4::text${upper} LIMIT $5::bigint) AS counted`;
  const toEnd = statement("");
  const toBound = statement(" AND key < $6::text");
  return async ({ namespace, kind, index, range: { from, to }, max }) => {
    const values = [namespace, kind, index, from ?? "", max];
    const [row] = await (to === null
      ? select("count", toEnd, values)
      : select("count", toBound, [...values, to]));
    return Number(row?.["n"] ?? 0);
  };
};

const makeScan = (select: Select, name: string): Reads["scan"] => {
  const statement = (bounds: string, order: string) =>
    "SELECT e.key, e.id, r.version, r.value " +
    `FROM ${name}.index_entries AS e JOIN ${name}.rows AS r ` +
    "ON r.namespace = e.namespace AND r.kind = e.kind AND r.id = e.id " +
    "WHERE e.namespace = $1::text AND e.kind = $2::text AND e.index_name = $3::text " +
    `AND ${bounds} ORDER BY e.key ${order}, e.id ${order} LIMIT $4::bigint`;
  // Ids are never empty, so (key, "") stands before every row of that key.
  const upwards = "(e.key, e.id) > ($5::text, $6::text)";
  const upToEnd = statement(upwards, "ASC");
  const upToBound = statement(`${upwards} AND e.key < $7::text`, "ASC");
  const downwards = "e.key >= $5::text";
  const downFromEnd = statement(downwards, "DESC");
  const downFrom = statement(`${downwards} AND (e.key, e.id) < ($6::text, $7::text)`, "DESC");
  return async ({ namespace, kind, index, range, order, limit, cursor }) => {
    const after = cursor === null ? null : Result.getOrThrow(decodeScanCursor(cursor));
    const { from, to } = range;
    const asked = [namespace, kind, index, limit + 1];
    const page = (text: string, ...bounds: ReadonlyArray<string>) =>
      select("scan", text, [...asked, ...bounds]);
    const pageUp = () => {
      const behind = after !== null && compareBytewise(after.key, from ?? "") >= 0;
      const begin = behind ? [after.key, after.id] : [from ?? "", ""];
      return to === null ? page(upToEnd, ...begin) : page(upToBound, ...begin, to);
    };
    const pageDown = () => {
      const before = after !== null && (to === null || compareBytewise(after.key, to) < 0);
      const begin = before ? [after.key, after.id] : to === null ? null : [to, ""];
      return begin === null ? page(downFromEnd, from ?? "") : page(downFrom, from ?? "", ...begin);
    };
    const found = await (order === "ascending" ? pageUp() : pageDown());
    const rows = found.slice(0, limit).map((row) => ({
      kind,
      id: String(row["id"]),
      key: String(row["key"]),
      version: Number(row["version"]),
      value: String(row["value"]),
    }));
    const last = rows.at(-1);
    const next = found.length > limit && last !== undefined ? encodeScanCursor(last) : null;
    return { rows, next };
  };
};

const makeFeed = (select: Select, name: string, horizon: boolean): Reads["feed"] => {
  // What is known beforehand is not asked for: in the serialised order xid is 0.
  const place = horizon ? "xid, seq" : "seq";
  const columns = `SELECT ${place}, stream, version, hash, value FROM ${name}.entries`;
  const all =
    `${columns} WHERE namespace = $1::text AND (xid, seq) > ($2::bigint, $3::bigint) ` +
    (horizon ? "AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint " : "") +
    "ORDER BY xid, seq LIMIT $4::bigint";
  // A stream grows entry by entry under its lock, so no horizon is needed. Most streams are
  // read from their beginning, which is cheapest asked by itself.
  const ofStream = `SELECT ${place}, version, hash, value FROM ${name}.entries WHERE namespace = $1::text AND stream = $2::text`;
  const fromBeginning = `${ofStream} ORDER BY version LIMIT $3::bigint`;
  // A cursor from this very stream names the version to go on from; one from the whole
  // journal is compared entry by entry.
  const fromCursor =
    `${ofStream} AND version > coalesce((SELECT version FROM ${name}.entries ` +
    "WHERE namespace = $1::text AND xid = $4::bigint AND seq = $5::bigint AND stream = $2::text), 0) " +
    "AND (xid, seq) > ($4::bigint, $5::bigint) ORDER BY version LIMIT $3::bigint";
  return async ({ namespace, after, limit, stream }) => {
    const found = await (stream === null
      ? select("feed", all, [namespace, ...decodeCursor(after), limit])
      : after === null
        ? select("feed", fromBeginning, [namespace, stream, limit])
        : select("feed", fromCursor, [namespace, stream, limit, ...decodeCursor(after)]));
    const entries = found.map((row): Entry => ({
      stream: stream ?? String(row["stream"]),
      version: Number(row["version"]),
      value: String(row["value"]),
      hash: String(row["hash"]),
      cursor: encodeCursor(horizon ? String(row["xid"]) : "0", String(row["seq"])),
    }));
    return { entries, next: entries.at(-1)?.cursor ?? after };
  };
};

// In the serialised order xid is always 0, and the cursor is the place alone.
const encodeCursor = (xid: string, seq: string) => (xid === "0" ? seq : `${xid}-${seq}`);

const decodeCursor = (cursor: string | null): readonly [string, string] => {
  if (cursor === null) return ["0", "0"];
  const parts = /^(?:(\d{1,18})-)?(\d{1,18})$/.exec(cursor);
  if (parts !== null) return [parts[1] ?? "0", parts[2] ?? "0"];
  throw storageError(
    "Invalid",
    "feed",
    "the cursor was not made by this storage; hand back `next` unchanged or begin anew",
  );
};
