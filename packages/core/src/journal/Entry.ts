/**
 * Entry format v1: one line of the journal, fixed with the first release.
 *
 * The stored value is the canonical encoding of its header with the payload put
 * last. The hash is taken over the header, where the payload is present by its own
 * hash, and the header names the hash of the entry before it in the same stream.
 * So a changed, dropped or swapped entry shows, and a payload can be checked alone.
 * Stored bytes never change; later versions get a new `v` and an upcaster.
 */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { decodeStrict, encodeCanonical, InputError } from "../data/index.ts";
import type { SchemaFault } from "../data/index.ts";
import type { IssueEvent } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";
import { makeEventCodec } from "./EventCodec.ts";
import type { EventCodec } from "./EventCodec.ts";
import { HOUSE_EVENTS } from "./House.ts";
import type { HouseEvent } from "./House.ts";
import { ISSUE_EVENTS } from "./IssueEvents.ts";

/** A hash function by name. `hash` returns lower-case hexadecimal of the UTF-8 bytes. */
export interface Digest {
  readonly algorithm: "SHA-256" | "SM3";
  readonly hash: (text: string) => string;
}

/** Who caused an entry: a person (opaque id), a receipt or source, the host, or a clock of the library. */
export type EntryActor =
  | { readonly type: "person"; readonly person: string }
  | { readonly type: "receipt" }
  | { readonly type: "source"; readonly source: string }
  | { readonly type: "host" }
  | { readonly type: "unknown" }
  | { readonly type: "clock" };

/** What an entry says besides its event. */
export interface EntryHead {
  readonly stream: string;
  /** Place in the stream, from 1, without gaps. */
  readonly version: number;
  readonly actor: EntryActor;
  readonly charter: { readonly id: string; readonly version: string };
  /** The command id, or the clock and due instant, that caused it. */
  readonly cause: string;
  /** When it was written down; `at` of the event is when it happened. */
  readonly recordedAt: Instant;
}

/** A decoded entry of an issue. */
export type JournalEntry = EntryOf<IssueEvent>;

/** A decoded entry with an event of some kind. */
export interface EntryOf<E> extends EntryHead {
  readonly v: 1;
  readonly event: E;
  readonly payloadHash: string;
  /** Hash of the entry before it in its stream; empty for the first. */
  readonly previous: string;
}

/** An entry ready to be stored. */
export interface EncodedEntry {
  readonly stream: string;
  readonly version: number;
  readonly value: string;
  readonly hash: string;
  readonly previous: string;
}

/** Encodes one entry after the entry whose hash is `previous`. */
export const encodeEntry = (
  digest: Digest,
  head: EntryHead,
  event: IssueEvent | HouseEvent,
  previous: string,
): EncodedEntry => {
  const payload = encodeCanonical(anyEvents.stored(event));
  const header = encodeHeader(head, digest.hash(payload), event, previous);
  return {
    stream: head.stream,
    version: head.version,
    value: withPayload(header, payload),
    hash: digest.hash(header),
    previous,
  };
};

/**
 * Decodes a stored entry of an issue: every field of it, and every field of its event.
 * An unknown format or event and a payload that does not fit are refused with their path.
 */
export const decodeEntry = (value: string): Result.Result<JournalEntry, InputError> =>
  Result.map(decodeStored(value, ofIssues), ({ entry }) => entry);

/** Decodes an entry of any stream: an issue's or one of the house's own. */
export const decodeAnyEntry = (
  value: string,
): Result.Result<EntryOf<IssueEvent | HouseEvent>, InputError> =>
  Result.map(decodeStored(value, anyEvents), ({ entry }) => entry);

/**
 * Checks one stored entry by itself: what it says, and both its hashes. Whether it
 * stands in its right place is for {@link verifyStream} and the journal's verifier.
 */
export const verifyEntry = (
  digest: Digest,
  stored: { readonly version: number; readonly value: string; readonly hash: string },
): Result.Result<EntryOf<IssueEvent | HouseEvent>, string> => {
  const decoded = decodeStored(stored.value, anyEvents);
  if (Result.isFailure(decoded)) {
    const { path, reason } = decoded.failure;
    return Result.fail(path === "" ? reason : `${path} ${reason}`);
  }
  const { entry, payload } = decoded.success;
  if (entry.version !== stored.version) return Result.fail("its own version is another");
  // What is hashed is what was stored, whatever today's form of the event is.
  const text = canonicalOf(payload);
  if (text === undefined || digest.hash(text) !== entry.payloadHash)
    return Result.fail("its payload was changed");
  const header = encodeHeader(entry, entry.payloadHash, entry.event, entry.previous);
  return digest.hash(header) === stored.hash && withPayload(header, text) === stored.value
    ? Result.succeed(entry)
    : Result.fail("its header was changed");
};

