/** Contents under keys, persons forgotten, readings journaled, exports. */
import * as crypto from "node:crypto";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  makeMemoryKeyStore,
  makeMemoryStorage,
  platformCipher,
  StorageError,
} from "../src/ports/index.ts";
import type { KeyStore, PlatformCipher, Storage } from "../src/ports/index.ts";
import type { SealedReading } from "../src/journal/index.ts";
import { encodeCanonical } from "../src/data/index.ts";
import { Linli, LinliConfig, platformDigest } from "../src/services/index.ts";
import type { PeopleSettings } from "../src/services/index.ts";
import { calendar, directory, HOUR, MONDAY, openTown, person } from "./support/town.ts";

const WORDS = "the lamp on the third floor, by Zhang's door";
const ANSWER = "a new lamp was put in";
const host = { actor: { person: null, host: true } };
const report = { type: "report", place: { unit: "B1" }, category: "repair", words: WORDS };
const file = {
  ...{ uri: "files/1.jpg", sha256: "a".repeat(64), mime: "image/jpeg", visibility: "parties" },
};

const peopleOf = (keys: KeyStore = makeMemoryKeyStore()): PeopleSettings => ({
  cipher: platformCipher("AES-256-GCM"),
  keys,
});

const openSealed = async (
  storage: Storage = makeMemoryStorage(),
  people: PeopleSettings = peopleOf(),
) => ({ storage, people, ...(await openTown({ storage, settings: { people } })) });

/** Everything a storage was ever given to keep, as text. */
const recording = () => {
  const written: Array<string> = [];
  const inner = makeMemoryStorage();
  const storage: Storage = {
    ...inner,
    commit: (batch) => {
      written.push(JSON.stringify(batch));
      return inner.commit(batch);
    },
  };
  return { storage, text: () => written.join("\n") };
};

/** A settled issue of the resident `r`. */
const settled = async ({ desk }: Awaited<ReturnType<typeof openSealed>>) => {
  const { issue } = await desk.begin({ ...report, attachments: [file] }, { actor: person("r") });
  await desk.act(issue, { type: "settle", words: ANSWER }, { actor: person("chief-1") });
  return issue;
};

const wordsOf = async (town: Awaited<ReturnType<typeof openSealed>>, issue: string) =>
  (await town.desk.view(issue, { viewer: { person: "chief-1" } })).contents?.map(
    ({ words, by, erased }) => [words, by, erased === true],
  );

const entriesOf = async (storage: Storage) =>
  (
    await Effect.runPromise(
      storage.feed({ namespace: "main", after: null, limit: 1000, stream: null }),
    )
  ).entries;

