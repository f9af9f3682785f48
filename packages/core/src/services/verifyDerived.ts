/**
 * What is made from states and entries, held against them: the lists issues stand in,
 * the jobs of their clocks, boards, what scores are computed from, and what leads from a
 * reference or a receipt code to its issue.
 *
 * Pure: whoever reads the store tells what is in it, issues first and in any order, and
 * once more ({@link DerivedVerifier.closer}) when sums differ. The journal and the states
 * must have been verified, and all that is told must be as of one instant.
 */
import * as Result from "effect/Result";
import type { LocalText } from "../data/index.ts";
import { nextClock } from "../issue/index.ts";
import type { IssueState } from "../issue/index.ts";
import { decodeAnyEntry } from "../journal/index.ts";
import type { FeedEntry } from "../journal/index.ts";
import type { RowKey } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { decodeBoard, ZERO } from "./Boards.ts";
import type { Measure } from "./Boards.ts";
import { clockJobId, QUEUE } from "./compose.ts";
import { findingOf } from "./derivedFinding.ts";
import type { DerivedFinding, DerivedVerdict } from "./derivedFinding.ts";
import { addFinding, makeReport, verdictOf } from "./derivedReport.ts";
import type { Report } from "./derivedReport.ts";
import { makeExactLedger, makeSumLedger } from "./derivedLedger.ts";
import type { Ledger } from "./derivedLedger.ts";
import { faultOfJob } from "./derivedJobs.ts";
import type { StoredJob } from "./derivedJobs.ts";
import { expectLists, factOf, indexOwner, mayBeOutdated, ownerOf } from "./derivedLists.ts";
import { besideKeys, hasReference, judgeBeside } from "./derivedRows.ts";
import type { ValueOf } from "./derivedRows.ts";
import type { DerivedWorld } from "./derivedWorld.ts";
import { contentKeys } from "./prepare.ts";
import { decodeIssue, INDEX, KIND } from "./rows.ts";
import { scoreKeys } from "./Scores.ts";

/** An index entry with the row it leads to; null where it leads to none. */
export interface StoredIndexEntry {
  readonly index: string;
  readonly key: string;
  readonly id: string;
  readonly value: string | null;
}

/** A row as it is stored. */
export interface StoredValue {
  readonly id: string;
  readonly value: string;
}

/** Takes what is stored in one namespace. */
export interface DerivedVerifier {
  /** An entry of the house's own streams; all of them before the rest. */
  readonly takeHouse: (entry: FeedEntry) => void;
  /**
   * An entry that a projection has not taken in yet, in order; all of them before the
   * issues. Of a projection that has not begun, nothing need be told.
   */
  readonly takeWaiting: (
    projection: "boards" | "scores",
    entry: { readonly stream: string; readonly version: number },
  ) => void;
  /** The rows an issue's are held against. */
  readonly keysBeside: (
    issue: StoredValue,
    history: ReadonlyArray<FeedEntry>,
  ) => ReadonlyArray<RowKey>;
  readonly takeIssue: (
    issue: StoredValue,
    history: ReadonlyArray<FeedEntry>,
    valueOf: ValueOf,
  ) => void;
  readonly takeContent: (content: StoredValue) => void;
  readonly takeIndexed: (kind: string, entry: StoredIndexEntry) => void;
  readonly takeBoard: (board: StoredValue) => void;
  /** A job, and the stored issue that {@link issueOfJob} names; null where there is none. */
  readonly takeJob: (job: StoredJob, issue: string | null) => void;
  /** A row that leads to an issue, and that issue's row; null where there is none. */
  readonly takeReference: (kind: string, row: StoredValue, issue: string | null) => void;
  /** The place a projection has come to is none of the feed's. */
  readonly takeLostPosition: (projection: "boards" | "scores") => void;
  /** Something that could not be looked at. */
  readonly note: (why: LocalText) => void;
  /** For a walk of its own through the same data; null when nothing differs. */
  readonly closer: () => DerivedVerifier | null;
  readonly end: () => DerivedVerdict;
}

/** Indexes that are held against their rows, by the kind of row. */
export const DERIVED_INDEXES: ReadonlyArray<readonly [kind: string, index: string]> = [
  ...[INDEX.under, INDEX.post, INDEX.sponsor].map((index) => [KIND.issue, index] as const),
  ...[INDEX.reporter, INDEX.cluster, INDEX.outdated].map((index) => [KIND.issue, index] as const),
  [KIND.content, INDEX.issue],
  [KIND.score, INDEX.month],
  [KIND.score, INDEX.place],
  [KIND.board, INDEX.day],
];

