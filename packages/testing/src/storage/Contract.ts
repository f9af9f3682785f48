/** Checking all laws on a driver, with any runner or none. */
import type { Storage, StorageCapabilities, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { commitLaws } from "./commitLaws.ts";
import { durableLaws } from "./durableLaws.ts";
import { feedLaws } from "./feedLaws.ts";
import { jobLaws } from "./jobLaws.ts";
import type { LawBroken, StorageFixture, StorageLaw } from "./Law.ts";
import { limitLaws } from "./limitLaws.ts";
import { modelLaws } from "./modelLaws.ts";
import { raceLaws } from "./raceLaws.ts";
import { receiptLaws } from "./receiptLaws.ts";
import { scanLaws } from "./scanLaws.ts";
import { settleLaws } from "./settleLaws.ts";
import { valueLaws } from "./valueLaws.ts";

/** Every law of the storage port. */
export const storageLaws: ReadonlyArray<StorageLaw> = [
  ...commitLaws,
  ...receiptLaws,
  ...feedLaws,
  ...jobLaws,
  ...settleLaws,
  ...scanLaws,
  ...valueLaws,
  ...limitLaws,
  ...raceLaws,
  ...durableLaws,
  ...modelLaws,
];

/** A driver as the suite needs it. */
export interface StorageUnderTest {
  /** Opens a new, empty storage; each law gets its own. */
  readonly open: Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Closes a storage that `open` or `reopen` gave and opens the same data again. */
  readonly reopen?: (storage: Storage) => Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** What the driver claims; a law about something not claimed is skipped, visibly. */
  readonly capabilities: StorageCapabilities;
}

/** Why a law is not asked of this driver, or null if it is. */
export const reasonToSkip = (law: StorageLaw, capabilities: StorageCapabilities): string | null =>
  law.needs === "durable" && !capabilities.durable
    ? `${capabilities.name} does not claim to be durable`
    : null;

/** Opens a storage and checks one law on it. */
export const checkStorageLaw = (
  law: StorageLaw,
  driver: StorageUnderTest,
): Effect.Effect<void, LawBroken | StorageError> =>
  Effect.scoped(
    Effect.gen(function* () {
      let current = yield* driver.open;
      const { reopen } = driver;
      const fixture: StorageFixture = {
        storage: current,
        claimed: driver.capabilities,
        ...(reopen === undefined
          ? {}
          : {
              reopen: Effect.suspend(() =>
                Effect.map(reopen(current), (next) => {
                  current = next;
                  return next;
                }),
              ),
            }),
      };
      yield* law.check(fixture);
    }),
  );

/** What one law showed of a driver. */
export interface LawFinding {
  readonly id: string;
  readonly statement: string;
  readonly outcome: "kept" | "broken" | "skipped";
  /** What was seen, or why it was skipped; empty when kept. */
  readonly detail: string;
}

/** Checks laws one after another and reports on each: for runners of your own. */
export const examineStorage = (
  driver: StorageUnderTest,
  laws: ReadonlyArray<StorageLaw> = storageLaws,
): Effect.Effect<ReadonlyArray<LawFinding>> =>
  Effect.forEach(laws, (law) => {
    const { id, statement } = law;
    const skip = reasonToSkip(law, driver.capabilities);
    if (skip !== null)
      return Effect.succeed<LawFinding>({ id, statement, outcome: "skipped", detail: skip });
    return Effect.match(checkStorageLaw(law, driver), {
      onSuccess: (): LawFinding => ({ id, statement, outcome: "kept", detail: "" }),
      onFailure: (error): LawFinding => ({
        id,
        statement,
        outcome: "broken",
        detail: error.message,
      }),
    });
  });
