/**
 * Seals: what makes a journal trustworthy even against whoever can write to its store.
 *
 * A seal covers a range of one namespace's feed: how many entries, the root of a
 * Merkle tree over their hashes in feed order, and the hash of the seal before it.
 * Kept elsewhere, signed or not, a seal shows every later change of what it covers,
 * a missing tail included. Entries are counted from 1 in feed order; cursors are a
 * driver's own and do not occur, so a seal still holds after a move to another database.
 *
 * The `marks` - the first eight hexadecimal digits of each leaf - only tell where to
 * look; whether a range is sound is decided by the root.
 */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { InputError, encodeCanonical } from "../data/index.ts";
import type { Instant } from "../time/index.ts";
import type { Digest } from "./Entry.ts";

/** A seal over `count` entries of the feed, the first of which is number `first`. */
export interface Seal {
  readonly v: 1;
  readonly algorithm: Digest["algorithm"];
  readonly namespace: string;
  /** Number of the seal, from 1. */
  readonly index: number;
  readonly first: number;
  readonly count: number;
  readonly root: string;
  readonly marks: string;
  /** Hash of the seal before it; empty for the first. */
  readonly previous: string;
  readonly sealedAt: Instant;
}

/** A signature over a seal's hash. */
export interface SealSignature {
  readonly keyId: string;
  readonly algorithm: string;
  /** As the signer writes it: base64url for the Ed25519 signer. */
  readonly value: string;
}

/** A seal as it is stored and exported. */
export interface KeptSeal extends Seal {
  readonly hash: string;
  readonly signature: SealSignature | null;
}

/** A range of the feed that somebody vouches for: a seal, or a part of a checkpoint. */
export interface SealedRange extends Pick<
  Seal,
  "algorithm" | "first" | "count" | "root" | "marks"
> {
  /** Number of the seal; null for what no seal covers yet. */
  readonly index: number | null;
}

/** Entries one seal may cover. */
export const SEAL_ENTRIES_MAX = 10_000;

/** Hexadecimal digits of a mark. */
export const MARK_DIGITS = 8;

/** Seals the entries that follow those under `after` (null: the first ever). Not for an empty list. */
export const sealRange = (
  digest: Digest,
  entryHashes: ReadonlyArray<string>,
  about: {
    readonly namespace: string;
    readonly after: KeptSeal | null;
    readonly sealedAt: Instant;
  },
): KeptSeal => {
  const { namespace, after, sealedAt } = about;
  const leaves = entryHashes.map((hash) => leafOf(digest, hash));
  const seal: Seal = {
    v: 1,
    algorithm: digest.algorithm,
    namespace,
    index: (after?.index ?? 0) + 1,
    first: after === null ? 1 : after.first + after.count,
    count: leaves.length,
    root: merkleRoot(digest, leaves),
    marks: leaves.map(markOf).join(""),
    previous: after?.hash ?? "",
    sealedAt,
  };
  return { ...seal, hash: hashSeal(digest, seal), signature: null };
};

/** The hash of a seal: over its canonical encoding, without hash and signature. */
export const hashSeal = (digest: Digest, seal: Seal): string => {
  const { v, algorithm, namespace, index, first, count, root, marks, previous, sealedAt } = seal;
  return digest.hash(
    encodeCanonical({
      ...{ v, algorithm, namespace, index, first, count },
      ...{ root, marks, previous, sealedAt },
    }),
  );
};

/** The very text a signer signs for a seal. */
export const signedText = (seal: KeptSeal): string =>
  `linli seal v1 ${seal.algorithm} ${seal.hash}`;

/** A seal as one line of JSON: the stored and the exported form. */
export const encodeSeal = (seal: KeptSeal): string => encodeCanonical(seal);

/** Decodes one seal; its hash is not checked here. */
export const decodeSeal = (line: string): Result.Result<KeptSeal, InputError> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return unreadable("", "is not JSON");
  }
  const decoded = decodeStored(parsed);
  if (Result.isFailure(decoded)) return unreadable("", "is not a seal of format v1");
  const seal = decoded.success;
  return seal.marks.length === seal.count * MARK_DIGITS
    ? Result.succeed(seal)
    : unreadable("/marks", "does not hold one mark for each entry");
};

