/**
 * Commands decided on what a process believes an issue to be: nobody can tell them from
 * commands that read first, whoever else writes and however often the database is set back.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyStream } from "../src/journal/index.ts";
import { makeMemoryStorage } from "../src/ports/index.ts";
import type { CommitBatch, Storage } from "../src/ports/index.ts";
import { makeLinli } from "../src/services/index.ts";
import type { LinliService } from "../src/services/index.ts";
import { platformDigest } from "../src/services/Settings.ts";
import { calendar, charter, directory, hierarchy, MONDAY, person } from "./support/town.ts";

/** A database that can be set back to how it stood some commits ago. */
const makeDatabase = () => {
  let inner = makeMemoryStorage();
  let kept: ReadonlyArray<CommitBatch> = [];
  let reads = 0;
  let refused = 0;
  const storage: Storage = {
    ...inner,
    read: (request) => {
      if (request.keys.some(({ kind }) => kind === "issue")) reads += 1;
      return inner.read(request);
    },
    receipt: (request) => inner.receipt(request),
    scan: (request) => inner.scan(request),
    count: (request) => inner.count(request),
    feed: (request) => inner.feed(request),
    commit: (batch) =>
      inner.commit(batch).pipe(
        Effect.tap(() => Effect.sync(() => (kept = [...kept, batch]))),
        Effect.tapError(() => Effect.sync(() => (refused += 1))),
      ),
  };
  return {
    storage,
    counts: () => ({ reads, refused }),
    commits: () => kept.length,
    setBack: async (commits: number) => {
      inner = makeMemoryStorage();
      kept = kept.slice(0, commits);
      for (const batch of kept) await Effect.runPromise(inner.commit(batch));
    },
  };
};

type Database = ReturnType<typeof makeDatabase>;

/** What the services ask for from outside, the same in every world. */
const makeOutside = () => {
  const outside = { now: MONDAY, ids: 0 };
  const serviceOn = ({ storage }: Database): LinliService =>
    makeLinli({
      storage,
      calendars: [calendar],
      now: () => outside.now,
      newId: () => `id${(outside.ids += 1)}`,
    });
  return { outside, serviceOn };
};

const REPORT = { type: "report", place: { unit: "B1" }, category: "repair", words: "no light" };
const ACTORS = ["resident", "chief-1", "sec-1", "mayor", "somebody"].map(person);
const COMMANDS = [
  { type: "accept" },
  { type: "contact" },
  { type: "progress", words: "on it" },
  { type: "settle" },
  { type: "handUp" },
  { type: "urge" },
  { type: "support" },
  { type: "answer", words: "done" },
  { type: "close" },
  { type: "reopen", words: "again" },
];

const SUPPORT = { type: "support" };

const act = fc.record({
  what: fc.constant("act" as const),
  by: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
  issue: fc.nat(2),
  actor: fc.constantFrom(...ACTORS),
  command: fc.constantFrom(...COMMANDS),
  wait: fc.constantFrom(1000, 1000, 1000, 9_000_000),
  all: fc.boolean(),
});
const setBack = fc.record({
  what: fc.constant("setBack" as const),
  commits: fc.integer({ min: 1, max: 6 }),
});
const operations = fc.array(
  fc.oneof({ weight: 12, arbitrary: act }, { weight: 1, arbitrary: setBack }),
  { minLength: 8, maxLength: 40 },
);

type Operation = typeof operations extends fc.Arbitrary<ReadonlyArray<infer A>> ? A : never;

const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(Effect.result(effect));

/** Three issues, reported. */
const begin = async (database: Database, service: LinliService) => {
  await run(service.publish({ charter, hierarchy, directory }));
  const ids: Array<string> = [];
  for (const n of [0, 1, 2]) {
    const options = { actor: person("resident"), commandId: `r${n}` };
    ids.push(Result.getOrThrow(await run(service.begin(REPORT, options))).issue);
  }
  return { ids, begun: database.commits() };
};

/** What three processes are told; each lives on, or is as good as new for each command. */
const story = async (told: ReadonlyArray<Operation>, livesOn: boolean) => {
  const database = makeDatabase();
  const { outside, serviceOn } = makeOutside();
  const { ids, begun } = await begin(database, serviceOn(database));
  const processes = [0, 1, 2].map(() => serviceOn(database));
  const answers: Array<unknown> = [];
  for (const [n, one] of told.entries()) {
    if (one.what === "setBack") {
      await database.setBack(Math.max(begun, database.commits() - one.commits));
      continue;
    }
    outside.now += one.wait;
    outside.ids = 1000 * (n + 1);
    const service = (livesOn ? processes[one.by] : undefined) ?? serviceOn(database);
    const { command, actor } = one;
    const issue = ids[one.issue] ?? "";
    const commandId = `c${n}`;
    const answer = await run(
      one.all
        ? service.actAll(issue, [{ command, actor }], { commandId })
        : service.act(issue, command, { actor, commandId }),
    );
    answers.push(Result.isSuccess(answer) ? answer.success : { ...answer.failure });
  }
  return { answers, ids, database };
};

