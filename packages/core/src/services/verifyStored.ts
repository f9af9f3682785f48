/** Verifying a journal through its storage, page by page, while it may be written to. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { checkpointText, isHouseStream, makeVerifier, signedText } from "../journal/index.ts";
import type {
  Digest,
  FeedEntry,
  JournalVerifier,
  Kept,
  SignatureCheck,
  StateEvidence,
  StoredContent,
  StoredState,
  UnreadableState,
  VerifyOptions,
} from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { RowKey, SignatureKey } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import { decodeContent, decodeIssue, decodeVersioned, hashedText, INDEX, KIND } from "./rows.ts";
import { isSealed } from "./sealedRecord.ts";
import { platformDigest } from "./Settings.ts";
import type { Settings } from "./Settings.ts";

/** Verifies against seals and checkpoints, signatures when keys are given, and the issues' states. */
export const verifyStored = Effect.fnUntraced(function* (
  settings: Settings,
  { seals, checkpoints, sealedTo }: Kept & { readonly sealedTo: number },
  keys: ReadonlyArray<SignatureKey> | undefined,
) {
  const { namespace, digest } = settings;
  const others = [...new Set([...seals, ...checkpoints].map((one) => one.algorithm))]
    .filter((algorithm) => algorithm !== digest.algorithm)
    .map(platformDigest);
  const options: VerifyOptions = {
    ...{ namespace, digests: [digest, ...others], seals, sealedTo, checkpoints },
    ...(keys === undefined ? {} : { signatures: signaturesBy(keys) }),
  };
  const verifier = makeVerifier(options);
  const issues = new Set<string>();
  let after = yield* takeFeed(settings, verifier, { after: null, issues });
  let done = 0;
  while (done < issues.size && verifier.wantsMore()) {
    const batch = [...issues].slice(done, done + BATCH);
    const found = yield* foundOf(settings, batch, others);
    // What was written meanwhile may say why a content is gone by now.
    after = yield* takeFeed(settings, verifier, { after, issues });
    for (const { stored, evidence } of found) verifier.takeState(stored, evidence);
    done += batch.length;
  }
  return verifier.end({ states: true });
});

/** Issues held in memory together. */
const BATCH = 500;

/** Gives the verifier the feed from a place on; adds the issues it tells of, and answers the place reached. */
const takeFeed = Effect.fnUntraced(function* (
  settings: Settings,
  verifier: JournalVerifier,
  from: { readonly after: string | null; readonly issues: Set<string> },
) {
  let { after } = from;
  for (;;) {
    const page: FeedPage = yield* feedPage(settings, after, null);
    for (const entry of page.entries) {
      verifier.take(entry);
      if (!isHouseStream(entry.stream)) from.issues.add(entry.stream);
    }
    after = page.next;
    if (page.entries.length < STORAGE_LIMITS.pageRows || !verifier.wantsMore()) return after;
  }
});

const foundOf = Effect.fnUntraced(function* (
  settings: Settings,
  issues: ReadonlyArray<string>,
  others: ReadonlyArray<Digest>,
) {
  const { storage, namespace } = settings;
  const found: Array<{
    readonly stored: StoredState | UnreadableState;
    readonly evidence: StateEvidence;
  }> = [];
  const keys = issues.map((id) => ({ kind: KIND.issue, id }));
  for (const row of yield* storage.read({ namespace, keys })) {
    if (row === null) continue;
    const stored = storedStateOf(row.id, row.value);
    const history = yield* historyOf(settings, row.id);
    const isLonger = !("unreadable" in stored) && history.length > stored.version;
    // A commit may have come between the two: then the row is of a later version by now.
    const isOvertaken = isLonger && (yield* versionOf(settings, row.id)) > stored.version;
    found.push({
      stored,
      evidence: {
        history: isOvertaken ? history.slice(0, stored.version) : history,
        contents: yield* contentsOf(settings, stored, others),
      },
    });
  }
  return found;
});

const contentsOf = Effect.fnUntraced(function* (
  { storage, namespace, digest }: Settings,
  stored: StoredState | UnreadableState,
  others: ReadonlyArray<Digest>,
) {
  const contents: Array<StoredContent> = [];
  const ids = contentIdsOf(stored);
  for (let at = 0; at < ids.length; at += STORAGE_LIMITS.pageRows) {
    const page = ids.slice(at, at + STORAGE_LIMITS.pageRows);
    const keys = page.map((id) => ({ kind: KIND.content, id }));
    for (const row of yield* storage.read({ namespace, keys })) {
      if (row !== null) contents.push(storedContentOf([digest, ...others], row.id, row.value));
    }
  }
  return contents;
});

