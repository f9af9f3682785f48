/**
 * A PostgreSQL database of `@linli/storage-postgres`, read in one read-only snapshot:
 * what is verified is one state, however long it takes and whoever writes meanwhile.
 *
 * The client is node-postgres when it is installed beside this package, or any
 * other that is handed in.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { FeedEntry } from "@linli/core/journal";
import type { RowKey } from "@linli/core/ports";
import { STORED_KINDS } from "@linli/core/services";
import type { StoredIndexEntry, StoredJob } from "@linli/core/services";
import { Unusable } from "../Source.ts";
import type { JournalSource, SourceDriver, StoredRow } from "../Source.ts";

/** What is used of a client. */
export interface PostgresClient {
  readonly query: (
    text: string,
    values?: ReadonlyArray<unknown>,
  ) => Promise<{ readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>> }>;
  readonly end: () => Promise<void>;
}

/** Opens `postgres://` and `postgresql://`. A schema other than `linli` is given as `?schema=NAME`. */
export const postgresDriver = (
  connect: (url: string) => Promise<PostgresClient> = connectNodePostgres,
  pageRows = 1000,
): SourceDriver => ({
  name: "postgres",
  accepts: (data) => /^postgres(ql)?:\/\//i.test(data),
  open: async (data) => {
    const { url, schema } = partsOf(data);
    const client = await connect(url).catch((cause: unknown) => {
      // Neither the URL nor the client's message is repeated: both may hold a password.
      throw cause instanceof Unusable ? cause : new Unusable("the database cannot be reached");
    });
    try {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await client.query(`SELECT 1 FROM ${schema}.entries LIMIT 1`);
    } catch {
      await client.end();
      throw new Unusable(`the database has no tables of Linli's in the schema ${schema}`);
    }
    return sourceOn(client, schema, pageRows);
  },
});

const sourceOn = (client: PostgresClient, schema: string, page: number): JournalSource => {
  const rowsOf = async function* (namespace: string, kind: string) {
    let after = "";
    for (;;) {
      const { rows } = await client.query(
        `SELECT id, value FROM ${schema}.rows WHERE namespace = $1 AND kind = $2 AND id > $3 ` +
          `ORDER BY id LIMIT ${page}`,
        [namespace, kind, after],
      );
      for (const row of rows) yield { id: String(row["id"]), value: String(row["value"]) };
      if (rows.length < page) return;
      after = String(rows.at(-1)?.["id"]);
    }
  };
  return {
    namespaces: async () => {
      const { rows } = await client.query(
        `SELECT namespace FROM ${schema}.entries UNION ` +
          `SELECT namespace FROM ${schema}.rows WHERE kind = $1`,
        [STORED_KINDS.issue],
      );
      return rows.map((row) => String(row["namespace"]));
    },
    entries: (namespace) => entriesOf(client, schema, namespace, page),
    states: (namespace) => rowsOf(namespace, STORED_KINDS.issue),
    histories: (namespace, streams) => historiesOf(client, schema, { namespace, streams, page }),
    contents: async function* (namespace, ids) {
      for (let at = 0; at < ids.length; at += page) {
        const part = ids.slice(at, at + page);
        const places = part.map((_, index) => `$${index + 3}`).join(", ");
        const { rows } = await client.query(
          `SELECT id, value FROM ${schema}.rows ` +
            `WHERE namespace = $1 AND kind = $2 AND id IN (${places})`,
          [namespace, STORED_KINDS.content, ...part],
        );
        for (const row of rows) yield { id: String(row["id"]), value: String(row["value"]) };
      }
    },
    rows: (namespace, keys) => keyedOf(client, schema, { namespace, keys, page }),
    listed: rowsOf,
    indexed: (namespace, at) => indexedOf(client, schema, { namespace, ...at, page }),
    entriesAfter: (namespace, cursor) => {
      // As the storage writes its cursors: the transaction, where it counts, and the number.
      const parts = /^(?:(\d{1,18})-)?(\d{1,18})$/.exec(cursor);
      if (parts === null) return null;
      return entriesOf(client, schema, namespace, page, [parts[1] ?? "0", parts[2] ?? "0"]);
    },
    jobs: (namespace, queue) => jobsOf(client, schema, { namespace, queue, page }),
    seals: async function* (namespace) {
      for await (const { value } of rowsOf(namespace, STORED_KINDS.seal)) yield value;
    },
    close: async () => {
      await client.query("ROLLBACK").catch(() => undefined);
      await client.end();
    },
  };
};

const entriesOf = async function* (
  client: PostgresClient,
  schema: string,
  namespace: string,
  page: number,
  from: readonly [unknown, unknown] = [-1, -1],
): AsyncGenerator<FeedEntry> {
  // Wide numbers arrive as text and go back as text; only a version is used as a number.
  let after = from;
  for (;;) {
    const { rows } = await client.query(
      `SELECT xid, seq, stream, version, hash, value FROM ${schema}.entries ` +
        `WHERE namespace = $1 AND (xid, seq) > ($2, $3) ORDER BY xid, seq LIMIT ${page}`,
      [namespace, ...after],
    );
    for (const row of rows) yield entryOf(row);
    if (rows.length < page) return;
    const last = rows.at(-1);
    after = [last?.["xid"], last?.["seq"]];
  }
};

