import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EventType, IssueEvent } from "@linli/core/issue";
import type { JournalEntry } from "@linli/core/journal";
import { describe, expect, it, vi } from "vitest";
import { tellBeyondBuilding } from "../src/beyondBuilding.ts";
import { tellComplaint } from "../src/complaint.ts";
import { tellCorridorLight } from "../src/corridorLight.ts";
import { tellLeak } from "../src/leak.ts";
import { tellManhole } from "../src/manhole.ts";
import { tellNightLeave } from "../src/nightLeave.ts";
import { instant, type Told } from "../src/stage.ts";

// Programs of their own start in a second on a quiet machine, and share busy ones.
vi.setConfig({ testTimeout: 60_000 });

const zhOf = ({ lines }: Told) => lines.map(({ zh }) => zh);
const enOf = ({ lines }: Told) => lines.map(({ en }) => en);

const eventsOf = (
  history: ReadonlyArray<JournalEntry>,
  type: EventType,
): ReadonlyArray<IssueEvent> =>
  history.map(({ event }) => event).filter((event) => event.type === type);

describe("the manhole cover at 3 Yekou Lane", () => {
  it("is the chief's at once, the community's half an hour later, and done the same day", async () => {
    const told = await tellManhole();
    expect(told.reported).toMatchObject({
      status: "reported",
      handler: { post: "chief", unit: "yekou-3", level: "building" },
      dueAt: instant("2023-07-20 10:10"),
    });
    expect(told.reported.receiptCode).toMatch(/^\w{4}-\w{4}-\w{4}$/);
    expect(told.handedUp).toMatchObject({
      handler: { post: "committee", unit: "zhendong", level: "community" },
      dueAt: instant("2023-07-20 10:40"),
    });
    expect(told.view).toMatchObject({
      status: "closed",
      category: "manhole",
      size: "minor",
      sponsor: { post: "chief", unit: "yekou-3" },
      settledAt: instant("2023-07-20 12:30"),
      escalations: 0,
      rating: 5,
    });
    const hours = ((told.view.settledAt ?? 0) - told.view.reportedAt) / 3_600_000;
    expect(hours).toBeCloseTo(4.33, 2);
  });

  it("tells the resident why it is there and every step of it", async () => {
    const told = await tellManhole();
    expect(zhOf(told)).toEqual([
      "您反映的“窨井盖缺损”由叶口巷3号楼栋长办理。",
      "受理时限：2023-07-20 10:10。",
      "原因：安全隐患按小时办：楼栋长先到场，管不了的随时上报",
      "2023-07-20 08:10 已登记，由叶口巷3号楼栋长负责，时限 2023-07-20 10:10",
      "2023-07-20 08:20 已受理",
      "2023-07-20 08:20 已联系反映人",
      "2023-07-20 08:40 叶口巷3号楼栋长上报，现由镇东社区两委工作人员负责，时限 2023-07-20 10:40",
      "2023-07-20 08:55 已受理",
      "2023-07-20 12:30 镇东社区两委工作人员已办结，等待核查，时限 2023-07-25 23:59",
      "2023-07-20 13:00 核查通过",
      "2023-07-20 13:00 已答复反映人",
      "2023-07-20 13:10 已回访",
      "2023-07-20 13:10 已结案",
    ]);
    expect(enOf(told).slice(3, 7)).toEqual([
      "2023-07-20 08:10 Registered; building chief of 3 Yekou Lane is accountable; due 2023-07-20 10:10",
      "2023-07-20 08:20 Accepted",
      "2023-07-20 08:20 The reporter was contacted",
      "2023-07-20 08:40 Handed up by building chief of 3 Yekou Lane; now two-committee staff of Zhendong community; due 2023-07-20 10:40",
    ]);
  });
});

describe("the corridor light of building 57", () => {
  it("stays the chief's while the property company does the work", async () => {
    const told = await tellCorridorLight();
    const chief = { post: "chief", unit: "yulongwan-57", level: "building" };
    expect(told.reported).toMatchObject({ handler: chief, dueAt: instant("2019-04-23 21:30") });
    expect(told.asked.handler).toEqual(chief);
    expect(told.asked.category).toBe("corridorLight");
    expect(told.asked.asked).toEqual([
      {
        organisation: "yulongwan-property",
        at: instant("2019-04-23 19:34"),
        answeredAt: null,
      },
    ]);
    // The clock runs through the night: chiefs keep their phones on for 24 hours.
    expect(told.asked.dueAt).toBe(instant("2019-04-24 19:30"));
    expect(told.view).toMatchObject({
      status: "closed",
      handler: chief,
      reportedAt: instant("2019-04-23 19:30"),
      acceptedAt: instant("2019-04-23 19:34"),
      settledAt: instant("2019-04-23 20:40"),
      closedAt: instant("2019-04-23 20:45"),
    });
    expect(told.view.asked?.[0]?.answeredAt).toBe(instant("2019-04-23 19:50"));
    expect(zhOf(told)[2]).toBe("2019-04-23 19:34 已请有关单位配合");
  });
});

