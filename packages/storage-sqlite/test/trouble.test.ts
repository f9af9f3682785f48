/** What goes wrong with disks and files has a name, and undoes nothing else. */
import { describe, expect, it } from "@effect/vitest";
import type { CommitBatch } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { openReaching } from "./reach.ts";
import { freshPath } from "./temp.ts";

const reasonOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => ("reason" in error ? error.reason : error._tag));

const bulky = (issue: string): CommitBatch => {
  const command = commandOn(issue, 1);
  return {
    ...command,
    entries: command.entries.map((one) => ({ ...one, value: "大".repeat(90_000) })),
  };
};

const readIssue = (storage: SqliteStorage, id: string) =>
  storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id }] });

describe("trouble", () => {
  it.effect(
    "a full disk is Full, for whom it is too small only, and passes when there is room",
    () =>
      Effect.gen(function* () {
        const { storage, database } = yield* openReaching({ path: yield* freshPath });
        yield* storage.commit(commandOn("a", 1));
        const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
        database.exec(`PRAGMA max_page_count = ${pages + 40}`);
        expect(yield* reasonOf(storage.commit(bulky("b")))).toBe("Full");
        const exits = yield* Effect.forEach(
          [commandOn("c", 1), bulky("d"), commandOn("e", 1), bulky("f"), commandOn("g", 1)].flatMap(
            (batch) => [batch, commandOn(`beside-${batch.entries[0]?.stream}`, 1)],
          ),
          (batch) => Effect.exit(storage.commit(batch)),
          { concurrency: "unbounded" },
        );
        expect(exits.map(Exit.isSuccess)).toEqual([
          ...[true, true, false, true, true],
          ...[true, false, true, true, true],
        ]);
        expect((yield* storage.integrityCheck()).findings).toEqual([]);
        database.exec("PRAGMA max_page_count = 1000000");
        yield* storage.commit(bulky("b"));
        expect((yield* readIssue(storage, "b"))[0]?.version).toBe(1);
      }),
  );

  it.effect("a data file that may not be written is ReadOnly, and can still be read", () =>
    Effect.gen(function* () {
      const { storage, database } = yield* openReaching({ path: yield* freshPath });
      yield* storage.commit(commandOn("a", 1));
      database.exec("PRAGMA query_only = 1");
      expect(yield* reasonOf(storage.commit(commandOn("b", 1)))).toBe("ReadOnly");
      expect((yield* readIssue(storage, "a"))[0]?.version).toBe(1);
    }),
  );

  it.effect("a damaged page is Corrupt, and the integrity check says so", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      yield* Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* openSqliteStorage({ path });
          yield* storage.bulk(
            Effect.forEach(
              Array.from({ length: 400 }, (_, at) => commandOn(`issue-${at}`, 1)),
              storage.commit,
            ),
          );
        }),
      );
      // The later half becomes noise; the first pages hold the schema.
      const file = openSync(path, "r+");
      const noise = Buffer.alloc(4096, 0xa5);
      for (
        let at = Math.floor(statSync(path).size / 8192) * 4096;
        at < statSync(path).size;
        at += 4096
      )
        writeSync(file, noise, 0, 4096, at);
      closeSync(file);
      const storage = yield* openSqliteStorage({ path });
      const reasons = yield* Effect.forEach(
        Array.from({ length: 400 }, (_, at) => at),
        (at) =>
          Effect.match(readIssue(storage, `issue-${at}`), {
            onFailure: (error) => error.reason,
            onSuccess: () => "read",
          }),
      );
      expect(new Set(reasons).has("Corrupt")).toBe(true);
      expect(yield* reasonOf(storage.commit(commandOn("issue-399", 2)))).toBe("Corrupt");
    }),
  );

  it.effect("a row whose own list is damaged is Corrupt for whom it concerns, and no other", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path });
      yield* storage.commit(commandOn("a", 1));
      yield* storage.commit(commandOn("b", 1));
      const other = new DatabaseSync(path);
      other.exec("UPDATE rows SET index_keys = '[broken' WHERE id = 'a'");
      other.close();
      expect(yield* reasonOf(storage.commit(commandOn("a", 2)))).toBe("Corrupt");
      yield* storage.commit(commandOn("b", 2));
    }),
  );

  it.live("another program's lock is waited for without holding up anybody, then Contention", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path, lockWaitMillis: 80 });
      const other = new DatabaseSync(path);
      other.exec("BEGIN IMMEDIATE");
      let turns = 0;
      const ticking = setInterval(() => (turns += 1), 1);
      const waiting = Array.from({ length: 5 }, (_, at) =>
        reasonOf(storage.commit(commandOn(`w${at}`, 1))),
      );
      const reasons = yield* Effect.all(waiting, { concurrency: "unbounded" });
      clearInterval(ticking);
      expect(reasons).toEqual(waiting.map(() => "Contention"));
      expect(turns).toBeGreaterThan(3);
      other.exec("ROLLBACK");
      other.close();
      yield* storage.commit(commandOn("w0", 1));
    }),
  );
});
