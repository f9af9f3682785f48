/** Upkeep after the world outside changed: deadlines under a newly announced calendar. */
import * as Effect from "effect/Effect";
import { recomputeDeadlines } from "../climbing/index.ts";
import { evolve } from "../issue/index.ts";
import { rootsOf } from "../hierarchy/index.ts";
import type { Conflict, ScanPage, StorageError } from "../ports/index.ts";
import type { Commands } from "./Commands.ts";
import { composeCommit } from "./compose.ts";
import type { Documents, Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { scanPages } from "./pages.ts";
import { decodeIssue, INDEX, KIND, STATE_LETTER, under } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** What upkeep offers. */
export interface Upkeep {
  /**
   * Computes provisional deadlines of all issues that are not final anew, with the
   * calendars in the settings. Run it once after starting with a newer calendar;
   * running it again changes nothing. Answers how many issues changed.
   */
  readonly recompute: () => Effect.Effect<
    number,
    NotPublished | Unreadable | Conflict | StorageError
  >;
}

/** Builds the upkeep of one namespace. */
export const makeUpkeep = (
  settings: Settings,
  documents: Documents,
  commands: Pick<Commands, "load" | "worldOf">,
): Upkeep => ({
  recompute: Effect.fn("Linli.recompute")(function* () {
    const world = yield* documents.published;
    let changed = 0;
    for (const id of yield* provisionalIssues(settings, world)) {
      const loaded = yield* commands.load(id);
      if (loaded === null) continue;
      const own = yield* commands.worldOf(loaded.state);
      const event = recomputeDeadlines(own, loaded.state);
      if (event === undefined) continue;
      const batch = composeCommit(settings, {
        now: yield* settings.now,
        guards: own.guards,
        written: [
          {
            world: own,
            before: loaded,
            rungs: [],
            events: [event],
            state: evolve(loaded.state, event),
            actor: { person: null, host: true },
            cause: `calendar ${own.charter.calendar.id}`,
          },
        ],
        receipt: null,
      });
      yield* settings.storage.commit(batch);
      changed += 1;
    }
    return changed;
  }),
});

// All ids first: computing anew moves issues within the very index that is read.
const provisionalIssues = Effect.fnUntraced(function* (settings: Settings, world: Published) {
  const ids = new Set<string>();
  for (const { unit } of rootsOf(world.hierarchy)) {
    for (const letter of [STATE_LETTER.open, STATE_LETTER.settled]) {
      const range = under(`${unit}/${letter}`);
      const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
        for (const row of rows) {
          const { state } = yield* Effect.fromResult(decodeIssue(row.id, row.value));
          if (state.clocks.some((clock) => clock.deadline.provisional)) ids.add(row.id);
        }
      });
      yield* scanPages(settings, { kind: KIND.issue, index: INDEX.under, range }, use);
    }
  }
  return ids;
});
