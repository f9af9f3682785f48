/** Climbing: due rungs, clusters, and performing a command with the rungs before it. */
export * from "./advance.ts";
export * from "./cluster.ts";
export * from "./perform.ts";
export * from "./recompute.ts";
