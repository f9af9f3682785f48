/** Opening: one process at a time, the right runtime, the right file, typed refusals. */
import { type JobOutcome, SETTLED_KEPT_MILLIS, StorageError } from "@linli/core/ports";
import { describe, expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type * as Scope from "effect/Scope";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openSqlite, openSqliteStorage, sqliteDatabase, type SqliteOptions } from "../src/index.ts";
import { openSqliteWith } from "../src/SqliteStorage.ts";
import { commandOn } from "./batches.ts";
import { freshPath } from "./temp.ts";

const reasonOf = <A, R>(open: Effect.Effect<A, StorageError, R>) =>
  Effect.map(Effect.flip(open), (error) => error.reason);

/** Does `work` where nothing in a folder can be written, not even by a superuser. */
const withoutWriting = <A, E>(folder: string, work: Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      chmodSync(folder, 0o555);
      const superuser = process.geteuid?.() === 0;
      if (superuser) process.seteuid?.(65_534);
      return superuser;
    }),
    () => work,
    (superuser) =>
      Effect.sync(() => {
        if (superuser) process.seteuid?.(0);
        chmodSync(folder, 0o755);
      }),
  );

describe("opening", () => {
  it.effect("refuses a second handle, also under another name, and allows it after the first", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* openSqliteStorage({ path });
          expect(yield* reasonOf(openSqliteStorage({ path }))).toBe("Locked");
          const alias = join(dirname(path), "alias.db");
          symlinkSync(path, alias);
          expect(yield* reasonOf(openSqliteStorage({ path: alias }))).toBe("Locked");
        }),
      );
      yield* openSqliteStorage({ path });
    }),
  );

  it.effect("refuses a file that another process holds, until that one is killed", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const victim = fileURLToPath(new URL("./killed.ts", import.meta.url));
      const child = spawn(process.execPath, [victim, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      yield* Effect.promise(() => once(child.stdout, "data"));
      expect(yield* reasonOf(openSqliteStorage({ path }))).toBe("Locked");
      child.kill("SIGKILL");
      yield* Effect.promise(() => once(child, "close"));
      yield* openSqliteStorage({ path });
    }),
  );

  it.effect("names Node 24 where node:sqlite is not to be had", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const error = yield* Effect.flip(openSqliteWith({ path }, () => undefined));
      expect(error).toBeInstanceOf(StorageError);
      expect([error.reason, error.message.includes("Node 24")]).toEqual(["Unsupported", true]);
    }),
  );

  it.effect(
    "refuses a folder that is not there, another program's database, a damaged and a newer file",
    () =>
      Effect.gen(function* () {
        const path = yield* freshPath;
        const beside = (name: string) => join(dirname(path), name);
        expect(yield* reasonOf(openSqliteStorage({ path: beside("none/town.db") }))).toBe(
          "Misconfigured",
        );

        const foreign = new DatabaseSync(beside("foreign.db"));
        foreign.exec("CREATE TABLE notes (text TEXT)");
        foreign.close();
        expect(yield* reasonOf(openSqliteStorage({ path: beside("foreign.db") }))).toBe(
          "Misconfigured",
        );

        writeFileSync(beside("damaged.db"), "this is no database ".repeat(100));
        expect(yield* reasonOf(openSqliteStorage({ path: beside("damaged.db") }))).toBe("Corrupt");

        yield* Effect.scoped(openSqliteStorage({ path }));
        const newer = new DatabaseSync(path);
        newer.exec("UPDATE meta SET value = 999 WHERE name = 'schema'");
        newer.close();
        expect(yield* reasonOf(openSqliteStorage({ path }))).toBe("Unsupported");
      }),
  );

  it.effect("says ReadOnly in a folder that cannot be written, and looks at the file there", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      yield* Effect.scoped(openSqliteStorage({ path }));
      for (const lock of [false, true]) {
        if (!lock) rmSync(`${path}.lock`);
        else writeFileSync(`${path}.lock`, "");
        yield* withoutWriting(
          dirname(path),
          Effect.gen(function* () {
            const { info, migrate, open } = sqliteDatabase({ path });
            expect(yield* reasonOf(Effect.scoped(openSqliteStorage({ path })))).toBe("ReadOnly");
            expect(yield* Effect.flip(Effect.scoped(open()))).toMatchObject({ reason: "ReadOnly" });
            expect(yield* reasonOf(migrate())).toBe("ReadOnly");
            expect((yield* info()).schema.pending).toEqual([]);
            const absent = sqliteDatabase({ path: join(dirname(path), "absent.db") });
            expect(yield* reasonOf(absent.migrate())).toBe("ReadOnly");
          }),
        );
      }
      const folder = join(dirname(path), "backups");
      mkdirSync(folder);
      const storage = yield* openSqliteStorage({ path });
      const backup = storage.backup(join(folder, "monday.db"));
      expect(yield* withoutWriting(folder, reasonOf(backup))).toBe("ReadOnly");
      yield* backup;
    }),
  );

  it("gives plain async code the same, and a typed refusal after closing", async () => {
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const path = yield* freshPath;
          const { storage, close } = yield* Effect.promise(() => openSqlite({ path }));
          yield* storage.commit(commandOn("a", 1));
          yield* Effect.promise(close);
          expect(yield* reasonOf(storage.receipt({ namespace: "xinan", id: "a/1" }))).toBe(
            "Unavailable",
          );
          yield* Effect.promise(async () =>
            expect(openSqlite({ path: join(path, "x") })).rejects.toMatchObject({
              _tag: "StorageError",
            }),
          );
        }),
      ),
    );
  });

  it.effect("lets other programs read while it is open", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path });
      const reader = new DatabaseSync(path, { readOnly: true });
      expect(reader.prepare("PRAGMA journal_mode").get()).toMatchObject({ journal_mode: "wal" });
      yield* storage.commit(commandOn("a", 1));
      expect(reader.prepare("SELECT count(*) AS n FROM entries").get()).toMatchObject({ n: 1 });
      reader.close();
    }),
  );
});

