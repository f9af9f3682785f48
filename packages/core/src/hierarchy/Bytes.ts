/** What a hierarchy costs in memory, counted column by column. */
import type { ChainTable, Hierarchy } from "./Tables.ts";

/**
 * Bytes a hierarchy holds beyond the text of its ids, names, aliases and codes:
 * every column, 8 for each reference to a text, the id index, the name index
 * once a search has built it, and an estimate of 64 bytes for each entry of the
 * sparse maps and 24 for each item in them.
 */
export const hierarchyBytes = (h: Hierarchy): number => {
  const { ids, names, level, index, chains, life, codes, aliases, successors, memo } = h.tables;
  let bytes = (ids.length + names.length) * REFERENCE + level.byteLength;
  bytes += "map" in index ? index.map.size * MAP_ENTRY : index.slots.byteLength;
  for (const chain of chains.values()) bytes += chainBytes(chain);
  if (life !== undefined) bytes += life.from.byteLength + life.until.byteLength;
  if (codes !== undefined) bytes += codes.code.length * REFERENCE + codes.year.byteLength;
  bytes += listsBytes(aliases) + listsBytes(successors);
  if (memo.names !== undefined) {
    for (const column of Object.values(memo.names)) bytes += column.byteLength;
  }
  return bytes;
};

const REFERENCE = 8;
const MAP_ENTRY = 64;
const LIST_ITEM = 24;

const chainBytes = (chain: ChainTable): number =>
  chain.parent.byteLength +
  chain.position.byteLength +
  chain.extent.byteLength +
  chain.order.byteLength +
  chain.roots.length * REFERENCE +
  listsBytes(chain.moves) +
  listsBytes(chain.arrivals);

const listsBytes = (lists: ReadonlyMap<number, ReadonlyArray<unknown>>): number => {
  let bytes = 0;
  for (const list of lists.values()) bytes += MAP_ENTRY + list.length * LIST_ITEM;
  return bytes;
};
