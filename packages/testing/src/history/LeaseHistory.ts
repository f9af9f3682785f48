/**
 * What several workers did to leased jobs at once, and whether a storage that keeps
 * its promises could have answered so.
 *
 * Attempts are counted by the storage, so the leases of a job stand in a known order
 * and each need only be compared with its neighbour: linear, but for sorting. Where an
 * answer was lost the check gives the storage the benefit of the doubt.
 */

/** A lease as it was granted. */
export interface LeaseGrant {
  readonly job: string;
  readonly key: string;
  readonly token: string;
  readonly attempt: number;
}

/** A call of `lease`; `grants` is null when no answer came. */
export interface LeaseCall {
  readonly kind: "lease";
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly now: number;
  readonly until: number;
  readonly grants: ReadonlyArray<LeaseGrant> | null;
}

/** A call of `settle` for one lease; `instant` is the one a retry or renewal names. */
export interface SettleCall {
  readonly kind: "settle";
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly at: number;
  readonly job: string;
  readonly token: string;
  readonly outcome: "Done" | "Dead" | "Retry" | "Renew";
  readonly instant: number;
  readonly result: "Settled" | "LeaseLost" | "unknown";
}

/** All calls on jobs that were scheduled before and neither cancelled nor scheduled anew. */
export interface LeaseHistory {
  readonly jobs: ReadonlyArray<{
    readonly id: string;
    readonly key: string;
    readonly dueAt: number;
  }>;
  readonly operations: ReadonlyArray<LeaseCall | SettleCall>;
  /** Whether workers went on until nothing was left: then every job must have been settled. */
  readonly drained: boolean;
}

/**
 * - `double-lease`: a job was leased while its lease held, or one attempt twice;
 * - `double-key`: two jobs of one key were held at once;
 * - `early-lease`: a job was leased before it was due;
 * - `lost-attempt`: an attempt is missing that nobody can have been given;
 * - `reused-token`: a token came twice;
 * - `unfenced`: an outcome was accepted after the job had gone to another, or after its end;
 * - `settled-twice`: two different outcomes of one lease were accepted;
 * - `resurrected`: a job was leased after it had been done or dead;
 * - `phantom-loss`: a holder was told that the lease was lost;
 * - `lost-job`: a job was never settled although workers went on until nothing was left.
 */
export type LeaseAnomalyKind =
  | "double-lease"
  | "double-key"
  | "early-lease"
  | "lost-attempt"
  | "reused-token"
  | "unfenced"
  | "settled-twice"
  | "resurrected"
  | "phantom-loss"
  | "lost-job";

/** What is wrong, with which job, and the operations that show it. */
export interface LeaseAnomaly {
  readonly kind: LeaseAnomalyKind;
  readonly job: string;
  readonly operations: ReadonlyArray<string>;
  readonly detail: string;
}

/** The anomalies of a history; none when a right storage could have answered so. */
export const checkLeases = (history: LeaseHistory): ReadonlyArray<LeaseAnomaly> => {
  const jobs = gather(history);
  const silentCalls = history.operations.filter(
    (one): one is LeaseCall => one.kind === "lease" && one.grants === null,
  );
  const found: Array<LeaseAnomaly> = [];
  const report: Report = (kind, job, operations, detail) =>
    found.push({ kind, job, operations: [...new Set(operations)], detail });
  checkTokens(jobs, report);
  for (const job of jobs.values()) {
    for (const [index, held] of job.leases.entries()) {
      checkLease({ job, held, earlier: job.leases[index - 1], silentCalls, report });
    }
    checkAttempts(job, silentCalls, report);
    if (history.drained && !job.leases.some((held) => held.settles.some(mayFinish))) {
      report("lost-job", job.id, [], "nobody settled it although nothing was left to lease");
    }
  }
  checkKeys(jobs, report);
  return found;
};

type Report = (
  kind: LeaseAnomalyKind,
  job: string,
  operations: ReadonlyArray<string>,
  detail: string,
) => void;