describe("contents under keys", () => {
  test("are read as before by whoever may, and stand nowhere in the storage", async () => {
    const { storage, text } = recording();
    const town = await openSealed(storage);
    const issue = await settled(town);
    expect(await wordsOf(town, issue)).toEqual([
      [WORDS, "r", false],
      [ANSWER, "chief-1", false],
    ]);
    expect(text()).not.toContain("the lamp");
    expect(text()).not.toContain("files/1.jpg");
    const plain = recording();
    await settled({ ...(await openTown({ storage: plain.storage })), storage, people: peopleOf() });
    expect(plain.text()).toContain("the lamp");
  });

  test("say of themselves nothing that a guess could be held against", async () => {
    const written = async (people: PeopleSettings | null) => {
      const { storage, text } = recording();
      const { desk } = await openTown({ storage, settings: { people, newId: () => "x" } });
      const options = { actor: person("r"), commandId: "c" };
      await desk.begin({ type: "report", place: { unit: "B1" }, words: WORDS }, options);
      return text();
    };
    const { hash } = platformDigest("SHA-256");
    const command = { type: "report", place: { unit: "B1" }, words: WORDS };
    const guesses = [
      hash(encodeCanonical({ w: WORDS, a: [] })),
      hash(encodeCanonical({ actor: person("r"), command, issue: null })),
    ];
    const [plain, sealed] = [await written(null), await written(peopleOf())];
    for (const guess of guesses) {
      expect(plain).toContain(guess);
      expect(sealed).not.toContain(guess);
    }
  });

  test("are not opened by a receipt code that the storage keeps", async () => {
    const { storage, text } = recording();
    const town = await openSealed(storage);
    const options = { actor: { person: null }, commandId: "once" };
    const nameless = { ...report, reporter: { kind: "anonymous" } };
    const { issue, receiptCode } = await town.desk.begin(nameless, options);
    const code = receiptCode ?? "";
    expect(code).toMatch(/^[2-9A-Z]{4}(-[2-9A-Z]{4}){2}$/);
    expect(text()).not.toContain(code);
    // Sent again, from another process too, it is answered with the same code.
    const other = await openSealed(storage, town.people);
    for (const { desk } of [town, other])
      expect(await desk.begin(nameless, options)).toMatchObject({ issue, receiptCode: code });
    const follower = await other.desk.byReceipt(code.toLowerCase());
    expect(follower.issue).toBe(issue);
    const seen = await town.desk.view(issue, { viewer: follower.actor, purpose: "follow" });
    expect(seen.contents?.[0]?.words).toBe(WORDS);
    // Two reports have two codes, and other commands have none.
    const second = await town.desk.begin(nameless, { actor: { person: null } });
    expect(second.receiptCode).not.toBe(code);
    const urged = await town.desk.act(issue, { type: "urge" }, { actor: follower.actor });
    expect(urged.receiptCode).toBeNull();
    // The answer of an earlier release, or of a time without keys, holds its code.
    const earlier = await openTown({ storage: makeMemoryStorage() });
    const first = await earlier.desk.begin(nameless, options);
    expect(await earlier.desk.begin(nameless, options)).toEqual(first);
  });

  test("of another record do not open in its place", async () => {
    const storage = makeMemoryStorage();
    const town = await openSealed(storage);
    const issue = await settled(town);
    const moved: Storage = {
      ...storage,
      scan: (request) =>
        Effect.map(storage.scan(request), (page) => ({
          ...page,
          rows: page.rows.map((row) => ({
            ...row,
            value: row.value.replace('"report"', '"answer"'),
          })),
        })),
    };
    const other = await openSealed(moved, town.people);
    await expect(wordsOf(other, issue)).rejects.toMatchObject({ reason: "Corrupt" });
  });

  test("cannot be read without the keys, and say so", async () => {
    const town = await openSealed();
    const issue = await settled(town);
    const { desk } = await openTown({ storage: town.storage });
    const blind = desk.view(issue, { viewer: { person: "chief-1" } });
    await expect(blind).rejects.toMatchObject({ _tag: "StorageError", reason: "Misconfigured" });
  });

  test("are sealed with SM4 as well, and stay readable when the cipher is changed", async () => {
    const sm4 = { cipher: platformCipher("SM4-CTR-HMAC-SM3"), keys: makeMemoryKeyStore() };
    const town = await openSealed(makeMemoryStorage(), sm4);
    const issue = await settled(town);
    // A later change of cipher leaves older records readable.
    const people = { ...peopleOf(sm4.keys), olderCiphers: [sm4.cipher] };
    const later = await openSealed(town.storage, people);
    expect((await wordsOf(later, issue))?.[0]).toEqual([WORDS, "r", false]);
    const bare = await openSealed(town.storage, peopleOf(sm4.keys));
    await expect(wordsOf(bare, issue)).rejects.toMatchObject({ _tag: "Unreadable" });
  });
});

const hasSm4Gcm = crypto.getCiphers().includes("sm4-gcm");

