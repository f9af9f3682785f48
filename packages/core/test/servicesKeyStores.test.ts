/** A key store that is another one, new, or not given: refused before anything is read or written. */
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeMemoryKeyStore, makeMemoryStorage } from "../src/ports/index.ts";
import type { KeyStore } from "../src/ports/index.ts";
import { platformDigest } from "../src/services/index.ts";
import {
  WORDS,
  PHONE,
  host,
  report,
  misconfigured,
  open,
  bare,
  counting,
  inAnyOrder,
  earlierRelease,
  remembered,
  contentsIn,
  entriesIn,
  seen,
  townWith,
} from "./support/keyTowns.ts";
import type { Desk } from "./support/keyTowns.ts";
import { person } from "./support/town.ts";

describe("a key store that is another one, or new", () => {
  const everything: ReadonlyArray<
    readonly [string, (desk: Desk, issue: string) => Promise<unknown>]
  > = [
    ["begin", (desk) => desk.begin(report, { actor: person("r") })],
    [
      "act with words",
      (desk, issue) => desk.act(issue, { type: "comment", words: "x" }, { actor: person("r") }),
    ],
    [
      "act without words",
      (desk, issue) => desk.act(issue, { type: "accept" }, { actor: person("chief-1") }),
    ],
    [
      "actAll",
      (desk, issue) =>
        desk.actAll(issue, [{ command: { type: "comment", words: "x" }, actor: person("r") }]),
    ],
    ["view", (desk, issue) => desk.view(issue, { viewer: person("r"), purpose: "follow" })],
    ["timeline", (desk, issue) => desk.timeline(issue, person("chief-1"))],
    ["exportPerson", (desk) => desk.exportPerson("r", host)],
    ["exportPerson of somebody else", (desk) => desk.exportPerson("r2", host)],
    ["erase", (desk) => desk.erase("r", host)],
    ["erase of somebody else", (desk) => desk.erase("r2", host)],
    ["remember", (desk) => desk.remember("r", PHONE)],
    ["personBy", (desk) => desk.personBy(PHONE)],
    ["personBy of another value", (desk) => desk.personBy({ ...PHONE, value: "1" })],
    ["sealContents", (desk) => desk.sealContents()],
    ["reapplyErasures", (desk) => desk.reapplyErasures()],
  ];

  test.each(everything)("%s is refused, and nothing is written anywhere", async (_, run) => {
    const { storage, issue } = await townWith();
    const stranger = makeMemoryKeyStore();
    const elsewhere = await open(makeMemoryStorage(), stranger);
    await elsewhere.desk.begin(report, { actor: person("r") });
    await elsewhere.desk.erase("r", host);
    for (const wrong of [makeMemoryKeyStore(), stranger]) {
      const before = [await contentsIn(storage), await entriesIn(storage)];
      const known = await Effect.runPromise(wrong.erasures);
      const refused = run(bare(storage, wrong), issue);
      await expect(refused).rejects.toMatchObject(misconfigured);
      await expect(refused).rejects.toThrow(/another one, or new.*key file.*path.*adoptKeys/);
      expect([await contentsIn(storage), await entriesIn(storage)]).toEqual(before);
      expect(await Effect.runPromise(wrong.erasures)).toEqual(known);
    }
  });

  test("is refused when a desk is opened, and takes nothing with it", async () => {
    const { storage, right, issue } = await townWith();
    const fresh = makeMemoryKeyStore();
    await expect(open(storage, fresh)).rejects.toMatchObject({
      ...misconfigured,
      operation: "reapplyErasures",
    });
    expect(await Effect.runPromise(fresh.holds("secret main"))).toBe(false);
    const again = await open(storage, right.keys);
    expect(await seen(again.desk, issue)).toEqual([[WORDS, false]]);
    expect(await again.desk.personBy(PHONE)).toBe("r");
  });

  test("of two that begin at once in an empty place, one becomes its own and the other is refused", async () => {
    const race = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { storage, start } = inAnyOrder(scheduler);
      const stores = [makeMemoryKeyStore(), makeMemoryKeyStore()];
      const desks = await Promise.all(stores.map((keys) => open(storage, keys)));
      start();
      const begun = desks.flatMap(({ desk }, store) =>
        [1, 2].map(async (n) => ({
          store,
          issue: (await desk.begin(report, { actor: person(`r${n}`) })).issue,
        })),
      );
      const results = await scheduler.waitFor(Promise.allSettled(begun));
      const done = results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      for (const one of results)
        if (one.status === "rejected") expect(one.reason).toMatchObject(misconfigured);
      const [first] = done;
      expect(done.map(({ store }) => store)).toEqual([first?.store, first?.store]);
      await scheduler.waitFor(
        (async () => {
          const { desk } = await open(storage, stores[first?.store ?? 0] ?? makeMemoryKeyStore());
          for (const { issue } of done) expect(await seen(desk, issue)).toEqual([[WORDS, false]]);
        })(),
      );
    });
    await fc.assert(race, { seed: 5, numRuns: 60 });
  });

  test("is refused though it has a secret of the same id", async () => {
    const { storage, issue } = await townWith();
    const { secret } = JSON.parse((await remembered(storage))?.value ?? "") as { secret: string };
    const wrong = makeMemoryKeyStore();
    const bytes = new Uint8Array(32).fill(7);
    await Effect.runPromise(wrong.current("secret main", { id: secret, bytes }));
    const looked = bare(storage, wrong).view(issue, { viewer: host.actor });
    await expect(looked).rejects.toMatchObject(misconfigured);
    await expect(looked).rejects.toThrow(/another one, or new/);
  });

  test("is told by a fingerprint from which no secret can be read", async () => {
    const { storage } = await townWith();
    const row = await remembered(storage);
    const { secret, fingerprint, ...rest } = JSON.parse(row?.value ?? "") as Record<
      string,
      unknown
    >;
    expect(rest).toEqual({ v: 1, algorithm: "SHA-256", givenUp: null });
    expect(secret).toMatch(/^secret p\d+-\d+$/);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is not suspected when only the hash function is another one", async () => {
    const { storage, right, issue } = await townWith();
    const desk = bare(storage, right.keys, { digest: platformDigest("SM3") });
    expect(await seen(desk, issue)).toEqual([[WORDS, false]]);
    expect(await desk.erase("r", host)).toMatchObject({ contents: 1 });
    expect(await desk.personBy(PHONE)).toBeNull();
  });
});

