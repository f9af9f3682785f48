/** Drivers that answer nonsense are told so, by the law that asked, and never hang the suite. */
import { makeMemoryStorage, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { describe, expect, it } from "vitest";
import { checkStorageLaw, storageLaws } from "../src/index.ts";

const capabilities = { name: "memory", durable: false, shared: false };

/** What a law says of memory with some methods replaced; empty when it is kept. */
const saidOf = async (id: string, replace: (honest: Storage) => Partial<Storage>) => {
  const law = storageLaws.find((one) => one.id === id);
  if (law === undefined) throw new Error(`no law ${id}`);
  const honest = makeMemoryStorage();
  const open = Effect.succeed({ ...honest, ...replace(honest) });
  const checked = checkStorageLaw(law, { open, capabilities, lawMillis: 5000 });
  return Effect.runPromise(
    Effect.match(checked, { onSuccess: () => "", onFailure: (error) => error.message }),
  );
};

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
