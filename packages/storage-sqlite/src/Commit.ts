/**
 * One commit, as plain loops over prepared statements inside a transaction that
 * is already open: versions are checked by the writes themselves, and only a
 * refused commit pays for finding out what is there instead.
 */
import {
  type CommitBatch,
  type CommitResult,
  Conflict,
  conflictsIn,
  type IndexKey,
  type Receipt,
  type RowKey,
  type StorageError,
  type StreamEnd,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type { Connection } from "./Connection.ts";
import { storageError } from "./Errors.ts";
import type { JobBook } from "./Jobs.ts";
import type { Known } from "./Known.ts";

/** What became of a batch; anything but `Committed` must be rolled back. */
export type Applied =
  | { readonly _tag: "Committed" }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "OtherContent" }
  | { readonly _tag: "Replayed"; readonly receipt: Receipt };

/** Commits of one connection. */
export interface Committer {
  /** To be called when a transaction has begun, and when anything was rolled back. */
  readonly begun: () => void;
  readonly undone: () => void;
  /** Writes everything, or stops at the first thing that does not hold. */
  readonly apply: (batch: CommitBatch) => Applied;
  /** Everything that does not hold, each once. Call after the rollback. */
  readonly conflictsOf: (batch: CommitBatch) => Conflict;
}

/** Prepares the statements of a commit. */
export const makeCommitter = (connection: Connection, known: Known, jobs: JobBook): Committer => {
  const rows = makeRowWriter(connection, known);
  const entries = makeEntryWriter(connection, known);
  const receipts = makeReceiptWriter(connection);
  return {
    begun: known.refresh,
    undone: known.clear,
    apply: (batch) => {
      const { namespace, receipt } = batch;
      if (receipt !== null && !receipts.insert(namespace, receipt)) {
        const kept = receipts.find(namespace, receipt.id);
        return kept === null || kept.contentHash !== receipt.contentHash
          ? OTHER_CONTENT
          : { _tag: "Replayed", receipt: kept };
      }
      for (const guard of batch.guards) {
        if (!rows.holds(namespace, guard)) return REFUSED;
      }
      for (const row of batch.rows) if (!rows.write(namespace, row)) return REFUSED;
      if (!entries.append(namespace, batch.entries)) return REFUSED;
      if (!settleAll(jobs, batch)) return REFUSED;
      for (const id of batch.cancel) jobs.cancel(namespace, id);
      for (const one of batch.revive ?? []) if (!jobs.revive(namespace, one)) return REFUSED;
      for (const job of batch.schedule) jobs.schedule(namespace, job);
      return COMMITTED;
    },
    conflictsOf: (batch) =>
      new Conflict({
        conflicts: conflictsIn(batch, {
          version: (key) => rows.versionOf(batch.namespace, key),
          last: (stream) => entries.lastOf(batch.namespace, stream),
          holds: (outcome) => jobs.holds(outcome, batch.at),
          isDead: (id) => jobs.isDead(batch.namespace, id),
        }),
      }),
  };
};

/** False when a lease does not hold. Of a job scheduled again right away nothing else would stay. */
const settleAll = (jobs: JobBook, { settle, schedule, at }: CommitBatch): boolean => {
  if (settle.length === 0) return true;
  const again = new Set(schedule.map((job) => job.id));
  return settle.every((outcome) =>
    again.has(outcome.id) ? jobs.holds(outcome, at) : jobs.settleHeld(outcome, at),
  );
};

/** The answer to a command id that was used before. */
export const replayAnswer = (
  applied: Extract<Applied, { readonly _tag: "Replayed" | "OtherContent" }>,
): Effect.Effect<CommitResult, StorageError> =>
  applied._tag === "Replayed"
    ? Effect.succeed(applied)
    : Effect.fail(
        storageError(
          "ReceiptMismatch",
          "commit",
          "this command id was used before with other content; give each command its own id",
        ),
      );

const COMMITTED: Applied = { _tag: "Committed" };
const REFUSED: Applied = { _tag: "Refused" };
const OTHER_CONTENT: Applied = { _tag: "OtherContent" };

