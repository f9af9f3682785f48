/**
 * From a folded name to the units that bear it; built at the first search.
 *
 * Buckets of entries, an entry being one name or alias of one unit: 4 bytes for
 * the unit, 2 for which of its names, 4 for the next in the bucket and 1 of the
 * hash, so that texts that differ are told apart without folding the name again.
 */
import { capacityFor, hashText } from "./IdIndex.ts";
import type { NameIndex, Tables } from "./Tables.ts";

/** Folded names longer than this are not searched for. */
const MAX_NAME_LENGTH = 200;

/** Folded names shorter than this say too little to be found in a text. */
const MIN_NAME_LENGTH = 2;

/**
 * Text as it is compared: NFKC (full-width letters and digits become plain),
 * lower case, one blank kept between Latin letters or digits and none elsewhere.
 */
export const foldText = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\s+/gu, " ")
    .replace(/ (?=[^\u0021-\u024f])|(?<=[^\u0021-\u024f]) /gu, "")
    .trim();

/** The name an entry stands for, as it was written. */
export const nameAt = (tables: Tables, unit: number, which: number): string => {
  if (which >= 2) return tables.aliases.get(unit)?.[which - 2] ?? "";
  const name = tables.names[unit] ?? "";
  return typeof name === "string" ? name : which === 0 ? name.zh : name.en;
};

export const namesOf = (tables: Tables): NameIndex => {
  tables.memo.names ??= makeNameIndex(tables);
  return tables.memo.names;
};

const makeNameIndex = (tables: Tables): NameIndex => {
  const count = countNames(tables);
  const heads = new Int32Array(capacityFor(count));
  const next = new Int32Array(count);
  const unit = new Int32Array(count);
  const which = new Uint16Array(count);
  const tag = new Uint8Array(count);
  const lengths = new Uint8Array(MAX_NAME_LENGTH + 1);
  let entry = 0;
  const add = (number: number, kind: number) => {
    const folded = foldText(nameAt(tables, number, kind));
    if (folded.length < MIN_NAME_LENGTH || folded.length > MAX_NAME_LENGTH) return;
    const hash = hashText(folded);
    const slot = hash & (heads.length - 1);
    unit[entry] = number;
    which[entry] = kind;
    tag[entry] = hash >>> 24;
    next[entry] = heads[slot] ?? 0;
    lengths[folded.length] = 1;
    entry += 1;
    heads[slot] = entry;
  };
  for (let number = 0; number < tables.ids.length; number += 1) {
    add(number, 0);
    if (typeof tables.names[number] !== "string") add(number, 1);
    const aliases = tables.aliases.get(number)?.length ?? 0;
    for (let i = 0; i < aliases; i += 1) add(number, i + 2);
  }
  return { heads, next, unit, which, tag, lengths };
};

const countNames = (tables: Tables): number => {
  let count = tables.ids.length;
  for (const name of tables.names) if (typeof name !== "string") count += 1;
  for (const aliases of tables.aliases.values()) count += aliases.length;
  return count;
};
