/** Trust and forgetting on files: the story, restores of either file, and verifying what was restored. */
import { platformCipher } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import { trustStreet, trustStory } from "@linli/testing";
import { copyFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as Effect from "effect/Effect";
import { describe, expect, it } from "@effect/vitest";
import { openSqlite, openSqliteKeys, restoreSqlite } from "../src/index.ts";
import { freshPath } from "./temp.ts";

const cipher = platformCipher("AES-256-GCM");

/** Everything a reader of the file reads: tables and, after a clean-up, the bytes themselves. */
const textOf = (path: string): string => {
  const database = new DatabaseSync(path);
  const tables = ["rows", "index_entries", "entries", "jobs", "receipts"];
  const rows = tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all());
  database.close();
  return JSON.stringify(rows);
};

describe("trust and forgetting on SQLite", () => {
  it.effect("hold as the story tells them, with keys in a file of their own", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const keysPath = join(dirname(path), "keys.db");
      yield* Effect.promise(async () => {
        const { storage, close } = await openSqlite({ path });
        const keys = await openSqliteKeys({ path: keysPath });
        const stored = async () => textOf(path);
        const place = { storage, cipher, keys: keys.keys, namespace: "main", stored };
        expect(await trustStory(place)).toEqual([]);
        await close();
        await keys.close();
        const vacuum = new DatabaseSync(path);
        vacuum.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
        vacuum.close();
        expect(readFileSync(path).includes("words before keys")).toBe(false);
      });
    }),
  );

  it.effect("a restore of the data brings nobody back, and the erasure is journaled again", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const backup = join(dirname(path), "monday.db");
      const keysPath = join(dirname(path), "keys.db");
      yield* Effect.promise(async () => {
        const keys = await openSqliteKeys({ path: keysPath });
        const people = { cipher, keys: keys.keys };
        const report = {
          ...{ type: "report", place: { unit: "B" }, category: "repair", words: "dark stairs" },
        };
        const before = await openSqlite({ path });
        const desk = await createDesk({ storage: before.storage, people, ...trustStreet });
        const { issue } = await desk.begin(report, { actor: { person: "resident" } });
        await Effect.runPromise(before.storage.backup(backup));
        await desk.erase("resident", { actor: { person: null, host: true } });
        await before.close();
        await restoreSqlite({ backup, path });

        const after = await openSqlite({ path });
        const again = await createDesk({ storage: after.storage, people, ...trustStreet });
        const seen = await again.view(issue, { viewer: { person: "chief" } });
        expect(seen.contents?.map(({ words, erased }) => [words, erased])).toEqual([[null, true]]);
        const request = { namespace: "main", after: null, limit: 10, stream: null };
        const { entries } = await Effect.runPromise(after.storage.feed(request));
        expect(entries.map(({ value }) => value.includes('"replayed":true'))).toEqual([
          false,
          true,
        ]);
        expect(await again.verifyJournal()).toMatchObject({ _tag: "Sound", entries: 2 });
        await after.close();
        await keys.close();
      });
    }),
  );

  it.effect("a restore of the key file brings nobody back either", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const keysPath = join(dirname(path), "keys.db");
      yield* Effect.promise(async () => {
        const { storage, close } = await openSqlite({ path });
        const keys = await openSqliteKeys({ path: keysPath });
        const desk = await createDesk({
          storage,
          people: { cipher, keys: keys.keys },
          ...trustStreet,
        });
        const report = {
          ...{ type: "report", place: { unit: "B" }, category: "repair", words: "dark stairs" },
        };
        const { issue } = await desk.begin(report, { actor: { person: "resident" } });
        await keys.close();
        const old = join(dirname(path), "old-keys.db");
        copyFileSync(keysPath, old);
        const now = await openSqliteKeys({ path: keysPath });
        const going = await createDesk({
          storage,
          people: { cipher, keys: now.keys },
          ...trustStreet,
        });
        await going.erase("resident", { actor: { person: null, host: true } });
        await now.close();

        const restored = await openSqliteKeys({ path: old });
        const people = { cipher, keys: restored.keys };
        const again = await createDesk({ storage, people, ...trustStreet });
        const seen = await again.view(issue, { viewer: { person: "chief" } });
        expect(seen.contents?.map(({ words }) => words)).toEqual([null]);
        await restored.close();
        await close();
      });
    }),
  );
});
