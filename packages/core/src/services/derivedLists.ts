/** The lists an issue must stand in, and what an entry that is missing or too many says. */
import type { LocalText } from "../data/index.ts";
import type { IssueState } from "../issue/index.ts";
import type { IndexKey } from "../ports/index.ts";
import { clockJobId } from "./compose.ts";
import { findingOf } from "./derivedFinding.ts";
import type { DerivedFinding, DerivedKind } from "./derivedFinding.ts";
import type { Difference, Ledger } from "./derivedLedger.ts";
import type { DerivedWorld, KeyShape } from "./derivedWorld.ts";
import { charterRef, INDEX, issueKeys, KIND, listedState } from "./rows.ts";

/** Says in which lists an issue must be: those of one of the shapes. */
export const expectLists = (world: DerivedWorld, ledger: Ledger, state: IssueState): void => {
  ledger.expectOneOf(
    indexOwner(KIND.issue, state.id),
    world.shapes.map((shape) => () => factsUnder(world, shape, state)),
  );
};

/** True where the key of an open issue under an earlier charter may be there, and need not. */
export const mayBeOutdated = (world: DerivedWorld, state: IssueState): boolean =>
  listedState(state) === "open" &&
  charterRef(state.charter) !== world.current &&
  !mustBeOutdated(world, state);

/** An index entry as a fact. */
export const factOf = ({ index, key }: IndexKey): string => `${index}/${key}`;

/** Owns the index entries of a row. */
export const indexOwner = (kind: string, id: string): string => `index ${kind} ${id}`;

/** Owns something else. */
export const ownerOf = (what: string, id: string): string => `${what} ${id}`;

/** What a difference says. */
export const differenceFinding = ({ owner, fact, expected, found }: Difference): DerivedFinding => {
  const [what = "", ...rest] = owner.split(" ");
  if (what === "index") {
    const [kind = "", ...id] = rest;
    const row = { kind, id: id.join(" ") };
    return findingOf(KIND_OF[kind] ?? "Index", row, fact, placeText(fact, expected > found));
  }
  const id = rest.join(" ");
  if (what === "job") {
    return findingOf("Job", { kind: "job", id: clockJobId(id) }, "", {
      en: `it is missing: a clock of the issue ${JSON.stringify(id)} runs, and nothing will fire it`,
      zh: `该任务缺失：事项 ${JSON.stringify(id)} 有在走的时限，却没有任务到时触发`,
    });
  }
  return findingOf("Board", { kind: what, id }, `/${fact}`, {
    en: `it says ${found}, the journal gives ${expected}`,
    zh: `所载为 ${found}，按日志应为 ${expected}`,
  });
};

// Private

/** Host clocks may be so far apart. */
const CLOCKS_APART = 60 * 60 * 1000;

const KIND_OF: Readonly<Record<string, DerivedKind>> = {
  [KIND.board]: "Board",
  [KIND.score]: "Score",
};

const factsUnder = (
  world: DerivedWorld,
  { hierarchy, at }: KeyShape,
  state: IssueState,
): ReadonlyArray<string> => {
  const charter = world.charters.get(charterRef(state.charter)) ?? world.charter;
  const keys = issueKeys({ charter, hierarchy, current: world.current }, state, at);
  const isOutdated = mustBeOutdated(world, state);
  // Two posts may give the same key, and an index holds it once.
  return [
    ...new Set(keys.filter(({ index }) => index !== INDEX.outdated || isOutdated).map(factOf)),
  ];
};

// Whoever wrote it knew which charter was current, if it was written well after that one was published.
const mustBeOutdated = ({ current, chartersSince }: DerivedWorld, state: IssueState): boolean =>
  listedState(state) === "open" &&
  charterRef(state.charter) !== current &&
  chartersSince !== null &&
  state.lastAt > chartersSince + CLOCKS_APART;

const placeText = (fact: string, isMissing: boolean): LocalText => {
  const [index = "", place = "", name = ""] = fact.split("/");
  const { en, zh } = LISTS[index]?.(place, name) ?? { en: "an index", zh: "索引" };
  return isMissing
    ? { en: `it is not in ${en}, where it belongs`, zh: `不在${zh}中，而它应在其中` }
    : { en: `it is in ${en}, where it does not belong`, zh: `在${zh}中，而它不应在其中` };
};

const LISTS: Readonly<Record<string, (place: string, name: string) => LocalText>> = {
  [INDEX.under]: (unit, letter) => ({
    en: `the ${STATE_WORD[letter]?.en ?? ""} list of unit ${unit}`,
    zh: `治理单元 ${unit} 的${STATE_WORD[letter]?.zh ?? ""}事项清单`,
  }),
  [INDEX.post]: (stand) => ({ en: `the worklist of ${stand}`, zh: `岗位 ${stand} 的承办清单` }),
  [INDEX.sponsor]: (stand) => ({
    en: `the follow-up list of ${stand}`,
    zh: `岗位 ${stand} 的首问清单`,
  }),
  [INDEX.reporter]: (person) => ({
    en: `the list of the reporter ${person}`,
    zh: `反映人 ${person} 的清单`,
  }),
  [INDEX.cluster]: (cluster, unit) => ({
    en: `the cluster ${cluster} of unit ${unit}`,
    zh: `治理单元 ${unit} 的聚集 ${cluster}`,
  }),
  [INDEX.outdated]: () => ({
    en: "the list of issues under an earlier charter",
    zh: "适用旧版治理办法的事项清单",
  }),
  [INDEX.issue]: (issue) => ({
    en: `the contents of the issue ${issue}`,
    zh: `事项 ${issue} 的内容`,
  }),
  [INDEX.day]: (unit, day) => ({
    en: `the board of unit ${unit} on ${day}`,
    zh: `治理单元 ${unit} ${day} 的看板`,
  }),
  [INDEX.month]: (month) => ({ en: `the scores of ${month}`, zh: `${month} 的评分依据` }),
  [INDEX.place]: (unit, category) => ({
    en: `the reports of ${category} at unit ${unit}`,
    zh: `治理单元 ${unit} 的 ${category} 类登记`,
  }),
};

const STATE_WORD: Readonly<Record<string, LocalText>> = {
  a: { en: "open", zh: "办理中" },
  b: { en: "settled", zh: "已办结" },
  c: { en: "final", zh: "已归档" },
};
