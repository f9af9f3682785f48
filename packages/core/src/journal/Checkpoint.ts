/**
 * Checkpoints: what pins the end of a journal between two seals, without writing to it.
 *
 * A checkpoint says what a journal held at an instant: the last seal there was, and
 * the roots of all that came after it, as seals would cover it. It is taken by
 * whoever may read, and is worth what the place is worth where it is kept. Every later
 * change of what it covers shows, a rewritten state and a missing tail included.
 */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { decodeStrict, encodeCanonical, InputError } from "../data/index.ts";
import type { SchemaFault } from "../data/index.ts";
import type { Instant } from "../time/index.ts";
import type { Digest } from "./Entry.ts";
import { decodeSeal, leafOf, MARK_DIGITS, markOf, merkleRoot } from "./Seal.ts";
import type { KeptSeal, SealedRange, SealSignature } from "./Seal.ts";

/** What a journal held when somebody looked. */
export interface Checkpoint {
  /** 1 for one without a signature, 2 for one with. */
  readonly v: 1 | 2;
  readonly algorithm: Digest["algorithm"];
  readonly namespace: string;
  /** The last seal there was; null when there was none. */
  readonly seal: { readonly index: number; readonly hash: string } | null;
  /** Number of the first entry after that seal. */
  readonly first: number;
  /** All entries after that seal, as seals would cover them. */
  readonly ranges: ReadonlyArray<{
    readonly count: number;
    readonly root: string;
    readonly marks: string;
  }>;
  readonly takenAt: Instant;
  /** Over all the rest but the signature, so that a damaged line shows. */
  readonly hash: string;
  /** Of {@link checkpointText}; null in format 1. */
  readonly signature: SealSignature | null;
}

/** A checkpoint before it is signed, if it is to be. */
export type UnsignedCheckpoint = Omit<Checkpoint, "signature">;

/** Seals and checkpoints that were kept elsewhere. */
export interface Kept {
  readonly seals: ReadonlyArray<KeptSeal>;
  readonly checkpoints: ReadonlyArray<Checkpoint>;
}

/** Entries one range of a checkpoint covers, at most. */
export const CHECKPOINT_RANGE = 1_000;

/** Takes a checkpoint: the hashes of the entries after the seal `after`, in feed order, then the end. */
export const makeCheckpoint = (
  digest: Digest,
  about: {
    readonly namespace: string;
    readonly after: KeptSeal | null;
    readonly takenAt: Instant;
    /** Whether it will be signed; default false. */
    readonly signed?: boolean;
  },
) => {
  const { namespace, after, takenAt, signed = false } = about;
  const ranges: Array<Checkpoint["ranges"][number]> = [];
  let leaves: Array<string> = [];
  const close = () => {
    const marks = leaves.map(markOf).join("");
    ranges.push({ count: leaves.length, root: merkleRoot(digest, leaves), marks });
    leaves = [];
  };
  return {
    take: (entryHash: string): void => {
      leaves.push(leafOf(digest, entryHash));
      if (leaves.length === CHECKPOINT_RANGE) close();
    },
    end: (): UnsignedCheckpoint => {
      if (leaves.length > 0) close();
      const body = {
        v: signed ? (2 as const) : (1 as const),
        algorithm: digest.algorithm,
        namespace,
        seal: after === null ? null : { index: after.index, hash: after.hash },
        first: after === null ? 1 : after.first + after.count,
        ranges,
        takenAt,
      };
      return { ...body, hash: hashCheckpoint(digest, body) };
    },
  };
};

/** The hash of a checkpoint: over its canonical encoding without the hash. */
export const hashCheckpoint = (
  digest: Digest,
  checkpoint: Omit<UnsignedCheckpoint, "hash">,
): string => {
  const { v, algorithm, namespace, seal, first, ranges, takenAt } = checkpoint;
  return digest.hash(encodeCanonical({ v, algorithm, namespace, seal, first, ranges, takenAt }));
};

