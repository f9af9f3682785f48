/** Verifying a journal through its storage, page by page, while it may be written to. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { isHouseStream, makeVerifier, signedText } from "../journal/index.ts";
import type {
  FeedEntry,
  JournalVerifier,
  Kept,
  SignatureCheck,
  StoredState,
  UnreadableState,
  VerifyOptions,
} from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { SignatureKey } from "../ports/index.ts";
import { decodeIssue, INDEX, KIND } from "./rows.ts";
import { platformDigest } from "./Settings.ts";
import type { Settings } from "./Settings.ts";

/** Verifies against seals and checkpoints, signatures when keys are given, and the issues' states. */
export const verifyStored = Effect.fnUntraced(function* (
  settings: Settings,
  { seals, checkpoints }: Kept,
  keys: ReadonlyArray<SignatureKey> | undefined,
) {
  const { namespace, digest } = settings;
  const others = [...new Set([...seals, ...checkpoints].map((one) => one.algorithm))]
    .filter((algorithm) => algorithm !== digest.algorithm)
    .map(platformDigest);
  const options: VerifyOptions = {
    ...{ namespace, digests: [digest, ...others], seals, checkpoints },
    ...(keys === undefined ? {} : { signatures: signaturesBy(keys) }),
  };
  const verifier = makeVerifier(options);
  const issues = yield* takeFeed(settings, verifier);
  for (let at = 0; at < issues.length && verifier.wantsMore(); at += STORAGE_LIMITS.pageRows) {
    yield* takeStates(settings, verifier, issues.slice(at, at + STORAGE_LIMITS.pageRows));
  }
  return verifier.end({ states: true });
});

/** Gives the verifier the whole feed; answers the issues it tells of. */
const takeFeed = Effect.fnUntraced(function* (settings: Settings, verifier: JournalVerifier) {
  const streams = new Set<string>();
  let after: string | null = null;
  for (;;) {
    const page: FeedPage = yield* feedPage(settings, after, null);
    for (const entry of page.entries) {
      verifier.take(entry);
      if (!isHouseStream(entry.stream)) streams.add(entry.stream);
    }
    after = page.next;
    if (page.entries.length < STORAGE_LIMITS.pageRows || !verifier.wantsMore()) return [...streams];
  }
});

const takeStates = Effect.fnUntraced(function* (
  settings: Settings,
  verifier: JournalVerifier,
  issues: ReadonlyArray<string>,
) {
  const { storage, namespace } = settings;
  const keys = issues.map((id) => ({ kind: KIND.issue, id }));
  for (const row of yield* storage.read({ namespace, keys })) {
    if (row === null) continue;
    const stored = storedStateOf(row.id, row.value);
    const history = yield* historyOf(settings, row.id);
    const isLonger = !("unreadable" in stored) && history.length > stored.version;
    // A commit may have come between the two: then the row is of a later version by now.
    const isOvertaken = isLonger && (yield* versionOf(settings, row.id)) > stored.version;
    verifier.takeState(stored, isOvertaken ? history.slice(0, stored.version) : history);
  }
});

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
  (seal) => {
    const { signature } = seal;
    const key = keys.find(
      (one) => one.keyId === signature?.keyId && one.algorithm === signature.algorithm,
    );
    if (key === undefined || signature === null) return "UnknownKey";
    return key.verify(signedText(seal), signature.value) ? "Good" : "Bad";
  };

/** Kinds of the rows a verifier reads beside the journal. */
export const STORED_KINDS = { issue: KIND.issue, seal: KIND.seal } as const;

/** How seals are scanned, in order. */
export const STORED_SEALS = { kind: KIND.seal, index: INDEX.seal } as const;

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
