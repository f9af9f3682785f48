/** What was found, in sentences: English, or Chinese for who asks for it. */
import type { FaultKind, JournalFault } from "@linli/core/journal";
import type { DerivedFinding, DerivedVerdict } from "@linli/core/services";
import type { DataFault } from "./Source.ts";
import type { NamespaceReport, VerifyReport } from "./verify.ts";

/** The two languages there are. */
export type Language = "en" | "zh";

/** A line or several for each namespace, and what to do when one is broken. */
export const linesOf = (report: VerifyReport, language: Language = "en"): string => {
  const lines = report.namespaces.flatMap((one) => [
    SAY[language].verdict(one),
    ...(one.derived === null ? [] : derivedLines(one.namespace, one.derived, language)),
  ]);
  if (report.fault !== null) lines.unshift(SAY[language].damage(report.fault));
  const isBroken =
    report.fault !== null || report.namespaces.some(({ verdict }) => verdict._tag === "Broken");
  return `${lines.join("\n")}\n${isBroken ? SAY[language].advice : ""}`;
};

// Private

interface Phrases {
  readonly advice: string;
  readonly damage: (fault: DataFault) => string;
  readonly verdict: (report: NamespaceReport) => string;
  readonly finding: (namespace: string, finding: DerivedFinding) => string;
  readonly more: string;
  readonly note: (namespace: string, note: string) => string;
}

const derivedLines = (
  namespace: string,
  { findings, more, notes }: DerivedVerdict,
  language: Language,
): ReadonlyArray<string> => [
  ...findings.map((one) => SAY[language].finding(namespace, one)),
  ...(more ? [SAY[language].more] : []),
  ...notes.map((note) => SAY[language].note(namespace, note[language])),
];

const rowOf = ({ row, field }: DerivedFinding): string =>
  `${row.kind} ${JSON.stringify(row.id)}${field === "" ? "" : ` ${field}`}`;

const placeOf = (
  fault: JournalFault,
  words: (kind: "entry" | "stream" | "version" | "seal") => string,
  boundOf: (latest: number | undefined) => string,
) =>
  [
    fault.position === null ? null : `${words("entry")}${fault.position}${boundOf(fault.latest)}`,
    fault.stream === null
      ? null
      : `${words("stream")}${JSON.stringify(fault.stream)}${fault.version === null ? "" : `${words("version")}${fault.version}`}`,
    fault.seal === null ? null : `${words("seal")}${fault.seal}`,
  ].filter((part) => part !== null);

const english: Phrases = {
  advice: "Keep this file as it is, and compare with a backup and with the seals kept elsewhere.\n",
  damage: ({ kind, why }) => `the data: BROKEN - ${kind}: ${why}.`,
  verdict: ({ namespace, verdict }) => {
    if (verdict._tag === "Broken") {
      const where = placeOf(verdict.fault, (word) => EN[word], boundEn).join(", ");
      return `${namespace}: BROKEN ${where === "" ? "" : `${where} `}- ${verdict.fault.kind}: ${verdict.fault.why}.`;
    }
    const { entries, streams, sealed, pinned, seals, signed, sealedAt } = verdict;
    const last = sealedAt === null ? "" : ` (the last of ${instantText(sealedAt)})`;
    const signatures = signed === 0 ? "" : `, ${signed} of them signed`;
    const points = pinned === 0 ? "" : `${pinned} more under a checkpoint, `;
    return (
      `${namespace}: sound. ${entries} entries in ${streams} streams; ` +
      `${sealed} under ${seals} seals${last}${signatures}, ${points}${entries - sealed} not sealed yet.`
    );
  },
  finding: (namespace, one) =>
    `${namespace}: WRONG ${rowOf(one)} - ${one.kind}: ${one.why.en}. What to do: ${one.advice.en}.`,
  more: "There is more of this; put these right and verify again.",
  note: (namespace, note) => `${namespace}: note: ${note}.`,
};

const chinese: Phrases = {
  advice: "请原样保留此文件，并与备份及另处保存的封印核对。\n",
  damage: ({ kind, why }) => `数据文件：已损坏 - 文件本身不完整（${kind}：${why}）`,
  verdict: ({ namespace, verdict }) => {
    if (verdict._tag === "Broken") {
      const where = placeOf(verdict.fault, (word) => ZH[word], boundZh).join("，");
      const { kind, why } = verdict.fault;
      return `${namespace}：已损坏 ${where === "" ? "" : `${where} `}- ${FAULT[kind]}（${kind}：${why}）`;
    }
    const { entries, streams, sealed, pinned, seals, signed, sealedAt } = verdict;
    const last = sealedAt === null ? "" : `（最后一个于 ${instantText(sealedAt)}）`;
    const signatures = signed === 0 ? "" : `（其中 ${signed} 个已签名）`;
    const points = pinned === 0 ? "" : `另有 ${pinned} 条由检查点覆盖，`;
    return (
      `${namespace}：完好。${streams} 个流共 ${entries} 条；` +
      `${seals} 个封印${last}${signatures}覆盖 ${sealed} 条，${points}${entries - sealed} 条尚未封印。`
    );
  },
  finding: (namespace, one) =>
    `${namespace}：有误 ${rowOf(one)} - ${DERIVED[one.kind]}：${one.why.zh}。处理：${one.advice.zh}。`,
  more: "此类问题不止这些；请先处理以上各项，再次核验。",
  note: (namespace, note) => `${namespace}：说明：${note}。`,
};

const SAY: Readonly<Record<Language, Phrases>> = { en: english, zh: chinese };

const EN = { entry: "at entry ", stream: "stream ", version: " version ", seal: "seal " } as const;
const ZH = { entry: "第 ", stream: "流 ", version: " 版本 ", seal: "封印 " } as const;

const FAULT: Readonly<Record<FaultKind, string>> = {
  Edited: "条目被改动",
  Missing: "条目缺失",
  Swapped: "条目被调换",
  Duplicated: "条目重复",
  Inserted: "条目为后来插入",
  Truncated: "此后全部缺失",
  Seal: "封印或检查点不符",
  State: "事项状态与日志不符",
  Content: "内容与日志不符",
};

const DERIVED: Readonly<Record<DerivedFinding["kind"], string>> = {
  Index: "清单",
  Job: "时限任务",
  Board: "看板",
  Score: "评分依据",
  Reference: "编号与回执",
  Document: "已发布文件",
};

const boundEn = (latest: number | undefined): string =>
  latest === undefined ? "" : ` or later, ${latest} at the latest`;
const boundZh = (latest: number | undefined): string =>
  latest === undefined ? " 条" : ` 条或其后，至迟第 ${latest} 条`;

// A seal somebody made up may hold any number.
const instantText = (at: number): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
};
