/** A charter with its units and posts, decoded as a host decodes them. */
import { calendarCn } from "@linli/calendar-cn";
import { type Charter, decodeCharter } from "@linli/core/charter";
import { decodeDirectory, type Directory } from "@linli/core/directory";
import { decodeHierarchy, type Hierarchy } from "@linli/core/hierarchy";
import * as Result from "effect/Result";

export interface Place {
  readonly charter: Charter;
  readonly hierarchy: Hierarchy;
  readonly directory: Directory;
}

export const compiled = (document: unknown): Charter =>
  Result.getOrThrow(decodeCharter(document, { calendars: [calendarCn()] }));

export const placeOf = (document: unknown, units: unknown, posts: unknown): Place => {
  const charter = compiled(document);
  const { levels, chains } = charter.document;
  const lastResortLevels = charter.document.posts
    .filter((post) => post.lastResort === true)
    .map((post) => post.level);
  const hierarchy = Result.getOrThrow(decodeHierarchy(units, { levels, chains, lastResortLevels }));
  const categories = new Set(charter.document.categories.map((category) => category.id));
  const directory = Result.getOrThrow(
    decodeDirectory(posts, { posts: charter.document.posts, hierarchy, categories }),
  );
  return { charter, hierarchy, directory };
};
