/**
 * Sealing the feed, range by range, and verifying a journal through its storage.
 *
 * Sealing is a job under a lease: several processes may ask for it, one does it. The
 * position moves in the same commit that writes the seal and settles the job, so no
 * range is sealed twice and none is left out, whenever a process ends.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { InputError } from "../data/index.ts";
import {
  checkpointText,
  decodeSeal,
  encodeSeal,
  makeCheckpoint,
  mergeSeals,
  sealRange,
  signedText,
} from "../journal/index.ts";
import type { Checkpoint, JournalVerdict, KeptSeal, UnsignedCheckpoint } from "../journal/index.ts";
import { Conflict, CONFLICT_KINDS, STORAGE_LIMITS } from "../ports/index.ts";
import type { LeasedJob, Signer, SignatureKey, SignError, StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { QUEUE } from "./compose.ts";
import { Unreadable } from "./Errors.ts";
import { scanAll } from "./pages.ts";
import { decodeVersioned, INDEX, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";
import { STORED_SEALING, verifyStored } from "./verifyStored.ts";

/** What one call sealed. */
export interface Sealed {
  readonly seals: ReadonlyArray<KeptSeal>;
  readonly entries: number;
  /** True when more than the limit waits. */
  readonly more: boolean;
  /** True when another process has the job, or `sealEveryMillis` has not passed yet: nothing was sealed here. */
  readonly waiting: boolean;
}

/** Which seals to read. */
export interface SealsOptions {
  /** Only those with a greater index. */
  readonly after?: number;
}

type SealError = Unreadable | SignError | Conflict | StorageError;

/** Seals of one namespace. */
export interface Seals {
  /**
   * Seals what was written since the last seal, at most `limit` ranges (100) of up to 1,000
   * entries. With `sealEveryMillis` it waits for its rhythm, unless asked for `now: true`.
   */
  readonly seal: (options?: {
    readonly limit?: number;
    readonly owner?: string;
    readonly now?: boolean;
  }) => Effect.Effect<Sealed, SealError>;
  /** Seals in order. */
  readonly seals: (
    options?: SealsOptions,
  ) => Effect.Effect<ReadonlyArray<KeptSeal>, Unreadable | StorageError>;
  /** The same as text to keep elsewhere: one seal a line. `decodeSeals` reads it back. */
  readonly exportSeals: (
    options?: SealsOptions,
  ) => Effect.Effect<string, Unreadable | StorageError>;
  /**
   * What the journal holds now, sealed or not, to be kept elsewhere (`encodeCheckpoint`):
   * from then on a change of it shows, although no seal covers it yet. Signed when seals are.
   * Writes nothing.
   */
  readonly checkpoint: () => Effect.Effect<Checkpoint, Unreadable | SignError | StorageError>;
  /**
   * Verifies the whole journal of the namespace against its seals - those given,
   * kept elsewhere, are believed, and those in the store must fit them - against
   * checkpoints, and against the issues' states, each of which must be what folding
   * its entries gives. With keys the last seal must be signed, and there must be one.
   */
  readonly verifyJournal: (options?: {
    readonly seals?: ReadonlyArray<KeptSeal>;
    readonly checkpoints?: ReadonlyArray<Checkpoint>;
    readonly keys?: ReadonlyArray<SignatureKey>;
  }) => Effect.Effect<JournalVerdict, Unreadable | InputError | StorageError>;
}

/** Where sealing stands. */
interface Position {
  readonly v: 1;
  readonly cursor: string | null;
  /** Index of the last seal; 0 before the first. */
  readonly index: number;
}

const NAME = "seals";
const JOB = "seal/next";
const LEASE_MILLIS = 60_000;
const RANGES = 100;
/** Others that may take the job away within one call; then it is theirs. */
const OVERTAKEN_MAX = 8;

