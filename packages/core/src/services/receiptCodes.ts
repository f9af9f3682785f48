/**
 * Receipt codes: whoever has one follows an issue as the one who reported it.
 *
 * So a code opens words that the storage holds sealed, and must not stand in it, not even in
 * the answer that is kept for a command sent again. Where persons have keys it follows from
 * the issue's id and the secret of the key store, and is made again for that answer; where
 * they have none it is random and kept with the answer, beside words that are plain as well.
 */
import * as Effect from "effect/Effect";
import type { StorageError } from "../ports/index.ts";
import type { Unreadable } from "./Errors.ts";
import { keyringOf } from "./Keyring.ts";
import type { Settings } from "./Settings.ts";

/** The code of an issue that is to be reported. */
export const receiptCodeFor = (
  settings: Settings,
  issue: string,
): Effect.Effect<string, Unreadable | StorageError> => {
  const { digest, newId, people } = settings;
  return people === null
    ? Effect.sync(() => codeOf(digest.hash(`receipt code ${newId()} ${newId()}`)))
    : Effect.map(keyringOf(settings, people, HASHING), (ring) =>
        codeOf(ring.secretHash(`receipt code ${settings.namespace} ${issue}`)),
      );
};

/** The hash a receipt code is stored and looked up by. */
export const receiptHashOf = (settings: Settings, code: string): string =>
  settings.digest.hash(`receipt ${settings.namespace} ${code.trim().toUpperCase()}`);

// Private

const HASHING = { operation: "command", for: "hash" } as const;

// Twelve letters without look-alikes, 60 bits: short enough to write down, long enough not to be guessed.
const CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const codeOf = (bits: string): string => {
  let code = "";
  for (let i = 0; i < 12; i += 1) {
    code +=
      CODE_LETTERS[Number.parseInt(bits.slice(i * 2, i * 2 + 2), 16) % CODE_LETTERS.length] ?? "2";
  }
  return `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`;
};
