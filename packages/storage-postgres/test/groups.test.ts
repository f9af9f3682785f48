/** Group commit: few transactions under load, and each command by itself. */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import type { PgSource } from "../src/index.ts";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { freshStorage, sharedPool, withServer } from "./support/database.ts";

const MANY = Array.from({ length: 64 }, (_, n) => n);
const together = { concurrency: "unbounded" } as const;

/** A source that writes down what is sent over it. */
const listening = (source: PgSource, sent: Array<string>): PgSource => ({
  connect: async () => {
    const connection = await source.connect();
    return {
      query: (text, values) => {
        sent.push(text);
        return connection.query(text, values);
      },
      release: (error) => connection.release(error),
    };
  },
});

withServer("group commit", (url) => {
  const storageOf = Effect.fnUntraced(function* (options = {}) {
    const sent: Array<string> = [];
    const source = listening(sharedPool(url), sent);
    const { storage, schema } = yield* freshStorage(url, { source, ...options });
    sent.length = 0;
    return { storage, schema, sent };
  });

  it.effect("one command is two round trips: a read and a commit", () =>
    Effect.gen(function* () {
      const { storage, sent } = yield* storageOf();
      yield* storage.read({
        namespace: NAMESPACE,
        keys: [
          { kind: "issue", id: "a" },
          { kind: "post", id: "b" },
        ],
      });
      yield* storage.commit(commandOn("a", 1));
      expect(sent.length).toBe(2);
    }),
  );

  it.effect("a commit that holds is sent once, whatever it holds", () =>
    Effect.gen(function* () {
      const { storage, sent } = yield* storageOf();
      const row = (id: string, expected: number, value: string | null) => ({
        ...{ kind: "issue", id, expected, value },
        indexes: value === null ? [] : [{ index: "by", key: `k${value.length}` }],
      });
      const entry = (version: number, previous?: string) => ({
        ...{ stream: "s", version, value: `{"n":${version}}`, hash: `h${version}` },
        ...(previous === undefined ? {} : { previous }),
      });
      const job = { id: "j", queue: "clock", key: "k", dueAt: 1, value: "work" };
      const receipt = { id: "c1", contentHash: "x", value: "done", keepUntil: null };
      const many = MANY.map((n) => row(`m${n}`, 0, "one of many"));
      const commits = [
        {},
        { entries: [entry(1)] },
        { entries: [entry(2, "h1"), entry(3, "h2")] },
        { rows: [row("a", 0, "first")] },
        { rows: [row("a", 1, "second")], guards: [{ kind: "issue", id: "b", version: 0 }] },
        { rows: [row("a", 2, null)] },
        { rows: many },
        { receipt },
        { schedule: [job] },
        { cancel: ["j"] },
        {
          ...{ rows: [row("b", 0, "first"), row("m1", 1, "second"), row("m2", 1, null)] },
          ...{ guards: [{ kind: "issue", id: "m3", version: 1 }], entries: [entry(4, "h3")] },
          ...{ receipt: { ...receipt, id: "c2" }, schedule: [job] },
        },
      ];
      for (const parts of commits) {
        sent.length = 0;
        const result = yield* storage.commit(batchOf(parts));
        expect([result._tag, sent]).toEqual(["Committed", [sent[0]]]);
      }
    }),
  );

  it.effect("nobody who has waited for a connection is refused later, however long the rush", () =>
    Effect.gen(function* () {
      const limits = { maxConnections: 2, connectTimeoutMillis: 150 };
      const { storage, sent } = yield* storageOf(limits);
      // Each asks again as soon as it is answered, over several times the limit.
      const client = (n: number) =>
        Effect.gen(function* () {
          for (const round of MANY.slice(0, 40))
            yield* storage.feed({
              namespace: `n${n}-${round}`,
              after: null,
              limit: 1,
              stream: null,
            });
        });
      const began = performance.now();
      while (performance.now() - began < 4 * limits.connectTimeoutMillis)
        yield* Effect.forEach(MANY.slice(0, 16), client, together);
      expect(sent.length).toBeGreaterThan(600);
    }),
  );

  it.effect("many at once share a few transactions, as do reads", () =>
    Effect.gen(function* () {
      const { storage, sent } = yield* storageOf();
      yield* Effect.forEach(MANY, (n) => storage.commit(commandOn(`i${n}`, 1)), together);
      expect(sent.length).toBeLessThanOrEqual(4);
      sent.length = 0;
      const rows = yield* Effect.forEach(
        MANY,
        (n) => storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: `i${n}` }] }),
        together,
      );
      expect(sent.length).toBeLessThanOrEqual(4);
      expect(rows.map(([row]) => row?.id)).toEqual(MANY.map((n) => `i${n}`));
    }),
  );

  it.effect("a refused command and a mismatched receipt spoil none of their neighbours", () =>
    Effect.gen(function* () {
      const { storage } = yield* storageOf();
      yield* storage.commit(commandOn("taken", 1));
      const exits = yield* Effect.forEach(
        MANY,
        (n) =>
          Effect.exit(
            storage.commit(
              n === 7
                ? { ...commandOn("taken", 1), receipt: null }
                : n === 9
                  ? batchOf({
                      receipt: { id: "taken/1", contentHash: "x", value: "", keepUntil: null },
                    })
                  : commandOn(`i${n}`, 1),
            ),
          ),
        together,
      );
      const failed = MANY.filter((n) => Exit.isFailure(exits[n]!));
      expect(failed).toEqual([7, 9]);
    }),
  );

  it.effect("a command that the server cannot take fails alone", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* storageOf();
      yield* Effect.promise(() =>
        sharedPool(url).query(
          `ALTER TABLE ${schema}.rows ADD CONSTRAINT no_bad CHECK (id <> 'bad')`,
        ),
      );
      const exits = yield* Effect.forEach(
        MANY,
        (n) => Effect.exit(storage.commit(commandOn(n === 5 ? "bad" : `i${n}`, 1))),
        together,
      );
      expect(MANY.filter((n) => Exit.isFailure(exits[n]!))).toEqual([5]);
    }),
  );

  it.effect("commands on one issue in one crowd are told apart as if sent one by one", () =>
    Effect.gen(function* () {
      const { storage } = yield* storageOf();
      const exits = yield* Effect.forEach(
        [1, 2, 3, 3, 5],
        (version, n) =>
          Effect.exit(
            storage.commit({
              ...commandOn("a", version),
              receipt: { id: `c${n}`, contentHash: "c", value: "", keepUntil: null },
            }),
          ),
        together,
      );
      expect(exits.map(Exit.isSuccess)).toEqual([true, true, true, false, false]);
    }),
  );

  it.effect("a job that is revived and then touched in one crowd is touched after it", () =>
    Effect.gen(function* () {
      const { storage } = yield* storageOf();
      const job = { id: "j", queue: "clock", key: "k", dueAt: 1, value: "first" };
      const asked = { namespace: NAMESPACE, queue: "clock", now: 5, until: 9, limit: 9 };
      const lease = () => storage.lease({ ...asked, owner: "w" });
      const revival = batchOf({ revive: [{ id: "j", dueAt: 2 }] });
      const after = [
        [batchOf({ cancel: ["j"] }), []],
        [batchOf({ schedule: [{ ...job, value: "second" }] }), ["second"]],
      ] as const;
      for (const [later, left] of after) {
        yield* storage.commit(batchOf({ schedule: [job] }));
        const [held] = yield* lease();
        const token = held?.token ?? "";
        const dead = { _tag: "Dead", namespace: NAMESPACE, id: "j", token, reason: "no" } as const;
        yield* storage.settle([dead], 6);
        const told = yield* Effect.forEach([revival, later], storage.commit, together);
        expect(told.map(({ _tag }) => _tag)).toEqual(["Committed", "Committed"]);
        expect((yield* lease()).map(({ value }) => value)).toEqual(left);
      }
    }),
  );

  it.live("a caller that goes away before its turn leaves nothing behind", () =>
    Effect.gen(function* () {
      const { storage } = yield* storageOf();
      const first = yield* Effect.forEach([0, 1, 2], (n) =>
        Effect.forkChild(storage.commit(commandOn(`i${n}`, 1))),
      );
      yield* Effect.yieldNow;
      const late = yield* Effect.forkChild(storage.commit(commandOn("late", 1)));
      yield* Fiber.interrupt(late);
      yield* Fiber.joinAll(first);
      const [row] = yield* storage.read({
        namespace: NAMESPACE,
        keys: [{ kind: "issue", id: "late" }],
      });
      const kept = yield* storage.receipt({ namespace: NAMESPACE, id: "late/1" });
      expect([row, kept].every((one) => one === null) || row?.version === 1).toBe(true);
      // Whatever became of it, sending it again makes it whole.
      yield* storage.commit(commandOn("late", 1));
    }),
  );

  it.live("deadlocks and serialization failures are tried again, boundedly, then Contention", () =>
    Effect.gen(function* () {
      const failures = { left: 0, told: 0 };
      const source: PgSource = {
        connect: async () => {
          const connection = await sharedPool(url).connect();
          return {
            query: (text, values) => {
              if (text.includes("commit") && failures.left > 0) {
                failures.left -= 1;
                failures.told += 1;
                const code = failures.left % 2 === 0 ? "40001" : "40P01";
                return Promise.reject(Object.assign(new Error("clash"), { code }));
              }
              return connection.query(text, values ? [...values] : []);
            },
            release: (error) => connection.release(error),
          };
        },
      };
      const { storage } = yield* freshStorage(url, { source, retries: 3, jitter: () => 0 });
      failures.left = 3;
      yield* storage.commit(commandOn("a", 1));
      expect(failures).toEqual({ left: 0, told: 3 });
      failures.left = 100;
      const error = yield* Effect.flip(storage.commit(commandOn("b", 1)));
      expect(error).toMatchObject({ _tag: "StorageError", reason: "Contention" });
      expect(failures.told).toBe(7);
    }),
  );
});
