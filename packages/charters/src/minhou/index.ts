/** 闽侯县: the charter, units and posts of Minhou county. */
import { text } from "@linli/core/charter";
import type { Duty } from "../common/duty.ts";

export type { Duty } from "../common/duty.ts";
export { minhouCharter } from "./charter.ts";
export { MINHOU_FACTS, minhouDirectory, minhouHierarchy } from "./places.ts";

/** 六大员: the six duties of a chief in Minhou; not those of Xin'an. */
export const minhouDuties: ReadonlyArray<Duty> = [
  { id: "information", name: text("信息报送员", "Passes on information") },
  { id: "mediation", name: text("矛盾调解员", "Settles disputes") },
  { id: "policy", name: text("政策宣讲员", "Explains policies") },
  { id: "property", name: text("物业监督员", "Watches over the property company") },
  { id: "environment", name: text("环境保护员", "Protects the surroundings") },
  { id: "support", name: text("弱势帮扶员", "Helps the weak") },
];
