/**
 * What every story needs: a desk on memory storage, a clock the story sets, and a
 * way to print what happened in both languages.
 *
 * A host does the same with the real time and a database: only `storage` and `now`
 * differ.
 */
import { calendarCn } from "@linli/calendar-cn";
import type { LocalText } from "@linli/core/data";
import type { Actor } from "@linli/core/issue";
import { makeMemoryNotifier, makeMemoryStorage } from "@linli/core/ports";
import { createDesk, type Desk } from "@linli/core/promise";

/** A place: its charter, its units, and who holds which post. */
export interface Place {
  readonly charter: unknown;
  readonly hierarchy: unknown;
  readonly directory: unknown;
}

/** A desk at which a story is played. */
export interface Stage {
  readonly desk: Desk;
  /** Sets the clock: Beijing time, as `2023-07-20 08:10`. */
  readonly at: (time: string) => void;
  /** Messages sent so far, with the person each went to. */
  readonly messages: () => ReadonlyArray<{ readonly to: string; readonly body: string }>;
}

/** A story told: its title and its lines, ready to print. */
export interface Told {
  readonly title: LocalText;
  readonly lines: ReadonlyArray<LocalText>;
}

/** Opens a place on memory storage, with the clock at `time`. */
export const openStage = async (place: Place, time: string): Promise<Stage> => {
  let now = instant(time);
  let made = 0;
  const notifier = makeMemoryNotifier("app");
  const desk = await createDesk({
    ...place,
    storage: makeMemoryStorage(),
    calendars: [calendarCn()],
    now: () => now,
    newId: () => `story-${(made += 1)}`,
    notifiers: [notifier],
    addressesOf: (person) => [{ channel: "app", to: person, locale: "zh" }],
  });
  return {
    desk,
    at: (next) => {
      now = instant(next);
    },
    messages: () => notifier.sent().map(({ to, body }) => ({ to, body })),
  };
};

/** Somebody the host has signed in. */
export const person = (id: string): { readonly actor: Actor } => ({ actor: { person: id } });

/** An instant of Beijing time. */
export const instant = (time: string): number => Date.parse(`${time.replace(" ", "T")}:00+08:00`);

/** An instant as a resident reads it: Beijing time to the minute. */
export const clock = (at: number): string =>
  new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");

/** The issue's timeline as a viewer sees it, one line for each step. */
export const toldBy = async (
  { desk }: Stage,
  issue: string,
  viewer: Actor,
): Promise<ReadonlyArray<LocalText>> => {
  const lines = await desk.timeline(issue, viewer);
  return lines.map(({ at, recordedAt, text }) => ({
    zh: `${clock(at)} ${text.zh}${recordedAt === null ? "" : `（${clock(recordedAt)} 记录）`}`,
    en: `${clock(at)} ${text.en}${recordedAt === null ? "" : ` (recorded ${clock(recordedAt)})`}`,
  }));
};

/** Prints a story in Chinese, then in English. */
export const print = ({ title, lines }: Told): void => {
  for (const locale of ["zh", "en"] as const) {
    console.log(`\n${title[locale]}`);
    for (const line of lines) console.log(`  ${line[locale]}`);
  }
};