describe("no keys at all", () => {
  test("beside sealed contents: words are refused, and so is reading; what needs neither goes on", async () => {
    const { storage, issue } = await townWith();
    const { desk } = await open(storage, null);
    const before = await contentsIn(storage);
    for (const run of [
      () => desk.begin(report, { actor: person("r") }),
      () => desk.act(issue, { type: "comment", words: "x" }, { actor: person("r") }),
      () => desk.view(issue, { viewer: person("chief-1") }),
      () => desk.exportPerson("r", host),
    ]) {
      await expect(run()).rejects.toMatchObject(misconfigured);
      await expect(run()).rejects.toThrow(/no keys were given.*`people`/);
    }
    expect(await contentsIn(storage)).toEqual(before);
    await desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
    expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("are noticed beside contents of an earlier release too", async () => {
    const storage = makeMemoryStorage();
    await townWith(earlierRelease(storage));
    expect(await remembered(storage)).toBeNull();
    const { desk } = await open(storage, null);
    await expect(desk.begin(report, { actor: person("r") })).rejects.toMatchObject(misconfigured);
  });
});

describe("contents of a release that did not remember its key store", () => {
  const earlier = async () => {
    const storage = makeMemoryStorage();
    return { ...(await townWith(earlierRelease(storage))), storage };
  };

  test("are adopted by the key store that opens them, at the first words", async () => {
    const { storage, right, issue } = await earlier();
    const { desk } = await open(storage, right.keys);
    expect(await seen(desk, issue)).toEqual([[WORDS, false]]);
    expect(await remembered(storage)).toBeNull();
    await desk.begin(report, { actor: person("r") });
    expect(await remembered(storage)).not.toBeNull();
    await expect(open(storage, makeMemoryKeyStore())).rejects.toMatchObject(misconfigured);
  });

  test("refuse a key store that opens none of them, however often it is asked", async () => {
    const { storage, right, issue } = await earlier();
    const desk = bare(storage, makeMemoryKeyStore());
    for (let i = 0; i < 2; i += 1) {
      await expect(desk.view(issue, { viewer: host.actor })).rejects.toMatchObject(misconfigured);
      await expect(desk.begin(report, { actor: person("r") })).rejects.toMatchObject(misconfigured);
    }
    expect(await remembered(storage)).toBeNull();
    const again = await open(storage, right.keys);
    expect(await seen(again.desk, issue)).toEqual([[WORDS, false]]);
  });

  test("refuse a key store with a key of the same id that does not open them", async () => {
    const { storage, issue } = await earlier();
    const [row] = await contentsIn(storage);
    const { key } = JSON.parse(row?.value ?? "") as { readonly key: string };
    const wrong = makeMemoryKeyStore();
    await Effect.runPromise(wrong.current("x", { id: key, bytes: new Uint8Array(32) }));
    const looked = bare(storage, wrong).view(issue, { viewer: host.actor });
    await expect(looked).rejects.toMatchObject(misconfigured);
  });

  test("belong to the key store that destroyed their keys, journaled or not; to any once all are journaled", async () => {
    const { storage, right } = await earlier();
    const owner = (await contentsIn(storage))
      .map(({ value }) => (JSON.parse(value) as { readonly owner: string }).owner)
      .at(0);
    await Effect.runPromise(right.keys.erase({ namespace: "main", owner: owner ?? "", at: 1 }));
    await expect(open(storage, makeMemoryKeyStore())).rejects.toMatchObject(misconfigured);
    // Opening journals what the key store had only begun.
    await open(storage, right.keys);
    const fresh = await open(storage, makeMemoryKeyStore());
    await fresh.desk.begin(report, { actor: person("r") });
  });

  test("are those of an older copy too, when it destroyed a key of theirs: it says what it lacks", async () => {
    const { storage, right, desk } = await earlier();
    const [row] = await contentsIn(storage);
    const { owner } = JSON.parse(row?.value ?? "") as { readonly owner: string };
    await Effect.runPromise(right.keys.erase({ namespace: "main", owner, at: 1 }));
    const copy = right.copy();
    const { issue } = await desk.begin(report, { actor: person("late") });
    const looked = bare(storage, copy.keys).view(issue, { viewer: host.actor });
    await expect(looked).rejects.toMatchObject(misconfigured);
    await expect(looked).rejects.toThrow(/newest copy/);
  });

  test("where no word was said yet, commands bind nobody to a key store", async () => {
    const storage = makeMemoryStorage();
    const first = await open(storage, makeMemoryKeyStore());
    const { words: _, ...wordless } = report;
    const { issue } = await first.desk.begin(wordless, { actor: person("r") });
    await first.desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
    expect(await remembered(storage)).toBeNull();
    const { desk } = await open(storage, makeMemoryKeyStore());
    await desk.begin(report, { actor: person("r") });
    const late = first.desk.begin(report, { actor: person("r") });
    await expect(late).rejects.toMatchObject(misconfigured);
  });

  test("where there are none, any key store begins", async () => {
    const storage = makeMemoryStorage();
    const plain = await open(storage, null);
    const { issue } = await plain.desk.begin(report, { actor: person("r") });
    const keys = makeMemoryKeyStore();
    const { desk } = await open(storage, keys);
    expect(await seen(desk, issue)).toEqual([[WORDS, false]]);
    expect(await remembered(storage)).toBeNull();
    expect(await desk.sealContents()).toMatchObject({ sealed: 1 });
    expect(await remembered(storage)).not.toBeNull();
  });
});

describe("what it costs", () => {
  const conversation = async (desk: Desk) => {
    const { issue } = await desk.begin(report, { actor: person("r") });
    await desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
    await desk.act(issue, { type: "comment", words: "soon" }, { actor: person("chief-1") });
    await desk.view(issue, { viewer: person("chief-1") });
    return issue;
  };

  test("with keys: one read for each process, one commit for each namespace, and nothing for a command", async () => {
    const { storage, calls } = counting(makeMemoryStorage());
    const keys = makeMemoryKeyStore();
    const first = await open(storage, keys);
    await conversation(first.desk);
    expect(calls.filter((call) => call === "commit keyStore")).toHaveLength(1);

    calls.length = 0;
    const second = await open(storage, keys);
    await conversation(second.desk);
    expect(calls.filter((call) => call.includes("keyStore"))).toEqual(["read keyStore"]);
    calls.length = 0;
    await conversation(second.desk);
    const sealed = [...calls];
    const plain = counting(makeMemoryStorage());
    const { desk } = await open(plain.storage, null);
    await conversation(desk);
    plain.calls.length = 0;
    await conversation(desk);
    // Sealed or plain, a command takes the same calls, and as many as ever.
    expect(sealed).toEqual(plain.calls);
    expect(sealed.filter((call) => call.startsWith("commit"))).toHaveLength(3);
    expect(sealed.filter((call) => call.includes("keyStore"))).toEqual([]);
  });

  test("without keys: one read and one look for each process", async () => {
    const { storage, calls } = counting(makeMemoryStorage());
    const { desk } = await open(storage, null);
    calls.length = 0;
    for (let i = 0; i < 5; i += 1) await conversation(desk);
    const extra = calls.filter((call) => /keyStore|owner/.test(call));
    expect(extra).toEqual(["read keyStore", "scan content owner"]);
  });

  test("the key store is asked less often: once for a command with words", async () => {
    const inner = makeMemoryKeyStore();
    let asked = 0;
    const keys: KeyStore = {
      ...inner,
      current: (owner, fresh) => {
        asked += 1;
        return inner.current(owner, fresh);
      },
    };
    const { desk } = await open(makeMemoryStorage(), keys);
    await conversation(desk);
    asked = 0;
    await conversation(desk);
    expect(asked).toBe(2);
  });
});
