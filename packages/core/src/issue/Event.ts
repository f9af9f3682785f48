/**
 * Events: what happened to an issue, in the past tense.
 *
 * Every event says what it did to the clocks and to the handler in the same two
 * fields, so that folding needs to know each effect once. Events hold ids,
 * instants and hashes only.
 */
import type { ClockKind, FactsRecord, IssueKind } from "../charter/index.ts";
import type { Instant } from "../time/index.ts";
import type {
  Assignee,
  ClockState,
  ContentRef,
  LinkRelation,
  Reporter,
  RoutedAs,
  Settlement,
  Subject,
} from "./State.ts";

/** What every event may carry. */
export interface Effects {
  readonly at: Instant;
  /** Clocks started or restarted, by key. */
  readonly start?: ReadonlyArray<ClockState>;
  /** Keys of clocks stopped. */
  readonly stop?: ReadonlyArray<string>;
  /** The new accountable handler. */
  readonly handler?: Assignee;
  /** Content records that belong to this step. */
  readonly content?: ReadonlyArray<ContentRef>;
}

/** Somebody passed over on the way to the handler, and why. */
export interface PassedOver {
  readonly post: string;
  readonly unit: string;
  readonly why: "vacant" | "absent" | "excluded";
}

/** Why a rerouted issue stays where it is: somebody gave it there, it climbed there, or it is suspended. */
export type RerouteStay = "assigned" | "climbed" | "suspended";

interface Taking extends Effects {
  readonly handler: Assignee;
  readonly passed?: ReadonlyArray<PassedOver>;
}