/** One lease with the calls that settle it, in the order they began. */
interface Held {
  readonly call: LeaseCall;
  readonly grant: LeaseGrant;
  readonly settles: Array<SettleCall>;
  /** The job's next lease. */
  next: Held | undefined;
}

interface JobStory {
  readonly id: string;
  readonly dueAt: number;
  /** By attempt. */
  readonly leases: Array<Held>;
}

const gather = (history: LeaseHistory): ReadonlyMap<string, JobStory> => {
  const jobs = new Map<string, JobStory>();
  for (const { id, dueAt } of history.jobs) jobs.set(id, { id, dueAt, leases: [] });
  const byToken = new Map<string, Held>();
  for (const call of history.operations) {
    if (call.kind !== "lease") continue;
    for (const grant of call.grants ?? []) {
      const held: Held = { call, grant, settles: [], next: undefined };
      jobs.get(grant.job)?.leases.push(held);
      byToken.set(`${grant.job} ${grant.token}`, held);
    }
  }
  for (const call of history.operations) {
    if (call.kind === "settle") byToken.get(`${call.job} ${call.token}`)?.settles.push(call);
  }
  for (const { leases } of jobs.values()) {
    leases.sort((a, b) => a.grant.attempt - b.grant.attempt || a.call.start - b.call.start);
    for (const [index, held] of leases.entries()) {
      held.settles.sort((a, b) => a.start - b.start);
      held.next = leases[index + 1];
    }
  }
  return jobs;
};

const checkTokens = (jobs: ReadonlyMap<string, JobStory>, report: Report) => {
  for (const { id, leases } of jobs.values()) {
    const seen = new Map<string, Held>();
    for (const held of leases) {
      const earlier = seen.get(held.grant.token);
      if (earlier !== undefined)
        report("reused-token", id, [earlier.call.id, held.call.id], "one token for two leases");
      seen.set(held.grant.token, held);
    }
  }
};

const checkAttempts = (
  { id, leases }: JobStory,
  silentCalls: ReadonlyArray<LeaseCall>,
  report: Report,
) => {
  let missing = 0;
  for (const [index, { grant, call }] of leases.entries()) {
    missing += Math.max(0, grant.attempt - (leases[index - 1]?.grant.attempt ?? 0) - 1);
    if (missing <= silentCalls.length) continue;
    report("lost-attempt", id, [call.id], `attempt ${grant.attempt} came too early`);
    return;
  }
};

interface LeaseCheck {
  readonly job: JobStory;
  readonly held: Held;
  readonly earlier: Held | undefined;
  readonly silentCalls: ReadonlyArray<LeaseCall>;
  readonly report: Report;
}

const checkLease = (check: LeaseCheck) => {
  const { job, held, earlier, report } = check;
  // Where an attempt in between is not known, its holder may have put the job off or not.
  const retried = earlier?.settles.find(
    (one) => one.outcome === "Retry" && one.result === "Settled",
  );
  const follows = earlier === undefined || earlier.grant.attempt + 1 === held.grant.attempt;
  const due = earlier === undefined ? job.dueAt : (retried?.instant ?? 0);
  if (follows && held.call.now < due)
    report("early-lease", job.id, [held.call.id], `leased at ${held.call.now}, due at ${due}`);
  if (held.next !== undefined) checkSuccession(check, held.next);
  checkSettles(check);
};

const checkSuccession = ({ job, held, report }: LeaseCheck, next: Held) => {
  const calls = [held.call.id, next.call.id];
  if (next.grant.attempt === held.grant.attempt) {
    report("double-lease", job.id, calls, `attempt ${held.grant.attempt} was granted twice`);
    return;
  }
  const finished = held.settles.find(
    (one) => one.result === "Settled" && (one.outcome === "Done" || one.outcome === "Dead"),
  );
  if (finished !== undefined) {
    report(
      "resurrected",
      job.id,
      [finished.id, next.call.id],
      `leased after it was ${finished.outcome}`,
    );
    return;
  }
  const free = held.settles.some(
    (one) => one.outcome !== "Renew" && one.result !== "LeaseLost" && one.start < next.call.end,
  );
  const end = Math.min(...possibleEnds(held, next.call.start, next.call.end));
  if (!free && next.call.now < end)
    report("double-lease", job.id, calls, `leased at ${next.call.now}, held until ${end}`);
};

