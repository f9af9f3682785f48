/** The story of trust and forgetting holds on the memory driver, and bites on wrong ones. */
import { makeMemoryKeyStore, makeMemoryStorage, platformCipher } from "@linli/core/ports";
import type { KeyStore, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { trustStory } from "../src/index.ts";

const faultsOf = (
  sabotage: (storage: Storage) => Storage = (storage) => storage,
  keys: KeyStore = makeMemoryKeyStore(),
) => {
  const memory = makeMemoryStorage();
  const all = (kind: string, index: string) =>
    Effect.runPromise(
      memory.scan({
        ...{ namespace: "main", kind, index, range: { from: null, to: null } },
        ...{ order: "ascending", limit: 1000, cursor: null },
      }),
    );
  return trustStory({
    ...{ storage: sabotage(memory), keys, namespace: "main" },
    cipher: platformCipher("AES-256-GCM"),
    stored: async () => {
      const contents = await all("content", "issue");
      const request = { namespace: "main", after: null, limit: 1000, stream: null };
      const feed = await Effect.runPromise(memory.feed(request));
      return JSON.stringify([contents.rows, feed.entries]);
    },
  });
};

test("it holds on the memory driver", async () => {
  expect(await faultsOf()).toEqual([]);
});

test("a driver that finds nothing by owner is noticed", async () => {
  const faults = await faultsOf((storage) => ({
    ...storage,
    scan: (request) =>
      request.index === "owner" ? Effect.succeed({ rows: [], next: null }) : storage.scan(request),
  }));
  expect(faults).toContain("three contents of theirs are forgotten");
});

test("a driver that changes no content is noticed", async () => {
  const faults = await faultsOf((storage) => ({
    ...storage,
    commit: (batch) =>
      storage.commit({
        ...batch,
        rows: batch.rows.filter((row) => row.kind !== "content" || row.expected === 0),
      }),
  }));
  expect(faults).toContain("sealed contents are listed no more");
  expect(faults).toContain("sealed words stand nowhere");
  expect(faults).toContain("the rest is kept");
});

test("a driver that loses readings or erasures is noticed", async () => {
  const losing = (prefix: string) => (storage: Storage) => ({
    ...storage,
    commit: (batch: Parameters<Storage["commit"]>[0]) =>
      storage.commit({
        ...batch,
        entries: batch.entries.filter(({ stream }) => !stream.startsWith(prefix)),
      }),
  });
  expect(await faultsOf(losing("access/"))).toEqual([
    "the journal says that somebody was looked up",
    "the journal says who read what, and how often",
  ]);
  expect(await faultsOf(losing("person/"))).toEqual(["it is journaled"]);
});

test("a key store that keeps what it should destroy is noticed", async () => {
  const keys = makeMemoryKeyStore();
  const keeping: KeyStore = {
    ...keys,
    erase: ({ namespace, owner, at }) => Effect.succeed({ namespace, owner, at, keys: [] }),
  };
  expect(await faultsOf(undefined, keeping)).toEqual(
    expect.arrayContaining(["nobody reads what they said", "their number leads nowhere"]),
  );
});
