/**
 * The same index rows rewritten by hand, in commits of the same size, every new key known
 * beforehand: the hand neither reads nor decides, keeps no position and leases nothing.
 */
import type { IssueState } from "@linli/core/issue";
import { DatabaseSync } from "node:sqlite";
import { type IndexKey, keysOf } from "../written.ts";
import { without } from "../planned.ts";
import { MOVED, PLACES_AFTER } from "./town.ts";

/** What becomes of the index rows of one issue. */
export interface Rewrite {
  readonly id: string;
  readonly version: number;
  /** All its keys, as its row lists them. */
  readonly keys: string;
  readonly gone: ReadonlyArray<IndexKey>;
  readonly come: ReadonlyArray<IndexKey>;
}

/** Works out the rewrites in the order of the moving unit's own list. */
export const planOf = (path: string): ReadonlyArray<Rewrite> => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare(
    "SELECT r.id, r.version, r.index_keys, r.value FROM index_entries AS e JOIN rows AS r USING (namespace, kind, id) " +
      "WHERE e.kind = 'issue' AND e.index_name = 'under' AND e.key >= ? AND e.key < ? ORDER BY e.key",
  );
  const plan = rows.all(`${MOVED.unit}/a/`, `${MOVED.unit}/c/`).map((row): Rewrite => {
    const { state } = JSON.parse(String(row["value"])) as { readonly state: IssueState };
    const before = pairsOf(JSON.parse(String(row["index_keys"])) as ReadonlyArray<string>);
    const keys = keysOf(state, PLACES_AFTER);
    const after = pairsOf(keys);
    return {
      id: String(row["id"]),
      version: Number(row["version"]),
      keys: JSON.stringify(keys),
      gone: without(before, after),
      come: without(after, before),
    };
  });
  database.close();
  return plan;
};

/** An open file with prepared statements. */
export interface Hand {
  /** Rewrites all of a plan, so many issues in a commit; how many commits it took. */
  readonly rewrite: (plan: ReadonlyArray<Rewrite>, together: number) => number;
  readonly close: () => void;
}

/** Opens a copy, with the service's settings. */
export const openHand = (path: string): Hand => {
  const database = new DatabaseSync(path, { timeout: 0 });
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
    rewrite: (plan, together) => {
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
    close: () => database.close(),
  };
};

// Private

const pairsOf = (flat: ReadonlyArray<string>): ReadonlyArray<IndexKey> => {
  const pairs: Array<IndexKey> = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] ?? "", flat[i + 1] ?? ""]);
  return pairs;
};
