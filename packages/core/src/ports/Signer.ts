/**
 * Signing seals: who vouches for a journal, with a key the store does not hold.
 *
 * The port is one method, so that a hardware module or a key service can stand
 * behind it; {@link ed25519Signer} is the platform's own.
 */
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import { fromBase64Url, nodeCrypto, toBase64Url } from "./NodeCrypto.ts";
import type { NodeCrypto, NodeKey } from "./NodeCrypto.ts";

/** Signs short texts. */
export interface Signer {
  /** Names the key, so that it can be changed; stands beside every signature. */
  readonly keyId: string;
  readonly algorithm: string;
  readonly sign: (text: string) => Effect.Effect<string, SignError>;
}

/** A public key and how to judge with it. */
export interface SignatureKey {
  readonly keyId: string;
  readonly algorithm: string;
  readonly verify: (text: string, signature: string) => boolean;
}

/** Nothing was signed. Only `Unavailable` is worth a retry. */
export class SignError extends Schema.TaggedError<SignError>()("SignError", {
  reason: Schema.Literals(["Unavailable", "Unsupported", "Misconfigured"]),
  detail: Schema.String,
}) {
  override get message(): string {
    return `nothing was signed (${this.reason}): ${this.detail}`;
  }
}

/** Ed25519 by the platform, from a private key in PEM (PKCS #8). */
export const ed25519Signer = (options: {
  readonly keyId: string;
  readonly privateKey: string;
}): Signer => ({
  keyId: options.keyId,
  algorithm: "Ed25519",
  sign: (text) =>
    Effect.gen(function* () {
      const crypto = nodeCrypto();
      if (crypto === undefined) return yield* noCrypto();
      const key = keyOf(() => crypto.createPrivateKey(options.privateKey));
      if (key === null) return yield* wrongKey("private");
      return toBase64Url(crypto.sign(null, new TextEncoder().encode(text), key));
    }),
});

/**
 * The other half, from a public key in PEM (SPKI). Fails with `Misconfigured` when
 * it is no Ed25519 key, `Unsupported` where the platform has no Ed25519.
 */
export const ed25519Key = (options: {
  readonly keyId: string;
  readonly publicKey: string;
}): Effect.Effect<SignatureKey, SignError> =>
  Effect.gen(function* () {
    const crypto = nodeCrypto();
    if (crypto === undefined) return yield* noCrypto();
    const key = keyOf(() => crypto.createPublicKey(options.publicKey));
    if (key === null) return yield* wrongKey("public");
    return {
      keyId: options.keyId,
      algorithm: "Ed25519",
      verify: (text, signature) => isSignedBy(crypto, key, text, signature),
    } satisfies SignatureKey;
  });

const isSignedBy = (crypto: NodeCrypto, key: NodeKey, text: string, signature: string): boolean => {
  const bytes = fromBase64Url(signature);
  return bytes !== null && crypto.verify(null, new TextEncoder().encode(text), key, bytes);
};

const keyOf = (read: () => NodeKey): NodeKey | null => {
  try {
    const key = read();
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
};

const noCrypto = () =>
  new SignError({ reason: "Unsupported", detail: "this runtime has no node:crypto" });

const wrongKey = (half: string) =>
  new SignError({ reason: "Misconfigured", detail: `the ${half} key is no Ed25519 key in PEM` });
