/**
 * The stories of Xin'an. The manhole at 叶口巷3号, settled within hours, is told by
 * the town's own article; the others show what else the rules do. Instants count
 * back from the first start. People are named by post only.
 */
import type { Step, Story, Who } from "./story.ts";
import { CHIEF, COMMITTEE, DESK, MICRO_HEAD, NEIGHBOUR, RESIDENT } from "./cast.ts";

const HOUR = 60;
const DAY = 24 * HOUR;

const by = (person: string): Who => ({ person });
const step = (before: number, who: Who, type: string, rest: object = {}): Step => ({
  before,
  who,
  command: { type, ...rest },
});

const manhole: Story = {
  id: "manhole",
  steps: [
    step(6 * DAY, by(RESIDENT), "report", {
      words: "叶口巷3号门口的窨井盖破了，晚上走路很危险",
    }),
    step(6 * DAY - 8, by(CHIEF), "accept"),
    step(6 * DAY - 15, by(CHIEF), "contact", { reached: true }),
    step(6 * DAY - 25, by(CHIEF), "reclassify", {
      category: "manhole",
      facts: { severity: "critical" },
      words: "到现场看过：整块缺失，就在放学路上，请社区马上处理；已先用路锥围住",
    }),
    step(6 * DAY - 40, by(COMMITTEE), "accept"),
    step(6 * DAY - 45, by(COMMITTEE), "ask", {
      organisation: "works",
      words: "请今天更换井盖",
    }),
    step(6 * DAY - 3 * HOUR, by("works.desk"), "respond", {
      organisation: "works",
      words: "新井盖已装好",
    }),
    step(6 * DAY - 200, by(COMMITTEE), "resolve", { words: "现场查看，新井盖已更换，路锥已撤" }),
    step(6 * DAY - 4 * HOUR, by(CHIEF), "verify", { passed: true, words: "我又去踩过，稳当" }),
    step(6 * DAY - 250, by(CHIEF), "answer", { words: "井盖当天换好了，谢谢您反映" }),
    step(6 * DAY - 5 * HOUR, by(RESIDENT), "followUp", { reached: true, rating: 5 }),
    step(6 * DAY - 6 * HOUR, by(CHIEF), "close"),
  ],
};

const bags: Story = {
  id: "bags",
  steps: [
    step(5 * DAY, by(NEIGHBOUR), "report", { words: "叶口巷3号门口堆了几袋装修垃圾" }),
    step(5 * DAY - HOUR, by(CHIEF), "settle", { words: "联系住户清走了，地面也扫过" }),
    step(5 * DAY - 3 * HOUR, by(NEIGHBOUR), "followUp", {
      reached: true,
      resolved: true,
      rating: 5,
    }),
    step(5 * DAY - 190, by(CHIEF), "answer", { words: "已经清走了" }),
    step(5 * DAY - 4 * HOUR, by(CHIEF), "close"),
  ],
};

/** Nobody acts at first: it climbs rung by rung until somebody does. */
const waste: Story = {
  id: "waste",
  steps: [
    step(15 * DAY, "unknown", "report", { words: "金德花园12号楼旁边的垃圾好几天没人清" }),
    step(4 * DAY, "handler", "settle", { words: "已协调保洁清运，并与微社区约定每天巡查" }),
    step(4 * DAY - 2 * HOUR, by("chief.jinde-12"), "verify", { passed: true }),
    step(4 * DAY - 3 * HOUR, "handler", "answer", { words: "垃圾已清，逾期的原因已在例会说明" }),
    step(4 * DAY - 4 * HOUR, "handler", "close"),
  ],
};

/** A hazard nobody takes: within a day it stands with the town's leader, and is still open. */
const charging: Story = {
  id: "charging",
  steps: [
    step(26 * HOUR, "unknown", "report", {
      words: "金德花园3号楼有人从窗户拉线给电动车充电，飞线",
    }),
    step(25 * HOUR, by(NEIGHBOUR), "support"),
  ],
};

