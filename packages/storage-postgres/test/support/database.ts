/** Databases of tests: a schema of its own for each, gone with the scope. */
import { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import pg from "pg";
import { basename } from "node:path";
import { expect, inject, it } from "vitest";
import { openPostgresStorage, type PostgresOptions } from "../../src/index.ts";
import "./globalSetup.ts";
import { schemaNames, seededJitter } from "./opener.ts";

/** The server of this run; null when there is none. */
export const serverUrl = inject("postgresUrl");

/**
 * Declares tests that need a server, or one skipped test that says why they are not
 * run, which the closing lines of `npm test` repeat.
 */
export const withServer = (title: string, declare: (url: string) => void): void => {
  if (serverUrl !== null) return declare(serverUrl);
  it.skip(`${title}: ${inject("postgresMissing")}`, () => {});
};

const file = basename(expect.getState().testPath ?? "", ".test.ts").replaceAll(/\W/g, "_");

/** A name no other test has: of this run on the server, this file, and its place in it. */
export const freshSchema = schemaNames(`t${inject("postgresRun")}_${file}`.toLowerCase());

const pools = new Map<string, pg.Pool>();

/** A pool for everybody; tests that break connections make their own. */
export const sharedPool = (url: string): pg.Pool => {
  const found = pools.get(url);
  if (found !== undefined) return found;
  const pool = makePool(url);
  pools.set(url, pool);
  return pool;
};

/** A pool whose idle connections may break without ending the process. */
export const makePool = (url: string, options: pg.PoolConfig = {}): pg.Pool => {
  const pool = new pg.Pool({ connectionString: url, max: 16, allowExitOnIdle: true, ...options });
  pool.on("error", () => {});
  return pool;
};

/** A pool that ends with the scope. */
export const scopedPool = (url: string, options: pg.PoolConfig = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => makePool(url, options)),
    (pool) => Effect.promise(() => pool.end()),
  );

/** A schema that is dropped with the scope. */
export const scopedSchema = (url: string) =>
  Effect.acquireRelease(Effect.sync(freshSchema), (schema) =>
    Effect.promise(() => sharedPool(url).query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)),
  );

/** A new storage in a schema of its own. */
export const freshStorage = (url: string, options: Partial<PostgresOptions> = {}) =>
  Effect.flatMap(scopedSchema(url), (schema) =>
    Effect.map(
      openPostgresStorage({ source: sharedPool(url), schema, jitter: seededJitter(7), ...options }),
      (storage) => ({
        storage,
        schema,
      }),
    ),
  );

/** What a failed query means for a law: not a word of the port, so unknown. */
export const unknown = (operation: string) => (cause: unknown) =>
  cause instanceof StorageError
    ? cause
    : new StorageError({ reason: "Unknown", operation, detail: String(cause), cause });
