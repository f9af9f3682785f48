/** What is kept how long, and finding a person by a value that is not kept. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeAnyEntry } from "../src/journal/index.ts";
import { makeMemoryKeyStore, makeMemoryStorage, platformCipher } from "../src/ports/index.ts";
import type { Storage } from "../src/ports/index.ts";
import { retentionPlan } from "../src/services/index.ts";
import type { Retained, RetentionPolicy } from "../src/services/index.ts";
import { DAY, openTown, person } from "./support/town.ts";

const host = { actor: { person: null, host: true } };
const viewer = { person: "chief-1" };

const life = async ({ desk }: Awaited<ReturnType<typeof openTown>>, words: string) => {
  const report = { type: "report", place: { unit: "B1" }, category: "repair", words };
  const { issue } = await desk.begin(report, { actor: person("r") });
  await desk.act(issue, { type: "comment", words: `${words} again` }, { actor: person("r") });
  return issue;
};

const withdraw = ({ desk }: Awaited<ReturnType<typeof openTown>>, issue: string) =>
  desk.act(issue, { type: "withdraw", words: "it is light again" }, { actor: person("r") });

test("a plan forgets exactly what ended long enough ago and nobody holds", () => {
  const record: fc.Arbitrary<Retained> = fc.record({
    id: fc.uuid(),
    issue: fc.constantFrom("i1", "i2", "i3"),
    command: fc.constantFrom("report", "comment", "answer"),
    endedAt: fc.option(fc.nat(100), { nil: null }),
  });
  fc.assert(
    fc.property(fc.array(record), fc.nat(200), fc.nat(60), (records, now, millis) => {
      const policy = { contents: millis, byCommand: { comment: 5, answer: null }, hold: ["i3"] };
      const plan = retentionPlan(now, policy, records);
      expect(plan.forget.length + plan.keep.length).toBe(records.length);
      const forget = new Set(plan.forget);
      for (const { id, issue, command, endedAt } of records) {
        const kept = command === "comment" ? 5 : millis;
        const over = endedAt !== null && command !== "answer" && endedAt + kept <= now;
        expect(forget.has(id)).toBe(over && issue !== "i3");
      }
      const next = plan.keep.map((one) => one.until).filter((until) => until !== null);
      // Nothing changes before the first of the instants that the plan names.
      const later = retentionPlan(Math.max(now, Math.min(...next, 300) - 1), policy, records);
      expect(later.forget).toEqual(plan.forget);
    }),
    { seed: 4, numRuns: 300 },
  );
});

test.each([true, false])("contents are forgotten by kind, sealed: %s", async (sealed) => {
  const people = { cipher: platformCipher("AES-256-GCM"), keys: makeMemoryKeyStore() };
  const town = await openTown({ settings: sealed ? { people } : {} });
  const [ended, held, open] = [
    await life(town, "dark stairs"),
    await life(town, "dark yard"),
    await life(town, "dark gate"),
  ];
  await withdraw(town, ended);
  await withdraw(town, held);
  await town.desk.seal();
  const policy = { contents: 365 * DAY, byCommand: { comment: 30 * DAY }, hold: [held] };
  const wordsOf = async (issue: string) =>
    (await town.desk.view(issue, { viewer })).contents
      ?.map((content) => content.words ?? "-")
      .toSorted();

  town.clock.now += 30 * DAY - 1;
  expect(await town.desk.applyRetention(policy)).toMatchObject({ contents: 0 });
  town.clock.now += 1;
  expect(await town.desk.applyRetention(policy)).toMatchObject({ contents: 1, issues: 1 });
  expect(await town.desk.applyRetention(policy)).toMatchObject({ contents: 0 });
  expect(await wordsOf(ended)).toEqual(["-", "dark stairs", "it is light again"]);
  town.clock.now += 365 * DAY;
  expect(await town.desk.applyRetention(policy)).toMatchObject({ contents: 2, issues: 1 });
  expect(await wordsOf(ended)).toEqual(["-", "-", "-"]);
  expect(await wordsOf(held)).toEqual(["dark yard", "dark yard again", "it is light again"]);
  expect(await wordsOf(open)).toEqual(["dark gate", "dark gate again"]);
  expect(await town.desk.applyRetention({ contents: null })).toMatchObject({ contents: 0 });
  expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound", seals: 1 });
});

test("a policy that says something else than it can mean forgets nothing", async () => {
  const town = await openTown();
  const issue = await life(town, "dark stairs");
  await withdraw(town, issue);
  town.clock.now += DAY;
  const wrong: ReadonlyArray<readonly [object, string]> = [
    [{ contents: -1 }, "/contents"],
    [{ contents: Number.NaN }, "/contents"],
    [{ contents: 0.5 }, "/contents"],
    [{ contents: "0" }, "/contents"],
    [{}, "/contents"],
    [{ contents: 0, byCommand: { coment: null } }, "/byCommand/coment"],
    [{ contents: 0, byCommand: { comment: -1 } }, "/byCommand/comment"],
    [{ contents: 0, hold: issue }, "/hold"],
    [{ contents: 0, holds: [issue] }, "/holds"],
  ];
  for (const [policy, path] of wrong) {
    const applied = town.desk.applyRetention(policy as RetentionPolicy);
    await expect(applied).rejects.toMatchObject({ _tag: "InputError", door: "retention", path });
  }
  const kept = (await town.desk.view(issue, { viewer })).contents ?? [];
  expect(kept.every(({ words }) => words !== null)).toBe(true);
  expect(await town.desk.applyRetention({ contents: 0 })).toMatchObject({ contents: 3 });
});

test("all contents of an issue are forgotten, however many there are", async () => {
  const town = await openTown();
  const issue = await life(town, "dark stairs");
  for (let nth = 0; nth < 1_000; nth += 1)
    await town.desk.act(issue, { type: "comment", words: `${nth}` }, { actor: person("r") });
  await withdraw(town, issue);
  const all = { contents: 0 };
  expect(await town.desk.applyRetention(all)).toMatchObject({ contents: 1_003, issues: 1 });
  expect(await town.desk.applyRetention(all)).toMatchObject({ contents: 0 });
  expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
});

test("an issue that is opened again while its time runs out keeps everything", async () => {
  const storage = makeMemoryStorage();
  let meanwhile: (() => Promise<unknown>) | null = null;
  const racing: Storage = {
    ...storage,
    commit: (batch) => {
      const act = meanwhile;
      const isForgetting = batch.entries.some(({ stream }) => stream.startsWith("retention/"));
      if (act === null || !isForgetting) return storage.commit(batch);
      meanwhile = null;
      return Effect.andThen(Effect.promise(act), storage.commit(batch));
    },
  };
  const town = await openTown({ storage: racing });
  const close = async (words: string) => {
    const issue = await life(town, words);
    const chief = { actor: person("chief-1") };
    for (const step of [
      { type: "settle", words: "a new lamp" },
      { type: "answer", words: "it is light" },
    ])
      await town.desk.act(issue, step, chief);
    await town.desk.act(issue, { type: "verify", passed: true }, { actor: person("r") });
    return (await town.desk.act(issue, { type: "close" }, chief)).issue;
  };
  const [again, ended] = [await close("dark stairs"), await close("dark yard")];
  town.clock.now += DAY;
  const reopen = { type: "reopen", words: "dark once more" };
  meanwhile = () => town.desk.act(again, reopen, { actor: person("r") });
  expect(await town.desk.applyRetention({ contents: 0 })).toMatchObject({ issues: 1 });
  const wordsOf = async (issue: string) =>
    (await town.desk.view(issue, { viewer })).contents?.map(({ words }) => words);
  expect(await wordsOf(again)).toContain("dark stairs");
  expect((await wordsOf(ended))?.every((words) => words === null)).toBe(true);
});

test("a number leads to its person, stands nowhere, and leads nowhere once they are forgotten", async () => {
  const written: Array<string> = [];
  const inner = makeMemoryStorage();
  const storage: Storage = {
    ...inner,
    commit: (batch) => {
      written.push(JSON.stringify(batch));
      return inner.commit(batch);
    },
  };
  const people = { cipher: platformCipher("AES-256-GCM"), keys: makeMemoryKeyStore() };
  const { desk } = await openTown({ storage, settings: { people } });
  const phone = { field: "phone", value: "000-0000-0000" };
  await desk.remember("somebody", phone);
  expect(await desk.personBy(phone)).toBe("somebody");
  expect(await desk.personBy({ ...phone, field: "card" })).toBeNull();
  expect(await desk.personBy({ ...phone, value: "000-0000-0001" })).toBeNull();
  expect(written.join("\n")).not.toMatch(/000-0000|somebody/);
  await desk.remember("another", phone);
  expect(await desk.personBy(phone)).toBe("another");
  await desk.erase("another", host);
  expect(await desk.personBy(phone)).toBeNull();
  await expect(desk.remember("a", { field: "phone", value: "" })).rejects.toMatchObject({
    path: "/value",
  });
  const plain = await openTown();
  await expect(plain.desk.personBy(phone)).rejects.toMatchObject({ reason: "Unsupported" });
});

test("whoever is found by a number was read, and it is journaled without naming them", async () => {
  const people = { cipher: platformCipher("AES-256-GCM"), keys: makeMemoryKeyStore() };
  const storage = makeMemoryStorage();
  const { desk } = await openTown({ storage, settings: { people } });
  const phone = { field: "phone", value: "000-0000-0000" };
  await desk.remember("somebody", phone);
  await desk.personBy({ ...phone, value: "000-0000-0001" });
  expect(await desk.flushReads()).toBe(0);
  const looking = { viewer: person("desk"), purpose: "call back" };
  for (let nth = 0; nth < 3; nth += 1) await desk.personBy(phone, looking);
  await desk.personBy(phone);
  const issue = await life({ desk, clock: { now: 0 } }, "dark stairs");
  await desk.view(issue, { viewer });
  expect(await desk.flushReads()).toBe(5);
  const { entries } = await Effect.runPromise(
    storage.feed({ namespace: "main", after: null, limit: 100, stream: null }),
  );
  const access = entries.filter(({ stream }) => stream.startsWith("access/"));
  expect(access.map(({ value }) => value.includes("somebody"))).toEqual([false, false]);
  const events = access.map(({ value }) => Result.getOrThrow(decodeAnyEntry(value)).event);
  expect(events.map(({ type }) => type)).toEqual(["SealedRead", "PersonsLookedUp"]);
  const { owner } = await desk.erase("somebody", host);
  expect(
    events.flatMap((event) =>
      event.type === "PersonsLookedUp"
        ? event.lookups.map((one) => [one.viewer, one.owner, one.purpose, one.times])
        : [],
    ),
  ).toEqual([
    ["desk", owner, "call back", 3],
    [null, owner, "lookup", 1],
  ]);
  // Nobody is found any more, so nobody is read.
  await desk.personBy(phone);
  expect(await desk.flushReads()).toBe(0);
  const unsaid = desk.personBy(phone, { purpose: "" });
  await expect(unsaid).rejects.toMatchObject({ path: "/purpose" });
  expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
});
