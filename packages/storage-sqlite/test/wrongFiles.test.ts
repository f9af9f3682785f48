/** Opening what is no data file, or no longer one: refused by name, left as it was, nothing held. */
import { describe, expect, it } from "@effect/vitest";
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage, type SqliteOptions } from "../src/index.ts";
import { builtinSqlite } from "../src/Connection.ts";
import { openSqliteWith } from "../src/SqliteStorage.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { freshPath } from "./temp.ts";

const reasonOf = (options: SqliteOptions) =>
  Effect.match(Effect.scoped(openSqliteStorage(options)), {
    onFailure: (error) => error.reason,
    onSuccess: () => "opened",
  });

const sqlOn = (path: string, sql: string) => {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
};

/** A data file with one issue in it, closed. */
const closedFile = Effect.tap(freshPath, (path) =>
  Effect.scoped(Effect.flatMap(openSqliteStorage({ path }), (s) => s.commit(commandOn("a", 1)))),
);

describe("another program's file", () => {
  it.effect.each([
    "CREATE TABLE notes (text TEXT)",
    "PRAGMA application_id = 7; CREATE TABLE notes (text TEXT); DROP TABLE notes",
  ])("is refused and not a byte of it changed: %s", (sql) =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      sqlOn(path, sql);
      const before = readFileSync(path);
      expect(yield* reasonOf({ path })).toBe("Misconfigured");
      expect(readFileSync(path).equals(before)).toBe(true);
    }),
  );

  it.effect("beside a data file, where its lock should be, is said to be in the way", () =>
    Effect.gen(function* () {
      const path = yield* closedFile;
      writeFileSync(`${path}.lock`, "4711, and no lock of ours\n".repeat(100));
      const error: StorageError = yield* Effect.flip(Effect.scoped(openSqliteStorage({ path })));
      expect([error.reason, error.detail.includes(".lock")]).toEqual(["Misconfigured", true]);
    }),
  );
});

describe("what is no file", () => {
  it.effect("is refused, and nothing is left beside it", () =>
    Effect.gen(function* () {
      const folder = dirname(yield* freshPath);
      const inner = join(folder, "inner");
      mkdirSync(inner);
      expect(yield* reasonOf({ path: inner })).toBe("Misconfigured");
      expect(readdirSync(folder)).toEqual(["inner"]);
      symlinkSync(join(folder, "ring"), join(folder, "ring"));
      expect(yield* reasonOf({ path: join(folder, "ring") })).toBe("Misconfigured");
      expect(yield* reasonOf({ path: join(folder, "x".repeat(300)) })).toBe("Misconfigured");
      for (const path of ["", "a\0b", undefined, 5]) {
        // @ts-expect-error plain JavaScript may hand over anything
        expect(yield* reasonOf({ path })).toBe("Misconfigured");
      }
    }),
  );

  it.effect("a wrong durability is refused rather than taken for the weaker one", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      // @ts-expect-error a mistyped setting
      expect(yield* reasonOf({ path, durability: "Full" })).toBe("Misconfigured");
      expect(existsSync(path)).toBe(false);
    }),
  );

  it.effect("a link to a file that is still to be made leads to its one lock", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const link = join(dirname(path), "link.db");
      symlinkSync(basename(path), link);
      yield* openSqliteStorage({ path: link });
      expect(yield* reasonOf({ path: link })).toBe("Locked");
      expect(yield* reasonOf({ path })).toBe("Locked");
    }),
  );
});

describe("a data file that lost something", () => {
  it.effect.each([
    ...["receipts", "jobs", "rows", "index_entries", "meta"].map((table) => `DROP TABLE ${table}`),
    "ALTER TABLE receipts RENAME COLUMN content_hash TO hash",
    ...["-1", "0", "2"].map((step) => `UPDATE meta SET value = ${step} WHERE name = 'schema'`),
    "DELETE FROM meta WHERE name = 'schema'",
    "UPDATE meta SET value = 9223372036854775807 WHERE name = 'epoch'",
    "UPDATE meta SET value = 9007199254740993 WHERE name = 'epoch'",
  ])("is Corrupt each time, and nobody holds it: %s", (sql) =>
    Effect.gen(function* () {
      const path = yield* closedFile;
      const good = join(dirname(path), "good.db");
      copyFileSync(path, good);
      sqlOn(path, sql);
      expect(yield* reasonOf({ path })).toBe("Corrupt");
      expect(yield* reasonOf({ path })).toBe("Corrupt");
      copyFileSync(good, path);
      expect(yield* reasonOf({ path })).toBe("opened");
    }),
  );

  it.effect("is Corrupt where a number is larger than any that was written", () =>
    Effect.gen(function* () {
      const path = yield* closedFile;
      sqlOn(path, "UPDATE rows SET version = 9007199254740993");
      const storage = yield* openSqliteStorage({ path });
      const keys = [{ kind: "issue", id: "a" }];
      const error = yield* Effect.flip(storage.read({ namespace: NAMESPACE, keys }));
      expect(error.reason).toBe("Corrupt");
    }),
  );
});

it.effect("a disk that is full when a data file is opened is Full", () =>
  Effect.gen(function* () {
    const path = yield* freshPath;
    // As SQLite does on a full disk: the transaction is gone before the error comes.
    class Small extends DatabaseSync {
      override exec(sql: string): void {
        super.exec(sql);
        if (!sql.includes("CREATE TABLE meta")) return;
        super.exec("ROLLBACK");
        throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
      }
    }
    const load = () => {
      const sqlite = builtinSqlite();
      return sqlite === undefined ? undefined : { ...sqlite, DatabaseSync: Small };
    };
    const error = yield* Effect.flip(Effect.scoped(openSqliteWith({ path }, load)));
    expect(error.reason).toBe("Full");
    expect(yield* reasonOf({ path })).toBe("opened");
  }),
);
