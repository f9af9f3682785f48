/** The feed passes no entry that could still appear, whatever the order of commits. */
import { expect, it } from "@effect/vitest";
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { batchOf, NAMESPACE } from "./support/batches.ts";
import { freshStorage, sharedPool, withServer } from "./support/database.ts";

const append = (stream: string, version = 1) =>
  batchOf({ entries: [{ stream, version, value: `${stream} ${version}`, hash: "h" }] });

const page = (storage: Storage, after: string | null) =>
  storage.feed({ namespace: NAMESPACE, after, limit: 100, stream: null });

/** Streams of what follows a cursor: the horizon moves when all of the cluster allow it. */
const seenAfter = Effect.fnUntraced(function* (
  storage: Storage,
  after: string | null,
  wanted: number,
) {
  for (;;) {
    const { entries } = yield* page(storage, after);
    if (entries.length >= wanted) return streams(entries);
    yield* Effect.sleep(5);
  }
});

const streams = (entries: ReadonlyArray<{ readonly stream: string }>) =>
  entries.map((entry) => entry.stream);

const transaction = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = await sharedPool(url).connect();
      await client.query("BEGIN");
      return client;
    }),
    (client) => Effect.promise(() => client.query("ROLLBACK").then(() => client.release())),
  );

withServer("the feed under open transactions", (url) => {
  it.live("horizon: of two open transactions the younger commits first, and nothing is lost", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url, { feedOrder: "horizon" });
      const older = yield* transaction(url);
      const younger = yield* transaction(url);
      yield* storage.joined(older).commit(append("older"));
      yield* storage.joined(younger).commit(append("younger"));
      yield* Effect.promise(() => younger.query("COMMIT"));
      // The younger one is committed, but the older could still appear before it.
      const before = yield* page(storage, null);
      expect(before).toEqual({ entries: [], next: null });
      yield* Effect.promise(() => older.query("COMMIT"));
      expect(yield* seenAfter(storage, before.next, 2)).toEqual(["older", "younger"]);
    }),
  );

  it.live(
    "horizon: a late number in an old transaction and an early one in a young are both seen",
    () =>
      Effect.gen(function* () {
        const { storage } = yield* freshStorage(url, { feedOrder: "horizon" });
        const older = yield* transaction(url);
        const younger = yield* transaction(url);
        // The older one has its id first and takes its number last.
        yield* Effect.promise(() => older.query("SELECT pg_current_xact_id()"));
        yield* storage.joined(younger).commit(append("younger"));
        yield* Effect.promise(() => younger.query("COMMIT"));
        const { next } = yield* page(storage, null);
        yield* storage.joined(older).commit(append("older"));
        yield* Effect.promise(() => older.query("COMMIT"));
        expect(yield* seenAfter(storage, next, 2)).toEqual(["older", "younger"]);
      }),
  );

  it.effect("horizon: a transaction begun before the entry it follows must begin anew", () =>
    Effect.gen(function* () {
      const { storage } = yield* freshStorage(url, { feedOrder: "horizon" });
      const older = yield* transaction(url);
      yield* Effect.promise(() => older.query("SELECT pg_current_xact_id()"));
      yield* storage.commit(append("s", 1));
      const error = yield* Effect.flip(storage.joined(older).commit(append("s", 2)));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
    }),
  );

  it.live(
    "serialised: a commit waits for the one before it, so order of numbers is order of commits",
    () =>
      Effect.gen(function* () {
        const { storage } = yield* freshStorage(url);
        const first = yield* transaction(url);
        yield* storage.joined(first).commit(append("first"));
        const second = yield* Effect.forkChild(storage.commit(append("second")));
        const waits = Effect.promise(() =>
          sharedPool(url).query(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
          ),
        );
        while ((yield* waits).rowCount === 0) yield* Effect.sleep(5);
        expect((yield* page(storage, null)).entries).toEqual([]);
        yield* Effect.promise(() => first.query("COMMIT"));
        yield* Fiber.join(second);
        expect(streams((yield* page(storage, null)).entries)).toEqual(["first", "second"]);
      }),
  );
});
