/**
 * Directories made at random over a hierarchy, and who is accountable worked out
 * the slow way: all candidates in order, over the written lists, first one wins.
 */
import * as fc from "fast-check";
import * as Result from "effect/Result";
import {
  type Accountable,
  type Directory,
  type DirectoryFrame,
  type DirectoryInput,
  makeDirectory,
  type PassedSeat,
  type PostDef,
} from "@linli/core/directory";
import type { HierarchyInput } from "@linli/core/hierarchy";
import { hierarchyInput, naive } from "./hierarchySupport.ts";

const text = (name: string) => ({ zh: name, en: name });
const post = (id: string, level: string, chain: string, rest: Partial<PostDef> = {}): PostDef => ({
  id,
  name: text(id),
  kind: "volunteer",
  level,
  chain,
  ...rest,
});

/** Posts over the levels of `frame`; the hub has no accountable post, the party town no other than its last resort. */
export const POSTS: ReadonlyArray<PostDef> = [
  post("chief", "building", "residential", { handles: true, deputies: ["deputy", "hand"] }),
  post("deputy", "building", "residential"),
  post("hand", "building", "party", { deputies: ["chief"] }),
  post("grid", "micro", "residential", { handles: true }),
  post("hub", "hub", "party"),
  post("secretary", "community", "party", { handles: true, deputies: ["director"] }),
  post("director", "community", "residential", { handles: true }),
  post("mayor", "town", "residential", { handles: true, kind: "official" }),
  post("office", "town", "residential", { lastResort: true, deputies: ["night"] }),
  post("night", "town", "residential"),
  post("committee", "town", "party", { handles: true, lastResort: true, kind: "official" }),
];

const PERSONS = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"];
const person = fc.constantFrom(...PERSONS);
const period = fc
  .tuple(fc.integer({ min: -2, max: 55 }), fc.integer({ min: 1, max: 60 }))
  .map(([from, length]) => ({ from, until: from + length }));

export interface World {
  readonly units: HierarchyInput;
  readonly input: DirectoryInput;
}

/** A directory over some hierarchy; `from` and `until` fall where the hierarchy changes. */
export const world: fc.Arbitrary<World> = fc
  .oneof(hierarchyInput({ dated: false }), hierarchyInput({ dated: true }))
  .chain((units) => {
    const seats = seatsOf(units);
    const seat = fc.constantFrom(...seats);
    const sized = { maxLength: Math.min(40, seats.length * 2) };
    return fc
      .record({
        appointments: fc.array(fc.tuple(seat, person, period, fc.boolean()), sized),
        leaves: fc.array(fc.tuple(person, person, period), { maxLength: 10 }),
        shifts: fc.array(fc.tuple(seat, person, period), { maxLength: 12 }),
      })
      .map(({ appointments, leaves, shifts }) => ({
        units,
        input: {
          version: "1",
          appointments: appointments.map(([at, who, { from, until }, open], i) => ({
            id: `a${(i * 7) % 41}`,
            person: who,
            ...at,
            from,
            ...(open ? {} : { until }),
          })),
          leaves: leaves.map(([who, delegate, dated], i) => ({
            id: `l${(i * 3) % 11}`,
            person: who,
            ...dated,
            ...(delegate === who ? {} : { delegate }),
          })),
          shifts: shifts.map(([at, who, dated], i) => ({
            id: `s${i}`,
            person: who,
            ...at,
            ...dated,
          })),
          organisations: [],
        },
      }));
  });

export const seatsOf = (units: HierarchyInput) =>
  units.units.flatMap((unit) =>
    POSTS.filter((known) => known.level === unit.level && standsIn(unit, known.chain)).map(
      (known) => ({ post: known.id, unit: unit.id }),
    ),
  );

const standsIn = (unit: HierarchyInput["units"][number], chain: string) =>
  unit.parents[chain] !== undefined ||
  unit.roots?.includes(chain) === true ||
  unit.moves?.some((move) => move.chain === chain) === true;

/** A directory, or a failed test. */
export const builtDirectory = (input: DirectoryInput, against: DirectoryFrame): Directory => {
  const made = makeDirectory(input, against);
  if (Result.isFailure(made)) throw new Error(made.failure.message);
  return made.success;
};

export const covers = (dated: { from?: number; until?: number }, at: number) =>
  (dated.from ?? -Infinity) <= at && at < (dated.until ?? Infinity);

export const away = (input: DirectoryInput, who: string, at: number) =>
  input.leaves.some((leave) => leave.person === who && covers(leave, at));

const inTime = <A extends { from: number; id: string }>(items: ReadonlyArray<A>) =>
  items.toSorted((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));

