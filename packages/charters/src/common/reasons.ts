/** Reasons to decline; a decline always tells its reason. */
import { text } from "@linli/core/charter";
import type { DeclineReason } from "@linli/core/charter";

export const declineReasons: ReadonlyArray<DeclineReason> = [
  {
    id: "unclear",
    text: text(
      "反映的情况无法查明，经联系仍无法补充",
      "What is meant could not be found out, and the reporter could not add to it",
    ),
    basis: "default of ours; 北京市接诉即办工作条例 11 asks for a reason with every refusal",
  },
  {
    id: "concluded",
    text: text("已依法作出终局处理", "It has been decided finally by law"),
    basis: "信访工作条例 36",
  },
  {
    id: "noGround",
    text: text(
      "诉求没有法律、政策或合同依据",
      "There is no ground for it in law, policy or contract",
    ),
    basis: "default of ours",
  },
];
