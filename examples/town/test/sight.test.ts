/**
 * Through every address: a confidential complaint about the chief, and an anonymous
 * report. Whoever may not know of the complaint finds no trace of it in any answer,
 * page, log line or message; whoever works on it never reads who reported it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PAGE_ROUTES } from "../src/pages/routes.ts";
import { apiRoutes } from "../src/server/routes.ts";
import { CHIEF, COMMITTEE, DESK, LEAD, MICRO_HEAD, RESIDENT } from "../src/stories/cast.ts";
import { ask, cleanUp, openBrowser, openTestTown, type TestTown, tokenOf } from "./support.ts";

/** Nobody else reports under this person, so that finding it anywhere is a leak. */
const REPORTER = "resident.b";
const WORDS = "凡读到这一句的都不该读到";
const COMPLAINT = {
  type: "report",
  category: "conduct",
  place: { unit: "yekou-3" },
  reporter: { kind: "confidential" },
  about: [{ post: "chief", unit: "yekou-3" }],
  words: WORDS,
};

let town: TestTown;
let issue: string;
let code: string;
let anonymous: string;
const tokens = new Map<string | null, string>();

const visitor = (person: string | null) => {
  const token = tokens.get(person);
  return token === undefined ? {} : { token };
};

beforeAll(async () => {
  town = await openTestTown();
  for (const person of [REPORTER, RESIDENT, CHIEF, MICRO_HEAD, COMMITTEE, DESK, LEAD]) {
    tokens.set(person, await tokenOf(town, person));
  }
  const begun = await ask(town, { path: "/api/issues", body: COMPLAINT, ...visitor(REPORTER) });
  ({ issue, receiptCode: code } = begun.body);
  const report = { type: "report", words: `叶口巷3号楼道堆物，${WORDS}` };
  anonymous = (await ask(town, { path: "/api/issues", body: report })).body.issue;
  const step = { path: `/api/issues/${issue}/act`, ...visitor(MICRO_HEAD) };
  await ask(town, { ...step, body: { type: "accept" } });
  await ask(town, { ...step, body: { type: "comment", words: WORDS } });
});

afterAll(async () => {
  await town.close();
  cleanUp();
});

const STANDS = ["chief/units/yekou-3", "microHead/units/micro-01", "committee/units/zhendong"];

/** Every address that answers a GET, with all that its pattern can be about here. */
const addresses = (): ReadonlyArray<string> => {
  // The town's days are China's, eight hours ahead.
  const dayOf = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);
  const [from, day] = [dayOf(Date.now() - 30 * 86_400_000), dayOf(Date.now())];
  const query: Readonly<Record<string, ReadonlyArray<string>>> = {
    "/api/issues/:issue": ["", "?purpose=handle", "?purpose=follow", "?purpose=board"],
    "/api/issues/:issue/explain": ["", "?reader=clerk", "?reader=developer"],
    "/api/posts/:post/units/:unit/worklist": ["?limit=1", "?as=sponsor"],
    "/api/units/:unit/issues": ["?limit=1", "?limit=6", "?state=settled", "?purpose=board"],
    "/api/units/:unit/board": [`?from=${from}&until=${day}`],
    "/api/units": ["?words=叶口巷3号"],
    "/board": ["?unit=yekou-3", "?unit=xinan", "?unit=micro-01&lang=en"],
    "/issues/:issue": ["?reader=developer", "?done=accept"],
  };
  return [...apiRoutes(), ...PAGE_ROUTES].flatMap((route) => {
    const [method, pattern = ""] = route.split(" ");
    if (method !== "GET" || pattern === "/api") return [];
    const filled = pattern.includes(":post")
      ? STANDS.map((stand) => pattern.replace(":post/units/:unit", stand))
      : pattern.includes("units/:unit")
        ? ["yekou-3", "micro-01", "xinan"].map((unit) => pattern.replace(":unit", unit))
        : [pattern.replace(":month", day.slice(0, 7)).replace(":issue", issue)];
    return filled.flatMap((path) => (query[pattern] ?? [""]).map((part) => `${path}${part}`));
  });
};

const textOf = async (path: string, person: string | null): Promise<string> => {
  if (path.startsWith("/api/") || path === "/openapi.json") {
    const { body } = await ask(town, { path, ...visitor(person) });
    return JSON.stringify(body);
  }
  const browser = openBrowser(town);
  await browser.go("/role");
  await browser.send("/role", { person: person ?? "" });
  await browser.go(path);
  return browser.page();
};

