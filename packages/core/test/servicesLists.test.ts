/** Lists, counts, boards, notices: what services answer beside commands. */
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { makeMemoryStorage, NotifyError, StorageError } from "../src/ports/index.ts";
import type { Notifier, OutboundMessage, Storage } from "../src/ports/index.ts";
import { verifyStream } from "../src/journal/index.ts";
import { platformDigest } from "../src/services/index.ts";
import { charter, DAY, HOUR, openTown, person } from "./support/town.ts";

const at = (unit: string, category = "repair") => ({ type: "report", place: { unit }, category });
const resident = { actor: person("resident") };

describe("lists", () => {
  test("a unit's list holds everything below it, soonest due first, in pages without holes", async () => {
    const { desk, clock } = await openTown();
    for (const unit of ["B1", "B2", "B3", "B1", "B2"]) {
      clock.now += HOUR;
      await desk.begin(at(unit), resident);
    }
    const listed = async (unit: string, limit: number, order: "due" | "dueLast" = "due") => {
      const ids = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof desk.issuesOf>> = await desk.issuesOf(unit, {
          viewer: person("mayor"),
          state: "open",
          order,
          limit,
          cursor,
        });
        ids.push(...page.issues.map((issue) => issue.id));
        cursor = page.next;
      } while (cursor !== null);
      return ids;
    };
    const whole = await listed("T", 50);
    expect(whole).toHaveLength(5);
    expect(await listed("T", 2)).toEqual(whole);
    expect(await listed("T", 2, "dueLast")).toEqual(whole.toReversed());
    expect(await listed("C1", 50)).toHaveLength(4);
    expect(await desk.count("C2", "open")).toBe(1);
    expect(await desk.count("T", "open", { max: 3 })).toBe(3);
  });

  test("a worklist follows the handler, the sponsor's list stays with the first-asked post", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(at("B1"), resident);
    const worklist = async (post: string, unit: string, viewer: string, as?: "sponsor") =>
      (
        await desk.worklist({ post, unit }, { viewer: person(viewer), ...(as ? { as } : {}) })
      ).issues.map((one) => one.id);
    expect(await worklist("chief", "B1", "chief-1")).toEqual([issue]);
    await desk.act(issue, { type: "handUp", words: "too big" }, { actor: person("chief-1") });
    expect(await worklist("chief", "B1", "chief-1")).toEqual([]);
    expect(await worklist("secretary", "C1", "sec-1")).toEqual([issue]);
    expect(await worklist("chief", "B1", "chief-1", "sponsor")).toEqual([issue]);
  });

  test("a sealed issue is in no list of those who may not know of it", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(at("B1", "dispute"), resident);
    const seenBy = async (viewer: string) =>
      (await desk.issuesOf("T", { viewer: person(viewer), state: "open" })).issues.length;
    expect(await seenBy("chief-2")).toBe(0);
    expect(await seenBy("chief-1")).toBe(1);
    await expect(desk.view(issue, { viewer: person("chief-2") })).rejects.toMatchObject({
      _tag: "NotFound",
    });
    await expect(desk.timeline(issue, person("chief-2"))).rejects.toMatchObject({
      _tag: "NotFound",
    });
    await expect(desk.actions(issue, person("chief-2"))).rejects.toMatchObject({
      _tag: "NotFound",
    });
  });

  test("an anonymous report is followed by its receipt code, and by nothing near it", async () => {
    const { desk } = await openTown();
    const reported = await desk.begin(
      { ...at("B1"), words: "secret words" },
      { actor: { person: null } },
    );
    const code = reported.receiptCode ?? "";
    const found = await desk.byReceipt(` ${code.toLowerCase()} `);
    expect(found.issue).toBe(reported.issue);
    const view = await desk.view(found.issue, { viewer: found.actor, purpose: "follow" });
    expect(view.contents?.[0]?.words).toBe("secret words");
    await expect(desk.byReceipt(`${code.slice(0, -1)}2`)).rejects.toMatchObject({
      _tag: "NotFound",
    });
    const board = await desk.view(found.issue, { viewer: found.actor, purpose: "board" });
    expect(board).toMatchObject({ contents: null, reporters: null });
  });
});

test("many reports of one thing raise the newest, and only within the days", async () => {
  const { desk, clock } = await openTown();
  const hazard = async (unit: string) =>
    (await desk.begin(at(unit, "hazard"), resident)).handler.level;
  expect(await hazard("B1")).toBe("community");
  clock.now += 8 * DAY;
  expect(await hazard("B2")).toBe("community");
  expect(await hazard("B1")).toBe("community");
  expect(await hazard("B3")).toBe("community");
  expect(await hazard("B2")).toBe("town");
});

