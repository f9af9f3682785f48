/**
 * PostgreSQL as the contract suite opens it. Schemas are emptied and used again: a
 * suite of hundreds of cases would spend most of its time on making tables.
 */
import type { OpenedStorage, StorageOpener } from "@linli/testing";
import { MigrationsPending } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import {
  openPostgres,
  type PgSource,
  postgresDatabase,
  type PostgresOptions,
  type PostgresStorage,
} from "../../src/index.ts";

/** What may differ from one contract run to another. */
export interface OpenerOptions {
  /** Names of schemas nobody else has: {@link schemaNames}. */
  readonly names: () => string;
  readonly settings?: Partial<PostgresOptions>;
  readonly capabilities?: StorageOpener["capabilities"];
}

/** Drivers on schemas of their own, over one source whose user is a superuser. */
export const postgresOpener = (
  source: PgSource,
  { names, settings = {}, capabilities = POSTGRES }: OpenerOptions,
): StorageOpener => {
  const options = { jitter: seededJitter(2011), ...settings };
  const free: Array<string> = [];
  const claimed = (storage: PostgresStorage): PostgresStorage => ({
    ...storage,
    capabilities,
    info: () => Effect.map(storage.info(), (info) => ({ ...info, ...capabilities })),
  });
  const open = async (schema: string, last: boolean): Promise<OpenedStorage> => {
    const { storage, close } = await openPostgres({ source, schema, ...options });
    const claiming = claimed(storage);
    let reopened = false;
    return {
      storage: claiming,
      close: async () => {
        await close();
        // Whoever opened the data first gives it back, unless it is opened again at once.
        if (last) setTimeout(() => reopened || release(schema), 0);
      },
      reopen: () => {
        reopened = true;
        return open(schema, last);
      },
      openSecond: () => open(schema, false),
      inspect: () => inspect(source, schema),
    };
  };
  const release = (schema: string) => void free.push(schema);
  return {
    open: async () => {
      // What was closed just now is given back a turn later: worth waiting for, tables cost more.
      if (free.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const used = free.pop();
      if (used !== undefined) await empty(source, used);
      return open(used ?? names(), true);
    },
    database: async () => {
      const database = postgresDatabase({ source, schema: names(), ...options });
      return {
        ...database,
        info: () => Effect.map(database.info(), (info) => ({ ...info, ...capabilities })),
        open: () =>
          Effect.mapBoth(database.open(), {
            onSuccess: claimed,
            onFailure: (error) =>
              error._tag === "MigrationsPending"
                ? new MigrationsPending({ ...error, driver: capabilities.name })
                : error,
          }),
      };
    },
    capabilities,
    inspects: true,
  };
};

/** Names that begin with what only this run and file has. */
export const schemaNames = (prefix: string): (() => string) => {
  let names = 0;
  return () => `${prefix}_${(names += 1)}`;
};

/** The same numbers from 0 to 1 in every run. */
export const seededJitter = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const TABLES = ["rows", "index_entries", "entries", "jobs", "receipts"];

const POSTGRES = { name: "postgres", durable: true, shared: true };

const withConnection = async <A>(source: PgSource, work: (query: Query) => Promise<A>) => {
  const connection = await source.connect();
  try {
    return await work((text) => connection.query(text));
  } finally {
    connection.release();
  }
};

type Query = (text: string) => ReturnType<Awaited<ReturnType<PgSource["connect"]>>["query"]>;

// The journal refuses deletions; a superuser may have its triggers rest.
const empty = (source: PgSource, schema: string) =>
  withConnection(source, async (query) => {
    const deletions = TABLES.map((table) => `DELETE FROM ${schema}.${table};`).join(" ");
    await query(`DO $$ BEGIN SET LOCAL session_replication_role = replica; ${deletions} END $$`);
  });

const inspect = (source: PgSource, schema: string) =>
  withConnection(source, async (query) => {
    const { rows } = await query(
      `SELECT (SELECT count(*)::int FROM ${schema}.rows) AS rows,
      (SELECT count(*)::int FROM ${schema}.index_entries) AS keys,
      (SELECT count(*)::int FROM ${schema}.entries) AS entries,
      (SELECT count(*)::int FROM ${schema}.receipts) AS receipts,
      (SELECT count(*)::int FROM ${schema}.jobs WHERE state = 0) AS jobs`,
    );
    const of = (name: string) => Number(rows[0]?.[name]);
    return {
      rows: of("rows"),
      indexKeys: of("keys"),
      entries: of("entries"),
      receipts: of("receipts"),
      jobs: of("jobs"),
    };
  });
