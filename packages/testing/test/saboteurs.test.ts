/** The laws bite: each wrong driver is caught by the law it breaks. */
import * as Effect from "effect/Effect";
import { describe, expect, it } from "vitest";
import { checkStorageLaw, LAW_GROUPS, storageLaws, storageSaboteurs } from "../src/index.ts";

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

  it.each(storageSaboteurs)(
    "$id is caught by $caughtBy",
    async ({ make, second, database, caughtBy }) => {
      const law = storageLaws.find((one) => one.id === caughtBy);
      expect(law).toBeDefined();
      const caught = await Effect.runPromise(
        Effect.flip(
          checkStorageLaw(law!, {
            open: Effect.sync(make),
            ...(second === undefined
              ? {}
              : { openSecond: (first) => Effect.sync(() => second(first)) }),
            ...(database === undefined ? {} : { database: Effect.sync(database) }),
            capabilities: { name: "memory", durable: false, shared: second !== undefined },
            lawMillis: 2000,
          }),
        ),
      );
      expect(caught._tag).toBe("LawBroken");
      expect(caught.message).toContain(caughtBy);
    },
  );
});
