/**
 * 夜间请假: there is always one who answers (Xin'an, 2023).
 *
 * Three buildings, three chiefs on leave on the same night. One named a neighbour
 * as delegate, one building has a duty roster, one has neither: there the
 * micro-community's head answers. The clock of a leak runs at night for all three.
 */
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import type { LocalText } from "@linli/core/data";
import type { Assignee } from "@linli/core/issue";
import type { Acted } from "@linli/core/services";
import { instant, openStage, person, print, type Told, toldBy } from "./stage.ts";

const NIGHT = { from: instant("2023-07-20 18:00"), until: instant("2023-07-21 08:00") };

const BUILDINGS = ["jinde-12", "jinde-20", "jinde-33"] as const;

/** What happened in one building. */
export interface Night {
  readonly reported: Acted;
  /** Who answered, and how they came to it. */
  readonly handler: Assignee | undefined;
  readonly settled: Acted;
}

/** The story, building by building. */
export interface NightLeave extends Told {
  readonly nights: ReadonlyArray<Night>;
}

export const tellNightLeave = async (): Promise<NightLeave> => {
  const posts = xinanDirectory();
  const place = {
    charter: xinanCharter,
    hierarchy: xinanHierarchy(),
    directory: {
      ...posts,
      version: "xinan-night",
      leaves: [
        { id: "leave-12", person: "chief.jinde-12", ...NIGHT, delegate: "chief.jinde-13" },
        { id: "leave-20", person: "chief.jinde-20", ...NIGHT },
        { id: "leave-33", person: "chief.jinde-33", ...NIGHT },
      ],
      shifts: [{ id: "duty-20", post: "chief", unit: "jinde-20", person: "duty.jinde", ...NIGHT }],
    },
  };
  const stage = await openStage(place, "2023-07-20 22:40");
  const { desk, at } = stage;

  const nights: Array<Night> = [];
  const lines: Array<LocalText> = [];
  for (const [i, unit] of BUILDINGS.entries()) {
    const resident = person(`resident.${i + 1}`);
    at("2023-07-20 22:40");
    const reported = await desk.begin(
      { type: "report", place: { unit }, words: "厨房水管漏水，关不住" },
      resident,
    );
    const { issue } = reported;
    const handler = (await desk.history(issue)).at(0)?.event.handler;
    at("2023-07-20 23:15");
    const settled = await desk.act(
      issue,
      { type: "settle", words: "已关总阀并换上垫圈" },
      person(handler?.person ?? ""),
    );
    nights.push({ reported, handler, settled });
    lines.push(...(await toldBy(stage, issue, resident.actor)));
  }
  return {
    title: {
      zh: "六、楼栋长夜间请假（新安镇金德花园）",
      en: "6. Chiefs on leave at night (Jinde Garden, Xin'an)",
    },
    lines,
    nights,
  };
};

if (import.meta.main) print(await tellNightLeave());
