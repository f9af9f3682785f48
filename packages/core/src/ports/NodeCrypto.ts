/**
 * The platform's cryptography, found without importing a Node module so that these
 * files also load in a browser.
 */

/** What of `node:crypto` the library uses. */
export interface NodeCrypto {
  readonly hash?: (algorithm: string, data: string, encoding: "hex") => string;
  readonly createHash: (algorithm: string) => Hasher;
  readonly createHmac: (algorithm: string, key: Uint8Array) => Mac;
  readonly timingSafeEqual: (one: Uint8Array, other: Uint8Array) => boolean;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly getCiphers: () => ReadonlyArray<string>;
  readonly createCipheriv: (
    algorithm: string,
    key: Uint8Array,
    iv: Uint8Array,
    options?: { readonly authTagLength: number },
  ) => Cipher & { readonly getAuthTag: () => Uint8Array };
  readonly createDecipheriv: (
    algorithm: string,
    key: Uint8Array,
    iv: Uint8Array,
    options?: { readonly authTagLength: number },
  ) => Cipher & { readonly setAuthTag: (tag: Uint8Array) => unknown };
  readonly createPrivateKey: (pem: string) => NodeKey;
  readonly createPublicKey: (pem: string | NodeKey) => NodeKey;
  readonly sign: (algorithm: null, data: Uint8Array, key: NodeKey) => Uint8Array;
  readonly verify: (
    algorithm: null,
    data: Uint8Array,
    key: NodeKey,
    signature: Uint8Array,
  ) => boolean;
}

/** A key object of the platform. */
export interface NodeKey {
  readonly asymmetricKeyType?: string;
}

interface Hasher {
  readonly update: (data: string, encoding: "utf8") => Hasher;
  readonly digest: (encoding: "hex") => string;
}

interface Mac {
  readonly update: (data: Uint8Array) => Mac;
  readonly digest: () => Uint8Array;
}

interface Cipher {
  readonly setAAD: (data: Uint8Array) => unknown;
  readonly update: (data: Uint8Array) => Uint8Array;
  readonly final: () => Uint8Array;
}

/** `node:crypto` where there is one: Node 20.16 or later, Bun, Deno. */
export const nodeCrypto = (): NodeCrypto | undefined => {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (id: string) => unknown };
  };
  return process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined;
};

/** Bytes as base64url without padding, and back; null for text that is none. */
export const toBase64Url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The bytes of base64url text; null for text that is none. */
export const fromBase64Url = (text: string): Uint8Array | null => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
  } catch {
    return null;
  }
};