/** Builds the seals of one namespace. */
export const makeSeals = (settings: Settings): Seals => {
  const read = readSeals(settings);
  return {
    seal: Effect.fn("Linli.seal")(function* (
      options: { readonly limit?: number; readonly owner?: string; readonly now?: boolean } = {},
    ) {
      yield* scheduleFirst(settings);
      if (options.now === true) yield* scheduleNow(settings);
      const limit = options.limit ?? RANGES;
      const seals: Array<KeptSeal> = [];
      let overtaken = 0;
      while (seals.length < limit) {
        const now = yield* settings.now;
        const [job] =
          overtaken > OVERTAKEN_MAX
            ? []
            : yield* leaseJob(settings, now, options.owner ?? "worker");
        if (job === undefined) {
          return { seals, entries: entriesOf(seals), more: false, waiting: seals.length === 0 };
        }
        const sealed = yield* sealNext(settings, job, now).pipe(
          Effect.catchIf(isLeaseLost, () => Effect.succeed("overtaken" as const)),
        );
        if (sealed === "overtaken") {
          overtaken += 1;
          continue;
        }
        if (sealed === null) {
          return { seals, entries: entriesOf(seals), more: false, waiting: false };
        }
        seals.push(sealed);
      }
      return { seals, entries: entriesOf(seals), more: true, waiting: false };
    }),
    seals: Effect.fn("Linli.seals")(read),
    exportSeals: Effect.fn("Linli.exportSeals")(function* (options?: SealsOptions) {
      const seals = yield* read(options);
      return seals.map((seal) => `${encodeSeal(seal)}\n`).join("");
    }),
    verifyJournal: Effect.fn("Linli.verifyJournal")(function* (options = {}) {
      const { checkpoints = [], keys } = options;
      // In this order: what is sealed meanwhile may be among the seals, and is not asked for.
      const { index } = yield* readPosition(settings);
      const merged = mergeSeals(options.seals ?? [], yield* read());
      if (Result.isFailure(merged)) {
        return { _tag: "Broken", entries: 0, fault: merged.failure } satisfies JournalVerdict;
      }
      return yield* verifyStored(
        settings,
        { seals: merged.success, sealedTo: index, checkpoints },
        keys,
      );
    }),
    checkpoint: Effect.fn("Linli.checkpoint")(() => takeCheckpoint(settings)),
  };
};

// Nothing was written then: somebody else has the job, or did it and left it for whoever comes next.
const isLeaseLost = (error: { readonly _tag: string }): boolean =>
  error instanceof Conflict && error.conflicts.some(({ kind }) => kind === CONFLICT_KINDS.lease);

const entriesOf = (seals: ReadonlyArray<KeptSeal>): number =>
  seals.reduce((sum, seal) => sum + seal.count, 0);

const positionKey = STORED_SEALING;
const sealKey = (index: number) => String(index).padStart(12, "0");

const nothing = (settings: Settings, now: Instant) => ({
  namespace: settings.namespace,
  at: now,
  rows: [],
  guards: [],
  entries: [],
  schedule: [],
  cancel: [],
  settle: [],
  receipt: null,
});

const nextJob = (dueAt: Instant) => ({ id: JOB, queue: QUEUE.seal, key: NAME, dueAt, value: NAME });

// The position row is written once, together with the job that moves it ever after.
const scheduleFirst = Effect.fnUntraced(function* (settings: Settings) {
  const { storage, namespace } = settings;
  const [stored] = yield* storage.read({ namespace, keys: [positionKey] });
  if (stored != null) return;
  const now = yield* settings.now;
  const value = JSON.stringify({ v: 1, cursor: null, index: 0 } satisfies Position);
  yield* (
    storage
      .commit({
        ...nothing(settings, now),
        rows: [{ ...positionKey, expected: 0, value, indexes: [] }],
        schedule: [nextJob(now)],
      })
      // Somebody else wrote it at the same time, which is as well.
      .pipe(Effect.catchTag("Conflict", () => Effect.void))
  );
});

// Whoever holds the job at this moment loses it, and then finds its range sealed.
const scheduleNow = Effect.fnUntraced(function* (settings: Settings) {
  const now = yield* settings.now;
  yield* settings.storage.commit({ ...nothing(settings, now), schedule: [nextJob(now)] });
});

const leaseJob = (settings: Settings, now: Instant, owner: string) =>
  settings.storage.lease({
    namespace: settings.namespace,
    queue: QUEUE.seal,
    now,
    until: now + LEASE_MILLIS,
    limit: 1,
    owner,
  });

