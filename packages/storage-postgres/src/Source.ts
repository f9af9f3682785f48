/**
 * What the driver needs of a PostgreSQL client, and no more: node-postgres' `Pool`
 * is a source as it is (see Prepared.ts for statements that stay prepared), and so are the pools of drivers made in its likeness.
 */

/** A connection, or a transaction that the host has open on one. */
export interface PgConnection {
  query(
    text: string,
    values?: ReadonlyArray<unknown>,
  ): Promise<{
    readonly rows: ReadonlyArray<Record<string, unknown>>;
    readonly rowCount?: number | null;
  }>;
}

/** A connection to give back. */
export interface PgLease extends PgConnection {
  /** With an error the connection is broken and must not be used again. */
  release(error?: Error): void;
}

/** Where connections come from. */
export interface PgSource {
  connect(): Promise<PgLease>;
}

/** What is used of a PGlite database. */
export interface PgliteLike {
  query(
    text: string,
    values?: Array<unknown>,
  ): Promise<{ readonly rows: ReadonlyArray<unknown>; readonly affectedRows?: number }>;
}

/**
 * A PGlite database as a source. It has one session only, so it is handed to one
 * after another.
 */
export const fromPglite = (database: PgliteLike): PgSource => {
  let free: Promise<void> = Promise.resolve();
  return {
    connect: async () => {
      const before = free;
      let release = () => {};
      free = new Promise((resolve) => {
        release = resolve;
      });
      await before;
      return { ...fromPgliteTransaction(database), release: () => release() };
    },
  };
};

/** An open PGlite transaction (or the database itself) as a connection to join. */
export const fromPgliteTransaction = (transaction: PgliteLike): PgConnection =>
  overPglite(transaction);

/**
 * Makes connections over the handles of a client, always the same one over the same handle:
 * calls inside a transaction take turns by the connection they are given.
 */
export const connectionMaker = <Handle extends object>(
  queryOver: (handle: Handle) => PgConnection["query"],
): ((handle: Handle) => PgConnection) => {
  const made = new WeakMap<Handle, PgConnection>();
  return (handle) => {
    const found = made.get(handle);
    if (found !== undefined) return found;
    const connection: PgConnection = { query: queryOver(handle) };
    made.set(handle, connection);
    return connection;
  };
};

const overPglite = connectionMaker((transaction: PgliteLike) => async (text, values) => {
  // PGlite drops a byte order mark at the beginning of a text; inside JSON it keeps it.
  const reads = text.startsWith("SELECT ");
  const sent = reads ? `SELECT coalesce(json_agg(r), '[]')::text AS all FROM (${text}) AS r` : text;
  const { rows, affectedRows } = await transaction.query(sent, values && [...values]);
  const [first] = rows as ReadonlyArray<{ readonly all?: string }>;
  const found = reads ? (JSON.parse(first?.all ?? "[]") as ReadonlyArray<object>) : rows;
  return {
    rows: found as ReadonlyArray<Record<string, unknown>>,
    rowCount: affectedRows ?? null,
  };
});
