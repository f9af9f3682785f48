/** The timeline: every step in sentences, naming posts and never persons. */
import type { LocalText } from "../data/index.ts";
import { fillText } from "../data/index.ts";
import { unitAt } from "../hierarchy/index.ts";
import type { EventOf, IssueEvent, World } from "../issue/index.ts";
import { formatInstant } from "../time/index.ts";
import type { Instant } from "../time/index.ts";
import type { IssueView } from "./view.ts";

/** One line of a timeline. */
export interface TimelineLine {
  readonly version: number;
  readonly type: IssueEvent["type"];
  readonly at: Instant;
  /** Set when it was written down later than it happened. */
  readonly recordedAt: Instant | null;
  readonly text: LocalText;
}

/** The lines a reader of `seen` may read. Comments among offices are left out for others. */
export const timeline = (
  world: World,
  seen: IssueView,
  history: ReadonlyArray<{ readonly event: IssueEvent; readonly recordedAt: Instant }>,
): ReadonlyArray<TimelineLine> =>
  history.flatMap(({ event, recordedAt }, index) => {
    const forOffices = event.type === "Commented" || event.type === "HelperAdded";
    if (forOffices && seen.contents === null) return [];
    return [
      {
        version: index + 1,
        type: event.type,
        at: event.at,
        recordedAt: recordedAt === event.at ? null : recordedAt,
        text: sentenceOf(world, event),
      },
    ];
  });

/** The sentence of one event; it holds posts, places and instants only. */
export const sentenceOf = (world: World, event: IssueEvent): LocalText => {
  const pattern = world.charter.text(`timeline.${event.type}`) ?? SENTENCES[event.type];
  return fillText(pattern, {
    handler: event.handler === undefined ? "" : standName(world, event.handler, event.at),
    from: "from" in event ? standName(world, event.from, event.at) : "",
    due: dueText(world, event),
    ...detailsOf(world, event),
  });
};

/** A post at a place, as people say it: 镇东社区楼栋长. */
export const standName = (
  world: World,
  stand: { readonly post: string; readonly unit: string },
  at: Instant,
): LocalText => {
  const post = world.charter.posts.get(stand.post)?.name ?? { zh: stand.post, en: stand.post };
  const unit = unitAt(world.hierarchy, stand.unit, at)?.name ??
    unitAt(world.hierarchy, stand.unit)?.name ?? { zh: stand.unit, en: stand.unit };
  return { zh: `${unit.zh}${post.zh}`, en: `${post.en} of ${unit.en}` };
};

const dueText = (world: World, event: IssueEvent): LocalText => {
  const running = (event.start ?? []).filter((clock) => clock.paused === null);
  const due = running.map((clock) => clock.deadline.dueAt);
  if (due.length === 0) return { zh: "", en: "" };
  const at = formatInstant(world.charter.calendar, Math.min(...due));
  return { zh: `，时限 ${at}`, en: `; due ${at}` };
};

const detailsOf = (
  world: World,
  event: IssueEvent,
): Readonly<Record<string, string | LocalText>> => {
  switch (event.type) {
    case "Escalated":
    case "Reminded":
    case "LastRungReached":
      return { clock: CLOCK_NAMES[event.kind] };
    case "ExtensionGranted":
      return {
        outcome: event.granted ? text("同意延期", "granted") : text("不同意延期", "refused"),
      };
    case "Verified":
      return { outcome: event.passed ? text("通过", "passed") : text("未通过", "not passed") };
    case "Rerouted":
      return {
        version: event.charter.version,
        outcome:
          event.handler === undefined
            ? text("承办人不变", "the handler stays")
            : fillText(text("现由{handler}负责", "now {handler} is accountable"), {
                handler: standName(world, event.handler, event.at),
              }),
      };
    case "CheckedIn":
    case "CheckInMissed":
      return { stand: standName(world, event, event.at) };
    case "Summoned":
      return { stands: stands(world, event) };
    case "ClusterRaised":
      return { count: String(event.count) };
    case "Resolved":
      return { stand: standName(world, event.settlement, event.at) };
    case "SettledRecorded":
      return {
        stand: standName(world, event.settlement, event.at),
        settled: formatInstant(world.charter.calendar, event.settlement.at),
      };
    case "Suspended":
      return { until: formatInstant(world.charter.calendar, event.reviewBy) };
    default:
      return {};
  }
};

const stands = (world: World, event: EventOf<"Summoned">): LocalText => {
  const names = event.posts.map((stand) => standName(world, stand, event.at));
  return {
    zh: names.map((name) => name.zh).join("、"),
    en: names.map((name) => name.en).join("; "),
  };
};

