/**
 * A validated directory: the data sorted by time, and found by seat, by person
 * and by area. The order it was written in leaves no trace.
 */
import type { Hierarchy } from "../hierarchy/index.ts";
import type {
  Appointment,
  DirectoryInput,
  DutyShift,
  Leave,
  Organisation,
  PostDef,
} from "./Model.ts";

/** Immutable; shared freely. Ask it through the functions of `index.ts`. */
export interface Directory {
  readonly version: string;
  readonly hierarchy: Hierarchy;
  /** By id. */
  readonly posts: ReadonlyMap<string, PostDef>;
  /** Of this room only. */
  readonly tables: DirectoryTables;
}

export interface DirectoryTables {
  /** By chain and level: the accountable post, and the post of last resort. */
  readonly handling: ReadonlyMap<string, PostDef>;
  readonly lastResort: ReadonlyMap<string, PostDef>;
  /** By post, then by unit, by (from, id). */
  readonly holders: ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Appointment>>>;
  /** By post and unit, by (from, id). */
  readonly shifts: ReadonlyMap<string, ReadonlyArray<DutyShift>>;
  /** By person, by (from, id). */
  readonly appointments: ReadonlyMap<string, ReadonlyArray<Appointment>>;
  readonly leaves: ReadonlyMap<string, ReadonlyArray<Leave>>;
  /** By id, and by unit of a service area. */
  readonly organisations: ReadonlyMap<string, Organisation>;
  readonly serving: ReadonlyMap<string, ReadonlyArray<Organisation>>;
}

/** Key of a pair of ids, which hold no `/`. */
export const pairOf = (first: string, second: string): string => `${first}/${second}`;

/** Whether something dated holds at an instant: from its first instant until just before its end. */
export const holdsAt = (
  dated: { readonly from?: number; readonly until?: number },
  at: number,
): boolean => {
  const { from, until } = dated;
  return (from === undefined || from <= at) && (until === undefined || at < until);
};

/** Lays out data that was checked. */
export const layDirectory = (
  input: DirectoryInput,
  posts: ReadonlyArray<PostDef>,
  hierarchy: Hierarchy,
): Directory => {
  const appointments = [...input.appointments].sort(byTime);
  const shifts = [...input.shifts].sort(byTime);
  const leaves = [...input.leaves].sort(byTime);
  const organisations = [...input.organisations].sort(byId);
  const areas = organisations.flatMap((organisation) =>
    [...new Set(organisation.serviceAreas)].map((unit) => ({ unit, organisation })),
  );
  const serving = new Map<string, ReadonlyArray<Organisation>>();
  for (const [unit, list] of groupBy(areas, (area) => area.unit)) {
    serving.set(
      unit,
      list.map((area) => area.organisation),
    );
  }
  return {
    version: input.version,
    hierarchy,
    posts: new Map(posts.map((post) => [post.id, post])),
    tables: {
      handling: firstByLevel(posts.filter((post) => post.handles === true)),
      lastResort: firstByLevel(posts.filter((post) => post.lastResort === true)),
      holders: new Map(
        [...groupBy(appointments, (held) => held.post)].map(([post, held]) => [
          post,
          groupBy(held, ({ unit }) => unit),
        ]),
      ),
      shifts: groupBy(shifts, (shift) => pairOf(shift.post, shift.unit)),
      appointments: groupBy(appointments, (held) => held.person),
      leaves: groupBy(leaves, (leave) => leave.person),
      organisations: new Map(organisations.map((organisation) => [organisation.id, organisation])),
      serving,
    },
  };
};

const byTime = (
  a: { readonly from: number; readonly id: string },
  b: { readonly from: number; readonly id: string },
): number => a.from - b.from || byId(a, b);

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

const firstByLevel = (posts: ReadonlyArray<PostDef>): ReadonlyMap<string, PostDef> => {
  const found = new Map<string, PostDef>();
  for (const post of posts) {
    const key = pairOf(post.chain, post.level);
    if (!found.has(key)) found.set(key, post);
  }
  return found;
};

const groupBy = <A>(
  items: ReadonlyArray<A>,
  keyOf: (item: A) => string,
): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};
