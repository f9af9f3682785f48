/**
 * Every command through the service, on the lives issues really have: each is listed
 * as open to whoever gives it, its schema takes the input, a stranger's try is refused
 * with what they may do, and it does what its name says.
 */
import * as Schema from "effect/Schema";
import { afterAll, describe, expect, test } from "vitest";
import { makeMemoryNotifier } from "../src/ports/index.ts";
import { COMMANDS, Refusal } from "../src/issue/index.ts";
import type { Actor } from "../src/issue/index.ts";
import { charter as smalltown, DAY, HOUR, openTown, person } from "./support/town.ts";

const driven = new Set<string>();

/** A command as a client sends it. */
type Input = { readonly type: string; readonly [field: string]: unknown };

const open = async (charter: object = smalltown) => {
  const notifier = makeMemoryNotifier("test");
  const addressesOf = (who: string) => [{ channel: "test", to: who, locale: "en" as const }];
  const settings = { notifiers: [notifier], addressesOf };
  const { clock, desk } = await openTown({ charter, settings });
  const host: Actor = { person: null, host: true };

  const begin = async (command: Input, actor: Actor) => {
    driven.add(command.type);
    return desk.begin(command, { actor });
  };

  const refusal = async (issue: string, actor: Actor, command: object) => {
    const error: unknown = await desk.act(issue, command, { actor }).catch((refused) => refused);
    if (!(error instanceof Refusal)) throw new Error(`${JSON.stringify(command)} was not refused`);
    return error;
  };

  /** A stranger's try is refused with what they may do; then the right one's goes through. */
  const does = async (issue: string, actor: Actor, command: Input) => {
    const stranger = person("chief-2");
    const others = await desk.actions(issue, stranger).catch(() => null);
    const allowed = others?.filter((one) => one.allowed).map((one) => one.command);
    if (allowed?.some((name) => name === command.type) !== true) {
      const refused = await refusal(issue, stranger, command);
      expect(refused.allowed).toEqual(allowed ?? ["report"]);
      if (allowed === undefined) expect(refused.code).toBe("NoSuchIssue");
    }
    const action = (await desk.actions(issue, actor)).find((one) => one.command === command.type);
    expect(action, command.type).toMatchObject({ allowed: true, refused: null });
    expect(action !== undefined && Schema.is(action.input)(command), command.type).toBe(true);
    driven.add(command.type);
    clock.now += HOUR / 4;
    return desk.act(issue, command, { actor });
  };

  const told = async (who: string) => {
    // Messages of one issue go one in a pass.
    while ((await desk.runDue()).sent > 0);
    return notifier.sent().filter(({ to }) => to === who);
  };
  const seen = (issue: string) => desk.view(issue, { viewer: host });
  return { begin, clock, desk, does, refusal, seen, told };
};

const chief = person("chief-1");
const secretary = person("sec-1");
const mayor = person("mayor");
const resident = person("resident");
const atB1 = { type: "report", place: { unit: "B1" }, category: "repair", words: "no light" };

afterAll(() => {
  expect([...driven].sort()).toEqual(Object.keys(COMMANDS).sort());
});