/** The very text a signer signs for a checkpoint. */
export const checkpointText = ({ v, algorithm, hash }: UnsignedCheckpoint): string =>
  `linli checkpoint v${v} ${algorithm} ${hash}`;

/** The ranges of a checkpoint with their places in the feed. */
export const rangesOf = (checkpoint: Checkpoint): ReadonlyArray<SealedRange> => {
  const { algorithm } = checkpoint;
  let { first } = checkpoint;
  return checkpoint.ranges.map((range) => {
    const placed = { ...range, algorithm, first, index: null };
    first += range.count;
    return placed;
  });
};

/** A checkpoint as one line of JSON. */
export const encodeCheckpoint = ({ signature, ...checkpoint }: Checkpoint): string =>
  encodeCanonical(checkpoint.v === 1 ? checkpoint : { ...checkpoint, signature });

/** Decodes what was kept elsewhere, a seal or a checkpoint a line; blank lines are passed over. */
export const decodeKept = (text: string): Result.Result<Kept, InputError> => {
  const seals: Array<KeptSeal> = [];
  const checkpoints: Array<Checkpoint> = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    if (isCheckpointLine(line)) {
      const decoded = decodeCheckpoint(line);
      if (Result.isFailure(decoded)) return unreadable(index, decoded.failure);
      checkpoints.push(decoded.success);
    } else {
      const decoded = decodeSeal(line);
      if (Result.isFailure(decoded)) return unreadable(index, decoded.failure);
      seals.push(decoded.success);
    }
  }
  return Result.succeed({ seals, checkpoints });
};

/** Decodes one checkpoint; its hash is not checked here. */
export const decodeCheckpoint = (line: string): Result.Result<Checkpoint, InputError> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return Result.fail(faultOf("", "is not JSON"));
  }
  const decoded = decodeStored(parsed);
  if (Result.isFailure(decoded)) {
    return Result.fail(faultOf(decoded.failure.path, decoded.failure.reason));
  }
  const wrong = decoded.success.ranges.findIndex(
    ({ marks, count }) => marks.length !== count * MARK_DIGITS,
  );
  return wrong < 0
    ? Result.succeed(decoded.success)
    : Result.fail(faultOf(`/ranges/${wrong}/marks`, "does not hold one mark for each entry"));
};

// Private

const Hash = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/));
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));

const fields = {
  algorithm: Schema.Literals(["SHA-256", "SM3"]),
  namespace: Schema.String,
  seal: Schema.NullOr(Schema.Struct({ index: Count, hash: Hash })),
  first: Count,
  ranges: Schema.Array(
    Schema.Struct({
      count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: CHECKPOINT_RANGE })),
      root: Hash,
      marks: Schema.String.check(Schema.isPattern(/^[0-9a-f]+$/)),
    }),
  ),
  takenAt: Schema.Int,
  hash: Hash,
};

const decodeUnsigned = decodeStrict(Schema.Struct({ v: Schema.Literal(1), ...fields }));

const decodeSigned = decodeStrict(
  Schema.Struct({
    v: Schema.Literal(2),
    ...fields,
    signature: Schema.Struct({
      keyId: Schema.String,
      algorithm: Schema.String,
      value: Schema.String,
    }),
  }),
);

const decodeStored = (parsed: unknown): Result.Result<Checkpoint, SchemaFault> =>
  typeof parsed === "object" && parsed !== null && "v" in parsed && parsed.v === 2
    ? decodeSigned(parsed)
    : Result.map(decodeUnsigned(parsed), (unsigned) => ({ ...unsigned, signature: null }));

// Only a checkpoint says when it was taken; canonical keys come sorted, so this is near the end.
const isCheckpointLine = (line: string): boolean => line.includes('"takenAt":');

const faultOf = (path: string, reason: string) =>
  new InputError({ door: "checkpoints", path, reason, advice: "take the checkpoint again" });

const unreadable = (line: number, { door, path, reason, advice }: InputError) =>
  Result.fail(new InputError({ door, path: `/${line}${path}`, reason, advice }));
