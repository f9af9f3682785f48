/** Contents written before persons had keys: listed, sealed in small commits, forgotten with their persons. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeAnyEntry } from "../src/journal/index.ts";
import { makeMemoryKeyStore, makeMemoryStorage, platformCipher } from "../src/ports/index.ts";
import { StorageError } from "../src/ports/index.ts";
import type { Storage } from "../src/ports/index.ts";
import { platformDigest } from "../src/services/index.ts";
import type { PeopleSettings } from "../src/services/index.ts";
import { openTown, person } from "./support/town.ts";

const host = { actor: { person: null, host: true } };
const WORDS = "the lamp by the third door";

const keysOf = (): PeopleSettings => ({
  cipher: platformCipher("AES-256-GCM"),
  keys: makeMemoryKeyStore(),
});

const report = { type: "report", place: { unit: "B1" }, category: "repair", words: WORDS };

/** Everything of a kind in a storage, as text. */
const contentsIn = async (storage: Storage) => {
  const { rows } = await Effect.runPromise(
    storage.scan({
      ...{ namespace: "main", kind: "content", index: "issue", range: { from: null, to: null } },
      ...{ order: "ascending", limit: 1000, cursor: null },
    }),
  );
  return rows;
};

const textOf = async (storage: Storage) =>
  (await contentsIn(storage)).map(({ value }) => value).join("\n");

/** Some issues of several persons, written by a desk without keys. */
const plainTown = async (storage: Storage, issues: number) => {
  const { desk } = await openTown({ storage });
  const ids: Array<string> = [];
  for (let i = 0; i < issues; i += 1) {
    const { issue } = await desk.begin(report, { actor: person(`r${i % 7}`) });
    await desk.act(
      issue,
      { type: "comment", words: `${WORDS} ${i}` },
      { actor: person("chief-1") },
    );
    ids.push(issue);
  }
  return ids;
};

const openSealing = async (storage: Storage, people: PeopleSettings, firstId = 10_000) => {
  let id = firstId;
  return openTown({ storage, settings: { people, newId: () => `s${(id += 1)}` } });
};

const all = async (desk: Awaited<ReturnType<typeof openTown>>["desk"]) => {
  let sealed = 0;
  for (;;) {
    const done = await desk.sealContents();
    sealed += done.sealed;
    if (!done.more) return sealed;
  }
};

