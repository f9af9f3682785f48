/** Generators, laws, contract suites and saboteurs for Linli hosts and adapters. */
export * from "./arbitraries/index.ts";
export * from "./faults/index.ts";
export * from "./history/index.ts";
export * from "./storage/index.ts";
export * from "./trust/index.ts";