const historiesOf = async function* (
  client: PostgresClient,
  schema: string,
  asked: {
    readonly namespace: string;
    readonly streams: ReadonlyArray<string>;
    readonly page: number;
  },
): AsyncGenerator<FeedEntry> {
  const { namespace, streams, page } = asked;
  const places = streams.map((_, index) => `$${index + 4}`).join(", ");
  let after: readonly [unknown, unknown] = ["", 0];
  for (;;) {
    const { rows } = await client.query(
      `SELECT stream, version, hash, value FROM ${schema}.entries ` +
        `WHERE namespace = $1 AND (stream, version) > ($2, $3) AND stream IN (${places}) ` +
        `ORDER BY stream, version LIMIT ${page}`,
      [namespace, ...after, ...streams],
    );
    for (const row of rows) yield entryOf(row);
    if (rows.length < page) return;
    const last = rows.at(-1);
    after = [last?.["stream"], last?.["version"]];
  }
};

const keyedOf = async function* (
  client: PostgresClient,
  schema: string,
  asked: {
    readonly namespace: string;
    readonly keys: ReadonlyArray<RowKey>;
    readonly page: number;
  },
): AsyncGenerator<StoredRow & { readonly kind: string }> {
  const { namespace, keys, page } = asked;
  for (const kind of new Set(keys.map((key) => key.kind))) {
    const ids = keys.filter((key) => key.kind === kind).map(({ id }) => id);
    for (let at = 0; at < ids.length; at += page) {
      const part = ids.slice(at, at + page);
      const places = part.map((_, index) => `$${index + 3}`).join(", ");
      const { rows } = await client.query(
        `SELECT id, value FROM ${schema}.rows ` +
          `WHERE namespace = $1 AND kind = $2 AND id IN (${places})`,
        [namespace, kind, ...part],
      );
      for (const row of rows) yield { kind, id: String(row["id"]), value: String(row["value"]) };
    }
  }
};

const indexedOf = async function* (
  client: PostgresClient,
  schema: string,
  asked: {
    readonly namespace: string;
    readonly kind: string;
    readonly index: string;
    readonly page: number;
  },
): AsyncGenerator<StoredIndexEntry> {
  const { namespace, kind, index, page } = asked;
  let after: readonly [string, string] = ["", ""];
  for (;;) {
    const { rows } = await client.query(
      `SELECT e.key, e.id, r.value FROM ${schema}.index_entries AS e ` +
        `LEFT JOIN ${schema}.rows AS r ` +
        "ON r.namespace = e.namespace AND r.kind = e.kind AND r.id = e.id " +
        "WHERE e.namespace = $1 AND e.kind = $2 AND e.index_name = $3 " +
        `AND (e.key, e.id) > ($4, $5) ORDER BY e.key, e.id LIMIT ${page}`,
      [namespace, kind, index, ...after],
    );
    for (const row of rows) {
      const { value } = row;
      const stored = typeof value === "string" ? value : null;
      yield { index, key: String(row["key"]), id: String(row["id"]), value: stored };
    }
    const last = rows.at(-1);
    if (rows.length < page || last === undefined) return;
    after = [String(last["key"]), String(last["id"])];
  }
};

const jobsOf = async function* (
  client: PostgresClient,
  schema: string,
  asked: { readonly namespace: string; readonly queue: string; readonly page: number },
): AsyncGenerator<StoredJob> {
  const { namespace, queue, page } = asked;
  let after = "";
  for (;;) {
    const { rows } = await client.query(
      `SELECT id, queue, key, value, due_at, state, settled_at, leased_until FROM ${schema}.jobs ` +
        "WHERE namespace = $1 AND queue = $2 AND state <> 1 AND id > $3 " +
        `ORDER BY id LIMIT ${page}`,
      [namespace, queue, after],
    );
    for (const row of rows) yield jobOf(row);
    if (rows.length < page) return;
    after = String(rows.at(-1)?.["id"]);
  }
};

const jobOf = (row: Readonly<Record<string, unknown>>): StoredJob => ({
  id: String(row["id"]),
  queue: String(row["queue"]),
  key: String(row["key"]),
  value: String(row["value"]),
  dueAt: Number(row["due_at"]),
  dead: Number(row["state"]) === 2,
  settledAt: row["settled_at"] === null ? null : Number(row["settled_at"]),
  leasedUntil: Number(row["leased_until"]) === 0 ? null : Number(row["leased_until"]),
});

const entryOf = (row: Readonly<Record<string, unknown>>): FeedEntry => ({
  stream: String(row["stream"]),
  version: Number(row["version"]),
  hash: String(row["hash"]),
  value: String(row["value"]),
});

const partsOf = (data: string): { readonly url: string; readonly schema: string } => {
  let url: URL;
  try {
    url = new URL(data);
  } catch {
    throw new Unusable("--data is not a URL that can be read");
  }
  const schema = url.searchParams.get("schema") ?? "linli";
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new Unusable("the schema must be a plain name in small letters");
  }
  url.searchParams.delete("schema");
  return { url: url.href, schema };
};

interface NodePostgres {
  readonly Client: new (options: {
    readonly connectionString: string;
  }) => PostgresClient & { readonly connect: () => Promise<void> };
}

const connectNodePostgres = async (url: string): Promise<PostgresClient> => {
  const { Client } = nodePostgres();
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
};

// Not a dependency: who verifies data files only needs no client. Looked for beside this package
// and in the folder the command is run in.
const nodePostgres = (): NodePostgres => {
  for (const from of [import.meta.url, pathToFileURL(path.resolve("package.json")).href]) {
    try {
      return createRequire(from)("pg") as NodePostgres;
    } catch {
      continue;
    }
  }
  throw new Unusable("PostgreSQL needs node-postgres: npm install pg");
};
