/**
 * The console notifier: each message becomes one line of JSON.
 *
 * It is for development, demonstrations and hosts whose log collector is the
 * transport. A line holds what the message holds (its address included) and
 * nothing more. Text cannot forge a second line, move a terminal's cursor or turn
 * the reading direction: every control, format and line-separating character is
 * written as a `\u` escape, so `JSON.parse` still gives the exact text back.
 */
import type { NotifierCapabilities, Notifier, OutboundMessage } from "@linli/core/ports";
import { NotifyError } from "@linli/core/ports";
import * as Console from "effect/Console";
import * as Effect from "effect/Effect";

export interface ConsoleNotifierOptions {
  /** Where a line goes, without its line break; by default Effect's `Console.log`. */
  readonly write?: (line: string) => void;
}

/**
 * A notifier on the channel `console`.
 *
 * A `write` that throws is answered with `Unreachable`, so the message is tried
 * again; what it threw is not repeated in the error, as it may quote the line.
 */
export const makeConsoleNotifier = (options: ConsoleNotifierOptions = {}): Notifier => {
  const { write } = options;
  return {
    channel: CHANNEL,
    capabilities: CAPABILITIES,
    send: Effect.fn("ConsoleNotifier.send")(function* (message: OutboundMessage) {
      const line = encodeLine(message);
      if (write === undefined) {
        yield* Console.log(line);
      } else {
        yield* Effect.try({ try: () => write(line), catch: notWritten });
      }
      return { providerId: null };
    }),
  };
};

/** The line of a message: JSON with its fields in a fixed order, without a line break. */
export const encodeLine = (message: OutboundMessage): string =>
  JSON.stringify({
    channel: CHANNEL,
    deliveryId: message.deliveryId,
    to: message.to,
    locale: message.locale,
    subject: message.subject,
    body: message.body,
    data: message.data,
    at: message.at,
    attempt: message.attempt,
  }).replace(UNSEEN, escapeUnits);

// Private

const CHANNEL = "console";

const CAPABILITIES: NotifierCapabilities = { maxBytes: null, deduplicates: false };

/** Controls (Cc), formats such as bidi overrides (Cf), and the line and paragraph separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

// A format character beyond the basic plane is two UTF-16 units, as JSON escapes it.
const escapeUnits = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

const notWritten = (): NotifyError =>
  new NotifyError({
    reason: "Unreachable",
    channel: CHANNEL,
    detail: "the line could not be written; see what `write` does",
  });
