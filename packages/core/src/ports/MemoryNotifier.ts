/** A notifier that keeps what it was given: for tests, demonstrations and dry runs. */
import * as Effect from "effect/Effect";
import type { Notifier, NotifierCapabilities, NotifyError, OutboundMessage } from "./Notifier.ts";

/** A recording notifier. */
export interface MemoryNotifier extends Notifier {
  /** Messages taken so far, in order. */
  readonly sent: () => ReadonlyArray<OutboundMessage>;
  /** Messages refused so far, in order. */
  readonly refused: () => ReadonlyArray<OutboundMessage>;
}

/** What may differ from a transport that takes everything. */
export interface MemoryNotifierOptions {
  readonly capabilities?: NotifierCapabilities;
  /** Why this message is not taken; null takes it. */
  readonly refuse?: (message: OutboundMessage) => NotifyError | null;
}

/** A notifier for `channel` that records each attempt. */
export const makeMemoryNotifier = (
  channel: string,
  options: MemoryNotifierOptions = {},
): MemoryNotifier => {
  const sent: Array<OutboundMessage> = [];
  const refused: Array<OutboundMessage> = [];
  return {
    channel,
    capabilities: options.capabilities ?? { maxBytes: null, deduplicates: false },
    send: (message) =>
      Effect.suspend(() => {
        const refusal = options.refuse?.(message) ?? null;
        (refusal === null ? sent : refused).push(message);
        return refusal === null
          ? Effect.succeed({ providerId: `${channel}-${sent.length}` })
          : Effect.fail(refusal);
      }),
    sent: () => [...sent],
    refused: () => [...refused],
  };
};
