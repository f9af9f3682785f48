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
