/**
 * The town: its storage, its services and its clock, opened together and closed
 * together. The first start publishes Xin'an and plays its stories in one
 * transaction, so that a start that was killed half-way begins again from nothing.
 */
import { calendarCn } from "@linli/calendar-cn";
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import { type Notifier, platformCipher } from "@linli/core/ports";
import { type LinliService, makeLinli } from "@linli/core/services";
import { makeConsoleNotifier } from "@linli/notify-console";
import { openSqliteKeyStore, openSqliteStorage } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { playStories } from "../stories/play.ts";
import { makeTownClock } from "./clock.ts";
import type { WriteLine } from "./logs.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import { prepareFolder, SEAL_MINUTES } from "./settings.ts";

/** What pages and the API are built on. */
export interface Town {
  readonly linli: LinliService;
  readonly now: () => number;
  readonly sessions: Sessions;
  /** The receipt code of a finished story, to try following with; null after the first start. */
  readonly firstReceipt: string | null;
}

/** How to open a town. */
export interface TownOptions {
  readonly dataFolder: string;
  /** Where the console notifier writes; default: stdout. */
  readonly notify?: WriteLine;
  readonly machineTime?: () => number;
  /** How often what was written since is sealed; default {@link SEAL_MINUTES}. */
  readonly sealEveryMillis?: number;
}

/**
 * Opens the data folder for the life of the scope, playing the stories when it is new. What
 * people say is sealed with a key per person, kept in a file of its own: leave it out of backups
 * of the data, or nobody can be forgotten.
 */
export const openTown = Effect.fn("town.open")(function* (options: TownOptions) {
  prepareFolder(options.dataFolder);
  const storage = yield* openSqliteStorage({ path: path.join(options.dataFolder, "town.db") });
  const keys = yield* openSqliteKeyStore({ path: path.join(options.dataFolder, "keys.db") });
  const sessions = openSessions(options.dataFolder);
  const clock = makeTownClock(options.machineTime);
  let telling: Telling = { muted: false, newId: randomUUID };
  const linli = makeLinli({
    storage,
    namespace: "xinan",
    calendars: [calendarCn()],
    notifiers: [mutable(makeConsoleNotifier(writerOf(options.notify)), () => telling.muted)],
    addressesOf: (person) => [{ channel: "console", to: person, locale: "zh" }],
    now: clock.now,
    newId: () => telling.newId(),
    sealEveryMillis: options.sealEveryMillis ?? SEAL_MINUTES * 60_000,
    people: { cipher: platformCipher("AES-256-GCM"), keys },
  });
  // Refuses another town's key file, and does again what a restore has undone.
  yield* linli.reapplyErasures();
  // Who read what since it was last written down; the storage is closed after this.
  yield* Effect.addFinalizer(() =>
    Effect.ignore(Effect.tapError(linli.flushReads, () => Effect.logWarning("readings were lost"))),
  );
  const isNew = yield* linli.published.pipe(
    Effect.as(false),
    Effect.catchTag("NotPublished", () => Effect.succeed(true)),
  );
  let firstReceipt: string | null = null;
  if (isNew) {
    const startedAt = clock.now();
    telling = { muted: true, newId: counting("story") };
    firstReceipt = yield* storage.bulk(
      linli
        .publish({
          charter: xinanCharter,
          hierarchy: xinanHierarchy(),
          directory: xinanDirectory(),
        })
        .pipe(
          Effect.andThen(playStories(linli, clock, startedAt)),
          // The history a newcomer meets is under seals to its end.
          Effect.tap(() => linli.seal({ now: true })),
        ),
    );
    clock.release();
    telling = { muted: false, newId: randomUUID };
  }
  // A folder of an earlier release holds words that are plain.
  while ((yield* linli.sealContents()).more);
  return { linli, now: clock.now, sessions, firstReceipt } satisfies Town;
});

// Private

interface Telling {
  readonly muted: boolean;
  readonly newId: () => string;
}

// Stories are told alike in every town: their ids are counted. Everything after them is random.
const counting = (prefix: string): (() => string) => {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${String(count).padStart(4, "0")}`;
  };
};

// What happened in the stories is history: nobody is told of it again.
const mutable = (notifier: Notifier, isMuted: () => boolean): Notifier => ({
  ...notifier,
  send: (message) => (isMuted() ? Effect.succeed({ providerId: null }) : notifier.send(message)),
});

const writerOf = (notify: WriteLine | undefined) => (notify === undefined ? {} : { write: notify });
