/**
 * How each event of an issue is stored: its current form, and every older one.
 * An event that has no line here, or a line that lacks a field, does not compile.
 *
 * To change a stored event, write its new form and keep the old one readable with
 * `olderForm` at the end of its list; the ones before it are never touched.
 */
import type { EventOf, EventType } from "../issue/index.ts";
import * as Schema from "effect/Schema";
import { NEVER_CHANGED } from "./EventCodec.ts";
import type { EventKind } from "./EventCodec.ts";
import {
  assignee,
  charterRef,
  clockKind,
  clockState,
  content,
  externalRef,
  facts,
  issueKind,
  linkRelation,
  passedOver,
  reporter,
  routedAs,
  settlement,
  stand,
  subject,
} from "./Shapes.ts";

/** An event in the one form it ever had. */
const first = <const T extends EventType, const F extends Schema.Struct.Fields>(
  type: T,
  fields: F,
) => ({ form: Schema.Struct({ type: Schema.Literal(type), ...fields }), older: NEVER_CHANGED });

const effects = {
  at: Schema.Int,
  start: Schema.optionalKey(Schema.Array(clockState)),
  stop: Schema.optionalKey(Schema.Array(Schema.String)),
  handler: Schema.optionalKey(assignee),
  content: Schema.optionalKey(Schema.Array(content)),
};
const taking = {
  ...effects,
  handler: assignee,
  passed: Schema.optionalKey(Schema.Array(passedOver)),
};
const by = { ...effects, by: Schema.NullOr(Schema.String) };
const moved = { ...taking, from: assignee };
const missed = { ...moved, clock: Schema.String, kind: clockKind, fault: Schema.Boolean };
const intake = {
  ...taking,
  issue: Schema.String,
  kind: issueKind,
  charter: charterRef,
  category: Schema.String,
  facts,
  reporters: Schema.Array(reporter),
  about: Schema.Array(subject),
  routed: routedAs,
  externalRefs: Schema.Array(externalRef),
};

/** Every event of an issue by its type. */
export const ISSUE_EVENTS = {
  Reported: first("Reported", {
    ...intake,
    unit: Schema.NullOr(Schema.String),
    sponsor: Schema.NullOr(stand),
    signposted: Schema.Boolean,
    inform: Schema.Array(Schema.String),
  }),
  SettledRecorded: first("SettledRecorded", { ...intake, unit: Schema.String, settlement }),
  Accepted: first("Accepted", by),
  Contacted: first("Contacted", { ...effects, reached: Schema.Boolean }),
  Resolved: first("Resolved", { ...effects, settlement }),
  Verified: first("Verified", { ...by, passed: Schema.Boolean }),
  Answered: first("Answered", by),
  HandedUp: first("HandedUp", moved),
  SentBack: first("SentBack", moved),
  Referred: first("Referred", { ...moved, chain: Schema.String }),
  Assigned: first("Assigned", { ...moved, final: Schema.Boolean }),
  OrganisationAsked: first("OrganisationAsked", { ...effects, organisation: Schema.String }),
  OrganisationAnswered: first("OrganisationAnswered", { ...effects, organisation: Schema.String }),
  Summoned: first("Summoned", { ...by, posts: Schema.Array(stand) }),
  CheckedIn: first("CheckedIn", {
    ...effects,
    post: Schema.String,
    unit: Schema.String,
    lead: Schema.Boolean,
  }),
  CheckInMissed: first("CheckInMissed", {
    ...effects,
    post: Schema.String,
    unit: Schema.String,
    fault: Schema.Boolean,
    attempt: Schema.Int,
    instead: Schema.NullOr(stand),
  }),
  HelperAdded: first("HelperAdded", { ...effects, person: Schema.String }),
  Commented: first("Commented", by),
  ExtensionRequested: first("ExtensionRequested", { ...effects, kind: clockKind }),
  ExtensionGranted: first("ExtensionGranted", {
    ...effects,
    kind: clockKind,
    granted: Schema.Boolean,
  }),
  Suspended: first("Suspended", { ...effects, reviewBy: Schema.Int }),
  Resumed: first("Resumed", effects),
  SupervisionOpened: first("SupervisionOpened", by),
  Urged: first("Urged", by),
  ReporterUnsealed: first("ReporterUnsealed", {
    ...effects,
    by: Schema.String,
    reporters: Schema.Array(Schema.String),
  }),
  Supported: first("Supported", { ...effects, person: Schema.String }),
  Reclassified: first("Reclassified", {
    ...moved,
    inform: Schema.optionalKey(Schema.Array(Schema.String)),
    category: Schema.String,
    facts,
    routed: routedAs,
  }),
  Relocated: first("Relocated", {
    ...moved,
    inform: Schema.optionalKey(Schema.Array(Schema.String)),
    unit: Schema.String,
    routed: routedAs,
    sponsor: Schema.NullOr(stand),
  }),
  Rerouted: first("Rerouted", {
    ...effects,
    charter: charterRef,
    fromCharter: charterRef,
    routed: routedAs,
    before: routedAs,
    from: assignee,
    stays: Schema.NullOr(Schema.Literals(["assigned", "climbed", "suspended"])),
    passed: Schema.optionalKey(Schema.Array(passedOver)),
    inform: Schema.optionalKey(Schema.Array(Schema.String)),
  }),
  Merged: first("Merged", { ...effects, into: Schema.String }),
  Absorbed: first("Absorbed", {
    ...effects,
    issue: Schema.String,
    reporters: Schema.Array(reporter),
    supporters: Schema.Array(Schema.String),
  }),
  Linked: first("Linked", { ...effects, issue: Schema.String, relation: linkRelation }),
  FollowedUp: first("FollowedUp", {
    ...effects,
    rating: Schema.NullOr(Schema.Int),
    resolved: Schema.NullOr(Schema.Boolean),
    reached: Schema.Boolean,
  }),
  Reopened: first("Reopened", { ...moved, raised: Schema.Boolean }),
  Withdrawn: first("Withdrawn", effects),
  Declined: first("Declined", { ...effects, reason: Schema.String }),
  Signposted: first("Signposted", { ...effects, to: Schema.String }),
  Closed: first("Closed", by),
  DeadlinesRecomputed: first("DeadlinesRecomputed", effects),
  Reminded: first("Reminded", {
    ...effects,
    clock: Schema.String,
    kind: clockKind,
    attempt: Schema.Int,
    fault: Schema.Boolean,
  }),
  Escalated: first("Escalated", missed),
  ClusterRaised: first("ClusterRaised", { ...moved, cluster: Schema.String, count: Schema.Int }),
  LastRungReached: first("LastRungReached", missed),
} as const satisfies { readonly [T in EventType]: EventKind<EventOf<T>> };
