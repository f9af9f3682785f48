/** The small parts of the doors; the promises of drivers are checked by the contract in testing. */
import { brokenText, nastyText } from "@linli/testing";
import { describe, expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import {
  checkedStorage,
  type CommitBatch,
  compareBytewise,
  Conflict,
  exceedsBytes,
  makeMemoryNotifier,
  makeMemoryStorage,
  notifierFromPromise,
  NotifyError,
  type OutboundMessage,
  type PromiseStorage,
  retryAdvice,
  rotateAfter,
  StorageError,
  storageFromPromise,
  storageToPromise,
  takeTurns,
  utf8Bytes,
} from "../src/ports/index.ts";
import { makeSortedList } from "../src/ports/SortedList.ts";

const seeded = { seed: 7, numRuns: 300 };

const batch = (changes: Partial<CommitBatch> = {}): CommitBatch => ({
  namespace: "xinan",
  at: 1,
  rows: [],
  guards: [],
  entries: [],
  schedule: [],
  cancel: [],
  settle: [],
  receipt: null,
  ...changes,
});

const message: OutboundMessage = {
  deliveryId: "d1",
  to: "post:镇东社区楼栋长",
  locale: "zh",
  subject: "井盖破损",
  body: "请处理",
  data: { issue: "i1" },
  at: 1,
  attempt: 1,
};

describe("bytewise order", () => {
  it("is the order of UTF-8 bytes", () => {
    const property = fc.property(nastyText(), nastyText(), (left, right) => {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareBytewise(left, right))).toBe(expected);
    });
    fc.assert(property, seeded);
  });

  it("counts UTF-8 bytes", () => {
    const property = fc.property(nastyText(), fc.nat(40), (text, limit) => {
      expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
      expect(exceedsBytes(text, limit)).toBe(Buffer.byteLength(text) > limit);
    });
    fc.assert(property, seeded);
  });
});

describe("the sorted list", () => {
  const wish = fc.record({ add: fc.boolean(), item: fc.nat(700) });

  it("is a sorted set under any inserts and removals", () => {
    const property = fc.property(
      fc.array(wish, { maxLength: 2500, size: "max" }),
      fc.nat(700),
      (wishes, edge) => {
        const list = makeSortedList<number>((a, b) => a - b);
        const model = new Set<number>();
        for (const { add, item } of wishes) {
          if (add) expect(list.insert(item)).toBe(!model.has(item));
          else expect(list.remove(item)).toBe(model.has(item));
          if (add) model.add(item);
          else model.delete(item);
        }
        const sorted = [...model].sort((a, b) => a - b);
        expect([...list.ascend(null)]).toEqual(sorted);
        expect([...list.descend(null)]).toEqual([...sorted].reverse());
        expect([...list.ascend(edge)]).toEqual(sorted.filter((one) => one >= edge));
        expect([...list.descend(edge)]).toEqual(sorted.filter((one) => one < edge).reverse());
      },
    );
    fc.assert(property, { seed: 11, numRuns: 40 });
  });

  it("moves little for each of 100,000 items in any order", () => {
    let compared = 0;
    const list = makeSortedList<number>((a, b) => {
      compared += 1;
      return a - b;
    });
    for (let n = 0; n < 100_000; n += 1) list.insert((n * 7919) % 100_003);
    expect(compared).toBeLessThan(100_000 * 25);
    expect([...list.ascend(null)].length).toBe(100_000);
  });
});

describe("turns", () => {
  it("give each source one item a round, in order, until the limit", () => {
    const sources = [[1, 2, 3], [], [10], [20, 21]].map((items) => {
      const rest = [...items];
      return () => rest.shift();
    });
    expect(takeTurns(sources, 5)).toEqual([1, 10, 20, 2, 21]);
  });

  it("go on after the one served last", () => {
    expect(rotateAfter(["a", "b", "c"], "a")).toEqual(["b", "c", "a"]);
    expect(rotateAfter(["a", "b", "c"], "bb")).toEqual(["c", "a", "b"]);
    expect(rotateAfter(["a", "b", "c"], "c")).toEqual(["a", "b", "c"]);
    expect(rotateAfter(["a", "b"], undefined)).toEqual(["a", "b"]);
  });
});

