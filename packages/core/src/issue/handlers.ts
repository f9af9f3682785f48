/**
 * Finding the accountable handler: one always, and never somebody the issue concerns.
 */
import { accountable, holdersOf, organisationOf } from "../directory/index.ts";
import { ancestorsOf, firstAbove, heirOf, levelOf, lifeOf, rootOf } from "../hierarchy/index.ts";
import type { Level } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import type { World } from "./Context.ts";
import type { PassedOver } from "./Event.ts";
import type { Assignee, IssueState, Subject } from "./State.ts";

/** A post at a unit, before anybody was asked who holds it. */
export interface Stand {
  readonly post: string;
  readonly unit: string;
  readonly level: string;
}

/** A handler with who was passed over on the way. */
export interface Appointed {
  readonly handler: Assignee;
  readonly passed: ReadonlyArray<PassedOver>;
}

/**
 * The lowest stand at or above a unit on a chain whose level is accepted; null when
 * there is none (the unit is not in the chain, or everything was refused).
 */
export const standAt = (
  world: World,
  place: { readonly chain: string; readonly unit: string; readonly at: Instant },
  accepts: (level: string, rank: number) => boolean,
): Stand | null => {
  const { charter, hierarchy } = world;
  const { chain, at } = place;
  const standOn = (unit: string, level: Level): Stand | undefined => {
    const post = accepts(level.id, level.rank) ? charter.handlerPost(chain, level.id) : undefined;
    return post === undefined ? undefined : { post: post.id, unit, level: level.id };
  };
  const living = firstAbove(hierarchy, place, standOn);
  if (living !== undefined) return living;
  for (const unit of pathOfEnded(world, place)) {
    const level = levelOf(hierarchy, unit, at);
    const stand = level === undefined ? undefined : standOn(unit, level);
    if (stand !== undefined) return stand;
  }
  return null;
};

/**
 * The unit and those above it on a chain. A unit that has ended is left to its one living
 * successor, or through the parents it had last, so that an issue at a building that was
 * pulled down still climbs.
 */
export const pathAbove = (
  world: World,
  place: { readonly chain: string; readonly unit: string; readonly at: Instant },
): ReadonlyArray<string> => {
  const path = ancestorsOf(world.hierarchy, place.chain, place.unit, place.at);
  return path.length > 0 ? path : pathOfEnded(world, place);
};

/** The rank of a unit, whatever its dates; 0 when it is unknown. */
export const rankOf = (world: World, unit: string): number =>
  levelOf(world.hierarchy, unit)?.rank ?? 0;

/** Who answers for a stand at an instant; climbs past vacancies and excluded persons. */
export const appoint = (
  world: World,
  stand: Stand,
  at: Instant,
  exclude: ReadonlySet<string>,
): Appointed => {
  const found = accountable(world.directory, { post: stand.post, unit: stand.unit, at, exclude });
  const level =
    found.unit === stand.unit
      ? stand.level
      : (levelOf(world.hierarchy, found.unit, at)?.id ?? stand.level);
  return {
    handler: { post: found.post, unit: found.unit, level, person: found.person, via: found.via },
    passed: found.passed,
  };
};

/** The desk for issues whose place is unknown: the charter's triage post at the first chain's root. */
export const triageDesk = (world: World, at: Instant, exclude: ReadonlySet<string>): Appointed => {
  const chain = mainChain(world);
  const root = rootOf(world.hierarchy, chain, at) ?? "";
  const level = levelOf(world.hierarchy, root, at)?.id ?? "";
  const { handler, passed } = appoint(
    world,
    { post: world.charter.document.triage, unit: root, level },
    at,
    exclude,
  );
  return { handler: { ...handler, via: "triage" }, passed };
};

/** The charter's first chain: the one issues climb when nothing else is said. */
export const mainChain = (world: World): string => world.charter.document.chains[0]?.id ?? "";

/** Persons an issue concerns at an instant: by name, post or organisation, now or when it was reported. */
export const barredFrom = (world: World, state: IssueState, at: Instant): ReadonlySet<string> =>
  concernedPersons(world, state.about, at, state.reportedAt);

/**
 * Persons concerned: named, of an organisation named, or holding a post named, at `at`
 * or at `since`. Whoever held the post when it was complained of stays concerned after leaving it.
 */
export const concernedPersons = (
  world: World,
  about: ReadonlyArray<Subject>,
  at: Instant,
  since: Instant = at,
): ReadonlySet<string> => {
  if (about.length === 0) return NOBODY;
  const persons = new Set<string>();
  for (const subject of about) {
    if ("person" in subject) persons.add(subject.person);
    else if ("organisation" in subject) {
      for (const member of organisationOf(world.directory, subject.organisation)?.members ?? []) {
        persons.add(member);
      }
    } else {
      for (const instant of since === at ? [at] : [at, since]) {
        for (const held of holdersOf(world.directory, subject.post, subject.unit, instant)) {
          persons.add(held.person);
        }
      }
    }
  }
  return persons;
};

/** The union of two sets of persons, without copying when one is empty. */
export const allOf = (a: ReadonlySet<string>, b: ReadonlyArray<string>): ReadonlySet<string> =>
  b.length === 0 ? a : new Set([...a, ...b]);

const NOBODY: ReadonlySet<string> = new Set();

const pathOfEnded = (
  world: World,
  place: { readonly chain: string; readonly unit: string; readonly at: Instant },
): ReadonlyArray<string> => {
  const { hierarchy } = world;
  const { chain, unit, at } = place;
  const until = lifeOf(hierarchy, unit)?.until ?? Infinity;
  if (until > at) return [];
  const heir = heirOf(hierarchy, unit, at);
  if (heir !== undefined) return ancestorsOf(hierarchy, chain, heir, at);
  return ancestorsOf(hierarchy, chain, unit, until - 1).filter(
    (id) => levelOf(hierarchy, id, at) !== undefined,
  );
};
