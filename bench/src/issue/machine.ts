/** The same life as an xstate machine; what each step may be and does is borrowed from byHand.ts. */
import type { IssueState } from "@linli/core/issue";
import { assign, createActor, setup } from "xstate";
import { decideByHand, type HandContext } from "../town/byHand.ts";
import { evolveByHand } from "../town/byHandEvolve.ts";
import type { Life, Step } from "../town/lives.ts";

/** Runs one life through an actor and gives the final state. */
export const liveAsMachine = (life: Life): IssueState | null => {
  const actor = createActor(machine);
  actor.start();
  for (const step of life.steps) {
    actor.send({ type: step.command.type as StepType, step, context: contextOf(life, step) });
  }
  const { context } = actor.getSnapshot();
  actor.stop();
  return context.state;
};

/** What the reducer is given for a step. */
export const contextOf = (life: Life, { now, actor, content }: Step): HandContext => ({
  now,
  actor,
  issue: life.issue,
  receipt: life.receipt,
  content,
});

// Private

type StepType = "report" | "accept" | "contact" | "resolve" | "verify" | "answer" | "close";

interface Given {
  readonly type: StepType;
  readonly step: Step;
  readonly context: HandContext;
}

const on = (target?: string) => ({
  ...(target === undefined ? {} : { target }),
  guard: "isAllowed" as const,
  actions: "take" as const,
});

const machine = setup({
  types: {
    context: {} as { readonly state: IssueState | null },
    events: {} as Given,
  },
  guards: {
    isAllowed: ({ context, event }) =>
      decideByHand(event.context, context.state, event.step.command) !== undefined,
  },
  actions: {
    take: assign(({ context, event }) => {
      const decided = decideByHand(event.context, context.state, event.step.command);
      return decided === undefined ? context : { state: evolveByHand(context.state, decided) };
    }),
  },
}).createMachine({
  id: "issue",
  context: { state: null },
  initial: "unknown",
  states: {
    unknown: { on: { report: on("reported") } },
    reported: { on: { accept: on("accepted"), contact: on() } },
    accepted: { on: { contact: on(), resolve: on("resolved") } },
    resolved: { on: { contact: on(), verify: on("verified"), answer: on() } },
    verified: { on: { contact: on(), answer: on(), close: on("closed") } },
    closed: { type: "final" },
  },
});
