/** A driver that is wrong on purpose, and how such drivers are made: memory with a promise broken. */
import {
  type CommitBatch,
  makeMemoryStorage,
  type Storage,
  type StorageDatabase,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type { StorageUnderTest } from "./Contract.ts";
import type { RawCounts } from "./Fixture.ts";

/** A wrong driver and the law that must catch it. */
export interface StorageSaboteur {
  readonly id: string;
  /** What it does wrong. */
  readonly wrong: string;
  readonly caughtBy: string;
  readonly make: () => Storage;
  /** A second handle on the data of one that was made; for drivers wrong when shared. */
  readonly second?: (first: Storage) => Storage;
  /** Closes the one opened last and opens its data again; for drivers wrong over a restart. */
  readonly reopen?: (last: Storage) => Storage;
  /** Counts what lies in the data; for drivers that leave there what no method shows. */
  readonly inspect?: (storage: Storage) => RawCounts;
  /** A database that is not opened yet; for drivers wrong before or while they open. */
  readonly database?: () => StorageDatabase;
}

/** Such a driver as the suite is handed it. */
export const underSabotage = (saboteur: StorageSaboteur, lawMillis: number): StorageUnderTest => {
  const { make, second, reopen, inspect, database } = saboteur;
  return {
    open: Effect.sync(make),
    ...(second === undefined
      ? {}
      : { openSecond: (first: Storage) => Effect.sync(() => second(first)) }),
    ...(reopen === undefined ? {} : { reopen: (last: Storage) => Effect.sync(() => reopen(last)) }),
    ...(inspect === undefined
      ? {}
      : { inspect: (storage: Storage) => Effect.sync(() => inspect(storage)) }),
    ...(database === undefined ? {} : { database: Effect.sync(database) }),
    capabilities: { name: "memory", durable: reopen !== undefined, shared: second !== undefined },
    lawMillis,
  };
};

/** Memory with some methods replaced. */
export const sabotage = (
  id: string,
  wrong: string,
  caughtBy: string,
  replace: (honest: Storage) => Partial<Storage>,
): StorageSaboteur => ({
  id,
  wrong,
  caughtBy,
  make: () => {
    const honest = makeMemoryStorage();
    return { ...honest, ...replace(honest) };
  },
});

/** Memory that is handed another batch than the one sent. */
export const sabotageBatch = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (batch: CommitBatch) => CommitBatch,
): StorageSaboteur =>
  sabotage(id, wrong, caughtBy, (honest) => ({ commit: (batch) => honest.commit(change(batch)) }));

/** Memory that says it is shared, with a second handle made from the first. */
export const sabotageShared = (
  id: string,
  wrong: string,
  caughtBy: string,
  handle: (honest: Storage) => Partial<Storage>,
): StorageSaboteur => {
  const honestOf = new WeakMap<Storage, Storage>();
  const handleOn = (honest: Storage): Storage => {
    const capabilities = { ...honest.capabilities, shared: true };
    const made = { ...honest, capabilities, ...handle(honest) };
    honestOf.set(made, honest);
    return made;
  };
  return {
    id,
    wrong,
    caughtBy,
    make: () => handleOn(makeMemoryStorage()),
    second: (first) => handleOn(honestOf.get(first) ?? first),
  };
};

/** Memory that says it is durable; wrong once it was opened again. */
export const sabotageReopened = (
  id: string,
  wrong: string,
  caughtBy: string,
  handle: (honest: Storage, opened: number) => Partial<Storage>,
): StorageSaboteur => {
  const dataOf = new WeakMap<Storage, { readonly honest: Storage; readonly opened: number }>();
  const open = (honest: Storage, opened: number): Storage => {
    const capabilities = { ...honest.capabilities, durable: true };
    const made = { ...honest, capabilities, ...handle(honest, opened) };
    dataOf.set(made, { honest, opened });
    return made;
  };
  return {
    ...{ id, wrong, caughtBy },
    make: () => open(makeMemoryStorage(), 1),
    reopen: (last) => {
      const { honest, opened } = dataOf.get(last) ?? { honest: last, opened: 1 };
      return open(honest, opened + 1);
    },
  };
};
