/** Lines that are cut or fall silent, backends that are ended, servers that start again. */
import { describe, expect, it } from "@effect/vitest";
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { afterAll } from "vitest";
import {
  openPostgresStorage,
  type PgSource,
  postgresDatabase,
  type PostgresOptions,
  type PostgresStorage,
} from "../src/index.ts";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { makePool, scopedPool, scopedSchema, sharedPool, withServer } from "./support/database.ts";
import { openProxy } from "./support/proxy.ts";
import { startServer } from "./support/server.ts";

const versionOf = (storage: PostgresStorage, issue: string) =>
  Effect.map(
    storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
    ([row]) => row?.version ?? 0,
  );

/** A storage that reaches the server through a proxy. */
const throughProxy = (url: string, options: Partial<PostgresOptions> = {}) =>
  Effect.gen(function* () {
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => openProxy(Number(new URL(url).port || 5432))),
      (opened) => Effect.promise(() => opened.close()),
    );
    const behind = new URL(url);
    behind.host = `127.0.0.1:${proxy.port}`;
    const pool = yield* scopedPool(behind.href, { max: 4 });
    const schema = yield* scopedSchema(url);
    const storage = yield* openPostgresStorage({ source: pool, schema, ...options });
    return { storage, proxy, pool, schema };
  });

const reasonOf = <A>(call: Effect.Effect<A, StorageError | { readonly _tag: "Conflict" }>) =>
  Effect.map(Effect.flip(call), (error) => (error._tag === "Conflict" ? "Conflict" : error.reason));

