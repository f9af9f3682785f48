/** Generators for fast-check. */
export * from "./text.ts";
export * from "./domain.ts";
export * from "./domainCommands.ts";
