/** Following the feed while others write to it. */
import type { Entry, FeedPage, Storage, StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { HOME } from "./Lab.ts";

/**
 * Reads the feed page by page while the writers work, and to its end once they have
 * ended, however long that takes; gives what was seen. A feed that shows more than
 * `written` entries is followed no further.
 */
export const followWhile = <E, R>(
  storage: Storage,
  writers: Effect.Effect<unknown, E, R>,
  written: number,
): Effect.Effect<ReadonlyArray<Entry>, E | StorageError, R> =>
  Effect.suspend(() => {
    let writing = true;
    const ended = Effect.sync(() => {
      writing = false;
    });
    const read = Effect.gen(function* () {
      const seen: Array<Entry> = [];
      let after: string | null = null;
      while (seen.length <= written) {
        // Asked before the page: what was written until then, the page must show.
        const last = !writing;
        const page: FeedPage = yield* storage.feed({
          ...{ namespace: HOME, after, limit: 3, stream: null },
        });
        seen.push(...page.entries);
        after = page.next;
        if (page.entries.length > 0) yield* Effect.yieldNow;
        else if (last) break;
        else yield* turn;
      }
      return seen;
    });
    return Effect.map(
      Effect.all([read, Effect.ensuring(writers, ended)], { concurrency: "unbounded" }),
      ([seen]) => seen,
    );
  });

/** One turn of the event loop, in which sockets, files and timers get on with their work. */
export const turn = Effect.callback<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), 0);
  return Effect.sync(() => clearTimeout(timer));
});
