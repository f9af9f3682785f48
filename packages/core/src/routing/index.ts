/** Routing: which course an issue takes, who handles it, and why. */
export type { Decision, Course } from "../charter/index.ts";
export * from "./Facts.ts";
export * from "./Route.ts";
export * from "./Locate.ts";
export * from "./Explain.ts";
export * from "./Aggravate.ts";