describe("the platform's ciphers", () => {
  const names = ["AES-256-GCM", "SM4-CTR-HMAC-SM3", ...(hasSm4Gcm ? ["SM4-GCM"] : [])] as const;
  const texts = fc.string({ unit: "grapheme" });

  test.each(names)("%s opens what it sealed, and nothing else", (name) => {
    const cipher = platformCipher(name as PlatformCipher);
    const [key, other] = [cipher.newKey(), cipher.newKey()];
    const reasonOf = (sealed: string, bound: string, by = key) =>
      Effect.runSync(Effect.flip(cipher.open(by, sealed, bound))).reason;
    fc.assert(
      fc.property(texts, texts, fc.nat(), (plain, bound, pick) => {
        const sealed = Effect.runSync(cipher.seal(key, plain, bound));
        expect(Effect.runSync(cipher.open(key, sealed, bound))).toBe(plain);
        expect(Effect.runSync(cipher.seal(key, plain, bound))).not.toBe(sealed);
        // The last letter may hold unused bits; any other is part of what was sealed.
        const at = pick % (sealed.length - 1);
        const changed = `${sealed.slice(0, at)}${sealed[at] === "A" ? "B" : "A"}${sealed.slice(at + 1)}`;
        expect(reasonOf(changed, bound)).toBe("Corrupt");
        expect(reasonOf(sealed, `${bound} `)).toBe("Corrupt");
        expect(reasonOf(sealed, bound, other)).toBe("Corrupt");
        expect(reasonOf(sealed.slice(0, pick % 10), bound)).toBe("Corrupt");
      }),
      { seed: 12, numRuns: 100 },
    );
  });

  test("one that is missing is refused by type, before anything is sealed", () => {
    const make = () => platformCipher("SM4-GCM");
    if (hasSm4Gcm) expect(make().algorithm).toBe("SM4-GCM");
    else expect(make).toThrow(expect.objectContaining({ reason: "Unsupported" }));
  });

  test("one whose parts are not all there is refused too, and so is a hash function", () => {
    const real = process.getBuiltinModule.bind(process);
    const lacking = (name: string): never => {
      throw new Error(`unsupported: ${name}`);
    };
    // A platform built without SM3, which its list of ciphers does not tell.
    vi.spyOn(process, "getBuiltinModule").mockImplementation(((id: string) =>
      id === "node:crypto"
        ? {
            ...crypto,
            createHmac: (name: string, key: Uint8Array) =>
              name === "sm3" ? lacking(name) : crypto.createHmac(name, key),
            createHash: (name: string) =>
              name === "sm3" ? lacking(name) : crypto.createHash(name),
            hash: (name: string, text: string) =>
              name === "sm3" ? lacking(name) : crypto.hash(name, text, "hex"),
          }
        : real(id)) as typeof real);
    try {
      expect(platformCipher("AES-256-GCM").algorithm).toBe("AES-256-GCM");
      expect(() => platformCipher("SM4-CTR-HMAC-SM3")).toThrow(
        expect.objectContaining({ reason: "Unsupported" }),
      );
      expect(platformDigest("SHA-256").hash("a")).toHaveLength(64);
      expect(() => platformDigest("SM3")).toThrow(TypeError);
    } finally {
      vi.restoreAllMocks();
    }
  });
});