const checkSettles = ({ job, held, silentCalls, report }: LeaseCheck) => {
  const { next } = held;
  let first: SettleCall | undefined;
  for (const call of held.settles) {
    const marks = (other: SettleCall) =>
      other.outcome === call.outcome &&
      (call.outcome !== "Retry" || other.instant === call.instant);
    const before = held.settles.filter(
      (other) =>
        other !== call &&
        other.start < call.end &&
        other.result !== "LeaseLost" &&
        other.outcome !== "Renew",
    );
    const ends = possibleEnds(held, call.start, call.end);
    if (call.result === "Settled") {
      const repeats = call.outcome !== "Renew" && before.some(marks);
      if (next !== undefined && next.call.end < call.start)
        report(
          "unfenced",
          job.id,
          [next.call.id, call.id],
          "accepted after another was given the job",
        );
      else if (!repeats && call.at >= Math.max(...ends))
        report(
          "unfenced",
          job.id,
          [held.call.id, call.id],
          `accepted at ${call.at}, after its end`,
        );
      if (call.outcome === "Renew") continue;
      if (first !== undefined && !marks(first))
        report(
          "settled-twice",
          job.id,
          [first.id, call.id],
          `${first.outcome} and ${call.outcome}`,
        );
      first ??= call;
    } else if (call.result === "LeaseLost") {
      const taken =
        (next !== undefined && next.call.start < call.end) ||
        silentCalls.some((one) => one.start < call.end && one.now >= Math.min(...ends));
      if (!taken && before.length === 0 && call.at < Math.min(...ends))
        report(
          "phantom-loss",
          job.id,
          [held.call.id, call.id],
          `lost at ${call.at}, held until ${Math.min(...ends)}`,
        );
    }
  }
};

/** The instants at which a lease may end, seen during a call: renewals that surely, or may, count. */
const possibleEnds = (held: Held, start: number, end: number): ReadonlyArray<number> => {
  let ends = [held.call.until];
  for (const call of held.settles) {
    if (call.outcome !== "Renew" || call.result === "LeaseLost" || call.start > end) continue;
    const sure = call.result === "Settled" && call.end < start;
    ends = sure ? [call.instant] : [...ends, call.instant];
  }
  return ends;
};

const mayFinish = (call: SettleCall): boolean =>
  call.result !== "LeaseLost" && (call.outcome === "Done" || call.outcome === "Dead");

const checkKeys = (jobs: ReadonlyMap<string, JobStory>, report: Report) => {
  const byKey = new Map<string, Array<Held>>();
  for (const { leases } of jobs.values()) {
    for (const held of leases) {
      const of = byKey.get(held.grant.key);
      if (of === undefined) byKey.set(held.grant.key, [held]);
      else of.push(held);
    }
  }
  for (const line of byKey.values()) {
    line.sort((a, b) => a.call.start - b.call.start);
    for (const [index, held] of line.entries()) {
      const last = line[index - 1];
      if (last === undefined || last.grant.job === held.grant.job) continue;
      const together = last.call === held.call;
      if (!together && last.call.end > held.call.start) continue;
      // Whoever got the job next may have freed the key again meanwhile.
      if (last.next !== undefined && last.next.call.start < held.call.end) continue;
      const free = last.settles.some(
        (one) => one.outcome !== "Renew" && one.result !== "LeaseLost" && one.start < held.call.end,
      );
      const end = Math.min(...possibleEnds(last, held.call.start, held.call.end));
      if (together || (!free && held.call.now < end)) {
        const detail = `key of ${last.grant.job}, which was held until ${end}, at ${held.call.now}`;
        report("double-key", held.grant.job, [last.call.id, held.call.id], detail);
      }
    }
  }
};
