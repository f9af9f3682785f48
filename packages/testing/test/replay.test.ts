/** A generated case that fails says how to run it again, and is the same case then. */
import { makeMemoryStorage, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { expect, it } from "vitest";
import { checkStorageLaw, type Replay, storageLaws } from "../src/index.ts";

const capabilities = { name: "memory", durable: false, shared: false };
const law = storageLaws.find((one) => one.id === "model.same-as-memory");

/** Wrong only for a row under two keys: rare enough that a generated case must find it. */
const forgetful = (): Storage => {
  const honest = makeMemoryStorage();
  return {
    ...honest,
    commit: (batch) =>
      honest.commit({
        ...batch,
        rows: batch.rows.map((row) =>
          row.indexes.length === 2 ? { ...row, indexes: row.indexes.slice(1) } : row,
        ),
      }),
  };
};

/** The broken law's message, and in how many runs something was written. */
const examine = async (replay: Replay) => {
  const namespaces = new Set<string>();
  const watched = Effect.sync(() => {
    const storage = forgetful();
    return {
      ...storage,
      commit: (batch: Parameters<Storage["commit"]>[0]) => {
        namespaces.add(batch.namespace.replace(/ beside$/, ""));
        return storage.commit(batch);
      },
    };
  });
  const driver = { open: watched, capabilities, replay };
  const broken = await Effect.runPromise(Effect.flip(checkStorageLaw(law!, driver)));
  return { message: broken.message, runs: namespaces.size };
};

const shrunk = (message: string) => /Counterexample: (.*)/.exec(message)?.[1];

it("prints seed, path and replay path, which lead back to the same case at once", async () => {
  const first = await examine({});
  const seed = Number(/seed: (-?\d+)/.exec(first.message)?.[1]);
  const path = /path: "([\d:]+)"/.exec(first.message)?.[1] ?? "";
  const replayPath = /replayPath="([^"]+)"/.exec(first.message)?.[1] ?? "";
  expect([seed, path.length > 0, replayPath.length > 0]).toEqual([2011, true, true]);
  const again = await examine({ seed, path, replayPath });
  expect(shrunk(again.message)).toBe(shrunk(first.message));
  expect(again.runs).toBe(1);
  expect(first.runs).toBeGreaterThan(1);
});

it("can draw other cases, and more of them", async () => {
  const other = await examine({ seed: 5, runs: 400 });
  expect(other.message).toContain("seed: 5,");
});
