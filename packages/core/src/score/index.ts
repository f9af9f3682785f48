/** Score: cards as a pure function of the journal. */
export * from "./score.ts";
