/** The reading methods on SQLite. */
import {
  compareBytewise,
  decodeFeedCursor,
  decodeScanCursor,
  encodeScanCursor,
  type Entry,
  type FeedPage,
  type Receipt,
  type Row,
  type RowKey,
  type ScanPage,
  type Storage,
} from "@linli/core/ports";
import * as Result from "effect/Result";
import { asList, type Connection } from "./Connection.ts";
import type { Known } from "./Known.ts";

type RequestOf<Method extends "read" | "receipt" | "scan" | "count" | "feed"> = Parameters<
  Storage[Method]
>[0];

/** Reads of one connection; a cursor that is not ours is thrown as a storage error. */
export interface Reader {
  readonly read: (request: RequestOf<"read">) => ReadonlyArray<Row | null>;
  readonly receipt: (request: RequestOf<"receipt">) => Receipt | null;
  readonly scan: (request: RequestOf<"scan">) => ScanPage;
  readonly count: (request: RequestOf<"count">) => number;
  readonly feed: (request: RequestOf<"feed">) => FeedPage;
}

/** Prepares the statements of the reading methods. */
export const makeReader = (connection: Connection, known: Known): Reader => {
  const { prepare } = connection;
  const receipt = prepare(
    "SELECT content_hash, value FROM receipts WHERE namespace = ? AND id = ?",
  );
  return {
    read: makeRead(connection, known),
    receipt: ({ namespace, id }) => {
      const row = receipt.get(namespace, id);
      if (row === undefined) return null;
      return { id, contentHash: String(row["content_hash"]), value: String(row["value"]) };
    },
    scan: makeScan(connection),
    count: makeCount(connection),
    feed: makeFeed(connection),
  };
};

const makeRead = ({ database, prepare }: Connection, known: Known) => {
  const select = prepare(
    "SELECT version, index_keys, value FROM rows WHERE namespace = ? AND kind = ? AND id = ?",
  );
  select.setReturnArrays(true);
  const begin = prepare("BEGIN");
  const end = prepare("COMMIT");
  const one = (namespace: string, { kind, id }: RowKey): Row | null => {
    const [found, keys, value] = asList(select.get(namespace, kind, id));
    if (found === undefined) return null;
    const version = Number(found);
    // Whoever reads an issue is likely to write it next.
    known.setRow(namespace, kind, id, { version, keys: String(keys) });
    return { kind, id, version, value: String(value) };
  };
  return ({ namespace, keys }: RequestOf<"read">): ReadonlyArray<Row | null> => {
    const all = () => keys.map((key) => one(namespace, key));
    if (keys.length < 2 || database.isTransaction) return all();
    // Each statement by itself would take and leave the lock of a reader.
    begin.run();
    try {
      return all();
    } finally {
      end.run();
    }
  };
};

// SQLite sorts every blob after every text: a bound that no key reaches.
const AFTER_ALL = new Uint8Array(0);

const makeScan = ({ prepare }: Connection) => {
  const select = (bounds: string, order: string) =>
    prepare(
      "SELECT e.key, e.id, r.version, r.value FROM index_entries AS e CROSS JOIN rows AS r " +
        "ON r.namespace = e.namespace AND r.kind = e.kind AND r.id = e.id " +
        `WHERE e.namespace = ? AND e.kind = ? AND e.index_name = ? AND ${bounds} ` +
        `ORDER BY e.key ${order}, e.id ${order} LIMIT ?`,
    );
  const ascending = select("(e.key, e.id) > (?, ?) AND e.key < ?", "ASC");
  const descending = select("(e.key, e.id) < (?, ?) AND e.key >= ?", "DESC");

  return (request: RequestOf<"scan">): ScanPage => {
    const { namespace, kind, index, range, order, limit } = request;
    const after =
      request.cursor === null ? null : Result.getOrThrow(decodeScanCursor(request.cursor));
    const from = range.from ?? "";
    const to = range.to ?? AFTER_ALL;
    // Ids are never empty, so (key, "") stands before every row of that key.
    const upwards = order === "ascending";
    const begins: readonly [string | Uint8Array, string] = upwards
      ? after !== null && compareBytewise(after.key, from) >= 0
        ? [after.key, after.id]
        : [from, ""]
      : after !== null && (range.to === null || compareBytewise(after.key, range.to) < 0)
        ? [after.key, after.id]
        : [to, ""];
    const ends = upwards ? to : from;
    const statement = upwards ? ascending : descending;
    const found = statement.all(namespace, kind, index, ...begins, ends, limit + 1);
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

const makeCount = ({ prepare }: Connection) => {
  const count = prepare(
    "SELECT count(*) AS n FROM (SELECT 1 FROM index_entries WHERE namespace = ? AND kind = ? " +
      "AND index_name = ? AND key >= ? AND key < ? LIMIT ?)",
  );
  return ({ namespace, kind, index, range, max }: RequestOf<"count">): number =>
    Number(
      count.get(namespace, kind, index, range.from ?? "", range.to ?? AFTER_ALL, max)?.["n"] ?? 0,
    );
};

const makeFeed = ({ prepare }: Connection) => {
  const columns = "SELECT seq, stream, version, hash, value FROM entries WHERE namespace = ?";
  const all = prepare(`${columns} AND seq > ? ORDER BY seq LIMIT ?`);
  const afterVersion = prepare(
    `${columns} AND stream = ? AND version > ? ORDER BY version LIMIT ?`,
  );
  const afterSeq = prepare(`${columns} AND stream = ? AND seq > ? ORDER BY version LIMIT ?`);
  const placeOf = prepare(
    "SELECT version FROM entries WHERE seq = ? AND namespace = ? AND stream = ?",
  );

  // A cursor from this very stream names the version to go on from; one from the whole
  // journal is compared entry by entry. Order of versions is order of commits.
  const streamPage = (namespace: string, stream: string, position: number, limit: number) => {
    if (position === 0) return afterVersion.all(namespace, stream, 0, limit);
    const place = placeOf.get(position, namespace, stream);
    return place === undefined
      ? afterSeq.all(namespace, stream, position, limit)
      : afterVersion.all(namespace, stream, Number(place["version"]), limit);
  };

  return ({ namespace, after, limit, stream }: RequestOf<"feed">): FeedPage => {
    const position = Result.getOrThrow(decodeFeedCursor(after));
    const found =
      stream === null
        ? all.all(namespace, position, limit)
        : streamPage(namespace, stream, position, limit);
    const entries = found.map((row): Entry => ({
      stream: String(row["stream"]),
      version: Number(row["version"]),
      value: String(row["value"]),
      hash: String(row["hash"]),
      cursor: String(row["seq"]),
    }));
    return { entries, next: entries.at(-1)?.cursor ?? after };
  };
};
