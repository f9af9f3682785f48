/** From a decision to a place: which unit's post handles the issue. */
import { type Charter, type Decision, firstChain } from "../charter/index.ts";
import { ancestorsOf, type Hierarchy, levelOf } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";

/** A post at a unit, and the level they stand at. */
export interface Location {
  readonly unit: string;
  readonly level: string;
  readonly post: string;
}

/**
 * The lowest unit at or above `unit`, on the decision's chain, whose level may
 * handle the issue. A unit out of that chain is sought on the charter's first one;
 * where no level fits, the top of the chain takes it. Null for a signpost and for
 * a unit that stands in neither chain at that instant.
 */
export const locate = (
  charter: Charter,
  hierarchy: Hierarchy,
  decision: Decision,
  unit: string,
  at: Instant,
): Location | null => {
  if (decision.chain === null) return null;
  for (const chain of [decision.chain, firstChain(charter)]) {
    const line = ancestorsOf(hierarchy, chain, unit, at);
    const places = line.flatMap((id): ReadonlyArray<Location> => {
      const level = levelOf(hierarchy, id, at)?.id ?? "";
      const post = charter.handlerPost(chain, level);
      return post === undefined ? [] : [{ unit: id, level, post: post.id }];
    });
    const lowest = places.find(({ level }) => decision.levels.includes(level)) ?? places.at(-1);
    if (lowest !== undefined) return lowest;
  }
  return null;
};
