/** Jobs of clocks, each held against the issue it is about. */
import { nextClock } from "../issue/index.ts";
import type { IssueState } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";
import { clockJobId } from "./compose.ts";
import { findingOf } from "./derivedFinding.ts";
import type { DerivedFinding } from "./derivedFinding.ts";
import { RETRY_MILLIS } from "./Jobs.ts";

/** A job that waits, is leased, or was given up on. */
export interface StoredJob {
  readonly id: string;
  readonly queue: string;
  readonly key: string;
  readonly value: string;
  readonly dueAt: Instant;
  /** True when it was given up on. */
  readonly dead: boolean;
  /** When an attempt last ended; null before the first. */
  readonly settledAt: Instant | null;
  /** Null when nobody holds it. */
  readonly leasedUntil: Instant | null;
}

/** What is wrong with a job of the clocks' queue; null when nothing is. */
export const faultOfJob = (
  job: StoredJob,
  issue: IssueState | null,
  at: { readonly revivedAt: Instant | undefined; readonly now: Instant },
): DerivedFinding | null => {
  const amiss = (field: string, en: string, zh: string) =>
    findingOf("Job", { kind: "job", id: job.id }, field, { en, zh });
  const name = JSON.stringify(job.value);
  if (job.id !== clockJobId(job.value) || job.key !== job.value) {
    const field = job.key === job.value ? "/value" : "/key";
    return amiss(field, `it is of another issue than ${name}`, `它不属于事项 ${name}`);
  }
  if (job.dead) return null;
  if (issue === null) return amiss("/value", `there is no issue ${name}`, `并无事项 ${name}`);
  const clock = nextClock(issue);
  if (clock === undefined) {
    return amiss("", `no clock of the issue ${name} runs`, `事项 ${name} 没有在走的时限`);
  }
  const { dueAt } = clock.deadline;
  // It may be later than its clock after an attempt that failed, or when it was revived.
  const latest = Math.max(dueAt, (job.settledAt ?? 0) + RETRY_MILLIS, at.revivedAt ?? 0);
  if (job.dueAt > latest) {
    return amiss(
      "/dueAt",
      `it is due at ${job.dueAt}, and the clock runs out at ${dueAt}`,
      `任务定于 ${job.dueAt}，而时限于 ${dueAt} 届满`,
    );
  }
  if ((job.leasedUntil ?? 0) > at.now + LEASE_AT_MOST) {
    return amiss(
      "/leasedUntil",
      `it is held until ${String(job.leasedUntil)}, longer than anybody holds a clock`,
      `被占用至 ${String(job.leasedUntil)}，超出任何一次占用的时长`,
    );
  }
  return null;
};

// Private

// A minute, and as much as clocks of two machines may be apart.
const LEASE_AT_MOST = 60 * 60 * 1000;