describe("commands on what is believed", () => {
  test("cannot be told from commands that read first, over several processes and set-backs", async () => {
    let saved = 0;
    let failedBeliefs = 0;
    await fc.assert(
      fc.asyncProperty(operations, async (told) => {
        const believing = await story(told, true);
        const reading = await story(told, false);
        expect(believing.answers).toEqual(reading.answers);
        const { ids, database } = believing;
        for (const id of ids) {
          const request = { namespace: "main", after: null, limit: 100, stream: id };
          const { entries } = await Effect.runPromise(database.storage.feed(request));
          expect(verifyStream(platformDigest("SHA-256"), entries)._tag).toBe("Sound");
        }
        saved += reading.database.counts().reads - database.counts().reads;
        failedBeliefs += database.counts().refused - reading.database.counts().refused;
      }),
      { seed: 71, numRuns: 100 },
    );
    // Otherwise nothing was shown.
    expect(saved).toBeGreaterThan(50);
    expect(failedBeliefs).toBeGreaterThan(20);
  });

  test("read an issue once and then no more, while nobody else writes it", async () => {
    const database = makeDatabase();
    const { outside, serviceOn } = makeOutside();
    const [mine, theirs] = [serviceOn(database), serviceOn(database)];
    const { ids } = await begin(database, mine);
    const support = async (service: LinliService, person: string) => {
      outside.now += 1000;
      const before = database.counts();
      const answer = await run(service.act(ids[0] ?? "", SUPPORT, { actor: { person } }));
      expect(Result.isSuccess(answer)).toBe(true);
      const { reads, refused } = database.counts();
      return { reads: reads - before.reads, refused: refused - before.refused };
    };
    expect(await support(mine, "a")).toEqual({ reads: 1, refused: 0 });
    expect(await support(mine, "b")).toEqual({ reads: 0, refused: 0 });
    expect(await support(theirs, "c")).toEqual({ reads: 1, refused: 0 });
    // Somebody else wrote it: one refused commit, and for a little while it is read first.
    expect(await support(mine, "d")).toEqual({ reads: 1, refused: 1 });
    expect(await support(mine, "e")).toEqual({ reads: 1, refused: 0 });
    expect(await support(mine, "f")).toEqual({ reads: 1, refused: 0 });
    expect(await support(mine, "g")).toEqual({ reads: 0, refused: 0 });
  });

  test("of a version that others wrote with other content, after the database was set back, is refused and read", async () => {
    const database = makeDatabase();
    const { outside, serviceOn } = makeOutside();
    const [mine, theirs] = [serviceOn(database), serviceOn(database)];
    const { ids, begun } = await begin(database, mine);
    const [issue = ""] = ids;
    const support = async (service: LinliService, person: string) => {
      outside.now += 1000;
      return Result.getOrThrow(await run(service.act(issue, SUPPORT, { actor: { person } })));
    };
    expect(await support(mine, "a")).toMatchObject({ version: 2 });
    await database.setBack(begun);
    expect(await support(theirs, "b")).toMatchObject({ version: 2 });
    const before = database.counts();
    expect(await support(mine, "c")).toMatchObject({ version: 3 });
    expect(database.counts()).toEqual({ reads: before.reads + 1, refused: before.refused + 1 });
    const request = { namespace: "main", after: null, limit: 100, stream: issue };
    const { entries } = await Effect.runPromise(database.storage.feed(request));
    expect(verifyStream(platformDigest("SHA-256"), entries)).toMatchObject({ _tag: "Sound" });
    const by = entries.slice(1).map(({ value }) => (JSON.parse(value) as { actor: object }).actor);
    expect(by).toEqual(["b", "c"].map((person) => ({ type: "person", person })));
  });

  test("of two processes that act in turn few commits are refused: they come to read first", async () => {
    const database = makeDatabase();
    const { outside, serviceOn } = makeOutside();
    const both = [serviceOn(database), serviceOn(database)];
    const { ids } = await begin(database, serviceOn(database));
    for (let n = 0; n < 200; n += 1) {
      outside.now += 1000;
      const actor = person(`neighbour-${n}`);
      await run(both[n % 2]!.act(ids[0] ?? "", SUPPORT, { actor }));
    }
    expect(database.commits()).toBeGreaterThanOrEqual(200);
    expect(database.counts().refused).toBeLessThan(200 / 4);
  });
});
