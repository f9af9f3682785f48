/** Scores as a projection: whatever the passes, a rebuild or a fault, they say what the journal says. */
import { FAULT_KINDS, faultyStorage, isInjected, townLives } from "@linli/testing";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeEntry } from "../src/journal/index.ts";
import { checkedStorage, makeMemoryStorage } from "../src/ports/index.ts";
import type { CommitBatch, Storage } from "../src/ports/index.ts";
import { scoreMonth } from "../src/score/index.ts";
import type { ScoredEntry } from "../src/score/index.ts";
import { makeScores } from "../src/services/Scores.ts";
import { completeSettings } from "../src/services/Settings.ts";
import { monthRange } from "../src/time/index.ts";
import { sha256 } from "./support/feed.ts";
import { openIssue, townWorld } from "./support/recordedLife.ts";
import { DAY, MONDAY } from "./support/town.ts";
import { walk } from "./support/walk.ts";

const MONTHS = ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02"];
const { charter } = townWorld();

/** Journals of several issues, interleaved turn by turn. */
const journals = townLives({ steps: 24, issues: 4 }).map((life) =>
  [...walk(life).issues]
    .flatMap(([issue, { history }]) =>
      history.map(({ event, recordedAt }, i): ScoredEntry => ({
        ...{ issue, version: i + 1, recordedAt, event },
      })),
    )
    .sort((a, b) => a.version - b.version || (a.issue < b.issue ? -1 : 1)),
);

const filled = async (journal: ReadonlyArray<ScoredEntry>, driver = makeMemoryStorage()) => {
  const heads = new Map<string, string>();
  const entries = journal.map(({ issue: stream, version, recordedAt, event }) => {
    const head = {
      ...{ stream, version, recordedAt, cause: "c", actor: { type: "host" as const } },
    };
    const line = { ...head, charter: { id: "smalltown", version: "1" } };
    const entry = encodeEntry(sha256, line, event, heads.get(stream) ?? "");
    heads.set(stream, entry.hash);
    return entry;
  });
  const none = { rows: [], guards: [], schedule: [], cancel: [], settle: [], receipt: null };
  await Effect.runPromise(driver.commit({ namespace: "main", at: MONDAY, entries, ...none }));
  return driver;
};

/** The scores over a storage, under the small town's charter. */
const scoresOn = (storage: Storage) => {
  const settings = completeSettings({ storage: checkedStorage(storage), now: () => MONDAY });
  return makeScores(settings, { published: Effect.succeed({ charter }) });
};

const expected = (journal: ReadonlyArray<ScoredEntry>, month: string) =>
  scoreMonth(journal, monthRange(charter.calendar, month));

const run = Effect.runPromise;
const scoreOf = (storage: Storage, month: string) => run(scoresOn(storage).score(month));

test("projected in passes of any size, and after a rebuild, they are those of the whole journal", () =>
  fc.assert(
    fc.asyncProperty(journals, fc.array(fc.integer({ min: 1, max: 9 })), async (journal, cuts) => {
      const storage = await filled(journal);
      const scores = scoresOn(storage);
      for (const cut of cuts) await run(scores.take(cut));
      const all = async () => Promise.all(MONTHS.map((month) => run(scores.score(month))));
      const want = MONTHS.map((month) => expected(journal, month));
      for (const month of MONTHS) {
        expect(await run(scores.score(month))).toEqual(expected(journal, month));
      }
      await run(scores.forget);
      for (const cut of cuts) await run(scores.take(cut));
      await run(scores.score("2026-11"));
      expect(await all()).toEqual(want);
    }),
    { seed: 11, numRuns: 60 },
  ));

/** Until the given scores answer, asked again after every injected fault. */
const patient = async (storage: Storage, plan: Parameters<typeof faultyStorage>[1]) => {
  const faulty = faultyStorage(storage, plan);
  const scores = scoresOn(faulty.storage);
  const gaveUp = Effect.andThen(faulty.silence, Effect.fail("silent" as const));
  const insistent = <A, E>(work: Effect.Effect<A, E>): Effect.Effect<A> =>
    Effect.raceFirst(gaveUp, work).pipe(
      Effect.catch((error) =>
        error === "silent" || isInjected(error) ? insistent(work) : Effect.die(error),
      ),
    );
  await run(insistent(scores.score("2026-11")));
  await run(insistent(scores.forget));
  const cards = await run(insistent(scores.score("2026-11")));
  await run(faulty.land);
  return { cards, touched: faulty.touched() };
};

