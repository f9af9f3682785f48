/** The stored form of a sealed content, and opening one with a key at hand. */
import * as Effect from "effect/Effect";
import { encodeCanonical } from "../data/index.ts";
import type { FieldCipher, StorageError } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { Unreadable } from "./Errors.ts";

/** A content under its owner's key. */
export interface SealedRecord {
  readonly v: 2;
  readonly id: string;
  readonly issue: string;
  readonly command: string;
  readonly at: Instant;
  /** The hash its owner is kept under. */
  readonly owner: string;
  readonly algorithm: string;
  /** Id of the key. */
  readonly key: string;
  readonly sealed: string;
}

/** The sealed record a stored value is; null for a plain one. */
export const sealedRecordOf = (value: string): SealedRecord | null => {
  // Keys of the canonical encoding are sorted, so the version stands at the end.
  if (!value.endsWith(`,"v":2}`)) return null;
  try {
    return JSON.parse(value) as SealedRecord;
  } catch {
    return null;
  }
};

/** True for a stored content that is sealed. */
export const isSealed = (value: string): boolean => sealedRecordOf(value) !== null;

/** What a sealed text belongs to: moved to another record, it does not open. */
export const bindingOf = (namespace: string, record: Omit<SealedRecord, "sealed">): string => {
  const { v, id, issue, command, at, owner, algorithm, key } = record;
  return encodeCanonical({ v, namespace, id, issue, command, at, owner, algorithm, key });
};

/** Opens a record; a cipher that is not among those given makes it unreadable. */
export const openRecord = (
  namespace: string,
  ciphers: ReadonlyArray<FieldCipher>,
  record: SealedRecord,
  key: Uint8Array,
): Effect.Effect<Content, Unreadable | StorageError> => {
  const { algorithm, id, issue, command, at } = record;
  const cipher = ciphers.find((one) => one.algorithm === algorithm);
  if (cipher === undefined) {
    const reason = `no cipher ${algorithm} is given`;
    return Effect.fail(new Unreadable({ what: "content", id, reason }));
  }
  return Effect.map(cipher.open(key, record.sealed, bindingOf(namespace, record)), (plain) => {
    const inner = JSON.parse(plain) as Pick<Content, "by" | "words" | "place" | "attachments">;
    return { id, issue, command, at, ...inner };
  });
};
