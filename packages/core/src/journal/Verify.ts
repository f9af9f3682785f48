/**
 * Verifying a whole journal in one pass: each entry by itself, each in its stream,
 * all of them against the seals, and each stream against the issue's stored state.
 *
 * The first bad position is named. What the seals cover is named exactly; in what
 * is not sealed yet, an entry that follows nothing names the place where the gap
 * shows, and only the issues' states show a missing end of a stream.
 *
 * After a first fault the rest is read only to tell a swapped, a missing and an
 * added entry apart.
 */
import * as Result from "effect/Result";
import { verifyEntry } from "./Entry.ts";
import type { Digest, EntryOf } from "./Entry.ts";
import { isHouseStream } from "./House.ts";
import { checkSeals, makeSealLine } from "./SealLine.ts";
import type { SealLine } from "./SealLine.ts";
import type {
  FaultKind,
  FeedEntry,
  JournalFault,
  JournalVerdict,
  StreamHead,
  VerifyOptions,
} from "./Verdict.ts";

/** Takes the entries of one namespace in feed order, then judges. */
export interface JournalVerifier {
  readonly take: (entry: FeedEntry) => void;
  /** False when nothing that follows can change the verdict. */
  readonly wantsMore: () => boolean;
  /** May be asked again after more. With `heads`, of all issues: streams that end too early, or have no state, show too. */
  readonly end: (heads?: Iterable<StreamHead>) => JournalVerdict;
}

interface StreamEnd {
  readonly version: number;
  readonly hash: string;
  readonly position: number;
}

/** Begins to verify the journal of one namespace. */
export const makeVerifier = (options: VerifyOptions): JournalVerifier => {
  const checked = checkSeals(options);
  const line = makeSealLine(options.digests, checked.seals);
  const streams = new Map<string, StreamEnd>();
  const own = ownCheck(options.digests);
  let fault: JournalFault | null = checked.fault;
  let suspect: Suspect | null = null;
  let position = 0;

  const judge = (entry: FeedEntry): void => {
    const amiss = line.judge(position, entry);
    const found = own(entry);
    const last = streams.get(entry.stream) ?? NO_ENTRY;
    if (amiss === "Mark") {
      suspect = suspectOfMark(line, position, entry);
      if (Result.isFailure(found)) {
        fault = faultAt("Edited", position, entry, line, found.failure);
      }
    } else if (Result.isFailure(found)) {
      fault = faultAt("Edited", position, entry, line, found.failure);
    } else if (amiss !== null) {
      fault = amiss;
    } else if (entry.version <= last.version) {
      fault = faultAt("Duplicated", position, entry, line, "its place in the stream is taken");
    } else if (entry.version > last.version + 1) {
      suspect = suspectOfGap(position, entry, last.version + 1);
    } else if (found.success.previous !== last.hash) {
      fault = brokenLink(position, entry, last, line);
    } else {
      streams.set(entry.stream, { version: entry.version, hash: entry.hash, position });
    }
  };

  return {
    take: (entry) => {
      if (fault !== null) return;
      position += 1;
      if (suspect === null) judge(entry);
      else suspect.look(entry, position);
    },
    wantsMore: () => fault === null,
    end: (heads) => {
      const first =
        fault ??
        suspect?.verdict() ??
        line.missingFrom(position) ??
        (heads === undefined ? null : faultOfHeads(streams, heads));
      return first !== null
        ? { _tag: "Broken", entries: position, fault: first }
        : {
            _tag: "Sound",
            entries: position,
            streams: streams.size,
            sealed: line.covered,
            seals: checked.seals.length,
            signed: checked.signed,
          };
    },
  };
};

const NO_ENTRY: StreamEnd = { version: 0, hash: "", position: 0 };

// A host may have changed its hash function at some time; each entry must fit one of them wholly.
const ownCheck = (digests: ReadonlyArray<Digest>) => {
  let usual = digests[0];
  return (entry: FeedEntry): Result.Result<EntryOf<unknown>, string> => {
    let first: Result.Result<EntryOf<unknown>, string> = Result.fail("no hash function was given");
    for (const digest of new Set(usual === undefined ? digests : [usual, ...digests])) {
      const found = verifyEntry(digest, entry);
      if (Result.isSuccess(found)) {
        usual = digest;
        return found.success.stream === entry.stream
          ? found
          : Result.fail("it belongs to another stream");
      }
      if (digest === usual) first = found;
    }
    return first;
  };
};

