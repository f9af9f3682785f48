/** Commands under races, redelivery, lost answers and published changes. */
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { Conflict, makeMemoryStorage, StorageError } from "../src/ports/index.ts";
import type { CommitBatch, Storage } from "../src/ports/index.ts";
import { charter, DAY, directory, HOUR, openTown, person } from "./support/town.ts";

const report = {
  type: "report",
  place: { unit: "B1" },
  category: "repair",
  words: "the light is out",
};

/** A storage whose commits pass through `on`, which may act first or fail. */
const intercepted = (
  inner: Storage,
  on: (batch: CommitBatch, commit: Storage["commit"]) => ReturnType<Storage["commit"]>,
): Storage => ({ ...inner, commit: (batch) => on(batch, inner.commit) });

describe("one command, once", () => {
  test("an answer lost after the commit: the retry gets the first result, nothing is written twice", async () => {
    let lose = true;
    const storage = intercepted(makeMemoryStorage(), (batch, commit) =>
      batch.receipt !== null && lose
        ? Effect.flatMap(commit(batch), () =>
            Effect.fail(
              new StorageError({ reason: "Timeout", operation: "commit", detail: "no answer" }),
            ),
          )
        : commit(batch),
    );
    const { desk } = await openTown({ storage });
    const options = { actor: person("resident"), commandId: "once" };
    await expect(desk.begin(report, options)).rejects.toMatchObject({ reason: "Timeout" });
    lose = false;
    const again = await desk.begin(report, options);
    expect(await desk.count("T", "open")).toBe(1);
    expect(await desk.history(again.issue)).toHaveLength(1);
  });

  test("a command refused the second time because it already happened answers as the first time", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(report, { actor: person("resident") });
    const options = { actor: person("chief-1"), commandId: "accept-1" };
    const first = await desk.act(issue, { type: "accept" }, options);
    expect(await desk.act(issue, { type: "accept" }, options)).toEqual(first);
    await expect(
      desk.act(issue, { type: "accept" }, { actor: person("chief-1") }),
    ).rejects.toMatchObject({ code: "NotNow", status: "accepted" });
  });

  test("an external reference seen before is the issue it made", async () => {
    const { desk } = await openTown();
    const fromHotline = { ...report, externalRefs: [{ system: "hotline", ref: "2026-1" }] };
    const hotline = { actor: { person: "resident", source: "hotline" } };
    const first = await desk.begin(fromHotline, hotline);
    const second = await desk.begin(fromHotline, hotline);
    expect(second).toMatchObject({ issue: first.issue, known: true, receiptCode: null });
    expect(await desk.count("T", "open")).toBe(1);
  });
});

describe("races", () => {
  test("of two who accept at once one wins and the other is told what is open", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(report, { actor: person("resident") });
    const results = await Promise.allSettled([
      desk.act(issue, { type: "accept" }, { actor: person("chief-1") }),
      desk.act(issue, { type: "settle" }, { actor: person("chief-1") }),
    ]);
    const versions = (await desk.history(issue)).map((entry) => entry.version);
    expect(versions).toEqual(versions.map((_, index) => index + 1));
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ _tag: "Refusal" });
    }
    expect(results.some((result) => result.status === "fulfilled")).toBe(true);
  });

  test("a revoked post cannot act in the gap between reading and committing", async () => {
    let revoke: (() => Promise<unknown>) | undefined;
    const storage = intercepted(makeMemoryStorage(), (batch, commit) => {
      const act = revoke;
      if (act === undefined || batch.receipt === null) return commit(batch);
      revoke = undefined;
      return Effect.flatMap(Effect.promise(act), () => commit(batch));
    });
    const { desk } = await openTown({ storage });
    const { issue } = await desk.begin(report, { actor: person("resident") });
    revoke = () =>
      desk.publish({
        directory: {
          ...directory,
          version: "d2",
          appointments: directory.appointments.filter((held) => held.person !== "chief-1"),
        },
      });
    await expect(
      desk.act(issue, { type: "accept" }, { actor: person("chief-1") }),
    ).rejects.toMatchObject({ _tag: "Refusal", code: "NotYours" });
    expect(await desk.history(issue)).toHaveLength(1);
  });

  test("of sixty who support one issue at once all come through", async () => {
    // Everybody reads before anybody commits.
    const storage = intercepted(makeMemoryStorage(), (batch, commit) =>
      Effect.andThen(Effect.yieldNow, commit(batch)),
    );
    const { desk } = await openTown({ storage });
    const { issue } = await desk.begin(report, { actor: person("resident") });
    const neighbours = Array.from({ length: 60 }, (_, i) => person(`neighbour-${i}`));
    await Promise.all(neighbours.map((actor) => desk.act(issue, { type: "support" }, { actor })));
    expect(await desk.history(issue)).toHaveLength(61);
  });

  test("endless conflicts end as contention, not as a loop", async () => {
    const storage = intercepted(makeMemoryStorage(), (batch, commit) =>
      batch.receipt === null
        ? commit(batch)
        : Effect.fail(
            new Conflict({ conflicts: [{ kind: "issue", id: "x", expected: 1, actual: 2 }] }),
          ),
    );
    const { desk } = await openTown({ storage });
    await expect(desk.begin(report, { actor: person("resident") })).rejects.toMatchObject({
      _tag: "StorageError",
      reason: "Contention",
    });
  });
});

