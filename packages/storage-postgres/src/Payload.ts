/** Commits as the functions of migration 2 take them, and their answers read back. */
import {
  type CommitBatch,
  type CommitResult,
  Conflict,
  CONFLICT_KINDS,
  type IndexKey,
  type JobOutcome,
  type RowKey,
} from "@linli/core/ports";
import { storageError, storageErrorOfState } from "./Errors.ts";

/** Lists of a commit; several may be put together when they touch different names. */
export interface Payload {
  readonly receipts: Array<object>;
  readonly guards: Array<object>;
  readonly inserts: Array<object>;
  readonly updates: Array<object>;
  readonly deletes: Array<object>;
  readonly entries: Array<object>;
  readonly settle: Array<object>;
  readonly cancel: Array<string>;
  readonly revive: Array<object>;
  readonly schedule: Array<object>;
  /** Ids of the jobs touched. */
  readonly locks: Array<string>;
  /** A stream does not go on from entry to entry: it cannot be accepted. */
  readonly broken: boolean;
}

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
  for (const { stream, version, hash, value } of batch.entries) {
    const f = begun.has(stream) ? undefined : true;
    begun.add(stream);
    payload.entries.push({ s: stream, v: version, f, h: hash, d: value });
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

/** Several payloads as one. */
export const mergePayloads = (payloads: ReadonlyArray<Payload>): Payload => {
  const whole = emptyPayload(payloads.some((one) => one.broken));
  for (const one of payloads) for (const list of LISTS) push(whole[list], one[list]);
  return whole;
};

/** The JSON value of a payload. */
export const toJson = (namespace: string, horizon: boolean, payload: Payload): object => {
  const { settle, cancel, revive, schedule, locks, broken, ...lists } = payload;
  const distinct = new Set(locks);
  const jobs = {
    ...(distinct.size > 1 || settle.length > 0 ? { locks: [...distinct] } : {}),
    ...(settle.length > 0 ? { settle } : {}),
    ...(cancel.length > 0 ? { cancel } : {}),
    ...(revive.length > 0 ? { revive } : {}),
    ...(schedule.length > 0 ? { schedule } : {}),
  };
  return {
    n: namespace,
    ...(horizon ? { h: true } : {}),
    ...(broken ? { x: true } : {}),
    ...lists,
    ...(distinct.size > 0 ? { jobs } : {}),
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
  readonly streams?: ReadonlyArray<readonly [string, number]> | null;
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
  const last = new Map<string, number>();
  for (const { stream, version } of entries) {
    const before = last.get(stream);
    if (before !== undefined && version !== before + 1) return true;
    last.set(stream, version);
  }
  return false;
};

const conflictOf = (batch: CommitBatch, said: Answer): Conflict => {
  const conflicts: Array<Conflict["conflicts"][number]> = [];
  const told = new Set<string>();
  const nameOf = (kind: string, id: string) => `${kind}\u0000${id}`;
  const expect = ({ kind, id }: RowKey, expected: number, actual: number) => {
    const name = nameOf(kind, id);
    if (expected === actual || told.has(name)) return;
    told.add(name);
    conflicts.push({ kind, id, expected, actual });
  };
  const versions = new Map((said.rows ?? []).map(([k, i, version]) => [nameOf(k, i), version]));
  const versionOf = ({ kind, id }: RowKey) => versions.get(nameOf(kind, id)) ?? 0;
  for (const row of batch.rows) expect(row, row.expected, versionOf(row));
  for (const guard of batch.guards) expect(guard, guard.version, versionOf(guard));
  const last = new Map(said.streams);
  for (const { stream, version } of batch.entries) {
    expect({ kind: CONFLICT_KINDS.stream, id: stream }, version - 1, last.get(stream) ?? 0);
    last.set(stream, version);
  }
  for (const [place, outcome] of batch.settle.entries()) {
    const held = said.leases?.[place] === true ? 1 : 0;
    expect({ kind: CONFLICT_KINDS.lease, id: outcome.id }, 1, held);
  }
  for (const [place, { id }] of (batch.revive ?? []).entries()) {
    expect({ kind: CONFLICT_KINDS.dead, id }, 1, said.dead?.[place] === true ? 1 : 0);
  }
  return new Conflict({ conflicts });
};
