/**
 * A driver's database before it is opened: a data file, a schema on a server.
 *
 * The same three words everywhere. `info` looks, `migrate` makes it what this release
 * needs, `open` opens it for the life of a scope, whose end closes it. Opening never
 * migrates: a host or its DBA decides when tables change. Drivers also offer a
 * shorter way that does both, for hosts that leave it to the driver.
 */
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Schema from "effect/Schema";
import * as Scope from "effect/Scope";
import { type PromiseStorage, storageErrorOf, storageFromPromise } from "./FromPromise.ts";
import type { Storage } from "./Storage.ts";
import { StorageError } from "./StorageErrors.ts";
import {
  type MigrationStep,
  schemaState,
  STORAGE_LIMITS,
  type StorageCapabilities,
  type StorageInfo,
} from "./StorageInfo.ts";

/** A database that may be opened. */
export interface StorageDatabase<Opened extends Storage = Storage> {
  /**
   * What is there, without changing or locking anything: also of a database that is
   * open elsewhere, that lacks steps, or where nothing is yet.
   */
  readonly info: () => Effect.Effect<StorageInfo, StorageError>;
  /**
   * Runs the steps that are missing, each whole or not at all, and gives those it ran.
   * Safe when several processes do it at once; refuses a database of a newer release
   * with reason `Unsupported`.
   */
  readonly migrate: () => Effect.Effect<ReadonlyArray<MigrationStep>, StorageError>;
  /** Opens for the life of the scope; refuses, and writes nothing, while steps are missing. */
  readonly open: () => Effect.Effect<Opened, StorageError | MigrationsPending, Scope.Scope>;
}

/** A database was to be opened before its missing steps were run. */
export class MigrationsPending extends Schema.TaggedError<MigrationsPending>()(
  "MigrationsPending",
  {
    /** Name of the driver. */
    driver: Schema.String,
    reached: Schema.Int,
    /** Missing steps in order; never empty. */
    pending: Schema.NonEmptyArray(Schema.Struct({ step: Schema.Int, name: Schema.String })),
  },
) {
  override get message(): string {
    const steps = this.pending.map(({ step, name }) => `${step} ${name}`).join(", ");
    return `the ${this.driver} database is at step ${this.reached} and lacks ${steps}; run \`migrate\` or hand the files to your DBA`;
  }
}

/** {@link StorageDatabase} in promises: what a driver without Effect offers, or a host uses. */
export interface PromiseDatabase<Opened = PromiseStorage> {
  readonly info: () => Promise<StorageInfo>;
  readonly migrate: () => Promise<ReadonlyArray<MigrationStep>>;
  /** Rejects with {@link MigrationsPending} while steps are missing. */
  readonly open: () => Promise<OpenedDatabase<Opened>>;
}

/** A database that was opened, and how to close it: once, when no call is under way. */
export interface OpenedDatabase<Opened = PromiseStorage> {
  readonly storage: Opened;
  readonly close: () => Promise<void>;
}

/** Why a database must not be opened as it is: steps are missing, or there are too many; else null. */
export const refusalToOpen = ({
  name,
  schema,
}: Pick<StorageInfo, "name" | "schema">): MigrationsPending | StorageError | null => {
  const { reached, newest } = schema;
  const [first, ...rest] = schema.pending;
  if (reached > newest) {
    return new StorageError({
      reason: "Unsupported",
      operation: "open",
      detail: `the database has schema ${reached}, this release knows ${newest}; use a newer release`,
    });
  }
  if (first === undefined) return null;
  return new MigrationsPending({ driver: name, reached, pending: [first, ...rest] });
};

/** What a promise driver knows of its database; see {@link databaseOfSteps}. */
export interface DatabaseOfSteps {
  readonly capabilities: StorageCapabilities;
  /** Product and version behind the driver. */
  readonly version: string;
  /** All steps of its schema, in order. */
  readonly steps: ReadonlyArray<MigrationStep>;
  /** Looks, without changing or locking anything: the last step run, and bytes on disk. */
  readonly look: () => Promise<{ readonly reached: number; readonly bytes: number | null }>;
  /** Runs a step, whole or not at all; false when somebody else had run it by then. */
  readonly run: (step: MigrationStep) => Promise<boolean>;
  /** Opens a database that lacks nothing. */
  readonly open: () => Promise<OpenedDatabase<Omit<PromiseStorage, "capabilities" | "info">>>;
}

/** The three words, for a promise driver that knows its steps. */
export const databaseOfSteps = (parts: DatabaseOfSteps): PromiseDatabase => {
  const { capabilities, version, steps } = parts;
  const info = async (): Promise<StorageInfo> => {
    const { reached, bytes } = await parts.look();
    const schema = schemaState(steps, reached);
    return { ...capabilities, version, schema, limits: STORAGE_LIMITS, bytes };
  };
  const refuse = (given: Pick<StorageInfo, "name" | "schema">) => {
    const refusal = refusalToOpen(given);
    if (refusal !== null) throw refusal;
  };
  return {
    info,
    migrate: async () => {
      const { name, schema } = await info();
      refuse({ name, schema: { ...schema, pending: [] } });
      const ran: Array<MigrationStep> = [];
      for (const step of schema.pending) if (await parts.run(step)) ran.push(step);
      return ran;
    },
    open: async () => {
      refuse(await info());
      const opened = await parts.open();
      const storage = { ...methodsOf(opened.storage), capabilities, info };
      return { storage, close: () => opened.close() };
    },
  };
};

/** A promise driver's database as the library wants it; its errors are typed as its storage's are. */
export const databaseFromPromise = (driver: PromiseDatabase): StorageDatabase => ({
  info: () =>
    Effect.tryPromise({
      try: () => driver.info(),
      catch: (cause) => storageErrorOf("info", cause),
    }),
  migrate: () =>
    Effect.tryPromise({
      try: () => driver.migrate(),
      catch: (cause) => storageErrorOf("migrate", cause),
    }),
  open: () =>
    Effect.map(
      Effect.acquireRelease(
        Effect.tryPromise({
          try: () => driver.open(),
          catch: (cause) =>
            isPending(cause) ? new MigrationsPending(cause) : storageErrorOf("open", cause),
        }),
        (opened) => Effect.promise(() => opened.close()),
      ),
      ({ storage }) => storageFromPromise(storage),
    ),
});

/** A database for plain async code; `storage` is what desks and services take. */
export const databaseToPromise = <Opened extends Storage>(
  database: StorageDatabase<Opened>,
): PromiseDatabase<Opened> => ({
  info: () => Effect.runPromise(database.info()),
  migrate: () => Effect.runPromise(database.migrate()),
  open: () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const scope = yield* Scope.make();
        const storage = yield* database.open().pipe(
          Scope.provide(scope),
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
        );
        return { storage, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) };
      }),
    ),
});

// Private

type Methods = Omit<PromiseStorage, "capabilities" | "info">;

/** Each called on the driver it is a method of, which may be an instance of a class. */
const methodsOf = (driver: Methods): Methods => ({
  read: (...call) => driver.read(...call),
  receipt: (...call) => driver.receipt(...call),
  scan: (...call) => driver.scan(...call),
  count: (...call) => driver.count(...call),
  commit: (...call) => driver.commit(...call),
  feed: (...call) => driver.feed(...call),
  lease: (...call) => driver.lease(...call),
  settle: (...call) => driver.settle(...call),
  dead: (...call) => driver.dead(...call),
});

const isPending = Schema.is(Schema.Struct(MigrationsPending.fields));
