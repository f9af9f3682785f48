/**
 * Seals in a row, as a verifier uses them: are they themselves in order, what do
 * they say of an entry, and where does an entry belong that is not in its place.
 * The ranges of a checkpoint make a row of their own.
 */
import * as Result from "effect/Result";
import { hashCheckpoint } from "./Checkpoint.ts";
import type { Checkpoint } from "./Checkpoint.ts";
import { hashSeal, leafOf, MARK_DIGITS, markOf, merkleRoot } from "./Seal.ts";
import type { KeptSeal, SealedRange } from "./Seal.ts";
import type { Digest } from "./Entry.ts";
import type { FeedEntry, JournalFault, VerifyOptions } from "./Verdict.ts";

/** The seals of a journal, asked by position. */
export interface SealLine {
  /** Entries under the seals. */
  readonly covered: number;
  /** True for a place under the seals. */
  readonly holds: (position: number) => boolean;
  /** Null when nothing is amiss, or no seal covers the position. */
  readonly judge: (position: number, entry: FeedEntry) => "Mark" | JournalFault | null;
  readonly sealAt: (position: number) => number | null;
  readonly markAt: (position: number) => string | null;
  /** The mark an entry would have under the seal of a position. */
  readonly markOf: (position: number, entry: FeedEntry) => string;
  /** Where a mark was sealed, the place nearest to `near` first; null when nowhere. */
  readonly placeOf: (mark: string, near: number) => number | null;
  /** The fault when the feed ended at `position` although more was sealed. */
  readonly missingFrom: (position: number) => JournalFault | null;
}

/**
 * The seals of a store together with those kept elsewhere, in order. Those kept are
 * believed; stored ones may fill in what lies before and after, and not contradict them.
 */
export const mergeSeals = (
  kept: ReadonlyArray<KeptSeal>,
  stored: ReadonlyArray<KeptSeal>,
): Result.Result<ReadonlyArray<KeptSeal>, JournalFault> => {
  const merged = new Map<number, KeptSeal>();
  for (const seal of kept) {
    if (merged.has(seal.index))
      return Result.fail(sealFault(seal, "the seals given hold this one twice"));
    merged.set(seal.index, seal);
  }
  for (const seal of stored) {
    const other = merged.get(seal.index);
    if (other === undefined) merged.set(seal.index, seal);
    else if (other.hash !== seal.hash) {
      const why = kept.includes(other)
        ? "the stored seal is not the one that was kept elsewhere"
        : "two stored seals have its number";
      return Result.fail(sealFault(seal, why));
    }
  }
  return Result.succeed([...merged.values()].sort((one, other) => one.index - other.index));
};

/** What the seals are worth by themselves: each hash, their order, their signatures. */
export const checkSeals = (options: VerifyOptions) => {
  const seals = options.seals ?? [];
  let signed = 0;
  let before: KeptSeal | null = null;
  for (const seal of seals) {
    const why = faultOfSeal(options, seal, before);
    if (why !== null) return { seals: [], signed: 0, fault: sealFault(seal, why) };
    if (seal.signature !== null && options.signatures !== undefined) signed += 1;
    before = seal;
  }
  const { sealedTo = 0 } = options;
  if (sealedTo > seals.length) return { seals: [], signed: 0, fault: lastGone(before, sealedTo) };
  if (before !== null && before.signature === null && options.signatures !== undefined) {
    return { seals: [], signed: 0, fault: sealFault(before, "the last seal is not signed") };
  }
  return { seals, signed, fault: null };
};

/**
 * The fault of a journal for which signatures were asked and of which nothing is covered
 * that could bear one: whoever takes all seals away must not gain by it.
 */
export const faultOfUnsigned = (options: VerifyOptions, entries: number): JournalFault | null => {
  const covering = [
    ...(options.seals ?? []),
    ...(options.checkpoints ?? []).flatMap(({ ranges }) => ranges),
  ];
  if (options.signatures === undefined || entries === 0 || covering.length > 0) return null;
  return {
    ...{ kind: "Seal", position: null, stream: null, version: null, seal: null, path: null },
    why: "there is no seal whose signature could vouch for the entries",
  };
};

/** What checkpoints are worth by themselves, and against the seals they stand on. */
export const faultOfCheckpoints = (options: VerifyOptions): JournalFault | null => {
  for (const checkpoint of options.checkpoints ?? []) {
    const why = faultOfCheckpoint(options, checkpoint);
    if (why === null) continue;
    const { seal, first } = checkpoint;
    return {
      ...{ kind: "Seal", position: first, stream: null, version: null },
      ...{ seal: seal?.index ?? null, path: null, why },
    };
  }
  return null;
};

