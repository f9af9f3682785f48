/** Verifying opened data, namespace by namespace, against the seals in it and those kept elsewhere. */
import { randomUUID } from "node:crypto";
import { decodeSeal, makeVerifier, mergeSeals } from "@linli/core/journal";
import type {
  Checkpoint,
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
  sealedToIn,
  signaturesBy,
  STORED_SEALING,
  storedContentOf,
  storedStateOf,
} from "@linli/core/services";
import type { DerivedVerdict } from "@linli/core/services";
import type { CalendarData } from "@linli/core/time";
import * as Result from "effect/Result";
import { walkDerived } from "./derived.ts";
import type { DataFault, JournalSource } from "./Source.ts";
import { walkIssues } from "./walk.ts";
import type { IssueBatch } from "./walk.ts";

/** What to verify. */
export interface VerifyRequest {
  /** Seals kept elsewhere, of any namespaces, in order. */
  readonly seals?: ReadonlyArray<KeptSeal>;
  /** Checkpoints kept elsewhere, of any namespaces. */
  readonly checkpoints?: ReadonlyArray<Checkpoint>;
  /** Public keys; with them each namespace must have a seal, and the last must be signed. */
  readonly keys?: ReadonlyArray<SignatureKey>;
  /** Only this namespace; default all. */
  readonly namespace?: string;
  /** Calendars that charters name and do not carry themselves: days of boards are told by them. */
  readonly calendars?: ReadonlyArray<CalendarData>;
  /** The instant of the data; default: now. Until then units may have moved. */
  readonly now?: number;
  /** For the sums that are compared; default: one nobody can foresee. */
  readonly seed?: string;
}

/** What was found in one namespace. */
export interface NamespaceReport {
  readonly namespace: string;
  /** On the journal, its seals, and the states and contents that stand on it. */
  readonly verdict: JournalVerdict;
  /** On what is made from them; null when they are broken, and nothing can be held against them. */
  readonly derived: DerivedVerdict | null;
}

/** What was found. */
export interface VerifyReport {
  readonly sound: boolean;
  /** Damage to the data themselves: no journal in them was looked at then. Else null. */
  readonly fault: DataFault | null;
  readonly namespaces: ReadonlyArray<NamespaceReport>;
}

/** Verifies everything an opened source holds. */
export const verifySource = async (
  source: JournalSource,
  request: VerifyRequest = {},
): Promise<VerifyReport> => {
  const fault = (await source.damage?.()) ?? null;
  if (fault !== null) return { sound: false, fault, namespaces: [] };
  const kept = request.seals ?? [];
  const found = new Set([
    ...(await source.namespaces()),
    // What was sealed once and is gone now is broken, not absent.
    ...[...kept, ...(request.checkpoints ?? [])].map((one) => one.namespace),
  ]);
  const namespaces: Array<NamespaceReport> = [];
  for (const namespace of [...found].sort()) {
    if (request.namespace !== undefined && request.namespace !== namespace) continue;
    namespaces.push(await verifyNamespace(source, namespace, request));
  }
  return { sound: namespaces.every(isSound), fault, namespaces };
};

const isSound = ({ verdict, derived }: NamespaceReport): boolean =>
  verdict._tag === "Sound" && (derived === null || derived.findings.length === 0);

const verifyNamespace = async (
  source: JournalSource,
  namespace: string,
  request: VerifyRequest,
): Promise<NamespaceReport> => {
  const { seals = [], checkpoints = [], keys } = request;
  const own = seals.filter((seal) => seal.namespace === namespace);
  // In this order: what is sealed meanwhile may be among the seals, and is not asked for.
  let sealedTo = 0;
  for await (const { value } of source.rows(namespace, [STORED_SEALING]))
    sealedTo = sealedToIn(value);
  const merged = await mergedSeals(source, namespace, own);
  if (Result.isFailure(merged)) {
    return {
      namespace,
      verdict: { _tag: "Broken", entries: 0, fault: merged.failure },
      derived: null,
    };
  }
  const options: VerifyOptions = {
    namespace,
    digests: DIGESTS,
    ...{ seals: merged.success, sealedTo },
    checkpoints: checkpoints.filter((one) => one.namespace === namespace),
    ...(keys === undefined ? {} : { signatures: signaturesBy(keys) }),
  };
  const verifier = makeVerifier(options);
  const derived = await walkDerived(source, namespace, {
    calendars: request.calendars ?? [],
    now: request.now ?? Date.now(),
    seed: request.seed ?? randomUUID(),
  });
  for await (const entry of source.entries(namespace)) {
    verifier.take(entry);
    derived.takeEntry(entry);
    if (!verifier.wantsMore()) break;
  }
  if (verifier.wantsMore()) {
    await derived.begin();
    await walkIssues(source, namespace, async (batch) => {
      takeStates(verifier, batch);
      // What no journal gives need not even have the form of a state.
      if (verifier.isSound()) await derived.takeBatch(batch);
    });
  }
  const verdict = verifier.end({ states: true });
  return { namespace, verdict, derived: verdict._tag === "Sound" ? await derived.end() : null };
};

const DIGESTS = [platformDigest("SHA-256"), platformDigest("SM3")];

const takeStates = (verifier: JournalVerifier, { rows, historyOf, contents }: IssueBatch): void => {
  const found = new Map<string, StoredContent>(
    contents.map(({ id, value }) => [id, storedContentOf(DIGESTS, id, value)]),
  );
  for (const { id, value } of rows) {
    const stored = storedStateOf(id, value);
    verifier.takeState(stored, {
      history: historyOf(id),
      contents: contentIdsOf(stored).flatMap((content) => found.get(content) ?? []),
    });
  }
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

const mergedSeals = async (
  source: JournalSource,
  namespace: string,
  kept: ReadonlyArray<KeptSeal>,
): Promise<Result.Result<ReadonlyArray<KeptSeal>, JournalFault>> => {
  const stored: Array<KeptSeal> = [];
  for await (const text of source.seals(namespace)) {
    const decoded = decodeSeal(text);
    if (Result.isFailure(decoded)) {
      const why = `a stored seal ${decoded.failure.reason}`;
      return Result.fail({
        ...{ kind: "Seal", position: null, stream: null, version: null, seal: null, path: null },
        why,
      });
    }
    stored.push(decoded.success);
  }
  return mergeSeals(kept, stored);
};