/** Events by type; `type` is the name in the journal and never changes its meaning. */
export interface EventMap {
  readonly Reported: Taking & {
    readonly issue: string;
    readonly kind: IssueKind;
    readonly charter: { readonly id: string; readonly version: string };
    readonly category: string;
    readonly facts: FactsRecord;
    readonly unit: string | null;
    readonly reporters: ReadonlyArray<Reporter>;
    readonly about: ReadonlyArray<Subject>;
    readonly routed: RoutedAs;
    readonly sponsor: { readonly post: string; readonly unit: string } | null;
    readonly externalRefs: ReadonlyArray<{ readonly system: string; readonly ref: string }>;
    /** Set when the decision was a signpost: the issue is final at once. */
    readonly signposted: boolean;
    readonly inform: ReadonlyArray<string>;
  };
  readonly SettledRecorded: Taking & {
    readonly issue: string;
    readonly kind: IssueKind;
    readonly charter: { readonly id: string; readonly version: string };
    readonly category: string;
    readonly facts: FactsRecord;
    readonly unit: string;
    readonly reporters: ReadonlyArray<Reporter>;
    readonly about: ReadonlyArray<Subject>;
    readonly routed: RoutedAs;
    readonly settlement: Settlement;
    readonly externalRefs: ReadonlyArray<{ readonly system: string; readonly ref: string }>;
  };
  readonly Accepted: Effects & { readonly by: string | null };
  readonly Contacted: Effects & { readonly reached: boolean };
  readonly Resolved: Effects & { readonly settlement: Settlement };
  readonly Verified: Effects & { readonly passed: boolean; readonly by: string | null };
  readonly Answered: Effects & { readonly by: string | null };
  readonly HandedUp: Taking & { readonly from: Assignee };
  readonly SentBack: Taking & { readonly from: Assignee };
  readonly Referred: Taking & { readonly from: Assignee; readonly chain: string };
  readonly Assigned: Taking & { readonly from: Assignee; readonly final: boolean };
  readonly OrganisationAsked: Effects & { readonly organisation: string };
  readonly OrganisationAnswered: Effects & { readonly organisation: string };
  readonly Summoned: Effects & {
    readonly by: string | null;
    readonly posts: ReadonlyArray<{ readonly post: string; readonly unit: string }>;
  };
  readonly CheckedIn: Effects & {
    readonly post: string;
    readonly unit: string;
    readonly lead: boolean;
  };
  readonly CheckInMissed: Effects & {
    readonly post: string;
    readonly unit: string;
    readonly fault: boolean;
    readonly attempt: number;
    /** The post called in its place, one level up; null when there is none. */
    readonly instead: { readonly post: string; readonly unit: string } | null;
  };
  readonly HelperAdded: Effects & { readonly person: string };
  readonly Commented: Effects & { readonly by: string | null };
  readonly ExtensionRequested: Effects & { readonly kind: ClockKind };
  readonly ExtensionGranted: Effects & { readonly kind: ClockKind; readonly granted: boolean };
  readonly Suspended: Effects & { readonly reviewBy: Instant };
  readonly Resumed: Effects;
  readonly SupervisionOpened: Effects & { readonly by: string | null };
  readonly Urged: Effects & { readonly by: string | null };
  /** A post the charter names learned who confidential reporters are; the reason is its content. */
  readonly ReporterUnsealed: Effects & {
    readonly by: string;
    readonly reporters: ReadonlyArray<string>;
  };
  readonly Supported: Effects & { readonly person: string };
  readonly Reclassified: Taking & {
    /** Levels told at once, by the new decision; absent when none are. */
    readonly inform?: ReadonlyArray<string>;
    readonly category: string;
    readonly facts: FactsRecord;
    readonly routed: RoutedAs;
    readonly from: Assignee;
  };
  readonly Relocated: Taking & {
    readonly inform?: ReadonlyArray<string>;
    readonly unit: string;
    readonly routed: RoutedAs;
    readonly from: Assignee;
    readonly sponsor: { readonly post: string; readonly unit: string } | null;
  };
  /** A newer charter version holds for it from here: routed anew, with clocks that are never later. */
  readonly Rerouted: Effects & {
    readonly charter: { readonly id: string; readonly version: string };
    readonly fromCharter: { readonly id: string; readonly version: string };
    readonly routed: RoutedAs;
    readonly before: RoutedAs;
    readonly from: Assignee;
    /** Why it stays with its handler whatever routing says; null when routing decides. */
    readonly stays: RerouteStay | null;
    readonly passed?: ReadonlyArray<PassedOver>;
    /** Levels told at once, by the new decision; absent when none are, or it does not move. */
    readonly inform?: ReadonlyArray<string>;
  };
  readonly Merged: Effects & { readonly into: string };
  readonly Absorbed: Effects & {
    readonly issue: string;
    readonly reporters: ReadonlyArray<Reporter>;
    readonly supporters: ReadonlyArray<string>;
  };
  readonly Linked: Effects & { readonly issue: string; readonly relation: LinkRelation };
  readonly FollowedUp: Effects & {
    readonly rating: number | null;
    readonly resolved: boolean | null;
    readonly reached: boolean;
  };
  readonly Reopened: Taking & { readonly from: Assignee; readonly raised: boolean };
  readonly Withdrawn: Effects;
  readonly Declined: Effects & { readonly reason: string };
  readonly Signposted: Effects & { readonly to: string };
  readonly Closed: Effects & { readonly by: string | null };
  /** A newer calendar knows holidays that were not known: provisional deadlines were computed anew. */
  readonly DeadlinesRecomputed: Effects;
  /** A clock was missed and started anew at the same level. */
  readonly Reminded: Effects & {
    readonly clock: string;
    readonly kind: ClockKind;
    readonly attempt: number;
    readonly fault: boolean;
  };
  /** 逾期升级: a missed clock moved the issue up. */
  readonly Escalated: Taking & {
    readonly clock: string;
    readonly kind: ClockKind;
    readonly from: Assignee;
    readonly fault: boolean;
  };
  /** Many reports of one thing moved this one up. */
  readonly ClusterRaised: Taking & {
    readonly cluster: string;
    readonly count: number;
    readonly from: Assignee;
  };
  /** The defined end of the ladder. */
  readonly LastRungReached: Taking & {
    readonly clock: string;
    readonly kind: ClockKind;
    readonly from: Assignee;
    readonly fault: boolean;
  };
}

/** The name of an event. */
export type EventType = keyof EventMap;

/** One event of an issue. */
export type IssueEvent = {
  readonly [T in EventType]: { readonly type: T } & EventMap[T];
}[EventType];

/** The event of one type. */
export type EventOf<T extends EventType> = { readonly type: T } & EventMap[T];