const faultAt = (
  kind: FaultKind,
  position: number,
  entry: FeedEntry | null,
  line: SealLine,
  why: string,
): JournalFault => ({
  kind,
  position,
  stream: entry?.stream ?? null,
  version: entry?.version ?? null,
  seal: line.sealAt(position),
  why,
});

// The later entry says what the earlier one hashed to. When no seal vouches for either, the
// earlier is named: rewriting it together with its own hash is what leaves this trace.
const brokenLink = (
  position: number,
  entry: FeedEntry,
  last: StreamEnd,
  line: SealLine,
): JournalFault =>
  last.position === 0 || line.sealAt(last.position) !== null
    ? faultAt("Edited", position, entry, line, "it does not follow the entry before it")
    : faultAt(
        "Edited",
        last.position,
        { ...entry, version: last.version },
        line,
        `the entry after it, number ${position}, followed another one`,
      );

/** A place where something is amiss, while the rest is read to find out what. */
interface Suspect {
  readonly look: (entry: FeedEntry, position: number) => void;
  readonly verdict: () => JournalFault;
}

const suspectOfGap = (position: number, entry: FeedEntry, missing: number): Suspect => {
  let foundAt: number | null = null;
  return {
    look: (later, at) => {
      if (later.stream === entry.stream && later.version === missing) foundAt ??= at;
    },
    verdict: () => ({
      kind: foundAt === null ? "Missing" : "Swapped",
      position,
      stream: entry.stream,
      version: missing,
      seal: null,
      why:
        foundAt === null
          ? `version ${missing} of its stream is missing; version ${entry.version} stands here`
          : `version ${missing} of its stream stands later, at ${foundAt}`,
    }),
  };
};

const suspectOfMark = (line: SealLine, position: number, entry: FeedEntry): Suspect => {
  const expected = line.markAt(position);
  const elsewhere = line.placeOf(line.markOf(position, entry), position);
  let foundAt: number | null = null;
  const verdict = (): JournalFault => {
    const at = (kind: FaultKind, why: string) =>
      faultAt(kind, position, kind === "Missing" ? null : entry, line, why);
    if (foundAt !== null) {
      if (elsewhere === null) return at("Inserted", "it was not there when the range was sealed");
      return elsewhere < position
        ? at("Duplicated", `it is the entry sealed as number ${elsewhere}`)
        : at("Swapped", `it was sealed as number ${elsewhere}; what was here stands at ${foundAt}`);
    }
    if (elsewhere === null) return at("Edited", "it is not the entry that was sealed");
    return elsewhere < position
      ? at("Duplicated", `it is the entry sealed as number ${elsewhere}`)
      : at("Missing", `the sealed entry is gone; number ${elsewhere} stands here`);
  };
  return {
    look: (later, at) => {
      if (foundAt === null && line.markOf(position, later) === expected) foundAt = at;
    },
    verdict,
  };
};

const faultOfHeads = (
  streams: ReadonlyMap<string, StreamEnd>,
  heads: Iterable<StreamHead>,
): JournalFault | null => {
  const known = new Set<string>();
  for (const { stream, version, head } of heads) {
    known.add(stream);
    const end = streams.get(stream) ?? NO_ENTRY;
    const fault = (kind: FaultKind, at: number, why: string): JournalFault => ({
      ...{ kind, position: null, stream, version: at, seal: null, why },
    });
    if (end.version < version) {
      return fault("Truncated", end.version + 1, `its issue has ${version} entries`);
    }
    if (end.version > version) {
      return fault("State", version, `the issue's state is older than its journal`);
    }
    if (end.hash !== head) {
      return fault("State", version, "the issue's state stands on another last entry");
    }
  }
  for (const stream of streams.keys()) {
    if (known.has(stream) || isHouseStream(stream)) continue;
    const why = "the issue's stored state is missing";
    return { kind: "State", position: null, stream, version: null, seal: null, why };
  }
  return null;
};
