/** The suite for drivers whose authors write promises: no Effect is needed to use it. */
import {
  databaseToPromise,
  type Storage,
  type StorageCapabilities,
  type StorageDatabase,
  StorageError,
  storageErrorOf,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import type { StorageUnderTest } from "./Contract.ts";
import type { RawCounts } from "./Fixture.ts";

/** A storage that was opened, and what else can be done with its data. */
export interface OpenedStorage {
  /** What `storageFromPromise` of `@linli/core/ports` gives for a promise driver. */
  readonly storage: Storage;
  readonly close?: () => Promise<void>;
  /** Called after `close`: opens the same data again. Durable drivers must have it. */
  readonly reopen?: () => Promise<OpenedStorage>;
  /** Opens one more handle on the same data beside this one. Shared drivers must have it. */
  readonly openSecond?: () => Promise<OpenedStorage>;
  /** Counts what lies in the data, past the driver. */
  readonly inspect?: () => Promise<RawCounts>;
}

/** How to open a driver: also what a module for `npm run contract -- --driver MODULE` exports. */
export interface StorageOpener {
  /** Opens a new, empty storage each time. */
  readonly open: () => Promise<OpenedStorage>;
  readonly capabilities: StorageCapabilities;
  /** A database where nothing is yet, each time. Durable drivers must have it. */
  readonly database?: () => Promise<StorageDatabase>;
  /** Said in reports: of the driver, of the database. */
  readonly version?: string;
  /** Whether `open` gives `inspect`; laws that need it are skipped, visibly, when not. */
  readonly inspects?: boolean;
}

/**
 * Runs a database's steps, opens it, and gives what the suite asks of an opened
 * storage: how to close it, to open it again, and to open it once more.
 */
export const openMigrated = async (database: StorageDatabase): Promise<OpenedStorage> => {
  const { migrate, open } = databaseToPromise(database);
  const opened = async (): Promise<OpenedStorage> => ({
    ...(await open()),
    reopen: opened,
    openSecond: opened,
  });
  await migrate();
  return opened();
};

/** A driver that is opened with promises, as the suite wants it. */
export const storageUnderTest = (opener: StorageOpener): StorageUnderTest => {
  const known = new WeakMap<Storage, OpenedStorage>();
  const closed = new WeakSet<OpenedStorage>();
  const close = (opened: OpenedStorage) =>
    Effect.suspend(() => {
      if (closed.has(opened)) return Effect.void;
      closed.add(opened);
      return Effect.promise(async () => opened.close?.());
    });
  const scoped = (open: () => Promise<OpenedStorage>): Opening =>
    Effect.map(
      Effect.acquireRelease(
        Effect.flatMap(Effect.tryPromise({ try: open, catch: openFault }), hasStorage),
        close,
      ),
      (opened) => {
        known.set(opened.storage, opened);
        return opened.storage;
      },
    );
  const of = (storage: Storage): OpenedStorage => known.get(storage) ?? { storage };
  const way = (storage: Storage, name: "reopen" | "openSecond"): Opening => {
    const open = of(storage)[name];
    return open === undefined ? Effect.fail(missing(name)) : scoped(open);
  };
  return {
    open: scoped(opener.open),
    reopen: (storage) => Effect.andThen(close(of(storage)), way(storage, "reopen")),
    openSecond: (storage) => way(storage, "openSecond"),
    capabilities: opener.capabilities,
    ...(opener.database === undefined
      ? {}
      : { database: Effect.tryPromise({ try: opener.database, catch: openFault }) }),
    ...(opener.inspects === true
      ? {
          inspect: (storage: Storage) => {
            const { inspect } = of(storage);
            return inspect === undefined
              ? Effect.fail(missing("inspect"))
              : Effect.tryPromise({ try: inspect, catch: openFault });
          },
        }
      : {}),
  };
};

type Opening = Effect.Effect<Storage, StorageError, Scope.Scope>;

const openFault = (cause: unknown): StorageError => storageErrorOf("open", cause);

/** What a module in plain JavaScript gives may be anything. */
const hasStorage = (opened: unknown): Effect.Effect<OpenedStorage, StorageError> => {
  const wrong = (detail: string) =>
    Effect.fail(new StorageError({ reason: "Misconfigured", operation: "open", detail }));
  if (typeof opened !== "object" || opened === null)
    return wrong(
      `\`open\` must give \`{ storage }\`, not ${opened === null ? "null" : typeof opened}`,
    );
  if (isOpened(opened)) return Effect.succeed(opened);
  return "read" in opened
    ? wrong("`open` gave a driver itself; give `{ storage: storageFromPromise(driver) }`")
    : wrong("what `open` gives has no `storage`");
};

const isOpened = (opened: object): opened is OpenedStorage =>
  "storage" in opened && typeof opened.storage === "object" && opened.storage !== null;

const missing = (name: string) =>
  new StorageError({
    reason: "Misconfigured",
    operation: name,
    detail: `what \`open\` gives has no \`${name}\`; a law of this driver needs it`,
  });
