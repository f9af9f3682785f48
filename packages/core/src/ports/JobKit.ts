/**
 * The life of a job, for drivers that keep values: in memory, in a key-value store, in
 * a file. A job is one plain value, fit for JSON; scheduling, leasing and settling give
 * the next one and change nothing. Where it lies, and how what waits is found in order,
 * is the driver's.
 */
import type {
  CommitBatch,
  DeadJob,
  JobOutcome,
  JobWrite,
  LeasedJob,
  Namespace,
} from "./Storage.ts";

/** A job as it lies there, with its lease; `dueAt` is when it is due now. */
export interface KeptJob extends JobWrite {
  readonly namespace: Namespace;
  /** Place in the order of scheduling, which decides between jobs due at one instant. */
  readonly seq: number;
  readonly state: "waiting" | "done" | "dead";
  /** How often it was leased since it was scheduled. */
  readonly attempt: number;
  /** Of the lease, also of one that ran out; empty when there is none. */
  readonly token: string;
  /** End of the lease; 0 when there is none. */
  readonly leasedUntil: number;
  /** What settled the last lease, until the next; null before. */
  readonly settled: { readonly token: string; readonly mark: string; readonly at: number } | null;
  /** Why it was given up; empty while it was not. */
  readonly reason: string;
}

/**
 * A job that was scheduled, or revived, just now. `seq` is above that of every job
 * scheduled before it, also before a restart: order and tokens rest on it.
 */
export const scheduledJob = (namespace: Namespace, write: JobWrite, seq: number): KeptJob => ({
  id: write.id,
  queue: write.queue,
  key: write.key,
  dueAt: write.dueAt,
  value: write.value,
  namespace,
  seq,
  state: "waiting",
  attempt: 0,
  token: "",
  leasedUntil: 0,
  settled: null,
  reason: "",
});

/**
 * The jobs a commit schedules, in order: those it revives, with what `kept` holds of
 * them, then the others. `nextSeq` gives each its place.
 */
export const scheduledJobs = (
  { namespace, revive = [], schedule }: Pick<CommitBatch, "namespace" | "revive" | "schedule">,
  kept: { readonly get: (id: string) => KeptJob | undefined },
  nextSeq: () => number,
): ReadonlyArray<KeptJob> => {
  const revived = revive.flatMap(({ id, dueAt }) => {
    const job = kept.get(id);
    return job === undefined ? [] : [{ ...job, dueAt }];
  });
  return [...revived, ...schedule].map((job) => scheduledJob(namespace, job, nextSeq()));
};

/** The order in which jobs of a queue are leased: oldest due first, then as scheduled. */
export const byDue = (left: KeptJob, right: KeptJob): number =>
  left.dueAt - right.dueAt || left.seq - right.seq;

/**
 * Those of a queue's waiting jobs that may be leased at `now`: at most one of a key, and
 * none of a key that a lease holds. `waiting` comes by {@link byDue} and is read no
 * further than asked; `leased` are those with a token, other jobs among them do no harm.
 */
export function* leasableJobs(
  waiting: Iterable<KeptJob>,
  leased: Iterable<KeptJob>,
  now: number,
): Generator<KeptJob, undefined> {
  const busy = new Set<string>();
  // A lease that has run out for this caller may still hold for the next, whose instant is earlier.
  for (const job of leased) if (job.leasedUntil > now) busy.add(job.key);
  for (const job of waiting) {
    if (job.dueAt > now) return;
    if (busy.has(job.key)) continue;
    busy.add(job.key);
    yield job;
  }
}

/** The job under a lease; its token was never that of another lease of its id. */
export const leasedJob = (job: KeptJob, until: number): KeptJob => {
  const attempt = job.attempt + 1;
  return { ...job, attempt, token: `t${job.seq}.${attempt}`, leasedUntil: until, settled: null };
};

/** What `lease` answers of a job. */
export const asLeased = (job: KeptJob): LeasedJob => {
  const { id, queue, key, dueAt, value, namespace, attempt, token, leasedUntil } = job;
  return { id, queue, key, dueAt, value, namespace, attempt, token, leasedUntil };
};

/** Whether the lease an outcome speaks of still holds at `at`. */
export const holdsLease = (
  job: KeptJob | undefined,
  { token }: Pick<JobOutcome, "token">,
  at: number,
): boolean => job !== undefined && job.token === token && job.leasedUntil > at;

/**
 * The job after an outcome: the very same one when this outcome had settled it before,
 * null when the lease is lost. A commit takes only outcomes of which {@link holdsLease}.
 */
export const settledJob = (
  job: KeptJob | undefined,
  outcome: JobOutcome,
  at: number,
): KeptJob | null => {
  if (job === undefined) return null;
  const { token } = outcome;
  const mark = markOf(outcome);
  if (!holdsLease(job, outcome, at))
    return job.settled?.token === token && job.settled.mark === mark ? job : null;
  if (outcome._tag === "Renew") return { ...job, leasedUntil: outcome.until };
  const free = { ...job, token: "", leasedUntil: 0, settled: { token, mark, at } };
  if (outcome._tag === "Retry") return { ...free, dueAt: outcome.dueAt };
  if (outcome._tag === "Done") return { ...free, state: "done" };
  return { ...free, state: "dead", reason: outcome.reason };
};

/** What `dead` answers of a job that was given up on; null of every other. */
export const asDead = (job: KeptJob): DeadJob | null => {
  if (job.state !== "dead" || job.settled === null) return null;
  const { id, queue, key, dueAt, value, namespace, attempt, reason, settled } = job;
  return { id, queue, key, dueAt, value, namespace, attempt, reason, diedAt: settled.at };
};

// Private

/** Tells one outcome of a lease from another. */
const markOf = (outcome: JobOutcome): string =>
  outcome._tag === "Retry" ? `Retry ${outcome.dueAt}` : outcome._tag;
