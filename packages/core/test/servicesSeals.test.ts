/** Sealing the feed under a lease, verifying through the port, signing. */
import { generateKeyPairSync } from "node:crypto";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { expect, test } from "vitest";
import { decodeKept, decodeSeals, encodeCheckpoint } from "../src/journal/index.ts";
import { ed25519Key, ed25519Signer, makeMemoryStorage } from "../src/ports/index.ts";
import type { Storage } from "../src/ports/index.ts";
import { platformDigest } from "../src/services/index.ts";
import { HOUR, MONDAY, openTown, person } from "./support/town.ts";

type Town = Awaited<ReturnType<typeof openTown>>;

const report = async ({ desk }: Pick<Town, "desk">, times: number) => {
  for (let i = 0; i < times; i += 1) {
    const place = { unit: "B1" };
    await desk.begin({ type: "report", place, category: "repair" }, { actor: person(`r${i}`) });
  }
};

const prefixed = (prefix: string) => {
  let count = 0;
  return () => `${prefix}${(count += 1)}`;
};

/** The same store, with the feed as a thief left it. */
const withFeed = (
  storage: Storage,
  change: (value: string, index: number) => string | null,
): Storage => ({
  ...storage,
  feed: (request) =>
    Effect.map(storage.feed(request), (page) => ({
      ...page,
      entries: page.entries.flatMap((entry, index) => {
        const value = change(entry.value, index);
        return value === null ? [] : [{ ...entry, value }];
      }),
    })),
});

test("everything up to now is sealed once, however often and by however many it is asked", async () => {
  const storage = makeMemoryStorage();
  const one = await openTown({ storage });
  const two = await openTown({ storage, settings: { newId: () => "x" } });
  await report(one, 5);
  const both = await Promise.all([one.desk.seal({ owner: "a" }), two.desk.seal({ owner: "b" })]);
  expect(both.map((sealed) => sealed.entries).toSorted()).toEqual([0, 5]);
  expect(await one.desk.seal()).toEqual({ seals: [], entries: 0, more: false, waiting: false });
  await report(one, 2);
  expect(await two.desk.seal()).toMatchObject({ entries: 2, seals: [{ index: 2, first: 6 }] });
  const seals = await one.desk.seals();
  expect(seals.map(({ first, count }) => [first, count])).toEqual([
    [1, 5],
    [6, 2],
  ]);
  expect(Result.getOrThrow(decodeSeals(await one.desk.exportSeals()))).toEqual(seals);
  expect(await one.desk.exportSeals({ after: 1 })).not.toContain('"index":1,');
  expect(await two.desk.verifyJournal()).toMatchObject({ _tag: "Sound", entries: 7, sealed: 7 });
});

test("more than a page is sealed in several ranges, a limit at a time", async () => {
  const { desk } = await openTown();
  await report({ desk }, 1203);
  expect(await desk.seal({ limit: 1 })).toMatchObject({ entries: 1000, more: true });
  expect(await desk.seal({ limit: 1 })).toMatchObject({ entries: 203, more: true });
  expect(await desk.seal()).toMatchObject({ entries: 0, more: false });
  expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound", entries: 1203, seals: 2 });
});

test("`runDue` seals on its rhythm, and only then", async () => {
  const { desk, clock } = await openTown({ settings: { sealEveryMillis: HOUR } });
  await report({ desk }, 2);
  await desk.runDue();
  await report({ desk }, 3);
  clock.now = MONDAY + HOUR - 1;
  await desk.runDue();
  expect(await desk.seals()).toHaveLength(1);
  expect(await desk.seal()).toMatchObject({ entries: 0, waiting: true });
  clock.now = MONDAY + HOUR;
  await desk.runDue();
  expect((await desk.seals()).map((seal) => seal.count)).toEqual([2, 3]);
});

test("`now` seals at once, whatever the rhythm says", async () => {
  const { desk, clock } = await openTown({ settings: { sealEveryMillis: HOUR } });
  await report({ desk }, 2);
  await desk.runDue();
  await report({ desk }, 3);
  clock.now = MONDAY + 1;
  expect(await desk.seal()).toMatchObject({ entries: 0, waiting: true });
  expect(await desk.seal({ now: true })).toMatchObject({ entries: 3, waiting: false });
  expect(await desk.seal({ now: true })).toMatchObject({ entries: 0, waiting: false });
  // The rhythm goes on from there.
  await report({ desk }, 1);
  clock.now = MONDAY + HOUR;
  await desk.runDue();
  expect((await desk.seals()).map((seal) => seal.count)).toEqual([2, 3]);
  clock.now = MONDAY + HOUR + 1;
  await desk.runDue();
  expect((await desk.seals()).map((seal) => seal.count)).toEqual([2, 3, 1]);
});