/** Makes the line of seals that were found good. */
export const makeSealLine = (
  digests: ReadonlyArray<Digest>,
  seals: ReadonlyArray<SealedRange>,
): SealLine => {
  const first = seals[0]?.first ?? 1;
  const covered = seals.reduce((sum, seal) => sum + seal.count, 0);
  const digestOf = (seal: SealedRange) => digests.find((one) => one.algorithm === seal.algorithm);
  let leaves: Array<string> = [];
  // The feed is read in order, so the seal of a position is this one or the next.
  let current = 0;

  const sealOf = (position: number): SealedRange | undefined => {
    const here = seals[current];
    if (here !== undefined && holds(here, position)) return here;
    const at = seals.findIndex((seal) => holds(seal, position));
    if (at >= 0) current = at;
    return seals[at];
  };
  const leafFor = (seal: SealedRange | undefined, entry: FeedEntry): string => {
    const digest = seal === undefined ? undefined : digestOf(seal);
    return digest === undefined ? "" : leafOf(digest, entry.hash);
  };

  return {
    covered,
    holds: (position) => position >= first && position < first + covered,
    judge: (position, entry) => {
      if (position < first || position >= first + covered) return null;
      const seal = sealOf(position);
      const digest = seal === undefined ? undefined : digestOf(seal);
      if (seal === undefined || digest === undefined) return null;
      const leaf = leafFor(seal, entry);
      if (markOf(leaf) !== markIn(seal, position)) return "Mark";
      leaves.push(leaf);
      if (position < seal.first + seal.count - 1) return null;
      const root = merkleRoot(digest, leaves);
      leaves = [];
      return root === seal.root ? null : sealFault(seal, "the entries it covers were changed");
    },
    sealAt: (position) => sealOf(position)?.index ?? null,
    markAt: (position) => {
      const seal = sealOf(position);
      return seal === undefined ? null : markIn(seal, position);
    },
    markOf: (position, entry) => markOf(leafFor(sealOf(position), entry)),
    placeOf: (mark, near) => {
      const places = seals.flatMap((seal) => placesIn(seal, mark)).filter((at) => at !== near);
      return places.sort((a, b) => Math.abs(a - near) - Math.abs(b - near) || b - a)[0] ?? null;
    },
    missingFrom: (position) => {
      const missing = position + 1;
      if (missing >= first + covered) return null;
      return {
        ...{ kind: "Truncated", position: missing, stream: null, version: null, path: null },
        seal: sealOf(missing)?.index ?? null,
        why: `${first + covered - 1} entries were sealed, ${position} are there`,
      };
    },
  };
};

const holds = (seal: SealedRange, position: number): boolean =>
  position >= seal.first && position < seal.first + seal.count;

const markIn = (seal: SealedRange, position: number): string => {
  const at = (position - seal.first) * MARK_DIGITS;
  return seal.marks.slice(at, at + MARK_DIGITS);
};

const placesIn = (seal: SealedRange, mark: string): ReadonlyArray<number> => {
  const places: Array<number> = [];
  for (let i = seal.marks.indexOf(mark); i >= 0; i = seal.marks.indexOf(mark, i + 1)) {
    if (i % MARK_DIGITS === 0) places.push(seal.first + i / MARK_DIGITS);
  }
  return places;
};

// Seals in a row number as many as the last one's index.
const lastGone = (last: KeptSeal | null, sealedTo: number): JournalFault => {
  const missing = (last?.index ?? 0) + 1;
  return {
    ...{ kind: "Seal", position: last === null ? 1 : last.first + last.count, stream: null },
    ...{ version: null, seal: missing, path: null },
    why: `seal ${missing} is missing; sealing had come to seal ${sealedTo}`,
  };
};

const sealFault = (seal: SealedRange, why: string): JournalFault => ({
  kind: "Seal",
  position: seal.first,
  stream: null,
  version: null,
  seal: seal.index,
  path: null,
  why,
});

const faultOfCheckpoint = (options: VerifyOptions, checkpoint: Checkpoint): string | null => {
  const { algorithm, namespace, seal, first } = checkpoint;
  const digest = options.digests.find((one) => one.algorithm === algorithm);
  if (digest === undefined) return `a checkpoint's algorithm ${algorithm} is not at hand here`;
  if (namespace !== options.namespace) return "a checkpoint is of another namespace";
  if (hashCheckpoint(digest, checkpoint) !== checkpoint.hash) return "a checkpoint was changed";
  const unsigned = faultOfSignature(options, checkpoint);
  if (unsigned !== null) return unsigned;
  if (seal === null) return first === 1 ? null : "a checkpoint does not begin at the first entry";
  const under = options.seals?.find((one) => one.index === seal.index);
  if (under === undefined) return "the seal that a checkpoint stands on is missing";
  return under.hash === seal.hash && under.first + under.count === first
    ? null
    : "it is not the seal that a checkpoint stands on";
};

const faultOfSignature = ({ signatures }: VerifyOptions, checkpoint: Checkpoint): string | null => {
  if (signatures === undefined) return null;
  if (checkpoint.signature === null) return "a checkpoint is not signed";
  const judged = signatures(checkpoint);
  if (judged === "Good") return null;
  return judged === "Bad"
    ? "the signature of a checkpoint is not good"
    : "no key is known for the signature of a checkpoint";
};

const faultOfSeal = (
  options: VerifyOptions,
  seal: KeptSeal,
  before: KeptSeal | null,
): string | null => {
  const digest = options.digests.find((one) => one.algorithm === seal.algorithm);
  if (digest === undefined) return `its algorithm ${seal.algorithm} is not at hand here`;
  if (seal.namespace !== options.namespace) return "it is of another namespace";
  if (hashSeal(digest, seal) !== seal.hash) return "it was changed";
  if (before !== null) {
    if (seal.index !== before.index + 1) return `seal ${before.index + 1} is missing before it`;
    if (seal.previous !== before.hash) return "it does not follow the seal before it";
    if (seal.first !== before.first + before.count) return "its range does not follow";
  } else if (seal.index !== 1) {
    return seal.index === 2 ? "seal 1 is missing" : `seals 1 to ${seal.index - 1} are missing`;
  } else if (seal.first !== 1 || seal.previous !== "") {
    return "it is not a first seal";
  }
  if (seal.signature === null || options.signatures === undefined) return null;
  const judged = options.signatures(seal);
  if (judged === "Good") return null;
  return judged === "Bad" ? "its signature is not good" : "no key is known for its signature";
};
