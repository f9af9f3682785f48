/**
 * Storage in memory: the executable specification of the port.
 *
 * Every other driver is compared with it. Nothing here waits, so each call is
 * atomic by itself; nothing survives the process.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { compareBytewise } from "./Bytewise.ts";
import {
  byPosition,
  conflictsIn,
  deadPage,
  decodeDeadCursor,
  decodeFeedCursor,
  decodeScanCursor,
  encodeScanCursor,
  receiptMismatch,
  rotateAfter,
  type ScanPosition,
  takeTurns,
} from "./DriverKit.ts";
import { asLeased, holdsLease, type KeptJob, scheduledJobs } from "./JobKit.ts";
import {
  cancelJob,
  candidatesOf,
  deadJobsAfter,
  keepJob,
  leaseJob,
  makeMemoryJobs,
  type MemoryJobs,
  settleJob,
} from "./MemoryJobs.ts";
import { makeSortedList, type SortedList } from "./SortedList.ts";
import { Conflict, type StorageError } from "./StorageErrors.ts";
import type {
  CommitBatch,
  CommitResult,
  DeadPage,
  Entry,
  FeedPage,
  IndexKey,
  KeyRange,
  LeasedJob,
  Namespace,
  ReceiptWrite,
  RowKey,
  ScanPage,
  Storage,
} from "./Storage.ts";
import { schemaState, STORAGE_LIMITS, type StorageInfo } from "./StorageInfo.ts";

/** An empty storage of its own; safe in a browser. */
export const makeMemoryStorage = (): Storage => {
  const store: Store = { cities: new Map(), served: new Map(), lastSeq: 0 };
  return {
    capabilities: CAPABILITIES,
    info: () => Effect.succeed(INFO),
    read: ({ namespace, keys }) =>
      Effect.sync(() => {
        const { rows } = cityOf(store, namespace);
        return keys.map(({ kind, id }) => {
          const row = rows.get(nameOf(kind, id));
          return row === undefined ? null : { kind, id, version: row.version, value: row.value };
        });
      }),
    receipt: ({ namespace, id }) =>
      Effect.sync(() => {
        const kept = cityOf(store, namespace).receipts.get(id);
        return kept === undefined ? null : { id, contentHash: kept.contentHash, value: kept.value };
      }),
    scan: (request) => Effect.suspend(() => Effect.fromResult(scan(store, request))),
    count: (request) => Effect.sync(() => count(store, request)),
    commit: (batch) => Effect.suspend(() => commit(store, batch)),
    feed: (request) => Effect.suspend(() => Effect.fromResult(feed(store, request))),
    lease: (request) => Effect.sync(() => lease(store, request)),
    settle: (outcomes, at) =>
      Effect.sync(() =>
        outcomes.map((one) => settleJob(cityOf(store, one.namespace).jobs, one, at)),
      ),
    dead: (request) => Effect.suspend(() => Effect.fromResult(dead(store, request))),
  };
};

const CAPABILITIES = { name: "memory", durable: false, shared: false };
const INFO: StorageInfo = {
  ...CAPABILITIES,
  version: "memory of this process",
  schema: schemaState([], 0),
  limits: STORAGE_LIMITS,
  bytes: null,
};

type RequestOf<Method extends "scan" | "count" | "feed" | "lease" | "dead"> = Parameters<
  Storage[Method]
>[0];

interface Store {
  readonly cities: Map<Namespace, City>;
  /** The namespace served last of each queue, so that turns go on between calls. */
  readonly served: Map<string, Namespace>;
  lastSeq: number;
}

interface City {
  readonly rows: Map<string, StoredRow>;
  readonly indexes: Map<string, SortedList<IndexPlace>>;
  readonly feed: Array<Entry>;
  readonly streams: Map<string, Array<Entry>>;
  readonly receipts: Map<string, ReceiptWrite>;
  /** Ids of receipts that may be forgotten one day, longest unseen first. */
  readonly passing: Set<string>;
  readonly jobs: MemoryJobs;
}

interface StoredRow {
  readonly version: number;
  readonly value: string;
  readonly indexes: ReadonlyArray<IndexKey>;
}

interface IndexPlace extends ScanPosition {
  readonly row: RowKey;
}