const text = (zh: string, en: string): LocalText => ({ zh, en });

/** Names of the clocks, for people. */
export const CLOCK_NAMES = {
  accept: text("受理时限", "accept"),
  contact: text("联系时限", "contact"),
  checkIn: text("报到时限", "check-in"),
  resolve: text("办理时限", "resolve"),
  answer: text("答复时限", "answer"),
  followUp: text("核查时限", "follow-up"),
  review: text("复核时限", "review"),
} as const;

const SENTENCES: Readonly<Record<IssueEvent["type"], LocalText>> = {
  Reported: text("已登记，由{handler}负责{due}", "Registered; {handler} is accountable{due}"),
  SettledRecorded: text(
    "{stand}补录：{settled}已现场办结",
    "Recorded afterwards: settled on the spot by {stand} at {settled}",
  ),
  Accepted: text("已受理{due}", "Accepted{due}"),
  Contacted: text("已联系反映人", "The reporter was contacted"),
  Resolved: text("{stand}已办结，等待核查{due}", "Settled by {stand}; to be verified{due}"),
  Verified: text("核查{outcome}", "Verification {outcome}"),
  Answered: text("已答复反映人", "The reporter was answered"),
  HandedUp: text("{from}上报，现由{handler}负责{due}", "Handed up by {from}; now {handler}{due}"),
  SentBack: text("{from}退回{handler}{due}", "Sent back by {from} to {handler}{due}"),
  Referred: text("{from}转交{handler}{due}", "Referred by {from} to {handler}{due}"),
  Assigned: text("指定由{handler}承办{due}", "Assigned to {handler}{due}"),
  OrganisationAsked: text("已请有关单位配合", "An organisation was asked"),
  OrganisationAnswered: text("有关单位已回复", "The organisation answered"),
  Summoned: text("吹哨：请{stands}报到{due}", "Summoned: {stands}{due}"),
  CheckedIn: text("{stand}已报到", "{stand} checked in"),
  CheckInMissed: text("{stand}未按时报到", "{stand} did not check in in time"),
  HelperAdded: text("增加协办人", "A helper was added"),
  Commented: text("有新留言", "A comment was made"),
  ExtensionRequested: text("已申请延期", "An extension was asked for"),
  ExtensionGranted: text("延期申请：{outcome}{due}", "Extension {outcome}{due}"),
  Suspended: text("缓办，{until}前复核", "Suspended; to be reviewed by {until}"),
  Resumed: text("恢复办理{due}", "Resumed{due}"),
  SupervisionOpened: text("已列入督办", "Put under supervision"),
  Urged: text("已催办", "Urged"),
  ReporterUnsealed: text(
    "经治理办法授权的岗位依规查看了保密反映人，理由已告知本人",
    "A post the charter names learned who the confidential reporter is; they were told why",
  ),
  Supported: text("有人附议", "Somebody supports it"),
  Reclassified: text(
    "调整类别，由{handler}负责{due}",
    "Reclassified; {handler} is accountable{due}",
  ),
  Relocated: text("调整地点，由{handler}负责{due}", "Relocated; {handler} is accountable{due}"),
  Rerouted: text(
    "治理办法更新（{version}），{outcome}{due}",
    "Under the new rules ({version}) {outcome}{due}",
  ),
  Merged: text("已并入同一事项", "Merged into the same issue"),
  Absorbed: text("并入另一反映", "Another report was merged in"),
  Linked: text("已关联", "Linked"),
  FollowedUp: text("已回访", "Followed up"),
  Reopened: text("重新办理，由{handler}负责{due}", "Reopened; {handler} is accountable{due}"),
  Withdrawn: text("反映人撤回", "Withdrawn by the reporter"),
  Declined: text("依法不予受理，已说明理由", "Declined for a lawful reason that was given"),
  Signposted: text("已指引其他渠道", "Signposted elsewhere"),
  Closed: text("已结案", "Closed"),
  DeadlinesRecomputed: text(
    "节假日安排已公布，时限已重新计算{due}",
    "Holidays were announced; computed anew{due}",
  ),
  Reminded: text("{clock}已到，再次提醒{due}", "The {clock} clock ran out; reminded{due}"),
  Escalated: text(
    "{clock}已过，由{from}升级至{handler}{due}",
    "The {clock} clock was missed; escalated from {from} to {handler}{due}",
  ),
  ClusterRaised: text(
    "同类反映已有{count}件，升级至{handler}{due}",
    "{count} reports of the same thing; raised to {handler}{due}",
  ),
  LastRungReached: text(
    "已到最后一级，由{handler}督办{due}",
    "The last rung; {handler} supervises{due}",
  ),
};