describe("publishing", () => {
  // Whoever begins between another's reading what is current and looking for parts, or between
  // that and the commit.
  test.each(["current", "document", "commit"])(
    "the same from several processes that start at once is harmless, at %s",
    async (at) => {
      const memory = makeMemoryStorage();
      const storage: Storage = {
        ...memory,
        read: (request) =>
          Effect.tap(memory.read(request), () =>
            request.keys.some(({ kind }) => kind === at) ? Effect.yieldNow : Effect.void,
          ),
        commit: (batch) =>
          at === "commit"
            ? Effect.andThen(Effect.yieldNow, memory.commit(batch))
            : memory.commit(batch),
      };
      const towns = await Promise.all([1, 2, 3].map(() => openTown({ storage })));
      for (const { desk } of towns)
        expect((await desk.published()).charter.version).toBe(charter.version);
      // Another content under a version that is there is refused, whoever else starts.
      const changed = { ...charter, triage: "mayor" };
      const outcomes = await Promise.allSettled([
        openTown({ storage }),
        openTown({ storage, charter: changed }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    },
  );

  test("an issue keeps the charter version it was routed under", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(report, { actor: person("resident") });
    const stricter = {
      ...charter,
      version: "2",
      competences: {
        ...charter.competences,
        building: { cost: { ranges: [[null, 1]] }, category: { in: ["family"] } },
      },
    };
    await desk.publish({ charter: stricter });
    const later = await desk.begin(report, { actor: person("resident") });
    expect(later.handler.level).toBe("community");
    const accepted = await desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
    expect(accepted.handler.level).toBe("building");
    const versions = (await desk.history(issue)).map((entry) => entry.charter.version);
    expect(versions).toEqual(["1", "1"]);
  });

  test("the same version with other content is refused whole, and the same content is harmless", async () => {
    const { desk } = await openTown();
    await desk.publish({ charter });
    await expect(desk.publish({ charter: { ...charter, triage: "mayor" } })).rejects.toMatchObject({
      _tag: "InputError",
      door: "charter",
      path: "/version",
    });
    expect((await desk.published()).charter.document.triage).toBe("desk");
  });

  test("a charter that does not fit the hierarchy in force is refused", async () => {
    const { desk } = await openTown();
    const levels = charter.levels.map((level) =>
      level.id === "building" ? { ...level, id: "house" } : level,
    );
    const renamed = JSON.parse(
      JSON.stringify({ ...charter, version: "3", levels }).replaceAll('"building"', '"house"'),
    );
    await expect(desk.publish({ charter: renamed })).rejects.toMatchObject({ _tag: "InputError" });
    expect((await desk.published()).charter.version).toBe("1");
  });
});

describe("time at the services", () => {
  test("jobs run late, twice or in one go leave the same history", async () => {
    const punctual = await openTown();
    const late = await openTown();
    const histories = [];
    for (const town of [punctual, late]) {
      await town.desk.begin(report, { actor: person("resident"), commandId: "c" });
    }
    for (let hours = 0; hours < 30 * 24; hours += 6) {
      punctual.clock.now += 6 * HOUR;
      await punctual.desk.runDue();
      await punctual.desk.runDue();
    }
    late.clock.now += 30 * DAY;
    await late.desk.runDue();
    for (const { desk } of [punctual, late]) {
      const [issue] = (await desk.issuesOf("T", { viewer: person("mayor"), state: "open" })).issues;
      histories.push((await desk.history(issue?.id ?? "")).map((entry) => entry.event));
    }
    expect(histories[0]?.length).toBeGreaterThan(5);
    expect(histories[1]).toEqual(histories[0]);
  });

  test("rungs that are due come before a command, at their own instants", async () => {
    const { desk, clock } = await openTown();
    const { issue } = await desk.begin(report, { actor: person("resident") });
    clock.now += 20 * DAY;
    await desk.act(issue, { type: "urge" }, { actor: person("resident") });
    const history = await desk.history(issue);
    expect(history.at(-1)?.event.type).toBe("Urged");
    expect(history.slice(1, -1).every((entry) => entry.actor.type === "clock")).toBe(true);
    const instants = history.map((entry) => entry.event.at);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    expect(instants[1]).toBeLessThan(clock.now);
  });
});
