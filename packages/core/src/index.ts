/**
 * Linli 邻里: grassroots governance by building chiefs, as data and pure functions.
 *
 * The rooms, each also at its own subpath, from left to right; the services and
 * the promise door are at `@linli/core/services` and `@linli/core/promise`.
 */
export * from "./data/index.ts";
export * from "./time/index.ts";
export * from "./hierarchy/index.ts";
export * from "./directory/index.ts";
export * from "./charter/index.ts";
export * from "./routing/index.ts";
export * from "./issue/index.ts";
export * from "./climbing/index.ts";
export * from "./sight/index.ts";
export * from "./score/index.ts";
export * from "./journal/index.ts";
export * from "./ports/index.ts";
