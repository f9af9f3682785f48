/** The laws bite: each wrong driver is caught by the law it breaks. */
import { makeMemoryStorage } from "@linli/core/ports";
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  checkStorageLaw,
  LAW_GROUPS,
  reasonToSkip,
  storageLaws,
  storageSaboteurs,
  unbreakableLaws,
  underSabotage,
} from "../src/index.ts";
import type { StorageLaw, StorageSaboteur } from "../src/index.ts";

describe("storage laws", () => {
  it("have ids of their own and are at least 250, each group among them", () => {
    expect(new Set(storageLaws.map((law) => law.id)).size).toBe(storageLaws.length);
    expect(storageLaws.length).toBeGreaterThanOrEqual(250);
    expect(new Set(storageLaws.map((law) => law.group))).toEqual(new Set(LAW_GROUPS));
  });

  it("are stated in a sentence", () => {
    for (const { id, statement } of storageLaws) {
      expect(id).toMatch(/^[a-z]+\.[a-z-]+(\+faults)?$/);
      expect(statement).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe("saboteurs", () => {
  it("are at least fifty, each with its own name", () => {
    expect(new Set(storageSaboteurs.map((one) => one.id)).size).toBe(storageSaboteurs.length);
    expect(storageSaboteurs.length).toBeGreaterThanOrEqual(50);
  });

  it.each(storageSaboteurs)("$id is caught by $caughtBy", async (saboteur) => {
    const { caughtBy } = saboteur;
    const law = storageLaws.find((one) => one.id === caughtBy);
    expect(law).toBeDefined();
    const caught = await Effect.runPromise(
      Effect.flip(checkStorageLaw(law!, underSabotage(saboteur, 2000))),
    );
    expect(caught._tag).toBe("LawBroken");
    expect(caught.message).toContain(caughtBy);
  });
});

describe("every law", () => {
  const plainOf = (id: string) => id.replace("+faults", "");

  /** The first saboteur that a law catches, those first that are the likeliest. */
  const caughtBy = async (law: StorageLaw): Promise<string | null> => {
    const likely = (one: StorageSaboteur) => (plainOf(one.caughtBy) === plainOf(law.id) ? 0 : 1);
    for (const one of storageSaboteurs.toSorted((a, b) => likely(a) - likely(b))) {
      const driver = underSabotage(one, 1000);
      const lacks =
        reasonToSkip(law, driver) !== null ||
        (law.needs === "database" && one.database === undefined);
      if (lacks) continue;
      const result = await Effect.runPromise(Effect.result(checkStorageLaw(law, driver)));
      // One that only hangs has not been seen to be wrong.
      const isBroken = Result.isFailure(result) && !result.failure.message.includes("did not end");
      if (isBroken) return one.id;
    }
    return null;
  };

  it("catches a saboteur, or stands among those no driver can break", async () => {
    const uncaught: Array<string> = [];
    for (const law of storageLaws) {
      if (unbreakableLaws[plainOf(law.id)] !== undefined) continue;
      if ((await caughtBy(law)) === null) uncaught.push(law.id);
    }
    expect(uncaught).toEqual([]);
  }, 120_000);

  it.each(Object.entries(unbreakableLaws))("%s cannot be broken: %s", async (id) => {
    const law = storageLaws.find((one) => one.id === id);
    // A driver that would show that it was handed a batch.
    const commit = () => Effect.die("a driver was handed what it must never see");
    const open = Effect.sync((): Storage => ({ ...makeMemoryStorage(), commit }));
    const capabilities = { name: "memory", durable: false, shared: false };
    await Effect.runPromise(checkStorageLaw(law!, { open, capabilities }));
  });
});
