/**
 * The rewrites that a move asks for, worked out beforehand: the hand neither reads nor
 * decides, keeps no position and leases nothing.
 */
import type { IssueState } from "@linli/core/issue";
import { without } from "../planned.ts";
import { type IndexKey, keysOf } from "../written.ts";
import type { Place, Rewrite } from "./place.ts";
import { MOVED, PLACES_AFTER } from "./town.ts";

/** All of them, in the order of the moving unit's own list. */
export const planOf = async (place: Place): Promise<ReadonlyArray<Rewrite>> => {
  const rows = await place.select(
    place.town,
    "SELECT r.id, r.version, r.index_keys, r.value FROM index_entries AS e JOIN rows AS r " +
      "ON r.namespace = e.namespace AND r.kind = e.kind AND r.id = e.id " +
      `WHERE e.kind = 'issue' AND e.index_name = 'under' AND e.key >= '${MOVED.unit}/a/' ` +
      `AND e.key < '${MOVED.unit}/c/' ORDER BY e.key`,
  );
  return rows.map((row): Rewrite => {
    const { state } = JSON.parse(String(row["value"])) as { readonly state: IssueState };
    const before = place.keysFrom(row["index_keys"]);
    const flat = keysOf(state, PLACES_AFTER);
    const after = inPairs(flat);
    return {
      id: String(row["id"]),
      version: Number(row["version"]),
      keys: place.keysTo(flat),
      gone: without(before, after),
      come: without(after, before),
    };
  });
};

/** Index keys that stand in one list, index and key in turn. */
export const inPairs = (flat: ReadonlyArray<string>): ReadonlyArray<IndexKey> => {
  const pairs: Array<IndexKey> = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] ?? "", flat[i + 1] ?? ""]);
  return pairs;
};
