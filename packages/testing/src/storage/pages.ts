/** Page after page until the end, which must come. */
import * as Effect from "effect/Effect";

/** Two things that should be the same were not, or something never ends. */
export class Unexpected extends Error {
  override readonly name = "Unexpected";
}

/** A page of anything, and the cursor behind it. */
export interface Page<A> {
  readonly items: ReadonlyArray<A>;
  readonly next: string | null;
}

/**
 * All items behind a cursor. `ended` tells the last page. A cursor that comes a second
 * time would lead in a circle, and a driver that always has another would never end:
 * both are defects, which break the law that asked.
 */
export const allPages = <A, E, R>(
  what: string,
  first: string | null,
  ended: (page: Page<unknown>) => boolean,
  turn: (cursor: string | null) => Effect.Effect<Page<A>, E, R>,
): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.gen(function* () {
    const items: Array<A> = [];
    const seen = new Set<string | null>();
    for (let cursor = first; ;) {
      seen.add(cursor);
      const page: Page<A> = yield* turn(cursor);
      for (const item of page.items) items.push(item);
      if (ended(page)) return items;
      if (seen.has(page.next)) {
        const detail = `${what}: the cursor behind page ${seen.size} was handed out before, so its pages never end`;
        return yield* Effect.die(new Unexpected(detail));
      }
      if (seen.size >= MOST_PAGES) {
        const detail = `${what}: no end after ${MOST_PAGES} pages, more than anything was written`;
        return yield* Effect.die(new Unexpected(detail));
      }
      cursor = page.next;
    }
  });

/** No law writes so much that it fills so many pages of one. */
const MOST_PAGES = 20_000;
