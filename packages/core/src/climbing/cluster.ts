/** Many reports of one thing in one place: the newest rises at once (domain default B15). */
import type { Cluster } from "../charter/index.ts";
import { ancestorsOf, levelOf } from "../hierarchy/index.ts";
import { clocksAfterRise, rankOf, rungAbove } from "../issue/index.ts";
import type { Context, IssueEvent, IssueState, World } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";

/** A question for the store: how many reports of a category since an instant in a subtree. */
export interface ClusterQuestion {
  readonly cluster: Cluster;
  readonly unit: string;
  readonly since: Instant;
}

const DAY = 86_400_000;

/** The clusters an issue counts towards, with what must be counted for each. */
export const clusterQuestions = (
  world: Pick<World, "charter" | "hierarchy">,
  state: IssueState,
  now: Instant,
): ReadonlyArray<ClusterQuestion> => {
  const { unit } = state;
  const path = world.charter.category(state.category)?.path ?? [];
  if (unit === null) return [];
  return (world.charter.document.ladder.clusters ?? []).flatMap((cluster) => {
    if (!path.includes(cluster.category)) return [];
    const within = ancestorsOf(world.hierarchy, state.routed.chain, unit, now).find(
      (id) => levelOf(world.hierarchy, id, now)?.id === cluster.within,
    );
    return within === undefined ? [] : [{ cluster, unit: within, since: now - cluster.days * DAY }];
  });
};

/** Raises a new issue when a cluster it belongs to is full; undefined otherwise. */
export const raiseByCluster = (context: Context, state: IssueState): IssueEvent | undefined => {
  for (const cluster of context.charter.document.ladder.clusters ?? []) {
    const count = context.clusters.get(cluster.id) ?? 0;
    if (count < cluster.reports || isThere(context, state, cluster)) continue;
    const above = rungAbove(context, state, { at: context.now, toLevel: cluster.toLevel });
    if (above === null) continue;
    return {
      type: "ClusterRaised",
      at: context.now,
      cluster: cluster.id,
      count,
      from: state.handler,
      ...above,
      ...clocksAfterRise(context, state, { at: context.now, set: state.routed.clocks }),
    };
  }
  return undefined;
};

// What routing gave to the named level or above it at once has nowhere to rise to.
const isThere = (world: World, state: IssueState, cluster: Cluster): boolean =>
  cluster.toLevel !== undefined &&
  rankOf(world, state.handler.unit) >= (world.charter.levels.get(cluster.toLevel)?.rank ?? 0);
