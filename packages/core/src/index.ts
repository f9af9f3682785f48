/**
 * Linli 邻里: grassroots governance by building chiefs, as data and pure functions.
 *
 * This entry holds what places, people and rules are, and what they decide. The life
 * of an issue and everything around it have entries of their own: `/issue`,
 * `/climbing`, `/sight`, `/score`, `/journal`, `/ports`, `/services`, `/promise`.
 */
export * from "./data/index.ts";
export * from "./time/index.ts";
export * from "./hierarchy/index.ts";
export * from "./directory/index.ts";
export * from "./charter/index.ts";
export * from "./routing/index.ts";
