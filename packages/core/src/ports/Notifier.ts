/**
 * The notification port: the second of the two doors.
 *
 * An adapter carries one rendered message over one transport and answers what
 * became of it. Who is told, in which words, when, how often again and what
 * happens to a message nobody takes is decided by the library.
 */
import type * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";

/** What an adapter can carry, as data. */
export interface NotifierCapabilities {
  /** UTF-8 bytes of `subject` and `body` together; null for no bound. */
  readonly maxBytes: number | null;
  /** Whether the transport itself drops a second message with the same delivery id. */
  readonly deduplicates: boolean;
}

/** A message as it leaves: sentences are final, nothing is added by an adapter. */
export interface OutboundMessage {
  /** Stable over retries; hand it to the transport wherever it has a field for it. */
  readonly deliveryId: string;
  /** An address the adapter understands: a URL, an account, a telephone number. */
  readonly to: string;
  readonly locale: "zh" | "en";
  readonly subject: string;
  readonly body: string;
  /** References only (issue id, event, unit); never personal data. */
  readonly data: Readonly<Record<string, string>>;
  /** Epoch milliseconds of this attempt. */
  readonly at: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** The transport took the message. */
export interface DeliveryReceipt {
  /** The transport's own id, when it gives one. */
  readonly providerId: string | null;
}

/** Why a message was not taken. The reason alone says whether to try again. */
export const NotifyReason = Schema.Literals([
  "Rejected",
  "RateLimited",
  "Unreachable",
  "Unauthorized",
  "Timeout",
  "Misconfigured",
  "RecipientGone",
]);
export type NotifyReason = typeof NotifyReason.Type;

/** A message was not taken. `detail` never holds the address, a secret or the body. */
export class NotifyError extends Schema.TaggedError<NotifyError>()("NotifyError", {
  reason: NotifyReason,
  channel: Schema.String,
  detail: Schema.String,
  /** Milliseconds the transport asked to wait, when it said so. */
  retryAfterMillis: Schema.optionalKey(Schema.Int),
}) {
  override get message(): string {
    return `channel ${this.channel} did not take the message (${this.reason}): ${this.detail}`;
  }
}

/** An adapter for one transport. */
export interface Notifier {
  readonly channel: string;
  readonly capabilities: NotifierCapabilities;
  readonly send: (message: OutboundMessage) => Effect.Effect<DeliveryReceipt, NotifyError>;
}

/** What to do after a failed attempt. */
export type RetryAdvice =
  | { readonly _tag: "After"; readonly millis: number }
  | { readonly _tag: "Never" };

/**
 * Whether and when to try again: exponential from 5 seconds to 1 hour, the
 * transport's own wish respected, at most `maxAttempts` attempts.
 */
export const retryAdvice = (error: NotifyError, attempt: number, maxAttempts = 12): RetryAdvice => {
  const lasting =
    error.reason === "Rejected" ||
    error.reason === "Unauthorized" ||
    error.reason === "Misconfigured" ||
    error.reason === "RecipientGone";
  if (lasting || attempt >= maxAttempts) return { _tag: "Never" };
  const backoff = Math.min(5000 * 2 ** (attempt - 1), 3_600_000);
  return { _tag: "After", millis: Math.max(backoff, error.retryAfterMillis ?? 0) };
};
