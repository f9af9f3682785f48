/**
 * A PostgreSQL server for a bench: found or started as the tests do, but one that keeps
 * what it acknowledged through a power cut. Each contestant has a database of its own.
 */
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";

import pg from "pg";
import {
  type Server,
  startServer,
} from "../../../../packages/storage-postgres/test/support/server.ts";
import { CannotRun } from "../../kit/report.ts";
import { cacheFolder } from "../folder.ts";

/** A server in use. */
export interface Cluster {
  /** Makes a database, empty or a copy of one that nobody has open; its address. */
  readonly create: (copyOf?: string) => Promise<string>;
  /** What is worth knowing beside the figures. */
  readonly facts: Readonly<Record<string, string>>;
  /** Drops what was made, and the server when it is our own. */
  readonly close: () => Promise<void>;
}

/** Finds one; @throws CannotRun when there is none, or none that commits to its disk. */
export const openCluster = async (): Promise<Cluster> => {
  const given = process.env["TEST_PG_URL"] ?? "";
  const own = given === "" ? await startOwn() : null;
  const admin = new pg.Client({ connectionString: own?.url ?? given });
  const made: Array<string> = [];
  const close = async () => {
    for (const name of made) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
    await own?.stop();
  };
  admin.on("error", () => {});
  await admin.connect();
  try {
    const facts = await factsOf(admin);
    return {
      create: async (copyOf) => {
        const name = `linli_bench_${process.pid}_${made.length}`;
        made.push(name);
        const template = copyOf === undefined ? "template0" : new URL(copyOf).pathname.slice(1);
        await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} ENCODING 'UTF8'`);
        const url = new URL(own?.url ?? given);
        url.pathname = `/${name}`;
        return url.href;
      },
      facts: { ...facts, "its data": own === null ? "where TEST_PG_URL keeps it" : own.place },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
};

/** Plans as they will be later, rows where they will lie, and nothing left to be written out. */
export const settle = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("VACUUM (ANALYZE)");
  // Not everybody may; then the server's own checkpoints fall on all contestants alike.
  await client.query("CHECKPOINT").catch(() => null);
  await client.end();
};

/** A pool whose idle connections may break without ending the process. */
export const makePool = (url: string, options: pg.PoolConfig = {}): pg.Pool => {
  const pool = new pg.Pool({ connectionString: url, ...options });
  pool.on("error", () => {});
  return pool;
};

// Private

const SETTINGS = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
const ROOM = [
  "max_connections=120",
  "shared_buffers=256MB",
  "max_wal_size=4GB",
  "checkpoint_timeout=30min",
];

// Beside the installed peers, when the server's user may go there; else among temporary files.
const startOwn = async (): Promise<Server & { readonly place: string }> => {
  let reason = "";
  for (const parent of [cacheFolder(), tmpdir()]) {
    const server = await startServer({ parent, settings: [...SETTINGS, ...ROOM] });
    if (typeof server !== "string") {
      const inMemory = statfsSync(parent).type === TMPFS;
      return { ...server, place: inMemory ? "IN MEMORY: no disk is waited for" : "on a disk" };
    }
    reason = server;
  }
  throw new CannotRun(`The PostgreSQL benches cannot run: ${reason}`);
};

const TMPFS = 0x01021994;

const factsOf = async (admin: pg.Client) => {
  const settings: Array<string> = [];
  for (const name of ["fsync", "synchronous_commit", "full_page_writes"]) {
    const value = String((await admin.query(`SHOW ${name}`)).rows[0]?.[name]);
    if (value !== "on") {
      throw new CannotRun(
        `The PostgreSQL benches cannot run: the server has ${name} = ${value}, so it does not keep ` +
          "what it acknowledges; set it to on",
      );
    }
    settings.push(`${name}=${value}`);
  }
  for (const name of ["shared_buffers", "wal_sync_method"]) {
    settings.push(`${name}=${String((await admin.query(`SHOW ${name}`)).rows[0]?.[name])}`);
  }
  const version = String((await admin.query("SHOW server_version")).rows[0]?.["server_version"]);
  return { server: `PostgreSQL ${version}, ${settings.join(", ")}` };
};
