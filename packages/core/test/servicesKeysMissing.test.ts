/** Keys that are missing: shown as forgotten only where somebody was, given up only by saying so. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Actor } from "../src/issue/index.ts";
import { decodeAnyEntry } from "../src/journal/index.ts";
import { makeMemoryKeyStore, makeMemoryStorage } from "../src/ports/index.ts";
import type { Storage } from "../src/ports/index.ts";
import { copyableKeys } from "./support/keyCopies.ts";
import {
  WORDS,
  PHONE,
  host,
  report,
  misconfigured,
  open,
  bare,
  inAnyOrder,
  entriesIn,
  seen,
  townWith,
} from "./support/keyTowns.ts";
import { MONDAY, person } from "./support/town.ts";

describe("a key that is missing", () => {
  /** `r` wrote after the copy was made, `r0` before. */
  const older = async () => {
    const town = await townWith();
    const earlier = await town.desk.begin(report, { actor: person("r0") });
    const copy = town.right.copy();
    const { issue } = await town.desk.begin(report, { actor: person("late") });
    const number = { ...PHONE, value: "2" };
    await town.desk.remember("late", number);
    return { ...town, copy, earlier: earlier.issue, late: issue, number };
  };

  test("though nobody was forgotten is a fault, and says what to do", async () => {
    const { storage, copy, earlier, late, number } = await older();
    const { desk } = await open(storage, copy.keys);
    expect(await seen(desk, earlier)).toEqual([[WORDS, false]]);
    const looked = desk.view(late, { viewer: host.actor });
    await expect(looked).rejects.toMatchObject(misconfigured);
    await expect(looked).rejects.toThrow(/newest copy.*adoptKeys/);
    await expect(desk.exportPerson("late", host)).rejects.toMatchObject(misconfigured);
    await expect(desk.personBy(number)).rejects.toMatchObject(misconfigured);
    expect(await desk.personBy({ ...PHONE, value: "nobody's" })).toBeNull();
  });

  test("makes forgetting fail, and nobody is told otherwise", async () => {
    const { storage, right, copy, late } = await older();
    const { desk } = await open(storage, copy.keys);
    const before = await entriesIn(storage);
    await expect(desk.erase("late", host)).rejects.toMatchObject(misconfigured);
    expect(await entriesIn(storage)).toEqual(before);
    expect(await Effect.runPromise(copy.keys.erasures)).toEqual([]);
    const again = await open(storage, right.keys);
    expect(await seen(again.desk, late)).toEqual([[WORDS, false]]);
    expect(await again.desk.erase("late", host)).toMatchObject({ contents: 1 });
    expect(await seen(again.desk, late)).toEqual([[null, true]]);
  });

  test("of a value somebody is looked up by makes forgetting fail too", async () => {
    const { storage, desk, right } = await townWith();
    const copy = right.copy();
    await desk.remember("silent", { ...PHONE, value: "3" });
    const older = await open(storage, copy.keys);
    await expect(older.desk.erase("silent", host)).rejects.toMatchObject(misconfigured);
    expect(await desk.personBy({ ...PHONE, value: "3" })).toBe("silent");
    await desk.erase("silent", host);
    expect(await desk.personBy({ ...PHONE, value: "3" })).toBeNull();
  });

  test("is forgetting from the moment it is destroyed, before the journal says so", async () => {
    const { storage, right, issue } = await townWith();
    const reader = await open(storage, right.keys);
    let broken = true;
    const failing: Storage = {
      ...storage,
      commit: (batch) =>
        broken && batch.entries.some(({ stream }) => stream.startsWith("person/"))
          ? Effect.die("the process ended here")
          : storage.commit(batch),
    };
    const { desk } = await open(failing, right.keys);
    await expect(desk.erase("r", host)).rejects.toThrow();
    expect(await seen(reader.desk, issue)).toEqual([[null, true]]);
    expect(await reader.desk.personBy(PHONE)).toBeNull();
    broken = false;
    expect(await desk.erase("r", host)).toMatchObject({ contents: 0 });
    expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });
});

