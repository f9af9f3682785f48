/**
 * What an actor may do with an issue now, so that screens need no rules of their own.
 */
import type * as Schema from "effect/Schema";
import type { CommandName } from "../charter/index.ts";
import type { LocalText } from "../data/index.ts";
import { COMMANDS } from "./Command.ts";
import type { Context } from "./Context.ts";
import { objectionTo } from "./decide.ts";
import type { RefusalCode } from "./Refusal.ts";
import type { IssueState } from "./State.ts";
import { COMMAND_TEXTS, REFUSAL_TEXTS } from "./texts.ts";

/** One command with whether it is open, the schema of its input, or the reason why not. */
export interface Action {
  readonly command: CommandName;
  readonly label: LocalText;
  readonly allowed: boolean;
  readonly input: Schema.Top;
  readonly refused: { readonly code: RefusalCode; readonly because: LocalText } | null;
}

/** Every command on this issue for this actor. */
export const actions = (context: Context, state: IssueState): ReadonlyArray<Action> =>
  (Object.keys(COMMANDS) as ReadonlyArray<CommandName>)
    .filter((name) => name !== "report" && name !== "recordSettled")
    .map((command) => {
      const hindrance = objectionTo(context, state, command);
      return {
        command,
        label: COMMAND_TEXTS[command],
        allowed: hindrance === undefined,
        input: COMMANDS[command],
        refused:
          hindrance === undefined
            ? null
            : { code: hindrance.code, because: REFUSAL_TEXTS[hindrance.code] },
      };
    });
