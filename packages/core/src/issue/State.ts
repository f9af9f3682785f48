/**
 * The state of an issue (事项): what folding its events gives.
 *
 * It holds references and charter-typed facts only. People are opaque ids, and
 * every free text is a content record of its own, named by id and hash, so that
 * erasing one leaves this state and the journal whole.
 */
import type { ClockKind, FactsRecord, IssueKind, Size } from "../charter/index.ts";
import type { Deadline, Instant, Remaining } from "../time/index.ts";

/**
 * - `reported`: routed, nobody has accepted it yet (also after each change of handler)
 * - `accepted`: its handler has taken it
 * - `suspended`: clocks are paused until a review
 * - `resolved`: settled by its handler, waiting to be verified
 * - `verified`: somebody else confirmed it
 * - the rest are final; only `closed` can be reopened
 */
export type Status =
  | "reported"
  | "accepted"
  | "suspended"
  | "resolved"
  | "verified"
  | "closed"
  | "withdrawn"
  | "declined"
  | "signposted"
  | "merged";

/** How the reporter is known; each kind says what replaces a missing reporter. */
export type ReporterKind = "named" | "confidential" | "anonymous" | "proxy" | "official";

/** Somebody who reported the issue; several after a merge. */
export interface Reporter {
  readonly kind: ReporterKind;
  /** Opaque person id; null when anonymous or official. */
  readonly person: string | null;
  /** Person who wrote it down for somebody else (代录). */
  readonly recordedBy: string | null;
  /** Hash of the receipt code with which the issue can be followed without an account. */
  readonly receipt: string | null;
  /** The official system it came from. */
  readonly source: string | null;
  readonly at: Instant;
}

/** Whom or what an issue is about: these may not handle, verify or close it, nor see its reporter. */
export type Subject =
  | { readonly person: string }
  | { readonly post: string; readonly unit: string }
  | { readonly organisation: string };

/** A free text, attachment or other personal content kept outside the journal. */
export interface ContentRef {
  readonly id: string;
  readonly hash: string;
}

/** A post at a unit, with who held it when it was given the issue. */
export interface Assignee {
  readonly post: string;
  readonly unit: string;
  readonly level: string;
  readonly person: string | null;
  /** How that person came to answer for the post. */
  readonly via: "holder" | "delegate" | "duty" | "deputy" | "above" | "lastResort" | "triage";
}

/** A running or paused clock. `key` is unique on the issue: the kind, or the kind and whom it runs for. */
export interface ClockState {
  readonly key: string;
  readonly kind: ClockKind;
  readonly deadline: Deadline;
  /** 0 at first; each reminder at the same level adds one. */
  readonly attempt: number;
  /** Set while paused: what was left, in the clock's own measure. */
  readonly paused: Remaining | null;
}

/** What routing decided, kept with the issue. */
export interface RoutedAs {
  readonly course: "handle" | "deliberate" | "signpost" | "emergency";
  readonly rule: string | null;
  readonly chain: string;
  readonly levels: ReadonlyArray<string>;
  readonly size: Size | null;
  readonly clocks: string;
}

/** A unit called to the scene; the first to check in leads. */
export interface Summons {
  readonly post: string;
  readonly unit: string;
  readonly by: string | null;
  readonly at: Instant;
  readonly checkedInAt: Instant | null;
  readonly lead: boolean;
}

/** An organisation asked for its part; it never takes over accountability. */
export interface Asked {
  readonly organisation: string;
  readonly at: Instant;
  readonly answeredAt: Instant | null;
}

/** How it was settled, by whom and where. */
export interface Settlement {
  readonly at: Instant;
  readonly by: string | null;
  readonly post: string;
  readonly unit: string;
  readonly level: string;
  readonly onSpot: boolean;
  /** The level was competent for the facts when it settled. */
  readonly competent: boolean;
  /** Written down afterwards by 补录: when; null when settled through the library. */
  readonly recordedAt: Instant | null;
}

