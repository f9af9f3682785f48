/** Putting back what is no plain backup: moved aside, left by a killed process, kept read-only. */
import { describe, expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storageErrorOf } from "../src/Errors.ts";
import { openSqlite, openSqliteStorage, restoreSqlite } from "../src/index.ts";
import { commandOn } from "./batches.ts";
import { freshPath, removeFolder } from "./temp.ts";

const outcomeOf = (promise: () => Promise<unknown>) =>
  Effect.promise(() =>
    promise().then(
      () => "done",
      (error: { readonly reason: string }) => error.reason,
    ),
  );

/** A closed data file with so many commits, and a backup of it. */
const townWith = (commits: number) =>
  Effect.gen(function* () {
    const path = yield* freshPath;
    const backup = join(dirname(path), "monday.db");
    yield* Effect.scoped(
      Effect.gen(function* () {
        const storage = yield* openSqliteStorage({ path });
        for (let n = 1; n <= commits; n += 1) yield* storage.commit(commandOn("a", n));
        yield* storage.backup(backup);
      }),
    );
    return { path, backup };
  });

/** Where nothing in a folder can be written, and only its own files may be read: no superuser. */
const asNobody = <A, E>(work: Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const superuser = process.geteuid?.() === 0;
      if (superuser) process.seteuid?.(65_534);
      return superuser;
    }),
    () => work,
    (superuser) => Effect.sync(() => void (superuser && process.seteuid?.(0))),
  );

describe("restoring", () => {
  it.effect("gives back every commit of a data file whose process was killed", () =>
    Effect.gen(function* () {
      const { path, backup } = yield* townWith(2);
      // As kill -9 leaves it: the later commits lie in the `-wal` file beside it.
      const killed = join(dirname(path), "killed.db");
      yield* Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* openSqliteStorage({ path });
          for (let n = 3; n <= 9; n += 1) yield* storage.commit(commandOn("a", n));
          for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, killed + suffix);
        }),
      );
      yield* Effect.promise(() => restoreSqlite({ backup, path: killed }));
      // On second thoughts: what was moved aside is wanted after all.
      const aside = `${killed}.before-restore`;
      const again = join(dirname(path), "again.db");
      const { entries } = yield* Effect.promise(() =>
        restoreSqlite({ backup: aside, path: again }),
      );
      expect(entries).toBe(9);
      const storage = yield* openSqliteStorage({ path: again });
      yield* storage.commit(commandOn("a", 10));
    }),
  );

  it.effect("leaves a folder in the place of the data file where it is", () =>
    Effect.gen(function* () {
      const { path, backup } = yield* townWith(1);
      const inner = join(dirname(path), "inner");
      mkdirSync(inner);
      writeFileSync(join(inner, "precious"), "");
      expect(yield* outcomeOf(() => restoreSqlite({ backup, path: inner }))).toBe("Misconfigured");
      expect(readdirSync(inner)).toEqual(["precious"]);
      expect(yield* outcomeOf(() => restoreSqlite({ backup, path: ":memory:" }))).toBe(
        "Unsupported",
      );
      expect(existsSync(":memory:")).toBe(false);
    }),
  );

  it.effect("takes a backup that is kept read-only, and names one that may not be read", () =>
    Effect.gen(function* () {
      const { path, backup } = yield* townWith(3);
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "linli-sqlite-"))),
        (one) => Effect.sync(() => removeFolder(one)),
      );
      for (const one of [folder, dirname(path)]) chmodSync(one, 0o777);
      const to = join(folder, basename(path));
      chmodSync(backup, 0o444);
      yield* asNobody(
        Effect.gen(function* () {
          const restoring = () => restoreSqlite({ backup, path: to });
          expect(yield* outcomeOf(restoring)).toBe("done");
          const storage = yield* openSqliteStorage({ path: to });
          yield* storage.commit(commandOn("a", 4));
        }).pipe(Effect.scoped),
      );
      chmodSync(backup, 0o000);
      const other = join(folder, "other.db");
      expect(yield* asNobody(outcomeOf(() => restoreSqlite({ backup, path: other })))).toBe(
        "Misconfigured",
      );
      expect(statSync(backup).size).toBeGreaterThan(0);
    }),
  );

  it.effect("says ReadOnly where the folder of the data file cannot be written", () =>
    Effect.gen(function* () {
      const { path, backup } = yield* townWith(1);
      const folder = dirname(path);
      for (const name of [backup, path, `${path}.lock`]) chmodSync(name, 0o666);
      chmodSync(folder, 0o555);
      expect(yield* asNobody(outcomeOf(() => restoreSqlite({ backup, path })))).toBe("ReadOnly");
      chmodSync(folder, 0o755);
    }),
  );

  it.each([
    ["ENOSPC", "Full"],
    ["EDQUOT", "Full"],
    ["EACCES", "ReadOnly"],
    ["EROFS", "ReadOnly"],
    ["EIO", "Unavailable"],
  ])("gives %s, which copying a file may meet, the name %s", (code, reason) => {
    const cause = Object.assign(new Error(code), { code });
    expect(storageErrorOf("restore", cause).reason).toBe(reason);
  });

  it.effect("refuses a backup without all that its schema made", () =>
    Effect.gen(function* () {
      const damages = [
        "DROP TABLE receipts",
        "ALTER TABLE receipts RENAME COLUMN content_hash TO hash",
        "DROP TRIGGER entries_keep_update",
        "DROP INDEX jobs_due",
        "DROP VIEW view_issues",
        "UPDATE meta SET value = 0 WHERE name = 'schema'",
        "UPDATE rows SET version = 9223372036854775807",
        "UPDATE jobs SET due_at = 9223372036854775807",
      ];
      for (const damage of damages) {
        const { path, backup } = yield* townWith(1);
        const database = new DatabaseSync(backup);
        database.exec(damage);
        database.close();
        expect([damage, yield* outcomeOf(() => restoreSqlite({ backup, path }))]).toEqual([
          damage,
          "Corrupt",
        ]);
        expect(existsSync(path)).toBe(true);
      }
    }),
  );

  it.effect("is not confused by tables that a DBA has added", () =>
    Effect.gen(function* () {
      const { path, backup } = yield* townWith(1);
      const database = new DatabaseSync(backup);
      database.exec("CREATE TABLE notes (text TEXT); CREATE INDEX by_text ON notes (text)");
      database.close();
      expect(yield* outcomeOf(() => restoreSqlite({ backup, path }))).toBe("done");
    }),
  );
});

it.effect("a closed storage takes no backup of a file that others may have by now", () =>
  Effect.gen(function* () {
    const path = yield* freshPath;
    const { storage, close } = yield* Effect.promise(() => openSqlite({ path }));
    yield* Effect.promise(close);
    const to = join(dirname(path), "late.db");
    expect((yield* Effect.flip(storage.backup(to))).reason).toBe("Unavailable");
    expect(existsSync(to)).toBe(false);
  }),
);