const makeRowWriter = ({ prepare }: Connection, known: Known) => {
  const version = prepare("SELECT version FROM rows WHERE namespace = ? AND kind = ? AND id = ?");
  const insert = prepare(
    "INSERT INTO rows (namespace, kind, id, version, index_keys, value) VALUES (?, ?, ?, 1, ?, ?) " +
      "ON CONFLICT DO NOTHING",
  );
  const update = prepare(
    "UPDATE rows SET version = version + 1, index_keys = ?, value = ? " +
      "WHERE namespace = ? AND kind = ? AND id = ? AND version = ?",
  );
  const remove = prepare(
    "DELETE FROM rows WHERE namespace = ? AND kind = ? AND id = ? AND version = ?",
  );
  const keysBefore = makeKeysBefore(prepare, known);
  const rekey = makeRekey(prepare);

  const insertRow = (namespace: string, row: RowWrite, value: string): boolean => {
    const { kind, id, indexes } = row;
    const keys = JSON.stringify(flatten(indexes));
    if (insert.run(namespace, kind, id, keys, value).changes === 0) return false;
    rekey.add(namespace, row, indexes);
    return true;
  };

  return {
    versionOf: (namespace: string, { kind, id }: RowKey): number =>
      Number(version.get(namespace, kind, id)?.["version"] ?? 0),
    /** Whether a row has a version still, without asking again for one that has not moved. */
    holds: (namespace: string, { kind, id, version: expected }: CommitBatch["guards"][number]) => {
      const kept = known.row(namespace, kind, id);
      if (kept !== undefined) return kept.version === expected;
      const actual = Number(version.get(namespace, kind, id)?.["version"] ?? 0);
      known.setRow(namespace, kind, id, { version: actual, keys: null });
      return actual === expected;
    },
    write: (namespace: string, row: RowWrite): boolean => {
      const { kind, id, expected, value } = row;
      if (expected === 0) {
        known.dropRow(namespace, kind, id);
        return value === null
          ? version.get(namespace, kind, id) === undefined
          : insertRow(namespace, row, value);
      }
      const before = keysBefore(namespace, row);
      if (before === undefined) return false;
      const flat = flatten(row.indexes);
      const keys = JSON.stringify(flat);
      const { changes } =
        value === null
          ? remove.run(namespace, kind, id, expected)
          : update.run(keys, value, namespace, kind, id, expected);
      if (changes === 0) return false;
      if (value === null) known.dropRow(namespace, kind, id);
      else known.setRow(namespace, kind, id, { version: expected + 1, keys, flat });
      if (before.keys !== keys) {
        rekey.change(namespace, row, before.flat ?? (JSON.parse(before.keys) as Flat), flat);
      }
      return true;
    },
  };
};

type RowWrite = CommitBatch["rows"][number];

/** Index entries of a row as they stand: as stored, and as a list if that is known. */
interface Before {
  readonly keys: string;
  readonly flat: Flat | undefined;
}

const makeKeysBefore = (prepare: Connection["prepare"], known: Known) => {
  const keysOf = prepare(
    "SELECT index_keys FROM rows WHERE namespace = ? AND kind = ? AND id = ? AND version = ?",
  );
  return (namespace: string, { kind, id, expected }: RowWrite): Before | undefined => {
    const kept = known.row(namespace, kind, id);
    if (kept !== undefined && kept.keys !== null && kept.version === expected) {
      return { keys: kept.keys, flat: kept.flat };
    }
    const found = keysOf.get(namespace, kind, id, expected);
    return found === undefined ? undefined : { keys: String(found["index_keys"]), flat: undefined };
  };
};

