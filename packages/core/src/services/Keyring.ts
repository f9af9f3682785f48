/**
 * The keys of persons, of a store that is the namespace's own.
 *
 * A key store that is lost, new or another town's looks like one whose keys were all
 * destroyed. So a namespace remembers which one its contents are sealed with - a hash under
 * the secret that only that key store has - and nothing uses keys before that was
 * compared: one read for each process, kept in its settings. The row is written just
 * before the first content is sealed; where contents are older than the row, those that
 * open show whose they are.
 */
import * as Effect from "effect/Effect";
import type { Digest } from "../journal/index.ts";
import { StorageError } from "../ports/index.ts";
import type { RowWrite } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { destroyedOf } from "./erasures.ts";
import type { MissingKey } from "./erasures.ts";
import type { Unreadable } from "./Errors.ts";
import { evidenceOf, hasSealed } from "./keyEvidence.ts";
import type { Keyring } from "./keysKnown.ts";
import { decodeVersioned, KIND } from "./rows.ts";
import { platformDigest } from "./Settings.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";

/** Whose key seals a content. */
export type Owner = { readonly person: string } | { readonly issue: string };

/**
 * What keys are wanted for. `hash` shows nothing and stores no word; `open` is handed what
 * is sealed; `seal` stores, so that the namespace must remember the key store first.
 */
export interface KeyUse {
  readonly operation: string;
  readonly for: "hash" | "open" | "seal";
}

/** What a namespace remembers of its key store. */
export interface StoredKeyStore {
  readonly v: 1;
  /** Id of the secret that names are hashed under; the secret itself is in the key store only. */
  readonly secret: string;
  readonly algorithm: Digest["algorithm"];
  /** A hash under that secret. */
  readonly fingerprint: string;
  /** Contents written until then whose keys are missing were given up; null when none were. */
  readonly givenUp: Instant | null;
}

type KeyringError = Unreadable | StorageError;

/** The keys given, once it is sure that they are this namespace's; else `Misconfigured`. */
export const keyringOf = (
  settings: Settings,
  people: PeopleSettings,
  use: KeyUse,
): Effect.Effect<Keyring, KeyringError> =>
  Effect.suspend(() => {
    const { ring, isChecked, isRemembered } = settings.keysKnown;
    const isEnough = use.for === "hash" || (use.for === "seal" ? isRemembered : isChecked);
    return ring !== null && isEnough ? Effect.succeed(ring) : lookUp(settings, people, use);
  });

/** Forgets what is known, so that the next use of keys looks again. */
export const forgetKeyring = ({ keysKnown }: Settings): void => {
  keysKnown.ring = null;
  keysKnown.isChecked = keysKnown.isRemembered = keysKnown.isRefuted = false;
};

/**
 * The first of these keys that nobody destroyed and nobody gave up: its loss is a fault of the
 * key store, and no forgetting. Undefined when all are explained.
 */
export const unexplained = Effect.fnUntraced(function* <Key extends MissingKey>(
  settings: Settings,
  people: PeopleSettings,
  missing: ReadonlyArray<Key>,
  operation: string,
) {
  if (missing.length === 0) return undefined;
  const destroyed = yield* destroyedOf(settings, people.keys, missing);
  const use = { operation, for: "open" } as const;
  const strange = ({ givenUp }: Keyring) =>
    missing.find(({ key, at }) => !destroyed.has(key) && (givenUp === null || at > givenUp));
  if (strange(yield* keyringOf(settings, people, use)) === undefined) return undefined;
  // Keys may have been given up since this process looked.
  forgetKeyring(settings);
  return strange(yield* keyringOf(settings, people, use));
});

/** Fails where words would be stored plain beside sealed ones; asked once for each process. */
export const mayStorePlain = (
  settings: Settings,
  operation: string,
): Effect.Effect<void, KeyringError> =>
  Effect.suspend(() => (settings.keysKnown.isPlain ? Effect.void : lookPlain(settings, operation)));

/**
 * The name an owner has in storage, journal and key store: a hash under a secret of
 * the key store, so that the storage alone does not tell who it is.
 */
export const ownerTag = ({ namespace }: Settings, ring: Keyring, owner: Owner): string => {
  const text = "person" in owner ? `person ${owner.person}` : `issue ${owner.issue}`;
  return ring.secretHash(`owner ${namespace} ${text}`);
};

/** What the namespace remembers, with its row's version; null where it remembers none. */
export const readKeyStore = Effect.fnUntraced(function* ({ storage, namespace }: Settings) {
  const [row] = yield* storage.read({ namespace, keys: [KEY_STORE] });
  if (row == null) return null;
  const { id, value, version } = row;
  const stored = yield* Effect.fromResult(decodeVersioned<StoredKeyStore>("key store", id, value));
  return { ...stored, row: version };
});

/** The keys given, whether or not the namespace knows them; a key store without a secret gets one. */
export const givenKeyring = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  givenUp: Instant | null,
) {
  const fresh = { id: `secret ${settings.newId()}`, bytes: people.cipher.newKey() };
  // Never destroyed, so that hashes stay what they are; it opens nothing.
  const { id, bytes } = yield* people.keys.current(`secret ${settings.namespace}`, fresh);
  return ringOf(people, { id, bytes, digest: settings.digest, givenUp });
});