describe("while another program writes", () => {
  /** A data file that is ready, and another program's hold on it. */
  const held = Effect.gen(function* () {
    const path = yield* freshPath;
    yield* Effect.scoped(openSqliteStorage({ path }));
    const other = new DatabaseSync(path);
    other.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return { path, letGo: () => other.exec("ROLLBACK"), close: () => other.close() };
  });
  const ways: ReadonlyArray<
    readonly [string, (options: SqliteOptions) => Effect.Effect<unknown, unknown, Scope.Scope>]
  > = [
    ["openSqliteStorage", openSqliteStorage],
    ["openSqlite", (options) => Effect.promise(async () => (await openSqlite(options)).close())],
    ["open", (options) => sqliteDatabase(options).open()],
    ["migrate", (options) => sqliteDatabase(options).migrate()],
    ["info", (options) => sqliteDatabase(options).info()],
  ];
  for (const [name, way] of ways) {
    it.live(`${name} waits, holding up nobody`, () =>
      Effect.gen(function* () {
        const { path, letGo, close } = yield* held;
        const opening = yield* Effect.forkChild(Effect.scoped(way({ path })), {
          startImmediately: true,
        });
        // Turns of the event loop go by while it waits.
        yield* Effect.sleep(30);
        expect(opening.pollUnsafe()).toBeUndefined();
        letGo();
        yield* Fiber.join(opening);
        close();
      }),
    );
  }

  it.live("gives up when it takes too long, and may be interrupted; no lock is left", () =>
    Effect.gen(function* () {
      const { path, letGo, close } = yield* held;
      const database = sqliteDatabase({ path, lockWaitMillis: 40 });
      const opening = Effect.scoped(openSqliteStorage({ path, lockWaitMillis: 40 }));
      expect(yield* reasonOf(opening)).toBe("Contention");
      expect(yield* reasonOf(database.migrate())).toBe("Contention");
      expect(yield* reasonOf(database.info())).toBe("Contention");
      const patient = yield* Effect.forkChild(Effect.scoped(openSqliteStorage({ path })), {
        startImmediately: true,
      });
      yield* Fiber.interrupt(patient);
      letGo();
      close();
      yield* openSqliteStorage({ path, lockWaitMillis: 0 });
    }),
  );
});

describe("the journal in the file", () => {
  it.effect("cannot be changed or cut by a stray statement", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path });
      yield* storage.commit(commandOn("a", 1));
      const stray = new DatabaseSync(path);
      expect(() => stray.exec("UPDATE entries SET value = 'other'")).toThrow(/never changed/);
      expect(() => stray.exec("DELETE FROM entries")).toThrow(/never changed/);
      stray.close();
    }),
  );
});

describe("tidying", () => {
  it.effect("forgets passed receipts and jobs long done, and nothing else", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path });
      for (let i = 0; i < 40; i += 1) {
        const command = commandOn(`issue-${i}`, 1);
        const keepUntil = i < 20 ? 5000 : null;
        yield* storage.commit({ ...command, receipt: { ...command.receipt!, keepUntil } });
      }
      const jobs = yield* storage.lease({
        namespace: null,
        queue: "clock",
        now: 3000,
        until: 4000,
        limit: 30,
        owner: "w",
      });
      const outcomes = jobs.map(({ namespace, id, token }, n): JobOutcome => {
        const lease = { namespace, id, token };
        if (n < 20) return { _tag: "Done", ...lease };
        return n < 25
          ? { _tag: "Dead", ...lease, reason: "gave up" }
          : { _tag: "Retry", ...lease, dueAt: 9000 };
      });
      yield* storage.settle(outcomes, 3500);
      for (let i = 0; i < 300; i += 1) {
        yield* storage.commit({
          ...commandOn(`later-${i}`, 1),
          schedule: [],
          at: 3501 + SETTLED_KEPT_MILLIS,
        });
      }
      const look = new DatabaseSync(path, { readOnly: true });
      const count = (sql: string) => Number(look.prepare(sql).get()?.["n"]);
      expect(count("SELECT count(*) AS n FROM jobs")).toBe(20);
      expect(count("SELECT count(*) AS n FROM receipts")).toBe(20 + 300);
      look.close();
    }),
  );
});
