/** How the words of Boston's file become ids of Boston's charter. */
import * as Result from "effect/Result";
import { makeCalendar } from "@linli/core/time";
import { BOSTON_UNSORTED, bostonCalendar, bostonTypes, bostonUnitOf } from "@linli/charters/boston";
import type { CityKey } from "./requests.ts";

const categories = new Map(bostonTypes.map(({ name, category }) => [name, category]));

/** What the city's own people and systems noticed, not a resident. */
const FINDINGS: ReadonlySet<string> = new Set(["Employee Generated", "Maximo Integration"]);

/** Boston's key. */
export const bostonKey: CityKey = {
  calendar: Result.getOrThrow(makeCalendar(bostonCalendar)),
  categoryOf: (type) => categories.get(type),
  unsorted: BOSTON_UNSORTED,
  unitOf: bostonUnitOf,
  isFinding: (source) => FINDINGS.has(source),
};