/** The contents a stored state names; total for whatever stands there. */
export const contentIdsOf = (stored: StoredState | UnreadableState): ReadonlyArray<string> => {
  const state: unknown = "unreadable" in stored ? null : stored.state;
  if (typeof state !== "object" || state === null || !("content" in state)) return [];
  const refs: ReadonlyArray<unknown> = Array.isArray(state.content) ? state.content : [];
  return refs.flatMap((ref) =>
    typeof ref === "object" && ref !== null && "id" in ref && typeof ref.id === "string"
      ? [ref.id]
      : [],
  );
};

/** What a stored row says of a content, under each hash function it may have been written with. */
export const storedContentOf = (
  digests: ReadonlyArray<Digest>,
  id: string,
  value: string,
): StoredContent => {
  const plain = isSealed(value) ? null : Result.getOrElse(decodeContent(id, value), () => null);
  if (plain?.erased === true && plain.words === null) return { id, forgotten: true };
  const text = plain === null ? value : hashedTextOf(plain);
  return { id, hashes: digests.map((digest) => digest.hash(text)) };
};

const hashedTextOf = (content: Content): string => {
  try {
    return hashedText(content);
  } catch {
    return "";
  }
};

const versionOf = Effect.fnUntraced(function* (settings: Settings, id: string) {
  const { storage, namespace } = settings;
  const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.issue, id }] });
  const stored = row == null ? null : storedStateOf(row.id, row.value);
  return stored === null || "unreadable" in stored ? 0 : stored.version;
});

const historyOf = Effect.fnUntraced(function* (settings: Settings, stream: string) {
  const history: Array<FeedEntry> = [];
  let after: string | null = null;
  for (;;) {
    const page: FeedPage = yield* feedPage(settings, after, stream);
    history.push(...page.entries);
    if (page.entries.length < STORAGE_LIMITS.pageRows) return history;
    after = page.next;
  }
});

const feedPage = (settings: Settings, after: string | null, stream: string | null) =>
  settings.storage.feed({
    ...{ namespace: settings.namespace, after, stream },
    limit: STORAGE_LIMITS.pageRows,
  });

type FeedPage = Effect.Success<ReturnType<typeof feedPage>>;

/** A check of signatures by public keys, each found by its id. */
export const signaturesBy =
  (keys: ReadonlyArray<SignatureKey>): SignatureCheck =>
  (signed) => {
    const { signature } = signed;
    const key = keys.find(
      (one) => one.keyId === signature?.keyId && one.algorithm === signature.algorithm,
    );
    if (key === undefined || signature === null) return "UnknownKey";
    const text = "takenAt" in signed ? checkpointText(signed) : signedText(signed);
    return key.verify(text, signature.value) ? "Good" : "Bad";
  };

/** Kinds of the rows a verifier reads beside the journal. */
export const STORED_KINDS = {
  issue: KIND.issue,
  content: KIND.content,
  seal: KIND.seal,
} as const;

/** How seals are scanned, in order. */
export const STORED_SEALS = { kind: KIND.seal, index: INDEX.seal } as const;

/** The row in which sealing keeps its place. */
export const STORED_SEALING: RowKey = { kind: KIND.projection, id: "seals" };

/** Number of the last seal, as sealing keeps it in its row; 0 for a text that says none. */
export const sealedToIn = (value: string): number => {
  const found = decodeVersioned<{ readonly v: 1; readonly index?: unknown }>("position", "", value);
  const index = Result.isSuccess(found) ? found.success.index : 0;
  return typeof index === "number" ? index : 0;
};

/** What a stored row says of an issue; total for any stored text. */
export const storedStateOf = (id: string, value: string): StoredState | UnreadableState => {
  const decoded = decodeIssue(id, value);
  if (Result.isFailure(decoded)) return { stream: id, unreadable: decoded.failure.reason };
  // A row that somebody wrote by hand may lack what the type promises.
  const { head, state }: { readonly head: unknown; readonly state: unknown } = decoded.success;
  const version =
    typeof state === "object" && state !== null && "version" in state ? state.version : null;
  return typeof head === "string" && typeof version === "number"
    ? { stream: id, version, head, state }
    : { stream: id, unreadable: "it has no head or no version" };
};
