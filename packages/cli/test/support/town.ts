/** A street of two buildings for the data files of these tests: small, and with a bit of everything. */
import { createDesk } from "@linli/core/promise";
import type { Desk } from "@linli/core/promise";
import type { Digest } from "@linli/core/journal";
import type { Storage } from "@linli/core/ports";

const name = (zh: string, en: string) => ({ zh, en });

/** The charter of the street. */
export const charter = {
  linli: 1,
  id: "fixture-street",
  version: "1",
  title: name("样例街", "Fixture street"),
  levels: [
    { id: "building", rank: 1, name: name("楼栋", "Building") },
    { id: "community", rank: 2, name: name("社区", "Community") },
  ],
  chains: [{ id: "residential", name: name("居住条线", "Residential") }],
  posts: [
    {
      ...{ id: "chief", name: name("楼栋长", "Chief"), kind: "volunteer", level: "building" },
      ...{ chain: "residential", handles: true },
    },
    {
      ...{ id: "secretary", name: name("书记", "Secretary"), kind: "staff", level: "community" },
      ...{ chain: "residential", handles: true, lastResort: true },
    },
  ],
  categories: [{ id: "repair", name: name("维修", "Repair"), words: ["灯", "light"] }],
  facts: {},
  competences: { building: {}, community: "all" },
  rules: [],
  otherwise: {
    outcome: { course: "handle", clocks: "ordinary" },
    because: name("小事不出楼栋", "Small things stay in the building"),
  },
  clockSets: {
    ordinary: {
      accept: { clock: "wallHours", amount: 24 },
      resolve: { clock: "wallHours", amount: 120 },
    },
  },
  calendar: "plain",
  ladder: {
    accept: { attempts: 0 },
    resolve: { attempts: 0 },
    last: { reviewEvery: { clock: "naturalDays", amount: 7 }, because: name("督办", "Watched") },
  },
  triage: "secretary",
};

/** The calendar the charter names and does not carry. */
export const calendar = {
  ...{ id: "plain", timeZone: "Asia/Shanghai", weekend: [6, 7], days: [], covers: null },
  hours: [["09:00", "17:00"]] as ReadonlyArray<readonly [string, string]>,
};

const hierarchy = {
  version: "h1",
  units: [
    { id: "C1", level: "community", name: "C1", parents: {}, roots: ["residential"], aliases: [] },
    ...["B1", "B2"].map((id) => ({
      ...{ id, level: "building", name: id, parents: { residential: "C1" }, aliases: [] },
    })),
  ],
};

const directory = {
  version: "d1",
  appointments: [
    ...["B1", "B2"].map((unit) => ({
      ...{ id: `a-${unit}`, person: `chief-${unit}`, post: "chief", unit, from: 0 },
    })),
    { id: "a-C1", person: "secretary", post: "secretary", unit: "C1", from: 0 },
  ],
  leaves: [],
  shifts: [],
  organisations: [],
};

/** Monday 2026-11-23 09:00 in Shanghai. */
export const MONDAY = Date.UTC(2026, 10, 23, 1, 0, 0);
const HOUR = 3_600_000;

/** A desk over the street; time and ids are the caller's. */
export const openStreet = async (
  storage: Storage,
  namespace = "main",
  digest?: Digest,
  firstId = 1,
): Promise<{ readonly desk: Desk; readonly clock: { now: number } }> => {
  const clock = { now: MONDAY };
  let ids = firstId;
  const desk = await createDesk({
    ...{ storage, namespace, calendars: [calendar], charter, hierarchy, directory },
    ...(digest === undefined ? {} : { digest }),
    now: () => clock.now,
    newId: () => `${namespace}-${ids++}`,
  });
  return { desk, clock };
};

/** Some weeks in the street: settled at once, handed up, left lying, reported without a name. */
export const liveAWhile = async (
  { desk, clock }: Awaited<ReturnType<typeof openStreet>>,
  rounds: number,
): Promise<void> => {
  const by = (person: string) => ({ actor: { person } });
  for (let round = 0; round < rounds; round += 1) {
    const unit = round % 2 === 0 ? "B1" : "B2";
    const report = { type: "report", place: { unit }, words: `楼道灯不亮 ${round}` };
    const settled = await desk.begin(report, by(`r-${round}`));
    await desk.act(settled.issue, { type: "settle", words: "换了灯泡" }, by(`chief-${unit}`));
    const hard = await desk.begin({ ...report, words: "电线老化" }, by(`r-${round}`));
    await desk.act(hard.issue, { type: "accept" }, by(`chief-${unit}`));
    await desk.act(hard.issue, { type: "handUp", words: "需要改造" }, by(`chief-${unit}`));
    await desk.begin({ ...report, reporter: { kind: "anonymous" } }, { actor: { person: null } });
    clock.now += 30 * HOUR;
    await desk.runDue();
    await desk.act(hard.issue, { type: "settle", words: "已改造" }, by("secretary"));
  }
};
