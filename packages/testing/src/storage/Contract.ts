/** Checking all laws on a driver, with any runner or none. */
import type {
  Storage,
  StorageCapabilities,
  StorageDatabase,
  StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { apartLaws } from "./apartLaws.ts";
import { boundLaws } from "./boundLaws.ts";
import { commitLaws } from "./commitLaws.ts";
import { cutLaws } from "./cutLaws.ts";
import { databaseLaws } from "./databaseLaws.ts";
import { deadLaws } from "./deadLaws.ts";
import { durableLaws } from "./durableLaws.ts";
import { failureLaws } from "./failureLaws.ts";
import { faultLaws } from "./faultLaws.ts";
import { feedLaws } from "./feedLaws.ts";
import { handleLaws } from "./handleLaws.ts";
import { historyLaws } from "./historyLaws.ts";
import { inspectLaws } from "./inspectLaws.ts";
import { jobLaws } from "./jobLaws.ts";
import type { RawCounts, Replay, StorageFixture } from "./Fixture.ts";
import { type LawGroup, LawBroken, type StorageLaw } from "./Law.ts";
import { joinedLaws } from "./joinedLaws.ts";
import { limitLaws } from "./limitLaws.ts";
import { modelLaws } from "./modelLaws.ts";
import { raceLaws } from "./raceLaws.ts";
import { receiptLaws } from "./receiptLaws.ts";
import { partLaws } from "./partLaws.ts";
import type { SkippedFor } from "./reportWords.ts";
import { restartLaws } from "./restartLaws.ts";
import { rewriteLaws } from "./rewriteLaws.ts";
import { scanLaws } from "./scanLaws.ts";
import { scheduleLaws } from "./scheduleLaws.ts";
import { settleLaws } from "./settleLaws.ts";
import { sharedLaws } from "./sharedLaws.ts";
import { toldOf } from "./told.ts";
import { turnLaws } from "./turnLaws.ts";
import { noEffect } from "./typedAnswers.ts";
import { valueLaws } from "./valueLaws.ts";
import { within } from "./within.ts";
import { workLaws } from "./workLaws.ts";

const plainLaws: ReadonlyArray<StorageLaw> = [
  ...commitLaws,
  ...receiptLaws,
  ...feedLaws,
  ...jobLaws,
  ...settleLaws,
  ...deadLaws,
  ...scanLaws,
  ...valueLaws,
  ...limitLaws,
  ...raceLaws,
  ...scheduleLaws,
  ...historyLaws,
  ...failureLaws,
  ...cutLaws,
  ...inspectLaws,
  ...durableLaws,
  ...sharedLaws,
  ...databaseLaws,
  ...modelLaws,
  ...workLaws,
  ...apartLaws,
  ...joinedLaws,
  ...boundLaws,
  ...restartLaws,
  ...partLaws,
  ...rewriteLaws,
  ...turnLaws,
  ...handleLaws,
];

/** Every law of the storage port: the plain ones, then the core once more under faults. */
export const storageLaws: ReadonlyArray<StorageLaw> = [...plainLaws, ...faultLaws(plainLaws)];

/** A driver as the suite needs it. */
export interface StorageUnderTest {
  /** Opens a new, empty storage; each law gets its own. */
  readonly open: Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Closes a storage that `open` or `reopen` gave and opens the same data again. */
  readonly reopen?: (storage: Storage) => Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Opens one more handle on the data of a storage, as another process would. */
  readonly openSecond?: (storage: Storage) => Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Finds a database where nothing is yet; drivers that claim to be durable must have it. */
  readonly database?: Effect.Effect<StorageDatabase, StorageError, Scope.Scope>;
  /** Counts what lies in the data, past the driver: tables, files, documents. */
  readonly inspect?: (storage: Storage) => Effect.Effect<RawCounts, StorageError>;
  /** Runs generated cases again that failed before, as the broken law printed them. */
  readonly replay?: Replay;
  /** How long a law may take before it counts as broken; a minute when left out. */
  readonly lawMillis?: number;
  /** What the driver claims; a law about something not claimed is skipped, visibly. */
  readonly capabilities: StorageCapabilities;
}

/** Why a law is not asked of this driver, or null if it is. */
export const reasonToSkip = (law: StorageLaw, driver: StorageUnderTest): string | null => {
  const { name, durable, shared } = driver.capabilities;
  switch (law.needs) {
    case undefined:
      return null;
    case "durable":
      return durable ? null : `${name} does not claim to be durable`;
    case "shared":
      return shared ? null : `${name} does not claim to be shared`;
    case "inspect":
      return driver.inspect === undefined ? `${name} hands the suite no \`inspect\`` : null;
    case "database":
      return driver.database === undefined && !durable
        ? `${name} hands the suite no \`database\``
        : null;
    default:
      return law.needs satisfies never;
  }
};

/** Opens a storage and checks one law on it; one that does not end in time is broken. */
export const checkStorageLaw = (
  law: StorageLaw,
  driver: StorageUnderTest,
): Effect.Effect<void, LawBroken | StorageError> =>
  Effect.suspend(() => {
    const { lawMillis = LAW_MILLIS } = driver;
    let doing: "open" | "end" | "close" = "open";
    const check = (storage: Storage) => {
      doing = "end";
      const closes = Effect.sync(() => {
        doing = "close";
      });
      return Effect.ensuring(law.check(fixtureOf(driver, storage)), closes);
    };
    const broken = (detail: string) => new LawBroken({ law: law.id, detail });
    const whole = Effect.catchDefect(Effect.scoped(Effect.flatMap(driver.open, check)), (defect) =>
      Effect.fail(broken(`the driver does not ${doing}: ${toldOf(defect)}`)),
    );
    return within(lawMillis, whole, () => {
      const detail = `did not ${doing} within ${lawMillis / 1000} s`;
      return new LawBroken({ law: law.id, detail, timedOut: true });
    });
  });

/**
 * Why no law can be asked of a driver, or null: what is opened must be a storage of effects,
 * and must close. Ask it first; every law would say the same.
 */
export const reasonNotToExamine = (driver: StorageUnderTest): Effect.Effect<string | null> =>
  Effect.suspend(() => {
    const { lawMillis = LAW_MILLIS } = driver;
    let doing: "open" | "close" = "open";
    const opened = Effect.scoped(
      Effect.map(driver.open, (storage) => {
        const { info } = storage;
        // A missing method and what it answers are the business of laws.
        const asked: unknown = typeof info === "function" ? storage.info() : Effect.void;
        doing = "close";
        return Effect.isEffect(asked) ? null : `\`storage.info\`: ${noEffect(asked)}`;
      }),
    );
    return Effect.match(
      within(
        lawMillis,
        Effect.catchDefect(opened, (defect) =>
          Effect.succeed(`it does not ${doing}: ${toldOf(defect)}`),
        ),
        () => `it did not ${doing} within ${lawMillis / 1000} s`,
      ),
      {
        onSuccess: (reason) => reason,
        onFailure: (reason) => (typeof reason === "string" ? reason : toldOf(reason)),
      },
    );
  });

/** What one law showed of a driver. */
export interface LawFinding {
  readonly id: string;
  readonly group: LawGroup;
  readonly statement: string;
  readonly outcome: "kept" | "broken" | "skipped";
  /** What was seen, or why it was skipped; empty when kept. */
  readonly detail: string;
  /** Why it was skipped, for programs and translations. */
  readonly skippedFor?: SkippedFor;
  readonly millis: number;
}

/**
 * Checks laws one after another and reports on each: for runners of your own. When several in a
 * row did not end in their time the rest is skipped and says so: each would take as long.
 */
export const examineStorage = (
  driver: StorageUnderTest,
  laws: ReadonlyArray<StorageLaw> = storageLaws,
  told: (finding: LawFinding) => void = () => {},
): Effect.Effect<ReadonlyArray<LawFinding>> =>
  Effect.suspend(() => {
    let late = 0;
    return Effect.forEach(laws, (law) =>
      Effect.suspend(() => {
        const asked =
          late < PATIENCE ? findingOf(law, driver) : Effect.succeed(skipped(law, "time", GAVE_UP));
        return Effect.map(asked, (found) => {
          if (found.outcome !== "skipped") late = found.timedOut === true ? late + 1 : 0;
          const { timedOut: _, ...rest } = found;
          told(rest);
          return rest;
        });
      }),
    );
  });

/** So many laws in a row may run out of time before no more are asked. */
const PATIENCE = 3;
const GAVE_UP = `not asked, because ${PATIENCE} laws in a row did not end in their time`;

type Found = LawFinding & { readonly timedOut?: boolean };

const finding = (
  { id, group, statement }: StorageLaw,
  outcome: LawFinding["outcome"],
  detail: string,
  millis: number,
): Found => ({ id, group, statement, outcome, detail, millis });

const skipped = (law: StorageLaw, why: SkippedFor | undefined, detail: string): Found => ({
  ...finding(law, "skipped", detail, 0),
  ...(why === undefined ? {} : { skippedFor: why }),
});

const findingOf = (law: StorageLaw, driver: StorageUnderTest): Effect.Effect<Found> =>
  Effect.suspend(() => {
    const started = performance.now();
    const millis = () => Math.round(performance.now() - started);
    const skip = reasonToSkip(law, driver);
    if (skip !== null) return Effect.succeed(skipped(law, law.needs, skip));
    return Effect.match(checkStorageLaw(law, driver), {
      onSuccess: () => finding(law, "kept", "", millis()),
      onFailure: (error) =>
        error instanceof LawBroken
          ? {
              ...finding(law, "broken", error.message, millis()),
              timedOut: error.timedOut === true,
            }
          : finding(law, "broken", toldOf(error), millis()),
    });
  });

const fixtureOf = (driver: StorageUnderTest, opened: Storage): StorageFixture => {
  const { reopen, openSecond, inspect, replay, database } = driver;
  let current = opened;
  return {
    storage: opened,
    claimed: driver.capabilities,
    ...(replay === undefined ? {} : { replay }),
    ...(database === undefined ? {} : { database }),
    ...(openSecond === undefined ? {} : { openSecond: Effect.suspend(() => openSecond(current)) }),
    ...(inspect === undefined ? {} : { inspect: Effect.suspend(() => inspect(current)) }),
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
};

const LAW_MILLIS = 60_000;
