/**
 * Where keys of persons are kept: apart from the storage, and apart from its backups.
 *
 * Destroying a key is what forgets a person, so a key store must not be part of
 * any backup that outlives an erasure. It knows owners by a hash only. Erasures are
 * remembered here too: when the storage is restored to an earlier time, they are
 * done again.
 */
import * as Effect from "effect/Effect";
import { StorageError } from "./StorageErrors.ts";

/** A key by its unguessable id. */
export interface OwnerKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** An owner's keys were destroyed. */
export interface Erasure {
  readonly namespace: string;
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Ids of the keys that were destroyed then. */
  readonly keys: ReadonlyArray<string>;
}

/** A key store. All methods fail with a `StorageError` whose operation begins with `keys.`. */
export interface KeyStore {
  /**
   * The owner's key; when there is none, `fresh` is kept and answered. One key for all who ask at
   * once, and never one that is not kept: what is sealed with it would be lost. Fails with
   * `Invalid` when another owner's key has the id of `fresh`.
   */
  readonly current: (owner: string, fresh: OwnerKey) => Effect.Effect<OwnerKey, StorageError>;
  /** Keys by id; those that were destroyed are left out. */
  readonly find: (
    ids: ReadonlyArray<string>,
  ) => Effect.Effect<ReadonlyMap<string, Uint8Array>, StorageError>;
  /** True when the owner has a key now; nothing is made. */
  readonly holds: (owner: string) => Effect.Effect<boolean, StorageError>;
  /** Destroys all keys of an owner and remembers it. An owner who comes back gets a new key. */
  readonly erase: (erased: {
    readonly namespace: string;
    readonly owner: string;
    readonly at: number;
  }) => Effect.Effect<Erasure, StorageError>;
  /** Destroys keys by id, remembering nothing; missing ones are no error. */
  readonly destroy: (ids: ReadonlyArray<string>) => Effect.Effect<void, StorageError>;
  /** Every erasure, oldest first. */
  readonly erasures: Effect.Effect<ReadonlyArray<Erasure>, StorageError>;
}

/** A key store for tests and trials: it forgets everything with the process. */
export const makeMemoryKeyStore = (): KeyStore => {
  const byOwner = new Map<string, OwnerKey>();
  const erased: Array<Erasure> = [];
  const ids = new Set<string>();
  return {
    current: (owner, fresh) =>
      Effect.suspend(() => {
        const known = byOwner.get(owner);
        if (known !== undefined) return Effect.succeed(known);
        if (ids.has(fresh.id)) return idTaken();
        ids.add(fresh.id);
        byOwner.set(owner, fresh);
        return Effect.succeed(fresh);
      }),
    find: (ids) =>
      Effect.sync(() => {
        const wanted = new Set(ids);
        const keys = [...byOwner.values()].filter(({ id }) => wanted.has(id));
        return new Map(keys.map(({ id, bytes }) => [id, bytes]));
      }),
    holds: (owner) => Effect.sync(() => byOwner.has(owner)),
    erase: ({ namespace, owner, at }) =>
      Effect.sync(() => {
        const key = byOwner.get(owner);
        byOwner.delete(owner);
        const erasure: Erasure = { namespace, owner, at, keys: key === undefined ? [] : [key.id] };
        erased.push(erasure);
        return erasure;
      }),
    destroy: (ids) =>
      Effect.sync(() => {
        const gone = new Set(ids);
        for (const [owner, { id }] of byOwner) if (gone.has(id)) byOwner.delete(owner);
      }),
    erasures: Effect.sync(() => [...erased]),
  };
};

// Private

const idTaken = () =>
  Effect.fail(
    new StorageError({
      ...{ reason: "Invalid", operation: "keys.current" },
      detail: "the id of the new key is another owner's already: `newId` must give unguessable ids",
    }),
  );
