/**
 * How a command on an issue that is being moved fares: one client accepts issues below
 * the unit, first with nothing else to do, then while the move is worked off.
 */
import type { IssueState } from "@linli/core/issue";
import type { Cost } from "../../kit/report.ts";
import { Disagreement } from "../../kit/report.ts";
import { makeWatch } from "../../kit/watch.ts";
import { actInService } from "../service.ts";
import { moveByService, openMover } from "./byService.ts";
import { mustFollowFromStates } from "./check.ts";
import { type Place, type Rewrite, statesOf } from "./place.ts";
import { MOVE_AT } from "./town.ts";

/** Runs both on so many copies; they are moved afterwards, and must be right whoever was faster. */
export const commandsMeanwhile = async (
  place: Place,
  copies: number,
  plan: ReadonlyArray<Rewrite>,
): Promise<{ readonly cost: Cost; readonly commands: number }> => {
  const [quiet, busy] = [makeWatch(), makeWatch()];
  let commands = 0;
  let spent = 0;
  for (let copied = 0; copied < copies; copied += 1) {
    const at = await place.copy("linli");
    const states = await statesOf(place, at);
    const mover = await openMover(place, at);
    let taken = 0;
    const next = async () => {
      // All over the list, so that now the job and now the command comes first.
      const { id = "" } = plan[(taken * STRIDE) % plan.length] ?? {};
      taken += 1;
      if (taken > plan.length) throw new Disagreement("no issue is left to be accepted");
      await actInService(mover, {
        ...{ issue: id, command: { type: "accept" }, commandId: `accept-${id}`, now: MOVE_AT },
        actor: handlerOf(states.get(id)),
      });
    };
    for (let n = 0; n < plan.length / 10; n += 1) await quiet.time(next);
    let isDone = false;
    const before = taken;
    const moved = moveByService(mover).finally(() => {
      isDone = true;
    });
    const begun = performance.now();
    while (!isDone) await busy.time(next);
    spent += performance.now() - begun;
    await moved;
    commands += taken - before;
    await mover.close();
    await mustFollowFromStates(place, at);
  }
  const [p50Millis, p99Millis] = [busy.millis(0.5), busy.millis(0.99)];
  return {
    commands,
    cost: {
      what: "a command on an issue below the unit, while it moves",
      contestant: "linli",
      reference: "the same with nothing else to do",
      p50: p50Millis / quiet.millis(0.5),
      p99: p99Millis / quiet.millis(0.99),
      ...{ peakMemory: null, extraMemory: null, rows: null, statements: null },
      observed: {
        machineDependent: true,
        perSecond: Math.round((commands * 1000) / spent),
        ...{ p50Millis, p99Millis, peakMiB: null, extraMiB: null },
      },
    },
  };
};

// Private

/** A prime that divides no number of issues asked for. */
const STRIDE = 7919;

const handlerOf = (state: IssueState | undefined): { readonly person: string } => {
  const person = state?.handler.person;
  if (person == null) throw new Disagreement("an issue nobody handles");
  return { person };
};
