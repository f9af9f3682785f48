/**
 * The sentences explanations are made of. A charter's `texts` may replace each by
 * its key; names in braces are filled in.
 */
import type { LocalText } from "../data/index.ts";

/** Sentences by key. */
export const WORDS = {
  "explain.call": {
    zh: "请先拨打 {numbers}：{words}",
    en: "Call {numbers} first: {words}",
  },
  "explain.handle": {
    zh: "您反映的“{category}”由{who}办理。",
    en: "Your issue ({category}) is handled by {who}.",
  },
  "explain.deliberate": {
    zh: "您反映的“{category}”由居民协商决定（{body}），{who}负责召集。",
    en: "Your issue ({category}) is for residents to decide ({body}); {who} convenes them.",
  },
  "explain.emergency": {
    zh: "您反映的“{category}”由{who}跟进，直到安全为止。",
    en: "Your issue ({category}) is followed up by {who} until it is safe.",
  },
  "explain.signpost": {
    zh: "您反映的“{category}”依法由其他机构受理：{body}",
    en: "Your issue ({category}) is by law for somebody else: {body}",
  },
  "explain.why": { zh: "原因：{because}", en: "Why: {because}" },
  "explain.basis": { zh: "依据：{basis}", en: "Basis: {basis}" },
  "explain.due": { zh: "{clock}时限：{due}。", en: "Due to {clock}: {due}." },
  "explain.provisional": {
    zh: "{clock}时限：{due}（节假日安排公布前为暂定）。",
    en: "Due to {clock}: {due} (provisional until holidays are announced).",
  },
  "explain.rule": {
    zh: "适用规则 {rule}（治理办法 {charter} {version} 版）。",
    en: "Rule {rule} applies (charter {charter}, version {version}).",
  },
  "explain.otherwise": {
    zh: "没有规则适用，按默认规定处理（治理办法 {charter} {version} 版）。",
    en: "No rule applies, so the default does (charter {charter}, version {version}).",
  },
  "explain.first": {
    zh: "{level}：由此级办理，是最低的适格层级。",
    en: "{level}: handles it, as the lowest level that may.",
  },
  "explain.able": { zh: "{level}：有权办理。", en: "{level}: may handle it." },
  "explain.below": {
    zh: "{level}：规则要求不低于{floor}。",
    en: "{level}: the rule asks for {floor} at least.",
  },
  "explain.barred": {
    zh: "{level}：交办事项不在{holder}的职责清单内，不得下派。",
    en: "{level}: the duty list of {holder} does not hold it, so it may not be pushed down.",
  },
  "explain.beyond": {
    zh: "{level}：超出其权限（{facts}）。",
    en: "{level}: beyond its competence ({facts}).",
  },
  "explain.matched": { zh: "{rule}：符合。", en: "{rule}: matched." },
  "explain.failed": { zh: "{rule}：不符合（{facts}）。", en: "{rule}: failed on {facts}." },
} as const satisfies Readonly<Record<string, LocalText>>;

/** Clocks as residents and clerks call them. */
export const CLOCK_WORDS = {
  accept: { zh: "受理", en: "accept" },
  contact: { zh: "联系", en: "contact you" },
  checkIn: { zh: "报到", en: "check in" },
  resolve: { zh: "办结", en: "resolve" },
  answer: { zh: "答复", en: "answer" },
  followUp: { zh: "回访", en: "follow up" },
  review: { zh: "复核", en: "review" },
} as const satisfies Readonly<Record<string, LocalText>>;
