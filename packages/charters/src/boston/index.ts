/** Boston: requests of 2011 with the city's own types and promises, as charter, hierarchy and directory. */
export { bostonCalendar, ruleOf as bostonRuleOf } from "./calendar.ts";
export { BOSTON_UNSORTED, bostonCharter, type BostonType, bostonTypes } from "./charter.ts";
export { bostonDirectory, bostonHierarchy, bostonHolder, bostonUnitOf } from "./places.ts";
