/** SQLite's result codes in the words of the port. No message of SQLite's is passed on in `detail`. */
import { StorageError, type StorageReason } from "@linli/core/ports";

/** A storage error of this driver. */
export const storageError = (
  reason: StorageReason,
  operation: string,
  detail: string,
  cause?: unknown,
): StorageError =>
  new StorageError({ reason, operation, detail, ...(cause === undefined ? {} : { cause }) });

/** Whatever a call into SQLite threw, typed. */
export const storageErrorOf = (operation: string, cause: unknown): StorageError => {
  if (cause instanceof StorageError) return cause;
  const { reason, detail } = meaningOf(cause);
  return storageError(reason, operation, detail, cause);
};

/** The primary result code (https://www.sqlite.org/rescode.html) of a thrown error, if it has one. */
export const resultCodeOf = (cause: unknown): number | null => {
  if (typeof cause !== "object" || cause === null || !("errcode" in cause)) return null;
  return typeof cause.errcode === "number" ? cause.errcode & 0xff : null;
};

/**
 * True when a statement that holds for every sound file has failed: pages that cannot be
 * read (11, 26), or a table or a value that is not what it must be (1).
 */
export const isDamage = (cause: unknown): boolean => {
  const code = resultCodeOf(cause);
  return code === 1 || code === 11 || code === 26;
};

interface Meaning {
  readonly reason: StorageReason;
  readonly detail: string;
}

const meaningOf = (cause: unknown): Meaning => {
  const code = resultCodeOf(cause);
  if (code !== null)
    return MEANINGS.get(code) ?? { reason: "Unknown", detail: `SQLite result code ${code}` };
  // Nothing is parsed here but what this driver has written itself.
  if (cause instanceof SyntaxError) return { reason: "Corrupt", detail: DAMAGED };
  const name = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return (
    NAMED.get(name) ?? { reason: "Unknown", detail: "an error that is not SQLite's; see the cause" }
  );
};

/** What is said of a call on a handle that was closed. */
export const CLOSED: Meaning = {
  reason: "Unavailable",
  detail: "the data file was closed; open it again",
};

const DAMAGED = "the data file is damaged; restore a backup";
const IO = "the disk answered with an error; see the cause and check the disk";

const CANNOT_WRITE: Meaning = {
  reason: "ReadOnly",
  detail: "the data file or its folder cannot be written",
};
const BAD_PATH: Meaning = {
  reason: "Misconfigured",
  detail: "the path cannot be used; check it, and what lies there",
};
const FULL: Meaning = { reason: "Full", detail: "the disk or the data file is full; make room" };

/** Errors of Node's: of its SQLite, and of copying and renaming files. */
const NAMED: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["ERR_INVALID_STATE", CLOSED],
  // Whole numbers are written as such; only damage makes one that JavaScript cannot hold.
  ["ERR_OUT_OF_RANGE", { reason: "Corrupt", detail: DAMAGED }],
  ["EACCES", CANNOT_WRITE],
  ["EPERM", CANNOT_WRITE],
  ["EROFS", CANNOT_WRITE],
  ["ENOSPC", FULL],
  ["EDQUOT", FULL],
  ["EFBIG", FULL],
  ["EIO", { reason: "Unavailable", detail: IO }],
  ...["ENAMETOOLONG", "ELOOP", "ENOTDIR", "EISDIR", "ERR_FS_EISDIR", "ENOENT"].map(
    (name) => [name, BAD_PATH] as const,
  ),
]);

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [3, { reason: "Misconfigured", detail: "no permission on the data file or its folder" }],
  [5, { reason: "Contention", detail: "another program holds a lock on the data file" }],
  [6, { reason: "Contention", detail: "a table is in use by this very connection" }],
  [7, { reason: "Unavailable", detail: "out of memory" }],
  [8, CANNOT_WRITE],
  [9, { reason: "Timeout", detail: "the statement was interrupted" }],
  [10, { reason: "Unavailable", detail: IO }],
  [11, { reason: "Corrupt", detail: DAMAGED }],
  [13, FULL],
  [
    14,
    { reason: "Misconfigured", detail: "the data file cannot be opened; check path and folder" },
  ],
  [18, { reason: "TooLarge", detail: "a value is larger than SQLite takes" }],
  [23, { reason: "Misconfigured", detail: "not authorised on the data file" }],
  [26, { reason: "Corrupt", detail: "the file is not an SQLite database" }],
]);
