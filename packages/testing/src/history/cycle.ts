/** One cycle of a directed graph, found in time linear in its nodes and edges. */

/** Edges by their first node; nodes are 0 to `edges.length - 1`. */
export type Edges = ReadonlyArray<ReadonlyArray<number>>;

/** Nodes of a short cycle in order, or null when there is none. */
export const findCycle = (edges: Edges): ReadonlyArray<number> | null => {
  const inside = stuck(edges);
  const start = inside.findIndex(Boolean);
  return start < 0 ? null : shortestThrough(edges, inside, anyOnCycle(edges, inside, start));
};

/** Takes away nodes without predecessors until none is left; who stays is behind a cycle. */
const stuck = (edges: Edges): ReadonlyArray<boolean> => {
  const entering = edges.map(() => 0);
  for (const targets of edges) for (const to of targets) entering[to] = (entering[to] ?? 0) + 1;
  const free: Array<number> = [];
  for (const [node, count] of entering.entries()) if (count === 0) free.push(node);
  const inside = edges.map(() => true);
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    inside[node] = false;
    for (const to of edges[node] ?? []) {
      const left = (entering[to] ?? 0) - 1;
      entering[to] = left;
      if (left === 0) free.push(to);
    }
  }
  return inside;
};

/** Goes backwards inside what is stuck until a node comes again: every such node has a predecessor. */
const anyOnCycle = (edges: Edges, inside: ReadonlyArray<boolean>, start: number): number => {
  const before = new Map<number, number>();
  for (const [from, targets] of edges.entries()) {
    if (inside[from] === true) for (const to of targets) before.set(to, from);
  }
  const seen = new Set<number>();
  let node = start;
  while (!seen.has(node)) {
    seen.add(node);
    node = before.get(node) ?? node;
  }
  return node;
};

const shortestThrough = (
  edges: Edges,
  inside: ReadonlyArray<boolean>,
  start: number,
): ReadonlyArray<number> => {
  const from = new Map<number, number>();
  const queue = [start];
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at] ?? start;
    for (const to of edges[node] ?? []) {
      if (to === start) return pathTo(from, start, node);
      if (inside[to] !== true || from.has(to)) continue;
      from.set(to, node);
      queue.push(to);
    }
  }
  return [start];
};

const pathTo = (
  from: ReadonlyMap<number, number>,
  start: number,
  end: number,
): ReadonlyArray<number> => {
  const path: Array<number> = [];
  for (let node = end; node !== start; node = from.get(node) ?? start) path.push(node);
  return [start, ...path.reverse()];
};
