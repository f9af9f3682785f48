/** What a journal is verified against, and what comes out. */
import type { Checkpoint } from "./Checkpoint.ts";
import type { Instant } from "../time/index.ts";
import type { Digest } from "./Entry.ts";
import type { KeptSeal } from "./Seal.ts";

/** Judges the signature of a seal or checkpoint; never asked for an unsigned one. */
export type SignatureCheck = (signed: KeptSeal | Checkpoint) => "Good" | "Bad" | "UnknownKey";

/** An entry as the feed gives it. */
export interface FeedEntry {
  readonly stream: string;
  readonly version: number;
  readonly value: string;
  readonly hash: string;
}

/** An issue as its stored row has it: its stream's length, the hash of the last entry, and the state. */
export interface StoredState {
  readonly stream: string;
  readonly version: number;
  readonly head: string;
  readonly state: unknown;
}

/** A content as its stored row has it: what it hashes to, or the mark that it was forgotten. */
export type StoredContent =
  | { readonly id: string; readonly hashes: ReadonlyArray<string> }
  | { readonly id: string; readonly forgotten: true };

/** What an issue's stored state is held against, besides the journal. */
export interface StateEvidence {
  /** All entries of its stream, in order. */
  readonly history: ReadonlyArray<FeedEntry>;
  /** Its stored contents. */
  readonly contents: ReadonlyArray<StoredContent>;
}

/** A row that cannot be read as an issue, and why. */
export interface UnreadableState {
  readonly stream: string;
  readonly unreadable: string;
}

/**
 * What is wrong: an entry was changed, is missing, stands at another's place, is
 * there twice, was added, or is missing together with all after it; or a seal,
 * an issue's stored state, or a content it names, does not fit.
 */
export type FaultKind =
  | "Edited"
  | "Missing"
  | "Swapped"
  | "Duplicated"
  | "Inserted"
  | "Truncated"
  | "Seal"
  | "State"
  | "Content";

/** The first thing that is wrong. Holds ids and numbers, never what an entry says. */
export interface JournalFault {
  readonly kind: FaultKind;
  /**
   * Number of the entry in feed order, from 1; null when it has no place there. Where
   * only bounds are known, the first place it can have had.
   */
  readonly position: number | null;
  /** The last place it can have had; absent where `position` is exact. */
  readonly latest?: number;
  readonly stream: string | null;
  /** Version within the stream, where it is known. */
  readonly version: number | null;
  /** The seal concerned. */
  readonly seal: number | null;
  /** For a stored state: the first field in question, as a JSON Pointer. */
  readonly path: string | null;
  readonly why: string;
}

/** What verifying a journal found. */
export type JournalVerdict =
  | {
      readonly _tag: "Sound";
      readonly entries: number;
      readonly streams: number;
      /** Entries under a seal. */
      readonly sealed: number;
      /** Entries after them under a checkpoint; the rest is held by its streams and states alone. */
      readonly pinned: number;
      readonly seals: number;
      /** Seals whose signature was checked and is good. */
      readonly signed: number;
      /** When the last seal was made; null when there is none. */
      readonly sealedAt: Instant | null;
    }
  | { readonly _tag: "Broken"; readonly entries: number; readonly fault: JournalFault };

/** What to verify against. */
export interface VerifyOptions {
  readonly namespace: string;
  /** Hash functions entries may have been written with; usually one. */
  readonly digests: ReadonlyArray<Digest>;
  /** Seals in order, from the first and without gaps; `mergeSeals` puts them together. */
  readonly seals?: ReadonlyArray<KeptSeal>;
  /** Number of the last seal as the store's own sealing remembers it: none up to it may be missing. */
  readonly sealedTo?: number;
  /** Taken of this journal earlier and kept elsewhere, in any order. */
  readonly checkpoints?: ReadonlyArray<Checkpoint>;
  /**
   * Judges signatures; without it they are not looked at. With it every signature
   * must be good, the last seal must have one, which vouches for all before it, and
   * each checkpoint must; entries with neither seal nor checkpoint are a fault.
   */
  readonly signatures?: SignatureCheck;
}
