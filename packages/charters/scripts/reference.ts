/**
 * The reference page of the shipped charters, printed from the charters themselves:
 * rules as clauses, deadlines with what they lean on.
 */
import type {
  Box,
  CharterDocument,
  ClockSet,
  Condition,
  Outcome,
  Region,
  Rule,
} from "@linli/core/charter";
import type { Locale, LocalText } from "@linli/core/data";
import { type ClockRule, describeClock } from "@linli/core/time";

/** The page in one language, as Markdown. */
export const referencePage = (charters: ReadonlyArray<CharterDocument>, locale: Locale): string =>
  [WORDS.head[locale], ...charters.map((charter) => chapter(charter, locale)), ""].join("\n\n");

// Private

const chapter = (charter: CharterDocument, locale: Locale): string =>
  [
    `## ${charter.title[locale]}`,
    `\`${charter.id}\` ${charter.version}. ${WORDS.source[locale]}${charter.source ?? ""}`,
    `### ${WORDS.levels[locale]}`,
    levels(charter, locale),
    `### ${WORDS.rules[locale]}`,
    WORDS.order[locale],
    rules(charter, locale),
    `### ${WORDS.deadlines[locale]}`,
    deadlines(charter, locale),
    `### ${WORDS.ladder[locale]}`,
    ladder(charter, locale),
  ].join("\n\n");

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const levels = (charter: CharterDocument, locale: Locale): string =>
  table(
    WORDS.levelHead[locale],
    charter.levels.map((level) => {
      const posts = charter.posts.filter((post) => post.level === level.id);
      const competence = charter.competences[level.id];
      return [
        level.name[locale],
        posts.map((post) => post.name[locale]).join(WORDS.and[locale]) || "-",
        competence === undefined ? "-" : region(charter, competence, locale),
      ];
    }),
  );

const rules = (charter: CharterDocument, locale: Locale): string =>
  [
    ...charter.rules.map((rule) => clause(charter, `\`${rule.id}\``, rule, locale)),
    clause(charter, WORDS.else[locale], { when: "all", ...charter.otherwise }, locale),
  ]
    .map((line, i) => `${i + 1}. ${line}`)
    .join("\n");

const clause = (
  charter: CharterDocument,
  name: string,
  rule: Pick<Rule, "when" | "outcome" | "because">,
  locale: Locale,
): string => {
  const when = region(charter, rule.when, locale);
  const call = callsFirst(charter, rule.when)
    ? `${WORDS.emergency[locale]}${WORDS.comma[locale]}`
    : "";
  const then = `${call}${outcome(charter, rule.outcome, locale)}`;
  return `${name}: ${when} → **${then}**. ${reason(rule.because, locale)}`;
};

const reason = (because: Rule["because"], locale: Locale): string =>
  because.basis === undefined ? because[locale] : `${because[locale]} (${because.basis})`;

const outcome = (charter: CharterDocument, decided: Outcome, locale: Locale): string => {
  if (decided.course === "signpost") return `${WORDS.signpost[locale]} \`${decided.to}\``;
  const levelName = (id: string) =>
    charter.levels.find((level) => level.id === id)?.name[locale] ?? id;
  return [
    WORDS[decided.course][locale],
    ...(decided.atLeast === undefined
      ? []
      : [`${WORDS.atLeast[locale]} ${levelName(decided.atLeast)}`]),
    ...(decided.inform === undefined
      ? []
      : [`${WORDS.inform[locale]} ${decided.inform.map(levelName).join(WORDS.and[locale])}`]),
    `\`${decided.clocks}\``,
  ].join(WORDS.comma[locale]);
};

// A category of danger puts its numbers before whatever a rule says of it.
const callsFirst = (charter: CharterDocument, when: Region): boolean => {
  if (when === "all" || Array.isArray(when["anyOf"])) return false;
  const condition = (when as Box)["category"];
  if (typeof condition !== "object" || !("in" in condition)) return false;
  return condition.in.every(
    (id) => charter.categories.find((one) => one.id === id)?.lifeDanger === true,
  );
};

const region = (charter: CharterDocument, when: Region, locale: Locale): string => {
  if (when === "all") return WORDS.everything[locale];
  const boxes = Array.isArray(when["anyOf"])
    ? (when as { readonly anyOf: ReadonlyArray<Box> }).anyOf
    : [when as Box];
  const both = boxes.map((box) =>
    Object.entries(box)
      .map(([id, condition]) => phrase(charter, id, condition, locale))
      .join(WORDS.comma[locale]),
  );
  return both.join(`; ${WORDS.or[locale]} `);
};