describe("the guard in front of a driver", () => {
  const forbidden: PromiseStorage = new Proxy({} as PromiseStorage, {
    get: (_target, name) => {
      if (name === "capabilities") return { name: "never", durable: false, shared: false };
      return () => Promise.reject(new Error("the driver was asked"));
    },
  });
  const guarded = checkedStorage(storageFromPromise(forbidden));

  it("lets no broken text reach the driver, and repeats none of it", async () => {
    const property = fc.asyncProperty(brokenText(), async (text) => {
      const calls = [
        guarded.commit(batch({ namespace: text })),
        guarded.commit(
          batch({ rows: [{ kind: "k", id: text, expected: 0, value: "", indexes: [] }] }),
        ),
        guarded.read({ namespace: "n", keys: [{ kind: text, id: "i" }] }),
        guarded.receipt({ namespace: "n", id: text }),
        guarded.feed({ namespace: "n", after: text, limit: 1, stream: null }),
        guarded.lease({ namespace: null, queue: "q", now: 1, until: 2, limit: 1, owner: text }),
        guarded.settle([{ _tag: "Done", namespace: "n", id: "i", token: text }], 1),
      ];
      for (const call of calls) {
        const error = await Effect.runPromise(
          Effect.flip(call as Effect.Effect<unknown, StorageError>),
        );
        expect(error.reason).toBe("Invalid");
        expect(text.length > 3 && error.message.includes(text)).toBe(false);
      }
    });
    await fc.assert(property, { seed: 5, numRuns: 60 });
  });

  it.effect(
    "refuses words of the port as row kinds, empty names and leases that end before they begin",
    () =>
      Effect.gen(function* () {
        const row = { kind: "stream", id: "i", expected: 0, value: "", indexes: [] };
        const wrong = [
          guarded.commit(batch({ rows: [row] })),
          guarded.commit(batch({ rows: [{ ...row, kind: "lease" }] })),
          guarded.commit(batch({ rows: [{ ...row, kind: "k", id: "" }] })),
          guarded.commit(
            batch({ settle: [{ _tag: "Done", namespace: "elsewhere", id: "i", token: "t" }] }),
          ),
          guarded.lease({ namespace: null, queue: "q", now: 2, until: 2, limit: 1, owner: "o" }),
          guarded.scan({
            namespace: "n",
            kind: "k",
            index: "i",
            range: { from: null, to: null },
            order: "ascending",
            limit: 0,
            cursor: null,
          }),
        ];
        for (const call of wrong) {
          const error = yield* Effect.flip<unknown, StorageError | Conflict, never>(call);
          expect(error).toMatchObject({ _tag: "StorageError", reason: "Invalid" });
        }
        expect(checkedStorage(guarded)).toBe(guarded);
      }),
  );
});

