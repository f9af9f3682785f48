/** The bench on SQLite: files, and the same index rows by hand in three prepared statements. */
import { openSqlite } from "@linli/storage-sqlite";
import { closeSync, copyFileSync, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inPairs } from "./plan.ts";
import type { Hand, Place } from "./place.ts";

/** Files in a folder. */
export const placeOnSqlite = (folder: string): Place => {
  const file = (name: string) => join(folder, `${name}.db`);
  const town = file("town");
  return {
    database: "SQLite FULL",
    town,
    copy: async (name) => copyOf(town, file(name)),
    open: (path, haste = false) => openSqlite({ path, durability: haste ? "normal" : "full" }),
    openHand: async (path) => openHand(path),
    select: async (path, sql) => {
      const database = new DatabaseSync(path, { readOnly: true });
      // Plain objects, as the expected ones are.
      const rows = database.prepare(sql).all();
      database.close();
      return rows.map((row) => ({ ...row }));
    },
    keysFrom: (stored) => inPairs(JSON.parse(String(stored)) as ReadonlyArray<string>),
    keysTo: (flat) => JSON.stringify(flat),
  };
};

// Private

// What a copy left in memory to be written would otherwise be waited for within the race.
const copyOf = (from: string, to: string): string => {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${to}${end}`, { force: true });
  copyFileSync(from, to);
  const handle = openSync(to, "r+");
  fsyncSync(handle);
  closeSync(handle);
  return to;
};

const openHand = (path: string): Hand => {
  const database = new DatabaseSync(path, { timeout: 0 });
  // The service's settings.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
  `);
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const update = database.prepare(
    "UPDATE rows SET version = version + 1, index_keys = ? " +
      "WHERE namespace = 'main' AND kind = 'issue' AND id = ? AND version = ?",
  );
  const dropKey = database.prepare(
    "DELETE FROM index_entries WHERE namespace = 'main' AND kind = 'issue' " +
      "AND index_name = ? AND key = ? AND id = ?",
  );
  const addKey = database.prepare(
    "INSERT INTO index_entries (namespace, kind, index_name, key, id) VALUES ('main', 'issue', ?, ?, ?)",
  );
  return {
    rewrite: async (plan, together) => {
      let commits = 0;
      for (let from = 0; from < plan.length; from += together) {
        begin.run();
        for (const { id, version, keys, gone, come } of plan.slice(from, from + together)) {
          if (update.run(keys, id, version).changes === 0) throw new Error("a race");
          for (const [index, key] of gone) dropKey.run(index, key, id);
          for (const [index, key] of come) addKey.run(index, key, id);
        }
        commit.run();
        commits += 1;
      }
      return commits;
    },
    close: async () => database.close(),
  };
};
