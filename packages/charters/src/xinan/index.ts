/** 新安镇: the charter, units and posts of Xin'an town, Guannan county. */
export { xinanCharter } from "./charter.ts";
export type { Duty } from "../common/duty.ts";
export { xinanDuties } from "./duties.ts";
export { xinanDirectory } from "./people.ts";
export { XINAN_FACTS, xinanHierarchy } from "./places.ts";
