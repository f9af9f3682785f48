/** Verifying opened data, namespace by namespace, against the seals in it and those kept elsewhere. */
import { decodeSeal, makeVerifier } from "@linli/core/journal";
import type {
  Checkpoint,
  FeedEntry,
  JournalFault,
  JournalVerdict,
  JournalVerifier,
  KeptSeal,
  StoredContent,
  VerifyOptions,
} from "@linli/core/journal";
import type { SignatureKey } from "@linli/core/ports";
import {
  contentIdsOf,
  platformDigest,
  signaturesBy,
  storedContentOf,
  storedStateOf,
} from "@linli/core/services";
import * as Result from "effect/Result";
import type { JournalSource, StoredRow } from "./Source.ts";

/** What to verify. */
export interface VerifyRequest {
  /** Seals kept elsewhere, of any namespaces, in order. */
  readonly seals?: ReadonlyArray<KeptSeal>;
  /** Checkpoints kept elsewhere, of any namespaces. */
  readonly checkpoints?: ReadonlyArray<Checkpoint>;
  /** Public keys; with them the last seal of each namespace must be signed. */
  readonly keys?: ReadonlyArray<SignatureKey>;
  /** Only this namespace; default all. */
  readonly namespace?: string;
}

/** What was found in one namespace. */
export interface NamespaceReport {
  readonly namespace: string;
  readonly verdict: JournalVerdict;
}

/** What was found. */
export interface VerifyReport {
  readonly sound: boolean;
  readonly namespaces: ReadonlyArray<NamespaceReport>;
}

/** Verifies everything an opened source holds. */
export const verifySource = async (
  source: JournalSource,
  request: VerifyRequest = {},
): Promise<VerifyReport> => {
  const kept = request.seals ?? [];
  const found = new Set([
    ...(await source.namespaces()),
    // What was sealed once and is gone now is broken, not absent.
    ...[...kept, ...(request.checkpoints ?? [])].map((one) => one.namespace),
  ]);
  const namespaces: Array<NamespaceReport> = [];
  for (const namespace of [...found].sort()) {
    if (request.namespace !== undefined && request.namespace !== namespace) continue;
    namespaces.push({ namespace, verdict: await verifyNamespace(source, namespace, request) });
  }
  return { sound: namespaces.every(({ verdict }) => verdict._tag === "Sound"), namespaces };
};

const verifyNamespace = async (
  source: JournalSource,
  namespace: string,
  { seals = [], checkpoints = [], keys }: VerifyRequest,
): Promise<JournalVerdict> => {
  const own = seals.filter((seal) => seal.namespace === namespace);
  const merged = await mergeSeals(source, namespace, own);
  if ("fault" in merged) return { _tag: "Broken", entries: 0, fault: merged.fault };
  const options: VerifyOptions = {
    namespace,
    digests: DIGESTS,
    seals: merged.seals,
    checkpoints: checkpoints.filter((one) => one.namespace === namespace),
    ...(keys === undefined ? {} : { signatures: signaturesBy(keys) }),
  };
  const verifier = makeVerifier(options);
  for await (const entry of source.entries(namespace)) {
    verifier.take(entry);
    if (!verifier.wantsMore()) break;
  }
  if (verifier.wantsMore()) await takeStates(source, namespace, verifier);
  return verifier.end({ states: true });
};

const DIGESTS = [platformDigest("SHA-256"), platformDigest("SM3")];

/** Issues whose entries are held in memory together. */
const BATCH = 200;

const takeStates = async (
  source: JournalSource,
  namespace: string,
  verifier: JournalVerifier,
): Promise<void> => {
  let batch: Array<StoredRow> = [];
  const takeBatch = async () => {
    const histories = new Map<string, Array<FeedEntry>>(batch.map(({ id }) => [id, []]));
    for await (const entry of source.histories(namespace, [...histories.keys()]))
      histories.get(entry.stream)?.push(entry);
    const states = batch.map(({ id, value }) => storedStateOf(id, value));
    const contents = new Map<string, StoredContent>();
    for await (const { id, value } of source.contents(namespace, states.flatMap(contentIdsOf)))
      contents.set(id, storedContentOf(DIGESTS, id, value));
    for (const stored of states) {
      verifier.takeState(stored, {
        history: histories.get(stored.stream) ?? [],
        contents: contentIdsOf(stored).flatMap((id) => contents.get(id) ?? []),
      });
    }
    batch = [];
  };
  for await (const row of source.states(namespace)) {
    batch.push(row);
    if (batch.length === BATCH) await takeBatch();
  }
  if (batch.length > 0) await takeBatch();
};

/** The last seal stored in a namespace; the journal must have been verified. */
export const lastSealOf = async (
  source: JournalSource,
  namespace: string,
): Promise<KeptSeal | null> => {
  let last: KeptSeal | null = null;
  for await (const text of source.seals(namespace))
    last = Result.getOrElse(decodeSeal(text), () => null);
  return last;
};

type Merged = { readonly seals: ReadonlyArray<KeptSeal> } | { readonly fault: JournalFault };

// Those kept elsewhere are believed; those of the store must not contradict them, and may go on after them.
const mergeSeals = async (
  source: JournalSource,
  namespace: string,
  kept: ReadonlyArray<KeptSeal>,
): Promise<Merged> => {
  const merged = new Map(kept.map((seal) => [seal.index, seal]));
  if (merged.size < kept.length)
    return { fault: sealFault(null, "the seals given repeat a number") };
  for await (const text of source.seals(namespace)) {
    const decoded = decodeSeal(text);
    if (Result.isFailure(decoded)) {
      return { fault: sealFault(null, `a stored seal ${decoded.failure.reason}`) };
    }
    const stored = decoded.success;
    const other = merged.get(stored.index);
    if (other === undefined) merged.set(stored.index, stored);
    else if (other.hash !== stored.hash) {
      return { fault: sealFault(stored, "the stored seal is not the one that was kept elsewhere") };
    }
  }
  return { seals: [...merged.values()].sort((a, b) => a.index - b.index) };
};

const sealFault = (seal: KeptSeal | null, why: string): JournalFault => ({
  kind: "Seal",
  position: seal?.first ?? null,
  stream: null,
  version: null,
  seal: seal?.index ?? null,
  path: null,
  why,
});
