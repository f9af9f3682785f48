/** What the one client orders: six commands for each reported issue, always in the same sequence. */
import type { Command } from "@linli/core/issue";
import type { Life } from "../town/lives.ts";

/** One command to be made durable. */
export interface Order {
  readonly issue: string;
  readonly command: Command;
  readonly commandId: string;
  readonly actor: { readonly person: string };
  readonly now: number;
}

/** Commands of each issue after its report. */
export const PER_ISSUE = 6;

/** Receipts are kept throughout: the orders jump about in time. */
export const RECEIPT_MILLIS = 1000 * 24 * 60 * 60 * 1000;

/** The orders of all lives, each issue under the id it was given when it was reported. */
export const makeOrders = (
  lives: ReadonlyArray<Life>,
  ids: ReadonlyArray<string>,
): ReadonlyArray<Order> =>
  lives.flatMap(({ steps }, at) =>
    steps.slice(1).map(({ command, actor, now }) => ({
      issue: ids[at] ?? "",
      command,
      commandId: `${ids[at]}-${command.type}`,
      actor,
      now,
    })),
  );

/** Issues taken in turn: many more than the service remembers. */
export const ISSUES_IN_TURN = 300;

/**
 * The same orders, three hundred issues in turn: all their first commands, then all their
 * second ones, and so on, so that whoever comes to an issue has seen all the others since.
 */
export const takenInTurn = (orders: ReadonlyArray<Order>): ReadonlyArray<Order> => {
  const share = ISSUES_IN_TURN * PER_ISSUE;
  const taken: Array<Order> = [];
  for (let from = 0; from < orders.length; from += share) {
    const group = orders.slice(from, from + share);
    for (let step = 0; step < PER_ISSUE; step += 1) {
      for (let at = step; at < group.length; at += PER_ISSUE) {
        const order = group[at];
        if (order !== undefined) taken.push(order);
      }
    }
  }
  return taken;
};
