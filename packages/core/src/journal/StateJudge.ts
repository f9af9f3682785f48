/**
 * The issues' states of a journal, one after another: the first that does not fit its
 * stream, and which stream's end is missing first.
 *
 * An end that is missing leaves no gap in the feed, so where it stood is known within
 * bounds only: behind the stream's last entry and behind all that seals and checkpoints
 * cover, and at the latest right after the entries there are.
 */
import { isHouseStream } from "./House.ts";
import type { HouseEvent } from "./House.ts";
import { faultOfState } from "./Folded.ts";
import type { IssueEvent } from "../issue/index.ts";
import type { JournalFault, StateEvidence, StoredState, UnreadableState } from "./Verdict.ts";

/** Where a stream ends in the feed. */
export interface StreamEnd {
  readonly version: number;
  readonly hash: string;
  readonly position: number;
  hasState: boolean;
}

/** The end of a stream of which nothing was seen yet. */
export const NO_ENTRY: StreamEnd = { version: 0, hash: "", position: 0, hasState: false };

/** The places from `earliest` to `latest`, as a fault names them. */
export const placesBetween = (earliest: number, latest: number) =>
  earliest < latest ? { position: earliest, latest } : { position: earliest };

/**
 * Judges states against the streams read so far. No place up to `held` can be free.
 * What the house says of contents is noted before, from the feed.
 */
export const judgeStates = (streams: ReadonlyMap<string, StreamEnd>, held: number) => {
  const notes = { forgotten: new Set<string>(), resealed: new Map<string, string>() };
  let first: JournalFault | null = null;
  const cut = firstCut();
  return {
    note: (event: IssueEvent | HouseEvent): void => {
      if (event.type === "RetentionApplied") {
        for (const id of event.records) notes.forgotten.add(id);
      }
      if (event.type !== "ContentsSealed") return;
      for (const id of event.forgotten) notes.forgotten.add(id);
      for (const { id, hash } of event.records) notes.resealed.set(id, hash);
    },
    take: (stored: StoredState | UnreadableState, evidence: StateEvidence): void => {
      const end = streams.get(stored.stream);
      if (end !== undefined) end.hasState = true;
      if ("unreadable" in stored) {
        const { stream, unreadable } = stored;
        first ??= stateFaultOf(stream, `the issue's stored state cannot be read: ${unreadable}`);
        return;
      }
      const fault = faultOfState(stored, evidence, notes);
      if (fault === null) return;
      const position = end?.position ?? 0;
      if (fault.kind === "Truncated") cut.take(stored, fault, Math.max(position, held) + 1);
      // Either the state or the stream's last entry is another one; only a seal can tell which.
      else if (fault.path === null && isOtherEnd(stored, evidence) && position > held)
        first ??= { ...fault, position };
      else first ??= fault;
    },
    /** What has a place in the feed comes first. `entries` is how many were read. */
    fault: (entries: number): JournalFault | null => cut.fault(entries) ?? first,
  };
};

/** The first stream, in feed order, whose issue has no stored state. */
export const faultOfStateless = (streams: ReadonlyMap<string, StreamEnd>): JournalFault | null => {
  for (const [stream, { hasState }] of streams) {
    if (!hasState && !isHouseStream(stream))
      return stateFaultOf(stream, "the issue's stored state is missing");
  }
  return null;
};

// Private

// Of several streams that end too early, the one whose missing entry can have stood earliest;
// of equals, the one whose entry is said to be older.
const firstCut = () => {
  let found: {
    readonly fault: JournalFault;
    readonly earliest: number;
    readonly at: number;
  } | null = null;
  let streams = 0;
  return {
    take: (stored: StoredState, fault: JournalFault, earliest: number): void => {
      streams += 1;
      const at = instantIn(stored.state, fault.version === 1 ? "reportedAt" : "lastAt");
      const isEarlier =
        found === null ||
        earliest < found.earliest ||
        (earliest === found.earliest && at < found.at);
      if (isEarlier) found = { fault, earliest, at };
    },
    fault: (entries: number): JournalFault | null => {
      if (found === null) return null;
      const { fault, earliest } = found;
      const others = streams === 1 ? "" : `; ${streams} streams end too early`;
      return { ...fault, ...placesBetween(earliest, entries + 1), why: `${fault.why}${others}` };
    },
  };
};

const isOtherEnd = (stored: StoredState, { history }: StateEvidence): boolean =>
  history.length === stored.version && history.at(-1)?.hash !== stored.head;

// What a stored state says of itself is good enough to choose between two faults.
const instantIn = (state: unknown, field: string): number => {
  const at: unknown =
    typeof state === "object" && state !== null ? Reflect.get(state, field) : undefined;
  return typeof at === "number" ? at : Number.POSITIVE_INFINITY;
};

const stateFaultOf = (stream: string, why: string): JournalFault => ({
  ...{ kind: "State", position: null, stream, version: null, seal: null, path: null, why },
});