test("boards are the same projected in pages, at once, and after a rebuild, interrupted or not", async () => {
  const inner = makeMemoryStorage();
  let commitsLeft = Number.MAX_SAFE_INTEGER;
  const storage: Storage = {
    ...inner,
    commit: (batch) =>
      commitsLeft-- > 0
        ? inner.commit(batch)
        : Effect.fail(
            new StorageError({ reason: "Unavailable", operation: "commit", detail: "cut off" }),
          ),
  };
  const { desk, clock } = await openTown({ storage });
  for (const unit of ["B1", "B2", "B3"]) {
    const { issue } = await desk.begin(at(unit), resident);
    clock.now += 3 * HOUR;
    if (unit !== "B3")
      await desk.act(
        issue,
        { type: "settle", words: "done" },
        { actor: person(`chief-${unit.slice(1)}`) },
      );
  }
  await desk.begin({ type: "report", words: "somewhere" }, resident);
  clock.now += 9 * DAY;
  await desk.runDue();
  const days = { from: "2026-11-01", until: "2026-12-31" };
  while ((await desk.project(2)).more);
  const paged = await desk.board("T", days);
  expect(paged[0]).toMatchObject({ unit: "T", day: "2026-11-23", reported: 4, settled: 2 });
  expect(paged.reduce((sum, day) => sum + day.escalated, 0)).toBeGreaterThan(0);
  expect((await desk.board("B1", days))[0]).toMatchObject({ reported: 1, settled: 1 });
  await desk.rebuild();
  expect(await desk.board("T", days)).toEqual([]);
  while ((await desk.project(1000)).more);
  expect(await desk.board("T", days)).toEqual(paged);
  for (const commits of [0, 1, 2, 3]) {
    commitsLeft = commits;
    await expect(desk.rebuild()).rejects.toMatchObject({ reason: "Unavailable" });
    commitsLeft = Number.MAX_SAFE_INTEGER;
    while ((await desk.project(3)).more);
    expect(await desk.board("T", days)).toEqual(paged);
  }
});

test("every stream verifies by its hashes, and an edit of any entry shows at its version", async () => {
  const storage = makeMemoryStorage();
  const { desk, clock } = await openTown({ storage });
  const { issue } = await desk.begin(at("B1"), resident);
  clock.now += 30 * DAY;
  await desk.runDue();
  const { entries } = await Effect.runPromise(
    storage.feed({ namespace: "main", after: null, limit: 1000, stream: issue }),
  );
  const digest = platformDigest("SHA-256");
  expect(entries.length).toBeGreaterThan(5);
  expect(verifyStream(digest, entries)).toMatchObject({ _tag: "Sound", length: entries.length });
  for (const [index, entry] of entries.entries()) {
    const altered = entries.with(index, {
      ...entry,
      value: entry.value.replace(/"at":(\d+)/, '"at":1$1'),
    });
    expect(verifyStream(digest, altered)).toMatchObject({ _tag: "Broken", version: index + 1 });
  }
});

describe("the outbox", () => {
  const recording = (fail: (message: OutboundMessage) => NotifyError | null) => {
    const sent: Array<OutboundMessage> = [];
    const notifier: Notifier = {
      channel: "test",
      capabilities: { maxBytes: null, deduplicates: false },
      send: (message) => {
        sent.push(message);
        const error = fail(message);
        return error === null ? Effect.succeed({ providerId: null }) : Effect.fail(error);
      },
    };
    return { sent, notifier };
  };
  const addressesOf = (who: string) => [
    { channel: "test", to: `address of ${who}`, locale: "zh" as const },
  ];
  const refused = (reason: "Unreachable" | "RecipientGone") =>
    new NotifyError({ reason, channel: "test", detail: "no" });

  test("a message is tried again under the same delivery id until it is taken", async () => {
    const { sent, notifier } = recording((message) =>
      message.attempt < 3 ? refused("Unreachable") : null,
    );
    const { desk, clock } = await openTown({ settings: { notifiers: [notifier], addressesOf } });
    await desk.begin(at("B1"), { actor: { person: null } });
    for (let pass = 0; pass < 5; pass += 1) {
      await desk.runDue();
      clock.now += HOUR;
    }
    expect(sent.map((message) => message.attempt)).toEqual([1, 2, 3]);
    expect(new Set(sent.map((message) => message.deliveryId)).size).toBe(1);
    expect(sent[0]).toMatchObject({ to: "address of chief-1", data: { event: "Reported" } });
  });

  test("a lasting refusal is set aside and stops nobody else's messages", async () => {
    const { sent, notifier } = recording((message) =>
      message.to.includes("chief-1") ? refused("RecipientGone") : null,
    );
    const { desk } = await openTown({ settings: { notifiers: [notifier], addressesOf } });
    await desk.begin(at("B1"), { actor: { person: null } });
    await desk.begin(at("B2"), { actor: { person: null } });
    expect(await desk.runDue()).toMatchObject({ sent: 1, dead: 1 });
    expect(await desk.runDue()).toMatchObject({ sent: 0, dead: 0 });
    expect(sent).toHaveLength(2);
  });

  test("messages name posts and places, never the reporter or their words", async () => {
    const { sent, notifier } = recording(() => null);
    const { desk, clock } = await openTown({ settings: { notifiers: [notifier], addressesOf } });
    await desk.begin(
      { ...at("B1"), words: "MY-WORDS", reporter: { kind: "confidential" } },
      { actor: person("THE-REPORTER") },
    );
    clock.now += 30 * DAY;
    await desk.runDue();
    await desk.runDue();
    expect(sent.length).toBeGreaterThan(2);
    for (const { to: _, ...message } of sent.filter(({ to }) => !to.includes("THE-REPORTER"))) {
      expect(JSON.stringify({ ...message, deliveryId: "" })).not.toMatch(/MY-WORDS|THE-REPORTER/);
    }
  });
});

test("words of danger to life win over longer words of anything else", async () => {
  const categories = charter.categories.map((one) =>
    one.id === "gas" ? { ...one, words: ["gas"] } : one,
  );
  const { desk } = await openTown({ charter: { ...charter, categories } });
  const categoryOf = async (words: string) => {
    const { issue } = await desk.begin({ type: "report", place: { unit: "B1" }, words }, resident);
    return (await desk.view(issue, { viewer: person("resident") })).category;
  };
  expect(await categoryOf("the manhole is broken")).toBe("hazard");
  expect(await categoryOf("GAS comes out of the manhole")).toBe("gas");
});
