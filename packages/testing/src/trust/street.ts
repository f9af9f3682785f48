/** A street of one building: the smallest place a story of trust and forgetting can happen in. */
const name = (zh: string, en: string) => ({ zh, en });

const charter = {
  ...{ linli: 1, id: "trust-street", version: "1", title: name("样例街", "A street") },
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
  categories: [{ id: "repair", name: name("维修", "Repair"), words: ["灯", "lamp"] }],
  ...{ facts: {}, competences: { building: {}, community: "all" }, rules: [] },
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

const hours: ReadonlyArray<readonly [string, string]> = [["09:00", "17:00"]];

/** What a desk on the street is opened with, besides its storage. */
export const trustStreet = {
  charter,
  calendars: [
    { id: "plain", timeZone: "Asia/Shanghai", weekend: [6, 7], days: [], covers: null, hours },
  ],
  hierarchy: {
    version: "h1",
    units: [
      { ...{ id: "C", level: "community", name: "C", parents: {} }, roots: ["residential"] },
      { ...{ id: "B", level: "building", name: "B" }, parents: { residential: "C" } },
    ].map((unit) => ({ ...unit, aliases: [] })),
  },
  directory: {
    version: "d1",
    appointments: [
      { id: "a1", person: "chief", post: "chief", unit: "B", from: 0 },
      { id: "a2", person: "secretary", post: "secretary", unit: "C", from: 0 },
    ],
    ...{ leaves: [], shifts: [], organisations: [] },
  },
};
