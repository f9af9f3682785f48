/** What was found, in sentences. */
import type { JournalFault } from "@linli/core/journal";
import type { NamespaceReport, VerifyReport } from "./verify.ts";

/** One line for each namespace, and what to do when one is broken. */
export const linesOf = (report: VerifyReport): string =>
  `${report.namespaces.map(lineOf).join("\n")}\n${report.sound ? "" : ADVICE}`;

const ADVICE =
  "Keep this file as it is, and compare with a backup and with the seals kept elsewhere.\n";

const lineOf = ({ namespace, verdict }: NamespaceReport): string => {
  if (verdict._tag === "Broken") return `${namespace}: BROKEN ${sentenceOf(verdict.fault)}`;
  const { entries, streams, sealed, pinned, seals, signed } = verdict;
  const signatures = signed === 0 ? "" : `, ${signed} of them signed`;
  const points = pinned === 0 ? "" : `${pinned} more under a checkpoint, `;
  return (
    `${namespace}: sound. ${entries} entries in ${streams} streams; ` +
    `${sealed} under ${seals} seals${signatures}, ${points}${entries - sealed} not sealed yet.`
  );
};

const sentenceOf = (fault: JournalFault): string => {
  const where = [
    fault.position === null ? null : `at entry ${fault.position}`,
    fault.stream === null
      ? null
      : `stream ${JSON.stringify(fault.stream)}${fault.version === null ? "" : ` version ${fault.version}`}`,
    fault.seal === null ? null : `seal ${fault.seal}`,
  ].filter((part) => part !== null);
  return `${where.join(", ")} - ${fault.kind}: ${fault.why}.`;
};
