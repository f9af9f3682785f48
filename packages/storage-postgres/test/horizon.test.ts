/**
 * The laws that the order of the feed can touch, in the horizon order. It looks at all
 * transactions of the cluster, so these tests have a server to themselves.
 */
import { checkStorageLaw, storageLaws, storageUnderTest } from "@linli/testing";
import * as Effect from "effect/Effect";
import { afterAll, describe, it } from "vitest";
import { freshSchema, makePool } from "./support/database.ts";
import { postgresOpener } from "./support/opener.ts";
import { startServer } from "./support/server.ts";

const GROUPS = new Set(["streams", "feed", "concurrency", "sharing"]);

const server = await startServer();

if (typeof server === "string") {
  it.skip(`storage contract: postgres, horizon order: ${server}`, () => {});
} else {
  const pool = makePool(server.url);
  const driver = storageUnderTest(
    postgresOpener(pool, { names: freshSchema, settings: { feedOrder: "horizon" } }),
  );
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });
  describe("storage contract: postgres, horizon order", () => {
    for (const law of storageLaws) {
      if (!GROUPS.has(law.group) || law.id.endsWith("+faults")) continue;
      it(`${law.id}: ${law.statement}`, () => Effect.runPromise(checkStorageLaw(law, driver)));
    }
  });
}
