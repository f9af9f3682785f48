/** The charter of Minhou county: 居民吹哨、楼长报到. */
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
import { hazard, households, severity } from "../common/facts.ts";
import { declineReasons } from "../common/reasons.ts";
import { conductRule, emergencyRule } from "../common/rules.ts";

const SOURCE = "福建日报、东南网 2019-04-30";

/**
 * Minhou's charter. It uses the calendar `cn` of `@linli/calendar-cn`: pass it as
 * `calendars` when compiling.
 */
export const minhouCharter: CharterDocument = charter({
  id: "minhou",
  version: "1",
  title: text(
    "闽侯县党员楼长治理办法（示例）",
    "Minhou county: governance by party-member chiefs (example)",
  ),
  effectiveFrom: "2019-01-01",
  source: `居民吹哨、楼长报到，${SOURCE}。党员才可任楼长、24小时开机见原文；期限和界限为本库默认，见 README。`,
  levels: [
    { id: "building", rank: 10, name: text("楼栋", "building") },
    { id: "compound", rank: 20, name: text("小区", "compound") },
    { id: "community", rank: 30, name: text("社区", "community") },
    { id: "street", rank: 40, name: text("街道", "street") },
    { id: "county", rank: 50, name: text("县", "county") },
  ],
  chains: [{ id: "residential", name: text("居住条线", "residential chain") }],
  posts: [
    {
      id: "chief",
      name: text("党员楼长", "party-member chief"),
      kind: "volunteer",
      level: "building",
      chain: "residential",
      handles: true,
    },
    {
      id: "community",
      name: text("社区工作人员", "community staff"),
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
      level: "county",
      chain: "residential",
      handles: true,
    },
    {
      id: "lead",
      name: text("值班领导", "leader on duty"),
      kind: "official",
      level: "county",
      chain: "residential",
      lastResort: true,
    },
  ],
  categories: [
    { id: "other", name: text("其他事项", "Other matters") },
    ...dangerCategories,
    { id: "utilities", name: text("水电气", "Water, power, gas"), words: ["停水", "停电", "漏水"] },
    {
      id: "property",
      name: text("物业管理", "Property management"),
      words: ["物业", "电梯", "门禁"],
    },
    {
      id: "corridorLight",
      parent: "property",
      name: text("楼道照明", "Corridor lights"),
      words: ["楼道灯", "走廊灯", "楼道的灯", "灯不亮"],
    },
    {
      id: "dispute",
      name: text("邻里纠纷", "Disputes of neighbours"),
      visibility: "parties",
      words: ["纠纷", "邻居"],
    },
    {
      id: "family",
      parent: "dispute",
      name: text("夫妻矛盾", "Disputes of couples"),
      visibility: "sealed",
      words: ["夫妻"],
    },
    {
      id: "renovation",
      name: text("公共部位改造", "Rebuilding of shared parts"),
      words: ["地库", "地坪漆", "改造"],
    },
    {
      id: "conduct",
      name: text("反映楼长或工作人员", "A complaint about a chief or an official"),
      visibility: "sealed",
      words: ["投诉楼长"],
    },
    ...elsewhereCategories,
  ],
  facts: {
    severity,
    households,
    hazard,
    entitled: {
      kind: "boolean",
      name: text("是否有合同或规划依据", "a right by contract or plan"),
      default: false,
    },
  },
  competences: {
    building: { severity: atMost("minor"), households: atMost(150) },
    community: { severity: atMost("major"), households: atMost(5_000) },
    street: { households: atMost(50_000) },
    county: "all",
  },
  rules: [
    emergencyRule("community", ["building"]),
    ...elsewhereRules,
    conductRule("community"),
    rule("renovation.due", {
      when: { category: within("renovation"), entitled: true },
      then: handle({ atLeast: "community", clocks: "complex" }),
      because: because(
        "有合同或规划依据的改造，由社区督促履行",
        "What is owed by contract or plan the community sees to it that it is done",
        `合理合法提出诉求，${SOURCE}`,
      ),
      tests: [
        {
          name: "a floor the plan promised",
          facts: { category: "renovation", entitled: true },
          expect: { course: "handle", level: "community", clocks: "complex" },
        },
      ],
    }),
    rule("renovation", {
      when: { category: within("renovation") },
      then: deliberate({
        atLeast: "community",
        clocks: "longTerm",
        body: text(
          "楼长、物业、社区、街道和开发商召开协商会，由居民签名表达诉求。",
          "Chiefs, the property company, community, street and developer meet; residents sign what they ask for.",
        ),
      }),
      because: because(
        "没有依据的改造只能协商，不能强求",
        "What nobody owes can be asked for and negotiated, not enforced",
        `地库改造协商会，${SOURCE}`,
      ),
      tests: [
        {
          name: "epoxy instead of the cement that was planned",
          facts: { category: "renovation", households: 2_000 },
          expect: { course: "deliberate", level: "community", clocks: "longTerm" },
        },
      ],
    }),
    rule("hazard", {
      when: anyOf({ hazard: true }, { category: within("utilities") }),
      then: handle({ clocks: "hazard" }),
      because: because("隐患按小时办", "A hazard is a matter of hours", "本库默认"),
      tests: [
        {
          name: "no power in one building",
          facts: { category: "utilities", households: 60 },
          expect: { level: "building", clocks: "hazard" },
        },
      ],
    }),
    rule("property", {
      when: { category: within("property") },
      then: handle({ clocks: "dayAndNight" }),
      because: because(
        "物业类小事由楼长联系物业当天处理",
        "The chief brings small matters to the property company within a day",
        `57号楼走廊灯，${SOURCE}`,
      ),
      tests: [
        {
          name: "a corridor light",
          facts: { category: "corridorLight" },
          expect: { level: "building", clocks: "dayAndNight" },
        },
        {
          name: "all lifts of the compound",
          facts: { category: "property", severity: "major" },
          expect: { level: "community" },
        },
      ],
    }),
  ],
  otherwise: {
    outcome: handle({ clocks: "general" }),
    because: because(
      "现场能解决的现场解决，不能解决的逐一上报、监督落实",
      "Settled on the spot where possible, handed up one by one and followed where not",
      `楼长会客室，${SOURCE}`,
    ),
  },
  clockSets: {
    danger: clocks.danger,
    hazard: clocks.hazard,
    dayAndNight: {
      accept: { clock: "wallHours", amount: 2 },
      resolve: { clock: "wallHours", amount: 24 },
      basis:
        "default of ours; the article gives no figure, but chiefs keep their phones on for 24 hours, so the clock runs at night",
    },
    general: clocks.general,
    complex: clocks.complex,
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
      because: because("县值班领导督办", "The county's leader on duty supervises it", "本库默认"),
    },
  },
  triage: "desk",
  declineReasons,
  tests: [
    {
      name: "a quarrel in the chiefs' reception room",
      facts: { category: "dispute" },
      expect: { level: "building", clocks: "general" },
    },
    {
      name: "what a chief cannot settle",
      facts: { category: "dispute", severity: "major" },
      expect: { level: "community" },
    },
  ],
});
