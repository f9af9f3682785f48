/**
 * A town in which many open issues lie below one micro-community, and the
 * publication that gives it to another community from an instant on.
 *
 * Beside them lie issues that are over, which must stay where they ended, and open
 * ones elsewhere, also below the old and the new parent, which must stay where they are.
 */
import type { HierarchyInput } from "@linli/core/hierarchy";
import { type Life, makeLives } from "../../town/lives.ts";
import { hierarchy, places } from "../../town/town.ts";
import { makeOrders } from "../orders.ts";
import { actInService, makeService, reportAll } from "../service.ts";
import { PLACES, type Places } from "../written.ts";
import type { Place } from "./place.ts";

/** The micro-community that moves, its parent before and its parent afterwards. */
export const MOVED = { unit: "M0", from: "C0", to: "C1" } as const;

/** Monday 2026-12-07 10:00 in Shanghai: it moves, and no clock has run out yet. */
export const MOVE_AT = Date.UTC(2026, 11, 7, 2, 0, 0);

/** The hierarchy with the move. */
export const movedHierarchy: HierarchyInput = {
  version: "2",
  units: hierarchy.units.map((unit) =>
    unit.id === MOVED.unit
      ? { ...unit, moves: [{ chain: "residential", parent: MOVED.to, from: MOVE_AT }] }
      : unit,
  ),
};

/** Where buildings stand afterwards. */
export const PLACES_AFTER: Places = new Map(
  [...PLACES].map(([building, place]) => [
    building,
    place.micro === MOVED.unit ? { ...place, community: MOVED.to } : place,
  ]),
);

/** How many issues it holds. */
export interface Filled {
  /** Open, below the unit that moves. */
  readonly moving: number;
  /** Over, below it. */
  readonly over: number;
  /** Open, elsewhere. */
  readonly elsewhere: number;
}

/** Makes the town through the service, without waiting for the disk each time. */
export const fillTown = async (place: Place, moving: number): Promise<Filled> => {
  let ids = 0;
  const newId = () => `i${(ids += 1)}`;
  const open = async () => makeService(await place.open(place.town, true), newId);
  const drawn = makeLives({ seed: SEED, count: moving + Math.floor(moving / 5) });
  const past = drawn.filter((life) => PLACES.get(buildingOf(life))?.micro === MOVED.unit);
  const below = places.filter(({ micro }) => micro === MOVED.unit);
  const others = places.filter(({ micro }) => micro !== MOVED.unit);
  const now = drawn.map((life, at) => {
    const among = at < moving ? below : others;
    const building = among[at % among.length]?.building ?? "";
    return reportedAt(life, building, OPENED + at * APART);
  });
  const issues = await reportAll(await open(), [...past, ...now]);
  const service = await open();
  for (const order of makeOrders(past, issues)) await actInService(service, order);
  await service.close();
  return { moving, over: past.length, elsewhere: now.length - moving };
};

// Private

const SEED = 17;
/** Half an hour before it moves; all are reported in twenty minutes. */
const OPENED = MOVE_AT - 30 * 60_000;
const APART = 100;

const buildingOf = ({ steps: [report] }: Life): string => {
  const command = report?.command;
  return command?.type === "report" && command.place !== undefined && "unit" in command.place
    ? command.place.unit
    : "";
};

const reportedAt = (life: Life, building: string, now: number): Life => ({
  ...life,
  steps: life.steps
    .slice(0, 1)
    .map((step) =>
      step.command.type === "report"
        ? { ...step, now, command: { ...step.command, place: { unit: building } } }
        : step,
    ),
});
