/** What a command costs beside the reference, from the watches of a race. */
import { medianOf, type Times } from "../kit/race.ts";
import type { Cost } from "../kit/report.ts";
import type { Watch } from "../kit/watch.ts";

/** Whom to compare with whom, and what was counted besides. */
export interface Compared {
  readonly what: string;
  readonly reference: string;
  readonly contestant: string;
  /** Rows written and statements sent a command. */
  readonly counted?: Counted;
  /** MiB at the peak, and of them those beyond a Node that has loaded nothing yet. */
  readonly weights?: { readonly reference: Weight; readonly contestant: Weight };
}

/** Counted a command. */
export interface Counted {
  readonly rows: number;
  readonly statements: number;
}

/** Memory of a process that does nothing else, in MiB. */
export interface Weight {
  readonly peak: number;
  readonly extra: number;
}

/** Puts it together; times are named as the race's contestants are. */
export const costOf = (
  times: Times,
  watches: Readonly<Record<string, Watch>>,
  { what, reference, contestant, counted, weights }: Compared,
): Cost => {
  const mine = watches[contestant];
  const theirs = watches[reference];
  if (mine === undefined || theirs === undefined) throw new RangeError("nobody timed that");
  const [p50, p99] = [mine.millis(0.5), mine.millis(0.99)];
  return {
    what,
    contestant,
    reference,
    p50: p50 / theirs.millis(0.5),
    p99: p99 / theirs.millis(0.99),
    peakMemory: weights === undefined ? null : weights.contestant.peak / weights.reference.peak,
    extraMemory: weights === undefined ? null : weights.contestant.extra / weights.reference.extra,
    rows: counted?.rows ?? null,
    statements: counted?.statements ?? null,
    observed: {
      machineDependent: true,
      perSecond: Math.round(1e9 / medianOf(times, contestant)),
      p50Millis: p50,
      p99Millis: p99,
      peakMiB: weights?.contestant.peak ?? null,
      extraMiB: weights?.contestant.extra ?? null,
    },
  };
};