/** Kinds whose rows lead to an issue by its id. */
export const REFERENCE_KINDS: ReadonlyArray<string> = [KIND.externalRef, KIND.receiptCode];

/** How the rows of boards are scanned. */
export const STORED_BOARDS = { kind: KIND.board, index: INDEX.day } as const;

/** The queue of clocks. */
export const CLOCK_QUEUE: string = QUEUE.clock;

/** The row of the issue a job of the clocks' queue is about. */
export const issueOfJob = (job: StoredJob): RowKey => ({ kind: KIND.issue, id: job.value });

/** How to verify. */
export interface DerivedOptions {
  /** Not to be known beforehand to whoever can write to the store. */
  readonly seed: string;
  /** Whether jobs will be told. */
  readonly jobs: boolean;
  readonly now: Instant;
}

/** Begins to verify. */
export const makeDerivedVerifier = (
  world: DerivedWorld,
  options: DerivedOptions,
): DerivedVerifier => {
  const how = { ...options, report: makeReport(world), isCloser: false };
  const sums = makeSumLedger(options.seed);
  return {
    ...takeInto(world, sums, how),
    closer: () => {
      const isSuspect = sums.suspects();
      if (isSuspect === null) return null;
      const exact = makeExactLedger(isSuspect);
      const again = takeInto(world, exact, { ...how, isCloser: true });
      return { ...again, closer: () => null, end: () => verdictOf(world, how, exact) };
    },
    end: () => verdictOf(world, how, null),
  };
};

// Private

interface How extends DerivedOptions {
  readonly report: Report;
  readonly isCloser: boolean;
}

const takeInto = (
  world: DerivedWorld,
  ledger: Ledger,
  how: How,
): Omit<DerivedVerifier, "closer" | "end"> => ({
  ...takeIssues(world, ledger, how),
  ...takeRest(world, ledger, how),
});

// What is judged at once is judged in the first walk only; what is counted, in both.
const once = (world: DerivedWorld, { report, isCloser }: How) => ({
  add: (finding: DerivedFinding) => {
    if (!isCloser) addFinding(world, report, finding);
  },
  looked: (what: keyof Report["looked"]) => {
    if (!isCloser) report.looked[what] += 1;
  },
});

const takeIssues = (world: DerivedWorld, ledger: Ledger, how: How) => {
  const { add: found, looked } = once(world, how);
  const waiting = { boards: new Map<string, number>(), scores: new Map<string, number>() };
  const untilOf = (projection: "boards" | "scores", issue: string): number =>
    world[projection].cursor === null
      ? 0
      : (waiting[projection].get(issue) ?? Number.POSITIVE_INFINITY);
  const takes: Pick<DerivedVerifier, "takeWaiting" | "keysBeside" | "takeIssue" | "takeContent"> = {
    takeWaiting: (projection, { stream, version }) => {
      if (!waiting[projection].has(stream)) waiting[projection].set(stream, version);
    },
    keysBeside: ({ id, value }, history) => {
      const state = stateIn(id, value);
      return state === null ? [] : besideKeys(state, history);
    },
    takeIssue: ({ id, value }, history, valueOf) => {
      const state = stateIn(id, value);
      if (state === null) return;
      looked("issues");
      expectLists(world, ledger, state);
      if (how.jobs && nextClock(state) !== undefined) ledger.expect(ownerOf(JOB, id), WAITS, 1);
      const beside = judgeBeside(world, state, {
        ...{ history, valueOf },
        boardsUntil: untilOf("boards", id),
        scoresUntil: untilOf("scores", id),
      });
      for (const finding of beside.findings) found(finding);
      for (const day of beside.eitherWay) how.report.eitherWay.add(day);
      for (const { day, measure } of beside.counted) {
        ledger.expect(ownerOf(KIND.board, day), measure, 1);
      }
      if (beside.kept.length > 0 && valueOf({ kind: KIND.score, id }) !== null) {
        const keys = () => scoreKeys(id, beside.kept).map(factOf);
        ledger.expectOneOf(indexOwner(KIND.score, id), [keys]);
      }
    },
    takeContent: ({ id, value }) => {
      const place = placeIn(id, value);
      if (place === null) return;
      const keys = contentKeys(place, null).filter(({ index }) => index === INDEX.issue);
      ledger.expectOneOf(indexOwner(KIND.content, id), [() => keys.map(factOf)]);
    },
  };
  return takes;
};

