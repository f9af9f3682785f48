/**
 * Stored events and their versions.
 *
 * What was written is never changed, so a form that no longer fits the domain stays
 * readable: each kind of event lists its older forms, and each of those leads to the
 * one after it by a pure function. A payload is checked against the form it was
 * written in, brought up step by step, and checked once more against today's.
 *
 * The first version carries no number, as the first release wrote none; later ones
 * say theirs in `v`. What the library has just made is written without being checked.
 */
import * as Result from "effect/Result";
import type * as Schema from "effect/Schema";
import { decodeStrict } from "../data/index.ts";
import type { SchemaFault } from "../data/index.ts";

/** One older form of an event, and the way to the next. */
export interface OlderForm {
  readonly lift: (payload: unknown) => Result.Result<unknown, SchemaFault>;
}

/** How one kind of event is stored. */
export interface EventKind<E> {
  readonly form: Schema.ConstraintDecoder<E>;
  /** From the first version on; the current version is one more than these. */
  readonly older: ReadonlyArray<OlderForm>;
}

/** Reads and writes the payloads of some kinds of events. */
export interface EventCodec<E> {
  /** Total for any JSON value; the fault's path is within the payload. */
  readonly decode: (payload: unknown) => Result.Result<E, SchemaFault>;
  /** What is to be encoded for an event: itself, and its version when that is not the first. */
  readonly stored: (event: E) => object;
}

/** The older forms of a kind of event that still has its first. */
export const NEVER_CHANGED: ReadonlyArray<OlderForm> = [];

/** An older form; `upcast` is pure and total, and makes a payload of the next version. */
export const olderForm = <Old>(
  form: Schema.ConstraintDecoder<Old>,
  upcast: (old: Old) => object,
): OlderForm => {
  const decode = decodeStrict(form);
  return { lift: (payload) => Result.map(decode(payload), upcast) };
};

/** Makes the codec of some kinds, each under its event's type. */
export const makeEventCodec = <E extends { readonly type: string }>(
  kinds: Readonly<Record<E["type"], EventKind<E>>>,
): EventCodec<E> => {
  const all = Object.entries<EventKind<E>>(kinds);
  const readers = new Map<string, Reader<E>>(
    all.map(([type, { form, older }]) => [type, { current: decodeStrict(form), older }]),
  );
  const later = new Map(
    all.flatMap(([type, { older }]) =>
      older.length === 0 ? [] : [[type, older.length + 1] as const],
    ),
  );
  return {
    decode: (payload) => {
      if (!isRecord(payload)) return fault("", "must be an object");
      const { type } = payload;
      const reader = typeof type === "string" ? readers.get(type) : undefined;
      if (reader === undefined) return fault("/type", "is an event this release does not know");
      if (!Object.hasOwn(payload, "v")) return lifted(reader, payload, 1);
      const { v: version, ...body } = payload;
      return isLaterVersion(version) && version <= reader.older.length + 1
        ? lifted(reader, body, version)
        : fault("/v", "is a version this release does not know");
    },
    stored: (event) => {
      const version = later.size === 0 ? undefined : later.get(event.type);
      return version === undefined ? event : { ...event, v: version };
    },
  };
};

// Private

interface Reader<E> {
  readonly current: (payload: unknown) => Result.Result<E, SchemaFault>;
  readonly older: ReadonlyArray<OlderForm>;
}

const lifted = <E>(
  reader: Reader<E>,
  payload: unknown,
  version: number,
): Result.Result<E, SchemaFault> => {
  let at = payload;
  for (const { lift } of reader.older.slice(version - 1)) {
    const next = lift(at);
    if (Result.isFailure(next)) return Result.fail(next.failure);
    at = next.success;
  }
  return reader.current(at);
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isLaterVersion = (version: unknown): version is number =>
  typeof version === "number" && Number.isSafeInteger(version) && version > 1;

const fault = (path: string, reason: string): Result.Result<never, SchemaFault> =>
  Result.fail({ path, reason });
