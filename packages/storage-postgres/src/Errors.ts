/**
 * PostgreSQL's SQLSTATE codes in the words of the port. No message of the server's
 * is passed on in `detail`: it may quote stored values.
 */
import { Conflict, StorageError, type StorageReason } from "@linli/core/ports";

/** A storage error of this driver. */
export const storageError = (
  reason: StorageReason,
  operation: string,
  detail: string,
  cause?: unknown,
): StorageError =>
  new StorageError({ reason, operation, detail, ...(cause === undefined ? {} : { cause }) });

/** Whatever a call threw, typed. */
export const storageErrorOf = (operation: string, cause: unknown): StorageError => {
  if (cause instanceof StorageError) return cause;
  const { reason, detail } = meaningOf(sqlStateOf(cause));
  return storageError(reason, operation, detail, cause);
};

/** The same for a commit, which may also be refused. */
export const commitErrorOf = (cause: unknown): Conflict | StorageError =>
  cause instanceof Conflict ? cause : storageErrorOf("commit", cause);

/** Of a request that is not of the port's form; without the guard it may be anything. */
export const unreadable = (operation: string, cause: unknown): StorageError =>
  storageError(
    "Invalid",
    operation,
    "the request is not of the port's form: a list or a field is missing, or of another kind",
    cause,
  );

/** What is sent as JSON; a BigInt, for one, it has no word for. */
export const jsonOf = (operation: string, value: object): string => {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw unreadable(operation, cause);
  }
};

/** Of a transaction that keeps looking at what was when it began. */
export const aboveReadCommitted = (operation: string): StorageError =>
  storageErrorOfState(operation, ABOVE);

/** A SQLSTATE that the server reported inside an answer. */
export const storageErrorOfState = (operation: string, state: string): StorageError => {
  const { reason, detail } = meaningOf(state);
  return storageError(reason, operation, detail);
};

/**
 * The SQLSTATE of a thrown error, also of one that another library wrapped; null when
 * the server did not answer. Every state has a digit, which tells it from `EPIPE`.
 */
export const sqlStateOf = (cause: unknown): string | null => {
  let error: unknown = cause;
  for (let depth = 0; depth < 4; depth += 1) {
    if (typeof error !== "object" || error === null) return null;
    if ("code" in error && typeof error.code === "string" && SQLSTATE.test(error.code)) {
      return error.code;
    }
    error = "cause" in error ? error.cause : null;
  }
  return null;
};

/** Whether nothing was kept, and one of several that went together may be at fault. */
export const mayBeOfOne = (cause: unknown): boolean =>
  cause instanceof StorageError ? cause.reason === "Invalid" : failureOf(cause) === "other";

/** What a failure means for the call that met it. */
export type Failure = "clash" | "lost" | "refused" | "hindered" | "other";

/**
 * `clash`: another transaction was in the way and the call changed nothing; `lost`:
 * the connection is gone or silent and nobody knows what became of the call;
 * `refused`: a commit that does not hold; `hindered`: nothing was kept, and not for the
 * sake of what was sent, so the same again would only fail as late again; `other`:
 * nothing was kept, and one of several commits may be at fault.
 */
export const failureOf = (cause: unknown): Failure => {
  if (cause instanceof StorageError) return cause.reason === "Timeout" ? "lost" : "hindered";
  const state = sqlStateOf(cause);
  if (state === null) return "lost";
  if (state === REFUSED) return "refused";
  if (state === "40001" || state === "40P01") return "clash";
  if (state.startsWith("08") || state.startsWith("57P") || ENDED.has(state)) return "lost";
  return HINDERED.has(state) || HINDERED.has(state.slice(0, 2)) ? "hindered" : "other";
};

const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** A session that is ended because its transaction, or a pause in it, took too long. */
const ENDED: ReadonlySet<string> = new Set(["25P03", "25P04"]);

/** Raised by the functions of migration 2. */
const REFUSED = "LN001";

/** Raised by the function of migration 10. */
const ABOVE = "LN002";