withServer("broken lines", (url) => {
  it.live("a cut line is never used again, and the next call gets a new one", () =>
    Effect.gen(function* () {
      const { storage, proxy, pool } = yield* throughProxy(url);
      for (let n = 1; n <= 5; n += 1) {
        yield* storage.commit(commandOn("a", n));
        proxy.cut();
        expect(yield* versionOf(storage, "a")).toBe(n);
      }
      expect(pool.totalCount).toBeLessThanOrEqual(4);
    }),
  );

  it.live("a commit whose answer was lost is sent again under its receipt and acts once", () =>
    Effect.gen(function* () {
      const { storage, proxy } = yield* throughProxy(url);
      yield* storage.commit(commandOn("a", 1));
      proxy.cutBeforeAnswer();
      expect((yield* storage.commit(commandOn("a", 2)))._tag).toBe("Replayed");
      expect(yield* versionOf(storage, "a")).toBe(2);
      // Without a receipt nobody could tell, so the caller hears of it.
      proxy.cutBeforeAnswer();
      const error = reasonOf(storage.commit({ ...commandOn("a", 3), receipt: null }));
      expect(yield* error).toBe("Unavailable");
    }),
  );

  it.live("what has a receipt is sent again also when it went with something that has none", () =>
    Effect.gen(function* () {
      const { storage, proxy } = yield* throughProxy(url);
      const bare = (stream: string) =>
        batchOf({ entries: [{ stream, version: 1, value: "{}", hash: "h" }] });
      const crowd = [bare("x"), commandOn("a", 1), bare("y"), commandOn("b", 1)];
      proxy.cutBeforeAnswer();
      const told = yield* Effect.forEach(
        crowd,
        (batch) =>
          Effect.match(storage.commit(batch), {
            onSuccess: ({ _tag }) => _tag,
            onFailure: (error) => (error._tag === "StorageError" ? error.reason : error._tag),
          }),
        { concurrency: "unbounded" },
      );
      expect(told).toEqual(["Unavailable", "Replayed", "Unavailable", "Replayed"]);
    }),
  );

  it.live("a commit whose answer was lost is not told that it was in somebody's way", () =>
    Effect.gen(function* () {
      const { storage, proxy, schema } = yield* throughProxy(url, { lockTimeoutMillis: 50 });
      // Locks are of the database: nobody else's test is to hold this town's.
      const command = { ...commandOn("a", 1), namespace: schema };
      const host = yield* Effect.acquireRelease(
        Effect.promise(() => sharedPool(url).connect()),
        (client) => Effect.promise(() => client.query("ROLLBACK").then(() => client.release())),
      );
      yield* Effect.promise(() => host.query("BEGIN"));
      // It is kept by then; whoever comes next finds the town held.
      const held = storage.joined(host).commit({ ...commandOn("b", 1), namespace: schema });
      proxy.cutBeforeAnswer(() => Effect.runPromise(held));
      expect(yield* reasonOf(storage.commit(command))).toBe("Unavailable");
      yield* Effect.promise(() => host.query("ROLLBACK"));
      expect((yield* storage.commit(command))._tag).toBe("Replayed");
    }),
  );

  it.live("a line that falls silent is given up in time, and later calls work", () =>
    Effect.gen(function* () {
      const { storage, proxy, pool } = yield* throughProxy(url, {
        callTimeoutMillis: 150,
        connectTimeoutMillis: 150,
      });
      yield* storage.commit(commandOn("a", 1));
      proxy.fallSilent();
      expect(yield* reasonOf(storage.commit({ ...commandOn("b", 1), receipt: null }))).toBe(
        "Timeout",
      );
      proxy.recover();
      // Lines made in the silence stay silent; each is given up, none is used twice.
      expect(yield* Effect.retry(versionOf(storage, "a"), { times: 4 })).toBe(1);
      expect(pool.totalCount).toBeLessThanOrEqual(4);
    }),
  );

  it.live("a line that falls silent holds up no look at the database, and no closing", () =>
    Effect.gen(function* () {
      const limits = { callTimeoutMillis: 150, connectTimeoutMillis: 150 };
      const silent = Effect.gen(function* () {
        const { storage, proxy, pool, schema } = yield* throughProxy(url, limits);
        const database = postgresDatabase({ source: pool, schema, ...limits });
        const looks: ReadonlyArray<Effect.Effect<unknown, StorageError>> = [
          storage.info(),
          database.info(),
          Effect.scoped(Effect.catchTag(database.open(), "MigrationsPending", Effect.die)),
          database.migrate(),
        ];
        for (const look of looks) {
          // A line that was made before, so that it is the answer that does not come.
          yield* versionOf(storage, "a");
          while (pool.idleCount === 0) yield* Effect.sleep(1);
          proxy.fallSilent();
          expect(yield* reasonOf(look)).toBe("Timeout");
          proxy.recover();
        }
      });
      yield* Effect.timeout(Effect.scoped(silent), "20 seconds");
    }),
  );

  it.live("pg_terminate_backend in the middle of commits loses and doubles nothing", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* throughProxy(url);
      const running = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 12 }, (_, n) => `issue ${n}`),
          (issue) =>
            Effect.forEach([1, 2, 3, 4, 5], (version) =>
              Effect.retry(storage.commit(commandOn(issue, version)), {
                times: 50,
                while: (error) => error._tag === "StorageError" && error.reason === "Unavailable",
              }),
            ),
          { concurrency: "unbounded" },
        ),
      );
      const kill =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
        `WHERE query LIKE '%"${schema}".commit%' AND pid <> pg_backend_pid()`;
      let killed = 0;
      while (running.pollUnsafe() === undefined && killed < 10) {
        killed += (yield* Effect.promise(() => sharedPool(url).query(kill))).rowCount ?? 0;
        yield* Effect.sleep(2);
      }
      const results = yield* Fiber.join(running);
      expect(killed).toBeGreaterThan(0);
      expect(results.flat().length).toBe(60);
      const feed = { namespace: NAMESPACE, after: null, limit: 1000, stream: null };
      expect((yield* storage.feed(feed)).entries.length).toBe(60);
    }),
  );

  it.live("a used up pool is waited for no longer than was set", () =>
    Effect.gen(function* () {
      const pool = yield* scopedPool(url, { max: 1 });
      const schema = yield* scopedSchema(url);
      const storage = yield* openPostgresStorage({
        source: pool,
        schema,
        connectTimeoutMillis: 60,
      });
      const held = yield* Effect.promise(() => pool.connect());
      const error = yield* Effect.flip(versionOf(storage, "a"));
      expect(error).toMatchObject({ reason: "Unavailable" });
      held.release();
      yield* storage.commit(commandOn("a", 1));
      expect(yield* versionOf(storage, "a")).toBe(1);
    }),
  );

  it.live("what was waited for in vain is not waited for again", () =>
    Effect.gen(function* () {
      const sent: Array<string> = [];
      const lent = { times: 0 };
      const pool = yield* scopedPool(url, { max: 2, options: "-c statement_timeout=1s" });
      const schema = yield* scopedSchema(url);
      const source: PgSource = {
        connect: async () => {
          lent.times += 1;
          const client = await pool.connect();
          return {
            query: (text, values) => {
              sent.push(text);
              return client.query(text, values && [...values]);
            },
            release: (error) => client.release(error),
          };
        },
      };
      yield* openPostgresStorage({ source: sharedPool(url), schema });
      const storage = yield* openPostgresStorage({
        ...{ source, schema, connectTimeoutMillis: 1000, lockTimeoutMillis: 50 },
      });
      // Locks are of the database: nobody else's test is to hold this town's.
      const inTown = (name: string) => ({ ...commandOn(name, 1), namespace: schema });
      const crowd = (name: string) =>
        Effect.all(
          ["x", "y"].map((one) => reasonOf(storage.commit(inTown(`${name}${one}`)))),
          { concurrency: "unbounded" },
        );
      const lend = Effect.acquireRelease(
        Effect.promise(() => pool.connect()),
        (client) => Effect.promise(() => client.query("ROLLBACK").then(() => client.release())),
      );
      // The lock of the namespace: two commits in one group, sent once.
      sent.length = 0;
      const waited = Effect.gen(function* () {
        const host = yield* lend;
        yield* Effect.promise(() => host.query("BEGIN"));
        yield* storage.joined(host).commit(inTown("held"));
        return yield* crowd("a");
      });
      expect(yield* Effect.scoped(waited)).toEqual(["Contention", "Contention"]);
      expect(sent.length).toBe(1);
      // A statement that takes the server too long.
      const slow = "CHECK (id <> 'slow' OR pg_sleep(9) IS NULL)";
      yield* Effect.promise(() =>
        sharedPool(url).query(`ALTER TABLE ${schema}.rows ADD CONSTRAINT slow ${slow}`),
      );
      sent.length = 0;
      expect(yield* reasonOf(storage.commit(inTown("slow")))).toBe("Timeout");
      expect(sent.length).toBe(1);
      // A connection.
      lent.times = 0;
      const unlent = Effect.andThen(Effect.all([lend, lend]), crowd("b"));
      expect(yield* Effect.scoped(unlent)).toEqual(["Unavailable", "Unavailable"]);
      expect(lent.times).toBe(1);
      expect(yield* storage.commit(inTown("a"))).toEqual({ _tag: "Committed" });
    }),
  );
});

