/** The API through a real server: the manhole's story, following by code, races, lists. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHIEF, COMMITTEE, LEAD, MICRO_HEAD, NEIGHBOUR, RESIDENT } from "../src/stories/cast.ts";
import { ask, cleanUp, openTestTown, type TestTown, tokenOf } from "./support.ts";

let town: TestTown;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  town = await openTestTown();
  for (const person of [RESIDENT, NEIGHBOUR, CHIEF, MICRO_HEAD, COMMITTEE, LEAD]) {
    tokens[person] = await tokenOf(town, person);
  }
});

afterAll(async () => {
  await town.close();
  cleanUp();
});

const act = (issue: string, person: string, command: object) =>
  ask(town, { path: `/api/issues/${issue}/act`, body: command, token: tokens[person]! });

test("the manhole: reported by words only, taken to the community, settled, followed by its code", async () => {
  const reported = await ask(town, {
    path: "/api/issues",
    body: { type: "report", words: "叶口巷3号门口的窨井盖破了" },
  });
  expect(reported.status).toBe(201);
  expect(reported.body).toMatchObject({
    status: "reported",
    handler: { post: "chief", unit: "yekou-3", level: "building" },
    emergency: null,
    known: false,
  });
  const { issue, receiptCode, dueAt } = reported.body;
  const now = (await ask(town, { path: "/api/now" })).body.now;
  // A hazard is accepted within two hours of the wall clock.
  expect(dueAt - now).toBeGreaterThan(2 * 3_600_000 - 60_000);
  expect(dueAt - now).toBeLessThanOrEqual(2 * 3_600_000);

  const list = await ask(town, {
    path: "/api/posts/chief/units/yekou-3/worklist",
    token: tokens[CHIEF]!,
  });
  expect(list.body.issues.map((one: { id: string }) => one.id)).toContain(issue);

  expect((await act(issue, CHIEF, { type: "accept" })).body.status).toBe("accepted");
  const moved = await act(issue, CHIEF, {
    type: "reclassify",
    category: "manhole",
    facts: { severity: "critical" },
    words: "整块缺失，请社区处理",
  });
  expect(moved.body.handler).toEqual({ post: "committee", unit: "zhendong", level: "community" });
  const community = await ask(town, {
    path: "/api/posts/committee/units/zhendong/worklist",
    token: tokens[COMMITTEE]!,
  });
  expect(community.body.issues.map((one: { id: string }) => one.id)).toContain(issue);

  await act(issue, COMMITTEE, { type: "accept" });
  await act(issue, COMMITTEE, { type: "resolve", words: "新井盖已更换" });
  const own = await act(issue, COMMITTEE, { type: "verify", passed: true });
  expect(own).toMatchObject({ status: 403, body: { code: "NotYours" } });
  await act(issue, CHIEF, { type: "verify", passed: true });
  await act(issue, CHIEF, { type: "answer", words: "换好了" });

  const followed = await ask(town, { path: "/api/follow", body: { code: receiptCode } });
  expect(followed.body.timeline.map((line: { type: string }) => line.type)).toEqual([
    "Reported",
    "Accepted",
    "Reclassified",
    "Accepted",
    "Resolved",
    "Verified",
    "Answered",
  ]);
  const rated = await ask(town, {
    path: `/api/issues/${issue}/act`,
    body: { type: "followUp", reached: true, rating: 5 },
    headers: { "receipt-code": receiptCode },
  });
  expect(rated).toMatchObject({ status: 200, body: { events: ["FollowedUp"] } });
  expect((await act(issue, COMMITTEE, { type: "close" })).body).toMatchObject({
    status: "closed",
    dueAt: null,
  });
});

test("explain answers each reader in both languages, developers with every rule tried", async () => {
  const readers = ["resident", "clerk", "developer"];
  const { issue } = (
    await ask(town, { path: "/api/issues", body: { type: "report", words: "叶口巷3号楼道灯不亮" } })
  ).body;
  const told = await Promise.all(
    readers.map((reader) =>
      ask(town, { path: `/api/issues/${issue}/explain?reader=${reader}`, token: tokens[CHIEF]! }),
    ),
  );
  expect(told.map(({ body }) => body.reader)).toEqual(readers);
  const lengths = told.map(({ body }) => body.lines.length);
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
  expect(told[0]?.body.text.zh).toContain("小事不出楼栋");
  expect(told[0]?.body.text.en).toContain("Small matters stay in the building");
  expect(told[2]?.body.text.en).toContain("minor: matched");
});

test("actions carry closed JSON Schemas, and the reason for what is not open", async () => {
  const { issue } = (
    await ask(town, { path: "/api/issues", body: { type: "report", words: "叶口巷3号单元门坏了" } })
  ).body;
  const { body } = await ask(town, {
    path: `/api/issues/${issue}/actions`,
    token: tokens[CHIEF]!,
  });
  const byName = Object.fromEntries(body.map((one: { command: string }) => [one.command, one]));
  expect(byName.settle).toMatchObject({ allowed: true, refused: null });
  expect(byName.handUp.input).toMatchObject({
    required: ["type", "words"],
    additionalProperties: false,
  });
  expect(byName.close).toMatchObject({
    allowed: false,
    refused: { code: "NotNow", because: { zh: "事项当前状态不能进行此操作" } },
  });
});

test("two act at once: one is done, the other is refused by what is then allowed", async () => {
  const { issue } = (
    await ask(town, {
      path: "/api/issues",
      body: { type: "report", words: "叶口巷3号楼道灯又坏了" },
    })
  ).body;
  const both = await Promise.all([
    act(issue, CHIEF, { type: "accept" }),
    act(issue, CHIEF, { type: "accept" }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(both.find(({ status }) => status === 409)?.body).toMatchObject({
    type: "urn:linli:error:Refusal",
    code: "NotNow",
    issue,
  });
  const { body } = await ask(town, {
    path: `/api/issues/${issue}/timeline`,
    token: tokens[CHIEF]!,
  });
  expect(body.map((line: { type: string }) => line.type)).toEqual(["Reported", "Accepted"]);
});

test("an idempotency key acts once; with other content it is refused", async () => {
  const headers = { "idempotency-key": "0d7c1a52-manhole" };
  const body = { type: "report", words: "叶口巷3号下水道堵了" };
  const first = await ask(town, { path: "/api/issues", body, headers });
  const again = await ask(town, { path: "/api/issues", body, headers });
  expect(again.body).toEqual(first.body);
  const other = await ask(town, {
    path: "/api/issues",
    body: { ...body, words: "别的事" },
    headers,
  });
  expect(other).toMatchObject({ status: 422, body: { type: "urn:linli:error:ReceiptMismatch" } });
});

test("danger is answered with numbers, before anything is saved too", async () => {
  const command = { type: "report", words: "叶口巷3号三楼着火了" };
  const preview = await ask(town, { path: "/api/preview", body: command });
  expect(preview.body).toMatchObject({
    emergency: { numbers: expect.arrayContaining(["119"]) },
    course: "emergency",
    category: "fire",
    unit: "yekou-3",
  });
  const reported = await ask(town, { path: "/api/issues", body: command });
  expect(reported.body.emergency).toEqual(preview.body.emergency);
  // Refused for what it holds beside the words: the numbers are there all the same.
  const refused = await ask(town, {
    path: "/api/issues",
    body: { ...command, place: { unit: "nowhere" } },
  });
  expect(refused).toMatchObject({
    status: 409,
    body: { code: "UnknownUnit", emergency: preview.body.emergency },
  });
});

test("a complaint about the chief is hidden from the chief, and from the public", async () => {
  const { issue } = (
    await ask(town, {
      path: "/api/issues",
      token: tokens[NEIGHBOUR]!,
      body: {
        type: "report",
        category: "conduct",
        place: { unit: "yekou-3" },
        reporter: { kind: "confidential" },
        about: [{ post: "chief", unit: "yekou-3" }],
        words: "回音太慢",
      },
    })
  ).body;
  const asChief = await ask(town, { path: `/api/issues/${issue}`, token: tokens[CHIEF]! });
  const asAnybody = await ask(town, { path: `/api/issues/${issue}` });
  const missing = await ask(town, { path: "/api/issues/no-such-issue", token: tokens[CHIEF]! });
  expect(asChief.status).toBe(404);
  // What may not be seen and what does not exist look alike.
  expect(asChief.body).toEqual(missing.body);
  expect(asAnybody.body).toEqual(missing.body);
  const head = await ask(town, { path: `/api/issues/${issue}`, token: tokens[MICRO_HEAD]! });
  expect(head.body.reporters).toEqual([{ kind: "confidential", person: null }]);
  const board = await ask(town, { path: "/api/units/yekou-3/issues?purpose=board" });
  expect(board.body.issues.map((one: { id: string }) => one.id)).not.toContain(issue);
});

test("lists page by cursors, in both orders, and agree with the count", async () => {
  const all: Array<string> = [];
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await ask(town, {
      path: `/api/units/xinan/issues?state=final&limit=2${more}`,
      token: tokens[LEAD]!,
    });
    all.push(...body.issues.map((one: { id: string }) => one.id));
    cursor = body.next;
  } while (cursor !== null);
  const counted = { path: "/api/units/xinan/count?state=final" };
  const { body: count } = await ask(town, { ...counted, token: tokens[LEAD]! });
  expect(new Set(all).size).toBe(count.count);
  const { body: publicly } = await ask(town, counted);
  expect(publicly.count).toBeLessThan(count.count);
  const back = await ask(town, {
    path: "/api/units/xinan/issues?state=final&order=dueLast&limit=200",
    token: tokens[LEAD]!,
  });
  expect(back.body.issues.map((one: { id: string }) => one.id)).toEqual(all.toReversed());
});

test("boards and scores hold figures only", async () => {
  const { body: now } = await ask(town, { path: "/api/now" });
  const day = (back: number) => new Date(now.now - back * 86_400_000).toISOString().slice(0, 10);
  const board = await ask(town, {
    path: `/api/units/xinan/board?from=${day(20)}&until=${day(-1)}`,
  });
  const sum = (key: string) =>
    board.body.reduce((total: number, one: Record<string, number>) => total + one[key]!, 0);
  expect(sum("reported")).toBeGreaterThan(9);
  expect(sum("escalated")).toBeGreaterThan(3);
  const scores = await ask(town, { path: `/api/scores/${day(5).slice(0, 7)}?unit=yekou-3` });
  expect(scores.body.length).toBeGreaterThan(0);
  expect(JSON.stringify(scores.body)).not.toMatch(/person|story-|resident/);
});

test("units are found by people's words", async () => {
  const { body } = await ask(town, {
    path: `/api/units?words=${encodeURIComponent("金德花园12号楼 的灯")}&limit=1`,
  });
  expect(body).toMatchObject([{ unit: "jinde-12", level: "building", levelName: { zh: "楼栋" } }]);
});

test("the API is described by OpenAPI 3.1, and its page loads nothing from elsewhere", async () => {
  const { body } = await ask(town, { path: "/openapi.json" });
  expect(body.openapi).toBe("3.1.0");
  expect(Object.keys(body.paths)).toContain("/api/issues/{issue}/act");
  const responses = body.paths["/api/issues"].post.responses;
  expect(Object.keys(responses)).toEqual(
    expect.arrayContaining(["201", "400", "403", "409", "413", "415", "503"]),
  );
  expect(Object.keys(responses["409"].content)).toEqual(["application/problem+json"]);
  const page = await ask(town, { path: "/api" });
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toContain("connect-src 'self'");
  expect(page.body).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/);
});
