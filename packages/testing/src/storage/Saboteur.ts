/** A driver that is wrong on purpose, and how such drivers are made: memory with a promise broken. */
import {
  type CommitBatch,
  makeMemoryStorage,
  type Storage,
  type StorageDatabase,
} from "@linli/core/ports";

/** A wrong driver and the law that must catch it. */
export interface StorageSaboteur {
  readonly id: string;
  /** What it does wrong. */
  readonly wrong: string;
  readonly caughtBy: string;
  readonly make: () => Storage;
  /** A second handle on the data of one that was made; for drivers wrong when shared. */
  readonly second?: (first: Storage) => Storage;
  /** A database that is not opened yet; for drivers wrong before or while they open. */
  readonly database?: () => StorageDatabase;
}

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
