/** Every kind of bad input at the HTTP door: a problem that names the place, and nothing changed. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHIEF, COMMITTEE, MICRO_HEAD, RESIDENT } from "../src/stories/cast.ts";
import { cases } from "./badInputCases.ts";
import { ask, cleanUp, openTestTown, type TestTown, tokenOf } from "./support.ts";

let town: TestTown;
let chief: string;
let issue: string;

beforeAll(async () => {
  town = await openTestTown();
  chief = await tokenOf(town, CHIEF);
  issue = (
    await ask(town, { path: "/api/issues", body: { type: "report", words: "叶口巷3号楼道灯不亮" } })
  ).body.issue;
});

afterAll(async () => {
  await town.close();
  cleanUp();
});

test.each(cases)("%s is refused as a problem", async (_, one, status, expected) => {
  const before = await ask(town, { path: "/api/units/xinan/count" });
  const answer = await ask(town, one({ chief, issue }));
  expect(answer).toMatchObject({ status, body: expected });
  expect(answer.type).toContain("application/problem+json");
  expect(answer.body).toMatchObject({
    status,
    title: expect.any(String),
    code: expect.any(String),
  });
  expect(answer.body.type).toMatch(/^urn:linli:error:/);
  // No stack, no path of this machine, no refused value.
  expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.ts|node_modules|\/work\/|\/home\//);
  expect((await ask(town, { path: "/api/units/xinan/count" })).body).toEqual(before.body);
});

test("an actor without the post is refused with the reason, whoever they are", async () => {
  for (const person of [RESIDENT, MICRO_HEAD, COMMITTEE]) {
    const token = await tokenOf(town, person);
    const refused = await ask(town, {
      path: `/api/issues/${issue}/act`,
      body: { type: "accept" },
      token,
    });
    expect(refused).toMatchObject({
      status: 403,
      body: {
        type: "urn:linli:error:Refusal",
        code: "NotYours",
        command: "accept",
        because: { zh: "此操作由其他岗位负责" },
      },
    });
    expect(refused.body.allowed).not.toContain("accept");
  }
  const unknown = await ask(town, { path: `/api/issues/${issue}/act`, body: { type: "accept" } });
  expect(unknown.status).toBe(403);
  const allowed = await ask(town, {
    path: `/api/issues/${issue}/act`,
    body: { type: "accept" },
    token: chief,
  });
  expect(allowed.status).toBe(200);
});

test("a body without a length is cut off at the bound", async () => {
  const chunk = new TextEncoder().encode("x".repeat(65_536));
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1;
      if (sent > 100) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const response = await fetch(`${town.address}/api/issues`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    duplex: "half",
  } as RequestInit);
  expect(response.status).toBe(413);
});

test("what is no HTTP gets a problem and the town goes on", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(town.address);
    const socket = connect(Number(port), hostname, () => socket.write("NONSENSE\r\n\r\n"));
    let text = "";
    socket.setEncoding("utf8").on("data", (part) => (text += part));
    socket.on("end", () => resolve(text)).on("error", reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*urn:linli:error/);
  expect((await ask(town, { path: "/api/now" })).status).toBe(200);
});
