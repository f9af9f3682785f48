/** Generators for fast-check. */
export * from "./text.ts";
export * from "./domain.ts";
export * from "./domainCharter.ts";
export * from "./domainCommands.ts";
export * from "./domainLives.ts";
export * from "./domainSteps.ts";
