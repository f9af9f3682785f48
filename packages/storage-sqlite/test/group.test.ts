/** Commits that wait together share a transaction, and nothing else. */
import { describe, expect, it } from "@effect/vitest";
import type { CommitBatch } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { openReaching } from "./reach.ts";
import { freshPath } from "./temp.ts";

/** How many transactions another connection has seen pass while `effect` ran. */
const transactionsDuring = <A, E, R>(path: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const watcher = new DatabaseSync(path, { readOnly: true });
    const frames = watcher.prepare("SELECT count(*) AS n FROM entries");
    const seen = new Set<number>([Number(frames.get()?.["n"])]);
    const timer = setInterval(() => {}, 1000);
    const watching = yield* Effect.forkChild(
      Effect.forever(
        Effect.andThen(
          Effect.sync(() => seen.add(Number(frames.get()?.["n"]))),
          Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void))),
        ),
      ),
    );
    const result = yield* effect;
    seen.add(Number(frames.get()?.["n"]));
    yield* Fiber.interrupt(watching);
    clearInterval(timer);
    watcher.close();
    return { result, transactions: seen.size - 1 };
  });

const together = (storage: SqliteStorage, batches: ReadonlyArray<CommitBatch>) =>
  Effect.forEach(batches, (batch) => Effect.exit(storage.commit(batch)), {
    concurrency: "unbounded",
  });

const versionOf = (storage: SqliteStorage, issue: string) =>
  Effect.map(
    storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
    ([row]) => row?.version ?? 0,
  );

const issues = (count: number) => Array.from({ length: count }, (_, at) => `issue-${at}`);

