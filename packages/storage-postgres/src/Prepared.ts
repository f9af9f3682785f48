/**
 * Statements that stay prepared: each session parses and plans a statement of the
 * driver once, under a name, and is sent the name and the values from then on.
 *
 * It needs a session that stays the same between two statements: a direct connection, a
 * pooler in session mode, or PgBouncer 1.21 or newer with `max_prepared_statements`.
 */
import { sqlStateOf } from "./Errors.ts";
import type { PgConnection, PgLease, PgSource } from "./Source.ts";

type Answer = ReturnType<PgConnection["query"]>;

/** A statement under a name, as node-postgres takes it. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: Array<unknown>;
}

/** A connection that takes statements under a name: node-postgres' `PoolClient`. */
export interface PgNaming extends PgLease {
  query(text: string, values?: ReadonlyArray<unknown>): Answer;
  query(statement: NamedStatement): Answer;
}

/** Where such connections come from: node-postgres' `Pool`. */
export interface PgNamingSource {
  connect(): Promise<PgNaming>;
}

/**
 * A source whose statements stay prepared. A session that has lost a statement, has
 * another under its name, or was left with one that a migration made stale (`26000`,
 * `42P05`, `0A000`) has done nothing: the statement is sent once more without a name,
 * and so are all later ones of that connection.
 */
export const prepared = (source: PgNamingSource): PgSource => {
  const plain = new WeakSet<PgNaming>();
  const leases = new WeakMap<PgNaming, PgLease>();
  return {
    connect: async () => {
      const connection = await source.connect();
      if (plain.has(connection)) return connection;
      const known = leases.get(connection);
      if (known !== undefined) return known;
      const lease = leaseOver(connection, plain);
      leases.set(connection, lease);
      return lease;
    },
  };
};

// Private

const leaseOver = (connection: PgNaming, plain: WeakSet<PgNaming>): PgLease & Events => {
  const { on, off } = connection as PgNaming & Events;
  return {
    query: async (text, values) => {
      // What takes no values is asked once, when a database is opened or migrated.
      if (values === undefined || values.length === 0 || plain.has(connection)) {
        return connection.query(text, values);
      }
      try {
        return await connection.query({ name: nameOf(text), text, values: [...values] });
      } catch (cause) {
        if (!STALE.has(sqlStateOf(cause) ?? "")) throw cause;
        plain.add(connection);
        return connection.query(text, values);
      }
    },
    release: (error) => connection.release(error),
    // That it broke while it was lent out must be heard on the connection itself.
    on: (event, listener) => on?.call(connection, event, listener),
    off: (event, listener) => off?.call(connection, event, listener),
  };
};

interface Events {
  readonly on?: (event: "error", listener: () => void) => unknown;
  readonly off?: (event: "error", listener: () => void) => unknown;
}

const STALE: ReadonlySet<string> = new Set(["26000", "42P05", "0A000"]);

const names = new Map<string, string>();

/** The same name for the same text in every process, and another for any other text. */
const nameOf = (text: string): string => {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `linli_${hashOf(text, 0x811c9dc5)}${hashOf(text, 0x01000193)}`;
  names.set(text, name);
  return name;
};

/** FNV-1a from a start, in 32 bits. */
const hashOf = (text: string, start: number): string => {
  let hash = start;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
};
