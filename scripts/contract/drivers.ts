/** Finds and opens the drivers that `npm run contract` can examine. */
import { makeMemoryDatabase } from "@linli/core/ports";
import {
  openMigrated,
  type StorageOpener,
  storageUnderTest,
  type StorageUnderTest,
} from "@linli/testing";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { root } from "../lib/root.mjs";

/** A driver that is ready to be examined. */
export interface Driver {
  readonly tested: StorageUnderTest;
  readonly version: string | null;
  readonly close: () => Promise<void>;
}

/** Why a driver cannot be examined. */
export class NoDriver extends Error {
  override readonly name = "NoDriver";
}

/** Anything thrown, in a line. */
export const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** A driver by its name in this repository, or by the path of a module, which loads in time. */
export const loadDriver = (name: string, millis: number): Promise<Driver> => {
  switch (name) {
    case "memory":
      return memory();
    case "sqlite":
      return sqlite();
    case "postgres":
      return postgres();
    case "pglite":
      return pglite();
    default:
      return fromModule(name, millis);
  }
};

const driverOf = (opener: StorageOpener, close: () => Promise<void>): Driver => ({
  tested: storageUnderTest(opener),
  version: opener.version ?? null,
  close,
});

const memory = async (): Promise<Driver> =>
  driverOf(
    {
      database: async () => makeMemoryDatabase(),
      open: () => openMigrated(makeMemoryDatabase()),
      capabilities: { name: "memory", durable: false, shared: false },
    },
    async () => {},
  );

const sqlite = async (): Promise<Driver> => {
  const { sqliteDatabase } = await import("@linli/storage-sqlite");
  const folder = mkdtempSync(path.join(tmpdir(), "linli-contract-"));
  let files = 0;
  const database = async () => sqliteDatabase({ path: path.join(folder, `${(files += 1)}.db`) });
  return driverOf(
    {
      database,
      open: async () => openMigrated(await database()),
      capabilities: { name: "sqlite", durable: true, shared: false },
      version: `SQLite ${process.versions["sqlite"] ?? "of Node"}, Node ${process.versions.node}`,
    },
    async () => rmSync(folder, { recursive: true, force: true }),
  );
};

interface Queries {
  readonly query: (text: string) => Promise<{ readonly rows: ReadonlyArray<{ version: string }> }>;
}

/** How the package's own tests open it. */
interface Opener {
  readonly postgresOpener: (
    source: unknown,
    options: {
      readonly names: () => string;
      readonly capabilities?: StorageOpener["capabilities"];
    },
  ) => StorageOpener;
  readonly schemaNames: (prefix: string) => () => string;
}

/** A pool of node-postgres. */
type Pool = Queries & {
  readonly end: () => Promise<void>;
  readonly on: (event: "error", told: () => void) => unknown;
};

const postgres = async (): Promise<Driver> => {
  // As its own tests open it: the server of `TEST_PG_URL`, or one that is started for this run.
  const { postgresOpener, schemaNames } = await inPostgresPackage<Opener>("test/support/opener.ts");
  const { findServer, runOn } = await inPostgresPackage<{
    readonly runOn: (url: string) => Promise<string>;
    readonly findServer: () => Promise<
      | { readonly url: null; readonly reason: string }
      | { readonly url: string; readonly server: { readonly stop: () => Promise<void> } | null }
    >;
  }>("test/support/server.ts");
  const { default: pg } = await inPostgresPackage<{
    readonly default: {
      readonly Pool: new (options: { connectionString: string; max: number }) => Pool;
    };
  }>("node_modules/pg/lib/index.js");
  const found = await findServer();
  if (found.url === null) throw new NoDriver(`no PostgreSQL server: ${found.reason}`);
  const pool = new pg.Pool({ connectionString: found.url, max: 16 });
  // A connection that breaks while it is idle must not end the run.
  pool.on("error", () => {});
  const names = schemaNames(`contract${await runOn(found.url)}`);
  const opener = postgresOpener(pool, { names });
  return driverOf({ ...opener, version: await versionOf(pool) }, async () => {
    await pool.end();
    await found.server?.stop();
  });
};

