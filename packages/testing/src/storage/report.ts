/** What a driver showed, as data and as a page to attach to a tender. */
import type { StorageCapabilities } from "@linli/core/ports";
import { type LawFinding, storageLaws } from "./Contract.ts";
import { LAW_GROUPS } from "./Law.ts";

/** The result of all laws on one driver. */
export interface StorageReport {
  readonly report: "linli storage contract";
  readonly driver: string;
  /** Version of the driver or of the database behind it, in its own words. */
  readonly version: string | null;
  readonly capabilities: StorageCapabilities;
  /** When it was examined: ISO 8601, UTC. */
  readonly at: string;
  readonly millis: number;
  readonly kept: number;
  readonly broken: number;
  readonly skipped: number;
  readonly laws: ReadonlyArray<LawFinding>;
}

/** Puts findings together; `at` is epoch milliseconds. */
export const storageReport = (
  findings: ReadonlyArray<LawFinding>,
  about: {
    readonly capabilities: StorageCapabilities;
    readonly version: string | null;
    readonly at: number;
  },
): StorageReport => {
  const count = (outcome: LawFinding["outcome"]) =>
    findings.filter((one) => one.outcome === outcome).length;
  return {
    report: "linli storage contract",
    driver: about.capabilities.name,
    version: about.version,
    capabilities: about.capabilities,
    at: new Date(about.at).toISOString(),
    millis: findings.reduce((total, one) => total + one.millis, 0),
    kept: count("kept"),
    broken: count("broken"),
    skipped: count("skipped"),
    laws: findings,
  };
};

/** The report as Markdown: what was examined, the outcome, and each law with its result. */
export const storageReportPage = (report: StorageReport): string => {
  const { capabilities, laws } = report;
  const left = storageLaws.length - laws.length;
  const broken = laws.filter((one) => one.outcome === "broken");
  return [
    `# Storage contract: ${cell(report.driver)}`,
    "",
    "|          |     |",
    "| -------- | --- |",
    `| driver   | ${cell(report.driver)} |`,
    `| version  | ${cell(report.version ?? "not stated")} |`,
    `| durable  | ${claimed(capabilities.durable)} |`,
    `| shared   | ${claimed(capabilities.shared)} |`,
    `| examined | ${report.at} |`,
    `| duration | ${(report.millis / 1000).toFixed(1)} s |`,
    `| laws     | ${report.kept} kept, ${report.broken} broken, ${report.skipped} skipped |`,
    "",
    left > 0 ? `This is a part of the contract: ${left} laws were not asked.\n` : "",
    report.broken === 0
      ? "No law is broken."
      : `**${report.broken} laws are broken.** This driver must not hold public data.`,
    "",
    ...broken.flatMap((one) => [`- \`${one.id}\`: ${line(one.detail)}`]),
    ...(broken.length > 0 ? [""] : []),
    ...LAW_GROUPS.flatMap((group) => groupTable(group, laws)),
  ]
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
};

const groupTable = (group: string, laws: ReadonlyArray<LawFinding>): ReadonlyArray<string> => {
  const own = laws.filter((one) => one.group === group);
  if (own.length === 0) return [];
  return [
    `## ${group}`,
    "",
    "| law | statement | result |",
    "| --- | --- | --- |",
    ...own.map((one) => `| \`${one.id}\` | ${cell(one.statement)} | ${resultOf(one)} |`),
    "",
  ];
};

const resultOf = ({ outcome, detail }: LawFinding): string =>
  outcome === "skipped" ? `skipped: ${cell(detail)}` : outcome === "broken" ? "**broken**" : "kept";

const claimed = (yes: boolean) => (yes ? "claimed" : "not claimed");

const line = (text: string) => text.replace(/\s+/g, " ").trim();

const cell = (text: string) => line(text).replaceAll("|", "\\|");
