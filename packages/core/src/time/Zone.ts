/**
 * A time zone: what the wall clock shows at an instant, and the other way round.
 *
 * Offsets come from the platform's own zone data through `Intl`, which is slow to
 * ask. So a zone remembers, for each stretch of about thirteen months it was asked
 * about, the instants at which the offset changes there; there are at most
 * {@link STRETCHES} stretches, and nothing else is kept.
 */
import { DAY, HOUR, type Instant } from "./Civil.ts";

/** A compiled zone. Wall times are milliseconds since 1970-01-01 00:00 on the wall clock. */
export interface Zone {
  readonly name: string;
  /** Wall time at an instant. */
  readonly wallOf: (at: Instant) => number;
  /**
   * The instant of a wall time. A wall time that occurs twice (clocks set back)
   * means its first occurrence; one that never occurs (clocks set forward) is
   * moved later by the length of the gap.
   */
  readonly instantOf: (wall: number) => Instant;
}

/** Compiles an IANA zone name, or gives undefined when the platform does not know it. */
export const makeZone = (name: string): Zone | undefined => {
  const probe = offsetProbe(name);
  if (probe === undefined) return undefined;
  const stretches: Array<Stretch | undefined> = Array.from({ length: STRETCHES });
  const offsetAt = (at: Instant): number => {
    const index = Math.min(Math.max(Math.floor((at - ORIGIN) / STRETCH), 0), STRETCHES - 1);
    const stretch = (stretches[index] ??= surveyStretch(probe, ORIGIN + index * STRETCH));
    return offsetWithin(stretch, at);
  };
  return {
    name,
    wallOf: (at) => at + offsetAt(at),
    instantOf: (wall) => {
      // No offset exceeds a day, so these two lie on either side of any change nearby.
      const before = offsetAt(wall - DAY);
      const after = offsetAt(wall + DAY);
      if (before === after) return wall - before;
      const early = wall - Math.max(before, after);
      if (early + offsetAt(early) === wall) return early;
      const late = wall - Math.min(before, after);
      return late + offsetAt(late) === wall ? late : wall - before;
    },
  };
};

// Private

const STRETCH = 2 ** 35;
const ORIGIN = -2_280_000_000_000;
const STRETCHES = 281;

// Long enough to be cheap, short enough that no zone changes its offset twice within it unseen.
const SURVEY_STEP = 6 * DAY;

/** Offsets within a stretch: `offsets[0]` holds from its start, `offsets[i]` from `changes[i - 1]`. */
interface Stretch {
  readonly offsets: ReadonlyArray<number>;
  readonly changes: ReadonlyArray<Instant>;
}

const offsetWithin = ({ offsets, changes }: Stretch, at: Instant): number => {
  let index = changes.length;
  while (index > 0 && at < (changes[index - 1] ?? at)) index -= 1;
  return offsets[index] ?? 0;
};

type Probe = (at: Instant) => number;

const surveyStretch = (probe: Probe, start: Instant): Stretch => {
  const offsets = [probe(start)];
  const changes: Array<Instant> = [];
  let from = start;
  let offset = offsets[0] ?? 0;
  while (from < start + STRETCH) {
    const to = Math.min(from + SURVEY_STEP, start + STRETCH);
    const next = probe(to);
    if (next !== offset) {
      changes.push(findChange(probe, from, to));
      offsets.push(next);
      offset = next;
    }
    from = to;
  }
  return { offsets, changes };
};

// Bisects to the first whole second with another offset than `from` has.
const findChange = (probe: Probe, from: Instant, to: Instant): Instant => {
  const offset = probe(from);
  let low = Math.floor(from / 1000);
  let high = Math.ceil(to / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (probe(middle * 1000) === offset) low = middle;
    else high = middle;
  }
  return high * 1000;
};

const offsetProbe = (name: string): Probe | undefined => {
  // Names begin with a letter; some engines would also take "+08:00", which is no place.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    return undefined;
  }
  return (at) => {
    const second = Math.floor(at / 1000) * 1000;
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, seconds = 0] = (
      format.format(second).match(/\d+/g) ?? []
    ).map(Number);
    return Date.UTC(year, month - 1, day) + hour * HOUR + minute * 60_000 + seconds * 1000 - second;
  };
};
