/**
 * The guard in front of every driver: text, numbers and bounds are checked once,
 * so that a driver sees only arguments it can keep.
 *
 * Beyond {@link STORAGE_LIMITS} a call fails with reason `TooLarge`; text with NUL
 * or a lone surrogate, numbers that are not safe integers and requests that
 * contradict themselves with reason `Invalid`. Nothing reaches the driver then,
 * and no message repeats a value.
 */
import * as Effect from "effect/Effect";
import { exceedsBytes } from "./Bytewise.ts";
import type { CommitBatch, JobOutcome, KeyRange, RowKey, Storage } from "./Storage.ts";
import { CONFLICT_KINDS, StorageError, type StorageReason } from "./StorageErrors.ts";
import { STORAGE_LIMITS } from "./StorageInfo.ts";

/** The same driver behind the guard; guarding twice is guarding once. */
export const checkedStorage = (driver: Storage): Storage => {
  if (GUARDED.has(driver)) return driver;
  const guarded: Storage = {
    capabilities: driver.capabilities,
    // Called on the driver, always: it may be an instance of a class.
    info: () => driver.info(),
    read: (request) => guard("read", request, checkRead, (own) => driver.read(own)),
    receipt: (request) => guard("receipt", request, checkReceipt, (own) => driver.receipt(own)),
    scan: (request) => guard("scan", request, checkScan, (own) => driver.scan(own)),
    count: (request) => guard("count", request, checkCount, (own) => driver.count(own)),
    commit: (batch) => guard("commit", batch, checkBatch, (own) => driver.commit(own)),
    feed: (request) => guard("feed", request, checkFeed, (own) => driver.feed(own)),
    lease: (request) => guard("lease", request, checkLease, (own) => driver.lease(own)),
    settle: (outcomes, at) =>
      guard(
        "settle",
        outcomes,
        (all) => checkSettle(all, at),
        (all) => driver.settle(all, at),
      ),
    dead: (request) => guard("dead", request, checkDead, (own) => driver.dead(own)),
  };
  GUARDED.add(guarded);
  return guarded;
};

const GUARDED = new WeakSet<Storage>();

/** What is wrong with a request, or null. */
type Fault = { readonly reason: StorageReason; readonly detail: string } | null;

const guard = <Request, A, E>(
  operation: string,
  request: Request,
  check: (request: Request) => Fault,
  run: (request: Request) => Effect.Effect<A, E>,
): Effect.Effect<A, E | StorageError> =>
  Effect.suspend((): Effect.Effect<A, E | StorageError> => {
    const fault = check(request);
    return fault === null ? run(request) : Effect.fail(new StorageError({ operation, ...fault }));
  });

const checkRead = (request: Parameters<Storage["read"]>[0]): Fault => {
  if (request.keys.length > STORAGE_LIMITS.batchItems) {
    return tooLarge("keys", STORAGE_LIMITS.batchItems, "items");
  }
  return name("namespace", request.namespace) ?? firstFault(request.keys, checkKey);
};

const checkReceipt = (request: Parameters<Storage["receipt"]>[0]): Fault =>
  name("namespace", request.namespace) ?? name("id", request.id);

const checkScan = (request: Parameters<Storage["scan"]>[0]): Fault =>
  checkIndexRange(request) ?? page(request.limit) ?? checkCursor(request.cursor);

const checkCount = (request: Parameters<Storage["count"]>[0]): Fault =>
  checkIndexRange(request) ?? natural("max", request.max);

const checkFeed = (request: Parameters<Storage["feed"]>[0]): Fault =>
  name("namespace", request.namespace) ??
  (request.stream === null ? null : name("stream", request.stream)) ??
  page(request.limit) ??
  checkCursor(request.after);

const checkDead = (request: Parameters<Storage["dead"]>[0]): Fault =>
  name("namespace", request.namespace) ??
  (request.queue === null ? null : name("queue", request.queue)) ??
  page(request.limit) ??
  checkCursor(request.cursor);

const checkLease = (request: Parameters<Storage["lease"]>[0]): Fault =>
  (request.namespace === null ? null : name("namespace", request.namespace)) ??
  name("queue", request.queue) ??
  name("owner", request.owner) ??
  natural("now", request.now) ??
  natural("until", request.until) ??
  page(request.limit) ??
  (request.until > request.now ? null : invalid("until", "must be after now"));

const checkSettle = (outcomes: ReadonlyArray<JobOutcome>, at: number): Fault => {
  if (outcomes.length > STORAGE_LIMITS.batchItems) {
    return tooLarge("outcomes", STORAGE_LIMITS.batchItems, "items");
  }
  return natural("at", at) ?? firstFault(outcomes, checkOutcome);
};

const checkBatch = (batch: CommitBatch): Fault =>
  checkSize(batch) ??
  name("namespace", batch.namespace) ??
  natural("at", batch.at) ??
  firstFault(batch.rows, checkRow) ??
  firstFault(batch.guards, (guarded) => checkKey(guarded) ?? natural("version", guarded.version)) ??
  firstFault(batch.entries, checkEntry) ??
  firstFault(batch.schedule, checkJob) ??
  firstFault(batch.cancel, (id) => name("cancel", id)) ??
  firstFault(batch.settle, (outcome) =>
    outcome.namespace === batch.namespace
      ? checkOutcome(outcome)
      : invalid("settle", "must be of the namespace of the batch"),
  ) ??
  firstFault(
    batch.revive ?? [],
    ({ id, dueAt }) => name("revive", id) ?? natural("dueAt", dueAt),
  ) ??
  (batch.receipt === null ? null : checkReceiptWrite(batch.receipt)) ??
  distinct("rows", batch.rows, (row) => `${row.kind}\u0000${row.id}`) ??
  distinct("schedule", batch.schedule, (job) => job.id) ??
  distinct("settle", batch.settle, (outcome) => outcome.id) ??
  distinct("revive", [...(batch.revive ?? []), ...batch.settle], ({ id }) => id);