const pglite = async (): Promise<Driver> => {
  const { postgresOpener, schemaNames } = await inPostgresPackage<Opener>("test/support/opener.ts");
  const { fromPglite } = await inPostgresPackage<{
    readonly fromPglite: (database: unknown) => unknown;
  }>("src/index.ts");
  const { PGlite } = await inPostgresPackage<{
    readonly PGlite: {
      readonly create: () => Promise<Queries & { readonly close: () => Promise<void> }>;
    };
  }>("node_modules/@electric-sql/pglite/dist/index.js");
  const database = await PGlite.create();
  const capabilities = { name: "pglite", durable: false, shared: false };
  const names = schemaNames("contract");
  const opener = postgresOpener(fromPglite(database), { names, capabilities });
  return driverOf({ ...opener, version: await versionOf(database) }, () => database.close());
};

const versionOf = async (queries: Queries): Promise<string> =>
  (await queries.query("SELECT version()")).rows[0]?.version ?? "PostgreSQL";

const inPostgresPackage = async <Module>(file: string): Promise<Module> => {
  const full = path.join(root, "packages/storage-postgres", file);
  if (!existsSync(full)) {
    throw new NoDriver(`packages/storage-postgres/${file} is not there: nothing to examine`);
  }
  return (await import(pathToFileURL(full).href)) as Module;
};

/** What a module for `--driver` may export. */
interface DriverModule extends StorageOpener {
  /** Called once, after the last law: closes what the module itself holds. */
  readonly close?: () => Promise<void>;
}

const fromModule = async (name: string, millis: number): Promise<Driver> => {
  const file = path.resolve(name);
  if (!existsSync(file)) throw new NoDriver(`${name} is neither a driver of ours nor a file`);
  if (!statSync(file).isFile()) throw new NoDriver(`${name} is a folder; name the module itself`);
  const module = await imported(name, file, millis);
  const { open, capabilities } = module;
  if (open === undefined || capabilities === undefined) {
    throw new NoDriver(`${name} must export \`open\` and \`capabilities\``);
  }
  for (const [field, type] of FIELDS) {
    const given = module[field];
    if (given !== undefined && typeof given !== type)
      throw new NoDriver(`${name}: \`${field}\` must be a ${type}, not ${typeof given}`);
  }
  const {
    name: called,
    durable,
    shared,
  }: Partial<StorageOpener["capabilities"]> = capabilities ?? {};
  if (typeof called !== "string" || typeof durable !== "boolean" || typeof shared !== "boolean") {
    const wanted = '`capabilities` must be `{ name: "...", durable: true or false, shared: ... }`';
    throw new NoDriver(`${name}: ${wanted}`);
  }
  const { database, version, inspects, close } = module;
  return driverOf(
    {
      open,
      capabilities,
      ...(database === undefined ? {} : { database }),
      ...(version === undefined ? {} : { version }),
      ...(inspects === undefined ? {} : { inspects }),
    },
    async () => close?.(),
  );
};

const FIELDS = [
  ["open", "function"],
  ["database", "function"],
  ["close", "function"],
  ["version", "string"],
  ["inspects", "boolean"],
] as const;

const imported = async (
  name: string,
  file: string,
  millis: number,
): Promise<Partial<DriverModule>> => {
  const stop = new AbortController();
  const limit = setTimeout(millis, null, { signal: stop.signal }).catch(() => null);
  const found = await Promise.race([importedAt(name, file), limit]).finally(() => stop.abort());
  if (found === null) throw new NoDriver(`${name} did not load within ${millis / 1000} s`);
  return found;
};

const importedAt = async (name: string, file: string): Promise<Partial<DriverModule>> => {
  try {
    return (await import(pathToFileURL(file).href)) as Partial<DriverModule>;
  } catch (error) {
    throw new NoDriver(`${name} cannot be loaded: ${textOf(error)}`);
  }
};
