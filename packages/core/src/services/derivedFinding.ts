/** What was found amiss in what is made from states and entries, said so that somebody can act on it. */
import type { LocalText } from "../data/index.ts";

/**
 * What is amiss: an issue stands in a list it does not belong to, or lacks one; its clock
 * has no job, or a job has no clock; a board or what scores are computed from is not what
 * the journal gives; a reference or receipt code leads to no issue or is not there; a
 * published document cannot be read.
 */
export type DerivedKind = "Index" | "Job" | "Board" | "Score" | "Reference" | "Document";

/** One thing that is amiss. Holds ids, keys and numbers, never what a value says. */
export interface DerivedFinding {
  readonly kind: DerivedKind;
  /** The stored row, or the job, it is about. */
  readonly row: { readonly kind: string; readonly id: string };
  /** Index and key, or a JSON Pointer into the row; empty for the whole of it. */
  readonly field: string;
  readonly why: LocalText;
  readonly advice: LocalText;
}

/** What was looked at, and what was found. */
export interface DerivedVerdict {
  /** At most {@link FINDINGS_MAX}; `more` when there were others. */
  readonly findings: ReadonlyArray<DerivedFinding>;
  readonly more: boolean;
  /** What could not be looked at, or not to the last figure, and why. */
  readonly notes: ReadonlyArray<LocalText>;
  /** Null where the data does not let one list them. */
  readonly looked: {
    readonly issues: number;
    readonly entries: number;
    readonly boards: number;
    readonly jobs: number | null;
    readonly references: number;
  };
}

/** Findings one verdict holds. */
export const FINDINGS_MAX = 100;

/** Makes a finding. */
export const findingOf = (
  kind: DerivedKind,
  row: DerivedFinding["row"],
  field: string,
  why: LocalText,
): DerivedFinding => ({ kind, row, field, why, advice: ADVICE[kind] });

/** A verdict on a place whose published documents cannot be read: nothing that follows from them was looked at. */
export const unreadableDocument = (id: string, reason: string): DerivedVerdict => ({
  findings: [
    findingOf("Document", { kind: "document", id }, "", {
      en: `it cannot be read, so nothing that follows from it was looked at: ${reason}`,
      zh: `无法读取，由它得出的内容均未核验：${reason}`,
    }),
  ],
  ...{ more: false, notes: [] },
  looked: { issues: 0, entries: 0, boards: 0, jobs: null, references: 0 },
});

// Private

const ADVICE: Readonly<Record<DerivedKind, LocalText>> = {
  Index: {
    en: "check the data file or database for damage; then any step on the issue writes its entries anew",
    zh: "先检查数据文件或数据库是否损坏；之后对该事项的任一操作都会重写其索引项",
  },
  Job: {
    en: "any step on the issue, such as urge, schedules its clock anew",
    zh: "对该事项的任一操作（如催办）都会重新安排其时限任务",
  },
  Board: {
    en: "rebuild the boards: desk.rebuild(), then desk.project()",
    zh: "重建看板：desk.rebuild()，再 desk.project()",
  },
  Score: {
    en: "rebuild what scores are computed from: desk.rebuild(), then desk.score()",
    zh: "重建评分依据：desk.rebuild()，再 desk.score()",
  },
  Reference: {
    en: "restore the row from a backup: nothing else leads from the reference to the issue",
    zh: "从备份恢复该行：没有别的途径由编号或回执找到事项",
  },
  Document: {
    en: "restore the row from a backup, or publish the document again under a new version",
    zh: "从备份恢复该行，或以新版本号重新发布该文件",
  },
};