/** Decodes exported seals, one a line; blank lines are passed over. */
export const decodeSeals = (text: string): Result.Result<ReadonlyArray<KeptSeal>, InputError> => {
  const seals: Array<KeptSeal> = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const decoded = decodeSeal(line);
    if (Result.isFailure(decoded)) {
      const { path, reason } = decoded.failure;
      return unreadable(`/${index}${path}`, reason);
    }
    seals.push(decoded.success);
  }
  return Result.succeed(seals);
};

/** The leaf of an entry; leaves and nodes are told apart as in RFC 6962, 2.1. */
export const leafOf = (digest: Digest, entryHash: string): string =>
  digest.hash(`leaf ${entryHash}`);

/** The mark of a leaf. */
export const markOf = (leaf: string): string => leaf.slice(0, MARK_DIGITS);

/** The root over leaves; the last of an odd row moves up unchanged, as in RFC 6962. */
export const merkleRoot = (digest: Digest, leaves: ReadonlyArray<string>): string => {
  let row = leaves;
  while (row.length > 1) row = rowAbove(digest, row);
  return row[0] ?? digest.hash("");
};

/** One step of a proof: the hash beside, and on which side it stands. */
export interface ProofStep {
  readonly side: "left" | "right";
  readonly hash: string;
}

/**
 * Shows that the leaf at `at` (from 0) is under the root, in about log2(n) hashes:
 * what to hand to somebody who may see one entry and not the others.
 */
export const proveLeaf = (
  digest: Digest,
  leaves: ReadonlyArray<string>,
  at: number,
): ReadonlyArray<ProofStep> => {
  const steps: Array<ProofStep> = [];
  let place = at;
  for (let row = leaves; row.length > 1; row = rowAbove(digest, row)) {
    const beside = row[place ^ 1];
    if (beside !== undefined) {
      steps.push({ side: place % 2 === 0 ? "right" : "left", hash: beside });
    }
    place >>= 1;
  }
  return steps;
};

/** The root a proof leads to. */
export const rootByProof = (
  digest: Digest,
  leaf: string,
  proof: ReadonlyArray<ProofStep>,
): string =>
  proof.reduce(
    (below, { side, hash }) =>
      side === "left" ? nodeOf(digest, hash, below) : nodeOf(digest, below, hash),
    leaf,
  );

const rowAbove = (digest: Digest, row: ReadonlyArray<string>): ReadonlyArray<string> => {
  const above: Array<string> = [];
  for (let i = 0; i < row.length; i += 2) {
    const left = row[i] ?? "";
    const right = row[i + 1];
    above.push(right === undefined ? left : nodeOf(digest, left, right));
  }
  return above;
};

const nodeOf = (digest: Digest, left: string, right: string): string =>
  digest.hash(`node ${left} ${right}`);

const Hash = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/));
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));

const StoredSeal = Schema.Struct({
  v: Schema.Literal(1),
  algorithm: Schema.Literals(["SHA-256", "SM3"]),
  namespace: Schema.String,
  index: Count,
  first: Count,
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: SEAL_ENTRIES_MAX })),
  root: Hash,
  marks: Schema.String.check(Schema.isPattern(/^[0-9a-f]+$/)),
  previous: Schema.Union([Hash, Schema.Literal("")]),
  sealedAt: Schema.Int,
  hash: Hash,
  signature: Schema.NullOr(
    Schema.Struct({
      keyId: Schema.String,
      algorithm: Schema.String,
      value: Schema.String,
    }),
  ),
});

const decodeStored = Schema.decodeUnknownResult(StoredSeal, { onExcessProperty: "error" });

const unreadable = (path: string, reason: string): Result.Result<never, InputError> =>
  Result.fail(
    new InputError({
      door: "seals",
      path,
      reason,
      advice: "export the seals again, or use the release that wrote them",
    }),
  );
