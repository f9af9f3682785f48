/**
 * Sealing what belongs to a person: texts under a key that only a key store holds.
 *
 * {@link platformCipher} is the platform's own; a hardware module stands behind the
 * same two methods. Both are authenticated: a text moved to another record, or
 * changed, does not open.
 */
import * as Effect from "effect/Effect";
import { fromBase64Url, nodeCrypto, toBase64Url } from "./NodeCrypto.ts";
import type { NodeCrypto } from "./NodeCrypto.ts";
import { StorageError } from "./StorageErrors.ts";

/** Seals and opens texts. Fails with a `StorageError` whose operation is `cipher`. */
export interface FieldCipher {
  /** Stands beside every sealed text; `open` is only handed its own. */
  readonly algorithm: string;
  readonly newKey: () => Uint8Array;
  /** `bound` must be given again to open: what the text belongs to. */
  readonly seal: (
    key: Uint8Array,
    plain: string,
    bound: string,
  ) => Effect.Effect<string, StorageError>;
  /** Fails with `Corrupt` when key, text or `bound` is not the one it was sealed with. */
  readonly open: (
    key: Uint8Array,
    sealed: string,
    bound: string,
  ) => Effect.Effect<string, StorageError>;
}

/**
 * Ciphers the platform may have. OpenSSL with SM4-GCM comes with Node 26; SM4-CTR with
 * HMAC-SM3 over nonce and ciphertext is the same promise from older parts (Node 20 on).
 */
export type PlatformCipher = "AES-256-GCM" | "SM4-GCM" | "SM4-CTR-HMAC-SM3";

/** What a platform cipher does with bytes; throws when something does not open. */
interface Method {
  readonly name: string;
  readonly keyBytes: number;
  readonly nonceBytes: number;
  readonly tagBytes: number;
  readonly seal: (crypto: NodeCrypto, parts: Sealing) => readonly [Uint8Array, Uint8Array];
  readonly open: (crypto: NodeCrypto, parts: Sealing, tag: Uint8Array) => Uint8Array;
}

interface Sealing {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly text: Uint8Array;
  readonly bound: Uint8Array;
}

/**
 * The platform's cipher of this name.
 *
 * @throws StorageError with reason `Unsupported` where the platform has none.
 */
export const platformCipher = (algorithm: PlatformCipher): FieldCipher => {
  const crypto = nodeCrypto();
  const method = METHODS[algorithm];
  if (crypto === undefined || !isThere(crypto, method)) {
    throw cipherError("Unsupported", `this runtime has no ${algorithm}`);
  }
  return {
    algorithm,
    newKey: () => Uint8Array.from(crypto.randomBytes(method.keyBytes)),
    seal: (key, plain, bound) =>
      Effect.try({
        try: () => {
          const nonce = crypto.randomBytes(method.nonceBytes);
          const parts = { key, nonce, text: bytesOf(plain), bound: bytesOf(bound) };
          return toBase64Url(joined([nonce, ...method.seal(crypto, parts)]));
        },
        catch: () => cipherError("Misconfigured", "the key does not fit the cipher"),
      }),
    open: (key, sealed, bound) =>
      Effect.try({
        try: () => {
          const { nonce, text, tag } = partsOf(method, sealed);
          const parts = { key, nonce, text, bound: bytesOf(bound) };
          return new TextDecoder().decode(method.open(crypto, parts, tag));
        },
        catch: () => cipherError("Corrupt", "a sealed text does not open; it was changed or moved"),
      }),
  };
};

// The list of ciphers tells neither whether a hash function is there nor what a policy forbids.
const isThere = (crypto: NodeCrypto, method: Method): boolean => {
  if (!crypto.getCiphers().includes(method.name)) return false;
  const [key, nonce] = [crypto.randomBytes(method.keyBytes), crypto.randomBytes(method.nonceBytes)];
  const nothing = new Uint8Array(0);
  try {
    method.seal(crypto, { key, nonce, text: nothing, bound: nothing });
    return true;
  } catch {
    return false;
  }
};

// Nonces are random: 96 bits are plenty for what one person writes under one key.
const gcm = (name: string, keyBytes: number): Method => ({
  ...{ name, keyBytes, nonceBytes: 12, tagBytes: 16 },
  seal: (crypto, { key, nonce, text, bound }) => {
    const cipher = crypto.createCipheriv(name, key, nonce, { authTagLength: 16 });
    cipher.setAAD(bound);
    const body = joined([cipher.update(text), cipher.final()]);
    return [body, cipher.getAuthTag()];
  },
  open: (crypto, { key, nonce, text, bound }, tag) => {
    const decipher = crypto.createDecipheriv(name, key, nonce, { authTagLength: 16 });
    decipher.setAAD(bound);
    decipher.setAuthTag(tag);
    return joined([decipher.update(text), decipher.final()]);
  },
});

// First encrypted, then authenticated, each under its own half of the key.
const sm4Ctr: Method = {
  ...{ name: "sm4-ctr", keyBytes: 48, nonceBytes: 16, tagBytes: 32 },
  seal: (crypto, parts) => {
    const cipher = crypto.createCipheriv("sm4-ctr", parts.key.subarray(0, 16), parts.nonce);
    const text = joined([cipher.update(parts.text), cipher.final()]);
    return [text, sm3Tag(crypto, { ...parts, text })];
  },
  open: (crypto, parts, tag) => {
    if (!crypto.timingSafeEqual(tag, sm3Tag(crypto, parts))) throw new TypeError("wrong tag");
    const decipher = crypto.createDecipheriv("sm4-ctr", parts.key.subarray(0, 16), parts.nonce);
    return joined([decipher.update(parts.text), decipher.final()]);
  },
};

// The length in front keeps what is bound and what is sealed apart.
const sm3Tag = (crypto: NodeCrypto, { key, nonce, text, bound }: Sealing): Uint8Array => {
  if (key.length !== 48) throw new TypeError("wrong key");
  const hmac = crypto.createHmac("sm3", key.subarray(16));
  return hmac.update(joined([bytesOf(`${bound.length} `), bound, nonce, text])).digest();
};

const METHODS: Readonly<Record<PlatformCipher, Method>> = {
  "AES-256-GCM": gcm("aes-256-gcm", 32),
  "SM4-GCM": gcm("sm4-gcm", 16),
  "SM4-CTR-HMAC-SM3": sm4Ctr,
};

const partsOf = (method: Method, sealed: string) => {
  const bytes = fromBase64Url(sealed);
  const { nonceBytes, tagBytes } = method;
  if (bytes === null || bytes.length < nonceBytes + tagBytes) throw new TypeError("too short");
  return {
    nonce: bytes.subarray(0, nonceBytes),
    text: bytes.subarray(nonceBytes, bytes.length - tagBytes),
    tag: bytes.subarray(bytes.length - tagBytes),
  };
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const cipherError = (reason: StorageError["reason"], detail: string) =>
  new StorageError({ reason, operation: "cipher", detail });
