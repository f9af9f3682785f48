/** The jobs of one namespace in memory: due order, leases, and what was settled. */
import { makeSortedList, type SortedList } from "./SortedList.ts";
import { byDeath, type DeadPosition } from "./DriverKit.ts";
import { SETTLED_KEPT_MILLIS } from "./Storage.ts";
import type {
  DeadJob,
  JobOutcome,
  JobWrite,
  LeasedJob,
  Namespace,
  SettleResult,
} from "./Storage.ts";

/** The jobs of one namespace. */
export interface MemoryJobs {
  readonly byId: Map<string, MemoryJob>;
  readonly queues: Map<string, MemoryQueue>;
  /** Jobs done, earliest settled first, until they are forgotten. */
  readonly done: Map<string, MemoryJob>;
  /** Jobs given up on. */
  readonly dead: Map<string, MemoryJob>;
}

/** A job and its lease; only this module writes to it. */
export interface MemoryJob {
  readonly write: JobWrite;
  /** Order of scheduling: breaks ties of `dueAt`. */
  readonly seq: number;
  dueAt: number;
  attempt: number;
  state: "waiting" | "done" | "dead";
  token: string | null;
  leasedUntil: number;
  /** The last outcome that took effect, until the next lease. */
  settled: { readonly token: string; readonly mark: string; readonly at: number } | null;
  /** Why it was given up; empty while it was not. */
  reason: string;
}

interface MemoryQueue {
  readonly inOrder: SortedList<MemoryJob>;
  /** Jobs that were leased and not yet settled; leases may have run out. */
  readonly held: Set<MemoryJob>;
}

/** No jobs yet. */
export const makeMemoryJobs = (): MemoryJobs => ({
  byId: new Map(),
  queues: new Map(),
  done: new Map(),
  dead: new Map(),
});

/** Schedules a job, replacing the one of the same id. */
export const scheduleJob = (jobs: MemoryJobs, write: JobWrite, seq: number): void => {
  forget(jobs, write.id);
  const job: MemoryJob = {
    write: { ...write },
    seq,
    dueAt: write.dueAt,
    attempt: 0,
    state: "waiting",
    token: null,
    leasedUntil: 0,
    settled: null,
    reason: "",
  };
  jobs.byId.set(write.id, job);
  queueOf(jobs, write.queue).inOrder.insert(job);
};

/** Forgets a job that waits or is leased. */
export const cancelJob = (jobs: MemoryJobs, id: string): void => {
  if (jobs.byId.get(id)?.state === "waiting") forget(jobs, id);
};

/** Whether the outcome's lease still holds at `at`. */
export const holdsLease = (jobs: MemoryJobs, outcome: JobOutcome, at: number): boolean => {
  const job = jobs.byId.get(outcome.id);
  return job !== undefined && job.token === outcome.token && job.leasedUntil > at;
};

/** Settles a job if its lease holds, or says again what it said before. */
export const settleJob = (jobs: MemoryJobs, outcome: JobOutcome, at: number): SettleResult => {
  forgetDoneBefore(jobs, at - SETTLED_KEPT_MILLIS);
  const job = jobs.byId.get(outcome.id);
  if (job === undefined) return "LeaseLost";
  if (!holdsLease(jobs, outcome, at)) {
    const again = job.settled?.token === outcome.token && job.settled.mark === markOf(outcome);
    return again ? "Settled" : "LeaseLost";
  }
  if (outcome._tag === "Renew") {
    job.leasedUntil = outcome.until;
    return "Settled";
  }
  const queue = queueOf(jobs, job.write.queue);
  queue.held.delete(job);
  queue.inOrder.remove(job);
  job.token = null;
  job.leasedUntil = 0;
  job.settled = { token: outcome.token, mark: markOf(outcome), at };
  if (outcome._tag === "Retry") {
    job.dueAt = outcome.dueAt;
    queue.inOrder.insert(job);
  } else if (outcome._tag === "Done") {
    job.state = "done";
    jobs.done.set(outcome.id, job);
  } else {
    job.state = "dead";
    job.reason = outcome.reason;
    jobs.dead.set(outcome.id, job);
  }
  return "Settled";
};

/** Schedules a dead job anew; it must be one. */
export const reviveJob = (jobs: MemoryJobs, id: string, dueAt: number, seq: number): void => {
  const job = jobs.dead.get(id);
  if (job !== undefined) scheduleJob(jobs, { ...job.write, dueAt }, seq);
};

/** Dead jobs strictly behind a place, those dead longest first. */
export const deadJobsAfter = (
  jobs: MemoryJobs,
  namespace: Namespace,
  queue: string | null,
  after: DeadPosition,
): ReadonlyArray<DeadJob> =>
  [...jobs.dead.values()]
    .filter((job) => queue === null || job.write.queue === queue)
    .map((job) => ({
      ...job.write,
      dueAt: job.dueAt,
      namespace,
      attempt: job.attempt,
      reason: job.reason,
      diedAt: job.settled?.at ?? 0,
    }))
    .filter((job) => byDeath(job, after) > 0)
    .sort(byDeath);

/**
 * Due jobs that may be leased now, one for each call, at most one of a key. Lease
 * each that is taken, and change nothing else while taking.
 */
export const candidatesOf = (
  jobs: MemoryJobs,
  name: string,
  now: number,
): (() => MemoryJob | undefined) => {
  const { held, inOrder } = queueOf(jobs, name);
  const busy = new Set<string>();
  // One that has run out for this caller may still hold for the next, whose instant is earlier.
  for (const job of held) if (job.leasedUntil > now) busy.add(job.write.key);
  const due = inOrder.ascend(null);
  return () => {
    for (;;) {
      const { value: job } = due.next();
      if (job === undefined || job.dueAt > now) return undefined;
      if (busy.has(job.write.key)) continue;
      busy.add(job.write.key);
      held.add(job);
      return job;
    }
  };
};

/** Takes the lease of a candidate. */
export const leaseJob = (
  job: MemoryJob,
  lease: { readonly namespace: Namespace; readonly token: string; readonly until: number },
): LeasedJob => {
  job.attempt += 1;
  job.token = lease.token;
  job.leasedUntil = lease.until;
  job.settled = null;
  return {
    ...job.write,
    dueAt: job.dueAt,
    namespace: lease.namespace,
    attempt: job.attempt,
    token: lease.token,
    leasedUntil: lease.until,
  };
};

const queueOf = (jobs: MemoryJobs, name: string): MemoryQueue => {
  const found = jobs.queues.get(name) ?? { inOrder: makeSortedList(byDue), held: new Set() };
  jobs.queues.set(name, found);
  return found;
};

const forget = (jobs: MemoryJobs, id: string) => {
  const job = jobs.byId.get(id);
  if (job === undefined) return;
  const queue = queueOf(jobs, job.write.queue);
  queue.held.delete(job);
  queue.inOrder.remove(job);
  jobs.byId.delete(id);
  jobs.done.delete(id);
  jobs.dead.delete(id);
};

const forgetDoneBefore = (jobs: MemoryJobs, instant: number) => {
  for (const [id, job] of jobs.done) {
    if ((job.settled?.at ?? instant) >= instant) return;
    forget(jobs, id);
  }
};

const byDue = (left: MemoryJob, right: MemoryJob) =>
  left.dueAt - right.dueAt || left.seq - right.seq;

/** Tells one outcome from another of the same lease. */
const markOf = (outcome: JobOutcome): string =>
  outcome._tag === "Retry" ? `Retry ${outcome.dueAt}` : outcome._tag;