test("a fault at any call of the port, of any kind, loses nothing and doubles nothing", async () => {
  const [journal = []] = fc
    .sample(journals, { seed: 12, numRuns: 40 })
    .toSorted((a, b) => b.length - a.length);
  const want = expected(journal, "2026-11");
  expect(want.length).toBeGreaterThan(0);
  for (const kind of FAULT_KINDS) {
    let at = 0;
    for (let touched = true; touched;) {
      at += 1;
      const storage = await filled(journal);
      const done = await patient(storage, { at, kind, lasting: "once" });
      expect(done.cards, `${kind} at call ${at}`).toEqual(want);
      expect(await scoreOf(storage, "2026-11"), `${kind} at call ${at}, later`).toEqual(want);
      ({ touched } = done);
    }
    expect(at).toBeGreaterThan(8);
  }
});

test("several who ask at once take each entry in once", async () => {
  const [journal = []] = fc.sample(journals, { seed: 13, numRuns: 1 });
  const storage = await filled(journal);
  const all = await Promise.all([1, 2, 3].map(() => scoreOf(storage, "2026-11")));
  for (const cards of all) expect(cards).toEqual(expected(journal, "2026-11"));
});

test("no commit writes more rows than a pass takes entries, and a position; nobody's name is in them", async () => {
  const drawn = fc
    .sample(journals, { seed: 14, numRuns: 30 })
    .flatMap((journal, n) => journal.map((entry) => ({ ...entry, issue: `${n}-${entry.issue}` })));
  const batches: Array<CommitBatch> = [];
  const inner = await filled(drawn);
  const commit: Storage["commit"] = (batch) => {
    batches.push(batch);
    return inner.commit(batch);
  };
  const scores = scoresOn({ ...inner, commit });
  expect(await run(scores.score("2026-11"))).toEqual(expected(drawn, "2026-11"));
  await run(scores.forget);
  while (await run(scores.take(20)));
  expect(batches.length).toBeGreaterThan(drawn.length / 20);
  for (const { rows, entries } of batches) {
    expect(rows.length).toBeLessThanOrEqual(251);
    expect(entries).toEqual([]);
    for (const { value } of rows) {
      expect(value ?? "").not.toMatch(/"(reporters|supporters|about|externalRefs)":\[[^\]]/);
    }
  }
});

/** The same life some days later. */
const later = (id: string, days: number, issue: ReturnType<typeof openIssue>) =>
  issue.history.map(({ event, recordedAt }, i): ScoredEntry => {
    const at = event.at + days * DAY;
    return {
      ...{ issue: id, version: i + 1, recordedAt: recordedAt + days * DAY },
      event:
        event.type === "Resolved"
          ? { ...event, at, settlement: { ...event.settlement, at } }
          : { ...event, at },
    };
  });

test("reported again two months on the calendar later: both months know of it", async () => {
  const report = { type: "report", category: "repair", place: { unit: "B1" } } as const;
  const settled = openIssue(townWorld(), report);
  settled.does("chief-1", { type: "settle", words: "done" });
  settled.does("sec-1", { type: "verify", passed: true });
  // Settled on 31 January, reported again on 1 March: 29 days.
  const again = later("j", 98, openIssue(townWorld(), report));
  const journal = [...later("i", 69, settled), ...again];
  const storage = await filled(journal);
  const january = await scoreOf(storage, "2027-01");
  expect(january).toEqual(expected(journal, "2027-01"));
  expect(january[0]?.excluded.map(({ why }) => why)).toEqual(["reportedAgain"]);
  const march = await scoreOf(storage, "2027-03");
  expect(march).toEqual(expected(journal, "2027-03"));
  expect(march[0]?.points.reopened).toEqual([{ issue: "j", version: 1 }]);
});