describe("somebody of whom there is nothing to forget", () => {
  test("is not forgotten, and no answer says so", async () => {
    const { storage, desk, right } = await townWith();
    const before = await entriesIn(storage);
    const erased = desk.erase("R", host);
    await expect(erased).rejects.toMatchObject({ _tag: "NotFound", what: "person's key", id: "" });
    await expect(erased).rejects.toThrow(/nothing was done/);
    expect(await entriesIn(storage)).toEqual(before);
    expect(await Effect.runPromise(right.keys.erasures)).toEqual([]);
  });

  test("was forgotten before: that is answered again", async () => {
    const { desk, issue } = await townWith();
    await desk.erase("r", host);
    expect(await desk.erase("r", host)).toMatchObject({ contents: 0 });
    expect(await seen(desk, issue)).toEqual([[null, true]]);
  });

  test("is forgotten by two at once, while writing and being read: no answer is an error", async () => {
    const race = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { storage, start } = inAnyOrder(scheduler);
      const { right, desk, issue } = await townWith(storage);
      const others = [await open(storage, right.keys), await open(storage, right.keys)];
      start();
      const [two, three] = [others[0]?.desk ?? desk, others[1]?.desk ?? desk];
      const all = Promise.all([
        desk.erase("r", host),
        two.erase("r", host),
        three.act(issue, { type: "comment", words: "still" }, { actor: person("r") }),
        seen(three, issue),
      ]);
      const [one, other, , looked] = await scheduler.waitFor(all);
      expect(one.owner).toBe(other.owner);
      expect([
        [WORDS, false],
        [null, true],
      ]).toContainEqual(looked?.[0]);
      const later = await scheduler.waitFor(seen(desk, issue));
      expect(later?.[0]).toEqual([null, true]);
      expect([
        ["still", false],
        [null, true],
      ]).toContainEqual(later?.[1]);
      const verdict = await scheduler.waitFor(desk.verifyJournal());
      expect(verdict).toMatchObject({ _tag: "Sound" });
    });
    await fc.assert(race, { seed: 6, numRuns: 60 });
  });

  test("has words that are plain: forgotten when they are sealed", async () => {
    const storage = makeMemoryStorage();
    const plain = await open(storage, null);
    await plain.desk.begin(report, { actor: person("r") });
    const { desk } = await open(storage, makeMemoryKeyStore());
    await expect(desk.erase("r2", host)).rejects.toMatchObject({ _tag: "NotFound" });
    expect(await desk.erase("r", host)).toMatchObject({ contents: 0 });
    expect(await desk.sealContents()).toMatchObject({ forgotten: 1 });
  });

  test("has words that are plain, and the key store is from before they were forgotten", async () => {
    const storage = makeMemoryStorage();
    const plain = await open(storage, null);
    await plain.desk.begin(report, { actor: person("r") });
    const keys = copyableKeys();
    const { desk } = await open(storage, keys.keys);
    await desk.remember("other", PHONE);
    const copy = keys.copy();
    await desk.erase("r", host);
    const again = await open(storage, copy.keys);
    expect(await again.desk.sealContents()).toMatchObject({ forgotten: 1, sealed: 0 });
  });
});

describe("a key store that is lost for good", () => {
  test("is counted by whoever runs the place, and given up for another by saying how much that costs", async () => {
    const { storage, right, issue } = await townWith();
    const kept = copyableKeys();
    const desk = bare(storage, kept.keys);
    const found = { keyStore: "another", present: 0, destroyed: 0, givenUp: 0, missing: 1 };
    expect(await desk.inspectKeys()).toEqual(found);
    expect(await bare(storage, right.keys).inspectKeys()).toEqual({
      ...{ keyStore: "own", present: 1, destroyed: 0, givenUp: 0, missing: 0 },
    });
    const by = (actor: Actor, givingUp: number) => desk.adoptKeys({ actor, givingUp });
    await expect(by({ person: "mayor" }, 1)).rejects.toMatchObject({ code: "NotYours" });
    await expect(by(host.actor, 0)).rejects.toMatchObject({
      ...{ _tag: "InputError", path: "/givingUp", reason: expect.stringMatching(/^1 sealed/) },
    });
    await expect(desk.begin(report, { actor: person("r") })).rejects.toMatchObject(misconfigured);

    expect(await by(host.actor, 1)).toEqual({ givenUp: 1 });
    const { event } = Result.getOrThrow(
      decodeAnyEntry((await entriesIn(storage)).at(-1)?.value ?? ""),
    );
    expect(event).toMatchObject({ type: "KeysAdopted", givenUp: 1 });
    const later = await open(storage, kept.keys, { now: () => MONDAY + 1 });
    expect(await seen(later.desk, issue)).toEqual([[null, true]]);
    expect(await later.desk.personBy(PHONE)).toBeNull();
    const next = await later.desk.begin(report, { actor: person("r") });
    expect(await seen(later.desk, next.issue)).toEqual([[WORDS, false]]);
    expect(await later.desk.inspectKeys()).toEqual({
      ...{ keyStore: "own", present: 1, destroyed: 0, givenUp: 1, missing: 0 },
    });
    expect(await later.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
    // The lost one, found again, is another one now.
    await expect(open(storage, right.keys)).rejects.toMatchObject(misconfigured);
  });

  test("or only in part: its older copy goes on, and who is forgotten then stays so when keys come back", async () => {
    const { storage, right, desk } = await townWith();
    const copy = right.copy();
    const { issue } = await desk.begin(report, { actor: person("late") });
    const again = await open(storage, copy.keys, { now: () => MONDAY + 1 });
    await expect(seen(again.desk, issue)).rejects.toMatchObject(misconfigured);
    await bare(storage, copy.keys).adoptKeys({ ...host, givingUp: 1 });
    // A desk that is open learns of it.
    expect(await seen(again.desk, issue)).toEqual([[null, true]]);
    await again.desk.act(issue, { type: "comment", words: "more" }, { actor: person("late") });
    expect(await again.desk.erase("late", host)).toMatchObject({ contents: 1 });
    const back = await open(storage, right.keys);
    expect(await seen(back.desk, issue)).toEqual([
      [null, true],
      [null, true],
    ]);
  });

  test("takes nothing with it that is written afterwards", async () => {
    const { storage, right, desk } = await townWith();
    const copy = right.copy();
    await desk.begin(report, { actor: person("late") });
    await bare(storage, copy.keys).adoptKeys({ ...host, givingUp: 1 });
    const older = copy.copy();
    const later = { now: () => MONDAY + 1 };
    const { issue } = await (
      await open(storage, copy.keys, later)
    ).desk.begin(report, { actor: person("new") });
    const again = await open(storage, older.keys, later);
    await expect(seen(again.desk, issue)).rejects.toMatchObject(misconfigured);
  });

  test("needs keys to go on with", async () => {
    const { storage } = await townWith();
    const desk = bare(storage, null);
    await expect(desk.inspectKeys()).rejects.toMatchObject({ reason: "Unsupported" });
    await expect(desk.adoptKeys({ ...host, givingUp: 1 })).rejects.toMatchObject({
      reason: "Unsupported",
    });
  });
});
