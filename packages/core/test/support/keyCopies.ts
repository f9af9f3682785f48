/** Key stores in memory that can be copied, as files are: what a backup of keys is. */
import * as Effect from "effect/Effect";
import type { Erasure, KeyStore, OwnerKey } from "../../src/ports/index.ts";

/** A key store and a copy of how it is now. */
export interface CopyableKeys {
  readonly keys: KeyStore;
  readonly copy: () => CopyableKeys;
}

/** Begins empty, or as the one it is copied from. */
export const copyableKeys = (
  from: {
    readonly byOwner: ReadonlyMap<string, OwnerKey>;
    readonly erased: ReadonlyArray<Erasure>;
  } = { byOwner: new Map(), erased: [] },
): CopyableKeys => {
  const byOwner = new Map(from.byOwner);
  const erased = [...from.erased];
  const keys: KeyStore = {
    current: (owner, fresh) =>
      Effect.sync(() => {
        const known = byOwner.get(owner) ?? fresh;
        byOwner.set(owner, known);
        return known;
      }),
    find: (ids) =>
      Effect.sync(() => {
        const found = [...byOwner.values()].filter(({ id }) => ids.includes(id));
        return new Map(found.map(({ id, bytes }) => [id, bytes]));
      }),
    holds: (owner) => Effect.sync(() => byOwner.has(owner)),
    erase: ({ namespace, owner, at }) =>
      Effect.sync(() => {
        const key = byOwner.get(owner);
        byOwner.delete(owner);
        const erasure = { namespace, owner, at, keys: key === undefined ? [] : [key.id] };
        erased.push(erasure);
        return erasure;
      }),
    destroy: (ids) =>
      Effect.sync(() => {
        for (const [owner, { id }] of byOwner) if (ids.includes(id)) byOwner.delete(owner);
      }),
    erasures: Effect.sync(() => [...erased]),
  };
  return { keys, copy: () => copyableKeys({ byOwner, erased }) };
};
