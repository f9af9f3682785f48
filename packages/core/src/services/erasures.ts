/**
 * What is known of destroyed keys: the journal's side, kept beside it in a row for
 * each owner, and the key store's own.
 */
import * as Effect from "effect/Effect";
import type { KeyStore, StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import type { Unreadable } from "./Errors.ts";
import { scanPages } from "./pages.ts";
import { decodeVersioned, INDEX, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** What is known of an owner's erasures: the end of their stream, and the keys destroyed. */
export interface StoredErasure {
  readonly v: 1;
  readonly version: number;
  readonly head: string;
  readonly keys: ReadonlyArray<string>;
  /** When the owner was forgotten last; earlier releases did not write it. */
  readonly at?: Instant;
}

/** A key that is not in the key store. */
export interface MissingKey {
  readonly key: string;
  /** Whose it is, where that is known. */
  readonly owner: string | null;
  /** When something was sealed with it. */
  readonly at: Instant;
}

/** An owner's erasures with their row's version; null for one who was never forgotten. */
export const readErasure = Effect.fnUntraced(function* (settings: Settings, owner: string) {
  const { storage, namespace } = settings;
  const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.erasure, id: owner }] });
  if (row == null) return null;
  return { ...(yield* erasureOf(row)), row: row.version };
});

/** Gives every owner's journaled erasures to `use`, a page at a time. */
export const journaledErasures = <E, R>(
  settings: Settings,
  use: (
    erasures: ReadonlyArray<StoredErasure & { readonly owner: string }>,
  ) => Effect.Effect<void, E, R>,
): Effect.Effect<void, E | Unreadable | StorageError, R> =>
  scanPages(
    settings,
    { kind: KIND.erasure, index: INDEX.erasure, range: { from: null, to: null }, limit: 500 },
    Effect.fnUntraced(function* (rows) {
      const erasures: Array<StoredErasure & { readonly owner: string }> = [];
      for (const row of rows) erasures.push({ ...(yield* erasureOf(row)), owner: row.id });
      yield* use(erasures);
    }),
  );

/** Keys of a namespace that the key store remembers to have destroyed. */
export const erasedKeys = (
  { namespace }: Settings,
  keys: KeyStore,
): Effect.Effect<ReadonlySet<string>, StorageError> =>
  Effect.map(
    keys.erasures,
    (erasures) => new Set(erasures.flatMap((one) => (one.namespace === namespace ? one.keys : []))),
  );

/**
 * Of keys that are not in the key store those that were destroyed to forget somebody: as
 * the journal says or, between destroying and journaling, the key store itself.
 */
export const destroyedOf = Effect.fnUntraced(function* (
  settings: Settings,
  keys: KeyStore,
  missing: ReadonlyArray<MissingKey>,
) {
  const open = new Set(missing.map(({ key }) => key));
  const destroyed = new Set<string>();
  const tell = (told: Iterable<string>) => {
    for (const key of told) if (open.delete(key)) destroyed.add(key);
  };
  const owners = new Set(missing.flatMap(({ owner }) => owner ?? []));
  if (owners.size > 0) {
    const { storage, namespace } = settings;
    const rows = [...owners].map((id) => ({ kind: KIND.erasure, id }));
    for (const row of yield* storage.read({ namespace, keys: rows }))
      if (row !== null) tell((yield* erasureOf(row)).keys);
  }
  if (open.size > 0) tell(yield* erasedKeys(settings, keys));
  // Whose key it is was not written down in earlier releases.
  if (missing.some(({ key, owner }) => owner === null && open.has(key)))
    yield* journaledErasures(settings, (all) =>
      Effect.sync(() => all.forEach(({ keys: told }) => tell(told))),
    );
  return destroyed;
});

// Private

const erasureOf = (row: { readonly id: string; readonly value: string }) =>
  Effect.fromResult(decodeVersioned<StoredErasure>("erasure", row.id, row.value));
