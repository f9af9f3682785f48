import { townLives, TOWN_START } from "@linli/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../src/issue/index.ts";
import { INDICATORS, scoreMonth } from "../src/score/index.ts";
import type { Indicator, Scorecard, ScoredEntry, ScorePeriod } from "../src/score/index.ts";
import { openIssue, townWorld } from "./support/recordedLife.ts";
import { DAY, HOUR, MONDAY } from "./support/town.ts";
import { walk } from "./support/walk.ts";

const RUNS = { seed: 5, numRuns: 80 };
const MONTH: ScorePeriod = { from: TOWN_START - 60 * DAY, until: TOWN_START + 5 * DAY };
const NEXT: ScorePeriod = { from: MONTH.until, until: MONTH.until + 900 * DAY };

const entriesOf = (
  issue: string,
  history: ReadonlyArray<{ readonly event: ScoredEntry["event"]; readonly recordedAt: number }>,
): ReadonlyArray<ScoredEntry> =>
  history.map(({ event, recordedAt }, i) => ({ issue, version: i + 1, recordedAt, event }));

const journals = townLives({ steps: 20, issues: 3 }).map((life) =>
  [...walk(life).issues].map(([id, { history }]) => entriesOf(id, history)),
);

const TYPES: Readonly<Record<Indicator, ReadonlyArray<string>>> = {
  reported: ["Reported", "SettledRecorded"],
  settledHere: ["Resolved", "SettledRecorded"],
  onTime: ["Resolved", "SettledRecorded"],
  late: ["Resolved", "SettledRecorded"],
  handedUp: ["HandedUp"],
  escalatedFrom: ["Escalated", "LastRungReached"],
  reopened: ["Reopened", "Reported"],
};

const refsOf = (cards: ReadonlyArray<Scorecard>, indicator: Indicator) =>
  cards
    .filter(({ post }) => post !== null)
    .flatMap((card) => card.points[indicator].map(({ issue, version }) => `${issue}/${version}`))
    .sort();

const cardOf = (cards: ReadonlyArray<Scorecard>, unit: string) =>
  cards.find((card) => card.unit === unit && card.post === null);

describe("scores", () => {
  it("are a pure function of the entries, in whatever order issues come", () =>
    fc.assert(
      fc.property(journals, fc.nat(), (journal, turn) => {
        const turned = [
          ...journal.slice(turn % journal.length),
          ...journal.slice(0, turn % journal.length),
        ];
        const interleaved = journal.flat().toSorted((a, b) => b.version - a.version);
        const cards = scoreMonth(journal.flat(), MONTH);
        expect(scoreMonth(turned.flat(), MONTH)).toEqual(cards);
        expect(scoreMonth(interleaved, MONTH)).toEqual(cards);
      }),
      RUNS,
    ));

  it("rest each point on an entry of the right kind in the month, and count no entry twice", () =>
    fc.assert(
      fc.property(journals, (journal) => {
        const entries = journal.flat();
        for (const period of [MONTH, NEXT]) {
          for (const card of scoreMonth(entries, period)) {
            for (const indicator of INDICATORS) {
              const refs = card.points[indicator].map(
                ({ issue, version }) => `${issue}/${version}`,
              );
              if (indicator !== "reopened") expect(new Set(refs).size).toBe(refs.length);
              for (const { issue, version } of card.points[indicator]) {
                const entry = entries.find((one) => one.issue === issue && one.version === version);
                expect(TYPES[indicator]).toContain(entry?.event.type);
                const event = entry!.event;
                const at = event.type === "SettledRecorded" ? event.settlement.at : event.at;
                expect(at >= period.from && at < period.until).toBe(true);
              }
            }
            const { numerator, denominator } = card.localResolutionRate;
            expect(numerator).toBeLessThanOrEqual(denominator);
            expect(card.points.onTime.length + card.points.late.length).toBe(
              card.points.settledHere.length,
            );
            for (const { issue, version } of card.excluded) {
              expect(entries.some((one) => one.issue === issue && one.version === version)).toBe(
                true,
              );
            }
          }
        }
      }),
      RUNS,
    ));

  it("leave nothing between two months and nothing in both", () =>
    fc.assert(
      fc.property(journals, (journal) => {
        const entries = journal.flat();
        const whole = scoreMonth(entries, { from: MONTH.from, until: NEXT.until });
        const [first, second] = [scoreMonth(entries, MONTH), scoreMonth(entries, NEXT)];
        for (const indicator of INDICATORS) {
          const parts = [...refsOf(first, indicator), ...refsOf(second, indicator)].sort();
          expect(parts).toEqual(refsOf(whole, indicator));
        }
      }),
      RUNS,
    ));

  it("do not change when units, posts and persons are renamed", () =>
    fc.assert(
      fc.property(journals, (journal) => {
        const text = JSON.stringify(journal.flat());
        const rename = (value: string) =>
          value.replace(/"(B\d|C\d|T|chief|vice|secretary|mayor|desk|branch|party|p\d)"/g, '"Z$1"');
        const cards = scoreMonth(journal.flat(), MONTH);
        const renamed = scoreMonth(JSON.parse(rename(text)) as ReadonlyArray<ScoredEntry>, MONTH);
        const sorted = (all: ReadonlyArray<Scorecard>) =>
          all.map((card) => JSON.stringify(card)).sort();
        expect(sorted(renamed)).toEqual(sorted(JSON.parse(rename(JSON.stringify(cards)))));
      }),
      RUNS,
    ));

  it("never fall by one more settlement on time and verified", () =>
    fc.assert(
      fc.property(journals, (journal) => {
        const before = scoreMonth(journal.flat(), MONTH);
        const after = scoreMonth([...journal.flat(), ...settled("extra")], MONTH);
        for (const card of before) {
          const same = after.find(
            (one) => one.unit === card.unit && one.post === card.post && one.person === card.person,
          );
          for (const indicator of ["settledHere", "onTime"] as const) {
            expect(same?.points[indicator].length).toBeGreaterThanOrEqual(
              card.points[indicator].length,
            );
          }
          expect(same?.localResolutionRate.numerator).toBeGreaterThanOrEqual(
            card.localResolutionRate.numerator,
          );
        }
        const gained = cardOf(after, "B1")?.points.onTime ?? [];
        expect(gained.filter(({ issue }) => issue === "extra")).toHaveLength(1);
      }),
      RUNS,
    ));
});

