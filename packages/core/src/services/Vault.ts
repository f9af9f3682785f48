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
import type { Unreadable } from "./Errors.ts";
import { keyMissing, keyringOf, ownerTag, unexplained, withoutPeople } from "./Keyring.ts";
import type { Owner } from "./Keyring.ts";
import type { Keyring } from "./keysKnown.ts";
import { decodeContent } from "./rows.ts";
import { bindingOf, openRecord, sealedRecordOf } from "./sealedRecord.ts";
import type { SealedRecord } from "./sealedRecord.ts";
import type { Settings } from "./Settings.ts";

/** A content as it is stored when sealed. */
export interface SealedContent {
  readonly value: string;
  readonly hash: string;
  readonly owner: string;
}

/** Seals a content with its owner's key; the ring is one for sealing. */
export const sealContent = Effect.fnUntraced(function* (
  settings: Settings,
  ring: Keyring,
  content: Content,
  of: Owner,
) {
  const { cipher, keys } = ring;
  const owner = ownerTag(settings, ring, of);
  const key = yield* keys.current(owner, { id: settings.newId(), bytes: cipher.newKey() });
  const { id, issue, command, at, by, words, place, attachments } = content;
  const plain = JSON.stringify({ by, words, place, attachments });
  const head = { v: 2 as const, id, issue, command, at, owner, algorithm: cipher.algorithm };
  const bound = bindingOf(settings.namespace, { ...head, key: key.id });
  const sealed = yield* cipher.seal(key.bytes, plain, bound);
  const value = encodeCanonical({ ...head, key: key.id, sealed } satisfies SealedRecord);
  return { value, owner, hash: settings.digest.hash(value) } satisfies SealedContent;
});

/**
 * Contents as they can be read now. Those whose key was destroyed, or given up, say only that
 * they were there. A key that is missing for no known reason is no forgetting: all of
 * them fail with `Misconfigured`.
 */
export const openContents = Effect.fnUntraced(function* (
  settings: Settings,
  rows: ReadonlyArray<{ readonly id: string; readonly value: string }>,
) {
  const records = new Map(rows.map(({ id, value }) => [id, sealedRecordOf(value)]));
  const sealed = [...records.values()].filter((record) => record !== null);
  const open = sealed.length === 0 ? null : yield* opener(settings, sealed);
  const opened: Array<Content> = [];
  for (const { id, value } of rows) {
    const record = records.get(id) ?? null;
    opened.push(
      record === null || open === null
        ? yield* Effect.fromResult(decodeContent(id, value))
        : yield* open(record),
    );
  }
  return opened;
});

/** What is left of a content that nobody can read any more. */
export const erasedContent = (
  content: Pick<Content, "id" | "issue" | "command" | "at">,
): Content => {
  const { id, issue, command, at } = content;
  return { id, issue, command, by: null, at, words: null, attachments: [], erased: true };
};

// Private

const OPERATION = "openContents";

type Open = (record: SealedRecord) => Effect.Effect<Content, Unreadable | StorageError>;

const opener = Effect.fnUntraced(function* (
  settings: Settings,
  records: ReadonlyArray<SealedRecord>,
) {
  const { people, namespace } = settings;
  if (people === null) return yield* withoutPeople(settings, OPERATION);
  const ring = yield* keyringOf(settings, people, { operation: OPERATION, for: "open" });
  const keys = yield* ring.keys.find([...new Set(records.map(({ key }) => key))]);
  const missing = records.filter(({ key }) => !keys.has(key));
  const strange = yield* unexplained(settings, people, missing, OPERATION);
  if (strange !== undefined) return yield* keyMissing(OPERATION, `content \`${strange.id}\``);
  const open: Open = (record) => {
    const key = keys.get(record.key);
    return key === undefined
      ? Effect.succeed(erasedContent(record))
      : openRecord(namespace, ring.ciphers, record, key);
  };
  return open;
});
