/**
 * One replay from file to figures: the file is read and judged completely before a
 * database is touched, then everything runs on SQLite with the durable defaults.
 */
import * as Effect from "effect/Effect";
import type { InputError } from "@linli/core/data";
import { makeLinli, platformDigest } from "@linli/core/services";
import { bostonCharter, bostonDirectory, bostonHierarchy } from "@linli/charters/boston";
import { openSqliteStorage } from "@linli/storage-sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bostonKey } from "./boston.ts";
import { readCsv, refusal } from "./csv.ts";
import { figuresOf } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { readJournal } from "./journal.ts";
import { makeStage, replay } from "./replay.ts";
import { readRequests } from "./requests.ts";
import { endOfPeriod, momentsOf } from "./timeline.ts";

/** What to replay, and where. */
export interface SessionOptions {
  /** CSV, plain or gzipped. */
  readonly input: string;
  /** Rows read at most. */
  readonly limit?: number;
  /** A new data file to keep; without it a temporary one is used and deleted. */
  readonly data?: string;
  readonly progress?: (done: number, of: number) => void;
}

/** The figures, and how long the replay itself took on this machine. */
export interface Session {
  readonly figures: Figures;
  /** Seconds from the first command to the last, without reading the file or the journal. */
  readonly seconds: number;
  /** Seconds of processor time in that stretch: what counts on a machine that does other things too. */
  readonly cpuSeconds: number;
}

/** The extract committed beside this example. */
export const BOSTON_2011: string = new URL("../data/boston-311-2011h2.csv.gz", import.meta.url)
  .pathname;

/** Replays a file. A file that cannot be used fails with `InputError`, and nothing was changed. */
export const runSession = Effect.fn("runSession")(
  function* (options: SessionOptions) {
    const file = yield* readRequests(
      readCsv(options.input),
      bostonKey,
      options.limit ?? Number.MAX_SAFE_INTEGER - 1,
    );
    const storage = yield* openSqliteStorage({ path: options.data ?? (yield* temporaryFile) });
    yield* refuseUsed(storage);
    const stage = makeStage();
    const service = makeLinli({ storage, now: () => stage.now, newId: stage.nextId });
    const hierarchy = bostonHierarchy();
    yield* service.publish({
      charter: bostonCharter,
      hierarchy,
      directory: bostonDirectory(),
    });
    const unitsOf = (level: string) =>
      hierarchy.units.filter((unit) => unit.level === level).map(({ id }) => id);
    const wards = unitsOf("ward");
    const [city = ""] = unitsOf("city");
    const began = performance.now();
    const usedBefore = process.cpuUsage();
    const replayed = yield* replay({
      service,
      storage,
      stage,
      moments: momentsOf(file.requests),
      until: endOfPeriod(bostonKey.calendar, file.requests),
      units: [city, ...wards],
      progress: options.progress ?? (() => {}),
    });
    const seconds = (performance.now() - began) / 1000;
    const used = process.cpuUsage(usedBefore);
    const cpuSeconds = (used.user + used.system) / 1_000_000;
    const journal = yield* readJournal(storage, platformDigest("SHA-256"));
    return {
      figures: figuresOf(file, replayed, journal, { city, wards }),
      seconds,
      cpuSeconds,
    } satisfies Session;
    // Nobody listens to the spans of a replay, so none are made.
  },
  Effect.scoped,
  Effect.withTracerEnabled(false),
);

// Private

const temporaryFile = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "linli-replay-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
  ),
  (folder) => join(folder, "replay.sqlite"),
);

// A journal that holds something else already would make the figures wrong.
const refuseUsed = (
  storage: Effect.Success<ReturnType<typeof openSqliteStorage>>,
): Effect.Effect<void, InputError | Effect.Error<ReturnType<typeof storage.feed>>> =>
  Effect.flatMap(
    storage.feed({ namespace: "main", after: null, limit: 1, stream: null }),
    ({ entries }) =>
      entries.length === 0
        ? Effect.void
        : Effect.fail(refusal("", "the data file holds a journal already", "name a new file")),
  );
