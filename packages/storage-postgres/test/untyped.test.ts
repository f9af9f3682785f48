/**
 * Requests that are not of the port's form, as plain JavaScript may send them to a driver
 * without the guard: each is answered, spoils none of its neighbours and holds up nobody.
 */
import { expect, it } from "@effect/vitest";
import type { CommitBatch, RowKey, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { describe } from "vitest";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { freshStorage, withServer } from "./support/database.ts";

/** A batch whose parts have whatever form they have. */
const broken = (part: object): CommitBatch => Object.assign(batchOf({}), part);

const entry = { stream: "s", version: 1, value: "v", hash: "h" };
const row = { kind: "issue", id: "odd", expected: 0, value: "v", indexes: [] };
const TWICE = ["Invalid", "Invalid"] as const;
const job = { id: "j", queue: "clock", key: "k", dueAt: 1, value: "v" };

/** What was sent, and what is said of it when it is sent twice; a set is as good as a list. */
const BATCHES: ReadonlyArray<readonly [string, object, string, string]> = [
  ["an entry without a value", { entries: [{ ...entry, value: undefined }] }, ...TWICE],
  ["a receipt without a value", { receipt: { id: "c", contentHash: "h" } }, ...TWICE],
  ["a job without a value", { schedule: [{ ...job, value: undefined }] }, ...TWICE],
  ["no list of rows", { rows: null }, ...TWICE],
  ["a number that JSON has no word for", { rows: [{ ...row, expected: 1n }] }, ...TWICE],
  ["NUL in an entry", { entries: [{ ...entry, value: "a\u0000b" }] }, ...TWICE],
  ["NUL in a row's name", { rows: [{ ...row, id: "a\u0000b" }] }, ...TWICE],
  ["half a character", { rows: [{ ...row, indexes: [{ index: "i", key: "\ud800" }] }] }, ...TWICE],
  ["a set for a list of rows", { rows: new Set([row]) }, "Committed", "Conflict"],
  ["a text for a list of ids", { cancel: "ab" }, "Committed", "Committed"],
  ["an id that is no text", { cancel: [Symbol("j")] }, "Committed", "Committed"],
];

const KEYS: ReadonlyArray<readonly [string, object, string]> = [
  ["no list of keys", { keys: undefined }, "Invalid"],
  ["nothing for a key", { keys: [undefined] }, "Invalid"],
  ["NUL in a key", { keys: [{ kind: "a\u0000", id: "b" }] }, "Invalid"],
  ["a text for the list", { keys: "ab" }, "Invalid"],
  // Alone it is asked for without JSON, and 1 is the name of no row.
  ["a number that JSON has no word for", { keys: [{ kind: "issue", id: 1n }] }, "0"],
];

const told = (commit: ReturnType<Storage["commit"]>) =>
  Effect.match(Effect.timeout(commit, "20 seconds"), {
    onSuccess: ({ _tag }) => _tag,
    onFailure: (error) => (error._tag === "StorageError" ? error.reason : error._tag),
  });

withServer("what is not of the port's form", (url) => {
  describe.each(["serialised", "horizon"] as const)("%s", (feedOrder) => {
    it.live.each(BATCHES)("%s", ([title, part, first, second]) =>
      Effect.gen(function* () {
        const { storage } = yield* freshStorage(url, { feedOrder });
        const commits = [
          ...[commandOn("a", 1), commandOn("b", 1), broken(part), commandOn("c", 1)],
          ...[broken(part), commandOn("d", 1)],
        ];
        const said = yield* Effect.forEach(commits, (batch) => told(storage.commit(batch)), {
          concurrency: "unbounded",
        });
        const kept = "Committed";
        expect([title, said]).toEqual([title, [kept, kept, first, kept, second, kept]]);
        expect(yield* told(storage.commit(commandOn("a", 2)))).toBe("Committed");
      }),
    );
  });

  it.live.each(KEYS)("reading: %s", ([title, part, expected]) =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url);
      yield* storage.commit(commandOn("a", 1));
      const good = { namespace: NAMESPACE, keys: [{ kind: "issue", id: "a" }] };
      const two: { readonly namespace: string; readonly keys: ReadonlyArray<RowKey> } = {
        ...good,
        keys: [...good.keys, { kind: "issue", id: "b" }],
      };
      const bad = Object.assign({ ...good }, part);
      const requests = [good, two, bad, two, good, two];
      const said = yield* Effect.forEach(
        requests,
        (request) =>
          Effect.match(Effect.timeout(storage.read(request), "20 seconds"), {
            onSuccess: (rows) => rows.map((found) => found?.version ?? 0).join(),
            onFailure: (error) => (error._tag === "StorageError" ? error.reason : error._tag),
          }),
        { concurrency: "unbounded" },
      );
      expect([title, said]).toEqual([title, ["1", "1,0", expected, "1,0", "1", "1,0"]]);
    }),
  );
});
