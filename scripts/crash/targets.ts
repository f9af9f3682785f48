/** The databases a crash run works on: how to open one, what a victim needs, what else to check. */
import { StorageError, type Storage } from "@linli/core/ports";
import { openSqlite } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

/** A database under test. */
export interface Target {
  /** Source of the program that hands `open` to `beVictim`. */
  readonly victim: string;
  readonly open: () => Promise<{ readonly storage: Storage; readonly close: () => Promise<void> }>;
  /** Looks at the whole database; what is wrong, a sentence each. */
  readonly inspect: (storage: Storage) => Promise<ReadonlyArray<string>>;
  /** Kills the server and starts it again; null where there is none. */
  readonly restart: (() => Promise<void>) | null;
  readonly end: () => Promise<void>;
}

/** Why a run cannot be: said, with exit code 2. */
export class Impossible extends Error {
  override readonly name = "Impossible";
}

/** A data file in a folder. */
export const sqliteTarget = (root: string, folder: string): Target => {
  const file = path.join(folder, "town.db");
  return {
    victim: `
      import { openSqlite } from "@linli/storage-sqlite";
      import { beVictim } from ${text(path.join(root, "scripts/crash/victim.ts"))};
      beVictim(async () => (await openSqlite({ path: ${text(file)} })).storage);`,
    open: () => patiently(() => openSqlite({ path: file })),
    inspect: async (storage) => {
      const check = "integrityCheck" in storage ? storage.integrityCheck : undefined;
      if (typeof check !== "function") return ["this storage cannot check itself"];
      const { findings } = await Effect.runPromise(
        check() as Effect.Effect<{ readonly findings: ReadonlyArray<{ readonly what: string }> }>,
      );
      return [...findings.map(({ what }) => what), ...clocksWithoutJobs(file)];
    },
    restart: null,
    end: async () => {},
  };
};

/** A PostgreSQL server of our own, or the one TEST_PG_URL names. */
export const postgresTarget = async (
  root: string,
  server: boolean,
  seed: number,
): Promise<Target> => {
  const driver = path.join(root, "packages/storage-postgres");
  const support = path.join(driver, "test/support/server.ts");
  if (!existsSync(path.join(driver, "src/index.ts")) || !existsSync(support)) {
    throw new Impossible("this checkout has no packages/storage-postgres");
  }
  const { openPostgres } = (await load(path.join(driver, "src/index.ts"))) as PostgresDriver;
  const { startServer } = (await load(support)) as ServerSupport;
  const given = server ? "" : (process.env["TEST_PG_URL"] ?? "");
  const own = given === "" ? await startServer() : null;
  if (typeof own === "string") throw new Impossible(own);
  const url = own?.url ?? given;
  const pgPath = createRequire(path.join(driver, "package.json")).resolve("pg");
  const { default: pg } = (await load(pgPath)) as PgModule;
  const schema = `crash_${seed}`;
  const makePool = () => {
    const pool = new pg.Pool({ connectionString: url, max: 8 });
    // A server that is killed breaks idle connections; the calls on them say so.
    pool.on("error", () => {});
    return pool;
  };
  const drop = async () => {
    const pool = makePool();
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await pool.end();
  };
  // A run of the same seed that was stopped may have left it behind.
  await drop();
  return {
    victim: `
      import { openPostgres } from ${text(path.join(driver, "src/index.ts"))};
      import pg from ${text(pgPath)};
      import { beVictim } from ${text(path.join(root, "scripts/crash/victim.ts"))};
      const source = new pg.Pool({ connectionString: ${text(url)}, max: 8 });
      source.on("error", () => {});
      beVictim(async () => (await openPostgres({ source, schema: ${text(schema)} })).storage);`,
    open: async () => {
      const source = makePool();
      const { storage, close } = await patiently(() => openPostgres({ source, schema }));
      return { storage, close: () => close().then(() => source.end()) };
    },
    inspect: async () => [],
    restart: own === null ? null : () => own.restart("SIGKILL"),
    end: async () => {
      if (own !== null) return own.stop();
      await drop();
    },
  };
};

// Private

interface Pool {
  readonly on: (event: "error", listener: () => void) => void;
  readonly query: (sql: string) => Promise<unknown>;
  readonly end: () => Promise<void>;
}

interface PgModule {
  readonly default: {
    readonly Pool: new (options: {
      readonly connectionString: string;
      readonly max: number;
    }) => Pool;
  };
}

interface PostgresDriver {
  readonly openPostgres: (options: {
    readonly source: Pool;
    readonly schema: string;
  }) => ReturnType<Target["open"]>;
}

interface ServerSupport {
  readonly startServer: () => Promise<
    | string
    | {
        readonly url: string;
        readonly restart: (signal: "SIGKILL") => Promise<void>;
        readonly stop: () => Promise<void>;
      }
  >;
}

const text = (value: string): string => JSON.stringify(value);

const load = (file: string): Promise<unknown> => import(pathToFileURL(file).href);

// The killed process may hold its lock for a moment longer than its end takes to be told.
const patiently = async <A>(open: () => Promise<A>): Promise<A> => {
  for (let left = 200; ; left -= 1) {
    try {
      return await open();
    } catch (error) {
      const passing =
        error instanceof StorageError && ["Locked", "Unavailable"].includes(error.reason);
      if (left === 0 || !passing) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
};

const clocksWithoutJobs = (file: string): ReadonlyArray<string> => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare(
        "SELECT i.id FROM view_issues AS i LEFT JOIN jobs AS j ON j.namespace = i.namespace " +
          "AND j.id = 'clock/' || i.id AND j.state = 0 " +
          "WHERE (i.due_at IS NULL) <> (j.id IS NULL) OR j.due_at <> i.due_at LIMIT 100",
      )
      .all()
      .map((row) => `issue ${String(row["id"])}: its clock and its job differ`);
  } finally {
    database.close();
  }
};
