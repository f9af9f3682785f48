/**
 * The same services for plain async code.
 *
 * Methods take and return plain data; they reject with the same tagged errors, so
 * `error._tag` and `error.code` tell what happened. An `AbortSignal` interrupts.
 */
import * as Effect from "effect/Effect";
import type { Refusal } from "../issue/index.ts";
import type { Publication, LinliService, LinliSettings } from "../services/index.ts";
import { makeLinli } from "../services/index.ts";

/** Options every method takes last. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

type Method = (...args: ReadonlyArray<never>) => Effect.Effect<unknown, unknown>;

type Promised<T> = T extends (...args: infer A) => Effect.Effect<infer R, unknown>
  ? (...args: A) => Promise<R>
  : T extends Effect.Effect<infer R, unknown>
    ? () => Promise<R>
    : never;

/** Every method of {@link LinliService} in promises. */
export type Desk = { readonly [K in keyof LinliService]: Promised<LinliService[K]> } & {
  /** The same methods, each interruptible by the given signal. */
  readonly withSignal: (signal: AbortSignal) => Desk;
  /** The Effect service behind it. */
  readonly effect: LinliService;
};

/**
 * Opens a desk on a storage, publishing what is given first. Publishing the same
 * versions again is harmless, so a host may call this at every start.
 */
export const createDesk = async (settings: LinliSettings & Publication): Promise<Desk> => {
  const service = makeLinli(settings);
  await Effect.runPromise(service.reapplyErasures());
  const { charter, hierarchy, directory, bases, reroute, by } = settings;
  const given = [charter, hierarchy, directory, reroute];
  if (given.some((part) => part !== undefined)) {
    await Effect.runPromise(
      service.publish({
        ...(charter === undefined ? {} : { charter }),
        ...(hierarchy === undefined ? {} : { hierarchy }),
        ...(directory === undefined ? {} : { directory }),
        ...(bases === undefined ? {} : { bases }),
        ...(reroute === undefined ? {} : { reroute }),
        ...(by === undefined ? {} : { by }),
      }),
    );
  }
  return deskOf(service);
};

/** A desk over a service that exists. */
export const deskOf = (service: LinliService, options: CallOptions = {}): Desk => {
  const methods = Object.entries(service).map(([name, member]) => [
    name,
    (...args: ReadonlyArray<never>) =>
      Effect.runPromise(
        typeof member === "function" ? (member as Method)(...args) : member,
        options,
      ),
  ]);
  return {
    ...Object.fromEntries(methods),
    effect: service,
    withSignal: (signal: AbortSignal) => deskOf(service, { signal }),
  } as Desk;
};

/** True for a step the library refused, across duplicated installs. */
export const isRefusal = (error: unknown): error is Refusal =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "Refusal";
