/**
 * Who holds what, who stands in, and who serves an area, each at an instant.
 * All are total: what is unknown gives an empty list or `undefined`.
 */
import { ancestorsOf, levelOf } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import { type Directory, holdsAt } from "./Directory.ts";
import type { Appointment, DutyShift, Leave, Organisation, OrganisationKind } from "./Model.ts";

/** A post somebody holds. */
export interface HeldPost {
  readonly post: string;
  readonly unit: string;
  /** Id of the appointment. */
  readonly appointment: string;
}

/** The appointments to a post at a unit, by (from, id); none once the unit has ended. */
export const holdersOf = (
  d: Directory,
  post: string,
  unit: string,
  at: Instant,
): ReadonlyArray<Appointment> => {
  const held = d.tables.holders.get(post)?.get(unit);
  if (held === undefined || levelOf(d.hierarchy, unit, at) === undefined) return [];
  return held.filter((appointment) => holdsAt(appointment, at));
};

/** Whether a person is one of the {@link holdersOf} a post at a unit. */
export const holdsPost = (
  d: Directory,
  person: string,
  seat: { readonly post: string; readonly unit: string },
  at: Instant,
): boolean => {
  for (const held of d.tables.holders.get(seat.post)?.get(seat.unit) ?? NONE) {
    if (held.person !== person || !holdsAt(held, at)) continue;
    return levelOf(d.hierarchy, seat.unit, at) !== undefined;
  }
  return false;
};

/** The posts a person holds, on leave or not, by (from, id). */
export const postsOf = (d: Directory, person: string, at: Instant): ReadonlyArray<HeldPost> => {
  const posts: Array<HeldPost> = [];
  for (const held of d.tables.appointments.get(person) ?? NONE) {
    if (!holdsAt(held, at) || levelOf(d.hierarchy, held.unit, at) === undefined) continue;
    posts.push({ post: held.post, unit: held.unit, appointment: held.id });
  }
  return posts;
};

/** Everything a directory says of one person, of all dates. */
export interface ListedPerson {
  readonly appointments: ReadonlyArray<Appointment>;
  /** Their own, and those of others in which they stand in. */
  readonly leaves: ReadonlyArray<Leave>;
  readonly shifts: ReadonlyArray<DutyShift>;
  /** Ids of organisations they speak for. */
  readonly organisations: ReadonlyArray<string>;
}

/** What stands in the directory about a person: what they held, hold and will hold. */
export const listedOf = (d: Directory, person: string): ListedPerson => {
  const { appointments, leaves, organisations, shifts } = d.tables;
  return {
    appointments: appointments.get(person) ?? [],
    leaves: [...leaves.values()]
      .flat()
      .filter((leave) => leave.person === person || leave.delegate === person),
    shifts: [...shifts.values()].flat().filter((shift) => shift.person === person),
    organisations: [...organisations.values()].flatMap(({ id, members }) =>
      members?.includes(person) === true ? [id] : [],
    ),
  };
};

/** Whether a person is on leave. */
export const isAway = (d: Directory, person: string, at: Instant): boolean => {
  if (d.tables.leaves.size === 0) return false;
  return d.tables.leaves.get(person)?.some((leave) => holdsAt(leave, at)) === true;
};

/**
 * The person, or whoever stands in for them while they are on leave; `undefined`
 * when nobody does.
 */
export const reachable = (d: Directory, person: string, at: Instant): string | undefined =>
  isAway(d, person, at) ? standInOf(d, person, at, NOBODY) : person;

/**
 * The delegate of a person on leave; a delegate on leave is followed to their
 * own. Each person is asked once, so circles end. An excluded person neither
 * stands in nor chooses who does.
 */
export const standInOf = (
  d: Directory,
  person: string,
  at: Instant,
  exclude: ReadonlySet<string>,
): string | undefined => {
  const seen = new Set<string>();
  const pending = [person];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next) || exclude.has(next)) continue;
    seen.add(next);
    const leaves = (d.tables.leaves.get(next) ?? []).filter((leave) => holdsAt(leave, at));
    if (leaves.length === 0) return next;
    for (const leave of leaves.toReversed()) {
      if (leave.delegate !== undefined) pending.push(leave.delegate);
    }
  }
  return undefined;
};

/** The organisation with this id, whatever its dates. */
export const organisationOf = (d: Directory, id: string): Organisation | undefined =>
  d.tables.organisations.get(id);

/**
 * The organisations that serve a unit: one of their areas is the unit or stands
 * above it in any chain. The smallest area first, then by id.
 */
export const organisationsFor = (
  d: Directory,
  request: {
    readonly unit: string;
    readonly at: Instant;
    readonly kind?: OrganisationKind;
    /** Those that take this category, or all categories. */
    readonly category?: string;
  },
): ReadonlyArray<Organisation> => {
  const { unit, at, kind, category } = request;
  const areas = new Map<string, number>();
  for (const chain of d.hierarchy.chains) {
    for (const area of ancestorsOf(d.hierarchy, chain.id, unit, at)) {
      areas.set(area, levelOf(d.hierarchy, area)?.rank ?? 0);
    }
  }
  const found = new Map<Organisation, number>();
  for (const [area, rank] of areas) {
    for (const organisation of d.tables.serving.get(area) ?? []) {
      if (!holdsAt(organisation, at) || (kind !== undefined && organisation.kind !== kind))
        continue;
      const { categories } = organisation;
      if (category !== undefined && categories !== undefined && !categories.includes(category)) {
        continue;
      }
      found.set(organisation, Math.min(rank, found.get(organisation) ?? Infinity));
    }
  }
  return [...found]
    .sort(([a, rankA], [b, rankB]) => rankA - rankB || (a.id < b.id ? -1 : 1))
    .map(([organisation]) => organisation);
};

const NOBODY: ReadonlySet<string> = new Set();
const NONE: ReadonlyArray<Appointment> = [];
