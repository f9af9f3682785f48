/**
 * 楼道灯: a chief brings it to the property company in the evening (Minhou, 2019).
 *
 * Asking an organisation does not hand the issue over: the chief stays accountable,
 * the clock runs on through the night, and the company's silence would climb the
 * chief's ladder, not the company's.
 */
import { minhouCharter, minhouDirectory, minhouHierarchy } from "@linli/charters/minhou";
import type { Acted } from "@linli/core/services";
import type { IssueView } from "@linli/core/sight";
import { openStage, person, print, type Told, toldBy } from "./stage.ts";

const RESIDENT = person("resident.1");
const CHIEF = person("chief.yulongwan-57");
const ENGINEERING = person("yulongwan-property.engineering");

/** The story, with what the chief sees while the company is asked and in the end. */
export interface CorridorLight extends Told {
  readonly reported: Acted;
  readonly asked: IssueView;
  readonly view: IssueView;
}

export const tellCorridorLight = async (): Promise<CorridorLight> => {
  const place = {
    charter: minhouCharter,
    hierarchy: minhouHierarchy(),
    directory: minhouDirectory(),
  };
  const stage = await openStage(place, "2019-04-23 19:30");
  const { desk, at } = stage;

  const reported = await desk.begin({ type: "report", words: "57号楼走廊灯不亮了" }, RESIDENT);
  const { issue } = reported;

  at("2019-04-23 19:34");
  await desk.act(issue, { type: "accept" }, CHIEF);
  await desk.act(
    issue,
    { type: "ask", organisation: "yulongwan-property", words: "请工程部今晚上门看灯" },
    CHIEF,
  );
  const asked = await desk.view(issue, { viewer: CHIEF.actor });

  at("2019-04-23 19:50");
  await desk.act(
    issue,
    { type: "respond", organisation: "yulongwan-property", words: "已派人，半小时内到" },
    ENGINEERING,
  );

  at("2019-04-23 20:40");
  await desk.act(issue, { type: "resolve", words: "工程部已更换灯具，走廊已亮" }, CHIEF);

  at("2019-04-23 20:45");
  await desk.act(issue, { type: "verify", passed: true }, RESIDENT);
  await desk.act(issue, { type: "answer", words: "灯修好了，谢谢提醒" }, CHIEF);
  await desk.act(issue, { type: "close" }, CHIEF);

  return {
    title: {
      zh: "二、57号楼的走廊灯（闽侯县世茂御龙湾）",
      en: "2. The corridor light of building 57 (Shimao Yulongwan, Minhou)",
    },
    lines: await toldBy(stage, issue, RESIDENT.actor),
    reported,
    asked,
    view: await desk.view(issue, { viewer: CHIEF.actor }),
  };
};

if (import.meta.main) print(await tellCorridorLight());
