/**
 * From the words of a resident to the units they may mean.
 *
 * People say "叶口巷3号的窨井盖破了", not a unit's id. Every name and alias that
 * stands in the text is found; a building called "5号楼" in a hundred compounds
 * is told apart by the compound named beside it.
 */
import type { Instant } from "../time/index.ts";
import { HASH_START, hashMix, hashStep } from "./IdIndex.ts";
import { foldText, nameAt, namesOf } from "./NameIndex.ts";
import {
  type Hierarchy,
  idOf,
  isAlive,
  parentAt,
  rankOf,
  type Tables,
  type NameIndex,
} from "./Tables.ts";

/** A unit the words may mean. */
export interface FoundUnit {
  /** Id of the unit. */
  readonly unit: string;
  /** Its name or alias that stands in the words. */
  readonly matchedAlias: string;
  /** Characters of the folded words explained by it and the units above it. */
  readonly score: number;
}

/**
 * Living units whose name or alias stands in `words`, most specific first: the
 * more of the words a unit and those above it explain, then the smaller area,
 * then the longer match, then by id.
 *
 * Width, case and blanks do not matter ({@link foldText}); a name that begins or
 * ends in a digit or a Latin letter does not match inside a longer number or
 * word, so that "157号楼" is not "57号楼". Total: any text gives a list. Only the
 * first 2,000 characters are read.
 */
export const findUnits = (
  h: Hierarchy,
  words: string,
  options: { readonly at: Instant; readonly limit: number },
): ReadonlyArray<FoundUnit> => {
  const text = foldText(words.slice(0, MAX_WORDS_LENGTH));
  const matches = matchNames(h.tables, namesOf(h.tables), text, options.at);
  const found = [...matches].map(([unit, match]) => ({
    unit,
    match,
    rank: rankOf(h.tables, h.levels, unit),
    score: explainedBy(h.tables, matches, unit, options.at),
  }));
  found.sort(
    (a, b) =>
      b.score - a.score ||
      a.rank - b.rank ||
      b.match.end - b.match.start - (a.match.end - a.match.start) ||
      a.unit - b.unit,
  );
  return found.slice(0, Math.max(0, options.limit)).map(({ unit, match, score }) => ({
    unit: idOf(h.tables, unit),
    matchedAlias: nameAt(h.tables, unit, match.which),
    score,
  }));
};

interface Match {
  readonly start: number;
  readonly end: number;
  readonly which: number;
}

const MAX_WORDS_LENGTH = 2000;

const matchNames = (
  tables: Tables,
  names: NameIndex,
  text: string,
  at: Instant,
): ReadonlyMap<number, Match> => {
  const matches = new Map<number, Match>();
  const longest = names.lengths.lastIndexOf(1);
  for (let start = 0; start < text.length; start += 1) {
    if (!isEdge(text, start)) continue;
    const last = Math.min(text.length, start + longest);
    let hash = HASH_START;
    for (let end = start + 1; end <= last; end += 1) {
      hash = hashStep(hash, text.charCodeAt(end - 1));
      if (names.lengths[end - start] !== 1 || !isEdge(text, end)) continue;
      visitEntries(tables, names, hashMix(hash), text.slice(start, end), (unit, which) => {
        const known = matches.get(unit);
        const longer = known === undefined || known.end - known.start < end - start;
        if (longer && isAlive(tables, unit, at)) matches.set(unit, { start, end, which });
      });
    }
  }
  return matches;
};

const visitEntries = (
  tables: Tables,
  names: NameIndex,
  hash: number,
  folded: string,
  visit: (unit: number, which: number) => void,
): void => {
  const { heads, next, tag, unit, which } = names;
  let entry = (heads[hash & (heads.length - 1)] ?? 0) - 1;
  while (entry >= 0) {
    const number = unit[entry] ?? 0;
    const kind = which[entry] ?? 0;
    if (tag[entry] === hash >>> 24 && foldText(nameAt(tables, number, kind)) === folded) {
      visit(number, kind);
    }
    entry = (next[entry] ?? 0) - 1;
  }
};

// The count of places of the text covered by a unit's match or that of a unit above it.
const explainedBy = (
  tables: Tables,
  matches: ReadonlyMap<number, Match>,
  unit: number,
  at: Instant,
): number => {
  const spans: Array<Match> = [];
  const seen = new Set<number>();
  for (const chain of tables.chains.values()) {
    for (let above = unit; above >= 0; above = parentAt(chain, above, at)) {
      const match = seen.has(above) ? undefined : matches.get(above);
      seen.add(above);
      if (match !== undefined) spans.push(match);
    }
  }
  spans.sort((a, b) => a.start - b.start);
  let covered = 0;
  let reached = 0;
  for (const { start, end } of spans) {
    covered += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return covered;
};

// False between two digits or two Latin letters: a name must not cut a number or word.
const isEdge = (text: string, place: number): boolean => {
  if (place === 0 || place === text.length) return true;
  const before = kindOf(text.charCodeAt(place - 1));
  return before === 0 || before !== kindOf(text.charCodeAt(place));
};

const kindOf = (unit: number): 0 | 1 | 2 => {
  if (unit >= 0x30 && unit <= 0x39) return 1;
  const latin = (unit >= 0x61 && unit <= 0x7a) || (unit >= 0xdf && unit <= 0x24f && unit !== 0xf7);
  return latin ? 2 : 0;
};
