/**
 * Where an issue counts on boards. A projection remembers each issue's units itself,
 * so that an event counts where the issue was when it happened.
 *
 * What is sealed counts in the whole only: a figure of one building would tell its
 * chief, about whom it may be, that there is something and since when.
 */
import * as Effect from "effect/Effect";
import { ancestorsOf, chainsOf } from "../hierarchy/index.ts";
import type { IssueEvent, World } from "../issue/index.ts";
import type { RowWrite } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { decodeVersioned, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** Where an issue is, as its board row says. */
export interface Place {
  readonly units: ReadonlyArray<string>;
  /** True while its category is sealed. */
  readonly sealed: boolean;
  /** Version of its row; 0 when it has none. */
  readonly row: number;
  readonly changed: boolean;
}

/** What says where an issue counts. */
export type PlaceWorld = Pick<World, "charter" | "hierarchy">;

/** Decodes a kept place. */
export const decodePlace = (id: string, value: string) =>
  decodeVersioned<PlaceRow>("board place", id, value);

interface PlaceRow {
  readonly v: 1;
  readonly units: ReadonlyArray<string>;
  readonly sealed?: boolean;
}

/** Where the issue is after an event; undefined when nothing of it was seen before. */
export const placeAfter = (
  world: PlaceWorld,
  before: Place | undefined,
  event: IssueEvent,
): Place | undefined => {
  const units = unitsOf(world, event);
  const sealed = "category" in event ? isSealed(world, event.category) : before?.sealed === true;
  if (units === null && (before === undefined || before.sealed === sealed)) return before;
  return { units: units ?? before?.units ?? [], sealed, row: before?.row ?? 0, changed: true };
};

/** The units an event counts in. */
export const unitsCounted = (
  world: PlaceWorld,
  { sealed, units }: Place,
  at: Instant,
): ReadonlyArray<string> => (sealed ? units.filter((unit) => isRoot(world, unit, at)) : units);

/** The row that keeps a place. */
export const placeRow = (issue: string, { row, sealed, units }: Place): RowWrite => ({
  kind: KIND.boardIssue,
  id: issue,
  expected: row,
  value: JSON.stringify({ v: 1, units, ...(sealed ? { sealed } : {}) } satisfies PlaceRow),
  indexes: [],
});

/** The kept places of issues. */
export const readPlaces = Effect.fnUntraced(function* (
  settings: Settings,
  issues: ReadonlySet<string>,
) {
  const ids = [...issues];
  const rows = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: ids.map((id) => ({ kind: KIND.boardIssue, id })),
  });
  const places = new Map<string, Place>();
  for (const [index, id] of ids.entries()) {
    const row = rows[index];
    if (row == null) continue;
    const { units, sealed = false } = yield* Effect.fromResult(decodePlace(id, row.value));
    places.set(id, { units, sealed, row: row.version, changed: false });
  }
  return places;
});

// Private

const isSealed = (world: PlaceWorld, category: string): boolean =>
  (world.charter.category(category)?.visibility ?? "sealed") === "sealed";

const isRoot = (world: PlaceWorld, unit: string, at: Instant): boolean =>
  chainsOf(world.hierarchy, unit, at).every(
    (chain) => ancestorsOf(world.hierarchy, chain, unit, at).length === 1,
  );

const unitsOf = (world: PlaceWorld, event: IssueEvent): ReadonlyArray<string> | null => {
  const place =
    event.type === "Reported"
      ? (event.unit ?? event.handler.unit)
      : event.type === "SettledRecorded" || event.type === "Relocated"
        ? event.unit
        : null;
  if (place === null) return null;
  const units = new Set<string>([place]);
  for (const chain of chainsOf(world.hierarchy, place, event.at)) {
    for (const unit of ancestorsOf(world.hierarchy, chain, place, event.at)) units.add(unit);
  }
  return [...units];
};
