/**
 * 晚上九点的漏水: settled by the chief and written down afterwards (Bazhong, 2019).
 *
 * Most of what a chief does is a phone call and ten minutes. One command records
 * it: who called, what was done, when it was done and when it was written down.
 * Somebody else still confirms it.
 */
import { bazhongCharter, bazhongDirectory, bazhongHierarchy } from "@linli/charters/bazhong";
import type { Acted } from "@linli/core/services";
import type { IssueView } from "@linli/core/sight";
import { instant, openStage, person, print, type Told, toldBy } from "./stage.ts";

const RESIDENT = person("resident.1");
const CHIEF = person("chief.dongjin-24");

/** The story, with what the chief sees in the end. */
export interface Leak extends Told {
  readonly recorded: Acted;
  readonly settledAt: number;
  readonly view: IssueView;
}

export const tellLeak = async (): Promise<Leak> => {
  const place = {
    charter: bazhongCharter,
    hierarchy: bazhongHierarchy(),
    directory: bazhongDirectory(),
  };
  const stage = await openStage(place, "2019-07-26 21:40");
  const { desk, at } = stage;

  const settledAt = instant("2019-07-26 21:25");
  const recorded = await desk.begin(
    {
      type: "recordSettled",
      kind: "request",
      settledAt,
      place: { words: "东锦苑24栋" },
      category: "leak",
      reporter: { kind: "proxy", person: "resident.1" },
      words: "21:00来电说家里漏水；上门查看是一颗螺丝松了，已拧紧",
    },
    CHIEF,
  );
  const { issue } = recorded;

  at("2019-07-27 08:30");
  await desk.act(issue, { type: "followUp", reached: true, resolved: true, rating: 5 }, RESIDENT);
  await desk.act(issue, { type: "answer", words: "昨晚的漏水已修好" }, CHIEF);
  await desk.act(issue, { type: "close" }, CHIEF);

  return {
    title: {
      zh: "三、晚上九点的漏水（巴中经开区东锦苑24栋）",
      en: "3. A leak at nine in the evening (Dongjin Court 24, Bazhong)",
    },
    lines: await toldBy(stage, issue, RESIDENT.actor),
    recorded,
    settledAt,
    view: await desk.view(issue, { viewer: CHIEF.actor }),
  };
};

if (import.meta.main) print(await tellLeak());
