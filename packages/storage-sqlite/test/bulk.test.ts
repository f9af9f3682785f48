/** A bulk is one transaction: all or nothing, each command by itself, nobody else in between. */
import { describe, expect, it } from "@effect/vitest";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { freshPath } from "./temp.ts";

const versionOf = (storage: SqliteStorage, issue: string) =>
  Effect.map(
    storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
    ([row]) => row?.version ?? 0,
  );

const opened = Effect.flatMap(freshPath, (path) =>
  Effect.map(openSqliteStorage({ path }), (storage) => ({ path, storage })),
);

describe("bulk", () => {
  it.effect("lets later commands see earlier ones and keeps all", () =>
    Effect.gen(function* () {
      const { storage, path } = yield* opened;
      yield* storage.bulk(
        Effect.gen(function* () {
          for (let i = 0; i < 50; i += 1) {
            yield* storage.commit(commandOn("a", (yield* versionOf(storage, "a")) + 1));
          }
        }),
      );
      const reader = new DatabaseSync(path, { readOnly: true });
      expect(reader.prepare("SELECT max(version) AS v FROM entries").get()).toMatchObject({
        v: 50,
      });
      reader.close();
    }),
  );

  it.effect("keeps the others when one command is refused", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const refused = yield* storage.bulk(
        Effect.gen(function* () {
          yield* storage.commit(commandOn("a", 1));
          const exit = yield* Effect.exit(
            storage.commit({
              ...commandOn("b", 1),
              guards: [{ kind: "issue", id: "a", version: 9 }],
            }),
          );
          yield* storage.commit(commandOn("c", 1));
          return Exit.isFailure(exit);
        }),
      );
      expect(refused).toBe(true);
      const versions = yield* Effect.all(["a", "b", "c"].map((issue) => versionOf(storage, issue)));
      expect(versions).toEqual([1, 0, 1]);
    }),
  );

  it.effect("keeps nothing when it fails or is interrupted", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const failed = yield* Effect.exit(
        storage.bulk(Effect.andThen(storage.commit(commandOn("a", 1)), Effect.fail("no" as const))),
      );
      expect(Exit.isFailure(failed)).toBe(true);
      const reached = yield* Deferred.make<void>();
      const fiber = yield* Effect.forkChild(
        storage.bulk(
          Effect.gen(function* () {
            yield* storage.commit(commandOn("b", 1));
            yield* Deferred.succeed(reached, undefined);
            yield* Effect.never;
          }),
        ),
      );
      yield* Deferred.await(reached);
      yield* Fiber.interrupt(fiber);
      expect([yield* versionOf(storage, "a"), yield* versionOf(storage, "b")]).toEqual([0, 0]);
      yield* storage.commit(commandOn("a", 1));
      expect(yield* versionOf(storage, "a")).toBe(1);
    }),
  );

  it.effect("makes everyone else wait and shows them nothing unfinished", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const reached = yield* Deferred.make<void>();
      const release = yield* Deferred.make<void>();
      const bulk = yield* Effect.forkChild(
        storage.bulk(
          Effect.gen(function* () {
            yield* storage.commit(commandOn("a", 1));
            yield* Deferred.succeed(reached, undefined);
            yield* Deferred.await(release);
            yield* storage.commit(commandOn("a", 2));
          }),
        ),
      );
      yield* Deferred.await(reached);
      const outside = yield* Effect.forkChild(versionOf(storage, "a"));
      const second = yield* Effect.forkChild(storage.bulk(storage.commit(commandOn("a", 3))));
      for (let i = 0; i < 10; i += 1) yield* Effect.yieldNow;
      expect(outside.pollUnsafe()).toBeUndefined();
      yield* Deferred.succeed(release, undefined);
      yield* Fiber.join(bulk);
      expect(yield* Fiber.join(outside)).toBe(2);
      yield* Fiber.join(second);
      expect(yield* versionOf(storage, "a")).toBe(3);
    }),
  );

  it.effect("refuses a bulk inside a bulk", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const error = yield* Effect.flip(storage.bulk(storage.bulk(Effect.void)));
      expect(error.reason).toBe("Invalid");
    }),
  );

  it.live("waits for another program's lock without blocking, then says Contention", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path, lockWaitMillis: 60 });
      const other = new DatabaseSync(path);
      other.exec("BEGIN IMMEDIATE");
      const error = yield* Effect.flip(storage.commit(commandOn("a", 1)));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      const waiting = yield* Effect.forkChild(storage.commit(commandOn("a", 1)));
      yield* Effect.yieldNow;
      other.exec("ROLLBACK");
      other.close();
      yield* Fiber.join(waiting);
      expect(yield* versionOf(storage, "a")).toBe(1);
    }),
  );
});