// One range, one commit; null when nothing is new.
const sealNext = Effect.fnUntraced(function* (settings: Settings, job: LeasedJob, now: Instant) {
  const { storage, namespace } = settings;
  const [stored] = yield* storage.read({ namespace, keys: [positionKey] });
  if (stored == null) return null;
  const position = yield* Effect.fromResult(
    decodeVersioned<Position>("position", NAME, stored.value),
  );
  const page = yield* storage.feed({
    namespace,
    after: position.cursor,
    limit: STORAGE_LIMITS.pageRows,
    stream: null,
  });
  const held = { namespace, id: job.id, token: job.token };
  const later = now + settings.sealEveryMillis;
  if (page.entries.length === 0) {
    yield* storage.settle([{ _tag: "Retry", ...held, dueAt: later }], now);
    return null;
  }
  const hashes = page.entries.map((entry) => entry.hash);
  const after = yield* sealBefore(settings, position.index);
  const seal = yield* signed(
    settings,
    sealRange(settings.digest, hashes, { namespace, after, sealedAt: now }),
  );
  const reached: Position = { v: 1, cursor: page.next, index: seal.index };
  const full = page.entries.length >= STORAGE_LIMITS.pageRows;
  yield* storage.commit({
    ...nothing(settings, now),
    rows: [
      {
        kind: KIND.seal,
        id: sealKey(seal.index),
        expected: 0,
        value: encodeSeal(seal),
        indexes: [{ index: INDEX.seal, key: sealKey(seal.index) }],
      },
      {
        ...positionKey,
        expected: stored.version,
        value: JSON.stringify(reached),
        indexes: [],
      },
    ],
    settle: [{ _tag: "Done", ...held }],
    schedule: [nextJob(full ? now : later)],
  });
  return seal;
});

const readPosition = Effect.fnUntraced(function* ({ storage, namespace }: Settings) {
  const [stored] = yield* storage.read({ namespace, keys: [positionKey] });
  const none: Position = { v: 1, cursor: null, index: 0 };
  return stored == null
    ? none
    : yield* Effect.fromResult(decodeVersioned<Position>("position", NAME, stored.value));
});

const takeCheckpoint = Effect.fnUntraced(function* (settings: Settings) {
  const { storage, namespace } = settings;
  const { cursor, index } = yield* readPosition(settings);
  const after = yield* sealBefore(settings, index);
  const takenAt = yield* settings.now;
  const isSigned = settings.signer !== null;
  const taking = makeCheckpoint(settings.digest, { namespace, after, takenAt, signed: isSigned });
  for (let from = cursor; ;) {
    const page: Effect.Success<ReturnType<typeof storage.feed>> = yield* storage.feed({
      ...{ namespace, after: from, limit: STORAGE_LIMITS.pageRows, stream: null },
    });
    for (const { hash } of page.entries) taking.take(hash);
    if (page.entries.length < STORAGE_LIMITS.pageRows) break;
    from = page.next;
  }
  return yield* signedCheckpoint(settings.signer, taking.end());
});

/** A checkpoint with its signature, when there is somebody to sign it. */
export const signedCheckpoint = Effect.fnUntraced(function* (
  signer: Signer | null,
  checkpoint: UnsignedCheckpoint,
) {
  if (signer === null) return { ...checkpoint, signature: null } satisfies Checkpoint;
  const { keyId, algorithm } = signer;
  const value = yield* signer.sign(checkpointText(checkpoint));
  return { ...checkpoint, signature: { keyId, algorithm, value } } satisfies Checkpoint;
});

const sealBefore = Effect.fnUntraced(function* (settings: Settings, index: number) {
  if (index === 0) return null;
  const [row] = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: [{ kind: KIND.seal, id: sealKey(index) }],
  });
  if (row == null) {
    return yield* new Unreadable({ what: "seal", id: sealKey(index), reason: "it is missing" });
  }
  return yield* decoded(row.id, row.value);
});

const decoded = (id: string, value: string) =>
  Effect.fromResult(
    Result.mapError(
      decodeSeal(value),
      ({ reason }) => new Unreadable({ what: "seal", id, reason }),
    ),
  );

const signed = Effect.fnUntraced(function* (settings: Settings, seal: KeptSeal) {
  const { signer } = settings;
  if (signer === null) return seal;
  const { keyId, algorithm } = signer;
  const value = yield* signer.sign(signedText(seal));
  return { ...seal, signature: { keyId, algorithm, value } } satisfies KeptSeal;
});

const readSeals =
  (settings: Settings) =>
  (options: SealsOptions = {}) =>
    scanAll(
      settings,
      {
        ...{ kind: KIND.seal, index: INDEX.seal, limit: 100 },
        range: { from: sealKey((options.after ?? 0) + 1), to: null },
      },
      (row) => decoded(row.id, row.value),
    );
