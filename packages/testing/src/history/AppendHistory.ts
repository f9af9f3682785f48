/**
 * What several clients did to versioned subjects at once, and whether a storage that
 * keeps its promises could have answered so.
 *
 * General linearizability is NP-complete; ours is not, because an accepted write
 * names its place: the journal gives the order of each subject, and all that is left
 * is a graph - order of versions, who read which version, who relied on which, what
 * had ended before what began - that must have no cycle. The check takes time linear
 * in the history, but for sorting instants (the idea is Elle's: make the order
 * recoverable, then look for cycles).
 */

/** An attempt to append one entry to each of some subjects. */
export interface HistoryCommit {
  readonly kind: "commit";
  /** Also the value of the entries it writes: how the journal tells who wrote what. */
  readonly id: string;
  readonly client: number;
  /** Instants of one counter that all clients share: no two are the same. */
  readonly start: number;
  /** Null when no answer came. */
  readonly end: number | null;
  readonly writes: ReadonlyArray<{ readonly subject: string; readonly expected: number }>;
  readonly guards: ReadonlyArray<{ readonly subject: string; readonly version: number }>;
  readonly outcome: "committed" | "refused" | "unknown";
  /** What a refusal named. */
  readonly conflicts: ReadonlyArray<{
    readonly subject: string;
    readonly expected: number;
    readonly actual: number;
  }>;
}

/** A look at one subject. */
export interface HistoryRead {
  readonly kind: "read";
  readonly id: string;
  readonly client: number;
  readonly start: number;
  readonly end: number;
  readonly subject: string;
  readonly version: number;
  /** The commit whose value was read; null for version 0. */
  readonly writer: string | null;
}

/** All calls, and for each subject the ids of commits in the order of the journal. */
export interface AppendHistory {
  readonly operations: ReadonlyArray<HistoryCommit | HistoryRead>;
  readonly logs: ReadonlyMap<string, ReadonlyArray<string>>;
}

/**
 * - `lost-ack`: an accepted commit is not in the journal;
 * - `duplicate`: one commit is there twice;
 * - `ghost-effect`: a refused commit, or one nobody sent, is there;
 * - `half-commit`: a commit is in one subject's journal and not in another's;
 * - `swapped-order`: a commit stands at another version than it asked for, or before
 *   one that had ended when it began;
 * - `stale-read`: a read shows a version that was over, not there yet, or of another commit;
 * - `phantom-conflict`: a refusal names a version that was not there during the call;
 * - `ignored-guard`: a commit was accepted although a version it relied on did not hold.
 */
export type AppendAnomalyKind =
  | "lost-ack"
  | "duplicate"
  | "ghost-effect"
  | "half-commit"
  | "swapped-order"
  | "stale-read"
  | "phantom-conflict"
  | "ignored-guard";

/** What is wrong, where, and the operations that show it. */
export interface AppendAnomaly {
  readonly kind: AppendAnomalyKind;
  readonly subject: string;
  readonly operations: ReadonlyArray<string>;
  readonly detail: string;
}
