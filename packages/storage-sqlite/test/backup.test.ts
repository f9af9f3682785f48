/** Backups while commits go on, putting one back, and what the integrity check sees. */
import { describe, expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage, restoreSqlite, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { openReaching } from "./reach.ts";
import { freshPath } from "./temp.ts";

const entriesOf = (storage: SqliteStorage) =>
  Effect.map(
    storage.feed({ namespace: NAMESPACE, after: null, limit: 1000, stream: null }),
    ({ entries }) => entries.map(({ stream, version }) => `${stream}/${version}`),
  );

const commits = (storage: SqliteStorage, issue: string, from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: to - from + 1 }, (_, at) => commandOn(issue, from + at)),
    storage.commit,
  );

const lease = (storage: SqliteStorage) =>
  storage.lease({
    namespace: null,
    queue: "clock",
    now: 3000,
    until: 4000,
    limit: 1,
    owner: "worker",
  });

const reasonOf = (promise: () => Promise<unknown>) =>
  Effect.promise(() =>
    promise().then(
      () => "nothing",
      (error: { readonly reason: string }) => error.reason,
    ),
  );

describe("backup", () => {
  it.effect("holds a whole moment although commits go on, and gives it back", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const backup = join(dirname(path), "monday.db");
      const kept = yield* Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* openSqliteStorage({ path });
          yield* commits(storage, "a", 1, 50);
          const [before] = yield* lease(storage);
          const taking = yield* Effect.forkChild(storage.backup(backup), {
            startImmediately: true,
          });
          yield* commits(storage, "b", 1, 200);
          const taken = yield* Fiber.join(taking);
          expect(taken.entries).toBeGreaterThanOrEqual(50);
          yield* commits(storage, "a", 51, 60);
          expect((yield* Effect.flip(storage.backup(backup))).reason).toBe("Misconfigured");
          expect(existsSync(`${backup}.part`)).toBe(false);
          return { before, taken };
        }),
      );
      const restored = yield* Effect.promise(() => restoreSqlite({ backup, path }));
      expect(restored.entries).toBe(kept.taken.entries);
      expect(existsSync(`${path}.before-restore`)).toBe(true);
      const storage = yield* openSqliteStorage({ path });
      const entries = yield* entriesOf(storage);
      expect(entries.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, at) => `a/${at + 1}`));
      expect(entries.slice(50)).toEqual(entries.slice(50).map((_, at) => `b/${at + 1}`));
      expect(entries.length).toBe(kept.taken.entries);
      expect((yield* storage.integrityCheck()).findings).toEqual([]);
      // The town goes on from there, and no token of the lost days comes back.
      yield* commits(storage, "a", 51, 52);
      const [after] = yield* Effect.map(
        storage.lease({
          namespace: null,
          queue: "clock",
          now: 9000,
          until: 9999,
          limit: 1,
          owner: "w",
        }),
        (jobs) => jobs,
      );
      expect(after?.token.split("-")[0]).not.toBe(kept.before?.token.split("-")[0]);
    }),
  );

  it.effect("puts back only what is sound and ours, and only where nobody is at work", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const beside = (name: string) => join(dirname(path), name);
      const storage = yield* openSqliteStorage({ path });
      yield* commits(storage, "a", 1, 30);
      yield* storage.backup(beside("good.db"));
      const restoreFrom = (backup: string, to = path) =>
        reasonOf(() => restoreSqlite({ backup: beside(backup), path: to }));
      expect(yield* restoreFrom("good.db")).toBe("Locked");
      const other = beside("other.db");
      expect(yield* restoreFrom("none.db", other)).toBe("Misconfigured");

      const foreign = new DatabaseSync(beside("foreign.db"));
      foreign.exec("CREATE TABLE notes (text TEXT)");
      foreign.close();
      expect(yield* restoreFrom("foreign.db", other)).toBe("Misconfigured");

      const half = readFileSync(beside("good.db"));
      writeFileSync(beside("half.db"), half.subarray(0, Math.floor(half.length / 2)));
      expect(yield* restoreFrom("half.db", other)).toBe("Corrupt");

      const gap = new DatabaseSync(beside("good.db"));
      gap.exec("DROP TRIGGER entries_keep_delete; DELETE FROM entries WHERE version = 7");
      gap.close();
      expect(yield* restoreFrom("good.db", other)).toBe("Corrupt");
      expect([existsSync(other), existsSync(`${other}.part`)]).toEqual([false, false]);
    }),
  );

  it.effect("of a database in memory is Unsupported", () =>
    Effect.gen(function* () {
      const storage = yield* openSqliteStorage({ path: ":memory:" });
      expect((yield* Effect.flip(storage.backup("never.db"))).reason).toBe("Unsupported");
      expect((yield* storage.integrityCheck()).sound).toBe(true);
    }),
  );
});

describe("the integrity check", () => {
  it.effect("names each kind of damage", () =>
    Effect.gen(function* () {
      const damages: ReadonlyArray<readonly [string, string]> = [
        ["streams", "DROP TRIGGER entries_keep_delete; DELETE FROM entries WHERE version = 2"],
        ["missingIndexEntries", "DELETE FROM index_entries"],
        ["strayIndexEntries", "UPDATE index_entries SET key = 'elsewhere'"],
        ["strayIndexEntries", "DELETE FROM rows"],
        ["rows", "UPDATE rows SET version = 0"],
        ["jobs", "UPDATE jobs SET leased_until = 9, token = NULL"],
        ["jobs", "UPDATE jobs SET state = 1"],
      ];
      for (const [check, damage] of damages) {
        const { storage, database } = yield* openReaching({ path: yield* freshPath });
        yield* commits(storage, "a", 1, 3);
        expect((yield* storage.integrityCheck()).sound).toBe(true);
        database.exec(damage);
        const { sound, findings } = yield* storage.integrityCheck();
        expect(sound).toBe(false);
        expect(findings.map((one) => one.check)).toContain(check);
      }
    }),
  );
});