describe("the leak at nine in the evening", () => {
  it("is settled by the chief and closed at the building without being sent anywhere", async () => {
    const told = await tellLeak();
    expect(told.recorded).toMatchObject({
      events: ["SettledRecorded"],
      status: "resolved",
      handler: { post: "chief", unit: "dongjin-24", level: "building" },
    });
    expect(told.settledAt).toBe(instant("2019-07-26 21:25"));
    expect(told.view).toMatchObject({
      status: "closed",
      handler: { level: "building" },
      settledAt: told.settledAt,
      reportedAt: told.settledAt,
      closedAt: instant("2019-07-27 08:30"),
      escalations: 0,
      rating: 5,
    });
    expect(zhOf(told)).toHaveLength(5);
    expect(zhOf(told)[0]).toBe("2019-07-26 21:40 东锦苑24栋楼栋长补录：2019-07-26 21:25已现场办结");
  });
});

describe("the drain beyond one building", () => {
  it("is handed up without fault, and rises at the instant its clock ran out", async () => {
    const told = await tellBeyondBuilding();
    expect(told.reported.handler).toMatchObject({ post: "chief", unit: "jinde-08" });
    expect(told.handedUp.handler).toMatchObject({ post: "microHead", unit: "micro-jinde" });
    expect(told.handedUp.dueAt).toBe(instant("2023-07-22 00:00") - 1);
    expect(told.ran.rungs).toBe(1);

    const [risen, ...others] = eventsOf(told.history, "Escalated");
    expect(others).toEqual([]);
    expect(risen).toMatchObject({
      at: instant("2023-07-22 00:00") - 1,
      kind: "accept",
      from: { post: "microHead", unit: "micro-jinde" },
      handler: { post: "committee", unit: "caozhuang" },
      fault: true,
    });
    const entry = told.history.find(({ event }) => event === risen);
    expect(entry?.recordedAt).toBe(instant("2023-07-24 08:00"));
    expect(entry?.actor).toEqual({ type: "clock" });
    expect(eventsOf(told.history, "HandedUp")).toHaveLength(1);
    expect(told.history.map(({ event }) => event.type)).toEqual([
      "Reported",
      "Accepted",
      "HandedUp",
      "Escalated",
      "Accepted",
      "Resolved",
      "Verified",
      "Answered",
      "Closed",
    ]);
  });
});

describe("a complaint about the chief", () => {
  it("goes past the chief, who sees nothing of it and is told nothing", async () => {
    const told = await tellComplaint();
    expect(told.reported.handler).toEqual({
      post: "microHead",
      unit: "micro-jinde",
      level: "microCommunity",
    });
    expect(told.chiefLooks).toBe("NotFound");
    // Whom it concerns is told what they would be told if there were no such issue.
    expect(told.chiefActs).toBe("NoSuchIssue");
    expect(told.messagedPersons).toContain("microHead.micro-jinde");
    expect(told.messagedPersons).not.toContain("chief.jinde-07");
  });

  it("shows the micro-community what is said, and not who said it", async () => {
    const { seenByHead } = await tellComplaint();
    expect(seenByHead.contents?.[0]?.words).toBe("投诉楼栋长：三次反映都没有回音");
    expect(seenByHead.contents?.[0]?.by).toBeNull();
    expect(seenByHead.reporters).toEqual([{ kind: "confidential", person: null }]);
    expect(JSON.stringify(seenByHead)).not.toContain("resident.1");
  });
});

describe("chiefs on leave at night", () => {
  it("are answered for by the delegate, the duty roster, or the head above", async () => {
    const { nights } = await tellNightLeave();
    expect(nights.map(({ handler }) => handler)).toEqual([
      {
        post: "chief",
        unit: "jinde-12",
        level: "building",
        person: "chief.jinde-13",
        via: "delegate",
      },
      { post: "chief", unit: "jinde-20", level: "building", person: "duty.jinde", via: "duty" },
      {
        post: "microHead",
        unit: "micro-jinde",
        level: "microCommunity",
        person: "microHead.micro-jinde",
        via: "above",
      },
    ]);
    for (const { reported, settled } of nights) {
      expect(reported.dueAt).toBe(instant("2023-07-21 00:40"));
      expect(settled.events).toEqual(["Accepted", "Resolved"]);
    }
  });
});

describe("the program", () => {
  const run = (file: string) =>
    spawnSync(process.execPath, [fileURLToPath(new URL(`../src/${file}.ts`, import.meta.url))], {
      encoding: "utf8",
    });

  it("prints all six stories, in Chinese and in English, the same each time", () => {
    const first = run("main");
    expect(first.stderr).toBe("");
    expect(first.status).toBe(0);
    expect(first.stdout.match(/^[一二三四五六]、/gm)).toHaveLength(6);
    expect(first.stdout.match(/^[1-6]\. /gm)).toHaveLength(6);
    expect(run("main").stdout).toBe(first.stdout);
  });

  it("prints one story by itself", () => {
    const { stdout } = run("leak");
    expect(stdout.match(/^[一二三四五六]、/gm)).toEqual(["三、"]);
  });
});
