/** Generators for fast-check. */
export * from "./text.ts";