describe("a person forgotten", () => {
  test("is unreadable everywhere; journal, seals, boards and others' words stay", async () => {
    const town = await openSealed();
    const issue = await settled(town);
    await town.desk.seal();
    await town.desk.project();
    const days = { from: "2026-11-01", until: "2026-11-30" };
    const board = await town.desk.board("T", days);
    const history = await town.desk.history(issue);

    const erased = await town.desk.erase("r", { actor: person("r") });
    expect(erased).toMatchObject({ contents: 1, attachments: [{ uri: "files/1.jpg" }] });
    expect(await wordsOf(town, issue)).toEqual([
      [null, null, true],
      [ANSWER, "chief-1", false],
    ]);
    const own = await town.desk.view(issue, { viewer: { person: "r" }, purpose: "follow" });
    expect(JSON.stringify(own)).not.toContain("lamp on");

    expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound", seals: 1 });
    expect(await town.desk.history(issue)).toEqual(history);
    await town.desk.project();
    expect(await town.desk.board("T", days)).toEqual(board);
    await town.desk.rebuild();
    while ((await town.desk.project()).more);
    expect(await town.desk.board("T", days)).toEqual(board);
    const last = (await entriesOf(town.storage)).at(-1);
    expect(last?.stream).toBe(`person/${erased.owner}`);
    expect(last?.value).toContain('"type":"PersonErased"');
    expect(last?.value).not.toContain('"r"');
  });

  test("may come back: what they say then is readable, what they said before is not", async () => {
    const town = await openSealed();
    const before = await settled(town);
    await town.desk.erase("r", host);
    const after = await settled(town);
    expect((await wordsOf(town, before))?.[0]).toEqual([null, null, true]);
    expect(await wordsOf(town, after)).toContainEqual([WORDS, "r", false]);
    await town.desk.erase("r", host);
    expect(await wordsOf(town, after)).not.toContainEqual([WORDS, "r", false]);
    expect(await wordsOf(town, after)).toContainEqual([null, null, true]);
    expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("is asked for by nobody else, and not where nothing is sealed", async () => {
    const town = await openSealed();
    await expect(town.desk.erase("r", { actor: person("chief-1") })).rejects.toMatchObject({
      code: "NotYours",
    });
    const { desk } = await openTown();
    await expect(desk.erase("r", host)).rejects.toMatchObject({ reason: "Unsupported" });
  });

  test("stays forgotten when the storage is restored to the time before", async () => {
    const keys = makeMemoryKeyStore();
    const restored = makeMemoryStorage();
    // Both storages get the same commits up to the backup; the backup knows no erasure.
    const both: Storage = {
      ...makeMemoryStorage(),
      ...((live) => ({
        ...live,
        commit: (batch: Parameters<Storage["commit"]>[0]) =>
          batch.entries.some((entry) => entry.stream.startsWith("person/"))
            ? live.commit(batch)
            : Effect.andThen(restored.commit(batch), live.commit(batch)),
      }))(makeMemoryStorage()),
    };
    const town = await openSealed(both, peopleOf(keys));
    const issue = await settled(town);
    const { owner } = await town.desk.erase("r", host);

    // Opening does it again: `createDesk` replays the key store's erasures.
    const again = await openSealed(restored, peopleOf(keys));
    expect((await wordsOf(again, issue))?.[0]).toEqual([null, null, true]);
    const last = (await entriesOf(restored)).at(-1);
    expect(last?.stream).toBe(`person/${owner}`);
    expect(last?.value).toContain('"replayed":true');
    expect(await again.desk.reapplyErasures()).toBe(0);
  });

  test("stays forgotten when the key store is restored to the time before", async () => {
    const old = makeMemoryKeyStore();
    const living = makeMemoryKeyStore();
    const both: KeyStore = {
      ...living,
      current: (owner, fresh) =>
        Effect.flatMap(living.current(owner, fresh), (key) => old.current(owner, key)),
    };
    const town = await openSealed(makeMemoryStorage(), peopleOf(both));
    const issue = await settled(town);
    await town.desk.erase("r", host);
    const again = await openSealed(town.storage, peopleOf(old));
    expect((await wordsOf(again, issue))?.[0]).toEqual([null, null, true]);
    expect((await wordsOf(again, issue))?.[1]).toEqual([ANSWER, "chief-1", false]);
  });

  test("takes with them what was written down for them, not what an anonymous neighbour wrote", async () => {
    const town = await openSealed();
    const proxy = { kind: "proxy", person: "r" };
    const forR = await town.desk.begin(
      { ...report, reporter: proxy },
      { actor: person("chief-1") },
    );
    const nobody = await town.desk.begin(
      { ...report, reporter: { kind: "anonymous" } },
      { actor: { person: null } },
    );
    await town.desk.erase("r", host);
    expect((await wordsOf(town, forR.issue))?.[0]?.[0]).toBeNull();
    expect((await wordsOf(town, nobody.issue))?.[0]?.[0]).toBe(WORDS);
  });
});

describe("readings of sealed contents", () => {
  test("are journaled together, by process, with who, why and how often", async () => {
    const town = await openSealed();
    const issue = await settled(town);
    const other = await openSealed(town.storage, town.people);
    for (let i = 0; i < 5; i += 1) await wordsOf(town, issue);
    town.clock.now = MONDAY + HOUR / 100;
    await town.desk.view(issue, { viewer: { person: "r" }, purpose: "follow" });
    await wordsOf(other, issue);
    await town.desk.runDue();
    expect(await other.desk.flushReads()).toBe(1);
    expect(await town.desk.flushReads()).toBe(0);
    const access = (await entriesOf(town.storage)).filter((one) =>
      one.stream.startsWith("access/"),
    );
    const readings = access.map(
      ({ value }) =>
        (JSON.parse(value) as { payload: { reads: Array<SealedReading> } }).payload.reads,
    );
    expect(
      readings.map((reads) => reads.map((one) => [one.viewer, one.purpose, one.times])),
    ).toEqual([
      [
        ["chief-1", "handle", 5],
        ["r", "follow", 1],
      ],
      [["chief-1", "handle", 1]],
    ]);
    expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("are written twice rather than lost when the storage fails", async () => {
    const storage = makeMemoryStorage();
    let broken = false;
    const shaky: Storage = {
      ...storage,
      commit: (batch) =>
        broken && batch.entries[0]?.stream.startsWith("access/") === true
          ? Effect.andThen(storage.commit(batch), Effect.die("the answer was lost"))
          : storage.commit(batch),
    };
    const town = await openSealed(shaky);
    const issue = await settled(town);
    await wordsOf(town, issue);
    broken = true;
    await expect(town.desk.flushReads()).rejects.toThrow();
    broken = false;
    await wordsOf(town, issue);
    expect(await town.desk.flushReads()).toBe(2);
    expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("that waited for a full disk are written in entries of the usual size", async () => {
    const storage = makeMemoryStorage();
    let isFull = true;
    const full = new StorageError({ reason: "Full", operation: "commit", detail: "no room" });
    const crowded: Storage = {
      ...storage,
      commit: (batch) =>
        isFull && batch.entries[0]?.stream.startsWith("access/") === true
          ? Effect.fail(full)
          : storage.commit(batch),
    };
    const town = await openSealed(crowded);
    const issue = await settled(town);
    const looks = Array.from({ length: 450 }, (_, nth) => ({
      ...{ viewer: { person: `v${nth}`, host: true }, purpose: "handle" as const },
    }));
    for (const looking of looks) await town.desk.view(issue, looking);
    isFull = false;
    expect(await town.desk.flushReads()).toBe(450);
    const access = (await entriesOf(storage)).filter(({ stream }) => stream.startsWith("access/"));
    const sizes = access.map(
      ({ value }) =>
        (JSON.parse(value) as { payload: { reads: Array<SealedReading> } }).payload.reads.length,
    );
    expect(sizes).toEqual([200, 200, 50]);
    expect(await town.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  });

  test("stay noted when whoever caused their writing hangs up meanwhile", async () => {
    const storage = makeMemoryStorage();
    let hangs = false;
    const slow: Storage = {
      ...storage,
      commit: (batch) =>
        hangs && batch.entries[0]?.stream.startsWith("access/") === true
          ? Effect.never
          : storage.commit(batch),
    };
    const town = await openSealed(slow);
    const issue = await settled(town);
    for (let i = 0; i < 3; i += 1) await wordsOf(town, issue);
    hangs = true;
    // A minute later the next reading writes them down, and its reader does not wait for that.
    town.clock.now += HOUR;
    const reader = new AbortController();
    const reading = town.desk
      .withSignal(reader.signal)
      .view(issue, { viewer: { person: "chief-1" } });
    await Promise.resolve();
    reader.abort();
    await expect(reading).rejects.toThrow();
    hangs = false;
    expect(await town.desk.flushReads()).toBe(4);
  });

  test("are written down when the layer of the service is closed", async () => {
    const storage = makeMemoryStorage();
    const town = await openSealed(storage);
    const issue = await settled(town);
    const look = Effect.gen(function* () {
      const linli = yield* Linli;
      yield* linli.view(issue, { viewer: { person: "chief-1" } });
    });
    const settings = { storage, people: town.people, now: () => MONDAY, calendars: [calendar] };
    const layers = [
      Linli.layerFrom(settings),
      Linli.layer.pipe(Layer.provide(Layer.succeed(LinliConfig, settings))),
    ];
    for (const layer of layers) await Effect.runPromise(Effect.provide(look, layer));
    const access = (await entriesOf(storage)).filter(({ stream }) => stream.startsWith("access/"));
    expect(access).toHaveLength(2);
  });
});

test("an export is a reading by whoever asked for it, once for each issue", async () => {
  const { storage, desk } = await openSealed();
  const { issue } = await desk.begin(report, { actor: person("r") });
  await desk.act(issue, { type: "comment", words: "still dark" }, { actor: person("r") });
  await desk.exportPerson("r", host);
  await desk.exportPerson("r", { actor: person("r") });
  await desk.exportPerson("r2", host);
  expect(await desk.flushReads()).toBe(2);
  const { payload } = JSON.parse((await entriesOf(storage)).at(-1)?.value ?? "") as {
    payload: { reads: Array<SealedReading> };
  };
  expect(payload.reads.map((one) => [one.viewer, one.issue, one.purpose])).toEqual([
    [null, issue, "export"],
    ["r", issue, "export"],
  ]);
});

test("an export holds what is known of a person, sealed or plain, and nothing of others", async () => {
  for (const settings of [{ people: peopleOf() }, {}]) {
    const { desk } = await openTown({ settings });
    const { issue } = await desk.begin(report, { actor: person("r") });
    await desk.act(issue, { type: "comment", words: "still dark" }, { actor: person("r") });
    await desk.begin({ ...report, words: "another matter" }, { actor: person("r2") });
    const held = await desk.exportPerson("r", host);
    expect(held.contents.map((content) => content.words).toSorted()).toEqual(["still dark", WORDS]);
    expect(held.issues.map((view) => view.id)).toEqual([issue]);
    expect(held.entries.map(({ type, as }) => [type, as])).toEqual([
      ["Reported", ["/actor", "/event/reporters/0/person"]],
      ["Commented", ["/actor", "/event/by"]],
    ]);
    expect(JSON.stringify(held)).not.toContain("another matter");
    expect((await desk.exportPerson("chief-1", host)).posts).toHaveLength(1);
    await expect(desk.exportPerson("r", { actor: person("r2") })).rejects.toMatchObject({
      code: "NotYours",
    });
  }
});

test("an export holds everything the directory says, of all dates, and how somebody is looked up", async () => {
  const { desk } = await openSealed();
  const kept = { post: "chief", unit: "B1" };
  const dated = {
    ...directory,
    version: "d2",
    appointments: [
      ...directory.appointments.filter((held) => held.person !== "chief-1"),
      { ...kept, id: "past", person: "old", from: 0, until: MONDAY - HOUR },
      { ...kept, id: "next", person: "old", from: MONDAY + 9 * HOUR },
      { ...kept, id: "now", person: "chief-1", from: MONDAY - HOUR },
    ],
    leaves: [
      { id: "l1", person: "chief-1", from: MONDAY, until: MONDAY + HOUR, delegate: "old" },
      { id: "l2", person: "chief-2", from: MONDAY, until: MONDAY + HOUR },
    ],
    shifts: [{ ...kept, id: "s1", person: "old", from: MONDAY, until: MONDAY + HOUR }],
  };
  await desk.publish({ directory: dated });
  for (const value of ["000-0000", "000-0001"]) await desk.remember("old", { field: "f", value });
  const held = await desk.exportPerson("old", host);
  expect(held.posts).toEqual([]);
  expect(held.listed.appointments.map(({ id }) => id)).toEqual(["past", "next"]);
  expect(held.listed.leaves.map(({ id }) => id)).toEqual(["l1"]);
  expect(held.listed.shifts.map(({ id }) => id)).toEqual(["s1"]);
  expect(held.lookups).toBe(2);
  await desk.erase("old", host);
  expect((await desk.exportPerson("old", host)).lookups).toBe(0);
  expect((await desk.exportPerson("engineer", host)).listed.organisations).toEqual(["property"]);
  const nobody = await desk.exportPerson("r", host);
  const nothing = { appointments: [], leaves: [], shifts: [], organisations: [] };
  expect([nobody.listed, nobody.lookups]).toEqual([nothing, 0]);
});