const phrase = (
  charter: CharterDocument,
  id: string,
  condition: Condition,
  locale: Locale,
): string => {
  if (id === "category" && typeof condition === "object" && "in" in condition) {
    const names = condition.in.map((category) => categoryName(charter, category)[locale]);
    return `${WORDS.category[locale]} ${names.join(WORDS.and[locale])}`;
  }
  const name = charter.facts?.[id]?.name[locale] ?? id;
  if (typeof condition === "boolean") return `${name} = ${WORDS.yesNo[locale][condition ? 0 : 1]}`;
  if ("ranges" in condition) {
    const [low, high] = condition.ranges[0] ?? [null, null];
    return low === null ? `${name} ≤ ${high}` : `${name} ≥ ${low}`;
  }
  const { from, to } = condition as { readonly from?: string; readonly to?: string };
  return from === undefined ? `${name} ≤ ${to}` : `${name} ≥ ${from}`;
};

const categoryName = (charter: CharterDocument, id: string): LocalText =>
  charter.categories.find((category) => category.id === id)?.name ?? { zh: id, en: id };

const deadlines = (charter: CharterDocument, locale: Locale): string =>
  Object.entries(charter.clockSets)
    .map(([name, set]) => {
      const accept = `${WORDS.accept[locale]} ${amount(set, "accept", locale)}`;
      const settle = `${WORDS.settle[locale]} ${amount(set, "resolve", locale)}`;
      return `- \`${name}\`: **${accept}${WORDS.comma[locale]}${settle}**; ${set.basis ?? ""}`;
    })
    .join("\n");

const amount = (set: ClockSet, kind: "accept" | "resolve", locale: Locale): string => {
  const rule: ClockRule = set[kind];
  return describeClock(rule)[locale];
};

const ladder = (charter: CharterDocument, locale: Locale): string => {
  const { clusters = [], last } = charter.ladder;
  const lines = [
    WORDS.rung[locale],
    ...clusters.map((one) => reason(one.because, locale)),
    `${WORDS.last[locale]}${reason(last.because, locale)} (${describeClock(last.reviewEvery)[locale]})`,
  ];
  return lines.map((line) => `- ${line}`).join("\n");
};

const WORDS = {
  head: {
    zh: "# 附带的治理办法\n\n本页由治理办法本身打印（`node packages/charters/scripts/writeReference.ts`），测试保证两者一致。哪些出自报道、哪些是本库默认，见 [packages/charters](../../packages/charters/README.md)。",
    en: "# The shipped charters\n\nPrinted from the charters themselves (`node packages/charters/scripts/writeReference.ts`); a test holds the two together. What the articles say and what is ours stands in [packages/charters](../../packages/charters/README.md).",
  },
  source: { zh: "来源：", en: "Source: " },
  levels: { zh: "层级", en: "Levels" },
  levelHead: { zh: ["层级", "岗位", "可以办结"], en: ["level", "posts", "may settle"] },
  rules: { zh: "规则", en: "Rules" },
  order: {
    zh: "自上而下，第一条符合的规则生效；事项落在有权办结的最低一级。",
    en: "From the top, the first rule that fits decides; the lowest level that may settle it has it.",
  },
  else: { zh: "其余", en: "otherwise" },
  everything: { zh: "全部", en: "everything" },
  deadlines: { zh: "期限", en: "Deadlines" },
  accept: { zh: "受理", en: "accept within" },
  settle: { zh: "办结", en: "settle within" },
  ladder: { zh: "逾期升级", en: "When a clock is missed" },
  rung: {
    zh: "受理、办理逾期，随即升至上一级；志愿岗位不计责任",
    en: "A missed clock of accepting or settling raises the issue one level at once; a volunteer is not at fault",
  },
  last: { zh: "最后一级：", en: "At the top: " },
  handle: { zh: "办理", en: "handle" },
  deliberate: { zh: "居民议决", en: "residents decide" },
  emergency: { zh: "先打紧急电话", en: "call first" },
  signpost: { zh: "指引", en: "points to" },
  atLeast: { zh: "不低于", en: "not below the" },
  inform: { zh: "同时告知", en: "also tells the" },
  category: { zh: "类别", en: "category" },
  yesNo: { zh: ["是", "否"], en: ["yes", "no"] },
  or: { zh: "或", en: "or" },
  and: { zh: "、", en: ", " },
  comma: { zh: "，", en: ", " },
} as const;
