/** A law's sentence as the reader of a report wants it. */
import { STATEMENTS_ZH } from "./lawStatementsZh.ts";
import type { ReportLanguage } from "./reportWords.ts";

/**
 * The statement in one language or in both, Chinese first. A law that has no Chinese
 * sentence yet, as one of your own, speaks English.
 */
export const lawStatement = (
  id: string,
  statement: string,
  language: ReportLanguage,
): ReadonlyArray<string> => {
  if (language === "en") return [statement];
  const plain = STATEMENTS_ZH[id.replace(FAULTS, "")];
  if (plain === undefined) return [statement];
  const zh = FAULTS.test(id) ? `故障下亦然：${plain}` : plain;
  return language === "zh" ? [zh] : [zh, statement];
};

const FAULTS = /\+faults$/;
