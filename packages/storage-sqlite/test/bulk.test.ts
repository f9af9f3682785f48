/**
 * A bulk is one transaction: all or nothing, each command by itself, nobody else in between,
 * and no wait for anything while it is open.
 */
import { describe, expect, it } from "@effect/vitest";
import type { Conflict, StorageError } from "@linli/core/ports";
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

  it.effect("keeps nothing when it fails or interrupts itself", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const ends: ReadonlyArray<Effect.Effect<never, string>> = [
        Effect.fail("no"),
        Effect.interrupt,
        Effect.die("broken"),
      ];
      for (const end of ends) {
        const exit = yield* Effect.exit(
          storage.bulk(Effect.andThen(storage.commit(commandOn("a", 1)), end)),
        );
        expect(Exit.isFailure(exit)).toBe(true);
        expect(yield* versionOf(storage, "a")).toBe(0);
      }
      yield* storage.commit(commandOn("a", 1));
      expect(yield* versionOf(storage, "a")).toBe(1);
    }),
  );

  it.live("refuses work that waits, keeps nothing of it, and holds up nobody meanwhile", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const gate = yield* Deferred.make<void>();
      const foreign: ReadonlyArray<Effect.Effect<unknown>> = [
        Effect.never,
        Effect.sleep(1),
        Deferred.await(gate),
        Effect.promise(() => Promise.resolve(1)),
        Effect.uninterruptible(Deferred.await(gate)),
        Effect.flatMap(Effect.forkChild(Effect.never), Fiber.join),
      ];
      for (const wait of foreign) {
        let went = false;
        const work = storage.commit(commandOn("a", 1)).pipe(
          Effect.andThen(wait),
          Effect.andThen(Effect.exit(storage.commit(commandOn("late", 1)))),
          Effect.tap((late) => Effect.sync(() => (went = Exit.isSuccess(late)))),
        );
        const bulk = yield* Effect.forkChild(Effect.flip(storage.bulk(work)), {
          startImmediately: true,
        });
        // Nothing is held already, whatever the work still waits for.
        yield* storage.commit(commandOn(`beside-${foreign.indexOf(wait)}`, 1));
        expect(yield* Fiber.join(bulk)).toMatchObject({ _tag: "StorageError", reason: "Invalid" });
        expect(yield* versionOf(storage, "a")).toBe(0);
        expect(went).toBe(false);
      }
      // What goes on none the less, since it may not be interrupted, writes nothing.
      yield* Deferred.succeed(gate, undefined);
      yield* Effect.sleep(20);
      expect([yield* versionOf(storage, "a"), yield* versionOf(storage, "late")]).toEqual([0, 0]);
      expect((yield* storage.integrityCheck()).findings).toEqual([]);
    }),
  );

  it.effect("runs fibers of its own to their end, however often they yield", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const many = (issue: string): Effect.Effect<void, Conflict | StorageError> =>
        Effect.gen(function* () {
          for (let i = 1; i <= 40; i += 1) {
            yield* Effect.yieldNow;
            for (let j = 0; j < 100; j += 1) yield* Effect.void;
            yield* storage.commit(commandOn(issue, i));
          }
        });
      yield* storage.bulk(
        Effect.all([many("a"), many("b"), many("c")], { concurrency: "unbounded" }),
      );
      const versions = yield* Effect.all(["a", "b", "c"].map((issue) => versionOf(storage, issue)));
      expect(versions).toEqual([40, 40, 40]);
    }),
  );

  it.effect("shows nothing unfinished to a fiber that it wakes, and lets it write afterwards", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const woken = yield* Deferred.make<void>();
      const seen: Array<unknown> = [];
      const afterwards: ReadonlyArray<Effect.Effect<unknown, Conflict | StorageError>> = [
        versionOf(storage, "a"),
        Effect.map(storage.commit(commandOn("b", 1)), ({ _tag }) => _tag),
        Effect.andThen(storage.bulk(storage.commit(commandOn("a", 1))), versionOf(storage, "a")),
      ];
      const others = yield* Effect.forEach(afterwards, (then) =>
        Effect.forkChild(
          Effect.tap(Effect.andThen(Deferred.await(woken), then), (one) =>
            Effect.sync(() => seen.push(one)),
          ),
          { startImmediately: true },
        ),
      );
      const failed = storage.bulk(
        Effect.gen(function* () {
          yield* storage.commit(commandOn("a", 1));
          yield* Deferred.succeed(woken, undefined);
          yield* Effect.yieldNow;
          expect(seen).toEqual([]);
          return yield* Effect.fail("no" as const);
        }),
      );
      expect(yield* Effect.flip(failed)).toBe("no");
      yield* Effect.forEach(others, Fiber.join);
      expect(seen).toHaveLength(3);
      expect(seen).toEqual(expect.arrayContaining([0, "Committed", 1]));
    }),
  );

  it.effect("leaves fibers that outlive it free to work on when it was kept, and only then", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const gate = yield* Deferred.make<void>();
      const later = (issue: string) =>
        Effect.forkDetach(
          Effect.andThen(Deferred.await(gate), Effect.exit(storage.commit(commandOn(issue, 1)))),
        );
      const kept = yield* storage.bulk(later("kept"));
      let undone: Fiber.Fiber<Exit.Exit<unknown, unknown>> | null = null;
      yield* Effect.exit(
        storage.bulk(
          Effect.gen(function* () {
            undone = yield* later("undone");
            return yield* Effect.fail("no" as const);
          }),
        ),
      );
      yield* Deferred.succeed(gate, undefined);
      expect(Exit.isSuccess(yield* Fiber.join(kept))).toBe(true);
      expect(Exit.isFailure(yield* Fiber.join(undone!))).toBe(true);
      expect([yield* versionOf(storage, "kept"), yield* versionOf(storage, "undone")]).toEqual([
        1, 0,
      ]);
    }),
  );

  it.effect("refuses a bulk inside a bulk", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const error = yield* Effect.flip(storage.bulk(storage.bulk(Effect.void)));
      expect(error.reason).toBe("Invalid");
    }),
  );

  it.live("waits for another program's lock before its work begins, then says Contention", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path, lockWaitMillis: 60 });
      const other = new DatabaseSync(path);
      other.exec("BEGIN IMMEDIATE");
      let began = 0;
      const work = Effect.andThen(
        Effect.sync(() => (began += 1)),
        storage.commit(commandOn("a", 1)),
      );
      const error = yield* Effect.flip(storage.bulk(work));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      expect(began).toBe(0);
      const waiting = yield* Effect.forkChild(storage.bulk(work));
      yield* Effect.yieldNow;
      other.exec("ROLLBACK");
      other.close();
      yield* Fiber.join(waiting);
      expect(yield* versionOf(storage, "a")).toBe(1);
    }),
  );
});