/** Confidential reporters that somebody learned of. */
export interface Unsealing {
  readonly by: string;
  readonly at: Instant;
  readonly reporters: ReadonlyArray<string>;
}

/** Everything known about an issue except texts and names. */
export interface IssueState {
  readonly id: string;
  readonly kind: IssueKind;
  readonly status: Status;
  readonly charter: { readonly id: string; readonly version: string };
  readonly category: string;
  readonly facts: FactsRecord;
  /** Null while the place is unknown: then the triage desk has it. */
  readonly unit: string | null;
  readonly reporters: ReadonlyArray<Reporter>;
  readonly about: ReadonlyArray<Subject>;
  /** For whom confidential reporters were unsealed; absent when for nobody. */
  readonly unsealed?: ReadonlyArray<Unsealing>;
  readonly routed: RoutedAs;
  readonly handler: Assignee;
  /** 首问: the first-asked post stays on the issue wherever it climbs. */
  readonly sponsor: { readonly post: string; readonly unit: string } | null;
  /** Whom a send-back returns to, innermost last. */
  readonly cameFrom: ReadonlyArray<Assignee>;
  /** Persons who have been accountable: climbing never returns to one. */
  readonly tried: ReadonlyArray<string>;
  /** A superior decided whose it is: it may not be sent back. */
  readonly assignedFinally: boolean;
  readonly clocks: ReadonlyArray<ClockState>;
  readonly helpers: ReadonlyArray<string>;
  readonly asked: ReadonlyArray<Asked>;
  readonly summons: ReadonlyArray<Summons>;
  readonly supporters: ReadonlyArray<string>;
  readonly content: ReadonlyArray<ContentRef>;
  readonly links: ReadonlyArray<{ readonly issue: string; readonly relation: LinkRelation }>;
  readonly externalRefs: ReadonlyArray<{ readonly system: string; readonly ref: string }>;
  readonly mergedInto: string | null;
  readonly extensionAsked: { readonly kind: ClockKind; readonly at: Instant } | null;
  readonly extensions: number;
  readonly escalations: number;
  readonly handUps: number;
  /** A cluster of reports raised it at some time; absent when none did. */
  readonly clusterRaised?: true;
  /** Clocks missed with fault and without, by kind: what scoring reads. */
  readonly supervised: boolean;
  /** The defined end of the ladder was reached; only reviews recur from here. */
  readonly lastRung: boolean;
  readonly reopened: number;
  readonly reportedAt: Instant;
  readonly acceptedAt: Instant | null;
  readonly contactedAt: Instant | null;
  readonly settlement: Settlement | null;
  readonly verifiedAt: Instant | null;
  readonly answeredAt: Instant | null;
  readonly closedAt: Instant | null;
  readonly rating: number | null;
  /** Number of events folded: the version of its stream. */
  readonly version: number;
  /** Instant of the last event; no later event is earlier. */
  readonly lastAt: Instant;
}

export const LINK_RELATIONS = ["sameCause", "followsFrom", "related"] as const;
export type LinkRelation = (typeof LINK_RELATIONS)[number];

const FINAL: ReadonlySet<Status> = new Set([
  "closed",
  "withdrawn",
  "declined",
  "signposted",
  "merged",
]);

/** Final issues have no clocks and never climb. */
export const isFinal = (state: { readonly status: Status }): boolean => FINAL.has(state.status);

/** The earliest running clock, or undefined: paused clocks wait for nobody. */
export const nextClock = (state: IssueState): ClockState | undefined => {
  let first: ClockState | undefined;
  for (const clock of state.clocks) {
    if (clock.paused !== null) continue;
    if (
      first === undefined ||
      clock.deadline.dueAt < first.deadline.dueAt ||
      (clock.deadline.dueAt === first.deadline.dueAt && clock.key < first.key)
    ) {
      first = clock;
    }
  }
  return first;
};

/** Whether anybody waits for an answer: an anonymous report reads its answer by receipt. */
export const owesAnswer = (state: IssueState): boolean => state.reporters.length > 0;
