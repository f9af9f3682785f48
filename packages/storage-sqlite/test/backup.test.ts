/** Backups while commits go on, putting one back, and what the integrity check sees. */
import { describe, expect, it } from "@effect/vitest";
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Result from "effect/Result";
import fc from "fast-check";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqlite, openSqliteStorage, restoreSqlite, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { openReaching } from "./reach.ts";
import { freshPath, removeFolder } from "./temp.ts";

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

  it.effect("of one name at once is written once, and is whole", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const beside = (name: string) => join(dirname(path), name);
      const storage = yield* openSqliteStorage({ path });
      yield* commits(storage, "a", 1, 30);
      const results = yield* Effect.all(
        [1, 2, 3].map(() => Effect.result(storage.backup(beside("same.db")))),
        { concurrency: "unbounded" },
      );
      expect(results.map((one) => (Result.isSuccess(one) ? "kept" : one.failure.reason))).toEqual([
        "kept",
        "Misconfigured",
        "Misconfigured",
      ]);
      const to = beside("restored.db");
      const { entries } = yield* Effect.promise(() =>
        restoreSqlite({ backup: beside("same.db"), path: to }),
      );
      expect(entries).toBe(30);
    }),
  );

  it.effect("is put back neither onto itself nor from what is no file", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const beside = (name: string) => join(dirname(path), name);
      yield* Effect.scoped(
        Effect.flatMap(openSqliteStorage({ path }), (s) => commits(s, "a", 1, 3)),
      );
      linkSync(path, beside("other-name.db"));
      symlinkSync(path, beside("alias.db"));
      copyFileSync(path, `${path}.part`);
      const before = readFileSync(path);
      for (const backup of [path, beside("other-name.db"), beside("alias.db"), `${path}.part`]) {
        expect(yield* reasonOf(() => restoreSqlite({ backup, path }))).toBe("Misconfigured");
        expect(existsSync(backup)).toBe(true);
      }
      const folder = dirname(path);
      expect(yield* reasonOf(() => restoreSqlite({ backup: folder, path }))).toBe("Misconfigured");
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(existsSync(`${path}.before-restore`)).toBe(false);
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
        ["indexKeys", "UPDATE rows SET index_keys = '[broken'"],
        ["indexKeys", "UPDATE rows SET index_keys = '7'"],
        ["indexKeys", "UPDATE rows SET index_keys = '[\"due\"]'"],
        ["strayIndexEntries", "UPDATE rows SET index_keys = '[broken'"],
        ["rows", "UPDATE rows SET version = 0"],
        ["jobs", "DROP TABLE jobs"],
        ["entries", "DROP VIEW view_journal; DROP TABLE entries"],
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

  it("gives damage of any kind its name, in the check and in what goes on beside it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "linli-damage-"));
    const good = join(folder, "good.db");
    const { storage, close } = await openSqlite({ path: good });
    const batches = Array.from({ length: 120 }, (_, at) =>
      commandOn(`issue-${at % 40}`, 1 + Math.floor(at / 40)),
    );
    await Effect.runPromise(storage.bulk(Effect.forEach(batches, storage.commit)));
    await close();
    const bytes = readFileSync(good);
    let files = 0;
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const damages = fc.tuple(
      fc.noBias(fc.nat(bytes.length - 65)),
      fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.constant("cut" as const)),
    );
    await fc.assert(
      fc.asyncProperty(damages, async ([at, damage]) => {
        const path = join(folder, `damaged-${(files += 1)}.db`);
        const damaged = damage === "cut" ? bytes.subarray(0, at) : Buffer.from(bytes);
        if (damage !== "cut") damaged.set(damage, at);
        writeFileSync(path, damaged);
        const reason = await openSqlite({ path }).then(
          async (opened) => {
            const checked = await Effect.runPromise(Effect.result(opened.storage.integrityCheck()));
            const beside = await Effect.runPromise(
              Effect.result(opened.storage.commit(commandOn("issue-7", 4))),
            );
            await opened.close();
            if (Result.isFailure(beside) && "reason" in beside.failure)
              expect(beside.failure.reason).toBe("Corrupt");
            return Result.isSuccess(checked)
              ? checked.success.sound
                ? "sound"
                : "named"
              : checked.failure.reason;
          },
          (error: StorageError) => error.reason,
        );
        count(reason);
        expect(["sound", "named", "Corrupt", "Misconfigured", "Unsupported"]).toContain(reason);
      }),
      { numRuns: 150, seed: 5 },
    );
    // The runs are worth something: damage of both kinds, and bytes that nothing reads.
    expect(outcomes.get("named")).toBeGreaterThan(20);
    expect(outcomes.get("Corrupt")).toBeGreaterThan(10);
    removeFolder(folder);
  });
});
