/** The charter of Xin'an town, Guannan county. */
import { because, charter, text } from "@linli/core/charter";
import type { CharterDocument, Cluster } from "@linli/core/charter";
import * as clocks from "../common/clocks.ts";
import { cost, hazard, households, severity } from "../common/facts.ts";
import { declineReasons } from "../common/reasons.ts";
import { categories } from "./categories.ts";
import { BIG, CRITICAL, otherwise, rules, SMALL } from "./rules.ts";

const cluster = (category: string, zh: string, en: string): Cluster => ({
  id: `repeated.${category}`,
  category,
  within: "microCommunity",
  reports: 3,
  days: 7,
  toLevel: "community",
  because: because(
    `一个微社区七日内三次反映${zh}，报社区统一处理`,
    `Three reports of ${en} in one micro-community within seven days go to the community`,
    "default of ours: 3 reports in 7 days",
  ),
});

/**
 * Xin'an's charter. It uses the calendar `cn` of `@linli/calendar-cn`: pass it as
 * `calendars` when compiling.
 */
export const xinanCharter: CharterDocument = charter({
  id: "xinan",
  version: "1",
  title: text(
    "新安镇楼栋长治理办法（示例）",
    "Xin'an town: governance by building chiefs (example)",
  ),
  effectiveFrom: "2019-01-01",
  source:
    "江苏省灌南县新安镇“微网格 + 楼栋长”报道，2023-08-03。层级、三种大小和数字见原文；其余为本库默认，见 README。",
  levels: [
    { id: "building", rank: 10, name: text("楼栋", "building") },
    { id: "microCommunity", rank: 20, name: text("微社区", "micro-community") },
    { id: "community", rank: 30, name: text("村（社区）", "village or community") },
    { id: "town", rank: 40, name: text("镇", "town") },
  ],
  chains: [{ id: "residential", name: text("居住条线", "residential chain") }],
  posts: [
    {
      id: "chief",
      name: text("楼栋长", "building chief"),
      kind: "volunteer",
      level: "building",
      chain: "residential",
      handles: true,
    },
    {
      id: "microHead",
      name: text("负责人", "head"),
      kind: "staff",
      level: "microCommunity",
      chain: "residential",
      handles: true,
    },
    {
      id: "committee",
      name: text("两委工作人员", "two-committee staff"),
      kind: "staff",
      level: "community",
      chain: "residential",
      handles: true,
    },
    {
      id: "desk",
      name: text("综治值班台", "governance desk"),
      kind: "official",
      level: "town",
      chain: "residential",
      handles: true,
    },
    {
      id: "lead",
      name: text("值班领导", "leader on duty"),
      kind: "official",
      level: "town",
      chain: "residential",
      lastResort: true,
    },
  ],
  categories,
  unsorted: "other",
  facts: { severity, households, cost, hazard },
  competences: { building: SMALL, microCommunity: BIG, community: CRITICAL, town: "all" },
  dutyLists: {
    community: ["safety", "cleaning", "facility", "dispute", "errand", "care", "common", "other"],
  },
  rules,
  otherwise,
  clockSets: {
    danger: clocks.danger,
    hazard: clocks.hazard,
    cleaning: clocks.cleaning,
    general: clocks.general,
    errand: clocks.errand,
    complex: clocks.complex,
    critical: clocks.critical,
    longTerm: clocks.longTerm,
  },
  calendar: "cn",
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 0 },
    contact: { attempts: 0 },
    checkIn: { attempts: 1 },
    answer: { attempts: 1 },
    followUp: { attempts: 1 },
    review: { attempts: 1 },
    clusters: [
      cluster("manhole", "窨井盖缺损", "broken manhole covers"),
      cluster("charging", "飞线充电", "charging by flying wires"),
      cluster("escape", "消防通道堵塞", "blocked escape routes"),
    ],
    last: {
      reviewEvery: { clock: "naturalDays", amount: 7 },
      because: because(
        "镇值班领导督办，每周例会复核",
        "The town's leader on duty supervises it and reviews it at the weekly meeting",
        "一周一例会（原文）；由镇督办为本库默认",
      ),
    },
  },
  triage: "desk",
  declineReasons,
  tests: [
    {
      name: "小事不出楼栋 / small stays in the building",
      facts: { category: "other" },
      expect: { level: "building", size: "minor" },
    },
    {
      name: "大事不出微社区 / big stays in the micro-community",
      facts: { category: "facility", severity: "major" },
      expect: { level: "microCommunity", size: "major", clocks: "complex" },
    },
    {
      name: "重大问题及时报告社区 / critical goes to the community at once",
      facts: { category: "other", severity: "critical" },
      expect: { level: "community", size: "critical" },
    },
    {
      name: "what is reported about a micro-community is not the chief's",
      facts: { category: "cleaning" },
      reportedAt: "microCommunity",
      expect: { level: "microCommunity" },
    },
    {
      name: "a department may not hand down what the duty list does not hold",
      facts: { category: "utilities", kind: "assignment" },
      expect: { level: "town" },
    },
    {
      name: "and may hand down what it holds",
      facts: { category: "cleaning", kind: "assignment" },
      expect: { level: "building" },
    },
  ],
});
