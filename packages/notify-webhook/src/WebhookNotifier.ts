/**
 * The webhook notifier: each message becomes one signed POST.
 *
 * It follows Standard Webhooks 1.0.0. The id is the delivery id, the same at every
 * attempt, so a receiver that keeps the ids it has seen acts once; the timestamp
 * is the attempt's instant, taken from the message. One `send` is one attempt:
 * whether and when to try again is the library's to decide.
 */
import type {
  Notifier,
  NotifierCapabilities,
  NotifyError,
  OutboundMessage,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { LookupFunction } from "node:net";
import { signerOf } from "./Signing.ts";
import type { Signer, WebhookSecrets } from "./Signing.ts";
import { makeTargetGuard } from "./Target.ts";
import type { TargetGuard, TargetOptions } from "./Target.ts";
import { makeFetchTransport, makePinnedTransport } from "./Transport.ts";
import type { Answer, Post, Transport } from "./Transport.ts";
import { CHANNEL, connectionFailure, failure, verdictOf } from "./Verdict.ts";

export interface WebhookNotifierOptions extends TargetOptions {
  /**
   * The signing keys, or the keys of each receiver. A key shared by two receivers
   * lets either write in your name to the other, so prefer the function as soon as
   * there are two; undefined means no key is known for that URL.
   */
  readonly secret: WebhookSecrets | ((url: URL) => WebhookSecrets | undefined);
  /** How long to wait for the head of an answer; 15,000 by default, at most 120,000. */
  readonly timeoutMillis?: number;
  /** How much of an answer's body is read off the wire, and dropped; 16,384 by default. */
  readonly maxResponseBytes?: number;
  /** How names become addresses; `dns.lookup` of Node by default. */
  readonly lookup?: LookupFunction;
  /**
   * Send with this instead of `node:https`. A name's addresses are then not judged
   * at connect time, so only use it behind a proxy or network that does so.
   */
  readonly fetch?: typeof globalThis.fetch;
}

/** The JSON body of a request. */
export interface WebhookPayload {
  /** `data.event` of the message, or `notification` when it names none. */
  readonly type: string;
  readonly deliveryId: string;
  readonly locale: "zh" | "en";
  readonly subject: string;
  readonly body: string;
  readonly data: Readonly<Record<string, string>>;
  /** Epoch milliseconds of this attempt. */
  readonly at: number;
}

/**
 * A notifier on the channel `webhook`; `to` of a message is the receiver's URL.
 *
 * Throws a `NotifyError` with the reason `Misconfigured` when an option cannot be
 * used, so that a server fails when it starts and not when it is needed.
 */
export const makeWebhookNotifier = (options: WebhookNotifierOptions): Notifier => {
  const guard = Result.getOrThrowWith(makeTargetGuard(options), misconfigured);
  const signerFor = makeSignerFor(options.secret);
  const exchange = makeExchange(
    options.fetch === undefined
      ? makePinnedTransport(guard, options.lookup)
      : makeFetchTransport(options.fetch),
    bounded("timeoutMillis", options.timeoutMillis ?? 15_000, 1, 120_000),
    bounded("maxResponseBytes", options.maxResponseBytes ?? 16_384, 0, 16_777_216),
  );
  return {
    channel: CHANNEL,
    capabilities: CAPABILITIES,
    send: Effect.fn("WebhookNotifier.send")(function* (message: OutboundMessage) {
      const post = yield* Effect.fromResult(prepare(message, guard, signerFor));
      const answer = yield* exchange(post);
      return yield* Effect.fromResult(verdictOf(answer.status, answer.retryAfter, message.at));
    }),
  };
};

// Private

/** Receivers commonly take 20 KB; 16 KiB of text leaves room for the references. */
const MAX_BYTES = 16_384;

const CAPABILITIES: NotifierCapabilities = { maxBytes: MAX_BYTES, deduplicates: false };

/** Keeps the request's head well under what servers read, encoded Chinese included. */
const MAX_ID_LENGTH = 256;

/** How long a body may trickle once the status is known; it cannot change the verdict. */
const DRAIN_MILLIS = 2000;

const LATEST_INSTANT = 8_640_000_000_000_000;

const misconfigured = (detail: string): NotifyError => failure("Misconfigured", detail);

const bounded = (name: string, value: number, least: number, most: number): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw misconfigured(`${name} must be a whole number from ${least} to ${most}`);
};

