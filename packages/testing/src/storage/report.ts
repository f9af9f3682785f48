/** What a driver showed, as data and as a page to attach to a tender. */
import type { StorageCapabilities } from "@linli/core/ports";
import { type LawFinding, storageLaws } from "./Contract.ts";
import type { Replay } from "./Fixture.ts";
import { LAW_GROUPS, type LawGroup } from "./Law.ts";
import { CONTRACT_EDITION, lawNumber } from "./lawNumbers.ts";
import { lawStatement } from "./lawStatements.ts";
import {
  type Bilingual,
  GROUP_NAMES,
  inLanguage,
  type ReportLanguage,
  SKIPPED_FOR,
  WORDS,
} from "./reportWords.ts";

/** The result of all laws on one driver. */
export interface StorageReport {
  readonly report: "linli storage contract";
  /** Which laws there were: numbers 1 to `edition`, in so many cases. */
  readonly contract: { readonly edition: number; readonly cases: number };
  readonly driver: string;
  /** Version of the driver or of the database behind it, in its own words. */
  readonly version: string | null;
  readonly capabilities: StorageCapabilities;
  /** When it was examined: ISO 8601, UTC. */
  readonly at: string;
  /** What generated cases were drawn with instead of the laws' own seeds; empty as a rule. */
  readonly replay: Replay;
  readonly millis: number;
  readonly kept: number;
  readonly broken: number;
  readonly skipped: number;
  readonly laws: ReadonlyArray<LawFinding & { readonly number: number | null }>;
}

/** Puts findings together; `at` is epoch milliseconds. */
export const storageReport = (
  findings: ReadonlyArray<LawFinding>,
  about: {
    readonly capabilities: StorageCapabilities;
    readonly version: string | null;
    readonly at: number;
    readonly replay?: Replay;
  },
): StorageReport => {
  const count = (outcome: LawFinding["outcome"]) =>
    findings.filter((one) => one.outcome === outcome).length;
  return {
    report: "linli storage contract",
    contract: { edition: CONTRACT_EDITION, cases: storageLaws.length },
    driver: about.capabilities.name,
    version: about.version,
    capabilities: about.capabilities,
    at: new Date(about.at).toISOString(),
    replay: about.replay ?? {},
    millis: findings.reduce((total, one) => total + one.millis, 0),
    kept: count("kept"),
    broken: count("broken"),
    skipped: count("skipped"),
    laws: findings.map((finding) => ({ number: lawNumber(finding.id), ...finding })),
  };
};

/** The report as Markdown: what was examined, the outcome, and each law with its result. */
export const storageReportPage = (
  report: StorageReport,
  language: ReportLanguage = "both",
): string => {
  const say = (text: Bilingual) => inLanguage(text, language);
  return [
    `# ${say(WORDS.title)}: ${cell(report.driver)}`,
    ...aboutTable(report, say),
    ...outcomeOf(report, say),
    ...skippedList(report, say),
    ...LAW_GROUPS.flatMap((group) => groupTable(group, report.laws, language)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};

// Private

type Say = (text: Bilingual) => string;
type Laws = StorageReport["laws"];

const aboutTable = (report: StorageReport, say: Say): ReadonlyArray<string> => {
  const { capabilities, contract, kept, broken, skipped, replay } = report;
  const claimed = (yes: boolean) => say(yes ? WORDS.claimed : WORDS.notClaimed);
  const laws = {
    zh: `通过 ${kept}，违反 ${broken}，未检验 ${skipped}`,
    en: `${kept} kept, ${broken} broken, ${skipped} not asked`,
  };
  const edition = {
    zh: `第 ${contract.edition} 版，${contract.cases} 例`,
    en: `edition ${contract.edition}, ${contract.cases} cases`,
  };
  const seed = replay.seed === undefined ? say(WORDS.seedOfLaws) : `${replay.seed}`;
  const rows: ReadonlyArray<readonly [Bilingual, string]> = [
    [WORDS.driver, cell(report.driver)],
    [WORDS.version, report.version === null ? say(WORDS.notStated) : cell(report.version)],
    [WORDS.contract, say(edition)],
    [WORDS.durable, claimed(capabilities.durable)],
    [WORDS.shared, claimed(capabilities.shared)],
    [WORDS.examined, report.at],
    [WORDS.duration, `${(report.millis / 1000).toFixed(1)} s`],
    [WORDS.seed, seed],
    [WORDS.laws, say(laws)],
  ];
  return [
    table(
      ["", ""],
      rows.map(([name, value]) => [say(name), value]),
    ),
  ];
};

const outcomeOf = ({ broken, laws }: StorageReport, say: Say): ReadonlyArray<string> => {
  const left = storageLaws.length - laws.length;
  const part = {
    zh: `这只是契约的一部分：另有 ${left} 例未检验。`,
    en: `This is a part of the contract: ${left} cases were not asked.`,
  };
  const told = { zh: `${broken} 条被违反。`, en: `${broken} laws are broken.` };
  return [
    left > 0 ? say(part) : "",
    broken === 0 ? say(WORDS.none) : `**${say(told)}** ${say(WORDS.notForPublicData)}`,
    laws
      .filter((one) => one.outcome === "broken")
      .map((one) => `- \`${one.id}\`: ${escaped(line(one.detail))}`)
      .join("\n"),
  ];
};

/** Reasons once each, so that a cell says only that a law was not asked. */
const skippedList = ({ laws }: StorageReport, say: Say): ReadonlyArray<string> => {
  const skipped = laws.filter((one) => one.outcome === "skipped");
  if (skipped.length === 0) return [];
  const reasons = [...new Set(skipped.map((one) => one.skippedFor ?? one.detail))];
  return [
    `## ${say(WORDS.skippedTitle)}`,
    reasons
      .map((reason) => {
        const own = skipped.filter((one) => (one.skippedFor ?? one.detail) === reason);
        const why = isKnown(reason) ? say(SKIPPED_FOR[reason]) : escaped(line(reason));
        return `- ${why}: ${own.map(({ number, id }) => number ?? id).join(", ")}`;
      })
      .join("\n"),
  ];
};

const isKnown = (reason: string): reason is keyof typeof SKIPPED_FOR => reason in SKIPPED_FOR;

const groupTable = (
  group: LawGroup,
  laws: Laws,
  language: ReportLanguage,
): ReadonlyArray<string> => {
  const say = (text: Bilingual) => inLanguage(text, language);
  const own = laws.filter((one) => one.group === group);
  if (own.length === 0) return [];
  const head = [WORDS.number, WORDS.id, WORDS.statement, WORDS.result].map(say);
  const rows = own.map(({ number, id, outcome, statement }) => [
    `${number ?? ""}`,
    `\`${id}\``,
    lawStatement(id, statement, language).map(bar).join("<br>"),
    outcome === "broken" ? `**${say(WORDS.broken)}**` : say(WORDS[outcome]),
  ]);
  return [`## ${say(GROUP_NAMES[group])}`, table(head, rows)];
};

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const line = (text: string) => text.replace(/\s+/g, " ").trim();

/** Statements are ours and may hold Markdown, but no end of their cell. */
const bar = (text: string) => line(text).replaceAll("|", "\\|");

/** A driver's own words are text, never markup of the page. */
const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_[\]|#]/g, (mark) => `\\${mark}`);

const cell = (text: string) => escaped(line(text));
