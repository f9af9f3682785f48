/** Verifying opened data, namespace by namespace, against the seals in it and those kept elsewhere. */
import { decodeSeal, makeVerifier } from "@linli/core/journal";
import type {
  JournalFault,
  JournalVerdict,
  KeptSeal,
  StreamHead,
  VerifyOptions,
} from "@linli/core/journal";
import type { SignatureKey } from "@linli/core/ports";
import { platformDigest, signaturesBy } from "@linli/core/services";
import * as Result from "effect/Result";
import type { JournalSource } from "./Source.ts";

/** What to verify. */
export interface VerifyRequest {
  /** Seals kept elsewhere, of any namespaces, in order. */
  readonly seals?: ReadonlyArray<KeptSeal>;
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
    ...kept.map((seal) => seal.namespace),
  ]);
  const namespaces: Array<NamespaceReport> = [];
  for (const namespace of [...found].sort()) {
    if (request.namespace !== undefined && request.namespace !== namespace) continue;
    const own = kept.filter((seal) => seal.namespace === namespace);
    namespaces.push({
      namespace,
      verdict: await verifyNamespace(source, namespace, own, request.keys),
    });
  }
  return { sound: namespaces.every(({ verdict }) => verdict._tag === "Sound"), namespaces };
};

const verifyNamespace = async (
  source: JournalSource,
  namespace: string,
  kept: ReadonlyArray<KeptSeal>,
  keys: ReadonlyArray<SignatureKey> | undefined,
): Promise<JournalVerdict> => {
  const merged = await mergeSeals(source, namespace, kept);
  if ("fault" in merged) return { _tag: "Broken", entries: 0, fault: merged.fault };
  const options: VerifyOptions = {
    namespace,
    digests: [platformDigest("SHA-256"), platformDigest("SM3")],
    seals: merged.seals,
    ...(keys === undefined ? {} : { signatures: signaturesBy(keys) }),
  };
  const verifier = makeVerifier(options);
  for await (const entry of source.entries(namespace)) {
    verifier.take(entry);
    if (!verifier.wantsMore()) break;
  }
  const heads: Array<StreamHead> = [];
  for await (const head of source.heads(namespace)) {
    // An unreadable state says nothing of its stream, which then shows as one without a state.
    if (!("unreadable" in head)) heads.push(head);
  }
  return verifier.end(heads);
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
  why,
});
