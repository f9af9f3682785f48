/**
 * One accountable person always: who answers for a post at a unit at an instant.
 *
 * Asked in this order: the holders who are there; the delegates of those on
 * leave; the duty roster; the deputy posts, each in the same way; then the
 * accountable posts up the chain; at its root, the post of last resort.
 * Somebody on leave or excluded is never the answer. When even the post of last
 * resort is vacant, the answer still names that post and unit, with no person.
 */
import { heirOf, levelOf, lifeOf, parentOf, rootOf, rootsOf } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import { type Directory, holdsAt, pairOf } from "./Directory.ts";
import type { Appointment, PostDef } from "./Model.ts";
import { holdersOf, isAway, standInOf } from "./Query.ts";

/** How the accountable person came to it. */
export type AccountableVia = "holder" | "delegate" | "duty" | "deputy" | "above" | "lastResort";

/** A post at a unit whose holder does not answer, and why. */
export interface PassedSeat {
  readonly post: string;
  readonly unit: string;
  /** Nobody holds it, who holds it is on leave, or everybody who holds it is excluded. */
  readonly why: "vacant" | "absent" | "excluded";
}

/** Who answers. */
export interface Accountable {
  readonly post: string;
  readonly unit: string;
  /** `null` only when even the post of last resort is vacant. */
  readonly person: string | null;
  readonly via: AccountableVia;
  /** Seats whose holders were passed over, in the order asked. */
  readonly passed: ReadonlyArray<PassedSeat>;
  /** Id of the appointment relied on: the holder's, or that of whom the delegate stands in for. */
  readonly appointment?: string;
  /** Id of the duty shift relied on. */
  readonly shift?: string;
}

/** What is asked. */
export interface AccountableRequest {
  readonly post: string;
  readonly unit: string;
  readonly at: Instant;
  /** Persons passed over: a conflict of interest, or already tried. */
  readonly exclude?: ReadonlySet<string>;
}

/**
 * Who answers for a post at a unit. Total: an unknown post or unit is a vacant seat.
 * A unit that has ended is answered for by its one living successor; with none or
 * several it is a vacant seat, climbed from through the parent it had last.
 */
export const accountable = (d: Directory, request: AccountableRequest): Accountable => {
  const { post, at, exclude = NOBODY } = request;
  const unit = heirOf(d.hierarchy, request.unit, at) ?? request.unit;
  const present = presentHolder(d, { post, unit, at }, exclude);
  if (present !== undefined) {
    const { person, id } = present;
    return { post, unit, person, via: "holder", passed: NO_SEATS, appointment: id };
  }
  const search: Search = {
    d,
    at,
    exclude,
    passed: [],
    tried: new Set(),
  };
  const own = fillWithDeputies(search, post, unit);
  if (own !== undefined) return answer(search, own, own.via);
  const chain = d.posts.get(post)?.chain ?? d.hierarchy.chains[0]?.id ?? "";
  const path = climb(d, chain, unit, at);
  for (const above of path.slice(1)) {
    const handling = postAt(d, d.tables.handling, chain, above);
    const found = handling && fillWithDeputies(search, handling.id, above);
    if (found !== undefined) return answer(search, found, "above");
  }
  const root = path.at(-1) ?? unit;
  const last = postAt(d, d.tables.lastResort, chain, root)?.id ?? post;
  const found = fillWithDeputies(search, last, root);
  if (found !== undefined) return answer(search, found, "lastResort");
  return { post: last, unit: root, person: null, via: "lastResort", passed: search.passed };
};

interface Search {
  readonly d: Directory;
  readonly at: Instant;
  readonly exclude: ReadonlySet<string>;
  readonly passed: Array<PassedSeat>;
  /** Seats already asked: none is asked, or noted, twice. */
  readonly tried: Set<string>;
}

interface Filled {
  readonly post: string;
  readonly unit: string;
  readonly person: string;
  readonly via: "holder" | "delegate" | "duty" | "deputy";
  readonly relied: { readonly appointment: string } | { readonly shift: string };
}

