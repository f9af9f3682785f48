/**
 * 超出楼栋: handed up by a person, then risen by a clock (Xin'an, 2023).
 *
 * Handing up and rising are two things. The chief hands up a drain that serves six
 * buildings: a choice, and nobody's fault. The micro-community lets its clock run
 * out: the issue rises to the community, at the instant it was due, although the
 * host's job only ran on Monday.
 */
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import type { JournalEntry } from "@linli/core/journal";
import type { Acted, JobsRun } from "@linli/core/services";
import { openStage, person, print, type Told, toldBy } from "./stage.ts";

const RESIDENT = person("resident.1");
const CHIEF = person("chief.jinde-08");
const COMMITTEE = person("committee.caozhuang");

/** The story, with each change of handler and the journal. */
export interface BeyondBuilding extends Told {
  readonly reported: Acted;
  readonly handedUp: Acted;
  readonly ran: JobsRun;
  readonly history: ReadonlyArray<JournalEntry>;
}

export const tellBeyondBuilding = async (): Promise<BeyondBuilding> => {
  const place = {
    charter: xinanCharter,
    hierarchy: xinanHierarchy(),
    directory: xinanDirectory(),
  };
  const stage = await openStage(place, "2023-07-20 09:00");
  const { desk, at } = stage;

  const reported = await desk.begin(
    { type: "report", words: "金德花园8栋楼前的下水道堵了，污水返上来" },
    RESIDENT,
  );
  const { issue } = reported;

  at("2023-07-20 10:00");
  await desk.act(issue, { type: "accept" }, CHIEF);
  const handedUp = await desk.act(
    issue,
    { type: "handUp", words: "六栋楼共用的主管道，楼栋解决不了" },
    CHIEF,
  );

  // Friday ends without a word from the micro-community; the host's job runs on Monday.
  at("2023-07-24 08:00");
  const ran = await desk.runDue();

  at("2023-07-24 09:10");
  await desk.act(issue, { type: "accept" }, COMMITTEE);
  at("2023-07-25 16:00");
  await desk.act(issue, { type: "resolve", words: "主管道已疏通，六栋楼排水正常" }, COMMITTEE);
  at("2023-07-25 17:00");
  await desk.act(issue, { type: "verify", passed: true }, RESIDENT);
  await desk.act(issue, { type: "answer", words: "社区已疏通主管道" }, CHIEF);
  await desk.act(issue, { type: "close" }, CHIEF);

  return {
    title: {
      zh: "四、超出楼栋的下水道（新安镇金德花园）",
      en: "4. A drain beyond one building (Jinde Garden, Xin'an)",
    },
    lines: await toldBy(stage, issue, RESIDENT.actor),
    reported,
    handedUp,
    ran,
    history: await desk.history(issue),
  };
};

if (import.meta.main) print(await tellBeyondBuilding());