type SignerFor = (url: URL) => Result.Result<Signer, string>;

/** Common keys are read once, here; keys by receiver when a message goes there. */
const makeSignerFor = (secret: WebhookNotifierOptions["secret"]): SignerFor => {
  if (typeof secret !== "function") {
    const common = Result.succeed(Result.getOrThrowWith(signerOf(secret), misconfigured));
    return () => common;
  }
  return (url) => {
    const keys = secret(url);
    return keys === undefined
      ? Result.fail("no signing key is known for this receiver")
      : signerOf(keys);
  };
};

type Unsent = Omit<Post, "signal">;

const prepare = (
  message: OutboundMessage,
  guard: TargetGuard,
  signerFor: SignerFor,
): Result.Result<Unsent, NotifyError> => {
  const size = Buffer.byteLength(message.subject, "utf8") + Buffer.byteLength(message.body, "utf8");
  if (size > MAX_BYTES) {
    return Result.fail(failure("Rejected", `the text has ${size} bytes, more than ${MAX_BYTES}`));
  }
  if (message.deliveryId === "" || message.deliveryId.length > MAX_ID_LENGTH) {
    return Result.fail(failure("Rejected", `a delivery id has 1 to ${MAX_ID_LENGTH} characters`));
  }
  if (!Number.isInteger(message.at) || message.at < 0 || message.at > LATEST_INSTANT) {
    return Result.fail(failure("Rejected", "the message's instant is not epoch milliseconds"));
  }
  const url = guard.check(message.to);
  if (Result.isFailure(url)) return Result.fail(failure("Rejected", url.failure));
  const signer = signerFor(url.success);
  if (Result.isFailure(signer)) return Result.fail(misconfigured(signer.failure));
  const body = JSON.stringify(payloadOf(message));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "linli-notify-webhook",
    ...signer.success(message.deliveryId, message.at, body),
  };
  return Result.succeed({ url: url.success, headers, body });
};

const payloadOf = (message: OutboundMessage): WebhookPayload => ({
  type:
    (Object.hasOwn(message.data, "event") ? message.data["event"] : undefined) ?? "notification",
  deliveryId: message.deliveryId,
  locale: message.locale,
  subject: message.subject,
  body: message.body,
  data: message.data,
  at: message.at,
});

/** Sends and waits, bounded; whatever way it ends, interruption too, the connection is closed. */
const makeExchange =
  (transport: Transport, timeoutMillis: number, maxResponseBytes: number) =>
  (post: Unsent): Effect.Effect<Answer, NotifyError> =>
    Effect.acquireUseRelease(
      Effect.sync(() => new AbortController()),
      ({ signal }) =>
        Effect.tryPromise({
          try: () => transport({ ...post, signal }),
          catch: connectionFailure,
        }).pipe(
          Effect.timeoutOrElse({
            duration: timeoutMillis,
            orElse: () => Effect.fail(failure("Timeout", `no answer within ${timeoutMillis} ms`)),
          }),
          Effect.tap((answer) => drain(answer, maxResponseBytes)),
        ),
      (controller) => Effect.sync(() => controller.abort()),
    );

/** Takes a body off the wire so that the receiver may finish politely; never fails. */
const drain = (answer: Answer, maxBytes: number): Effect.Effect<void> =>
  Effect.tryPromise(async () => {
    let seen = 0;
    for await (const chunk of answer.body) {
      seen += chunk.byteLength;
      if (seen > maxBytes) break;
    }
  }).pipe(Effect.timeoutOption(DRAIN_MILLIS), Effect.ignore);
