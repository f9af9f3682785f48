/** The laws bite: each wrong driver is caught by the law it breaks. */
import * as Effect from "effect/Effect";
import { describe, expect, it } from "vitest";
import { checkStorageLaw, storageLaws, storageSaboteurs } from "../src/index.ts";

const capabilities = { name: "memory", durable: false, shared: false };

describe("storage laws", () => {
  it("have ids of their own and are at least sixty", () => {
    expect(new Set(storageLaws.map((law) => law.id)).size).toBe(storageLaws.length);
    expect(storageLaws.length).toBeGreaterThanOrEqual(60);
  });

  it("are stated in a sentence", () => {
    for (const { id, statement } of storageLaws) {
      expect(id).toMatch(/^[a-z]+\.[a-z-]+$/);
      expect(statement).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe("saboteurs", () => {
  it.each(storageSaboteurs)("$id is caught by $caughtBy", async ({ make, caughtBy }) => {
    const law = storageLaws.find((one) => one.id === caughtBy);
    expect(law).toBeDefined();
    const caught = await Effect.runPromise(
      Effect.flip(checkStorageLaw(law!, { open: Effect.sync(make), capabilities })),
    );
    expect(caught._tag).toBe("LawBroken");
    expect(caught.message).toContain(caughtBy);
  });
});
