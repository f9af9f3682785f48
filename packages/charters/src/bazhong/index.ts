/** 巴中经开区: the charter, units and posts of Bazhong Economic Development Zone. */
import { text } from "@linli/core/charter";
import type { Duty } from "../common/duty.ts";

export type { Duty } from "../common/duty.ts";
export { bazhongCharter } from "./charter.ts";
export { BAZHONG_FACTS, bazhongDirectory, bazhongHierarchy } from "./places.ts";

/** 三大员: the three duties of a chief in Bazhong. */
export const bazhongDuties: ReadonlyArray<Duty> = [
  { id: "policy", name: text("政策宣讲“带头人”", "First to explain policies") },
  { id: "harmony", name: text("睦邻友好“守护人”", "Keeper of good neighbourhood") },
  { id: "service", name: text("服务民生“贴心人”", "At hand for people's needs") },
];