describe("every command through the service", () => {
  test("the plain life: accept, contact, resolve, verify, answer, close, follow up, reopen twice", async () => {
    const { begin, does, refusal, seen } = await open();
    const { issue } = await begin(atB1, resident);
    await does(issue, chief, { type: "accept" });
    await does(issue, chief, { type: "contact", reached: true });
    expect((await refusal(issue, chief, { type: "resolve" })).code).toBe("EvidenceMissing");
    await does(issue, chief, { type: "resolve", words: "a new bulb" });
    expect((await refusal(issue, chief, { type: "verify", passed: true })).code).toBe("OwnWork");
    await does(issue, secretary, { type: "verify", passed: true });
    expect((await refusal(issue, chief, { type: "close" })).code).toBe("NotNow");
    await does(issue, chief, { type: "answer", words: "it is lit again" });
    expect((await does(issue, chief, { type: "close" })).status).toBe("closed");
    await does(issue, resident, { type: "followUp", reached: true, rating: 2 });
    const once = await does(issue, resident, { type: "reopen", words: "dark again" });
    expect(once.handler.level).toBe("building");
    await does(issue, chief, { type: "settle", words: "a new lamp" });
    const twice = await does(issue, resident, { type: "reopen", words: "dark again" });
    expect(twice.handler.level).toBe("community");
    expect((await seen(issue)).rating).toBe(2);
  });

  test("up and back: hand up, send back, refer, assign for good", async () => {
    const { begin, does, refusal } = await open();
    const { issue } = await begin(atB1, resident);
    const up = await does(issue, chief, { type: "handUp", words: "too much" });
    expect(up).toMatchObject({ handler: { unit: "C1" }, events: ["HandedUp"] });
    const back = await does(issue, secretary, { type: "sendBack", words: "yours" });
    expect(back.handler.unit).toBe("B1");
    const to = { post: "secretary", unit: "C1" };
    const referred = await does(issue, chief, { type: "refer", to, words: "costs more" });
    expect(referred.handler.unit).toBe("C1");
    const final = { type: "assign", to: { post: "chief", unit: "B1" }, final: true };
    expect((await does(issue, mayor, final)).handler.unit).toBe("B1");
    expect((await refusal(issue, chief, { type: "sendBack", words: "no" })).code).toBe(
      "AssignedFinally",
    );
  });

  test("with others: ask, respond, summon, check in, helper, comment, support, link, merge", async () => {
    const { begin, does, seen, told } = await open();
    const { issue } = await begin(atB1, resident);
    await does(issue, chief, { type: "ask", organisation: "property", words: "a lift" });
    const answer = { type: "respond", organisation: "property", words: "tomorrow" };
    await does(issue, person("engineer"), answer);
    const posts = [
      { post: "secretary", unit: "C1" },
      { post: "chief", unit: "B2" },
    ];
    await does(issue, chief, { type: "summon", posts });
    expect((await told("sec-1")).length).toBeGreaterThan(0);
    await does(issue, secretary, { type: "checkIn", post: "secretary", unit: "C1" });
    expect((await seen(issue)).summons?.map(({ lead, unit }) => [unit, lead])).toEqual([
      ["C1", true],
      ["B2", false],
    ]);
    await does(issue, chief, { type: "addHelper", person: "volunteer" });
    await does(issue, person("volunteer"), { type: "comment", words: "on my way" });
    await does(issue, person("neighbour"), { type: "support" });
    const other = await begin({ ...atB1, words: "dark stairs" }, person("other"));
    await does(issue, chief, { type: "link", issue: other.issue, relation: "related" });
    await does(other.issue, chief, { type: "merge", into: issue });
    const kept = await seen(issue);
    expect(kept.reporters?.map((one) => one.person)).toEqual(["resident", "other"]);
  });

  test("time: extension asked for, granted and told to the reporter, suspend, resume, supervise, urge", async () => {
    const { begin, clock, does, refusal, seen, told } = await open();
    const { issue } = await begin(atB1, resident);
    await does(issue, chief, { type: "accept" });
    const asked = { type: "requestExtension", clock: "resolve", words: "parts are missing" };
    await does(issue, chief, asked);
    const until = clock.now + 12 * DAY;
    const grant = { type: "grantExtension", granted: true, until };
    expect((await refusal(issue, chief, grant)).code).toBe("NotYours");
    const before = (await told("resident")).length;
    await does(issue, secretary, grant);
    const extension = (await told("resident")).slice(before);
    expect(extension).toHaveLength(1);
    expect(extension[0]?.body).toMatch(/^Extension granted; due /);
    await does(issue, chief, { type: "suspend", reviewBy: clock.now + DAY, words: "rain" });
    expect((await seen(issue)).status).toBe("suspended");
    await does(issue, chief, { type: "resume" });
    await does(issue, mayor, { type: "supervise", words: "before the frost" });
    await does(issue, resident, { type: "urge", words: "please" });
    const bodies = (await told("chief-1")).map(({ body }) => body);
    expect(bodies).toEqual(expect.arrayContaining(["Put under supervision", "Urged"]));
  });

  test("put right: reclassified up and down, relocated, and from the triage desk", async () => {
    const { begin, does, seen } = await open();
    const { issue } = await begin(atB1, resident);
    const facts = { severity: "high" };
    const reclassify = { type: "reclassify", category: "hazard", facts, words: "open shaft" };
    const moved = await does(issue, chief, reclassify);
    expect(moved.handler.level).toBe("community");
    expect((await does(issue, secretary, { type: "relocate", unit: "B3" })).handler).toMatchObject({
      unit: "C2",
    });
    const lost = await begin(
      { type: "report", words: "a lamp flickers somewhere" } as never,
      resident,
    );
    expect(lost.handler).toMatchObject({ post: "desk", unit: "T" });
    const found = { type: "relocate", unit: "B1" };
    expect((await does(lost.issue, person("desk"), found)).handler.unit).toBe("B1");
    expect((await seen(lost.issue)).unit).toBe("B1");
  });

  test("other ends: withdraw, decline with a lawful reason, signpost; recorded as settled", async () => {
    const { begin, clock, does, refusal } = await open();
    const report = async () => (await begin(atB1, resident)).issue;
    const withdrawn = await report();
    expect((await does(withdrawn, resident, { type: "withdraw" })).status).toBe("withdrawn");
    expect((await refusal(withdrawn, chief, { type: "accept" })).code).toBe("NotNow");
    const declined = await report();
    expect((await refusal(declined, chief, { type: "decline", reason: "too-far" })).code).toBe(
      "UnknownReason",
    );
    await does(declined, chief, { type: "decline", reason: "not-public", words: "private" });
    const signposted = await report();
    const sign = { type: "signpost", to: "court", words: "the court decides" };
    expect((await does(signposted, chief, sign)).status).toBe("signposted");
    const settled = await begin(
      { ...atB1, type: "recordSettled", settledAt: clock.now - HOUR },
      chief,
    );
    expect(settled).toMatchObject({ status: "resolved", events: ["SettledRecorded"] });
  });

  test("a confidential reporter is unsealed for a post the charter names", async () => {
    const permitted = { ...smalltown, permissions: { unseal: [{ post: "desk" }] } };
    const { begin, does, seen } = await open(permitted);
    const { issue } = await begin({ ...atB1, reporter: { kind: "confidential" } }, resident);
    await does(issue, person("desk"), { type: "unseal", words: "the reporter is threatened" });
    expect((await seen(issue)).status).toBe("reported");
  });
});
