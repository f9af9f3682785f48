/** The contract suites as vitest tests: one call each. */
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import {
  checkStorageLaw,
  reasonToSkip,
  storageLaws,
  type StorageUnderTest,
} from "./storage/Contract.ts";
import { type StorageOpener, storageUnderTest } from "./storage/underTest.ts";

/**
 * Declares one test for each law of the storage port. A law about a capability
 * that is not claimed is skipped with the reason in the report. The driver is
 * opened by effects or, as a {@link StorageOpener}, by promises.
 */
export const storageContract = (name: string, driver: StorageUnderTest | StorageOpener): void => {
  const tested = isOpener(driver) ? storageUnderTest(driver) : driver;
  describe(`storage contract: ${name}`, () => {
    for (const law of storageLaws) {
      it(`${law.id}: ${law.statement}`, { timeout: 90_000 }, async (context) => {
        const reason = reasonToSkip(law, tested);
        if (reason !== null) context.skip(reason);
        await Effect.runPromise(checkStorageLaw(law, tested));
      });
    }
  });
};

const isOpener = (driver: StorageUnderTest | StorageOpener): driver is StorageOpener =>
  typeof driver.open === "function";
