/** Rules that every shipped charter has in the same words. */
import { because, handle, rule, within } from "@linli/core/charter";
import type { Rule } from "@linli/core/charter";

/** Danger: the numbers first, then a follow-up not below `atLeast`, with `inform` told at once. */
export const emergencyRule = (atLeast: string, inform: ReadonlyArray<string>): Rule =>
  rule("emergency", {
    when: { category: within("danger") },
    // Each kind of danger keeps its own numbers and advice: who smells gas should touch no switch.
    then: handle({ atLeast, clocks: "danger", size: "critical", inform }),
    because: because(
      "危及生命财产的，先打紧急电话；本平台只作跟进",
      "When life or property is in danger the emergency services come first; this is the follow-up only",
      "北京市接诉即办工作条例 11；由社区跟进为本库默认",
    ),
    tests: [
      {
        name: "smoke in the stairwell",
        facts: { category: "fire" },
        expect: { course: "emergency", level: atLeast, clocks: "danger" },
      },
    ],
  });

/** A complaint about a chief goes past the building; whoever it concerns is passed over anyway. */
export const conductRule = (atLeast: string): Rule =>
  rule("conduct", {
    when: { category: within("conduct") },
    then: handle({ atLeast, clocks: "general" }),
    because: because(
      "反映楼栋长的，由上一级以上办理，被反映人回避",
      "A complaint about a chief is handled above the building, and never by whom it concerns",
      "本库默认：回避",
    ),
    tests: [
      {
        name: "a chief who does not act",
        facts: { category: "conduct" },
        expect: { course: "handle", level: atLeast, rule: "conduct" },
      },
    ],
  });
