/** The two ways in which a storage says no: a race lost, and a failure. */
import * as Schema from "effect/Schema";

/**
 * `kind` of a conflict that is no row: a stream whose last version is another
 * (`expected` and `actual` are last versions); a stream of that last version whose last
 * entry has another hash, a lease that is lost and a job to revive that is not dead
 * (`expected` 1, `actual` 0). Row kinds may not use these words.
 */
export const CONFLICT_KINDS = {
  stream: "stream",
  head: "head",
  lease: "lease",
  dead: "dead",
} as const;

/** Why a commit was refused although nothing failed: the answer to a race. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  /** Every row, guard, stream, head, lease or dead job that did not hold, once each, with what is there instead. */
  conflicts: Schema.Array(
    Schema.Struct({
      kind: Schema.String,
      id: Schema.String,
      expected: Schema.Int,
      actual: Schema.Int,
    }),
  ),
}) {
  override get message(): string {
    const shown = this.conflicts.slice(0, 3).map(({ kind, id, expected, actual }) => {
      if (kind === CONFLICT_KINDS.lease) return `the lease of job \`${id}\` is lost`;
      if (kind === CONFLICT_KINDS.head) return `stream \`${id}\` ends with another entry`;
      if (kind === CONFLICT_KINDS.dead) return `job \`${id}\` is not dead`;
      return `${kind} \`${id}\` is at version ${actual}, not ${expected}`;
    });
    return `the commit was refused: ${shown.join("; ")}; read again and decide again`;
  }
}

/**
 * Whether something thrown is a {@link Conflict}: by its shape, since a driver may bring a
 * copy of this package of its own, whose classes are others.
 */
export const isConflict = (thrown: unknown): thrown is Pick<Conflict, "_tag" | "conflicts"> =>
  hasConflictShape(thrown);

/**
 * Why the storage could not answer. Only `Unavailable`, `Timeout` and `Contention`
 * are worth a retry; `Invalid` is a caller that broke the port's own terms.
 */
export const StorageReason = Schema.Literals([
  "Unavailable",
  "Timeout",
  "Contention",
  "Corrupt",
  "Full",
  "ReadOnly",
  "Locked",
  "TooLarge",
  "ReceiptMismatch",
  "Invalid",
  "Misconfigured",
  "Unsupported",
  "Unknown",
]);
export type StorageReason = typeof StorageReason.Type;

/** The storage failed. `operation` names the method; `detail` never holds stored values. */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  reason: StorageReason,
  operation: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message(): string {
    return `storage ${this.operation} failed (${this.reason}): ${this.detail}`;
  }
}

/** Whether something thrown is a {@link StorageError}, by its shape as {@link isConflict}. */
export const isStorageError = (
  thrown: unknown,
): thrown is Pick<StorageError, "_tag" | "reason" | "operation" | "detail" | "cause"> =>
  hasErrorShape(thrown);

// Private

const hasConflictShape = Schema.is(Schema.Struct(Conflict.fields));
const hasErrorShape = Schema.is(Schema.Struct(StorageError.fields));
