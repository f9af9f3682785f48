/**
 * What a process knows of the keys it was given: whether their store is the one the
 * namespace's contents are sealed with. Looked up once, kept here.
 */
import type { Digest } from "../journal/index.ts";
import type { FieldCipher, KeyStore } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";

/** Keys of persons, of a store that was compared with what the namespace remembers. */
export interface Keyring {
  readonly keys: KeyStore;
  readonly cipher: FieldCipher;
  /** That cipher and those of older records. */
  readonly ciphers: ReadonlyArray<FieldCipher>;
  /** Id of the secret that hashes are made with; unguessable, and it opens nothing. */
  readonly secretId: string;
  /** What hashes were made with from the beginning, so that they stay what they are. */
  readonly digest: Digest;
  /**
   * A hash that only whoever has the key store can recompute: keyed inside and outside, as HMAC
   * is, so that no hash leads to that of a longer text.
   */
  readonly secretHash: (text: string) => string;
  /** Contents written until then whose keys are missing were given up; null when none were. */
  readonly givenUp: Instant | null;
}

/** Known so far; everything is unknown at first. */
export interface KeysKnown {
  ring: Keyring | null;
  /** Contents were seen to be sealed with these keys. */
  isChecked: boolean;
  /** The namespace remembers this key store. */
  isRemembered: boolean;
  /** No content that opens with these keys was found, and the namespace remembers none. */
  isRefuted: boolean;
  /** Nothing was sealed when words were to be stored plain. */
  isPlain: boolean;
}

/** Begins by knowing nothing. */
export const makeKeysKnown = (): KeysKnown => ({
  ring: null,
  isChecked: false,
  isRemembered: false,
  isRefuted: false,
  isPlain: false,
});
