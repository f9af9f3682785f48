/**
 * 反映楼栋长: whom it concerns is passed over, and sees nothing (Xin'an, 2023).
 *
 * The report goes past the chief to the micro-community. To the chief it does not
 * exist: no view, no message, no step. The micro-community reads what is said, but
 * not who said it, because the resident asked for confidence.
 */
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import { isRefusal } from "@linli/core/promise";
import type { Acted } from "@linli/core/services";
import type { IssueView } from "@linli/core/sight";
import { openStage, person, print, type Told, toldBy } from "./stage.ts";

const RESIDENT = person("resident.1");
const CHIEF = person("chief.jinde-07");
const HEAD = person("microHead.micro-jinde");

/** The story, with what each of the two sees and is told. */
export interface Complaint extends Told {
  readonly reported: Acted;
  readonly seenByHead: IssueView;
  /** The tag of the error the chief's look ends with. */
  readonly chiefLooks: string;
  /** The code of the refusal the chief's attempt ends with. */
  readonly chiefActs: string;
  readonly messagedPersons: ReadonlyArray<string>;
}

export const tellComplaint = async (): Promise<Complaint> => {
  const place = {
    charter: xinanCharter,
    hierarchy: xinanHierarchy(),
    directory: xinanDirectory(),
  };
  const stage = await openStage(place, "2023-07-20 19:00");
  const { desk, at } = stage;

  const reported = await desk.begin(
    {
      type: "report",
      place: { words: "金德花园7栋" },
      reporter: { kind: "confidential" },
      about: [{ post: "chief", unit: "jinde-07" }],
      words: "投诉楼栋长：三次反映都没有回音",
    },
    RESIDENT,
  );
  const { issue } = reported;
  const seenByHead = await desk.view(issue, { viewer: HEAD.actor });
  const chiefLooks = await failing(desk.view(issue, { viewer: CHIEF.actor }));
  const chiefActs = await failing(desk.act(issue, { type: "accept" }, CHIEF));

  at("2023-07-21 09:00");
  await desk.act(issue, { type: "accept" }, HEAD);
  at("2023-07-21 15:00");
  await desk.act(
    issue,
    { type: "resolve", words: "已约谈并调整联系方式，三件旧事已逐一答复" },
    HEAD,
  );
  at("2023-07-21 18:00");
  await desk.act(issue, { type: "verify", passed: true }, RESIDENT);
  await desk.act(issue, { type: "answer", words: "已处理，今后可直接联系微社区" }, HEAD);
  await desk.act(issue, { type: "close" }, HEAD);
  await desk.runDue();

  return {
    title: {
      zh: "五、反映楼栋长（新安镇金德花园）",
      en: "5. A complaint about the chief (Jinde Garden, Xin'an)",
    },
    lines: await toldBy(stage, issue, RESIDENT.actor),
    reported,
    seenByHead,
    chiefLooks,
    chiefActs,
    messagedPersons: [...new Set(stage.messages().map(({ to }) => to))].sort(),
  };
};

/** What a promise fails with: the code of a refusal, or the tag of another error. */
const failing = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return "nothing";
  } catch (error) {
    if (isRefusal(error)) return error.code;
    return typeof error === "object" && error !== null && "_tag" in error
      ? String(error._tag)
      : String(error);
  }
};

if (import.meta.main) print(await tellComplaint());