const cityOf = (store: Store, namespace: Namespace): City => {
  const found = store.cities.get(namespace) ?? makeCity();
  store.cities.set(namespace, found);
  return found;
};

const makeCity = (): City => ({
  rows: new Map(),
  indexes: new Map(),
  feed: [],
  streams: new Map(),
  receipts: new Map(),
  passing: new Set(),
  jobs: makeMemoryJobs(),
});

// No kind, index or id holds NUL, so two names never meet.
const nameOf = (kind: string, id: string) => `${kind}\u0000${id}`;

/** Checks everything, then writes everything: nothing can fail in between. */
const commit = (
  store: Store,
  batch: CommitBatch,
): Effect.Effect<CommitResult, Conflict | StorageError> => {
  const city = cityOf(store, batch.namespace);
  const kept = batch.receipt === null ? undefined : city.receipts.get(batch.receipt.id);
  if (kept !== undefined) {
    const { id, contentHash, value } = kept;
    return contentHash === batch.receipt?.contentHash
      ? Effect.succeed({ _tag: "Replayed", receipt: { id, contentHash, value } })
      : Effect.fail(receiptMismatch());
  }
  const conflicts = conflictsIn(batch, {
    version: ({ kind, id }) => city.rows.get(nameOf(kind, id))?.version ?? 0,
    last: (stream) => city.streams.get(stream)?.at(-1),
    holds: (outcome) => holdsLease(city.jobs.byId.get(outcome.id), outcome, batch.at),
    isDead: (id) => city.jobs.dead.has(id),
  });
  if (conflicts.length > 0) return Effect.fail(new Conflict({ conflicts }));
  for (const write of batch.rows) writeRow(city, write);
  for (const entry of batch.entries) appendEntry(city, entry);
  for (const outcome of batch.settle) settleJob(city.jobs, outcome, batch.at);
  for (const id of batch.cancel) cancelJob(city.jobs, id);
  const scheduled = scheduledJobs(batch, city.jobs.byId, () => (store.lastSeq += 1));
  for (const job of scheduled) keepJob(city.jobs, job);
  forgetPassed(city, batch.at);
  if (batch.receipt !== null) {
    city.receipts.set(batch.receipt.id, { ...batch.receipt });
    if (batch.receipt.keepUntil !== null) city.passing.add(batch.receipt.id);
  }
  return Effect.succeed({ _tag: "Committed" });
};

const writeRow = (city: City, write: CommitBatch["rows"][number]) => {
  const { kind, id } = write;
  const name = nameOf(kind, id);
  const before = city.rows.get(name);
  for (const { index, key } of before?.indexes ?? []) {
    city.indexes.get(nameOf(kind, index))?.remove({ key, id, row: write });
  }
  if (write.value === null) {
    city.rows.delete(name);
    return;
  }
  const row: RowKey = { kind, id };
  for (const { index, key } of write.indexes) {
    const keys = city.indexes.get(nameOf(kind, index)) ?? makeSortedList<IndexPlace>(byPosition);
    city.indexes.set(nameOf(kind, index), keys);
    keys.insert({ key, id, row });
  }
  city.rows.set(name, {
    version: write.expected + 1,
    value: write.value,
    // Copies to the last: the batch is its caller's again once it is answered.
    indexes: write.indexes.map(({ index, key }) => ({ index, key })),
  });
};

const appendEntry = (city: City, write: CommitBatch["entries"][number]) => {
  const { stream, version, value, hash } = write;
  const entry: Entry = { stream, version, value, hash, cursor: String(city.feed.length + 1) };
  city.feed.push(entry);
  const line = city.streams.get(stream);
  if (line === undefined) city.streams.set(stream, [entry]);
  else line.push(entry);
};

// Two looked at for each one written: what has passed goes away without a sweep.
const forgetPassed = (city: City, at: number) => {
  let looked = 0;
  for (const id of city.passing) {
    if ((looked += 1) > 2) return;
    city.passing.delete(id);
    if ((city.receipts.get(id)?.keepUntil ?? at) < at) city.receipts.delete(id);
    else city.passing.add(id);
  }
};