/** The row by which a namespace remembers a key store. */
export const keyStoreRow = (settings: Settings, ring: Keyring, expected: number): RowWrite => ({
  ...KEY_STORE,
  expected,
  value: JSON.stringify({
    ...{ v: 1, secret: ring.secretId, algorithm: ring.digest.algorithm },
    ...{ fingerprint: fingerprintOf(settings, ring), givenUp: ring.givenUp },
  } satisfies StoredKeyStore),
  indexes: [],
});

/** A hash that tells one key store from another, and nothing of its secret. */
export const fingerprintOf = ({ namespace }: Settings, ring: Keyring): string =>
  ring.secretHash(`key store of ${namespace}`);

/** The keys, when what is remembered of a namespace's key store fits them; else null. */
export const ownKeyring = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  stored: StoredKeyStore,
) {
  const { secret: id, algorithm, givenUp } = stored;
  const bytes = (yield* people.keys.find([id])).get(id);
  if (bytes === undefined) return null;
  // With another hash function every name would be another one: nobody's words would be found.
  const digest =
    settings.digest.algorithm === algorithm ? settings.digest : platformDigest(algorithm);
  const ring = ringOf(people, { id, bytes, digest, givenUp });
  return fingerprintOf(settings, ring) === stored.fingerprint ? ring : null;
});

/** The error of keys that cannot be used as they are given. */
export const misconfigured = (operation: string, detail: string): StorageError =>
  new StorageError({ reason: "Misconfigured", operation, detail });

/** What to do when a key is missing that nobody destroyed. */
export const keyMissing = (operation: string, what: string): StorageError =>
  misconfigured(
    operation,
    `the key of ${what} is not in the key store, and nobody was forgotten with it: the key store is older than that, or damaged. Put back its newest copy and start again; when there is none, \`adoptKeys\` gives up what no key is left for`,
  );

/** What to do when there are no keys for what is sealed. */
export const withoutPeople = ({ namespace }: Settings, operation: string): StorageError =>
  misconfigured(
    operation,
    `namespace \`${namespace}\` has sealed contents, and no keys were given: start with \`people\` in the settings and the key store these contents were sealed with; nothing was read or written`,
  );

// Private

const KEY_STORE = { kind: KIND.keyStore, id: "own" } as const;

const lookUp = (
  settings: Settings,
  people: PeopleSettings,
  use: KeyUse,
): Effect.Effect<Keyring, KeyringError> =>
  Effect.gen(function* () {
    const known = settings.keysKnown;
    const stored = yield* readKeyStore(settings);
    if (stored !== null) {
      const own = yield* ownKeyring(settings, people, stored);
      if (own === null) return yield* anotherStore(settings, use.operation);
      Object.assign(known, { ring: own, isChecked: true, isRemembered: true, isRefuted: false });
      return own;
    }
    // Contents may be from before namespaces remembered their key store.
    const evidence = known.isRefuted ? "another" : yield* evidenceOf(settings, people);
    known.isRefuted = evidence === "another";
    if (known.isRefuted) return yield* anotherStore(settings, use.operation);
    const ring = yield* givenKeyring(settings, people, null);
    Object.assign(known, { ring, isChecked: evidence === "own" });
    return use.for === "seal" ? yield* remember(settings, people, ring, use) : ring;
  });

const remember = (
  settings: Settings,
  people: PeopleSettings,
  ring: Keyring,
  use: KeyUse,
): Effect.Effect<Keyring, KeyringError> =>
  Effect.gen(function* () {
    const at = yield* settings.now;
    yield* settings.storage.commit({
      ...{ namespace: settings.namespace, at, guards: [], entries: [], schedule: [], cancel: [] },
      ...{ settle: [], receipt: null, rows: [keyStoreRow(settings, ring, 0)] },
    });
    Object.assign(settings.keysKnown, { ring, isChecked: true, isRemembered: true });
    return ring;
  }).pipe(
    // Somebody else was first, perhaps with another key store.
    Effect.catchTag("Conflict", () => lookUp(settings, people, use)),
  );

const lookPlain = Effect.fnUntraced(function* (settings: Settings, operation: string) {
  if ((yield* readKeyStore(settings)) !== null || (yield* hasSealed(settings)))
    return yield* withoutPeople(settings, operation);
  settings.keysKnown.isPlain = true;
});

const ringOf = (
  people: PeopleSettings,
  made: {
    readonly id: string;
    readonly bytes: Uint8Array;
    readonly digest: Digest;
    readonly givenUp: Instant | null;
  },
): Keyring => {
  const { id, bytes, digest, givenUp } = made;
  const secret = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    ...{ keys: people.keys, cipher: people.cipher, ciphers: ciphersOf(people) },
    ...{ secretId: id, digest, givenUp },
    secretHash: (text) => digest.hash(`${secret} ${digest.hash(`${secret} ${text}`)}`),
  };
};

const ciphersOf = (people: PeopleSettings) => [people.cipher, ...(people.olderCiphers ?? [])];

const anotherStore = ({ namespace }: Settings, operation: string) =>
  Effect.fail(
    misconfigured(
      operation,
      `the key store given is not the one the contents of namespace \`${namespace}\` are sealed with: it is another one, or new. Give the right one (of a key file: check its path) and start again; when it was lost for good, \`adoptKeys\` goes on with this one. Nothing was read or written`,
    ),
  );