describe("contents from before there were keys", () => {
  test("are listed page by page, sealed, and then listed no more", async () => {
    const storage = makeMemoryStorage();
    const issues = await plainTown(storage, 60);
    const { desk } = await openSealing(storage, keysOf());
    const listed = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof desk.plainContents>> = await desk.plainContents({
        ...{ after, limit: 17 },
      });
      expect(page.contents.length).toBeLessThanOrEqual(17);
      listed.push(...page.contents);
      after = page.next;
    } while (after !== null);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(120);
    expect(listed).toHaveLength(120);

    expect(await textOf(storage)).toContain("the lamp");
    expect(await desk.sealContents({ limit: 50 })).toEqual({
      ...{ looked: 50, sealed: 50, forgotten: 0, attachments: [], more: true },
    });
    expect(await all(desk)).toBe(70);
    expect(await textOf(storage)).not.toContain("the lamp");
    expect(await desk.plainContents()).toEqual({ contents: [], next: null });
    expect(await all(desk)).toBe(0);
    for (const issue of issues) {
      const { contents } = await desk.view(issue, { viewer: { person: "chief-1" } });
      expect(contents?.map(({ words }) => words?.startsWith(WORDS))).toEqual([true, true]);
    }
    expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("leave in the journal what each sealed record hashes to, and no words", async () => {
    const storage = makeMemoryStorage();
    await plainTown(storage, 3);
    const { desk } = await openSealing(storage, keysOf());
    await all(desk);
    const { entries } = await Effect.runPromise(
      storage.feed({ namespace: "main", after: null, limit: 1000, stream: null }),
    );
    const { event } = Result.getOrThrow(decodeAnyEntry(entries.at(-1)?.value ?? ""));
    const { hash } = platformDigest("SHA-256");
    const hashes = (await contentsIn(storage)).map(({ id, value }) => ({ id, hash: hash(value) }));
    expect(event).toMatchObject({ type: "ContentsSealed", records: hashes, forgotten: [] });
    expect(entries.at(-1)?.stream).toMatch(/^sealing\//);
  });

  test("belong to the persons they would have belonged to: forgotten with them", async () => {
    const storage = makeMemoryStorage();
    const { desk: plain } = await openTown({ storage });
    const forR = { ...report, reporter: { kind: "proxy", person: "r" } };
    const begun = [
      await plain.begin(report, { actor: person("r") }),
      await plain.begin({ ...report, reporter: { kind: "confidential" } }, { actor: person("r") }),
      await plain.begin(forR, { actor: person("chief-1") }),
      await plain.begin({ ...report, reporter: { kind: "anonymous" } }, { actor: person("r") }),
      await plain.begin(report, { actor: person("other") }),
    ];
    const { desk } = await openSealing(storage, keysOf());
    await all(desk);
    const erased = await desk.erase("r", host);
    expect(erased.contents).toBe(3);
    const words = [];
    for (const { issue } of begun) {
      const seen = await desk.view(issue, { viewer: { person: null, host: true } });
      words.push(seen.contents?.[0]?.words ?? null);
    }
    expect(words).toEqual([null, null, null, WORDS, WORDS]);
  });

  test("of a person who was forgotten meanwhile are forgotten, those from after that are not", async () => {
    const storage = makeMemoryStorage();
    const file = {
      ...{ uri: "files/1.jpg", sha256: "a".repeat(64), mime: "image/jpeg", visibility: "parties" },
    };
    const { desk: plain, clock } = await openTown({ storage });
    await plain.begin({ ...report, attachments: [file] }, { actor: person("r") });
    const people = keysOf();
    const { desk } = await openSealing(storage, people);
    await desk.erase("r", host);
    clock.now += 1;
    const back = await plain.begin(report, { actor: person("r") });
    expect(await desk.sealContents()).toEqual({
      ...{ looked: 2, sealed: 1, forgotten: 1, attachments: [file], more: false },
    });
    expect(await textOf(storage)).not.toMatch(/the lamp|files\/1/);
    const seen = await desk.view(back.issue, { viewer: { person: "r" }, purpose: "follow" });
    expect(seen.contents?.[0]?.words).toBe(WORDS);
    expect(await desk.plainContents()).toEqual({ contents: [], next: null });
  });

  test("are all sealed exactly once whatever call fails, and by two processes at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 8 }), fc.boolean(), async (nth, after) => {
        const storage = makeMemoryStorage();
        await plainTown(storage, 55);
        let calls = 0;
        const broken = new StorageError({
          reason: "Unavailable",
          operation: "commit",
          detail: "x",
        });
        const shaky: Storage = {
          ...storage,
          commit: (batch) => {
            calls += 1;
            if (calls !== nth + 1) return storage.commit(batch);
            return after
              ? Effect.andThen(storage.commit(batch), Effect.fail(broken))
              : Effect.fail(broken);
          },
        };
        const people = keysOf();
        const first = await openSealing(storage, people);
        const one = await openSealing(shaky, people, 20_000).catch(() => null);
        await one?.desk.sealContents({ limit: 100 }).catch(() => undefined);
        const two = await openSealing(storage, people, 30_000);
        await Promise.all([all(first.desk), all(two.desk)]);
        expect(await first.desk.plainContents()).toEqual({ contents: [], next: null });
        expect(await textOf(storage)).not.toContain("the lamp");
        const { entries } = await Effect.runPromise(
          storage.feed({ namespace: "main", after: null, limit: 1000, stream: null }),
        );
        const records = entries
          .filter(({ stream }) => stream.startsWith("sealing/"))
          .flatMap(({ value }) => {
            const { event } = Result.getOrThrow(decodeAnyEntry(value));
            return event.type === "ContentsSealed" ? event.records.map(({ id }) => id) : [];
          });
        expect(records.toSorted()).toEqual(
          (await contentsIn(storage)).map(({ id }) => id).toSorted(),
        );
      }),
      { seed: 3, numRuns: 18 },
    );
  });

  test("need keys to be sealed with, but can be listed without", async () => {
    const storage = makeMemoryStorage();
    await plainTown(storage, 1);
    const { desk } = await openTown({ storage });
    await expect(desk.sealContents()).rejects.toMatchObject({ reason: "Unsupported" });
    expect((await desk.plainContents()).contents).toHaveLength(2);
  });
});
