/**
 * Verifying a whole journal in one pass: each entry by itself, each in its stream,
 * all of them against the seals, and each stream against the issue's stored state.
 *
 * The first bad position is named. What the seals cover is named exactly. In what is
 * not sealed yet, what was changed is named exactly too; of what is missing, the places
 * it can have had: behind the entry before it in its stream and behind the seals, before
 * the entry that follows nothing. Only the issues' states show a missing end of a
 * stream. A state is held against what folding its stream gives, and the first field
 * that differs is named.
 *
 * After a first fault the rest is read only to tell a swapped, a missing and an
 * added entry apart.
 */
import * as Result from "effect/Result";
import { verifyEntry } from "./Entry.ts";
import type { Digest, EntryOf } from "./Entry.ts";
import type { IssueEvent } from "../issue/index.ts";
import type { HouseEvent } from "./House.ts";
import { rangesOf } from "./Checkpoint.ts";
import { checkSeals, faultOfCheckpoints, faultOfUnsigned, makeSealLine } from "./SealLine.ts";
import type { SealedRange } from "./Seal.ts";
import type { SealLine } from "./SealLine.ts";
import { faultOfStateless, judgeStates, NO_ENTRY, placesBetween } from "./StateJudge.ts";
import type { StreamEnd } from "./StateJudge.ts";
import type {
  FaultKind,
  FeedEntry,
  JournalFault,
  JournalVerdict,
  StateEvidence,
  StoredState,
  UnreadableState,
  VerifyOptions,
} from "./Verdict.ts";

/** Takes the entries of one namespace in feed order, then the issues' states, then judges. */
export interface JournalVerifier {
  readonly take: (entry: FeedEntry) => void;
  /** False when nothing that follows can change the verdict. */
  readonly wantsMore: () => boolean;
  /** True while nothing is amiss in what was taken: what is built on it may be looked at. */
  readonly isSound: () => boolean;
  /**
   * An issue's stored state, with what it is held against; after the feed, which must
   * reach as far as the contents do. The state may be of a later time.
   */
  readonly takeState: (stored: StoredState | UnreadableState, evidence: StateEvidence) => void;
  /** `states: true` when those of all issues were taken: an issue without one shows too. */
  readonly end: (options?: { readonly states: boolean }) => JournalVerdict;
}

/** Begins to verify the journal of one namespace. */
export const makeVerifier = (options: VerifyOptions): JournalVerifier => {
  const checked = checkSeals(options);
  const line = makeSealLine(options.digests, checked.seals);
  const points = (options.checkpoints ?? []).map(rangesOf);
  const lines = [line, ...points.map((ranges) => makeSealLine(options.digests, ranges))];
  // No place up to here can have been left out: seals and checkpoints say what stands there.
  const held = Math.max(endOf(checked.seals), ...points.map(endOf));
  const streams = new Map<string, StreamEnd>();
  const own = ownCheck(options.digests);
  let fault: JournalFault | null = checked.fault ?? faultOfCheckpoints(options);
  let suspect: Suspect | null = null;
  const states = judgeStates(streams, held);
  let position = 0;

  const judge = (entry: FeedEntry): void => {
    const { amiss, by } = judgeBy(lines, position, entry);
    const found = own(entry);
    const last = streams.get(entry.stream) ?? NO_ENTRY;
    if (amiss === "Mark") {
      suspect = suspectOfMark(by, position, entry);
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
      suspect = suspectOfGap(position, entry, last, held);
    } else if (found.success.previous !== last.hash) {
      fault = brokenLink({ position, entry, last, lines, line });
    } else {
      const { version, hash } = entry;
      streams.set(entry.stream, { version, hash, position, hasState: last.hasState });
      states.note(found.success.event);
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
    isSound: () => fault === null && suspect === null && states.fault(position) === null,
    takeState: states.take,
    end: (taken) => {
      const first =
        fault ??
        suspect?.verdict() ??
        firstOf(lines.map((one) => one.missingFrom(position))) ??
        states.fault(position) ??
        (taken?.states === true ? faultOfStateless(streams) : null) ??
        faultOfUnsigned(options, position);
      return first !== null
        ? { _tag: "Broken", entries: position, fault: first }
        : {
            _tag: "Sound",
            entries: position,
            streams: streams.size,
            ...{ sealed: line.covered, pinned: held - line.covered, ...countsOf(checked) },
          };
    },
  };
};

// Every line sees every entry, so that each can sum up its ranges; the first that objects is heard.
const judgeBy = (lines: ReadonlyArray<SealLine>, position: number, entry: FeedEntry) => {
  let heard: { readonly amiss: ReturnType<SealLine["judge"]>; readonly by: SealLine } | null = null;
  for (const by of lines) {
    const amiss = by.judge(position, entry);
    if (amiss !== null) heard ??= { amiss, by };
  }
  return heard ?? { amiss: null, by: lines[0] as SealLine };
};

const countsOf = ({ seals, signed }: ReturnType<typeof checkSeals>) => ({
  ...{ seals: seals.length, signed, sealedAt: seals.at(-1)?.sealedAt ?? null },
});

const endOf = (ranges: ReadonlyArray<SealedRange>): number => {
  const last = ranges.at(-1);
  return last === undefined ? 0 : last.first + last.count - 1;
};

const firstOf = (faults: ReadonlyArray<JournalFault | null>): JournalFault | null =>
  faults.find((one) => one !== null) ?? null;

// A host may have changed its hash function at some time; each entry must fit one of them wholly.
const ownCheck = (digests: ReadonlyArray<Digest>) => {
  let usual = digests[0];
  return (entry: FeedEntry): Result.Result<EntryOf<IssueEvent | HouseEvent>, string> => {
    let first: Result.Result<EntryOf<IssueEvent | HouseEvent>, string> = Result.fail(
      "no hash function was given",
    );
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
  path: null,
  why,
});

// The later entry says what the earlier one hashed to. When no seal vouches for either, the
// earlier is named: rewriting it together with its own hash is what leaves this trace.
const brokenLink = (at: {
  readonly position: number;
  readonly entry: FeedEntry;
  readonly last: StreamEnd;
  readonly lines: ReadonlyArray<SealLine>;
  readonly line: SealLine;
}): JournalFault => {
  const { position, entry, last, lines, line } = at;
  return last.position === 0 || lines.some((one) => one.holds(last.position))
    ? faultAt("Edited", position, entry, line, "it does not follow the entry before it")
    : faultAt(
        "Edited",
        last.position,
        { ...entry, version: last.version },
        line,
        `the entry after it, number ${position}, followed another one`,
      );
};

/** A place where something is amiss, while the rest is read to find out what. */
interface Suspect {
  readonly look: (entry: FeedEntry, position: number) => void;
  readonly verdict: () => JournalFault;
}

// Where it was is not known, only behind what, and before what.
const suspectOfGap = (
  position: number,
  entry: FeedEntry,
  last: StreamEnd,
  held: number,
): Suspect => {
  const missing = last.version + 1;
  const earliest = Math.min(Math.max(last.position, held) + 1, position);
  let foundAt: number | null = null;
  return {
    look: (later, at) => {
      if (later.stream === entry.stream && later.version === missing) foundAt ??= at;
    },
    verdict: () => ({
      kind: foundAt === null ? "Missing" : "Swapped",
      ...placesBetween(earliest, position),
      stream: entry.stream,
      version: missing,
      seal: null,
      path: null,
      why:
        `version ${entry.version} of its stream stands at ${position}, and this one ` +
        (foundAt === null ? "is missing" : `later, at ${foundAt}`),
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
