/** Commits as the functions of migration 2 take them, and their answers read back. */
import {
  type CommitBatch,
  type CommitResult,
  Conflict,
  conflictsIn,
  type EntryWrite,
  type IndexKey,
  type JobOutcome,
  type StreamEnd,
} from "@linli/core/ports";
import { storageError, storageErrorOfState } from "./Errors.ts";

/** Lists of a commit; several may be put together when they touch different names. */
export interface Payload {
  readonly receipts: Array<WithText>;
  readonly guards: Array<object>;
  readonly inserts: Array<WithText>;
  readonly updates: Array<WithText>;
  readonly deletes: Array<object>;
  readonly entries: Array<Item & { readonly d: string }>;
  readonly settle: Array<object>;
  readonly cancel: Array<string>;
  readonly revive: Array<object>;
  readonly schedule: Array<object>;
  /** Ids of the jobs touched. */
  readonly locks: Array<string>;
  /** A stream does not go on from entry to entry of the batch: it cannot be accepted. */
  readonly broken: boolean;
}

type Item = Readonly<Record<string, unknown>>;

/** An item with a value of any length. */
type WithText = Item & { readonly v: string };

/** The lists of one batch. */
export const payloadOf = (batch: CommitBatch): Payload => {
  const payload = emptyPayload(streamsBroken(batch));
  const { receipt } = batch;
  if (receipt !== null) {
    const { id, contentHash, keepUntil, value } = receipt;
    payload.receipts.push({ i: id, h: contentHash, u: keepUntil, v: value });
  }
  for (const { kind, id, version } of batch.guards) {
    payload.guards.push({ k: kind, i: id, e: version });
  }
  for (const row of batch.rows) addRow(payload, row);
  const begun = new Set<string>();
  for (const { stream, version, hash, value, previous } of batch.entries) {
    // What stands in the same batch before it was held against it above.
    const first = begun.has(stream) ? undefined : true;
    begun.add(stream);
    const p = first && previous;
    payload.entries.push({ s: stream, v: version, f: first, p, h: hash, d: value });
  }
  for (const outcome of batch.settle) payload.settle.push(outcomeOf(outcome, batch.at));
  payload.cancel.push(...batch.cancel);
  for (const { id, dueAt } of batch.revive ?? []) payload.revive.push({ i: id, d: dueAt });
  for (const { id, queue, key, dueAt, value } of batch.schedule) {
    payload.schedule.push({ i: id, q: queue, k: key, d: dueAt, v: value });
  }
  payload.locks.push(...jobsOf(batch));
  return payload;
};

/** The one entry of a batch that holds nothing else; else undefined. */
export const onlyEntryOf = (batch: CommitBatch): EntryWrite | undefined =>
  batch.entries.length === 1 &&
  batch.receipt === null &&
  batch.rows.length === 0 &&
  batch.guards.length === 0 &&
  jobsOf(batch).length === 0
    ? batch.entries[0]
    : undefined;

/** Several payloads as one. */
export const mergePayloads = (payloads: ReadonlyArray<Payload>): Payload => {
  const [only] = payloads;
  if (only !== undefined && payloads.length === 1) return only;
  const whole = emptyPayload(payloads.some((one) => one.broken));
  for (const one of payloads) for (const list of LISTS) push(whole[list], one[list]);
  return whole;
};

/** A payload whose long texts stand beside it: each is named by its place in the list, from 1. */
export interface Parted {
  readonly commit: object;
  readonly texts: ReadonlyArray<string>;
}

/** Parts a payload as migration 7 takes it; beyond {@link TEXTS_BESIDE} texts stay inside, as a list. */
export const parted = (namespace: string, payload: Payload): Parted => {
  const texts: Array<string> = [];
  const placeOf = (text: string) => texts.push(text);
  const named = ({ v, ...item }: WithText) => ({ ...item, v: placeOf(v) });
  const { receipts, guards, inserts, updates, deletes, entries, broken } = payload;
  const jobs = jobsJson(payload);
  const commit = {
    n: namespace,
    ...(broken ? { x: true } : {}),
    ...(receipts.length > 0 ? { receipts: receipts.map(named) } : {}),
    ...(guards.length > 0 ? { guards } : {}),
    ...(inserts.length > 0 ? { inserts: inserts.map(named) } : {}),
    ...(updates.length > 0 ? { updates: updates.map(named) } : {}),
    ...(deletes.length > 0 ? { deletes } : {}),
    ...(jobs === null ? {} : { jobs }),
    entries: entries.map(({ d, ...item }) => ({ ...item, d: placeOf(d) })),
  };
  return texts.length > TEXTS_BESIDE
    ? { commit: { ...commit, texts }, texts: [] }
    : { commit, texts };
};

/** A statement names each text beside a commit, and a session keeps a statement for each number of them. */
export const TEXTS_BESIDE = 8;

/** The JSON value of a payload. */
export const toJson = (namespace: string, horizon: boolean, payload: Payload): object => {
  const { receipts, guards, inserts, updates, deletes, entries, broken } = payload;
  const jobs = jobsJson(payload);
  return {
    n: namespace,
    ...(horizon ? { h: true } : {}),
    ...(broken ? { x: true } : {}),
    ...{ receipts, guards, inserts, updates, deletes, entries },
    ...(jobs === null ? {} : { jobs }),
  };
};

