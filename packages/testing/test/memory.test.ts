/** The memory driver keeps every law: it is what the others are compared with. */
import { makeMemoryDatabase, makeMemoryStorage, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { describe, expect, it } from "vitest";
import { checkStorageLaw, storageLaws, type StorageUnderTest } from "../src/index.ts";
import { storageContract } from "../src/vitest.ts";

storageContract("memory", {
  open: Effect.sync(makeMemoryStorage),
  database: Effect.sync(makeMemoryDatabase),
  capabilities: { name: "memory", durable: false, shared: false },
});

describe("memory through two handles", () => {
  const capabilities = { name: "memory", durable: false, shared: true };
  const handleOn = (storage: Storage): Storage => ({ ...storage, capabilities });
  const driver: StorageUnderTest = {
    open: Effect.sync(() => handleOn(makeMemoryStorage())),
    openSecond: (first) => Effect.sync(() => handleOn(first)),
    capabilities,
  };
  const laws = storageLaws.filter((law) => law.needs === "shared");

  it.each(laws)("$id: $statement", (law) => Effect.runPromise(checkStorageLaw(law, driver)));

  it("must be handed over by a driver that claims to be shared", async () => {
    const { openSecond: _, ...alone } = driver;
    for (const law of laws) {
      const broken = await Effect.runPromise(Effect.flip(checkStorageLaw(law, alone)));
      expect(broken.message).toContain("second handle");
    }
  });
});