describe("promise drivers", () => {
  const failing = (thrown: unknown) =>
    storageFromPromise({
      ...storageToPromise(makeMemoryStorage()),
      commit: () => Promise.reject(thrown),
      read: () => Promise.reject(thrown),
    });
  const conflicts = [{ kind: "k", id: "i", expected: 1, actual: 2 }];

  it.effect("refuse with the classes or with plain objects of their shape", () =>
    Effect.gen(function* () {
      for (const thrown of [new Conflict({ conflicts }), { _tag: "Conflict", conflicts }]) {
        const error = yield* Effect.flip(failing(thrown).commit(batch()));
        expect(error).toBeInstanceOf(Conflict);
        expect(error).toMatchObject({ conflicts });
      }
      const plain = {
        _tag: "StorageError",
        reason: "Full",
        operation: "commit",
        detail: "no room",
      };
      const error = yield* Effect.flip(failing(plain).commit(batch()));
      expect([
        error instanceof StorageError,
        error._tag === "StorageError" && error.reason,
      ]).toEqual([true, "Full"]);
    }),
  );

  it.effect("have anything else they throw named Unknown, the thrown thing as cause", () =>
    Effect.gen(function* () {
      const thrown = new Error("socket closed");
      const read = yield* Effect.flip(failing(thrown).read({ namespace: "n", keys: [] }));
      expect(read).toMatchObject({ reason: "Unknown", operation: "read", cause: thrown });
    }),
  );

  it("reject with the same tagged errors the other way round", async () => {
    const plain = storageToPromise(makeMemoryStorage());
    const row = { kind: "k", id: "i", expected: 3, value: "", indexes: [] };
    await expect(plain.commit(batch({ rows: [row] }))).rejects.toBeInstanceOf(Conflict);
    await expect(plain.read({ namespace: "n", keys: [] })).resolves.toEqual([]);
  });

  it.effect("hear when nobody waits any longer", () =>
    Effect.gen(function* () {
      let aborted = false;
      const storage = storageFromPromise({
        ...storageToPromise(makeMemoryStorage()),
        read: (_request, options) =>
          new Promise(() => options?.signal?.addEventListener("abort", () => (aborted = true))),
      });
      const fiber = yield* Effect.forkChild(storage.read({ namespace: "n", keys: [] }));
      yield* Effect.yieldNow;
      yield* Effect.sync(() => fiber.interruptUnsafe());
      yield* Effect.yieldNow;
      expect(aborted).toBe(true);
    }),
  );
});

describe("notifiers", () => {
  it.effect("in memory record what they took and what they refused", () =>
    Effect.gen(function* () {
      const busy = new NotifyError({
        reason: "RateLimited",
        channel: "sms",
        detail: "slow down",
        retryAfterMillis: 9000,
      });
      const notifier = makeMemoryNotifier("sms", {
        refuse: ({ attempt }) => (attempt === 1 ? busy : null),
      });
      expect(yield* Effect.flip(notifier.send(message))).toBe(busy);
      expect(yield* notifier.send({ ...message, attempt: 2 })).toEqual({ providerId: "sms-1" });
      expect([notifier.sent().length, notifier.refused().length]).toEqual([1, 1]);
    }),
  );

  it.effect("in promises pass typed refusals on and never quote what else was thrown", () =>
    Effect.gen(function* () {
      const capabilities = { maxBytes: null, deduplicates: false };
      const over = (thrown: unknown) =>
        notifierFromPromise({ channel: "sms", capabilities, send: () => Promise.reject(thrown) });
      const gone = { _tag: "NotifyError", reason: "RecipientGone", channel: "sms", detail: "left" };
      expect(yield* Effect.flip(over(gone).send(message))).toMatchObject({
        reason: "RecipientGone",
      });
      const other = yield* Effect.flip(over(new Error(`no route to ${message.to}`)).send(message));
      expect([other.reason, JSON.stringify(other).includes(message.to)]).toEqual([
        "Unreachable",
        false,
      ]);
    }),
  );

  it("advise growing pauses, the transport's own wish, and an end", () => {
    const error = new NotifyError({ reason: "Unreachable", channel: "sms", detail: "" });
    const wish = new NotifyError({
      reason: "RateLimited",
      channel: "sms",
      detail: "",
      retryAfterMillis: 60_000,
    });
    expect([1, 2, 3, 11].map((attempt) => retryAdvice(error, attempt))).toEqual(
      [5000, 10_000, 20_000, 3_600_000].map((millis) => ({ _tag: "After", millis })),
    );
    expect(retryAdvice(wish, 1)).toEqual({ _tag: "After", millis: 60_000 });
    expect(retryAdvice(error, 12)).toEqual({ _tag: "Never" });
    expect(
      retryAdvice(new NotifyError({ reason: "Rejected", channel: "sms", detail: "" }), 1),
    ).toEqual({ _tag: "Never" });
  });
});