const feed = (store: Store, request: RequestOf<"feed">): Result.Result<FeedPage, StorageError> => {
  const position = decodeFeedCursor(request.after);
  if (Result.isFailure(position)) return Result.fail(position.failure);
  const city = cityOf(store, request.namespace);
  const line = request.stream === null ? city.feed : (city.streams.get(request.stream) ?? []);
  const start = firstAfter(line, position.success);
  const entries = line.slice(start, start + request.limit);
  return Result.succeed({ entries, next: entries.at(-1)?.cursor ?? request.after });
};

const lease = (store: Store, request: RequestOf<"lease">): ReadonlyArray<LeasedJob> => {
  const { namespace, queue, now, until, limit } = request;
  const names =
    namespace === null
      ? rotateAfter([...store.cities.keys()].sort(compareBytewise), store.served.get(queue))
      : [namespace];
  const sources = names.map((name) => {
    const free = candidatesOf(cityOf(store, name).jobs, queue, now);
    return (): KeptJob | undefined => free.next().value;
  });
  const taken = takeTurns(sources, limit);
  const last = taken.at(-1);
  if (namespace === null && last !== undefined) store.served.set(queue, last.namespace);
  return taken.map((job) => asLeased(leaseJob(cityOf(store, job.namespace).jobs, job, until)));
};

const dead = (store: Store, request: RequestOf<"dead">): Result.Result<DeadPage, StorageError> => {
  const { namespace, queue, limit, cursor } = request;
  const position = decodeDeadCursor(cursor);
  if (Result.isFailure(position)) return Result.fail(position.failure);
  const later = deadJobsAfter(cityOf(store, namespace).jobs, queue, position.success);
  return Result.succeed(deadPage(later, limit));
};

const count = (store: Store, request: RequestOf<"count">): number => {
  const { namespace, kind, index, range, max } = request;
  const keys = cityOf(store, namespace).indexes.get(nameOf(kind, index));
  if (keys === undefined) return 0;
  const places = inRange(keys, range, "ascending", null);
  let counted = 0;
  while (counted < max && places.next().done !== true) counted += 1;
  return counted;
};

const scan = (store: Store, request: RequestOf<"scan">): Result.Result<ScanPage, StorageError> => {
  const { kind, index, range, order, limit } = request;
  const city = cityOf(store, request.namespace);
  let after: ScanPosition | null = null;
  if (request.cursor !== null) {
    const position = decodeScanCursor(request.cursor);
    if (Result.isFailure(position)) return Result.fail(position.failure);
    after = position.success;
  }
  const keys = city.indexes.get(nameOf(kind, index));
  if (keys === undefined) return Result.succeed({ rows: [], next: null });
  const rows: Array<{ kind: string; id: string; key: string; version: number; value: string }> = [];
  for (const { key, id } of inRange(keys, range, order, after)) {
    // One more than asked for was found: the page is full and another follows.
    if (rows.length === limit) {
      const last = rows.at(-1);
      return Result.succeed({ rows, next: last === undefined ? null : encodeScanCursor(last) });
    }
    const row = city.rows.get(nameOf(kind, id));
    if (row !== undefined) rows.push({ kind, id, key, version: row.version, value: row.value });
  }
  return Result.succeed({ rows, next: null });
};

/** Index entries of a half-open range, beginning strictly after a position in the given order. */
function* inRange(
  keys: SortedList<IndexPlace>,
  range: KeyRange,
  order: "ascending" | "descending",
  after: ScanPosition | null,
): Generator<IndexPlace, void> {
  const edge = order === "ascending" ? range.from : range.to;
  const bound = edge === null ? null : placeAt({ key: edge, id: "" });
  const begin = after === null ? bound : placeAt(after);
  for (const place of order === "ascending" ? keys.ascend(begin) : keys.descend(begin)) {
    if (after !== null && byPosition(place, after) === 0) continue;
    if (range.from !== null && compareBytewise(place.key, range.from) < 0) {
      if (order === "descending") return;
      continue;
    }
    if (range.to !== null && compareBytewise(place.key, range.to) >= 0) {
      if (order === "ascending") return;
      continue;
    }
    yield place;
  }
}

const placeAt = ({ key, id }: ScanPosition): IndexPlace => ({ key, id, row: { kind: "", id } });

const firstAfter = (line: ReadonlyArray<Entry>, position: number): number => {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(line[middle]?.cursor) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
};
