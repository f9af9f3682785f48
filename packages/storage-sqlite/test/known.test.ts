/** What a connection remembers of rows and streams never outlives what is true of them. */
import { describe, expect, it } from "@effect/vitest";
import type { CommitBatch } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { DatabaseSync } from "node:sqlite";
import { KNOWN_MAX, makeKnown } from "../src/Known.ts";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { freshPath } from "./temp.ts";

const opened = Effect.flatMap(freshPath, (path) =>
  Effect.map(openSqliteStorage({ path }), (storage) => ({ path, storage })),
);

const keyed = (issue: string, version: number, ...keys: ReadonlyArray<string>): CommitBatch => {
  const batch = commandOn(issue, version);
  const indexes = keys.map((key) => ({ index: "due", key }));
  return { ...batch, rows: batch.rows.map((row) => ({ ...row, indexes })) };
};

const read = (storage: SqliteStorage, ...ids: ReadonlyArray<string>) =>
  storage.read({ namespace: NAMESPACE, keys: ids.map((id) => ({ kind: "issue", id })) });

const keysOf = (storage: SqliteStorage) =>
  Effect.map(
    storage.scan({
      ...{ namespace: NAMESPACE, kind: "issue", index: "due", range: { from: null, to: null } },
      ...{ order: "ascending", limit: 1000, cursor: null },
    }),
    ({ rows }) => rows.map(({ id, key }) => `${id} ${key}`),
  );

const findingsOf = (storage: SqliteStorage) =>
  Effect.map(storage.integrityCheck(), ({ findings }) => findings);

describe("what is remembered", () => {
  it.effect("gives way to what another program has written meanwhile", () =>
    Effect.gen(function* () {
      const { storage, path } = yield* opened;
      yield* storage.commit(keyed("a", 1, "one"));
      yield* read(storage, "a");
      const other = new DatabaseSync(path);
      other.exec(`
        UPDATE rows SET index_keys = '["due","theirs"]' WHERE id = 'a';
        UPDATE index_entries SET key = 'theirs' WHERE id = 'a';
      `);
      other.close();
      yield* storage.commit(keyed("a", 2, "two"));
      expect(yield* keysOf(storage)).toEqual(["a two"]);
      expect(yield* findingsOf(storage)).toEqual([]);
    }),
  );

  it.effect("is gone with a bulk that failed, though versions come again", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      yield* storage.commit(keyed("a", 1, "one"));
      const failed = storage.bulk(
        Effect.gen(function* () {
          yield* storage.commit(keyed("a", 2, "never"));
          yield* read(storage, "a");
          return yield* Effect.fail("no" as const);
        }),
      );
      expect(Exit.isFailure(yield* Effect.exit(failed))).toBe(true);
      yield* storage.commit(keyed("a", 2, "two", "zwei"));
      yield* storage.commit(keyed("a", 3, "three"));
      expect(yield* keysOf(storage)).toEqual(["a three"]);
      // Nor may a stream go on from an entry that was taken back.
      const gap = yield* Effect.exit(
        storage.bulk(Effect.andThen(storage.commit(commandOn("b", 1)), Effect.fail("no" as const))),
      );
      expect(Exit.isFailure(gap)).toBe(true);
      const { rows: _, ...entriesOnly } = commandOn("b", 2);
      expect(Exit.isFailure(yield* Effect.exit(storage.commit({ ...entriesOnly, rows: [] })))).toBe(
        true,
      );
      expect(yield* findingsOf(storage)).toEqual([]);
    }),
  );

  it.effect("is gone with a row that was deleted and made anew", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      yield* storage.commit(keyed("a", 1, "one"));
      yield* read(storage, "a");
      const [row] = keyed("a", 2).rows;
      if (row === undefined) throw new Error("no row");
      const bare = { ...commandOn("a", 2), entries: [], schedule: [], receipt: null };
      yield* storage.commit({ ...bare, rows: [{ ...row, value: null }] });
      const guards = [{ kind: "issue", id: "a", version: 1 }];
      const guarded = storage.commit({ ...bare, rows: [], guards });
      expect(Exit.isFailure(yield* Effect.exit(guarded))).toBe(true);
      yield* storage.commit({
        ...bare,
        rows: [{ ...row, expected: 0, indexes: [{ index: "due", key: "again" }] }],
      });
      yield* storage.commit({
        ...bare,
        rows: [{ ...row, expected: 1, indexes: [{ index: "due", key: "changed" }] }],
      });
      expect(yield* keysOf(storage)).toEqual(["a changed"]);
      expect(yield* findingsOf(storage)).toEqual([]);
    }),
  );

  it("stays within its bounds", () => {
    const database = new DatabaseSync(":memory:");
    const known = makeKnown({ prepare: (sql) => database.prepare(sql) });
    const ids = Array.from({ length: KNOWN_MAX * 2 + 1 }, (_, at) => `i${at}`);
    for (const id of ids) {
      known.setRow("town", id.length > 4 ? "issue" : "content", id, { version: 1, keys: null });
      known.setEnd("town", id, { version: 1, hash: "h1" });
      known.setEnd("town", id, { version: 2, hash: "h2" });
    }
    const rows = ids.filter((id) => (known.row("town", "issue", id)?.version ?? 0) > 0);
    const heads = ids.filter((id) => known.end("town", id)?.version === 2);
    for (const kept of [rows, heads]) {
      expect(kept.at(-1)).toBe(ids.at(-1));
      expect(kept.length).toBeLessThanOrEqual(KNOWN_MAX);
    }
    database.close();
  });

  it.effect("is looked up again beyond what is kept", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const ids = Array.from({ length: KNOWN_MAX + 50 }, (_, at) => `i${at}`);
      yield* storage.bulk(
        Effect.gen(function* () {
          for (const id of ids) yield* storage.commit(keyed(id, 1, `first-${id}`, "both"));
          for (const id of ids) yield* storage.commit(keyed(id, 2, "both", `second-${id}`));
        }),
      );
      const rows = yield* read(storage, ...ids);
      expect(rows.filter((row) => row?.version === 2)).toHaveLength(ids.length);
      expect(yield* findingsOf(storage)).toEqual([]);
    }),
  );

  it.effect("tells many index entries apart like few", () =>
    Effect.gen(function* () {
      const { storage } = yield* opened;
      const keys = (from: number) => Array.from({ length: 300 }, (_, at) => `k${from + at}`);
      yield* storage.commit(keyed("a", 1, ...keys(0), "k7"));
      yield* storage.commit(keyed("a", 2, ...keys(100), "k107", "k107"));
      const [row] = keyed("c", 1, ...keys(0)).rows;
      if (row === undefined) throw new Error("no row");
      const named = (index: string) => row.indexes.map(({ key }) => ({ index, key }));
      yield* storage.commit({ ...commandOn("c", 1), rows: [{ ...row, indexes: named("post") }] });
      yield* storage.commit({
        ...commandOn("c", 2),
        rows: [{ ...row, expected: 1, indexes: named("sponsor") }],
      });
      yield* storage.commit(keyed("b", 1, "k1", "k1", "k2"));
      yield* storage.commit(keyed("b", 2, "k1", "k3"));
      const expected = [...keys(100).map((key) => `a ${key}`), "b k1", "b k3"];
      expect([...(yield* keysOf(storage))].sort()).toEqual(expected.sort());
      expect(yield* findingsOf(storage)).toEqual([]);
    }),
  );
});
