/** How long single commands take, each by the clock on the wall. */
import { quantile } from "./race.ts";

/** Times commands one by one, also when several are on their way at once. */
export interface Watch {
  readonly time: <A>(work: () => A | Promise<A>) => Promise<A>;
  /** Forgets what was timed so far. */
  readonly begin: () => void;
  /** Milliseconds that this share of the commands did not exceed. */
  readonly millis: (share: number) => number;
}

/** A watch that has timed nothing yet. */
export const makeWatch = (): Watch => {
  let times: Array<number> = [];
  return {
    time: async (work) => {
      const begun = performance.now();
      const result = await work();
      times.push(performance.now() - begun);
      return result;
    },
    begin: () => {
      times = [];
    },
    millis: (share) => quantile(times, share),
  };
};
