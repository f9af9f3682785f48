/** Provisional deadlines under a newer calendar: computed anew from the same start and rule. */
import { isFinal } from "../issue/index.ts";
import type { ClockState, IssueEvent, IssueState, World } from "../issue/index.ts";
import { recompute } from "../time/index.ts";

/**
 * The event that puts an issue's provisional deadlines right; undefined when the
 * calendar still does not know, or nothing changes. It happens at the instant of the
 * issue's last event: nothing about the issue itself has happened since.
 */
export const recomputeDeadlines = (world: World, state: IssueState): IssueEvent | undefined => {
  if (isFinal(state)) return undefined;
  const start = state.clocks.flatMap((clock): ReadonlyArray<ClockState> => {
    if (!clock.deadline.provisional || clock.paused !== null) return [];
    const deadline = recompute(world.charter.calendar, clock.deadline);
    const same = deadline.dueAt === clock.deadline.dueAt && deadline.provisional;
    return same ? [] : [{ ...clock, deadline }];
  });
  return start.length === 0 ? undefined : { type: "DeadlinesRecomputed", at: state.lastAt, start };
};
