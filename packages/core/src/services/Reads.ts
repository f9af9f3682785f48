/**
 * Who read what was sealed, and who found a person by a value: noted in memory, written down together.
 *
 * One entry holds many readings, so that reading costs no commit of its own. Each
 * process writes streams of its own (`access/...`), so that none waits for another.
 * What was read since the last writing is lost with a killed process; `runDue` and
 * `flushReads` write, so does the reading that fills the page, and the end of a layer.
 */
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { encodeEntry } from "../journal/index.ts";
import type { HouseEvent, PersonLookup, SealedReading } from "../journal/index.ts";
import type { Conflict, EntryWrite, StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import type { Settings } from "./Settings.ts";

/** Readings of one namespace. */
export interface Reads {
  /** Notes a reading; does nothing where persons have no keys. */
  readonly note: (reading: {
    readonly viewer: string | null;
    readonly issue: string;
    readonly purpose: string;
    readonly at: Instant;
  }) => Effect.Effect<void>;
  /** Notes that a person was found by a value. */
  readonly noteLookup: (lookup: {
    readonly viewer: string | null;
    readonly owner: string;
    readonly purpose: string;
    readonly at: Instant;
  }) => Effect.Effect<void>;
  /** Writes down what was noted; answers how many readings. */
  readonly flushReads: Effect.Effect<number, Conflict | StorageError>;
}

/** Different readings that are kept before they are written. */
const PAGE = 200;
/** How long the oldest may wait while there are readings. */
const WAIT_MILLIS = 60_000;

/** Builds the notes of one namespace. */
export const makeReads = (settings: Settings): Reads => {
  let noted = new Map<string, Noted>();
  let oldest = Infinity;
  let stream: Stream | null = null;

  // Whoever causes the writing may hang up or meet a fault: only what is known to be written
  // is noted no more, and nothing comes between taking the notes and putting them back.
  const flushReads = Effect.uninterruptibleMask((restore) => {
    if (noted.size === 0) return Effect.succeed(0);
    const reads = [...noted.values()];
    noted = new Map();
    oldest = Infinity;
    const own: Stream = stream ?? { name: `access/${settings.newId()}`, version: 0, head: "" };
    // Until this is written nobody else goes on with the stream, and after a failure nobody does:
    // whether it was written is not known then, and twice is better than not at all.
    stream = null;
    return restore(writeReads(settings, own, reads)).pipe(
      Effect.onExit((exit) =>
        Effect.sync(() => {
          if (Exit.isSuccess(exit)) {
            stream = exit.value;
            return;
          }
          for (const one of reads) addTo(noted, one);
          oldest = Math.min(oldest, ...reads.map(({ first }) => first));
        }),
      ),
      Effect.as(reads.reduce((sum, { times }) => sum + times, 0)),
    );
  });

  const keep = (one: Noted) =>
    Effect.suspend(() => {
      if (settings.people === null) return Effect.void;
      addTo(noted, one);
      oldest = Math.min(oldest, one.first);
      if (noted.size < PAGE && one.first - oldest < WAIT_MILLIS) return Effect.void;
      return flushReads.pipe(
        Effect.asVoid,
        Effect.catch((error) =>
          Effect.logWarning("readings could not be written down yet").pipe(
            Effect.annotateLogs({ error: error._tag }),
          ),
        ),
      );
    });

  return {
    note: ({ viewer, issue, purpose, at }) =>
      keep({ viewer, issue, purpose, times: 1, first: at, last: at }),
    noteLookup: ({ viewer, owner, purpose, at }) =>
      keep({ viewer, owner, purpose, times: 1, first: at, last: at }),
    flushReads: flushReads.pipe(Effect.withSpan("Linli.flushReads")),
  };
};

// Private

type Noted = SealedReading | PersonLookup;

interface Stream {
  readonly name: string;
  readonly version: number;
  readonly head: string;
}

const addTo = (noted: Map<string, Noted>, one: Noted): void => {
  const what = "issue" in one ? { issue: one.issue } : { owner: one.owner };
  const key = JSON.stringify([one.viewer, what, one.purpose]);
  const known = noted.get(key);
  noted.set(
    key,
    known === undefined
      ? one
      : {
          ...known,
          times: known.times + one.times,
          first: Math.min(known.first, one.first),
          last: Math.max(known.last, one.last),
        },
  );
};

// What waited long may be more than one entry can hold.
const pagesOf = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / PAGE) }, (_, page) =>
    all.slice(page * PAGE, (page + 1) * PAGE),
  );

const writeReads = Effect.fnUntraced(function* (
  settings: Settings,
  stream: Stream,
  noted: ReadonlyArray<Noted>,
) {
  const at = yield* settings.now;
  const reads = noted.filter((one) => "issue" in one);
  const lookups = noted.filter((one) => "owner" in one);
  const events: ReadonlyArray<HouseEvent> = [
    ...pagesOf(reads).map((page) => ({ type: "SealedRead", at, reads: page }) as const),
    ...pagesOf(lookups).map((page) => ({ type: "PersonsLookedUp", at, lookups: page }) as const),
  ];
  const entries: Array<EntryWrite> = [];
  for (const event of events) {
    entries.push(
      encodeEntry(
        settings.digest,
        {
          ...{ stream: stream.name, version: stream.version + entries.length + 1 },
          ...{ actor: { type: "host" }, cause: "reading", recordedAt: at },
          charter: { id: "", version: "" },
        },
        event,
        entries.at(-1)?.hash ?? stream.head,
      ),
    );
  }
  yield* settings.storage.commit({
    ...{ namespace: settings.namespace, at, rows: [], guards: [], entries },
    ...{ schedule: [], cancel: [], settle: [], receipt: null },
  });
  return {
    name: stream.name,
    version: stream.version + entries.length,
    head: entries.at(-1)?.hash ?? stream.head,
  } satisfies Stream;
});
