/**
 * Issues as decoded lately, so that the steps of one conversation do not parse the same
 * row again and again.
 *
 * Remembered is what a text decodes to, and the text itself is compared: the row is
 * read from the storage each time, whoever wrote it and whatever was rolled back, and
 * a remembered state can only ever be the one the row holds.
 */
import * as Result from "effect/Result";
import type { Unreadable } from "./Errors.ts";
import { isFinal } from "../issue/index.ts";
import type { IssueState } from "../issue/index.ts";
import { decodeIssue, encodeIssue } from "./rows.ts";
import type { StoredIssue } from "./rows.ts";

/** Encodes and decodes issue rows; what was so lately is decoded without parsing. */
export interface RecentIssues {
  readonly encode: (state: IssueState, head: string) => string;
  readonly decode: (id: string, value: string) => Result.Result<StoredIssue, Unreadable>;
}

/** Issues remembered at most; so few that most of them never grow old in memory. */
export const RECENT_MAX = 64;

/** Begins by remembering nothing. */
export const makeRecentIssues = (): RecentIssues => {
  const kept = new Map<string, { readonly value: string; readonly stored: StoredIssue }>();
  return {
    encode: (state, head) => {
      const value = encodeIssue(state, head);
      // Only what was read lately is likely to be read again soon, and a final issue is not.
      if (isFinal(state)) kept.delete(state.id);
      else if (kept.has(state.id)) keep(kept, state.id, { value, stored: { v: 1, head, state } });
      return value;
    },
    decode: (id, value) => {
      const known = kept.get(id);
      if (known !== undefined && known.value === value) return Result.succeed(known.stored);
      const decoded = decodeIssue(id, value);
      if (Result.isFailure(decoded)) return decoded;
      keep(kept, id, { value, stored: decoded.success });
      return decoded;
    },
  };
};

// Private

// The one longest not written makes room: a map keeps the order in which it was filled.
const keep = <A>(kept: Map<string, A>, id: string, one: A): void => {
  kept.delete(id);
  if (kept.size >= RECENT_MAX) {
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      break;
    }
  }
  kept.set(id, one);
};
