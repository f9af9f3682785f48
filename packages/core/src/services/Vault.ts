/**
 * Contents under keys: each record is sealed with the key of the person it belongs
 * to, or of its issue where nobody gave a name. Without `people` in the settings
 * nothing here is used and contents are stored as they are.
 *
 * What the journal holds of a content is the hash of the sealed record. So it stays
 * right when the key is gone, and tells nothing to somebody who guesses words.
 */
import * as Effect from "effect/Effect";
import { encodeCanonical } from "../data/index.ts";
import type { StorageError } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { Unreadable } from "./Errors.ts";
import { decodeContent } from "./rows.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";

/** A content as it is stored when sealed. */
export interface SealedContent {
  readonly value: string;
  readonly hash: string;
  readonly owner: string;
}

interface StoredSealed {
  readonly v: 2;
  readonly id: string;
  readonly issue: string;
  readonly command: string;
  readonly at: Instant;
  readonly owner: string;
  readonly algorithm: string;
  readonly key: string;
  readonly sealed: string;
}

/** Whose key seals a content. */
export type Owner = { readonly person: string } | { readonly issue: string };

/**
 * The name an owner has in storage, journal and key store: a hash under a secret of
 * the key store, so that the storage alone does not tell who it is.
 */
export const ownerTag = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  owner: Owner,
) {
  const text = "person" in owner ? `person ${owner.person}` : `issue ${owner.issue}`;
  return yield* secretHash(settings, people, `owner ${settings.namespace} ${text}`);
});

/**
 * A hash that only whoever has the key store can recompute: keyed inside and outside, as HMAC is,
 * so that no hash leads to that of a longer text.
 */
export const secretHash = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  text: string,
) {
  const secret = yield* secretOf(settings, people);
  return settings.digest.hash(`${secret} ${settings.digest.hash(`${secret} ${text}`)}`);
});

// Never destroyed, so that hashes stay what they are; it opens nothing.
const secretOf = Effect.fnUntraced(function* (settings: Settings, people: PeopleSettings) {
  const fresh = { id: `secret ${settings.newId()}`, bytes: people.cipher.newKey() };
  const { bytes } = yield* people.keys.current(`secret ${settings.namespace}`, fresh);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
});

/** Seals a content with its owner's key. */
export const sealContent = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  content: Content,
  of: Owner,
) {
  const { cipher, keys } = people;
  const owner = yield* ownerTag(settings, people, of);
  const key = yield* keys.current(owner, { id: settings.newId(), bytes: cipher.newKey() });
  const { id, issue, command, at, by, words, attachments } = content;
  const plain = JSON.stringify({ by, words, attachments });
  const head = { v: 2 as const, id, issue, command, at, owner, algorithm: cipher.algorithm };
  const bound = boundOf(settings, { ...head, key: key.id });
  const sealed = yield* cipher.seal(key.bytes, plain, bound);
  const value = encodeCanonical({ ...head, key: key.id, sealed } satisfies StoredSealed);
  return { value, owner, hash: settings.digest.hash(value) } satisfies SealedContent;
});

/** Contents as they can be read now: those whose key is gone say only that they were there. */
export const openContents = Effect.fnUntraced(function* (
  settings: Settings,
  rows: ReadonlyArray<{ readonly id: string; readonly value: string }>,
) {
  const opened: Array<Content> = [];
  let keys: ReadonlyMap<string, Uint8Array> | null = null;
  for (const row of rows) {
    const stored = sealedOf(row.value);
    if (stored === null) {
      opened.push(yield* Effect.fromResult(decodeContent(row.id, row.value)));
      continue;
    }
    const { people } = settings;
    if (people === null) return yield* unreadable(row.id, "it is sealed and no keys are given");
    keys ??= yield* people.keys.find(keyIdsOf(rows));
    opened.push(yield* openOne(settings, people, stored, keys.get(stored.key)));
  }
  return opened;
});

/** True for a stored content that is sealed. */
export const isSealed = (value: string): boolean => sealedOf(value) !== null;

/** What is left of a content that nobody can read any more. */
export const erasedContent = (
  content: Pick<Content, "id" | "issue" | "command" | "at">,
): Content => {
  const { id, issue, command, at } = content;
  return { id, issue, command, by: null, at, words: null, attachments: [], erased: true };
};

const openOne = (
  settings: Settings,
  people: PeopleSettings,
  stored: StoredSealed,
  key: Uint8Array | undefined,
): Effect.Effect<Content, Unreadable | StorageError> => {
  if (key === undefined) return Effect.succeed(erasedContent(stored));
  const { algorithm, id, issue, command, at } = stored;
  const ciphers = [people.cipher, ...(people.olderCiphers ?? [])];
  const cipher = ciphers.find((one) => one.algorithm === algorithm);
  if (cipher === undefined) return unreadable(id, `no cipher ${algorithm} is given`);
  return Effect.map(cipher.open(key, stored.sealed, boundOf(settings, stored)), (plain) => {
    const inner = JSON.parse(plain) as Pick<Content, "by" | "words" | "attachments">;
    return { id, issue, command, at, ...inner };
  });
};

const boundOf = (settings: Settings, stored: Omit<StoredSealed, "sealed">): string => {
  const { v, id, issue, command, at, owner, algorithm, key } = stored;
  const { namespace } = settings;
  return encodeCanonical({ v, namespace, id, issue, command, at, owner, algorithm, key });
};

const keyIdsOf = (rows: ReadonlyArray<{ readonly value: string }>): ReadonlyArray<string> => [
  ...new Set(rows.flatMap(({ value }) => sealedOf(value)?.key ?? [])),
];

// Keys of the canonical encoding are sorted, so the version stands at the end.
const sealedOf = (value: string): StoredSealed | null => {
  if (!value.endsWith(`,"v":2}`)) return null;
  try {
    return JSON.parse(value) as StoredSealed;
  } catch {
    return null;
  }
};

const unreadable = (id: string, reason: string) =>
  Effect.fail(new Unreadable({ what: "content", id, reason }));
