/** Drivers that answer nonsense are told so, by the law that asked, and never hang the suite. */
import {
  type CommitBatch,
  Conflict,
  makeMemoryStorage,
  type PromiseStorage,
  type Storage,
  StorageError,
  storageFromPromise,
  storageToPromise,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import { describe, expect, it } from "vitest";
import {
  checkStorageLaw,
  examineStorage,
  type OpenedStorage,
  reasonNotToExamine,
  storageLaws,
  storageUnderTest,
} from "../src/index.ts";

const capabilities = { name: "memory", durable: false, shared: false };

const never = () => new Promise<never>(() => {});

/** What a law says of a storage; empty when it is kept. */
const saidBy = async (id: string, storage: Storage) => {
  const law = storageLaws.find((one) => one.id === id);
  if (law === undefined) throw new Error(`no law ${id}`);
  const open = Effect.succeed(storage);
  const checked = checkStorageLaw(law, { open, capabilities, lawMillis: 5000 });
  return Effect.runPromise(
    Effect.match(checked, { onSuccess: () => "", onFailure: (error) => error.message }),
  );
};

/** What a law says of memory with some methods replaced; empty when it is kept. */
const saidOf = async (id: string, replace: (honest: Storage) => Partial<Storage>) => {
  const honest = makeMemoryStorage();
  return saidBy(id, { ...honest, ...replace(honest) });
};

// As a driver has them that brings a copy of `@linli/core` of its own.
class TheirConflict extends Schema.TaggedError<TheirConflict>()("Conflict", Conflict.fields) {}
class TheirError extends Schema.TaggedError<TheirError>()("StorageError", StorageError.fields) {}

describe("errors of another copy of the package", () => {
  it("count as what they say", async () => {
    const theirs = (error: StorageError) => new TheirError(error);
    const replace = (honest: Storage) => ({
      commit: (batch: CommitBatch) =>
        Effect.mapError(honest.commit(batch), (error) =>
          error._tag === "Conflict" ? new TheirConflict(error) : theirs(error),
        ),
      feed: (request: Parameters<Storage["feed"]>[0]) =>
        Effect.mapError(honest.feed(request), theirs),
    });
    const foreign = { namespace: "town", after: "x", limit: 1, stream: null };
    const refused = await Effect.runPromise(
      Effect.flip(replace(makeMemoryStorage()).feed(foreign)),
    );
    expect(refused).not.toBeInstanceOf(StorageError);
    expect(await saidOf("commit.conflict-names-all", replace)).toBe("");
    expect(await saidOf("receipt.other-content", replace)).toBe("");
    expect(await saidOf("feed.foreign-cursor", replace)).toBe("");
    expect(await saidOf("race.append-history", replace)).toBe("");
    expect(await saidOf("race.any-schedule", replace)).toBe("");
  });
});

describe("a cursor that comes twice", () => {
  it("of a scan ends the law", async () => {
    const said = await saidOf("scan.descending", (honest) => ({
      scan: (request) => honest.scan({ ...request, cursor: null }),
    }));
    expect(said).toContain("scan: the cursor behind page 2 was handed out before");
  });

  it("of a feed ends the law", async () => {
    const said = await saidOf("feed.unchanged", (honest) => ({
      feed: (request) => honest.feed({ ...request, after: null }),
    }));
    expect(said).toContain("feed: the cursor behind page 2 was handed out before");
  });

  it("of dead jobs ends the law", async () => {
    const said = await saidOf("dead.paging", (honest) => ({
      dead: (request) => honest.dead({ ...request, cursor: null }),
    }));
    expect(said).toContain("dead: the cursor behind page 2 was handed out before");
  });

  it("ends whole histories, too", async () => {
    const said = await saidOf("race.append-history", (honest) => ({
      feed: (request) => honest.feed({ ...request, after: null }),
    }));
    expect(said).toContain("was handed out before");
  });
});

/** Memory in promises with some methods replaced, as plain JavaScript may write them. */
const inPromises = (replace: (honest: PromiseStorage) => object): Storage => {
  const honest = storageToPromise(makeMemoryStorage());
  return storageFromPromise(Object.assign({ ...honest }, replace(honest)));
};

describe("an answer that is not of the port's types", () => {
  const answers: ReadonlyArray<[string, string, (honest: PromiseStorage) => object, string]> = [
    [
      "a version as text",
      "commit.first-version",
      (honest) => ({
        read: async (request: Parameters<PromiseStorage["read"]>[0]) =>
          (await honest.read(request)).map((row) => row && { ...row, version: `${row.version}` }),
      }),
      'read: it answered what the port\'s types do not allow: Expected number at [0]["version"]',
    ],
    [
      "a count that is a BigInt",
      "delete.index-gone",
      (honest) => ({
        count: async (request: Parameters<PromiseStorage["count"]>[0]) =>
          BigInt(await honest.count(request)),
      }),
      "count: it answered what the port's types do not allow",
    ],
    ["nothing", "read.empty", () => ({ read: async () => undefined }), "read: it answered"],
    [
      "too few rows",
      "read.order",
      () => ({ read: async () => [] }),
      "asked for 4, it answered with 0",
    ],
    [
      "a job without attempt",
      "lease.limit",
      (honest) => ({
        lease: async (request: Parameters<PromiseStorage["lease"]>[0]) =>
          (await honest.lease(request)).map(({ attempt: _, ...job }) => job),
      }),
      "lease: it answered",
    ],
    [
      "one result too many",
      "settle.unknown",
      () => ({ settle: async () => ["Settled", "Settled"] }),
      "settle: asked for 1",
    ],
  ];

  it.each(answers)("is named: %s", async (_, id, replace, wanted) => {
    expect(await saidBy(id, inPromises(replace))).toContain(wanted);
  });
});

describe("what a driver throws", () => {
  const thrown: ReadonlyArray<[string, () => object, ReadonlyArray<string>]> = [
    ["no method", () => ({ read: undefined }), ["caused by TypeError", "read"]],
    [
      "a synchronous throw",
      () => ({
        read: () => {
          throw new Error("boom", { cause: new RangeError("deeper") });
        },
      }),
      ["caused by Error: boom", "caused by RangeError: deeper"],
    ],
    ["a rejection with text", () => ({ read: () => Promise.reject("nope") }), ['caused by "nope"']],
  ];

  it.each(thrown)("is told with its cause: %s", async (_, replace, wanted) => {
    const said = await saidBy("read.order", inPromises(replace));
    for (const words of wanted) expect(said).toContain(words);
  });

  it("is told of drivers in effects, too", async () => {
    const { read: _, ...rest } = makeMemoryStorage();
    const without: Partial<Storage> = rest;
    const said = await saidBy("read.order", without as Storage);
    expect(said).toContain("read: the driver has no such method");
  });
});

describe("a driver that never ends", () => {
  const hanging = (replace: Partial<OpenedStorage>, open?: () => Promise<never>) => ({
    ...storageUnderTest({
      open: open ?? (async () => ({ storage: makeMemoryStorage(), ...replace })),
      capabilities,
    }),
    lawMillis: 50,
  });
  const laws = storageLaws.filter(({ group }) => group === "guards").slice(0, 5);
  const outcomes = async (driver: Parameters<typeof examineStorage>[0]) => {
    const findings = await Effect.runPromise(examineStorage(driver, laws));
    return findings.map(({ outcome, detail }) => `${outcome}: ${detail}`);
  };

  it.each([
    ["open", hanging({}, never)],
    ["close", hanging({ close: never })],
    ["end", hanging({ storage: inPromises(() => ({ commit: never })) })],
  ])("costs a few laws their time and no more: %s", async (word, driver) => {
    const seen = await outcomes(driver);
    for (const one of seen.slice(0, 3)) {
      expect(one).toMatch(/^broken: /);
      expect(one).toContain(`did not ${word} within 0.05 s`);
    }
    const rest = "skipped: not asked, because 3 laws in a row did not end in their time";
    expect(seen.slice(3)).toEqual([rest, rest]);
    const reason = await Effect.runPromise(reasonNotToExamine(driver));
    expect(reason ?? "").toBe(word === "end" ? "" : `it did not ${word} within 0.05 s`);
  });

  it("does not stop at one that is only slow now and then", async () => {
    let opened = 0;
    const seen = await outcomes({
      open: Effect.suspend(() =>
        (opened += 1) % 3 === 0 ? Effect.succeed(makeMemoryStorage()) : Effect.never,
      ),
      capabilities,
      lawMillis: 20,
    });
    expect(seen.map((one) => one.slice(0, 6))).toEqual([
      "broken",
      "broken",
      "kept: ",
      "broken",
      "broken",
    ]);
  });
});

describe("a driver that cannot be examined", () => {
  const opening = (open: () => Promise<unknown>) =>
    Effect.runPromise(
      reasonNotToExamine(
        storageUnderTest({ open: open as () => Promise<OpenedStorage>, capabilities }),
      ),
    );

  const promised = storageToPromise(makeMemoryStorage());
  it.each<[string, () => Promise<unknown>, string]>([
    ["gives nothing", async () => undefined, "`open` must give `{ storage }`, not undefined"],
    ["gives no storage", async () => ({}), "has no `storage`"],
    ["gives itself", async () => promised, "give `{ storage: storageFromPromise(driver) }`"],
    [
      "is in promises",
      async () => ({ storage: promised }),
      "wrap the driver with `storageFromPromise`",
    ],
    ["throws text", () => Promise.reject("no disk"), 'caused by "no disk"'],
    [
      "does not close",
      async () => ({
        storage: makeMemoryStorage(),
        close: () => Promise.reject(new Error("busy")),
      }),
      "it does not close: Error: busy",
    ],
  ])("says why: %s", async (_, open, wanted) => {
    expect(await opening(open)).toContain(wanted);
  });

  it("is another than one that can", async () => {
    expect(await opening(async () => ({ storage: makeMemoryStorage() }))).toBeNull();
  });

  it("breaks each law that is asked nevertheless, and ends none of the others", async () => {
    const driver = storageUnderTest({
      open: async () => ({
        storage: makeMemoryStorage(),
        close: () => Promise.reject(new Error("busy")),
      }),
      capabilities,
    });
    const findings = await Effect.runPromise(examineStorage(driver, storageLaws.slice(0, 2)));
    expect(findings.map(({ outcome }) => outcome)).toEqual(["broken", "broken"]);
    expect(findings[0]?.detail).toContain("the driver does not close: Error: busy");
  });
});
