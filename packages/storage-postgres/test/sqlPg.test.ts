/** The client of `@effect/sql-pg` as the source: every law of the port, broken lines, joined transactions. */
import * as PgClient from "@effect/sql-pg/PgClient";
import { expect, it } from "@effect/vitest";
import { storageContract } from "@linli/testing/vitest";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Redacted from "effect/Redacted";
import * as Scope from "effect/Scope";
import * as Reactivity from "effect/reactivity/Reactivity";
import { afterAll } from "vitest";
import { openPostgresStorage } from "../src/index.ts";
import { fromSqlPg, transactionOf } from "../src/sqlPg.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import { freshSchema, scopedSchema, withServer } from "./support/database.ts";
import { postgresOpener } from "./support/opener.ts";
import { openProxy } from "./support/proxy.ts";

const clientOf = (url: string, options: Partial<PgClient.PgPoolConfig> = {}) =>
  PgClient.make({ url: Redacted.make(url), maxConnections: 12, ...options }).pipe(
    Effect.provide(Reactivity.layer),
  );

const issue = { namespace: NAMESPACE, keys: [{ kind: "issue", id: "a" }] };

withServer("@effect/sql-pg", (url) => {
  const scope = Scope.makeUnsafe();
  const shared = Effect.runPromise(Scope.provide(clientOf(url), scope));
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)));
  const source = { connect: async () => fromSqlPg(await shared).connect() };

  storageContract("postgres over @effect/sql-pg", postgresOpener(source, { names: freshSchema }));

  it.effect("a client that shares its connections lends each to one at a time", () =>
    Effect.gen(function* () {
      const client = yield* clientOf(url, { multiplex: true, maxConnections: 2 });
      const schema = yield* scopedSchema(url);
      const storage = yield* openPostgresStorage({ source: fromSqlPg(client), schema });
      const crowd = Array.from({ length: 40 }, (_, n) => n);
      yield* Effect.forEach(
        crowd,
        (n) => storage.commit(commandOn(`i${n % 10}`, (1 + n / 10) | 0)),
        {
          concurrency: 10,
        },
      );
      expect(
        (yield* storage.feed({ ...issue, after: null, limit: 100, stream: null })).entries.length,
      ).toBe(40);
    }),
  );

  it.live("a cut line and a silent one are given up, and later calls work", () =>
    Effect.gen(function* () {
      const proxy = yield* Effect.acquireRelease(
        Effect.promise(() => openProxy(Number(new URL(url).port || 5432))),
        (opened) => Effect.promise(() => opened.close()),
      );
      const behind = new URL(url);
      behind.host = `127.0.0.1:${proxy.port}`;
      const client = yield* clientOf(behind.href, { maxConnections: 4, connectTimeout: 300 });
      const schema = yield* scopedSchema(url);
      const storage = yield* openPostgresStorage({
        ...{ source: fromSqlPg(client), schema },
        ...{ callTimeoutMillis: 200, connectTimeoutMillis: 400 },
      });
      yield* storage.commit(commandOn("a", 1));
      proxy.cut();
      expect((yield* storage.read(issue))[0]?.version).toBe(1);
      proxy.cutBeforeAnswer();
      expect((yield* storage.commit(commandOn("a", 2)))._tag).toBe("Replayed");
      proxy.fallSilent();
      const silent = yield* Effect.flip(storage.commit({ ...commandOn("b", 1), receipt: null }));
      expect(silent).toMatchObject({ reason: "Timeout" });
      proxy.recover();
      const [row] = yield* Effect.retry(storage.read(issue), { times: 6 });
      expect(row?.version).toBe(2);
    }),
  );

  it.effect("a transaction of the host's is joined, kept and rolled back", () =>
    Effect.gen(function* () {
      const client = yield* clientOf(url);
      const schema = yield* scopedSchema(url);
      const storage = yield* openPostgresStorage({ source: fromSqlPg(client), schema });
      const inside = (keep: boolean) =>
        client.withTransaction(
          Effect.gen(function* () {
            const joined = storage.joined(yield* transactionOf(client));
            yield* joined.commit(commandOn("a", 1));
            expect((yield* joined.read(issue))[0]?.version).toBe(1);
            if (!keep) return yield* Effect.fail("rolled back" as const);
            return yield* joined.info();
          }),
        );
      expect(yield* Effect.flip(inside(false))).toBe("rolled back");
      expect(yield* storage.read(issue)).toEqual([null]);
      expect((yield* inside(true)).name).toBe("postgres-joined");
      expect((yield* storage.read(issue))[0]?.version).toBe(1);
      const outside = yield* Effect.flip(transactionOf(client));
      expect(outside).toMatchObject({ reason: "Invalid", operation: "joined" });
    }),
  );

  it.live("calls of several handles on its transaction take turns", () =>
    Effect.gen(function* () {
      const client = yield* clientOf(url);
      const schema = yield* scopedSchema(url);
      const storage = yield* openPostgresStorage({ source: fromSqlPg(client), schema });
      const held = { namespace: null, queue: schema, now: 1, until: 2, limit: 1, owner: "w" };
      const names = ["a", "b", "c"];
      const inside = Effect.gen(function* () {
        const commitOf = (name: string) =>
          Effect.flatMap(transactionOf(client), (connection) =>
            storage.joined(connection).commit({ ...commandOn(name, 1), namespace: schema }),
          );
        const failing = Effect.flatMap(transactionOf(client), (connection) =>
          Effect.flip(storage.joined(connection).lease(held)),
        );
        yield* client.unsafe("SET LOCAL lock_timeout = '5ms'");
        return yield* Effect.all([commitOf("a"), failing, commitOf("b"), commitOf("c")], {
          concurrency: "unbounded",
        });
      });
      const answers = yield* client.withTransaction(
        Effect.gen(function* () {
          const connection = yield* transactionOf(client);
          yield* storage.joined(connection).lease(held);
          // Another transaction than the one that holds the queue.
          return yield* Effect.promise(() =>
            Effect.runPromise(Effect.scoped(client.withTransaction(inside))),
          );
        }),
      );
      expect(answers[1]).toMatchObject({ reason: "Contention" });
      const keys = names.map((id) => ({ kind: "issue", id }));
      const rows = yield* storage.read({ namespace: schema, keys });
      expect(rows.map((row) => row?.id)).toEqual(names);
    }),
  );
});
