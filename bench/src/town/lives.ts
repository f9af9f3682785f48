/**
 * Lives of seven steps - report, accept, contact, resolve, verify, answer, close - each
 * by the hand it belongs to, from one seed: most stay in the building, some are the
 * micro-community's by their cost, some are hazards and the community's at once.
 */
import type { Command } from "@linli/core/issue";
import { type Draw, drawFrom } from "../kit/random.ts";
import { holderOf, type Place, places } from "./town.ts";

/** One command with everything a decision is taken on. */
export interface Step {
  readonly command: Command;
  readonly actor: { readonly person: string };
  readonly now: number;
  /** References of the words it brings. */
  readonly content: ReadonlyArray<{ readonly id: string; readonly hash: string }>;
}

/** One issue from its report to its end. */
export interface Life {
  readonly issue: string;
  readonly receipt: string;
  readonly steps: ReadonlyArray<Step>;
}

/** So many lives, by the instant of their report. */
export const makeLives = ({ seed, count }: { readonly seed: number; readonly count: number }) => {
  const draw = drawFrom(seed);
  return Array.from({ length: count }, (_, at) => makeLife(draw, at));
};

// Private

const HOUR = 3_600_000;
/** Monday 2026-03-02 08:00 in Shanghai. */
const FIRST = Date.UTC(2026, 2, 2, 0, 0, 0);
/** Minutes of 240 days: the National Day holidays lie within. */
const SPAN = 240 * 24 * 60;

const makeLife = (draw: Draw, at: number): Life => {
  const issue = `issue-${at}`;
  const place = draw.pick(places);
  const lot = draw.int(100);
  const resident = `resident-${draw.int(5000)}`;
  const hands = handsOf(place, lot, resident);
  const begun = FIRST + draw.int(SPAN) * 60_000;
  const facts =
    lot < 15
      ? { severe: true }
      : lot < 30
        ? { cost: 1001 + draw.int(3999) }
        : { cost: draw.int(1001) };
  const category = lot < 15 ? "hazard" : draw.pick(["repair", "greenery", "noise"] as const);
  const words = `约${draw.int(90) + 10}字的情况说明：${"楼道灯不亮，请尽快处理。".repeat(1 + draw.int(3))}`;
  const step = (hours: number, person: string, command: Command): Step => ({
    command,
    actor: { person },
    now: begun + hours * HOUR,
    content: "words" in command ? [{ id: `${issue}.${command.type}`, hash: hashOf(draw) }] : [],
  });
  return {
    issue,
    receipt: hashOf(draw),
    steps: [
      step(0, resident, {
        type: "report",
        category,
        facts,
        place: { unit: place.building },
        words,
      }),
      step(1, hands.handler, { type: "accept" }),
      step(1, hands.handler, { type: "contact", reached: true }),
      step(20, hands.handler, { type: "resolve", words: "已修好，现场照片另附。" }),
      step(44, hands.verifier, { type: "verify", passed: true }),
      step(45, holderOf(place.building), { type: "answer", words: "已办结，感谢反映。" }),
      step(68, hands.handler, { type: "close" }),
    ],
  };
};

// Whoever settles it, and somebody else who confirms it: the level above, or the reporter.
const handsOf = (place: Place, lot: number, resident: string) =>
  lot < 15
    ? { handler: holderOf(place.community), verifier: resident }
    : lot < 30
      ? { handler: holderOf(place.micro), verifier: holderOf(place.community) }
      : { handler: holderOf(place.building), verifier: holderOf(place.micro) };

const hashOf = (draw: Draw): string =>
  Array.from({ length: 8 }, () =>
    draw
      .int(2 ** 31)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