const makeRekey = (prepare: Connection["prepare"]) => {
  const addKey = prepare(
    "INSERT INTO index_entries (namespace, kind, index_name, key, id) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT DO NOTHING",
  );
  const dropKey = prepare(
    "DELETE FROM index_entries " +
      "WHERE namespace = ? AND kind = ? AND index_name = ? AND key = ? AND id = ?",
  );
  return {
    add: (namespace: string, { kind, id }: RowKey, indexes: ReadonlyArray<IndexKey>): void => {
      for (const { index, key } of indexes) addKey.run(namespace, kind, index, key, id);
    },
    change: (namespace: string, { kind, id }: RowKey, before: Flat, after: Flat): void => {
      const [stood, stands] = [finder(before), finder(after)];
      for (let i = 0; i < before.length; i += 2) {
        const [index = "", key = ""] = [before[i], before[i + 1]];
        if (!stands(index, key)) dropKey.run(namespace, kind, index, key, id);
      }
      for (let i = 0; i < after.length; i += 2) {
        const [index = "", key = ""] = [after[i], after[i + 1]];
        if (!stood(index, key)) addKey.run(namespace, kind, index, key, id);
      }
    },
  };
};

/** Index entries as they are stored with their row: index, key, index, key ... */
type Flat = ReadonlyArray<string>;

const flatten = (indexes: ReadonlyArray<IndexKey>): Flat => {
  const flat: Array<string> = [];
  for (const { index, key } of indexes) flat.push(index, key);
  return flat;
};

/** Tells whether an entry is among these: a few are looked through, many get a set. */
const finder = (flat: Flat): ((index: string, key: string) => boolean) => {
  if (flat.length <= FEW) {
    return (index, key) => {
      for (let i = 0; i < flat.length; i += 2) {
        if (flat[i + 1] === key && flat[i] === index) return true;
      }
      return false;
    };
  }
  const names = new Set<string>();
  for (let i = 0; i < flat.length; i += 2) names.add(`${flat[i]}\u0000${flat[i + 1]}`);
  return (index, key) => names.has(`${index}\u0000${key}`);
};

const FEW = 64;

const makeEntryWriter = ({ prepare }: Connection, known: Known) => {
  const last = prepare(
    "SELECT version, hash FROM entries WHERE namespace = ? AND stream = ? " +
      "ORDER BY version DESC LIMIT 1",
  );
  const follow = prepare(
    "INSERT INTO entries (namespace, stream, version, hash, value) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT DO NOTHING",
  );
  const before = prepare(
    "SELECT hash FROM entries WHERE namespace = ? AND stream = ? AND version = ?",
  );
  const hashBefore = (namespace: string, stream: string, version: number): string | undefined => {
    if (version === 1) return "";
    const end = known.end(namespace, stream);
    if (end !== undefined && end.version === version - 1) return end.hash;
    const found = before.get(namespace, stream, version - 1);
    return found === undefined ? undefined : String(found["hash"]);
  };
  return {
    lastOf: (namespace: string, stream: string): StreamEnd | undefined => {
      const found = last.get(namespace, stream);
      return found === undefined
        ? undefined
        : { version: Number(found["version"]), hash: String(found["hash"]) };
    },
    /** False when a stream would get a gap, a second entry of a version, or one that follows another. */
    append: (namespace: string, entries: CommitBatch["entries"]): boolean => {
      for (const { stream, version, hash, value, previous } of entries) {
        const follows = hashBefore(namespace, stream, version);
        if (follows === undefined || (previous !== undefined && previous !== follows)) return false;
        const { changes } = follow.run(namespace, stream, version, hash, value);
        if (changes === 0) return false;
        known.setEnd(namespace, stream, { version, hash });
      }
      return true;
    },
  };
};

const makeReceiptWriter = ({ prepare }: Connection) => {
  const insert = prepare(
    "INSERT INTO receipts (namespace, id, content_hash, keep_until, value) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT DO NOTHING",
  );
  const find = prepare("SELECT content_hash, value FROM receipts WHERE namespace = ? AND id = ?");
  return {
    /** False when the id was used before. */
    insert: (namespace: string, receipt: NonNullable<CommitBatch["receipt"]>): boolean => {
      const { id, contentHash, keepUntil, value } = receipt;
      return insert.run(namespace, id, contentHash, keepUntil, value).changes !== 0;
    },
    find: (namespace: string, id: string): Receipt | null => {
      const row = find.get(namespace, id);
      if (row === undefined) return null;
      return { id, contentHash: String(row["content_hash"]), value: String(row["value"]) };
    },
  };
};