const ofIssues = makeEventCodec<IssueEvent>(ISSUE_EVENTS);
const anyEvents = makeEventCodec<IssueEvent | HouseEvent>({ ...ISSUE_EVENTS, ...HOUSE_EVENTS });

const decodeStored = <E extends { readonly type: string; readonly at: Instant }>(
  value: string,
  events: EventCodec<E>,
): Result.Result<{ readonly entry: EntryOf<E>; readonly payload: unknown }, InputError> => {
  const parsed = parsedOf(value);
  if (parsed === undefined) return refused({ path: "", reason: "is not JSON" }, "");
  const decoded = decodeHeader(parsed);
  if (Result.isFailure(decoded)) return refused(decoded.failure, "");
  const { payload, type, at, ...head } = decoded.success;
  const event = events.decode(payload);
  if (Result.isFailure(event)) return refused(event.failure, "/payload");
  return event.success.type === type && event.success.at === at
    ? Result.succeed({ entry: { ...head, event: event.success }, payload })
    : refused({ path: "/payload", reason: "is of another type or instant than its entry" }, "");
};

const parsedOf = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};

/** What verifying a stream found: its length, or the first bad position and why. */
export type Verified =
  | { readonly _tag: "Sound"; readonly length: number; readonly head: string }
  | { readonly _tag: "Broken"; readonly version: number; readonly why: string };

/**
 * Checks the entries of one stream, in version order, from its beginning; total for
 * any stored text. A missing tail shows only against a head (length and hash) kept elsewhere.
 */
export const verifyStream = (
  digest: Digest,
  entries: ReadonlyArray<{
    readonly version: number;
    readonly value: string;
    readonly hash: string;
  }>,
): Verified => {
  let previous = "";
  let expected = 1;
  let stream: string | undefined;
  for (const stored of entries) {
    const checked = checkEntry(digest, stored, { version: expected, previous, stream });
    if (Result.isFailure(checked)) {
      return { _tag: "Broken", version: expected, why: checked.failure };
    }
    ({ stream } = checked.success);
    previous = stored.hash;
    expected += 1;
  }
  return { _tag: "Sound", length: expected - 1, head: previous };
};

const StoredEntry = Schema.Struct({
  v: Schema.Literal(1),
  stream: Schema.String,
  version: Schema.Int,
  actor: Schema.Union([
    Schema.Struct({ type: Schema.Literal("person"), person: Schema.String }),
    Schema.Struct({ type: Schema.Literal("source"), source: Schema.String }),
    Schema.Struct({ type: Schema.Literals(["receipt", "host", "unknown", "clock"]) }),
  ]),
  charter: Schema.Struct({ id: Schema.String, version: Schema.String }),
  cause: Schema.String,
  recordedAt: Schema.Int,
  type: Schema.String,
  at: Schema.Int,
  payloadHash: Schema.String,
  previous: Schema.String,
  payload: Schema.Unknown,
});

const decodeHeader = decodeStrict(StoredEntry);

const refused = ({ path, reason }: SchemaFault, under: string): Result.Result<never, InputError> =>
  Result.fail(
    new InputError({
      door: "journal",
      path: `${under}${path}`,
      reason,
      advice: "read it with the release that wrote it, or restore the journal",
    }),
  );

// The keys stand in canonical order, so the header is the canonical encoding without sorting at run time.
const encodeHeader = (
  head: EntryHead,
  payloadHash: string,
  event: IssueEvent | HouseEvent,
  previous: string,
): string =>
  `{"actor":${encodeCanonical(head.actor)},"at":${event.at},"cause":${JSON.stringify(head.cause)},` +
  `"charter":${encodeCanonical(head.charter)},"payloadHash":"${payloadHash}","previous":"${previous}",` +
  `"recordedAt":${head.recordedAt},"stream":${JSON.stringify(head.stream)},"type":"${event.type}",` +
  `"v":1,"version":${head.version}}`;

const withPayload = (header: string, payload: string): string =>
  `${header.slice(0, -1)},"payload":${payload}}`;

const checkEntry = (
  digest: Digest,
  stored: { readonly version: number; readonly value: string; readonly hash: string },
  expected: {
    readonly version: number;
    readonly previous: string;
    readonly stream: string | undefined;
  },
): Result.Result<EntryOf<IssueEvent | HouseEvent>, string> => {
  if (stored.version !== expected.version)
    return Result.fail(`version ${stored.version} stands where ${expected.version} belongs`);
  const checked = verifyEntry(digest, stored);
  if (Result.isFailure(checked)) return checked;
  const entry = checked.success;
  if (expected.stream !== undefined && entry.stream !== expected.stream)
    return Result.fail("it belongs to another stream");
  return entry.previous === expected.previous
    ? checked
    : Result.fail("it does not follow the entry before it");
};

// What was never written by the library, such as a fraction, has no canonical form.
const canonicalOf = (payload: unknown): string | undefined => {
  try {
    return encodeCanonical(payload);
  } catch {
    return undefined;
  }
};