const server = await startServer();

describe("a server that starts again", () => {
  if (typeof server === "string") {
    it.skip(`a restarted server: ${server}`, () => {});
    return;
  }
  afterAll(() => server.stop());

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    it.live(`${signal}: calls fail typed while it is away and work when it is back`, () =>
      Effect.gen(function* () {
        const pool = makePool(server.url);
        yield* Effect.addFinalizer(() => Effect.promise(() => pool.end()));
        const schema = `restart_${signal.toLowerCase()}`;
        const storage = yield* openPostgresStorage({ source: pool, schema });
        yield* storage.commit(commandOn("a", 1));
        const restarting = yield* Effect.forkChild(Effect.promise(() => server.restart(signal)));
        let reason = "";
        while (restarting.pollUnsafe() === undefined) {
          const failed = yield* Effect.match(versionOf(storage, "a"), {
            onSuccess: () => null,
            onFailure: (error) => error.reason,
          });
          reason = failed ?? reason;
          yield* Effect.sleep(2);
        }
        yield* Fiber.join(restarting);
        expect(reason).toBe("Unavailable");
        expect((yield* storage.commit(commandOn("a", 1)))._tag).toBe("Replayed");
        yield* storage.commit(commandOn("a", 2));
        expect(yield* versionOf(storage, "a")).toBe(2);
      }),
    );
  }
});
