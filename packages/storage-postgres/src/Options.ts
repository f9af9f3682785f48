/** The settings of the driver, and what stands where none is given. */
import type { StorageError } from "@linli/core/ports";
import { storageError } from "./Errors.ts";
import type { PgSource } from "./Source.ts";

/** How to open a database. */
export interface PostgresOptions {
  /** Where connections come from: a node-postgres `Pool`, {@link fromPglite}, or your own. */
  readonly source: PgSource;
  /**
   * The schema that holds the tables; `linli`. Any name of up to 63 bytes of UTF-8
   * without control characters that does not begin with `pg_`.
   */
  readonly schema?: string;
  /**
   * How the order of the feed is kept right; a property of the database, fixed when it
   * is first opened. `serialised` (the default): commits of a namespace follow one
   * another. `horizon`: they run side by side, and readers stop before the oldest
   * transaction still running anywhere in the cluster. Without it, what the database has.
   */
  readonly feedOrder?: FeedOrder;
  /** Connections in use at once; further calls wait. 8. */
  readonly maxConnections?: number;
  /** How long a call waits for a connection, in milliseconds; 5,000. */
  readonly connectTimeoutMillis?: number;
  /** How long a call waits for its answer before its connection is given up; 15,000. */
  readonly callTimeoutMillis?: number;
  /** How long the server waits for a lock; 5,000, and 0 for no limit. Keep it below `callTimeoutMillis`. */
  readonly lockTimeoutMillis?: number;
  /** How often a call is tried again after a deadlock or serialization failure; 5. */
  readonly retries?: number;
  /** Commands of one namespace that share a transaction under load, at most; 32. */
  readonly groupSize?: number;
  /** A number from 0 to 1 that spreads retries; `Math.random`. */
  readonly jitter?: () => number;
}

export type FeedOrder = "serialised" | "horizon";

/** All settings. */
export interface Settings extends Required<Omit<PostgresOptions, "source" | "feedOrder">> {
  readonly feedOrder: FeedOrder | null;
}

/** Fills in the defaults. */
export const settingsOf = (options: PostgresOptions): Settings => ({
  schema: options.schema ?? "linli",
  feedOrder: options.feedOrder ?? null,
  maxConnections: options.maxConnections ?? 8,
  connectTimeoutMillis: options.connectTimeoutMillis ?? 5000,
  callTimeoutMillis: options.callTimeoutMillis ?? 15_000,
  lockTimeoutMillis: options.lockTimeoutMillis ?? 5000,
  retries: options.retries ?? 5,
  groupSize: options.groupSize ?? 32,
  jitter: options.jitter ?? Math.random,
});

/**
 * What is wrong with settings, if anything: with one that is no number, as of a variable
 * that is not set, nothing would ever be sent, or everything be late.
 */
export const settingsRefusal = (operation: string, settings: Settings): StorageError | null => {
  for (const [name, least] of LEAST) {
    const value = settings[name];
    if (Number.isInteger(value) && value >= least && value <= MOST) continue;
    const rule = `must be a whole number from ${least} to ${MOST}`;
    return storageError("Misconfigured", operation, `\`${name}\` ${rule}`);
  }
  return schemaRefusal(operation, settings.schema);
};

/** What timers and the server's settings can hold. */
const MOST = 2 ** 31 - 1;

const LEAST = [
  ["maxConnections", 1],
  ["connectTimeoutMillis", 1],
  ["callTimeoutMillis", 1],
  ["lockTimeoutMillis", 0],
  ["retries", 0],
  ["groupSize", 1],
] as const;

/**
 * What is wrong with the name of a schema, if anything. PostgreSQL cuts a longer name
 * short, and keeps `pg_` for itself; a line break could end a comment of a step.
 */
export const schemaRefusal = (operation: string, schema: string): StorageError | null => {
  const fault = faultOf(schema);
  if (fault === null) return null;
  return storageError(
    "Misconfigured",
    operation,
    `the name of the schema ${fault}; take 1 to ${LONGEST_NAME} bytes of UTF-8 without control ` +
      "characters that do not begin with pg_",
  );
};

/** PostgreSQL's `NAMEDATALEN` less one, in bytes. */
const LONGEST_NAME = 63;

const CONTROL = /\p{Cc}|\p{Cs}/u;

const faultOf = (schema: string): string | null => {
  if (schema === "") return "is empty";
  if (CONTROL.test(schema)) return "holds a control character or half a character";
  if (schema.startsWith("pg_")) return "begins with pg_";
  const bytes = new TextEncoder().encode(schema).length;
  return bytes > LONGEST_NAME ? `has ${bytes} bytes` : null;
};
