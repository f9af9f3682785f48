/** Where rerouting reads: the lists of open issues, and what commands wrote while it read them. */
import * as Effect from "effect/Effect";
import { rootsOf } from "../hierarchy/index.ts";
import type { Hierarchy } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import type { Documents } from "./Documents.ts";
import { listsAgree } from "./rekeyRow.ts";
import type { RerouteRow } from "./rerouteRow.ts";
import { INDEX, STATE_LETTER, under } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/**
 * The row with the lists to read; null while lists do not agree with the hierarchy, and
 * so may lack a chosen issue. Where other lists are to be read now, it begins anew.
 */
export const placed = Effect.fnUntraced(function* (
  settings: Settings,
  documents: Documents,
  row: RerouteRow,
  now: Instant,
) {
  if (row.lists === null) yield* documents.forget;
  const { hierarchy } = yield* documents.published;
  const lists = listsOf(row, hierarchy);
  if (row.lists !== null && lists.join("/") === row.lists.join("/")) return row;
  if (!(yield* listsAgree(settings, hierarchy, now))) return null;
  return { ...row, lists, position: { stretch: 0, cursor: null }, kept: {} } satisfies RerouteRow;
});

/** Where every selection names a unit its list is enough; otherwise the lists of the roots hold everything. */
export const listsOf = (
  { select }: Pick<RerouteRow, "select">,
  hierarchy: Hierarchy,
): ReadonlyArray<string> => {
  const named = select.flatMap((one) => (one.under === undefined ? [] : [one.under]));
  const roots = () => rootsOf(hierarchy).map(({ unit }) => unit);
  const units = named.length === select.length ? named : roots();
  return [...new Set(units)].sort();
};

/** The open issues of a unit's list. */
export const openUnder = (unit: string) => ({
  index: INDEX.under,
  range: under(`${unit}/${STATE_LETTER.open}`),
});

/** What is read next: a list, then what was written meanwhile; null when all was read. */
export const stretchAt = ({ lists, position }: RerouteRow) => {
  const unit = lists?.[position.stretch];
  if (unit !== undefined) return openUnder(unit);
  return position.stretch === lists?.length
    ? { index: INDEX.outdated, range: { from: null, to: null } }
    : null;
};