const NOBODY: ReadonlySet<string> = new Set();
const NO_SEATS: ReadonlyArray<PassedSeat> = [];

// Nearly always a holder is there, and then nothing of a search is needed.
const presentHolder = (
  d: Directory,
  { post, unit, at }: AccountableRequest,
  exclude: ReadonlySet<string>,
): Appointment | undefined => {
  if (levelOf(d.hierarchy, unit, at) === undefined) return undefined;
  return d.tables.holders
    .get(post)
    ?.get(unit)
    ?.find((held) => holdsAt(held, at) && !exclude.has(held.person) && !isAway(d, held.person, at));
};

const answer = (search: Search, filled: Filled, via: AccountableVia): Accountable => ({
  post: filled.post,
  unit: filled.unit,
  person: filled.person,
  via,
  passed: search.passed,
  ...filled.relied,
});

const fillWithDeputies = (search: Search, post: string, unit: string): Filled | undefined => {
  const own = fill(search, post, unit);
  if (own !== undefined) return own;
  for (const deputy of search.d.posts.get(post)?.deputies ?? []) {
    const found = fill(search, deputy, unit);
    if (found !== undefined) return { ...found, via: "deputy" };
  }
  return undefined;
};

const fill = (search: Search, post: string, unit: string): Filled | undefined => {
  const { d, at, exclude, passed, tried } = search;
  const seat = pairOf(post, unit);
  if (tried.has(seat)) return undefined;
  tried.add(seat);
  const present = presentHolder(d, { post, unit, at }, exclude);
  if (present !== undefined) {
    const relied = { appointment: present.id };
    return { post, unit, person: present.person, via: "holder", relied };
  }
  const holders = holdersOf(d, post, unit, at);
  const allowed = holders.filter((held) => !exclude.has(held.person));
  const why = holders.length === 0 ? "vacant" : allowed.length === 0 ? "excluded" : "absent";
  passed.push({ post, unit, why });
  for (const held of allowed) {
    const person = standInOf(d, held.person, at, exclude);
    if (person !== undefined) {
      return { post, unit, person, via: "delegate", relied: { appointment: held.id } };
    }
  }
  if (levelOf(d.hierarchy, unit, at) === undefined) return undefined;
  const shift = (d.tables.shifts.get(seat) ?? []).find(
    (duty) => holdsAt(duty, at) && !exclude.has(duty.person) && !isAway(d, duty.person, at),
  );
  if (shift === undefined) return undefined;
  return { post, unit, person: shift.person, via: "duty", relied: { shift: shift.id } };
};

const postAt = (
  d: Directory,
  posts: ReadonlyMap<string, PostDef>,
  chain: string,
  unit: string,
): PostDef | undefined => {
  const level = levelOf(d.hierarchy, unit)?.id;
  return level === undefined ? undefined : posts.get(pairOf(chain, level));
};

// The unit and those above it, ending at the root living at `at`. A unit that is not alive
// then is left through the parent it had when it was; ranks rise, so the walk ends.
const climb = (d: Directory, chain: string, unit: string, at: Instant): ReadonlyArray<string> => {
  const path: Array<string> = [];
  for (let next: string | undefined = unit; next !== undefined;) {
    path.push(next);
    const life = lifeOf(d.hierarchy, next);
    const alive = Math.min(Math.max(at, life?.from ?? at), (life?.until ?? Infinity) - 1);
    next = parentOf(d.hierarchy, chain, next, alive);
  }
  const roots = rootsOf(d.hierarchy).filter((root) => root.chain === chain);
  const top = path.at(-1);
  const ended = roots.find((root) => root.unit === top) ?? roots[0];
  const root = rootOf(d.hierarchy, chain, at) ?? ended?.unit;
  if (root !== undefined && root !== top) path.push(root);
  return path;
};
