/** The library's own sentences for commands, refusals and states, in both languages. */
import type { LocalText } from "../data/index.ts";
import type { CommandName } from "../charter/index.ts";
import type { RefusalCode } from "./Refusal.ts";
import type { Status } from "./State.ts";

const text = (zh: string, en: string): LocalText => ({ zh, en });

/** Names of the commands, as buttons carry them. */
export const COMMAND_TEXTS: Readonly<Record<CommandName, LocalText>> = {
  report: text("反映", "Report"),
  recordSettled: text("补录已办", "Record as settled"),
  accept: text("受理", "Accept"),
  contact: text("联系反映人", "Contact the reporter"),
  settle: text("现场办结", "Settle on the spot"),
  resolve: text("办结", "Resolve"),
  verify: text("核查", "Verify"),
  answer: text("答复", "Answer"),
  handUp: text("上报", "Hand up"),
  sendBack: text("退回", "Send back"),
  refer: text("转交", "Refer"),
  assign: text("指定承办", "Assign"),
  ask: text("请单位配合", "Ask an organisation"),
  respond: text("单位回复", "Organisation's answer"),
  summon: text("吹哨", "Summon"),
  checkIn: text("报到", "Check in"),
  addHelper: text("增加协办人", "Add a helper"),
  comment: text("留言", "Comment"),
  requestExtension: text("申请延期", "Ask for an extension"),
  grantExtension: text("审批延期", "Decide on the extension"),
  suspend: text("缓办", "Suspend"),
  resume: text("恢复办理", "Resume"),
  supervise: text("督办", "Supervise"),
  urge: text("催办", "Urge"),
  support: text("附议", "Support"),
  reclassify: text("调整类别", "Reclassify"),
  relocate: text("调整地点", "Relocate"),
  merge: text("合并", "Merge"),
  link: text("关联", "Link"),
  followUp: text("回访评价", "Follow up and rate"),
  reopen: text("重新办理", "Reopen"),
  withdraw: text("撤回", "Withdraw"),
  decline: text("依法不予受理", "Decline with a lawful reason"),
  signpost: text("指引其他渠道", "Signpost"),
  close: text("结案", "Close"),
  unseal: text("依规查看保密反映人", "Unseal the confidential reporter"),
};

/** Why a step is refused, for people. */
export const REFUSAL_TEXTS: Readonly<Record<RefusalCode, LocalText>> = {
  NotNow: text("事项当前状态不能进行此操作", "Not possible in the issue's present state"),
  NotYours: text("此操作由其他岗位负责", "This step belongs to another post"),
  ConcernsYou: text("事项涉及本人，应当回避", "The issue concerns you, so others handle it"),
  OwnWork: text("不能核查自己办理的事项", "Nobody verifies their own work"),
  NoSuchIssue: text("没有这个事项", "There is no such issue"),
  AlreadyExists: text("事项已经存在", "The issue exists already"),
  UnknownUnit: text("没有这个治理单元", "There is no such unit"),
  UnknownPost: text("没有这个岗位", "There is no such post"),
  UnknownCategory: text("没有这个类别", "There is no such category"),
  UnknownOrganisation: text("没有这个单位", "There is no such organisation"),
  UnknownReason: text("不是治理办法规定的理由", "Not a reason the charter knows"),
  UnknownRelation: text("没有这种关联", "There is no such relation"),
  WrongFacts: text("要素不符合治理办法", "The facts do not fit the charter"),
  NothingAbove: text("已是最高层级", "There is no level above"),
  NothingToSendBackTo: text("没有可以退回的上一手", "There is nobody to send it back to"),
  AssignedFinally: text("已由上级最终指定，不能再退回", "A superior has assigned it for good"),
  OutsideDutyList: text("不在该层级职责清单内，不能下派", "Outside the duty list of that level"),
  NotCompetent: text("该层级无权办理", "That level is not competent"),
  EvidenceMissing: text("需要办理说明或佐证材料", "Evidence is missing"),
  AlreadyDone: text("已经做过", "Already done"),
  TooMany: text("已达上限", "The limit is reached"),
  NotAsked: text("没有待处理的请求", "Nothing was asked"),
  WrongInstant: text("时间不正确", "The instant is wrong"),
  SameIssue: text("不能对事项自身操作", "Not with the issue itself"),
};

/** Names of the states. */
export const STATUS_TEXTS: Readonly<Record<Status, LocalText>> = {
  reported: text("待受理", "Waiting to be accepted"),
  accepted: text("办理中", "Being handled"),
  suspended: text("缓办中", "Suspended"),
  resolved: text("已办结，待核查", "Settled, to be verified"),
  verified: text("已核查", "Verified"),
  closed: text("已结案", "Closed"),
  withdrawn: text("已撤回", "Withdrawn"),
  declined: text("依法不予受理", "Declined"),
  signposted: text("已指引其他渠道", "Signposted"),
  merged: text("已合并", "Merged"),
};
