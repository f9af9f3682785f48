/**
 * Signatures of Standard Webhooks 1.0.0, symmetric scheme `v1`.
 *
 * The signed text is `id.seconds.body`. Several keys give several signatures, so
 * that a receiver can change its key without missing a message. The arithmetic is
 * the `standardwebhooks` package's; see docs/decisions/0003-webhook-signing.md.
 */
import * as Redacted from "effect/Redacted";
import * as Result from "effect/Result";
import { Webhook } from "standardwebhooks";

/** `whsec_` and the base64 of 24 to 64 random bytes, better kept `Redacted`. */
export type WebhookSecret = string | Redacted.Redacted<string>;

/** One key, or the keys in force at the same time while one replaces another. */
export type WebhookSecrets = WebhookSecret | ReadonlyArray<WebhookSecret>;

/** The three headers of one attempt; `at` in epoch milliseconds. */
export type Signer = (deliveryId: string, at: number, body: string) => SignatureHeaders;

export interface SignatureHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

/** A signer for these keys, or what is wrong with them (never quoting one). */
export const signerOf = (secrets: WebhookSecrets): Result.Result<Signer, string> => {
  const keys = (isList(secrets) ? secrets : [secrets]).map(plain);
  if (keys.length === 0) return Result.fail("no signing key was given");
  const bad = keys.findIndex((key) => !isKey(key));
  if (bad >= 0) {
    return Result.fail(`signing key ${bad + 1} is not whsec_ and the base64 of 24 to 64 bytes`);
  }
  const hooks = keys.map((key) => new Webhook(key));
  return Result.succeed((deliveryId, at, body) => {
    const id = headerId(deliveryId);
    const instant = new Date(at);
    return {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at / 1000)),
      "webhook-signature": hooks.map((hook) => hook.sign(id, instant, body)).join(" "),
    };
  });
};

/**
 * A delivery id as a header may carry it: letters, digits, `_`, `:` and `-` stay,
 * everything else is percent-encoded as UTF-8. Ids may hold Chinese letters, which
 * headers cannot, and full stops, which the standard forbids in a signed id. Equal
 * ids stay equal and different ids different.
 */
export const headerId = (deliveryId: string): string =>
  deliveryId
    .toWellFormed()
    .replace(/[^A-Za-z0-9_:-]/gu, (character) =>
      [...new TextEncoder().encode(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join(""),
    );

// Private

const isList = (secrets: WebhookSecrets): secrets is ReadonlyArray<WebhookSecret> =>
  Array.isArray(secrets);

const plain = (secret: WebhookSecret): string =>
  typeof secret === "string" ? secret : Redacted.value(secret);

const PREFIX = "whsec_";

const isKey = (key: string): boolean => {
  if (!key.startsWith(PREFIX)) return false;
  const encoded = key.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, "base64");
  // Buffer skips what is not base64, so only a key that comes back the same is one.
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64") === encoded;
};
