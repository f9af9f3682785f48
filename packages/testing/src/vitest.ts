/** The contract suites as vitest tests: one call each. */
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import {
  checkStorageLaw,
  reasonToSkip,
  storageLaws,
  type StorageUnderTest,
} from "./storage/Contract.ts";

/**
 * Declares one test for each law of the storage port. A law about a capability
 * that is not claimed is skipped with the reason in the report.
 */
export const storageContract = (name: string, driver: StorageUnderTest): void => {
  describe(`storage contract: ${name}`, () => {
    for (const law of storageLaws) {
      it(`${law.id}: ${law.statement}`, { timeout: 60_000 }, async (context) => {
        const reason = reasonToSkip(law, driver.capabilities);
        if (reason !== null) context.skip(reason);
        await Effect.runPromise(checkStorageLaw(law, driver));
      });
    }
  });
};
