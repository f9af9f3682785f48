/** The memory driver keeps every law: it is what the others are compared with. */
import {
  databaseFromPromise,
  databaseOfSteps,
  makeMemoryDatabase,
  makeMemoryStorage,
  type Storage,
  storageToPromise,
} from "@linli/core/ports";
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

describe("memory through promises, with steps to run", () => {
  const capabilities = { name: "promised", durable: false, shared: false };
  const steps = [
    { step: 1, name: "tables" },
    { step: 2, name: "views" },
  ];
  const database = () => {
    const storage = storageToPromise(makeMemoryStorage());
    let reached = 0;
    return databaseFromPromise(
      databaseOfSteps({
        ...{ capabilities, version: "memory", steps },
        look: async () => ({ reached, bytes: null }),
        run: async ({ step }) => {
          if (reached >= step) return false;
          reached = step;
          return true;
        },
        open: async () => ({ storage, close: async () => {} }),
      }),
    );
  };
  const driver: StorageUnderTest = {
    open: Effect.flatMap(Effect.sync(database), (made) =>
      Effect.andThen(made.migrate(), Effect.catchTag(made.open(), "MigrationsPending", Effect.die)),
    ),
    database: Effect.sync(database),
    capabilities,
  };
  const groups = new Set(["commit", "receipts", "dead", "info", "migration", "settle"]);
  const laws = storageLaws.filter((law) => groups.has(law.group));

  it.each(laws.filter((law) => law.needs === undefined || law.needs === "database"))(
    "$id: $statement",
    (law) => Effect.runPromise(checkStorageLaw(law, driver)),
  );
});