describe("group commit", () => {
  it.effect("puts those who wait together into few transactions, and keeps all of them", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path });
      const all = issues(200).map((issue) => commandOn(issue, 1));
      const { result, transactions } = yield* transactionsDuring(path, together(storage, all));
      expect(result.every(Exit.isSuccess)).toBe(true);
      // At most seven before a crowd is noticed, then groups of 128.
      expect(transactions).toBeLessThanOrEqual(10);
      const again = issues(200).map((issue) => commandOn(issue, 2));
      const second = yield* transactionsDuring(path, together(storage, again));
      expect(second.transactions).toBeLessThanOrEqual(2);
      const versions = yield* Effect.all(issues(200).map((issue) => versionOf(storage, issue)));
      expect(versions).toEqual(issues(200).map(() => 2));
    }),
  );

  it.effect(
    "leaves the neighbours of a refused, a repeated and a failing command as they are",
    () =>
      Effect.gen(function* () {
        const path = yield* freshPath;
        const { storage, database } = yield* openReaching({ path });
        yield* together(
          storage,
          issues(20).map((issue) => commandOn(issue, 1)),
        );
        // A failure in the middle of a command: SQLite refuses one value only.
        database.exec(
          "CREATE TEMP TRIGGER no_poison BEFORE INSERT ON main.entries WHEN new.value = 'poison' " +
            "BEGIN SELECT RAISE(FAIL, 'poison'); END",
        );
        const good = issues(20).map((issue) => commandOn(issue, 2));
        const poisoned = commandOn("poisoned", 1);
        const bad: ReadonlyArray<CommitBatch> = [
          { ...commandOn("refused", 1), guards: [{ kind: "issue", id: "issue-0", version: 7 }] },
          commandOn("issue-3", 2),
          { ...poisoned, entries: poisoned.entries.map((one) => ({ ...one, value: "poison" })) },
          {
            ...commandOn("other", 1),
            receipt: { ...commandOn("issue-5", 2).receipt!, contentHash: "d" },
          },
        ];
        // Refused only after its row and its receipt were written.
        const gapped = commandOn("gapped", 1);
        const late = { ...gapped, entries: gapped.entries.map((one) => ({ ...one, version: 5 })) };
        const mixed = [...good.slice(0, 10), ...bad, late, ...good.slice(10)];
        const exits = yield* together(storage, mixed);
        const tags = exits.map((exit) =>
          Exit.isSuccess(exit) ? exit.value._tag : exit.cause.reasons.map(errorOf).join(),
        );
        expect(tags.slice(10, 15)).toEqual([
          "Conflict",
          "Replayed",
          "Unknown",
          "ReceiptMismatch",
          "Conflict",
        ]);
        expect([...tags.slice(0, 10), ...tags.slice(15)]).toEqual(good.map(() => "Committed"));
        for (const issue of issues(20)) expect(yield* versionOf(storage, issue)).toBe(2);
        for (const issue of ["refused", "poisoned", "other", "gapped"]) {
          expect(yield* versionOf(storage, issue)).toBe(0);
          const receipt = { namespace: NAMESPACE, id: `${issue}/1` };
          expect(yield* storage.receipt(receipt)).toBeNull();
        }
        expect((yield* storage.integrityCheck()).findings).toEqual([]);
      }),
  );

  it.effect("acts once on the very same command given several times at once", () =>
    Effect.gen(function* () {
      const storage = yield* openSqliteStorage({ path: yield* freshPath });
      yield* together(
        storage,
        issues(20).map((issue) => commandOn(issue, 1)),
      );
      const command = commandOn("issue-1", 2);
      const exits = yield* together(storage, [command, command, commandOn("issue-2", 2), command]);
      const tags = exits.map((exit) => (Exit.isSuccess(exit) ? exit.value._tag : "failed"));
      expect(tags).toEqual(["Committed", "Replayed", "Committed", "Replayed"]);
    }),
  );

  it.effect("lets the first of two on one row win within one group", () =>
    Effect.gen(function* () {
      const storage = yield* openSqliteStorage({ path: yield* freshPath });
      yield* together(
        storage,
        issues(20).map((issue) => commandOn(issue, 1)),
      );
      const rivals = [1, 2, 3].map((n): CommitBatch => {
        const command = commandOn("issue-1", 2);
        return { ...command, receipt: { ...command.receipt!, id: `rival-${n}` } };
      });
      const exits = yield* together(storage, rivals);
      expect(exits.map(Exit.isSuccess)).toEqual([true, false, false]);
      const [, lost] = exits;
      expect(lost !== undefined && Exit.isFailure(lost) && lost.cause.reasons.map(errorOf)).toEqual(
        ["Conflict"],
      );
    }),
  );

  it.effect(
    "sees a guarded row that a failed bulk took back, and one another program changed",
    () =>
      Effect.gen(function* () {
        const path = yield* freshPath;
        const storage = yield* openSqliteStorage({ path });
        yield* storage.commit(commandOn("charter", 1));
        const guarded = (issue: string, version: number) => ({
          ...commandOn(issue, 1),
          guards: [{ kind: "issue", id: "charter", version }],
        });
        yield* storage.commit(guarded("a", 1));
        yield* Effect.exit(
          storage.bulk(
            Effect.gen(function* () {
              yield* storage.commit(commandOn("charter", 2));
              yield* storage.commit(guarded("b", 2));
              yield* Effect.fail("no" as const);
            }),
          ),
        );
        expect(Exit.isFailure(yield* Effect.exit(storage.commit(guarded("c", 2))))).toBe(true);
        yield* storage.commit(guarded("c", 1));
        const other = new DatabaseSync(path);
        other.exec("UPDATE rows SET version = 5 WHERE id = 'charter'");
        other.close();
        expect(Exit.isFailure(yield* Effect.exit(storage.commit(guarded("d", 1))))).toBe(true);
        yield* storage.commit(guarded("d", 5));
      }),
  );

  it.effect("forgets an interrupted caller who still waits, and no other", () =>
    Effect.gen(function* () {
      const storage = yield* openSqliteStorage({ path: yield* freshPath });
      yield* together(
        storage,
        issues(20).map((issue) => commandOn(issue, 1)),
      );
      const fibers = yield* Effect.forEach(issues(20), (issue) =>
        Effect.forkChild(storage.commit(commandOn(issue, 2)), { startImmediately: true }),
      );
      yield* Fiber.interrupt(fibers[4]!);
      yield* Effect.forEach(fibers, Fiber.await);
      const versions = yield* Effect.all(issues(20).map((issue) => versionOf(storage, issue)));
      expect(versions).toEqual(issues(20).map((_, at) => (at === 4 ? 1 : 2)));
    }),
  );

  it.effect("answers everybody who waits when it is closed", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const fibers = yield* Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* openSqliteStorage({ path });
          yield* together(
            storage,
            issues(20).map((issue) => commandOn(issue, 1)),
          );
          return yield* Effect.forEach(issues(20), (issue) =>
            Effect.forkDetach(storage.commit(commandOn(issue, 2)), { startImmediately: true }),
          );
        }),
      );
      const exits = yield* Effect.forEach(fibers, Fiber.await);
      expect(exits.every(Exit.isSuccess)).toBe(true);
      const storage = yield* openSqliteStorage({ path });
      expect(yield* versionOf(storage, "issue-19")).toBe(2);
    }),
  );
});

const errorOf = (reason: unknown): string => {
  const error = (reason as { readonly error?: { readonly _tag: string; readonly reason?: string } })
    .error;
  return error?.reason ?? error?._tag ?? "defect";
};