const drain: Story = {
  id: "drain",
  steps: [
    step(2 * DAY, by(NEIGHBOUR), "report", {
      words: "叶口巷3号的下水道堵了，一楼几户都返水",
    }),
    step(2 * DAY - 30, by(CHIEF), "accept"),
    step(2 * DAY - 90, by(CHIEF), "handUp", {
      words: "通过一次还是堵，需要疏通车，楼栋办不了",
    }),
    step(2 * DAY - 2 * HOUR, by(RESIDENT), "support"),
    step(2 * DAY - 3 * HOUR, by(MICRO_HEAD), "accept"),
    step(2 * DAY - 200, by(MICRO_HEAD), "contact", { reached: true }),
    step(1 * DAY, by(MICRO_HEAD), "comment", { words: "疏通车排在明天上午" }),
  ],
};

const complaint: Story = {
  id: "complaint",
  steps: [
    step(3 * DAY, by(NEIGHBOUR), "report", {
      category: "conduct",
      place: { unit: "yekou-3" },
      reporter: { kind: "confidential" },
      about: [{ post: "chief", unit: "yekou-3" }],
      words: "上次反映的事催了几回才有回音，希望改进",
    }),
    step(3 * DAY - 3 * HOUR, "handler", "accept"),
    step(3 * DAY - 5 * HOUR, "handler", "contact", { reached: true }),
  ],
};

const fire: Story = {
  id: "fire",
  steps: [
    step(12 * DAY, by(RESIDENT), "report", { words: "叶口巷3号三楼冒烟，有糊味，已经打了119" }),
    step(12 * DAY - 10, by(COMMITTEE), "accept"),
    step(12 * DAY - 70, by(COMMITTEE), "resolve", {
      words: "消防到场，是锅烧干了，无人受伤；社区上门看望",
    }),
    step(12 * DAY - 100, by(CHIEF), "verify", { passed: true }),
    step(12 * DAY - 110, by(CHIEF), "answer", { words: "虚惊一场，已提醒楼里用火安全" }),
    step(12 * DAY - 120, by(COMMITTEE), "close"),
  ],
};

const recorded: Story = {
  id: "recorded",
  steps: [
    {
      ...step(8 * DAY, by(CHIEF), "recordSettled", {
        category: "errand",
        place: { unit: "yekou-3" },
        words: "替腿脚不便的邻居取了一趟药",
      }),
      settledBefore: 8 * DAY + 3 * HOUR,
    },
    step(8 * DAY - HOUR, by(MICRO_HEAD), "verify", { passed: true }),
    step(8 * DAY - 2 * HOUR, by(MICRO_HEAD), "close"),
  ],
};

const noise: Story = {
  id: "noise",
  steps: [
    step(1 * DAY, by(NEIGHBOUR), "report", { words: "叶口巷3号楼上邻居夜里噪音大，想请人调解" }),
    step(1 * DAY - 40, by(CHIEF), "accept"),
    step(1 * DAY - 50, by(CHIEF), "contact", { reached: true }),
  ],
};

/** Without a place nobody can be found by it: the town's desk sorts it out. */
const somewhere: Story = {
  id: "somewhere",
  steps: [
    step(5 * HOUR, "unknown", "report", { words: "回家路上有一盏路灯一直闪" }),
    step(4 * HOUR, by(DESK), "accept"),
  ],
};

/** Open now: the first thing on the chief's list. */
const blocked: Story = {
  id: "blocked",
  steps: [step(35, by(RESIDENT), "report", { words: "叶口巷3号一楼楼道堆物，把消防通道堵了" })],
};

/** All stories; each begins with the report. */
export const stories: ReadonlyArray<Story> = [
  manhole,
  bags,
  waste,
  charging,
  drain,
  complaint,
  fire,
  recorded,
  noise,
  somewhere,
  blocked,
];
