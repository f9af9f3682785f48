/** What was found so far, what of it nobody can tell, and the verdict made of both. */
import type { LocalText } from "../data/index.ts";
import { FINDINGS_MAX } from "./derivedFinding.ts";
import type { DerivedFinding, DerivedVerdict } from "./derivedFinding.ts";
import type { ExactLedger } from "./derivedLedger.ts";
import { differenceFinding } from "./derivedLists.ts";
import type { DerivedWorld } from "./derivedWorld.ts";
import { KIND } from "./rows.ts";

/** While the store is walked through. */
export interface Report {
  readonly findings: Array<DerivedFinding>;
  more: boolean;
  readonly notes: Array<LocalText>;
  /** What differs where nobody can tell whether it should. */
  readonly unsure: { boards: number; lists: number; days: number };
  /** Days of boards that published documents give differently. */
  readonly eitherWay: Set<string>;
  dead: number;
  readonly looked: {
    issues: number;
    entries: number;
    boards: number;
    jobs: number;
    references: number;
  };
}

/** Begins a report. */
export const makeReport = (world: DerivedWorld): Report => ({
  ...{
    findings: [],
    more: false,
    notes: [...world.notes],
    unsure: { boards: 0, lists: 0, days: 0 },
  },
  ...{ dead: 0, eitherWay: new Set<string>() },
  looked: { issues: 0, entries: 0, boards: 0, jobs: 0, references: 0 },
});

/** Adds a finding, or counts it where nobody can tell whether it is one. */
export const addFinding = (world: DerivedWorld, report: Report, finding: DerivedFinding): void => {
  const { kind, row } = finding;
  if (kind === "Board" && row.kind !== KIND.projection && world.boardsUnsure !== null) {
    report.unsure.boards += 1;
  } else if (kind === "Board" && row.kind === KIND.board && report.eitherWay.has(row.id)) {
    report.unsure.days += 1;
  } else if (kind === "Index" && row.kind === KIND.issue && world.listsUnsure !== null) {
    report.unsure.lists += 1;
  } else if (report.findings.length < FINDINGS_MAX) report.findings.push(finding);
  else report.more = true;
};

/** The verdict, with what a closer look found. */
export const verdictOf = (
  world: DerivedWorld,
  how: { readonly report: Report; readonly jobs: boolean },
  exact: ExactLedger | null,
): DerivedVerdict => {
  const { report } = how;
  for (const difference of exact?.differences() ?? []) {
    addFinding(world, report, differenceFinding(difference));
  }
  const { findings, notes, looked } = report;
  return {
    ...{ findings, more: report.more || exact?.isCut() === true },
    notes: [...notes, ...notesAtEnd(world, report)],
    looked: { ...looked, jobs: how.jobs ? looked.jobs : null },
  };
};

// Private

const notesAtEnd = (world: DerivedWorld, { unsure, dead }: Report): ReadonlyArray<LocalText> => [
  ...(world.boards.forgetting === true || world.scores.forgetting === true ? [REBUILDING] : []),
  ...(dead === 0 ? [] : [givenUp(dead)]),
  ...(world.boardsUnsure === null || unsure.boards === 0
    ? []
    : [unsureNote("board figures", "看板数字", unsure.boards, world.boardsUnsure)]),
  ...(unsure.days === 0
    ? []
    : [unsureNote("board figures", "看板数字", unsure.days, COUNTED_BEFORE)]),
  ...(world.listsUnsure === null || unsure.lists === 0
    ? []
    : [unsureNote("index entries", "索引项", unsure.lists, world.listsUnsure)]),
];

const REBUILDING: LocalText = {
  en: "boards or scores are being rebuilt and were not looked at",
  zh: "看板或评分依据正在重建，未予核验",
};

const COUNTED_BEFORE: LocalText = {
  en: "charter or hierarchy were published anew, and what was counted stays where it was counted",
  zh: "治理办法或层级重新发布过，已计入的数字仍留在原处",
};

const givenUp = (jobs: number): LocalText => ({
  en: `${jobs} clocks were given up on; see desk.deadJobs()`,
  zh: `${jobs} 个时限任务已放弃重试；见 desk.deadJobs()`,
});

const unsureNote = (en: string, zh: string, many: number, why: LocalText): LocalText => ({
  en: `${many} ${en} differ, which need not be wrong: ${why.en}`,
  zh: `${many} 项${zh}不符，但不一定有误：${why.zh}`,
});
