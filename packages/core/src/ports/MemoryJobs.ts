/** The jobs of one namespace in memory: where each lies, and what was settled. */
import { byDeath, type DeadPosition } from "./DriverKit.ts";
import { asDead, byDue, type KeptJob, leasableJobs, leasedJob, settledJob } from "./JobKit.ts";
import { makeSortedList, type SortedList } from "./SortedList.ts";
import { SETTLED_KEPT_MILLIS } from "./Storage.ts";
import type { DeadJob, JobOutcome, SettleResult } from "./Storage.ts";

/** The jobs of one namespace. */
export interface MemoryJobs {
  readonly byId: Map<string, KeptJob>;
  readonly queues: Map<string, MemoryQueue>;
  /** Jobs done, earliest settled first, until they are forgotten. */
  readonly done: Map<string, KeptJob>;
  /** Jobs given up on. */
  readonly dead: Map<string, KeptJob>;
}

interface MemoryQueue {
  readonly waiting: SortedList<KeptJob>;
  /** Those of them that were leased and not yet settled; leases may have run out. */
  readonly leased: Map<string, KeptJob>;
}

/** No jobs yet. */
export const makeMemoryJobs = (): MemoryJobs => ({
  byId: new Map(),
  queues: new Map(),
  done: new Map(),
  dead: new Map(),
});

/** Puts a job where it belongs now, in the place of the one of its id. */
export const keepJob = (jobs: MemoryJobs, job: KeptJob): void => {
  lift(jobs, jobs.byId.get(job.id));
  jobs.byId.set(job.id, job);
  if (job.state !== "waiting") {
    jobs[job.state].set(job.id, job);
    return;
  }
  const { waiting, leased } = queueOf(jobs, job.queue);
  waiting.insert(job);
  if (job.token !== "") leased.set(job.id, job);
};

/** Forgets a job that waits or is leased. */
export const cancelJob = (jobs: MemoryJobs, id: string): void => {
  if (jobs.byId.get(id)?.state === "waiting") forget(jobs, id);
};

/** Settles a job if its lease holds, or says again what it said before. */
export const settleJob = (jobs: MemoryJobs, outcome: JobOutcome, at: number): SettleResult => {
  forgetDoneBefore(jobs, at - SETTLED_KEPT_MILLIS);
  const before = jobs.byId.get(outcome.id);
  const after = settledJob(before, outcome, at);
  if (after === null) return "LeaseLost";
  if (after !== before) keepJob(jobs, after);
  return "Settled";
};

/** Dead jobs strictly behind a place, those dead longest first. */
export const deadJobsAfter = (
  jobs: MemoryJobs,
  queue: string | null,
  after: DeadPosition,
): ReadonlyArray<DeadJob> =>
  [...jobs.dead.values()]
    .flatMap((job) => asDead(job) ?? [])
    .filter((job) => (queue === null || job.queue === queue) && byDeath(job, after) > 0)
    .sort(byDeath);

/** Jobs that may be leased now, in order; lease none before the last was taken. */
export const candidatesOf = (jobs: MemoryJobs, name: string, now: number): Generator<KeptJob> => {
  const { waiting, leased } = queueOf(jobs, name);
  return leasableJobs(waiting.ascend(null), leased.values(), now);
};

/** Takes the lease of a candidate. */
export const leaseJob = (jobs: MemoryJobs, job: KeptJob, until: number): KeptJob => {
  const leased = leasedJob(job, until);
  keepJob(jobs, leased);
  return leased;
};

// Private

const queueOf = (jobs: MemoryJobs, name: string): MemoryQueue => {
  const found = jobs.queues.get(name);
  if (found !== undefined) return found;
  const made = { waiting: makeSortedList(byDue), leased: new Map<string, KeptJob>() };
  jobs.queues.set(name, made);
  return made;
};

/** Takes a job out of where {@link keepJob} put it. */
const lift = (jobs: MemoryJobs, job: KeptJob | undefined) => {
  if (job === undefined) return;
  if (job.state !== "waiting") {
    jobs[job.state].delete(job.id);
    return;
  }
  const { waiting, leased } = queueOf(jobs, job.queue);
  waiting.remove(job);
  if (job.token !== "") leased.delete(job.id);
};

const forget = (jobs: MemoryJobs, id: string) => {
  lift(jobs, jobs.byId.get(id));
  jobs.byId.delete(id);
};

const forgetDoneBefore = (jobs: MemoryJobs, instant: number) => {
  for (const [id, job] of jobs.done) {
    if ((job.settled?.at ?? instant) >= instant) return;
    forget(jobs, id);
  }
};
