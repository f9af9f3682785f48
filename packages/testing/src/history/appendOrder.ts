/**
 * The order of a whole append history as a graph: versions, who saw which, and what
 * had ended before what began. A right storage leaves it without a cycle.
 */
import type { AppendAnomaly, AppendHistory } from "./AppendHistory.ts";
import { findCycle } from "./cycle.ts";

/** The anomaly of one cycle, if there is one; the journal must be sound. */
export const orderFaults = ({ operations, logs }: AppendHistory): ReadonlyArray<AppendAnomaly> => {
  const graph: Graph = { nodes: [], edges: [] };
  const writes = new Map<string, number>();
  const inJournal = new Set<string>();
  for (const log of logs.values()) for (const id of log) inJournal.add(id);
  const spans: Array<Span> = [];
  const during = (node: number, start: number, end: number | null) =>
    spans.push({ node, start, end });
  const place = (part: Node["part"], id: string, subject: string) =>
    addNode(graph, { part, id, subject });

  for (const one of operations) {
    if (one.kind !== "commit" || !inJournal.has(one.id)) continue;
    const node = place("write", one.id, one.writes[0]?.subject ?? "");
    writes.set(one.id, node);
    during(node, one.start, one.end);
  }
  const writerOf = (subject: string, version: number) =>
    writes.get(logs.get(subject)?.[version - 1] ?? "");
  // Between the writer of a version and the writer of the next, or the end of the history.
  const within = (node: number, subject: string, version: number) => {
    const [before, after] = [writerOf(subject, version), writerOf(subject, version + 1)];
    if (before !== undefined) graph.edges[before]?.push(node);
    if (after !== undefined) graph.edges[node]?.push(after);
  };
  for (const [subject, log] of logs) {
    for (const [index, id] of log.entries()) {
      const [from, to] = [writes.get(id), writerOf(subject, index + 2)];
      if (from !== undefined && to !== undefined) graph.edges[from]?.push(to);
    }
  }
  for (const one of operations) {
    if (one.kind === "read") {
      const node = place("read", one.id, one.subject);
      during(node, one.start, one.end);
      within(node, one.subject, one.version);
      continue;
    }
    for (const { subject, actual } of one.conflicts) {
      const node = place("conflict", one.id, subject);
      during(node, one.start, one.end);
      within(node, subject, actual);
    }
    const own = writes.get(one.id);
    if (own === undefined) continue;
    for (const { subject, version } of one.guards) {
      // A node of its own, bound both ways to the commit, would be a cycle: it stands in between.
      const node = place("guard", one.id, subject);
      const [before, after] = [writerOf(subject, version), writerOf(subject, version + 1)];
      if (before !== undefined && before !== own) link(graph, [before, node, own]);
      if (after !== undefined && after !== own) {
        const behind = place("guard", one.id, subject);
        link(graph, [own, behind, after]);
      }
      if (version > (logs.get(subject)?.length ?? 0)) link(graph, [own, node, own]);
    }
  }
  addTime(graph, spans);
  const cycle = findCycle(graph.edges);
  return cycle === null ? [] : [anomalyOf(cycle.map((node) => graph.nodes[node]))];
};

const addNode = (graph: Graph, node: Node): number => {
  graph.edges.push([]);
  return graph.nodes.push(node) - 1;
};

const link = ({ edges }: Graph, path: ReadonlyArray<number>) => {
  for (const [index, node] of path.slice(1).entries()) edges[path[index] ?? node]?.push(node);
};

interface Span {
  readonly node: number;
  readonly start: number;
  readonly end: number | null;
}

/**
 * What had ended before something began comes before it. A chain of one node for each
 * end says so with few edges: an operation leads to its end, and begins after the last
 * end that was before its start.
 */
const addTime = (graph: Graph, spans: ReadonlyArray<Span>) => {
  const ended = spans.filter((one): one is Span & { readonly end: number } => one.end !== null);
  ended.sort((a, b) => a.end - b.end);
  const started = [...spans].sort((a, b) => a.start - b.start);
  let last: number | null = null;
  let next = 0;
  for (const { node, start } of started) {
    for (let span = ended[next]; span !== undefined && span.end < start; span = ended[next]) {
      const instant = addNode(graph, { part: "time", id: "", subject: "" });
      graph.edges[span.node]?.push(instant);
      if (last !== null) graph.edges[last]?.push(instant);
      last = instant;
      next += 1;
    }
    if (last !== null) graph.edges[last]?.push(node);
  }
};

const KIND_OF_PART = [
  ["guard", "ignored-guard"],
  ["conflict", "phantom-conflict"],
  ["read", "stale-read"],
] as const;

const anomalyOf = (cycle: ReadonlyArray<Node | undefined>): AppendAnomaly => {
  const nodes = cycle.filter((node): node is Node => node !== undefined && node.part !== "time");
  const ids = [...new Set(nodes.map((node) => node.id))];
  const detail = `no order fits: ${ids.join(" before ")} before ${ids[0] ?? ""}`;
  for (const [part, kind] of KIND_OF_PART) {
    const node = nodes.find((one) => one.part === part);
    if (node !== undefined) return { kind, subject: node.subject, operations: ids, detail };
  }
  const subject = nodes[0]?.subject ?? "";
  return { kind: "swapped-order", subject, operations: ids, detail };
};

/** A node of the graph: who, about which subject, in which part. */
interface Node {
  readonly part: "write" | "read" | "conflict" | "guard" | "time";
  readonly id: string;
  readonly subject: string;
}

interface Graph {
  readonly nodes: Array<Node>;
  readonly edges: Array<Array<number>>;
}
