/**
 * What the house writes about itself, in streams of its own: people forgotten,
 * sealed fields read, people looked up, records whose time was over, contents sealed afterwards, key
 * stores given up for another, dead jobs tried again.
 *
 * These streams hold a `/` in their name, which no issue's id can, so a reader of
 * the feed tells them apart without opening the entry. Like all events they hold
 * ids, counts, instants and hashes only.
 */
import * as Schema from "effect/Schema";
import type { Instant } from "../time/index.ts";
import { NEVER_CHANGED } from "./EventCodec.ts";
import type { EventKind } from "./EventCodec.ts";
import { content, shapeOf } from "./Shapes.ts";

/** House events by type; `type` is the name in the journal and never changes its meaning. */
export interface HouseEventMap {
  /** A person's keys were destroyed: what was sealed with them can be read by nobody. */
  readonly PersonErased: {
    readonly at: Instant;
    /** The hash a person is kept under, never the person's id. */
    readonly owner: string;
    /** Ids of the destroyed keys. */
    readonly keys: ReadonlyArray<string>;
    /** True when done again after a restore brought back the time before. */
    readonly replayed: boolean;
  };
  /** Sealed fields were opened for somebody; several readings in one entry. */
  readonly SealedRead: {
    readonly at: Instant;
    readonly reads: ReadonlyArray<SealedReading>;
  };
  /** Persons were found by values they had given, their sealed ids opened; several in one entry. */
  readonly PersonsLookedUp: {
    readonly at: Instant;
    readonly lookups: ReadonlyArray<PersonLookup>;
  };
  /** Contents were forgotten because the time they are kept for was over. */
  readonly RetentionApplied: {
    readonly at: Instant;
    readonly kind: string;
    readonly issue: string;
    readonly records: ReadonlyArray<string>;
  };
  /** Contents that had been stored plain were sealed; those of persons forgotten meanwhile, forgotten. */
  readonly ContentsSealed: {
    readonly at: Instant;
    /** What each sealed record hashes to: the entry that brought it holds the hash of its words. */
    readonly records: ReadonlyArray<{ readonly id: string; readonly hash: string }>;
    readonly forgotten: ReadonlyArray<string>;
  };
  /** From now on contents are sealed with the keys of this key store; what has no key in it is given up. */
  readonly KeysAdopted: {
    readonly at: Instant;
    /** Fingerprint of the key store before; null where none was remembered. */
    readonly from: string | null;
    readonly to: string;
    /** Sealed contents no key was left for, though nobody was forgotten with them. */
    readonly givenUp: number;
  };
  /** Jobs that had been given up on were made due again. */
  readonly JobsRevived: {
    readonly at: Instant;
    /** Ids of the jobs: `clock/...`, or of a message. */
    readonly jobs: ReadonlyArray<string>;
  };
}

/** Who opened sealed fields of an issue, why, and how often between two instants. */
export interface SealedReading {
  /** Null for somebody with a receipt code, and for the host itself. */
  readonly viewer: string | null;
  readonly issue: string;
  readonly purpose: string;
  readonly times: number;
  readonly first: Instant;
  readonly last: Instant;
}

/** Who found a person by a value, for what, and how often between two instants. */
export interface PersonLookup {
  /** Null for the host itself. */
  readonly viewer: string | null;
  /** The hash the person is kept under, never their id. */
  readonly owner: string;
  readonly purpose: string;
  readonly times: number;
  readonly first: Instant;
  readonly last: Instant;
}

/** A house event. */
export type HouseEvent = {
  readonly [T in keyof HouseEventMap]: { readonly type: T } & HouseEventMap[T];
}[keyof HouseEventMap];

/** True for a stream of the house; an issue's id cannot hold a `/`. */
export const isHouseStream = (stream: string): boolean => stream.includes("/");

/** True for an entry of an issue's stream. */
export const isIssueEntry = (entry: { readonly stream: string }): boolean =>
  !isHouseStream(entry.stream);

const first = <const T extends HouseEvent["type"], const F extends Schema.Struct.Fields>(
  type: T,
  fields: F,
) => ({ form: Schema.Struct({ type: Schema.Literal(type), ...fields }), older: NEVER_CHANGED });

const reading = shapeOf<SealedReading>()({
  viewer: Schema.NullOr(Schema.String),
  issue: Schema.String,
  purpose: Schema.String,
  times: Schema.Int,
  first: Schema.Int,
  last: Schema.Int,
});

const lookup = shapeOf<PersonLookup>()({
  viewer: Schema.NullOr(Schema.String),
  owner: Schema.String,
  purpose: Schema.String,
  times: Schema.Int,
  first: Schema.Int,
  last: Schema.Int,
});

/** Every house event by its type, as it is stored. */
export const HOUSE_EVENTS = {
  PersonErased: first("PersonErased", {
    at: Schema.Int,
    owner: Schema.String,
    keys: Schema.Array(Schema.String),
    replayed: Schema.Boolean,
  }),
  SealedRead: first("SealedRead", { at: Schema.Int, reads: Schema.Array(reading) }),
  PersonsLookedUp: first("PersonsLookedUp", {
    at: Schema.Int,
    lookups: Schema.Array(lookup),
  }),
  RetentionApplied: first("RetentionApplied", {
    at: Schema.Int,
    kind: Schema.String,
    issue: Schema.String,
    records: Schema.Array(Schema.String),
  }),
  ContentsSealed: first("ContentsSealed", {
    at: Schema.Int,
    records: Schema.Array(content),
    forgotten: Schema.Array(Schema.String),
  }),
  KeysAdopted: first("KeysAdopted", {
    at: Schema.Int,
    from: Schema.NullOr(Schema.String),
    to: Schema.String,
    givenUp: Schema.Int,
  }),
  JobsRevived: first("JobsRevived", { at: Schema.Int, jobs: Schema.Array(Schema.String) }),
} as const satisfies {
  readonly [T in HouseEvent["type"]]: EventKind<HouseEvent & { readonly type: T }>;
};
