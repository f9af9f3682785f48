/** The town's one authority on time: the machine's clock, or a virtual past while stories play. */

/** A clock that can be held at an instant. */
export interface TownClock {
  /** Epoch milliseconds; once released it never goes back, whatever the machine's clock does. */
  readonly now: () => number;
  /** Holds the clock at an instant. */
  readonly hold: (at: number) => void;
  /** Back to the machine's clock. */
  readonly release: () => void;
}

/** A clock on the machine's time. */
export const makeTownClock = (machine: () => number = Date.now): TownClock => {
  let held: number | null = null;
  let last = 0;
  return {
    now: () => {
      if (held !== null) return held;
      last = Math.max(last, machine());
      return last;
    },
    hold: (at) => {
      held = at;
    },
    release: () => {
      held = null;
    },
  };
};
