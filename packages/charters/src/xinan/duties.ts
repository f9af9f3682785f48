/** 六大员: the six duties of a chief in Xin'an, as the article names them. */
import { text } from "@linli/core/charter";
import type { Duty } from "../common/duty.ts";

export const xinanDuties: ReadonlyArray<Duty> = [
  { id: "policy", name: text("政策法规宣传员", "Explains policies and laws") },
  { id: "opinion", name: text("社情民意信息员", "Reports what people think and need") },
  { id: "mediation", name: text("矛盾化解调处员", "Settles disputes") },
  { id: "patrol", name: text("平安稳定巡查员", "Patrols for safety and order") },
  { id: "activities", name: text("活动组织员", "Organises activities") },
  { id: "civility", name: text("文明监督员", "Watches over good manners") },
];
