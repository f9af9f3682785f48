/**
 * Time limits of one length, told by one timer for all of them: nearly every call is
 * answered long before its limit, and a timer for each would cost more than its answer.
 */

/** A limit that runs until it is lifted. */
export interface Limit {
  readonly lift: () => void;
}

/** Begins limits; `late` is called once when one has passed. */
export type Limits = (late: () => void) => Limit;

/** Limits of so many milliseconds. Nothing keeps the process alive while none runs. */
export const makeLimits = (millis: number): Limits => {
  let running: Array<Running> = [];
  let open = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    const now = performance.now();
    for (const one of running) {
      if (one.late === null || one.until > now) continue;
      const { late } = one;
      lift(one);
      late();
    }
    running = running.filter(isOpen);
    const [next] = running;
    timer = next === undefined ? undefined : setTimeout(look, Math.max(1, next.until - now));
  };

  const lift = (one: Running) => {
    if (one.late === null) return;
    one.late = null;
    open -= 1;
    if (open === 0) hold(timer).unref?.();
  };

  return (late) => {
    // Those that were lifted are in the way only when there are many.
    if (running.length > 2 * open + FEW) running = running.filter(isOpen);
    const one: Running = { until: performance.now() + millis, late };
    running.push(one);
    open += 1;
    if (timer === undefined) timer = setTimeout(look, millis);
    else if (open === 1) hold(timer).ref?.();
    return { lift: () => lift(one) };
  };
};

// Private

interface Running {
  readonly until: number;
  /** Null once it was lifted or has passed. */
  late: (() => void) | null;
}

/** What Node's timers can do besides; where timers are numbers they keep no process alive. */
interface Hold {
  readonly ref?: () => unknown;
  readonly unref?: () => unknown;
}

const hold = (timer: unknown): Hold =>
  typeof timer === "object" && timer !== null ? timer : NOTHING;

const NOTHING: Hold = {};

const isOpen = ({ late }: Running): boolean => late !== null;

const FEW = 64;