test("a checkpoint pins what is not sealed yet, and goes on doing so when it is", async () => {
  const storage = makeMemoryStorage();
  const town = await openTown({ storage });
  const empty = await town.desk.checkpoint();
  expect(empty).toMatchObject({ seal: null, first: 1, ranges: [] });
  await report(town, 3);
  await town.desk.seal();
  await report(town, 1100);
  const checkpoint = await town.desk.checkpoint();
  expect(checkpoint).toMatchObject({ seal: { index: 1 }, first: 4 });
  expect(checkpoint.ranges.map(({ count }) => count)).toEqual([1000, 100]);
  expect(Result.getOrThrow(decodeKept(encodeCheckpoint(checkpoint))).checkpoints).toEqual([
    checkpoint,
  ]);
  const verify = (desk: Town["desk"]) => desk.verifyJournal({ checkpoints: [empty, checkpoint] });
  expect(await verify(town.desk)).toMatchObject({ _tag: "Sound", sealed: 3, pinned: 1100 });
  await report(town, 2);
  await town.desk.seal();
  expect(await verify(town.desk)).toMatchObject({ _tag: "Sound", sealed: 1105, pinned: 0 });
  const seals = await town.desk.seals();
  const cut: Storage = {
    ...storage,
    feed: (request) =>
      Effect.map(storage.feed(request), (page) => ({
        ...page,
        entries: request.after === null ? page.entries.slice(0, 3) : [],
      })),
  };
  // Whoever cuts off the end takes the seals over it along.
  const setBack = (value: string, index: number) =>
    JSON.stringify({ ...(JSON.parse(value) as object), index });
  let isForgetful = true;
  const without = (indexes: ReadonlyArray<number>): Storage => ({
    ...cut,
    scan: (request) =>
      Effect.map(cut.scan(request), (page) => ({
        ...page,
        rows: page.rows.filter(({ id }) => !indexes.includes(Number(id))),
      })),
    // What sealing remembers, set back to before the seals that are gone.
    read: (request) =>
      Effect.map(cut.read(request), (rows) =>
        rows.map((row) =>
          row?.id === "seals" && isForgetful ? { ...row, value: setBack(row.value, 1) } : row,
        ),
      ),
  });
  const [first, second, third] = await Promise.all(
    [[2, 3], [], [1]].map(async (gone) => (await openTown({ storage: without(gone) })).desk),
  );
  expect(await first?.verifyJournal()).toMatchObject({ _tag: "Sound" });
  isForgetful = false;
  expect(await first?.verifyJournal()).toMatchObject({
    fault: { seal: 2, why: "seal 2 is missing; sealing had come to seal 3" },
  });
  isForgetful = true;
  expect(await first?.verifyJournal({ checkpoints: [checkpoint] })).toMatchObject({
    fault: { kind: "Truncated", position: 4 },
  });
  // Seals kept elsewhere and those of the store make one row.
  expect(await first?.verifyJournal({ seals: seals.slice(1) })).toMatchObject({
    fault: { kind: "Truncated", position: 4, seal: 2 },
  });
  expect(await second?.verifyJournal({ seals: seals.slice(0, 1) })).toMatchObject({
    fault: { kind: "Truncated", position: 4, seal: 2 },
  });
  expect(await third?.verifyJournal()).toMatchObject({ fault: { why: "seal 1 is missing" } });
  const [forged] = seals.map((seal) => ({ ...seal, hash: "0".repeat(64) }));
  expect(
    await town.desk.verifyJournal({ seals: forged === undefined ? [] : [forged] }),
  ).toMatchObject({
    fault: { kind: "Seal", why: "the stored seal is not the one that was kept elsewhere" },
  });
});