const takeRest = (world: DerivedWorld, ledger: Ledger, how: How) => {
  const { report, isCloser } = how;
  const { add: found, looked } = once(world, how);
  const revived = new Map<string, Instant>();
  const takes: Omit<DerivedVerifier, "closer" | "end" | keyof ReturnType<typeof takeIssues>> = {
    takeHouse: ({ value }) => {
      const decoded = Result.getOrElse(decodeAnyEntry(value), () => null);
      if (decoded?.event.type !== "JobsRevived") return;
      for (const id of decoded.event.jobs) revived.set(id, decoded.event.at);
    },
    takeIndexed: (kind, { index, key, id, value }) => {
      if (isSkipped(world, kind)) return;
      looked("entries");
      if (index === INDEX.outdated) {
        const state = value === null ? null : stateIn(id, value);
        // One that need not be there may be: which charter was current then is not written down.
        if (state !== null && key === id && mayBeOutdated(world, state)) return;
      }
      ledger.found(indexOwner(kind, id), factOf({ index, key }), 1);
    },
    takeBoard: ({ id, value }) => {
      if (isSkipped(world, KIND.board)) return;
      looked("boards");
      const key = factOf({ index: INDEX.day, key: id });
      ledger.expectOneOf(indexOwner(KIND.board, id), [() => [key]]);
      for (const { measure, times } of figuresIn(id, value)) {
        if (times === null) {
          found(findingOf("Board", { kind: KIND.board, id }, measure, NO_FIGURE));
        } else if (times !== 0) ledger.found(ownerOf(KIND.board, id), measure, times);
      }
    },
    takeJob: (job, issue) => {
      looked("jobs");
      const state = issue === null ? null : stateIn(job.value, issue);
      const fault = faultOfJob(job, state, { revivedAt: revived.get(job.id), now: how.now });
      if (fault !== null) found(fault);
      if (job.dead && !isCloser) report.dead += 1;
      if (state !== null && job.id === clockJobId(state.id) && nextClock(state) !== undefined) {
        ledger.found(ownerOf(JOB, state.id), WAITS, 1);
      }
    },
    takeReference: (kind, { id, value }, issue) => {
      looked("references");
      const state = issue === null ? null : stateIn(value, issue);
      if (state !== null && hasReference(state, { kind, id })) return;
      found(findingOf("Reference", { kind, id }, "", leadsNowhere(value, state !== null)));
    },
    takeLostPosition: (projection) =>
      found(
        findingOf(
          projection === "boards" ? "Board" : "Score",
          { kind: KIND.projection, id: projection },
          "/cursor",
          LOST,
        ),
      ),
    note: (why) => {
      if (!isCloser) report.notes.push(why);
    },
  };
  return takes;
};

const JOB = "job";
const WAITS = "waits";

const isSkipped = ({ boards, scores }: DerivedWorld, kind: string): boolean =>
  (kind === KIND.board && boards.forgetting === true) ||
  (kind === KIND.score && scores.forgetting === true);

const stateIn = (id: string, value: string): IssueState | null => {
  const decoded = Result.getOrElse(decodeIssue(id, value), () => null);
  return decoded === null || decoded.state.id !== id ? null : decoded.state;
};

// Sealed or plain, a content says which issue it belongs to and when it came.
const placeIn = (id: string, value: string) => {
  try {
    const { issue, at }: { readonly issue?: unknown; readonly at?: unknown } = JSON.parse(value);
    return typeof issue === "string" && typeof at === "number" ? { id, issue, at } : null;
  } catch {
    return null;
  }
};

const figuresIn = (id: string, value: string) => {
  const board = Result.getOrElse(decodeBoard(id, value), () => null);
  if (board === null || `${board.unit}/${board.day}` !== id) return [{ measure: "", times: null }];
  return (Object.keys(ZERO) as ReadonlyArray<Measure>).map((measure) => {
    const times: unknown = board[measure];
    return Number.isSafeInteger(times)
      ? { measure, times: board[measure] }
      : { measure: `/${measure}`, times: null };
  });
};

const NO_FIGURE: LocalText = { en: "it cannot be read", zh: "无法读取" };

const LOST: LocalText = {
  en: "it is no place in the feed",
  zh: "它不是日志中的位置",
};

const leadsNowhere = (value: string, isThere: boolean): LocalText =>
  isThere
    ? {
        en: `it leads to the issue ${JSON.stringify(value)}, which was not reported with it`,
        zh: `指向事项 ${JSON.stringify(value)}，而该事项并非以此登记`,
      }
    : {
        en: `it leads to ${JSON.stringify(value)}, and there is no such issue`,
        zh: `指向 ${JSON.stringify(value)}，而并无此事项`,
      };
