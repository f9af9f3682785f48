/** The place of the crash kit: one street of Xin'an, small enough to be read in a moment. */
import { calendarCn } from "@linli/calendar-cn";
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";

export const NAMESPACE = "crash";

/** Buildings with a chief each. */
export const BUILDINGS = Array.from(
  { length: 8 },
  (_, at) => `jinde-${String(at + 1).padStart(2, "0")}`,
);

const UNITS: ReadonlySet<string> = new Set(["xinan", "caozhuang", "micro-jinde", ...BUILDINGS]);

/** What is published once, before the first victim. */
export const place = () => {
  const hierarchy = xinanHierarchy();
  const directory = xinanDirectory();
  return {
    charter: xinanCharter,
    hierarchy: { ...hierarchy, units: hierarchy.units.filter(({ id }) => UNITS.has(id)) },
    directory: {
      ...directory,
      appointments: directory.appointments.filter(({ unit }) => UNITS.has(unit)),
    },
  };
};

export const calendars = [calendarCn()];

/** A working day's morning; each round is a day later, so that clocks left alone run out. */
const FIRST = Date.UTC(2023, 5, 1, 0, 30);
export const dayOf = (round: number): number => FIRST + (round % 900) * 24 * 60 * 60 * 1000;

/** A small seeded sequence of whole numbers below a bound (mulberry32). */
export const drawFrom = (seed: number) => {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};