/**
 * A lock that was not free in time, a cancelled statement, an isolation or a transaction
 * that cannot serve, a database that takes no writes; rights, names, no connection left.
 * Not disk or memory: one large commit may have asked for it.
 */
const HINDERED: ReadonlySet<string> = new Set([
  ...["55P03", "57014", ABOVE, "25", "28", "3D", "3F", "42", "53300"],
]);

interface Meaning {
  readonly reason: StorageReason;
  readonly detail: string;
}

const meaningOf = (state: string | null): Meaning =>
  state === null
    ? {
        reason: "Unavailable",
        detail: "the connection to the database failed; a commit under way may or may not be kept",
      }
    : (MEANINGS.get(state) ??
      MEANINGS.get(state.slice(0, 2)) ?? { reason: "Unknown", detail: `SQLSTATE ${state}` });

const GONE: Meaning = {
  reason: "Unavailable",
  detail: "the server ended the connection or is starting; try again",
};
const CLASH: Meaning = {
  reason: "Contention",
  detail: "other transactions were in the way again and again; try again later",
};
const RIGHTS: Meaning = {
  reason: "Misconfigured",
  detail: "the database refuses this user; check user, password and rights",
};
const SCHEMA: Meaning = {
  reason: "Misconfigured",
  detail: "a table or function is missing; run the migrations",
};

const TOO_LONG: Meaning = {
  reason: "Timeout",
  detail: "the server ended the connection: its transaction, or a pause in it, took too long",
};

const HALF: Meaning = {
  reason: "Misconfigured",
  detail:
    "a part of a step is there but not its record in `migrations`, as when its file was run " +
    "without --single-transaction; undo that part (the README says how) and migrate again",
};

/** By full state, else by class (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["08", GONE],
  ["57P01", GONE],
  ["57P02", GONE],
  ["57P03", GONE],
  ["57P04", GONE],
  ["57P05", GONE],
  ["25P03", TOO_LONG],
  ["25P04", TOO_LONG],
  ["57014", { reason: "Timeout", detail: "the server cancelled the statement" }],
  ["40", CLASH],
  ["55P03", { reason: "Contention", detail: "a lock was not free in time; try again later" }],
  ["25006", { reason: "ReadOnly", detail: "the database takes no writes; is this a standby?" }],
  ["22", { reason: "Invalid", detail: "PostgreSQL cannot hold a value, NUL in a text for one" }],
  [
    "25P01",
    { reason: "Invalid", detail: "no transaction is open on the joined connection; begin one" },
  ],
  [
    "25P02",
    { reason: "Invalid", detail: "the transaction of the joined connection has failed before" },
  ],
  [
    ABOVE,
    {
      reason: "Misconfigured",
      detail:
        "the transaction is above READ COMMITTED, where what a commit relies on may no longer be " +
        "so; set default_transaction_isolation to 'read committed' for this role or pool, and " +
        "begin a transaction to be joined at READ COMMITTED",
    },
  ],
  ["28", RIGHTS],
  ["42501", RIGHTS],
  ["3D000", { reason: "Misconfigured", detail: "there is no such database" }],
  ["3F000", SCHEMA],
  ["42P01", SCHEMA],
  ["42883", SCHEMA],
  ["42P07", HALF],
  ["42723", HALF],
  ["42710", HALF],
  ["53100", { reason: "Full", detail: "the disk of the database is full; make room" }],
  ["53200", { reason: "Unavailable", detail: "the database is out of memory" }],
  ["53300", { reason: "Unavailable", detail: "the database has no connection left" }],
  ["53", { reason: "Unavailable", detail: "the database lacks a resource" }],
  ["54", { reason: "TooLarge", detail: "the call is larger than PostgreSQL takes" }],
  ["58", { reason: "Unavailable", detail: "the disk of the database answered with an error" }],
  ["XX001", { reason: "Corrupt", detail: "a table is damaged; restore a backup" }],
  ["XX002", { reason: "Corrupt", detail: "an index is damaged; rebuild it" }],
]);