const checkSize = (batch: CommitBatch): Fault => {
  let items =
    batch.rows.length +
    batch.guards.length +
    batch.entries.length +
    batch.schedule.length +
    batch.cancel.length +
    batch.settle.length +
    (batch.revive?.length ?? 0);
  for (const row of batch.rows) items += row.indexes.length;
  return items > STORAGE_LIMITS.batchItems
    ? tooLarge("batch", STORAGE_LIMITS.batchItems, "items")
    : null;
};

const checkRow = (row: CommitBatch["rows"][number]): Fault =>
  checkKey(row) ??
  natural("expected", row.expected) ??
  (row.value === null
    ? row.indexes.length === 0
      ? null
      : invalid("indexes", "must be empty when the row is deleted")
    : text("value", row.value, STORAGE_LIMITS.valueBytes)) ??
  firstFault(row.indexes, (entry) => name("index", entry.index) ?? key("key", entry.key));

const checkKey = (row: RowKey): Fault =>
  name("id", row.id) ??
  name("kind", row.kind) ??
  (PORT_WORDS.has(row.kind) ? invalid("kind", "is a word of the port") : null);

const PORT_WORDS: ReadonlySet<string> = new Set(Object.values(CONFLICT_KINDS));

const checkEntry = (entry: CommitBatch["entries"][number]): Fault =>
  name("stream", entry.stream) ??
  name("hash", entry.hash) ??
  (entry.previous === undefined ? null : key("previous", entry.previous)) ??
  text("value", entry.value, STORAGE_LIMITS.valueBytes) ??
  natural("version", entry.version) ??
  (entry.version === 0 ? invalid("version", "must be at least 1") : null);

const checkJob = (job: CommitBatch["schedule"][number]): Fault =>
  name("id", job.id) ??
  name("queue", job.queue) ??
  name("key", job.key) ??
  natural("dueAt", job.dueAt) ??
  text("value", job.value, STORAGE_LIMITS.valueBytes);

const checkOutcome = (outcome: JobOutcome): Fault => {
  const named =
    name("namespace", outcome.namespace) ?? name("id", outcome.id) ?? name("token", outcome.token);
  if (named !== null) return named;
  switch (outcome._tag) {
    case "Done":
      return null;
    case "Retry":
      return natural("dueAt", outcome.dueAt);
    case "Dead":
      return text("reason", outcome.reason, STORAGE_LIMITS.valueBytes);
    case "Renew":
      return natural("until", outcome.until);
  }
};

const checkReceiptWrite = (receipt: NonNullable<CommitBatch["receipt"]>): Fault =>
  name("id", receipt.id) ??
  name("contentHash", receipt.contentHash) ??
  text("value", receipt.value, STORAGE_LIMITS.valueBytes) ??
  (receipt.keepUntil === null ? null : natural("keepUntil", receipt.keepUntil));

const checkIndexRange = (request: {
  readonly namespace: string;
  readonly kind: string;
  readonly index: string;
  readonly range: KeyRange;
}): Fault =>
  name("namespace", request.namespace) ??
  name("kind", request.kind) ??
  name("index", request.index) ??
  (request.range.from === null ? null : key("from", request.range.from)) ??
  (request.range.to === null ? null : key("to", request.range.to));

// A cursor quotes a key and an id: escaped, a byte of either takes six, and in base64 eight.
const checkCursor = (cursor: string | null): Fault =>
  cursor === null ? null : text("cursor", cursor, STORAGE_LIMITS.keyBytes * 32);

const name = (field: string, value: string): Fault =>
  value === "" ? invalid(field, "must not be empty") : key(field, value);

const key = (field: string, value: string): Fault => text(field, value, STORAGE_LIMITS.keyBytes);

const text = (field: string, value: string, limit: number): Fault => {
  if (typeof value !== "string") return invalid(field, "must be text");
  if (exceedsBytes(value, limit)) return tooLarge(field, limit, "bytes");
  return value.includes("\u0000") || !value.isWellFormed()
    ? invalid(field, "must not hold NUL or lone surrogates")
    : null;
};

const natural = (field: string, value: number): Fault =>
  Number.isSafeInteger(value) && value >= 0
    ? null
    : invalid(field, "must be a safe integer of at least 0");

const page = (limit: number): Fault => {
  if (limit > STORAGE_LIMITS.pageRows) return tooLarge("limit", STORAGE_LIMITS.pageRows, "rows");
  return natural("limit", limit) ?? (limit === 0 ? invalid("limit", "must be at least 1") : null);
};

const distinct = <A>(field: string, items: ReadonlyArray<A>, nameOf: (item: A) => string): Fault =>
  items.length > 1 && new Set(items.map(nameOf)).size < items.length
    ? invalid(field, "names the same thing twice")
    : null;

const firstFault = <A>(items: ReadonlyArray<A>, check: (item: A) => Fault): Fault => {
  for (const item of items) {
    const fault = check(item);
    if (fault !== null) return fault;
  }
  return null;
};

const invalid = (field: string, rule: string): Fault => ({
  reason: "Invalid",
  detail: `\`${field}\` ${rule}`,
});

const tooLarge = (field: string, limit: number, unit: string): Fault => ({
  reason: "TooLarge",
  detail: `\`${field}\` is more than ${limit} ${unit}; send less at once`,
});
