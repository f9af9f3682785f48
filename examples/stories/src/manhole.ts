/**
 * 窨井盖: from the chief to the community within hours (Xin'an, 2023).
 *
 * A resident does not know whose job a broken manhole cover is. The words are
 * enough: the building's chief has it, in the lane for hazards. A chief cannot
 * replace a cover and hands it up, past the micro-community to the community, as in
 * the article; and stays the one who owes the resident an answer.
 */
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import type { Acted } from "@linli/core/services";
import type { IssueView } from "@linli/core/sight";
import { openStage, person, print, type Told, toldBy } from "./stage.ts";

const RESIDENT = person("resident.1");
const CHIEF = person("chief.yekou-3");
const COMMITTEE = person("committee.zhendong");

/** The story, with what the resident sees in the end. */
export interface Manhole extends Told {
  readonly reported: Acted;
  readonly handedUp: Acted;
  readonly view: IssueView;
}

export const tellManhole = async (): Promise<Manhole> => {
  const place = {
    charter: xinanCharter,
    hierarchy: xinanHierarchy(),
    directory: xinanDirectory(),
  };
  const stage = await openStage(place, "2023-07-20 08:10");
  const { desk, at } = stage;

  const reported = await desk.begin(
    { type: "report", words: "镇东社区叶口巷3号门口的窨井盖破了，孩子上学要经过" },
    RESIDENT,
  );
  const { issue } = reported;
  const why = await desk.explain(issue, { viewer: RESIDENT.actor, reader: "resident" });

  at("2023-07-20 08:20");
  await desk.act(issue, { type: "accept" }, CHIEF);
  await desk.act(issue, { type: "contact", reached: true }, CHIEF);

  at("2023-07-20 08:40");
  const handedUp = await desk.act(
    issue,
    {
      type: "handUp",
      toLevel: "community",
      words: "已到现场围挡提醒，井盖要整体更换，请社区处理",
    },
    CHIEF,
  );

  at("2023-07-20 08:55");
  await desk.act(issue, { type: "accept" }, COMMITTEE);

  at("2023-07-20 12:30");
  await desk.act(issue, { type: "resolve", words: "已现场查看并换上新井盖" }, COMMITTEE);

  at("2023-07-20 13:00");
  await desk.act(issue, { type: "verify", passed: true }, CHIEF);
  await desk.act(issue, { type: "answer", words: "新井盖已经装好，可以放心走" }, CHIEF);

  at("2023-07-20 13:10");
  await desk.act(issue, { type: "followUp", reached: true, resolved: true, rating: 5 }, RESIDENT);
  await desk.act(issue, { type: "close" }, CHIEF);

  const view = await desk.view(issue, { viewer: RESIDENT.actor });
  return {
    title: {
      zh: "一、叶口巷3号的窨井盖（新安镇镇东社区）",
      en: "1. The manhole cover at 3 Yekou Lane (Zhendong community, Xin'an)",
    },
    lines: [...why.lines, ...(await toldBy(stage, issue, RESIDENT.actor))],
    reported,
    handedUp,
    view,
  };
};

if (import.meta.main) print(await tellManhole());