test("a lease that ran out seals nothing: whoever came later did", async () => {
  const storage = makeMemoryStorage();
  const slow = await openTown({ storage });
  await report(slow, 3);
  const quick = await openTown({ storage, settings: { now: () => MONDAY + HOUR } });
  // The slow one stands still between reading the feed and its commit.
  const stalled: Storage = {
    ...storage,
    commit: (batch) =>
      batch.rows.some((row) => row.kind === "seal")
        ? Effect.andThen(
            Effect.promise(() => quick.desk.seal()),
            storage.commit(batch),
          )
        : storage.commit(batch),
  };
  const late = await openTown({ storage: stalled });
  expect(await late.desk.seal()).toMatchObject({ entries: 0, waiting: true });
  expect((await quick.desk.seals()).map((seal) => seal.count)).toEqual([3]);
});

test("several that seal at once and now are all answered, and each entry is sealed once", async () => {
  const memory = makeMemoryStorage();
  // Between reading what is new and sealing it, the others have their turn.
  const storage: Storage = {
    ...memory,
    feed: (request) => Effect.tap(memory.feed(request), () => Effect.yieldNow),
  };
  const towns = [
    await openTown({ storage, settings: { newId: prefixed("a") } }),
    await openTown({ storage, settings: { newId: prefixed("b") } }),
    await openTown({ storage, settings: { newId: prefixed("c") } }),
  ];
  const sealed = await Promise.all(
    towns.map(async (town, nth) => {
      let entries = 0;
      for (let round = 0; round < 10; round += 1) {
        await report(town, 1);
        entries += (await town.desk.seal({ now: true, owner: `${nth}` })).entries;
      }
      return entries;
    }),
  );
  const rest = await towns[0]?.desk.seal({ now: true });
  expect(sealed.reduce((sum, one) => sum + one, rest?.entries ?? 0)).toBe(30);
  expect(await towns[1]?.desk.verifyJournal()).toMatchObject({ _tag: "Sound", sealed: 30 });
});

test("a place of sealing that was set back is told, not waited for", async () => {
  const storage = makeMemoryStorage();
  const town = await openTown({ storage });
  await report(town, 2);
  await town.desk.seal();
  const [place] = await Effect.runPromise(
    storage.read({ namespace: "main", keys: [{ kind: "projection", id: "seals" }] }),
  );
  await Effect.runPromise(
    storage.commit({
      ...{ namespace: "main", at: MONDAY, guards: [], entries: [], schedule: [], cancel: [] },
      ...{ settle: [], receipt: null },
      rows: [
        {
          ...{ kind: "projection", id: "seals", expected: place?.version ?? 0, indexes: [] },
          value: JSON.stringify({ v: 1, cursor: null, index: 0 }),
        },
      ],
    }),
  );
  await expect(town.desk.seal()).rejects.toMatchObject({ _tag: "Conflict" });
});

test("through the port, tampering is named, with seals kept elsewhere too", async () => {
  const storage = makeMemoryStorage();
  const town = await openTown({ storage });
  await report(town, 6);
  await town.desk.seal();
  const seals = await town.desk.seals();
  const open = async (change: (value: string, index: number) => string | null) =>
    (await openTown({ storage: withFeed(storage, change) })).desk;
  const edited = await open((value, index) => (index === 2 ? value.replace("B1", "B2") : value));
  expect(await edited.verifyJournal()).toMatchObject({ fault: { kind: "Edited", position: 3 } });
  const dropped = await open((value, index) => (index === 4 ? null : value));
  expect(await dropped.verifyJournal()).toMatchObject({ fault: { kind: "Missing", position: 5 } });
  const cut = await open((value, index) => (index > 3 ? null : value));
  expect(await cut.verifyJournal({ seals })).toMatchObject({
    fault: { kind: "Truncated", position: 5 },
  });
});

