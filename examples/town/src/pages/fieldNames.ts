/** What the inputs of commands are called on a form. */
import type { LocalText } from "@linli/core/data";

const text = (zh: string, en: string): LocalText => ({ zh, en });

/** Labels by field name; a field without one shows its own name. */
export const FIELD_NAMES: Readonly<Record<string, LocalText>> = {
  words: text("说明", "In words"),
  reached: text("联系上了", "Reached"),
  passed: text("核查通过", "Passed"),
  granted: text("同意延期", "Granted"),
  resolved: text("已经解决", "It is settled"),
  rating: text("满意度（5 最高）", "Rating (5 is best)"),
  until: text("延期至", "Until"),
  reviewBy: text("复核时间", "Review by"),
  to: text("转给", "To"),
  post: text("岗位", "Post"),
  unit: text("单元（名称或编号）", "Unit (name or id)"),
  posts: text("请哪个岗位", "Whom to summon"),
  organisation: text("单位", "Organisation"),
  person: text("人员", "Person"),
  clock: text("哪个时限", "Which clock"),
  category: text("类别", "Category"),
  facts: text("要素", "Facts"),
  reason: text("理由", "Reason"),
  into: text("并入事项编号", "Into issue"),
  issue: text("事项编号", "Issue id"),
  relation: text("关系", "Relation"),
  final: text("最终指定（不能再退回）", "For good (may not be sent back)"),
};

/** Labels of closed lists, and of the values of facts. */
export const VALUE_NAMES: Readonly<Record<string, LocalText>> = {
  minor: text("轻微", "minor"),
  major: text("较重", "major"),
  critical: text("严重", "critical"),
  accept: text("受理", "accept"),
  contact: text("联系", "contact"),
  checkIn: text("报到", "check-in"),
  resolve: text("办理", "resolve"),
  answer: text("答复", "answer"),
  followUp: text("核查", "follow-up"),
  review: text("复核", "review"),
  court: text("人民法院", "court"),
  arbitration: text("劳动仲裁", "arbitration"),
  petition: text("信访", "petitions office"),
  hotline: text("12345 热线", "hotline 12345"),
  police: text("公安", "police"),
  other: text("其他", "other"),
  sameCause: text("同一原因", "same cause"),
  followsFrom: text("由它引起", "follows from"),
  related: text("有关", "related"),
};
