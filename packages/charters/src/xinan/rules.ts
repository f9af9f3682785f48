/**
 * Xin'an's rules: 小事不出楼栋、大事不出微社区, and 重大问题 to the community at once.
 *
 * The three sizes are the article's. Where one ends and the next begins it does
 * not say: the numbers of households and yuan are ours.
 */
import {
  anyOf,
  atLeast,
  atMost,
  because,
  deliberate,
  handle,
  rule,
  text,
  within,
} from "@linli/core/charter";
import type { Box, CharterDocument, Rule } from "@linli/core/charter";
import { elsewhereRules } from "../common/categories.ts";
import { conductRule, emergencyRule } from "../common/rules.ts";

const SOURCE = "灌南县新安镇楼栋长做法（2023-08-03 报道）";
const SIZES = `${SOURCE}；户数、金额界限为本库默认值`;

/** 小事: what a building settles. */
export const SMALL: Box = {
  severity: atMost("minor"),
  households: atMost(100),
  cost: atMost(500),
};

/** 小事 and 大事: what a micro-community settles. */
export const BIG: Box = {
  severity: atMost("major"),
  households: atMost(1_000),
  cost: atMost(10_000),
};

/** What a community settles; the rest is the town's. */
export const CRITICAL: Box = { households: atMost(10_000), cost: atMost(100_000) };

/** Beyond a micro-community in one way or another. */
const critical: ReadonlyArray<Box> = [
  { severity: atLeast("critical") },
  { households: atLeast(1_001) },
  { cost: atLeast(10_001) },
];

const atHazard: ReadonlyArray<Box> = [
  { hazard: true },
  { category: within("safety", "utilities") },
];

const both = (left: ReadonlyArray<Box>, right: ReadonlyArray<Box>) =>
  anyOf(...left.flatMap((one) => right.map((other) => ({ ...one, ...other }))));

const shared: ReadonlyArray<Rule> = [
  rule("common.hazard", {
    when: { category: within("common"), hazard: true },
    then: handle({ atLeast: "microCommunity", clocks: "hazard", size: "major" }),
    because: because(
      "共用部位有险情的，先排险，再由居民议决",
      "Where shared space is a danger it is made safe first; residents decide afterwards",
      "本库默认",
    ),
    tests: [
      {
        name: "a loose balcony wall that all own",
        facts: { category: "common", hazard: true },
        expect: { course: "handle", level: "microCommunity", clocks: "hazard" },
      },
    ],
  }),
  rule("common", {
    when: { category: within("common") },
    then: deliberate({
      atLeast: "microCommunity",
      clocks: "longTerm",
      size: "major",
      body: text(
        "由业主（居民）共同决定；微社区只负责召集、公示和记录，不代替居民作决定。",
        "The owners, or the residents, decide together; the micro-community convenes, publishes and records, and does not decide for them.",
      ),
    }),
    because: because(
      "动用公共收益、维修资金和共用空间，由居民自己决定",
      "Using common money, the maintenance fund or shared space is for the residents to decide",
      "民法典 278",
    ),
    tests: [
      {
        name: "a lift for one stairwell",
        facts: { category: "common", cost: 5_000 },
        expect: { course: "deliberate", level: "microCommunity", clocks: "longTerm" },
      },
      {
        name: "a great sum is still the residents' to decide",
        facts: { category: "common", cost: 400_000 },
        expect: { course: "deliberate", level: "town" },
      },
    ],
  }),
];