interface Seat {
  readonly post: string;
  readonly unit: string;
  readonly via: Accountable["via"] | undefined;
}

/** The answer of `accountable`, worked out from the written lists. */
export const naiveAccountable = (
  { units, input }: World,
  asked: { post: string; unit: string; at: number; exclude: ReadonlySet<string> },
): Pick<Accountable, "post" | "unit" | "person" | "via" | "passed"> => {
  const { at, exclude } = asked;
  const slow = naive(units);
  const request = { ...asked, unit: slow.heir(asked.unit, at) };
  const passed: Array<PassedSeat> = [];
  const chain = POSTS.find((known) => known.id === request.post)?.chain ?? "residential";
  const seats = listSeats(units, request, chain);
  const done = new Set<string>();
  for (const seat of seats) {
    const key = `${seat.post} ${seat.unit}`;
    if (done.has(key)) continue;
    done.add(key);
    const alive = slow.alive(seat.unit, at);
    const here = (item: { post: string; unit: string; from: number; until?: number }) =>
      alive && item.post === seat.post && item.unit === seat.unit && covers(item, at);
    const holders = inTime(input.appointments)
      .filter(here)
      .map((held) => held.person);
    const allowed = holders.filter((who) => !exclude.has(who));
    const present = allowed.find((who) => !away(input, who, at));
    const where = { post: seat.post, unit: seat.unit };
    if (present !== undefined)
      return { ...where, person: present, via: seat.via ?? "holder", passed };
    passed.push({
      ...where,
      why: holders.length === 0 ? "vacant" : allowed.length === 0 ? "excluded" : "absent",
    });
    const delegate = allowed
      .map((who) => standIn(input, who, at, exclude, []))
      .find((who) => who.found);
    if (delegate?.found)
      return { ...where, person: delegate.found, via: seat.via ?? "delegate", passed };
    const duty = inTime(input.shifts)
      .filter(here)
      .find((shift) => !exclude.has(shift.person) && !away(input, shift.person, at));
    if (duty !== undefined)
      return { ...where, person: duty.person, via: seat.via ?? "duty", passed };
  }
  const named = seats.findLast((seat) => isLastResort(seat.post)) ?? request;
  return { post: named.post, unit: named.unit, person: null, via: "lastResort", passed };
};

const isLastResort = (id: string) => POSTS.find((known) => known.id === id)?.lastResort === true;

// Tries leaves depth first; `asked` is shared, so that nobody is asked twice.
const standIn = (
  input: DirectoryInput,
  who: string,
  at: number,
  exclude: ReadonlySet<string>,
  asked: Array<string>,
): { readonly found: string | undefined } => {
  if (asked.includes(who) || exclude.has(who)) return { found: undefined };
  if (!away(input, who, at)) return { found: who };
  asked.push(who);
  for (const leave of inTime(input.leaves)) {
    if (leave.person !== who || leave.delegate === undefined || !covers(leave, at)) continue;
    const next = standIn(input, leave.delegate, at, exclude, asked);
    if (next.found !== undefined) return next;
  }
  return { found: undefined };
};

const listSeats = (
  units: HierarchyInput,
  { post: asked, unit, at }: { post: string; unit: string; at: number },
  chain: string,
): ReadonlyArray<Seat> => {
  const slow = naive(units);
  const withDeputies = (id: string, where: string, via: Seat["via"]): ReadonlyArray<Seat> => [
    { post: id, unit: where, via },
    ...(POSTS.find((known) => known.id === id)?.deputies ?? []).map((deputy) => ({
      post: deputy,
      unit: where,
      via: via ?? ("deputy" as const),
    })),
  ];
  const above: Array<string> = [];
  let current: string | undefined = unit;
  while (current !== undefined) {
    const known = slow.find(current);
    const ended = known?.until !== undefined && known.until <= at ? known.until - 1 : at;
    const alive = known?.from !== undefined && known.from > ended ? known.from : ended;
    current = slow.parent(chain, current, alive);
    if (current !== undefined) above.push(current);
  }
  const root = slow.root(chain, at);
  if (root !== undefined && root !== (above.at(-1) ?? unit)) above.push(root);
  const handling = above.flatMap((where) => {
    const level = slow.find(where)?.level;
    const handler = POSTS.find((p) => p.handles && p.chain === chain && p.level === level);
    return handler === undefined ? [] : withDeputies(handler.id, where, "above");
  });
  const top = above.at(-1) ?? unit;
  const last = POSTS.find(
    (p) => p.lastResort && p.chain === chain && p.level === slow.find(top)?.level,
  );
  return [
    ...withDeputies(asked, unit, undefined),
    ...handling,
    ...(last === undefined ? [] : withDeputies(last.id, top, "lastResort")),
  ];
};
