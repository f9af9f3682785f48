/** The words of a report in both languages. */
import type { LawGroup } from "./Law.ts";

/** A text in both languages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** Chinese, English, or each text in both. */
export type ReportLanguage = "zh" | "en" | "both";

/** A text as a reader of that language wants it. */
export const inLanguage = ({ zh, en }: Bilingual, language: ReportLanguage): string =>
  language === "zh" ? zh : language === "en" ? en : `${zh} / ${en}`;

/** The name of each group of laws. */
export const GROUP_NAMES: Readonly<Record<LawGroup, Bilingual>> = {
  read: { zh: "读取", en: "Reading" },
  commit: { zh: "提交", en: "Committing" },
  deletion: { zh: "删除", en: "Deletion" },
  guards: { zh: "版本前提", en: "Guards" },
  receipts: { zh: "回执", en: "Receipts" },
  streams: { zh: "日志流", en: "Streams" },
  feed: { zh: "总日志", en: "Feed" },
  schedule: { zh: "任务排期", en: "Scheduling" },
  lease: { zh: "任务领取", en: "Leases" },
  settle: { zh: "任务了结", en: "Settling" },
  dead: { zh: "放弃的任务", en: "Dead jobs" },
  scan: { zh: "索引扫描", en: "Scanning" },
  count: { zh: "计数", en: "Counting" },
  text: { zh: "文字与数字", en: "Text and numbers" },
  limits: { zh: "容量上限", en: "Limits" },
  isolation: { zh: "命名空间隔离", en: "Isolation" },
  concurrency: { zh: "并发", en: "Concurrency" },
  failure: { zh: "故障", en: "Failures" },
  durability: { zh: "持久性", en: "Durability" },
  sharing: { zh: "多进程共享", en: "Sharing" },
  info: { zh: "自述信息", en: "Info" },
  migration: { zh: "结构迁移", en: "Migration" },
  model: { zh: "与规范实现对照", en: "Comparison with the specification" },
};

/** Why a law was not asked: what it would have needed, or more time. */
export type SkippedFor = keyof typeof SKIPPED_FOR;

/** Why laws were not asked, by what they would have needed. */
export const SKIPPED_FOR = {
  durable: {
    zh: "该驱动不声称具有持久性",
    en: "the driver does not claim to be durable",
  },
  shared: {
    zh: "该驱动不声称可由多个进程共享",
    en: "the driver does not claim to be shared",
  },
  inspect: {
    zh: "受测方未提供绕过驱动查看数据的方法（`inspect`）",
    en: "no way to look at the data past the driver (`inspect`) was handed over",
  },
  database: {
    zh: "受测方未提供尚未打开的数据库（`database`）",
    en: "no database that is not opened yet (`database`) was handed over",
  },
  time: {
    zh: "此前连续几条定律均未在时限内结束，检验就此停止",
    en: "the laws before did not end in their time, so no more were asked",
  },
} as const satisfies Readonly<Record<string, Bilingual>>;

/** The fixed words of the page. */
export const WORDS = {
  title: { zh: "存储契约检验报告", en: "Storage contract report" },
  driver: { zh: "驱动", en: "driver" },
  version: { zh: "版本", en: "version" },
  notStated: { zh: "未说明", en: "not stated" },
  contract: { zh: "契约", en: "contract" },
  durable: { zh: "持久", en: "durable" },
  shared: { zh: "共享", en: "shared" },
  claimed: { zh: "声称", en: "claimed" },
  notClaimed: { zh: "不声称", en: "not claimed" },
  examined: { zh: "检验时间", en: "examined" },
  duration: { zh: "用时", en: "duration" },
  seed: { zh: "随机种子", en: "seed" },
  seedOfLaws: { zh: "各定律固定", en: "fixed in each law" },
  laws: { zh: "定律", en: "laws" },
  none: { zh: "没有一条定律被违反。", en: "No law is broken." },
  notForPublicData: {
    zh: "该驱动不得用于保存公共数据。",
    en: "This driver must not hold public data.",
  },
  skippedTitle: { zh: "未检验的定律", en: "Laws that were not asked" },
  number: { zh: "编号", en: "no." },
  id: { zh: "标识", en: "id" },
  statement: { zh: "内容", en: "statement" },
  result: { zh: "结果", en: "result" },
  kept: { zh: "通过", en: "kept" },
  broken: { zh: "违反", en: "broken" },
  skipped: { zh: "未检验", en: "not asked" },
} as const satisfies Readonly<Record<string, Bilingual>>;
