/**
 * A race: contestants take turns in short blocks, so that whatever else the machine
 * does falls on all of them alike.
 *
 * Every round runs each contestant once, in an order that rotates. A ratio is taken
 * within a round, and the median of the rounds is what counts.
 */

/** Somebody who does the same work as the others. */
export interface Contestant {
  readonly name: string;
  /**
   * Does `count` pieces of work, the first of them number `from`, and returns
   * something that depends on all of them, so that none can be left out.
   */
  readonly run: (from: number, count: number) => number | Promise<number>;
  /** Makes ready what the next block uses up; outside its time. */
  readonly ready?: () => void | Promise<void>;
  /** Told once, when the warm-up is over and everything counts from now on. */
  readonly begin?: () => void;
}

/** How long to race. */
export interface RaceOptions {
  readonly rounds: number;
  /** Length of one block. */
  readonly millis: number;
  /**
   * `cpu` for pure work: the processor time of this process with all its threads, so
   * that the turns of other programs do not count. `wall` where waiting is part of it.
   */
  readonly clock: "cpu" | "wall";
  /** Work that is used up cannot be measured out beforehand: so much of it in each block. */
  readonly block?: { readonly count: number; readonly warmUpRounds: number };
}

/** Nanoseconds a piece of work took, by contestant and round. */
export type Times = ReadonlyMap<string, ReadonlyArray<number>>;

/** A share of the reference's speed: 1 is as fast, 0.5 takes twice as long. */
export interface Ratio {
  readonly ratio: number;
  /** (p75 - p25) / median over the rounds. */
  readonly spread: number;
}

/** Lets the contestants run against each other. */
export const race = async (
  contestants: ReadonlyArray<Contestant>,
  { rounds, millis, clock, block }: RaceOptions,
): Promise<Times> => {
  const nanos = CLOCKS[clock];
  const counts = new Map<string, number>();
  for (const contestant of contestants) {
    counts.set(contestant.name, block?.count ?? (await measureOut(contestant, millis, nanos)));
  }
  const times = new Map<string, Array<number>>(contestants.map(({ name }) => [name, []]));
  const first = -(block?.warmUpRounds ?? 0);
  for (let round = first; round < rounds; round += 1) {
    if (round === 0) for (const { begin } of contestants) begin?.();
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(round - first + turn) % contestants.length] as Contestant;
      const work = counts.get(contestant.name) ?? 1;
      await contestant.ready?.();
      const time = await timeOf(contestant, (round - first) * work, work, nanos);
      if (round >= 0) times.get(contestant.name)?.push(time / work);
    }
  }
  return times;
};

/** How fast one is beside a reference, round by round. */
export const ratioOf = (times: Times, reference: string, contestant: string): Ratio => {
  const mine = times.get(contestant) ?? [];
  const ratios = (times.get(reference) ?? []).map((time, round) => time / (mine[round] ?? NaN));
  const middle = quantile(ratios, 0.5);
  return { ratio: middle, spread: (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / middle };
};

/** The one with the least time, by the median. */
export const fastestOf = (times: Times, names: ReadonlyArray<string>): string => {
  const medians = names.map((name) => ({ name, time: quantile(times.get(name) ?? [], 0.5) }));
  medians.sort((a, b) => a.time - b.time);
  return medians[0]?.name ?? "";
};

/** The median time of a contestant, in nanoseconds. */
export const medianOf = (times: Times, name: string): number =>
  quantile(times.get(name) ?? [], 0.5);

/** The value that this share of the values does not exceed, between neighbours in proportion. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
};

// Private

let kept = 0;

const CLOCKS = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
  wall: () => performance.now() * 1e6,
};

const timeOf = async (
  { run }: Contestant,
  from: number,
  count: number,
  nanos: () => number,
): Promise<number> => {
  const begun = nanos();
  const result = run(from, count);
  kept += typeof result === "number" ? result : await result;
  const ended = nanos();
  if (Number.isNaN(kept)) throw new TypeError("a contestant must return a number");
  return ended - begun;
};

// Warms up until the compiler has had its say, then measures how much work fills a block.
const measureOut = async (
  contestant: Contestant,
  millis: number,
  nanos: () => number,
): Promise<number> => {
  let work = 1;
  let spent = 0;
  let last = 0;
  while (spent < WARM_UP_BLOCKS * millis || last < millis / 4) {
    last = (await timeOf(contestant, 0, work, nanos)) / 1e6;
    spent += last;
    if (last < millis / 2) work *= 2;
  }
  return Math.max(1, Math.round((work * millis) / last));
};

const WARM_UP_BLOCKS = 12;
