/** The life of an issue in seven steps, beside a reducer written by hand for the same town. */
import { contextOf as worldContext, decide, evolve } from "@linli/core/issue";
import type { IssueEvent, IssueState, World } from "@linli/core/issue";
import * as Result from "effect/Result";
import { type Contestant, race, ratioOf } from "../kit/race.ts";
import { type BenchOptions, Disagreement, mustAgree, type Report, rowOf } from "../kit/report.ts";
import { decideByHand } from "../town/byHand.ts";
import { evolveByHand } from "../town/byHandEvolve.ts";
import { type Life, makeLives } from "../town/lives.ts";
import { makeWorld } from "../town/town.ts";
import { contextOf, liveAsMachine } from "./machine.ts";

/** The bench. */
export const issue = async ({ quick, say }: BenchOptions): Promise<Report> => {
  const lives = makeLives(LIVES);
  const world = makeWorld();
  say(`comparing ${lives.length} lives ...`);
  for (const life of lives) {
    const expected = record(life, (step, state) => byHandStep(life, step, state));
    const given = record(life, (step, state) => linliStep(world, life, step, state));
    mustAgree(`${life.issue}, events`, expected.events, given.events);
    mustAgree(`${life.issue}, state`, expected.state, given.state);
    mustAgree(`${life.issue}, xstate`, expected.state, liveAsMachine(life));
  }
  const times = await race(
    [
      contestant("by hand", lives, (life) => liveByHand(life)),
      contestant("linli", lives, (life) => liveInLinli(world, life)),
      contestant("xstate", lives, (life) => liveAsMachine(life)),
    ],
    { clock: "cpu", rounds: quick ? 3 : 41, millis: quick ? 5 : 40 },
  );
  return {
    name: "issue",
    rows: [
      rowOf("7-step life, decide + evolve", "by hand", ratioOf(times, "by hand", "linli"), 0.4),
    ],
    peers: [
      {
        peer: "xstate, createActor and send",
        what: "7-step life, guards and assign by the hand-written reducer",
        reference: "by hand",
        compared: lives.length,
        ...ratioOf(times, "by hand", "xstate"),
      },
    ],
    work: { lives: `${lives.length} different lives, seed ${LIVES.seed}` },
  };
};

// Private

const LIVES = { seed: 7, count: 2000 };

type Step = Life["steps"][number];
type Stepped = { readonly events: ReadonlyArray<IssueEvent>; readonly state: IssueState };

const linliStep = (world: World, life: Life, step: Step, state: IssueState | null): Stepped => {
  const { now, actor, content, command } = step;
  const { issue: issueId, receipt } = life;
  const context = worldContext(world, now, actor, { issueId, receipt, content });
  const decided = decide(context, state, command);
  if (Result.isFailure(decided)) throw new Disagreement(decided.failure.message);
  let after = state;
  for (const event of decided.success) after = evolve(after, event);
  return { events: decided.success, state: after as IssueState };
};

const byHandStep = (life: Life, step: Step, state: IssueState | null): Stepped => {
  const decided = decideByHand(contextOf(life, step), state, step.command);
  if (decided === undefined) throw new Disagreement(`${life.issue}: ${step.command.type} refused`);
  return { events: [decided], state: evolveByHand(state, decided) };
};

const record = (life: Life, take: (step: Step, state: IssueState | null) => Stepped) => {
  const events: Array<IssueEvent> = [];
  let state: IssueState | null = null;
  for (const step of life.steps) {
    const stepped: Stepped = take(step, state);
    events.push(...stepped.events);
    state = stepped.state;
  }
  return { events, state };
};

const liveInLinli = (world: World, life: Life): IssueState | null => {
  let state: IssueState | null = null;
  for (const { now, actor, content, command } of life.steps) {
    const { issue: issueId, receipt } = life;
    const context = worldContext(world, now, actor, { issueId, receipt, content });
    const decided = decide(context, state, command);
    if (Result.isFailure(decided)) return null;
    for (const event of decided.success) state = evolve(state, event);
  }
  return state;
};

const liveByHand = (life: Life): IssueState | null => {
  let state: IssueState | null = null;
  for (const step of life.steps) {
    const decided = decideByHand(contextOf(life, step), state, step.command);
    if (decided === undefined) return null;
    state = evolveByHand(state, decided);
  }
  return state;
};

const contestant = (
  name: string,
  lives: ReadonlyArray<Life>,
  live: (life: Life) => IssueState | null,
): Contestant => ({
  name,
  run: (from, count) => {
    let sum = 0;
    for (let done = 0; done < count; done += 1) {
      sum += live(lives[(from + done) % lives.length] as Life)?.version ?? NaN;
    }
    return sum;
  },
});