test("through the port, a state that was edited is named, and writing meanwhile is no fault", async () => {
  const storage = makeMemoryStorage();
  const town = await openTown({ storage });
  await report(town, 6);
  const edited: Storage = {
    ...storage,
    read: (request) =>
      Effect.map(storage.read(request), (rows) =>
        rows.map((row) =>
          row?.kind === "issue"
            ? { ...row, value: row.value.replace('"unit":"B1"', '"unit":"B2"') }
            : row,
        ),
      ),
  };
  const { desk } = await openTown({ storage: edited });
  expect(await desk.verifyJournal()).toMatchObject({ fault: { kind: "State", path: "/unit" } });

  // Somebody acts on each issue between the reading of its row and of its history.
  let acted = 0;
  const busy: Storage = {
    ...storage,
    feed: (request) =>
      request.stream === null
        ? storage.feed(request)
        : Effect.andThen(
            Effect.promise(async () => {
              acted += 1;
              const support = { actor: person(`s${acted}`) };
              await town.desk.act(request.stream ?? "", { type: "support" }, support);
            }),
            storage.feed(request),
          ),
  };
  const during = await openTown({ storage: busy });
  expect(await during.desk.verifyJournal()).toMatchObject({ _tag: "Sound", entries: 12 });
  expect(acted).toBe(6);

  // A content forgotten while it is verified is no fault: its entry is there by then.
  const said = { type: "report", place: { unit: "B1" }, category: "repair", words: "dark" };
  const told = await town.desk.begin(said, { actor: person("r") });
  await town.desk.act(told.issue, { type: "withdraw" }, { actor: person("r") });
  let forgot = 0;
  const forgetting: Storage = {
    ...storage,
    read: (request) =>
      request.keys[0]?.kind === "content" && forgot === 0
        ? Effect.andThen(
            Effect.promise(async () => {
              forgot = (await town.desk.applyRetention({ contents: 0 })).contents;
            }),
            storage.read(request),
          )
        : storage.read(request),
  };
  const beside = await openTown({ storage: forgetting });
  expect(await beside.desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
  expect(forgot).toBe(1);

  // A row that stayed behind its journal is one.
  const first = { namespace: "main", after: null, limit: 1, stream: null };
  const old = await Effect.runPromise(storage.feed(first));
  const issue = old.entries[0]?.stream ?? "";
  const [before] = await Effect.runPromise(
    storage.read({ namespace: "main", keys: [{ kind: "issue", id: issue }] }),
  );
  await town.desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
  const stale: Storage = {
    ...storage,
    read: (request) =>
      Effect.map(storage.read(request), (rows) =>
        rows.map((row) =>
          row?.kind === "issue" && row.id === issue && before != null ? before : row,
        ),
      ),
  };
  const behind = await openTown({ storage: stale });
  expect(await behind.desk.verifyJournal()).toMatchObject({
    fault: { kind: "State", stream: issue, why: "the issue's state is older than its journal" },
  });
});

test("seals are signed with a key the store does not hold", async () => {
  const keys = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const signer = ed25519Signer({ keyId: "town-2026", privateKey: keys.privateKey });
  const key = await Effect.runPromise(
    ed25519Key({ keyId: "town-2026", publicKey: keys.publicKey }),
  );
  const { desk } = await openTown({ settings: { signer } });
  expect(await desk.verifyJournal({ keys: [key] })).toMatchObject({ _tag: "Sound", entries: 0 });
  await report({ desk }, 2);
  expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound", sealedAt: null });
  expect(await desk.verifyJournal({ keys: [key] })).toMatchObject({
    fault: { kind: "Seal", why: "there is no seal whose signature could vouch for the entries" },
  });
  await desk.seal();
  expect(await desk.verifyJournal({ keys: [key] })).toMatchObject({
    ...{ _tag: "Sound", signed: 1, sealedAt: MONDAY },
  });

  const [seal] = await desk.seals();
  if (seal === undefined || seal.signature === null) throw new Error("it was not signed");
  const { value } = seal.signature;
  const other = `${value.startsWith("A") ? "B" : "A"}${value.slice(1)}`;
  const forged = { ...seal, signature: { ...seal.signature, value: other } };
  const bare = { ...seal, signature: null };
  const whyOf = async (one: typeof seal, judges: ReadonlyArray<typeof key>) => {
    const verdict = await desk.verifyJournal({ seals: [one], keys: judges });
    return verdict._tag === "Broken" ? verdict.fault.why : "sound";
  };
  expect(await whyOf(seal, [])).toBe("no key is known for its signature");
  expect(await whyOf(forged, [key])).toBe("its signature is not good");
  expect(await whyOf(bare, [key])).toBe("the last seal is not signed");
  const wrong = ed25519Signer({ keyId: "k", privateKey: keys.publicKey });
  const failed = await Effect.runPromise(Effect.flip(wrong.sign("x")));
  expect(failed.reason).toBe("Misconfigured");
  expect(failed.message).not.toContain("BEGIN");
});

test("a journal written with SM3 is sealed and verified with SM3", async () => {
  const { desk } = await openTown({ settings: { digest: platformDigest("SM3") } });
  await report({ desk }, 3);
  await desk.seal();
  expect((await desk.seals())[0]?.algorithm).toBe("SM3");
  expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound", sealed: 3 });
});
