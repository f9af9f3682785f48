/** The charter of Bazhong Economic Development Zone: 楼栋长 chosen, trained, judged, honoured. */
import {
  anyOf,
  atMost,
  because,
  charter,
  deliberate,
  handle,
  rule,
  text,
  within,
} from "@linli/core/charter";
import type { CharterDocument } from "@linli/core/charter";
import { dangerCategories, elsewhereCategories, elsewhereRules } from "../common/categories.ts";
import * as clocks from "../common/clocks.ts";
import { cost, hazard, households, severity } from "../common/facts.ts";
import { declineReasons } from "../common/reasons.ts";
import { conductRule, emergencyRule } from "../common/rules.ts";

const SOURCE = "《四川党的建设》巴中经开区楼栋长报道";

/**
 * Bazhong's charter. It uses the calendar `cn` of `@linli/calendar-cn`: pass it as
 * `calendars` when compiling.
 */
export const bazhongCharter: CharterDocument = charter({
  id: "bazhong",
  version: "1",
  title: text(
    "巴中经开区楼栋长治理办法（示例）",
    "Bazhong Economic Development Zone: building chiefs (example)",
  ),
  effectiveFrom: "2019-01-01",
  source: `${SOURCE}。层级和数字见原文；期限和界限为本库默认，见 README。`,
  levels: [
    { id: "building", rank: 10, name: text("楼栋", "building") },
    { id: "compound", rank: 20, name: text("小区", "compound") },
    { id: "community", rank: 30, name: text("社区", "community") },
    { id: "street", rank: 40, name: text("街道", "street") },
    { id: "zone", rank: 50, name: text("经开区", "development zone") },
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
      id: "compound",
      name: text("小区负责人", "compound head"),
      kind: "volunteer",
      level: "compound",
      chain: "residential",
      handles: true,
    },
    {
      id: "community",
      name: text("工作人员", "community staff"),
      kind: "staff",
      level: "community",
      chain: "residential",
      handles: true,
    },
    {
      id: "street",
      name: text("工作人员", "street official"),
      kind: "official",
      level: "street",
      chain: "residential",
      handles: true,
    },
    {
      id: "desk",
      name: text("值班台", "duty desk"),
      kind: "official",
      level: "zone",
      chain: "residential",
      handles: true,
    },
    {
      id: "lead",
      name: text("值班领导", "leader on duty"),
      kind: "official",
      level: "zone",
      chain: "residential",
      lastResort: true,
    },
  ],
  categories: [
    { id: "other", name: text("其他事项", "Other matters") },
    ...dangerCategories,
    { id: "repair", name: text("上门维修", "Repairs at home"), words: ["坏了", "松了", "维修"] },
    {
      id: "leak",
      parent: "repair",
      name: text("漏水", "Leaks"),
      words: ["漏水", "水管", "水龙头"],
    },
    { id: "cleaning", name: text("环境卫生", "Cleaning and waste"), words: ["垃圾", "卫生"] },
    { id: "dispute", name: text("邻里纠纷", "Disputes"), visibility: "parties", words: ["纠纷"] },
    { id: "errand", name: text("代办", "Errands"), visibility: "parties", words: ["代办"] },
    {
      id: "common",
      name: text("小区公共事务", "Common affairs of a compound"),
      words: ["公共收益", "维修资金"],
    },
    {
      id: "conduct",
      name: text("反映楼栋长或工作人员", "A complaint about a chief or an official"),
      visibility: "sealed",
      words: ["投诉楼栋长"],
    },
    ...elsewhereCategories,
  ],
  facts: { severity, households, cost, hazard },
  competences: {
    building: { severity: atMost("minor"), households: atMost(150), cost: atMost(500) },
    compound: { severity: atMost("major"), households: atMost(2_000), cost: atMost(5_000) },
    community: { severity: atMost("major"), households: atMost(10_000), cost: atMost(20_000) },
    street: { households: atMost(60_000), cost: atMost(200_000) },
    zone: "all",
  },
  rules: [
    emergencyRule("community", ["building", "compound"]),
    ...elsewhereRules,
    conductRule("community"),
    rule("common", {
      when: { category: within("common") },
      then: deliberate({
        atLeast: "compound",
        clocks: "longTerm",
        body: text(
          "由业主共同决定，社区只召集、不代替。",
          "The owners decide; the community convenes only.",
        ),
      }),
      because: because("业主的事业主定", "What the owners own the owners decide", "民法典 278"),
      tests: [
        {
          name: "the compound's parking money",
          facts: { category: "common", cost: 3_000 },
          expect: { course: "deliberate", level: "compound" },
        },
      ],
    }),
    rule("hazard", {
      when: { hazard: true },
      then: handle({ clocks: "hazard" }),
      because: because("隐患按小时办", "A hazard is a matter of hours", "本库默认"),
      tests: [
        {
          name: "a railing about to fall",
          facts: { category: "other", hazard: true },
          expect: { level: "building", clocks: "hazard" },
        },
      ],
    }),
    rule("home", {
      when: anyOf({ category: within("repair") }, { category: within("errand") }),
      then: handle({ clocks: "errand" }),
      because: because(
        "上门小修、代办跑腿，楼栋长随叫随到",
        "Small repairs and errands: the chief comes when called",
        `服务民生“贴心人”，${SOURCE}`,
      ),
      tests: [
        {
          name: "a loose screw at night",
          facts: { category: "leak" },
          expect: { level: "building", clocks: "errand" },
        },
        {
          name: "a burst main of three buildings",
          facts: { category: "leak", households: 400 },
          expect: { level: "compound" },
        },
      ],
    }),
    rule("cleaning", {
      when: { category: within("cleaning") },
      then: handle({ clocks: "cleaning" }),
      because: because(
        "保洁类小事当日办",
        "Small matters of cleaning are done the same day",
        "本库默认",
      ),
      tests: [
        {
          name: "waste in the stairwell",
          facts: { category: "cleaning" },
          expect: { level: "building", clocks: "cleaning" },
        },
      ],
    }),
  ],
  otherwise: {
    outcome: handle({ clocks: "general" }),
    because: because(
      "能现场办结的现场办结，办不了的转交部门",
      "Settled on the spot where possible, passed on to a department where not",
      `社区茶馆、社区漫步，${SOURCE}`,
    ),
  },
  clockSets: {
    danger: clocks.danger,
    hazard: clocks.hazard,
    cleaning: clocks.cleaning,
    general: clocks.general,
    errand: clocks.errand,
    longTerm: clocks.longTerm,
  },
  calendar: "cn",
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 0 },
    answer: { attempts: 1 },
    followUp: { attempts: 1 },
    review: { attempts: 1 },
    last: {
      reviewEvery: { clock: "naturalDays", amount: 7 },
      because: because("经开区值班领导督办", "The zone's leader on duty supervises it", "本库默认"),
    },
  },
  triage: "desk",
  declineReasons,
  tests: [
    {
      name: "all 142 households of one building are still the building's",
      facts: { category: "other", households: 142 },
      expect: { level: "building", clocks: "general" },
    },
    {
      name: "what the street alone can decide",
      facts: { category: "dispute", severity: "critical" },
      expect: { level: "street" },
    },
  ],
});