const hazards: ReadonlyArray<Rule> = [
  rule("hazard.critical", {
    when: both(atHazard, critical),
    then: handle({
      atLeast: "community",
      clocks: "hazard",
      size: "critical",
      inform: ["microCommunity"],
    }),
    because: because(
      "重大安全隐患，及时报告社区，同时告知微社区",
      "A grave hazard goes to the community at once, and the micro-community is told",
      SIZES,
    ),
    tests: [
      {
        name: "a cover gone on the way to school",
        facts: { category: "manhole", severity: "critical" },
        expect: { level: "community", clocks: "hazard", size: "critical" },
      },
    ],
  }),
  rule("hazard.minor", {
    when: both(atHazard, [SMALL]),
    then: handle({ clocks: "hazard", size: "minor" }),
    because: because(
      "安全隐患按小时办：楼栋长先到场，管不了的随时上报",
      "A hazard is a matter of hours: the chief goes there first and hands up what is beyond a chief",
      `${SOURCE}："几个小时"`,
    ),
    tests: [
      {
        name: "a broken manhole cover",
        facts: { category: "manhole" },
        expect: { level: "building", clocks: "hazard", size: "minor" },
      },
      {
        name: "a hazard of any category",
        facts: { category: "facility", hazard: true },
        expect: { level: "building", clocks: "hazard" },
      },
    ],
  }),
  rule("hazard.major", {
    when: anyOf(...atHazard),
    then: handle({ clocks: "hazard", size: "major" }),
    because: because(
      "涉及面大的安全隐患由微社区按小时办",
      "A wider hazard is the micro-community's, within hours",
      SIZES,
    ),
    tests: [
      {
        name: "no water in four buildings",
        facts: { category: "utilities", households: 400 },
        expect: { level: "microCommunity", clocks: "hazard", size: "major" },
      },
    ],
  }),
];

const sizes: ReadonlyArray<Rule> = [
  rule("critical", {
    when: anyOf(...critical),
    then: handle({
      atLeast: "community",
      clocks: "critical",
      size: "critical",
      inform: ["microCommunity"],
    }),
    because: because(
      "重大问题及时报告社区，同时告知微社区",
      "A grave matter goes to the community at once, and the micro-community is told",
      SIZES,
    ),
    tests: [
      {
        name: "a quarrel of a whole lane",
        facts: { category: "neighbours", severity: "critical" },
        expect: { level: "community", clocks: "critical", size: "critical" },
      },
      {
        name: "more than a community may spend",
        facts: { category: "facility", cost: 100_001 },
        expect: { level: "town", size: "critical" },
      },
    ],
  }),
  rule("cleaning", {
    when: { ...SMALL, category: within("cleaning") },
    then: handle({ clocks: "cleaning", size: "minor" }),
    because: because("保洁类小事当日办", "Small matters of cleaning are done the same day", SOURCE),
    tests: [
      {
        name: "waste beside the door",
        facts: { category: "cleaning" },
        expect: { level: "building", clocks: "cleaning", size: "minor" },
      },
    ],
  }),
  rule("errand", {
    when: { ...SMALL, category: within("errand") },
    then: handle({ clocks: "errand", size: "minor" }),
    because: because("代办事项楼栋长跑腿", "The chief runs errands for residents", "本库默认"),
    tests: [
      {
        name: "a form for a neighbour",
        facts: { category: "errand" },
        expect: { level: "building", clocks: "errand" },
      },
    ],
  }),
  rule("minor", {
    when: SMALL,
    then: handle({ clocks: "general", size: "minor" }),
    because: because("小事不出楼栋", "Small matters stay in the building", SIZES),
    tests: [
      {
        name: "a corridor light",
        facts: { category: "facility" },
        expect: { level: "building", clocks: "general", size: "minor" },
      },
      {
        name: "the last yuan of a building",
        facts: { category: "facility", cost: 500 },
        expect: { level: "building", rule: "minor" },
      },
    ],
  }),
];

/** First match wins. */
export const rules: ReadonlyArray<Rule> = [
  emergencyRule("community", ["building", "microCommunity"]),
  ...elsewhereRules,
  conductRule("microCommunity"),
  ...shared,
  ...hazards,
  ...sizes,
];

/** What is neither critical nor small is big. */
export const otherwise: CharterDocument["otherwise"] = {
  outcome: handle({ clocks: "complex", size: "major" }),
  because: because("大事不出微社区", "Big matters stay in the micro-community", SIZES),
};