describe.each([null, RESIDENT, CHIEF])("to %s the complaint is not there", (person) => {
  test("at any address", async () => {
    const all = addresses();
    expect(all.length).toBeGreaterThan(35);
    for (const path of all) {
      const text = await textOf(path, person);
      const told = text.includes(issue) && !path.includes(issue) ? "its id" : "";
      expect({ path, told, words: text.includes(WORDS) && person !== CHIEF }).toEqual({
        path,
        told: "",
        words: false,
      });
    }
  });

  test("and no step on it is answered otherwise than a step on nothing", async () => {
    for (const body of [
      { type: "accept" },
      { type: "comment", words: "x" },
      { type: "merge", into: anonymous },
      { type: "close" },
    ]) {
      const [there, nowhere] = await Promise.all(
        [issue, "none"].map((id) =>
          ask(town, { path: `/api/issues/${id}/act`, body, ...visitor(person) }),
        ),
      );
      expect(there?.status).toBe(404);
      expect(there?.body).toEqual(nowhere?.body);
    }
  });

  test("not in the figures of its building either", async () => {
    for (const state of ["open", "settled", "final"]) {
      const at = `/api/units/yekou-3`;
      const { body } = await ask(town, { path: `${at}/count?state=${state}`, ...visitor(person) });
      const list = await ask(town, {
        path: `${at}/issues?state=${state}&limit=200`,
        ...visitor(person),
      });
      expect(body.count).toBe(list.body.issues.length);
    }
  });
});

describe.each([MICRO_HEAD, COMMITTEE, DESK, LEAD])("%s, who may see it,", (person) => {
  test("reads what was said and never by whom", async () => {
    const view = await ask(town, { path: `/api/issues/${issue}`, ...visitor(person) });
    expect(view.body.reporters).toEqual([{ kind: "confidential", person: null }]);
    for (const path of addresses().filter((one) => one.includes(issue))) {
      const text = await textOf(path, person);
      expect({ path, told: text.includes(REPORTER) }).toEqual({ path, told: false });
    }
  });
});

test("the reporter follows it by code; the code opens nothing else", async () => {
  const followed = await ask(town, { path: "/api/follow", body: { code } });
  expect(followed.body.issue.id).toBe(issue);
  expect(JSON.stringify(followed.body)).not.toContain(REPORTER);
  const other = await ask(town, {
    path: `/api/issues/${anonymous}`,
    headers: { "receipt-code": code },
  });
  expect(other.body.contents).toBeNull();
});

test("no log line or message holds words, and none of the complaint goes to the chief", async () => {
  await ask(town, { path: `/api/issues/${issue}/act`, body: { type: "close" }, token: "bad" });
  await ask(town, { path: `/api/units/${encodeURIComponent(WORDS)}/issues` });
  await expect
    .poll(() => town.notices.some((line) => line.includes(issue)), { timeout: 20_000 })
    .toBe(true);
  const logged = town.logs.join("\n");
  expect(logged.length).toBeGreaterThan(1000);
  for (const secret of [WORDS, encodeURIComponent(WORDS), code, REPORTER, CHIEF]) {
    expect(logged.includes(secret), secret).toBe(false);
  }
  expect(town.notices.filter((line) => line.includes(WORDS))).toEqual([]);
  const toChief = town.notices.map((line) => JSON.parse(line)).filter(({ to }) => to === CHIEF);
  expect(JSON.stringify(toChief)).not.toContain(issue);
});

test("a key of somebody else's is neither met nor used up", async () => {
  const body = { type: "report", words: "叶口巷3号三楼灯不亮" };
  const headers = { "idempotency-key": "1" };
  const one = await ask(town, { path: "/api/issues", body, headers, ...visitor(RESIDENT) });
  const again = await ask(town, { path: "/api/issues", body, headers, ...visitor(RESIDENT) });
  const other = await ask(town, {
    path: "/api/issues",
    body: { ...body, words: "叶口巷3号一楼灯不亮" },
    headers,
    ...visitor(REPORTER),
  });
  expect(again.body).toEqual(one.body);
  expect(other.status).toBe(201);
  expect(other.body.issue).not.toBe(one.body.issue);
});
