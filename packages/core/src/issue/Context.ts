/**
 * What a decision is taken on: everything is an argument.
 *
 * There is no clock, no random source and no store in this room; the same context,
 * state and command give the same events on any machine.
 */
import type { Charter } from "../charter/index.ts";
import type { Directory } from "../directory/index.ts";
import type { Hierarchy } from "../hierarchy/index.ts";
import type { Instant } from "../time/index.ts";
import type { ContentRef, IssueState } from "./State.ts";

/** Who gives a command, as the host has authenticated them. */
export interface Actor {
  /** Opaque person id; null for somebody unknown. */
  readonly person: string | null;
  /** Hash of the receipt code they showed, if any. */
  readonly receipt?: string | null;
  /** The official system that speaks, if any. */
  readonly source?: string | null;
  /** The embedding host itself: imports and jobs, never a screen. */
  readonly host?: boolean;
}

/** The rules and the world at the instant of the decision. */
export interface World {
  readonly charter: Charter;
  readonly hierarchy: Hierarchy;
  readonly directory: Directory;
}

/** A decision's whole input besides state and command. */
export interface Context extends World {
  readonly now: Instant;
  readonly actor: Actor;
  /** Id a new issue will have; ignored otherwise. */
  readonly issueId: string;
  /** Receipt hash a new issue will answer to; null when none was made. */
  readonly receipt: string | null;
  /** References of the texts and files this command brought. */
  readonly content: ReadonlyArray<ContentRef>;
  /** The words it brought, for finding category and place; never kept. */
  readonly words: string | null;
  /** The other issue of a merge; null when it does not exist. */
  readonly other: IssueState | null;
  /** For each cluster of the ladder: recent reports of its category in its subtree, this one included. */
  readonly clusters: ReadonlyMap<string, number>;
}

/** A context with nothing but the world, an instant and an actor. */
export const contextOf = (
  world: World,
  now: Instant,
  actor: Actor,
  rest: Partial<Omit<Context, keyof World | "now" | "actor">> = {},
): Context => ({
  charter: world.charter,
  hierarchy: world.hierarchy,
  directory: world.directory,
  now,
  actor,
  issueId: rest.issueId ?? "",
  receipt: rest.receipt ?? null,
  content: rest.content ?? NOTHING,
  words: rest.words ?? null,
  other: rest.other ?? null,
  clusters: rest.clusters ?? NO_CLUSTERS,
});

const NOTHING: ReadonlyArray<ContentRef> = [];
const NO_CLUSTERS: ReadonlyMap<string, number> = new Map();
