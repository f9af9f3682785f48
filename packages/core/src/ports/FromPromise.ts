/**
 * Adapters without Effect: the same doors in promises, both ways.
 *
 * A promise driver refuses by throwing {@link Conflict}, {@link StorageError} or
 * {@link NotifyError} - the classes themselves or plain objects of the same shape.
 * Anything else it throws becomes reason `Unknown` with the thrown value as cause.
 * Each method is handed an `AbortSignal` that fires when nobody waits any longer.
 */
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import {
  NotifyError,
  type DeliveryReceipt,
  type Notifier,
  type OutboundMessage,
} from "./Notifier.ts";
import { type Storage } from "./Storage.ts";
import { Conflict, isConflict, isStorageError, StorageError } from "./StorageErrors.ts";
import type { StorageCapabilities } from "./StorageInfo.ts";

/** What a promise method gets beside its request. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** {@link Storage} in promises. */
export type PromiseStorage = {
  readonly [Method in StorageMethod]: (
    ...args: [...Parameters<Storage[Method]>, options?: CallOptions]
  ) => Promise<Effect.Success<ReturnType<Storage[Method]>>>;
} & { readonly capabilities: StorageCapabilities };

/** {@link Notifier} in promises. */
export interface PromiseNotifier extends Pick<Notifier, "channel" | "capabilities"> {
  readonly send: (message: OutboundMessage, options?: CallOptions) => Promise<DeliveryReceipt>;
}

/** A promise driver as the library wants it. */
export const storageFromPromise = (driver: PromiseStorage): Storage => {
  const call = <A>(operation: StorageMethod, run: (options: CallOptions) => Promise<A>) =>
    Effect.tryPromise({
      try: (signal) => run({ signal }),
      catch: (cause) => storageErrorOf(operation, cause),
    });
  return {
    capabilities: driver.capabilities,
    info: () => call("info", (options) => driver.info(options)),
    read: (request) => call("read", (options) => driver.read(request, options)),
    receipt: (request) => call("receipt", (options) => driver.receipt(request, options)),
    scan: (request) => call("scan", (options) => driver.scan(request, options)),
    count: (request) => call("count", (options) => driver.count(request, options)),
    feed: (request) => call("feed", (options) => driver.feed(request, options)),
    lease: (request) => call("lease", (options) => driver.lease(request, options)),
    settle: (outcomes, at) => call("settle", (options) => driver.settle(outcomes, at, options)),
    dead: (request) => call("dead", (options) => driver.dead(request, options)),
    commit: (batch) =>
      Effect.tryPromise({
        try: (signal) => driver.commit(batch, { signal }),
        catch: (cause) =>
          isConflict(cause)
            ? new Conflict({ conflicts: cause.conflicts })
            : storageErrorOf("commit", cause),
      }),
  };
};

/** A driver for plain async code; rejections are the same tagged errors. */
export const storageToPromise = (storage: Storage): PromiseStorage => ({
  capabilities: storage.capabilities,
  info: (options) => Effect.runPromise(storage.info(), options),
  read: (request, options) => Effect.runPromise(storage.read(request), options),
  receipt: (request, options) => Effect.runPromise(storage.receipt(request), options),
  scan: (request, options) => Effect.runPromise(storage.scan(request), options),
  count: (request, options) => Effect.runPromise(storage.count(request), options),
  commit: (batch, options) => Effect.runPromise(storage.commit(batch), options),
  feed: (request, options) => Effect.runPromise(storage.feed(request), options),
  lease: (request, options) => Effect.runPromise(storage.lease(request), options),
  settle: (outcomes, at, options) => Effect.runPromise(storage.settle(outcomes, at), options),
  dead: (request, options) => Effect.runPromise(storage.dead(request), options),
});

/** A promise adapter as the library wants it. */
export const notifierFromPromise = (adapter: PromiseNotifier): Notifier => ({
  channel: adapter.channel,
  capabilities: adapter.capabilities,
  send: (message) =>
    Effect.tryPromise({
      try: (signal) => adapter.send(message, { signal }),
      catch: (cause) => notifyErrorOf(adapter.channel, cause),
    }),
});

type StorageMethod = Exclude<keyof Storage, "capabilities">;

const isNotifyError = Schema.is(Schema.Struct(NotifyError.fields));

/** Whatever a promise driver threw, typed. */
export const storageErrorOf = (operation: string, cause: unknown): StorageError => {
  if (cause instanceof StorageError) return cause;
  if (isStorageError(cause)) return new StorageError(cause);
  return new StorageError({
    reason: "Unknown",
    operation,
    detail: "the driver threw something that is no StorageError; see the cause",
    cause,
  });
};

// What an adapter throws may repeat the address or the body, so it is not quoted.
const notifyErrorOf = (channel: string, cause: unknown): NotifyError => {
  if (cause instanceof NotifyError) return cause;
  if (isNotifyError(cause)) return new NotifyError(cause);
  return new NotifyError({
    reason: "Unreachable",
    channel,
    detail: "the adapter threw something that is no NotifyError; it is tried again",
  });
};
