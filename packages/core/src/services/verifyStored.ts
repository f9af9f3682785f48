/** Verifying a journal through its storage, page by page, while it may be written to. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { isHouseStream, makeVerifier, signedText } from "../journal/index.ts";
import type {
  JournalVerifier,
  KeptSeal,
  SignatureCheck,
  StreamHead,
  VerifyOptions,
} from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { SignatureKey } from "../ports/index.ts";
import { decodeIssue, INDEX, KIND } from "./rows.ts";
import { Unreadable } from "./Errors.ts";
import { platformDigest } from "./Settings.ts";
import type { Settings } from "./Settings.ts";

/** Verifies against seals, signatures when keys are given, and the issues' states. */
export const verifyStored = Effect.fnUntraced(function* (
  settings: Settings,
  seals: ReadonlyArray<KeptSeal>,
  keys: ReadonlyArray<SignatureKey> | undefined,
) {
  const { namespace, digest } = settings;
  const others = [...new Set(seals.map((seal) => seal.algorithm))]
    .filter((algorithm) => algorithm !== digest.algorithm)
    .map(platformDigest);
  const options: VerifyOptions = {
    ...{ namespace, digests: [digest, ...others], seals },
    ...(keys === undefined ? {} : { signatures: signaturesBy(keys) }),
  };
  const verifier = makeVerifier(options);
  const streams = new Set<string>();
  let after: string | null = null;
  // Commits may come between reading the journal and reading the states; what only the states
  // say is therefore asked again, with what was written meanwhile.
  for (let attempt = 1; ; attempt += 1) {
    after = yield* takeFrom(settings, verifier, streams, after);
    const verdict = verifier.end(yield* headsOf(settings, [...streams]));
    const sure = verdict._tag === "Sound" || verdict.fault.position !== null;
    if (sure || attempt === ATTEMPTS) return verdict;
  }
});

const ATTEMPTS = 3;

/** Gives the verifier what the feed holds after a cursor; answers the cursor reached. */
const takeFrom = Effect.fnUntraced(function* (
  settings: Settings,
  verifier: JournalVerifier,
  streams: Set<string>,
  from: string | null,
) {
  const { storage, namespace } = settings;
  let after = from;
  for (;;) {
    const page: Effect.Success<ReturnType<typeof storage.feed>> = yield* storage.feed({
      namespace,
      after,
      limit: STORAGE_LIMITS.pageRows,
      stream: null,
    });
    for (const entry of page.entries) {
      verifier.take(entry);
      if (!isHouseStream(entry.stream)) streams.add(entry.stream);
    }
    after = page.next;
    if (page.entries.length < STORAGE_LIMITS.pageRows || !verifier.wantsMore()) return after;
  }
});

const headsOf = Effect.fnUntraced(function* (settings: Settings, streams: ReadonlyArray<string>) {
  const { storage, namespace } = settings;
  const heads: Array<StreamHead> = [];
  for (let at = 0; at < streams.length; at += STORAGE_LIMITS.pageRows) {
    const keys = streams
      .slice(at, at + STORAGE_LIMITS.pageRows)
      .map((id) => ({ kind: KIND.issue, id }));
    for (const row of yield* storage.read({ namespace, keys })) {
      if (row === null) continue;
      heads.push(yield* Effect.fromResult(streamHeadOf(row.id, row.value)));
    }
  }
  return heads;
});

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

/** What an issue's stored row says of its stream; total for any stored text. */
export const streamHeadOf = (id: string, value: string): Result.Result<StreamHead, Unreadable> =>
  Result.flatMap(decodeIssue(id, value), ({ head, state }) => {
    // A row that somebody wrote by hand may lack what the type promises.
    const version: unknown = (state as { readonly version?: unknown } | undefined)?.version;
    return typeof head === "string" && typeof version === "number"
      ? Result.succeed({ stream: id, version, head })
      : Result.fail(new Unreadable({ what: "issue", id, reason: "it has no head" }));
  });
