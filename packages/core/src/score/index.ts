/** Score: cards as a pure function of the journal. */
export * from "./score.ts";
export { keepScored, reportedPlace, scoredInstants, settledPlaces } from "./kept.ts";
export type { SettledPlace } from "./kept.ts";
export { RECHECK_DAYS } from "./lives.ts";