const world = townWorld();
const report = (more: object = {}): Command => ({
  type: "report",
  category: "repair",
  place: { unit: "B1" },
  words: "the light",
  ...more,
});

/** A life that counts: reported, settled in time, verified; another category than the lives drawn. */
const settled = (id: string, more: object = {}, verified = true) => {
  const issue = openIssue(world, report({ category: "family", ...more }));
  issue.does("chief-1", { type: "settle", words: "done" });
  if (verified) issue.does("sec-1", { type: "verify", passed: true });
  return entriesOf(id, issue.history);
};

const NOVEMBER: ScorePeriod = { from: MONDAY - 20 * DAY, until: MONDAY + 8 * DAY };

describe("a local resolution", () => {
  const why = (entries: ReadonlyArray<ScoredEntry>, unit = "B1", period = NOVEMBER) =>
    cardOf(scoreMonth(entries, period), unit)?.excluded.map((one) => one.why);

  it("counts when settled within competence and verified", () => {
    const card = cardOf(scoreMonth(settled("i"), NOVEMBER), "B1");
    expect(card?.localResolutionRate).toEqual({ numerator: 1, denominator: 1 });
    expect(card?.excluded).toEqual([]);
  });

  it("does not count unverified, or beyond the competence of its level", () => {
    expect(why(settled("i", {}, false))).toEqual(["notVerified"]);
    const chief = {
      type: "recordSettled",
      category: "repair",
      place: { unit: "B1" },
      settledAt: MONDAY - HOUR,
    } as const;
    const costly = openIssue(world, { ...chief, facts: { cost: 60_000 } }, "chief-1");
    costly.does("sec-1", { type: "verify", passed: true });
    expect(why(entriesOf("i", costly.history))).toEqual(["notCompetent"]);
  });

  it("does not count when opened again, or the same thing is reported again, within the recheck days", () => {
    const reopened = openIssue(world, report());
    reopened.does("chief-1", { type: "settle", words: "done" });
    reopened.does("sec-1", { type: "verify", passed: true });
    reopened.does("resident", { type: "reopen", words: "it is dark again" }, 9 * DAY);
    const entries = entriesOf("i", reopened.history);
    expect(why(entries)).toContain("reopened");
    expect(cardOf(scoreMonth(entries, NOVEMBER), "B1")?.localResolutionRate.numerator).toBe(0);
    expect(why(entries, "B1", { ...NOVEMBER, recheckDays: 5 })).not.toContain("reopened");
    const again = entriesOf("j", openIssue(world, report({ category: "family" })).history).map(
      (entry) => ({
        ...entry,
        event: { ...entry.event, at: entry.event.at + 4 * DAY },
      }),
    );
    const both = [...settled("i"), ...again];
    expect(why(both)).toEqual(["reportedAgain"]);
    expect(cardOf(scoreMonth(both, NOVEMBER), "B1")?.points.reopened).toEqual([
      { issue: "j", version: 1 },
    ]);
    expect(why(both, "B1", { ...NOVEMBER, recheckDays: 3 })).toEqual([]);
  });

  it("recorded afterwards counts from when it happened, and not when written down too late", () => {
    const record = (settledAt: number) => {
      const issue = openIssue(
        world,
        { type: "recordSettled", category: "repair", place: { unit: "B1" }, settledAt, words: "w" },
        "chief-1",
      );
      issue.does("sec-1", { type: "verify", passed: true });
      return entriesOf("i", issue.history);
    };
    expect(cardOf(scoreMonth(record(MONDAY - HOUR), NOVEMBER), "B1")?.points.onTime).toHaveLength(
      1,
    );
    expect(why(record(MONDAY - 4 * DAY))).toEqual(["recordedLate"]);
  });

  it("shows the recused, the vacant and the blameless beside it", () => {
    const about = openIssue(world, report({ about: [{ post: "chief", unit: "B1" }] }));
    expect(why(entriesOf("i", about.history))).toEqual(["recused"]);
    const vacant = openIssue(world, report({ place: { unit: "B3" } }));
    expect(why(entriesOf("i", vacant.history), "B3")).toEqual(["vacant"]);
    const silent = openIssue(world, report());
    silent.waits(4 * DAY);
    expect(why(entriesOf("i", silent.history))).toContain("noFault");
    expect(
      cardOf(scoreMonth(entriesOf("i", silent.history), NOVEMBER), "B1")?.points.escalatedFrom,
    ).toEqual([]);
  });

  it("is not asked of whom routing only points elsewhere", () => {
    const court = openIssue(world, report({ category: "court" }));
    const cards = scoreMonth(entriesOf("i", court.history), NOVEMBER);
    expect(cards.every((card) => card.localResolutionRate.denominator === 0)).toBe(true);
    expect(cards[0]?.excluded.map((one) => one.why)).toEqual(["signposted"]);
  });
});