/** What a payload says of jobs; null when it touches none. */
const jobsJson = ({ settle, cancel, revive, schedule, locks }: Payload): object | null => {
  if (locks.length === 0) return null;
  const distinct = new Set(locks);
  // One that is scheduled or revived is locked as it is written; what is cancelled would be
  // passed over if a lease or a settlement changed it meanwhile.
  const first = distinct.size > 1 || settle.length > 0 || cancel.length > 0;
  return {
    ...(first ? { locks: [...distinct] } : {}),
    ...(settle.length > 0 ? { settle } : {}),
    ...(cancel.length > 0 ? { cancel } : {}),
    ...(revive.length > 0 ? { revive } : {}),
    ...(schedule.length > 0 ? { schedule } : {}),
  };
};

/** An outcome of a job as the functions take it. */
export const outcomeOf = (outcome: JobOutcome, at: number): object => ({
  i: outcome.id,
  t: outcome.token,
  o: outcome._tag,
  // Tells one outcome from another of the same lease.
  m: outcome._tag === "Retry" ? `Retry ${outcome.dueAt}` : outcome._tag,
  d:
    outcome._tag === "Retry" ? outcome.dueAt : outcome._tag === "Renew" ? outcome.until : undefined,
  r: outcome._tag === "Dead" ? outcome.reason : undefined,
  a: at,
});

/** What the server says of one batch. @throws Conflict or StorageError. */
export const resultOf = (batch: CommitBatch, answer: unknown): CommitResult => {
  if (answer === "C") return COMMITTED;
  const said = answer as Answer;
  if (said.sqlstate !== undefined) throw storageErrorOfState("commit", said.sqlstate);
  const { receipt } = batch;
  if (receipt !== null && said.receipt != null) {
    const [contentHash, value] = said.receipt;
    if (contentHash !== receipt.contentHash) {
      throw storageError(
        "ReceiptMismatch",
        "commit",
        "this command id was used before with other content; give each command its own id",
      );
    }
    return { _tag: "Replayed", receipt: { id: receipt.id, contentHash, value } };
  }
  throw conflictOf(batch, said);
};

/** Answer to a batch that is committed. */
export const COMMITTED: CommitResult = { _tag: "Committed" };

interface Answer {
  readonly sqlstate?: string;
  readonly receipt?: readonly [string, string] | null;
  readonly rows?: ReadonlyArray<readonly [string, string, number]> | null;
  readonly streams?: ReadonlyArray<readonly [string, number, string]> | null;
  readonly leases?: ReadonlyArray<boolean> | null;
  readonly dead?: ReadonlyArray<boolean> | null;
}

const LISTS = [
  "receipts",
  "guards",
  "inserts",
  "updates",
  "deletes",
  "entries",
  "settle",
  "cancel",
  "revive",
  "schedule",
  "locks",
] as const;

const emptyPayload = (broken: boolean): Payload => ({
  receipts: [],
  guards: [],
  inserts: [],
  updates: [],
  deletes: [],
  entries: [],
  settle: [],
  cancel: [],
  revive: [],
  schedule: [],
  locks: [],
  broken,
});

const push = (target: Array<object> | Array<string>, items: ReadonlyArray<object | string>) => {
  for (const item of items) (target as Array<object | string>).push(item);
};

const addRow = (payload: Payload, row: CommitBatch["rows"][number]) => {
  const { kind: k, id: i, expected: e, value: v } = row;
  if (v !== null) {
    const x = pairsOf(row.indexes);
    if (e === 0) payload.inserts.push({ k, i, x, v });
    else payload.updates.push({ k, i, e, x, v });
  } else if (e === 0) {
    // Deleting what must not exist is a guard.
    payload.guards.push({ k, i, e });
  } else {
    payload.deletes.push({ k, i, e });
  }
};

const pairsOf = (indexes: ReadonlyArray<IndexKey>): ReadonlyArray<string> => {
  const pairs = indexes.map(({ index, key }) => JSON.stringify([index, key]));
  return pairs.length > 1 ? [...new Set(pairs)] : pairs;
};

/** Ids of the jobs a batch touches. */
export const jobsOf = (batch: CommitBatch): ReadonlyArray<string> => [
  ...batch.settle.map((one) => one.id),
  ...batch.cancel,
  ...(batch.revive ?? []).map((one) => one.id),
  ...batch.schedule.map((one) => one.id),
];

const streamsBroken = ({ entries }: CommitBatch): boolean => {
  if (entries.length < 2) return false;
  const ends = new Map<string, StreamEnd>();
  for (const entry of entries) {
    const { stream, version, previous } = entry;
    const end = ends.get(stream);
    if (end !== undefined) {
      if (version !== end.version + 1) return true;
      if (previous !== undefined && previous !== end.hash) return true;
    }
    ends.set(stream, entry);
  }
  return false;
};

const conflictOf = (batch: CommitBatch, said: Answer): Conflict => {
  const nameOf = (kind: string, id: string) => `${kind}\u0000${id}`;
  const versions = new Map((said.rows ?? []).map(([k, i, version]) => [nameOf(k, i), version]));
  const ends = new Map<string, StreamEnd>();
  for (const [stream, version, hash] of said.streams ?? []) ends.set(stream, { version, hash });
  const revived = (batch.revive ?? []).map((one) => one.id);
  return new Conflict({
    conflicts: conflictsIn(batch, {
      version: ({ kind, id }) => versions.get(nameOf(kind, id)) ?? 0,
      last: (stream) => ends.get(stream),
      holds: (outcome) => said.leases?.[batch.settle.indexOf(outcome)] === true,
      isDead: (id) => said.dead?.[revived.indexOf(id)] === true,
    }),
  });
};
