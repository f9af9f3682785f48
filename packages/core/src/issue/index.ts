/** The life of an issue: commands, events, the decider and what an actor may do now. */
export * from "./actions.ts";
export * from "./clocks.ts";
export * from "./Command.ts";
export * from "./Context.ts";
export { decide, objectionTo, allowedCommands } from "./decide.ts";
export { absorb } from "./decideMove.ts";
export type {
  Effects,
  EventMap,
  EventOf,
  EventType,
  IssueEvent,
  PassedOver,
  RerouteStay,
} from "./Event.ts";
export { evolve, evolveOn, fold } from "./evolve.ts";
export {
  appoint,
  barredFrom,
  concernedPersons,
  mainChain,
  rankOf,
  standAt,
  triageDesk,
} from "./handlers.ts";
export type { Appointed, Stand } from "./handlers.ts";
export { suggestCategory } from "./place.ts";
export { reroute } from "./reroute.ts";
export type { RerouteKept, Rerouting } from "./reroute.ts";
export { Refusal, RefusalCode } from "./Refusal.ts";
export type { Objection } from "./Refusal.ts";
export { clocksAfterRise, expectedAgain, rungAbove } from "./rise.ts";
export {
  concerns,
  isGranted,
  isHidden,
  isReporter,
  mayNameRefs,
  nearnessOf,
  speaksFor,
  unsealedFor,
} from "./roles.ts";
export type { Nearness } from "./roles.ts";
export * from "./State.ts";
export * from "./texts.ts";
