/** One entry and nothing else has a statement of its own, with the promises of every other commit. */
import { expect, it } from "@effect/vitest";
import type { EntryWrite } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type { PgSource } from "../src/index.ts";
import { batchOf, NAMESPACE } from "./support/batches.ts";
import { freshStorage, sharedPool, withServer } from "./support/database.ts";

const entry = (version: number, previous?: string, stream = "s"): EntryWrite => ({
  ...{ stream, version, value: `{"n":${version}}`, hash: `h${version}` },
  ...(previous === undefined ? {} : { previous }),
});

/** What follows a stream of two entries, or one that is not there, rightly or not. */
const CANDIDATES = [
  ...[1, 2, 3, 4, 5].flatMap((version) =>
    [undefined, "", "h1", "h2", "other"].map((previous) => ({ begun: 2, version, previous })),
  ),
  ...[1, 2].flatMap((version) =>
    [undefined, "", "h1"].map((previous) => ({ begun: 0, version, previous })),
  ),
];

const ROW = { kind: "issue", id: "a", expected: 0, value: "{}", indexes: [] };

withServer("one entry", (url) => {
  const storageOf = Effect.fnUntraced(function* (options = {}) {
    const sent: Array<string> = [];
    const source: PgSource = {
      connect: async () => {
        const connection = await sharedPool(url).connect();
        return {
          query: (text, values) => {
            sent.push(/(\w+)\(/.exec(text)?.[1] ?? text);
            return connection.query(text, values === undefined ? [] : [...values]);
          },
          release: (error) => connection.release(error),
        };
      },
    };
    const opened = yield* freshStorage(url, { source, ...options });
    yield* opened.storage.commit(batchOf({ entries: [entry(1), entry(2, "h1")] }));
    sent.length = 0;
    return { ...opened, sent };
  });

  it.effect("is sent by itself, whatever is beside it together", () =>
    Effect.gen(function* () {
      const { storage, sent } = yield* storageOf();
      yield* storage.commit(batchOf({ entries: [entry(3, "h2")] }));
      yield* storage.commit(batchOf({ entries: [entry(4)] }));
      expect(sent.splice(0)).toEqual(["append_entry", "append_entry"]);
      const job = { id: "j", queue: "clock", key: "k", dueAt: 1, value: "" };
      const holding = [
        { rows: [ROW] },
        { guards: [{ kind: "issue", id: "a", version: 1 }] },
        { receipt: { id: "c", contentHash: "x", value: "", keepUntil: null } },
        { schedule: [job] },
        { cancel: ["j"] },
        { entries: [entry(1, "", "t"), entry(1, "", "u")] },
      ];
      for (const [n, parts] of holding.entries())
        yield* storage.commit(batchOf({ entries: [entry(5 + n)], ...parts }));
      expect(sent.splice(0)).toEqual(holding.map(() => "commit_quick"));
      const notHolding = [
        { settle: [{ _tag: "Done", namespace: NAMESPACE, id: "j", token: "t" }] as const },
        { revive: [{ id: "j", dueAt: 1 }] },
      ];
      for (const parts of notHolding)
        yield* Effect.flip(storage.commit(batchOf({ entries: [entry(10)], ...parts })));
      expect(sent).toEqual(notHolding.flatMap(() => ["commit_quick", "commit_each"]));
      const page = { namespace: NAMESPACE, after: null, limit: 99, stream: "s" };
      const { entries } = yield* storage.feed(page);
      expect(entries.map(({ cursor: _, ...one }) => one)).toEqual(
        [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => entry(n)),
      );
    }),
  );

  it.effect("is refused where it is refused beside a row, and told the same", () =>
    Effect.gen(function* () {
      const alone = (yield* storageOf()).storage;
      const beside = (yield* storageOf()).storage;
      let kept = 0;
      for (const [n, { begun, version, previous }] of CANDIDATES.entries()) {
        const stream = `s${n}`;
        const entries = [entry(version, previous, stream)];
        for (const { commit } of begun === 0 ? [] : [alone, beside])
          yield* commit(batchOf({ entries: [entry(1, "", stream), entry(2, "h1", stream)] }));
        const said = yield* Effect.result(alone.commit(batchOf({ entries })));
        const row = { ...ROW, id: stream };
        const saidBeside = yield* Effect.result(beside.commit(batchOf({ entries, rows: [row] })));
        expect([entries, said]).toEqual([entries, saidBeside]);
        const page = { namespace: NAMESPACE, after: null, limit: 9, stream };
        const added = said._tag === "Success" ? 1 : 0;
        expect((yield* alone.feed(page)).entries.length).toBe(begun + added);
        kept += added;
      }
      // The third of the stream, unnamed and named rightly; the first of another, likewise.
      expect(kept).toBe(4);
    }),
  );

  it.live("waits for its turn no longer than was set", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* storageOf({ lockTimeoutMillis: 50 });
      // Locks are of the database: nobody else's test is to hold this town's.
      const inTown = batchOf({ namespace: schema, entries: [entry(1)] });
      const waited = yield* Effect.scoped(
        Effect.gen(function* () {
          const host = yield* Effect.acquireRelease(
            Effect.promise(() => sharedPool(url).connect()),
            (client) => Effect.promise(() => client.query("ROLLBACK").then(() => client.release())),
          );
          yield* Effect.promise(() => host.query("BEGIN"));
          yield* storage.joined(host).commit({ ...inTown, entries: [entry(1, "", "held")] });
          return yield* Effect.flip(storage.commit(inTown));
        }),
      );
      expect(waited).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      yield* storage.commit(inTown);
    }),
  );
});
