/** The life of a job as a value, as the kit hands it to drivers that keep jobs themselves. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asDead,
  asLeased,
  byDue,
  holdsLease,
  type JobOutcome,
  type KeptJob,
  leasableJobs,
  leasedJob,
  scheduledJob,
  scheduledJobs,
  settledJob,
} from "../src/ports/index.ts";

const seeded = { seed: 2011, numRuns: 500 };
const write = { id: "j", queue: "q", key: "k", dueAt: 10, value: "{}" };

const outcome = (tag: JobOutcome["_tag"], token: string, at = 0): JobOutcome => {
  const lease = { namespace: "town", id: "j", token };
  if (tag === "Retry") return { _tag: tag, ...lease, dueAt: at };
  if (tag === "Dead") return { _tag: tag, ...lease, reason: "nobody answers" };
  return tag === "Renew" ? { _tag: tag, ...lease, until: at } : { _tag: tag, ...lease };
};
const tag = fc.constantFrom<JobOutcome["_tag"]>("Done", "Retry", "Dead", "Renew");
const ending = fc.constantFrom<JobOutcome["_tag"]>("Done", "Retry", "Dead");

/** A job after any life: scheduled, leased, settled and let run out, again and again. */
const lives = fc
  .array(
    fc.record({ anew: fc.boolean(), tag: fc.option(tag), until: fc.integer({ min: 1, max: 9 }) }),
  )
  .map((steps) => {
    let seq = 1;
    let job = scheduledJob("town", write, seq);
    const tokens: Array<string> = [];
    for (const { anew, tag: told, until } of steps) {
      if (anew || job.state !== "waiting") job = scheduledJob("town", write, (seq += 1));
      job = leasedJob(job, until);
      tokens.push(job.token);
      if (told !== null) job = settledJob(job, outcome(told, job.token, until), 0) ?? job;
    }
    return { job, tokens, seq };
  });

describe("the life of a job", () => {
  it("gives every lease a token of its own, and refuses outcomes under all but the latest", () => {
    const property = fc.property(lives, tag, ({ job, tokens }, told) => {
      expect(new Set(tokens).size).toBe(tokens.length);
      for (const token of tokens.slice(0, -1))
        expect(settledJob(job, outcome(told, token), 0)).toBeNull();
      expect(settledJob(job, outcome(told, "never"), 0)).toBeNull();
      expect(settledJob(undefined, outcome(told, "1.1"), 0)).toBeNull();
    });
    fc.assert(property, seeded);
  });

  it("lets a lease hold before its end and not from then on", () => {
    const property = fc.property(lives, tag, fc.nat(20), ({ job, seq }, told, at) => {
      const leased = leasedJob(scheduledJob("town", job, seq + 1), 10);
      const late = settledJob(leased, outcome(told, leased.token), at);
      expect(late === null).toBe(at >= 10);
      expect(holdsLease(leased, leased, at)).toBe(at < 10);
    });
    fc.assert(property, seeded);
  });

  it("knows what settled it until it is leased or scheduled anew, and takes nothing else", () => {
    const property = fc.property(
      lives,
      ending,
      tag,
      fc.nat(3),
      ({ job, seq }, told, other, due) => {
        const leased = leasedJob(scheduledJob("town", job, seq + 1), 10);
        const first = outcome(told, leased.token, 2);
        const settled = settledJob(leased, first, 1);
        if (settled === null) throw new Error("the lease held");
        // Long after the lease has ended, too: it is the very same job.
        expect(settledJob(settled, first, 99)).toBe(settled);
        const second = outcome(other, leased.token, due);
        const same = other === told && (other !== "Retry" || due === 2);
        expect(settledJob(settled, second, 1)).toBe(same ? settled : null);
        expect(settledJob(leasedJob(settled, 20), first, 1)).toBeNull();
        expect(settledJob(scheduledJob("town", settled, seq + 2), first, 1)).toBeNull();
      },
    );
    fc.assert(property, seeded);
  });

  it("says what became of it", () => {
    const leased = leasedJob(scheduledJob("town", write, 7), 10);
    expect(asLeased(leased)).toEqual({
      ...write,
      namespace: "town",
      attempt: 1,
      token: leased.token,
      leasedUntil: 10,
    });
    const free = { ...leased, token: "", leasedUntil: 0 };
    const settledBy = (told: JobOutcome) => settledJob(leased, told, 3);
    expect(settledBy(outcome("Renew", leased.token, 4))).toEqual({ ...leased, leasedUntil: 4 });
    expect(settledBy(outcome("Retry", leased.token, 5))).toMatchObject({
      ...free,
      settled: {},
      dueAt: 5,
    });
    expect(settledBy(outcome("Done", leased.token))).toMatchObject({ state: "done", token: "" });
    const dead = settledBy(outcome("Dead", leased.token));
    if (dead === null) throw new Error("the lease held");
    const told = { namespace: "town", attempt: 1, reason: "nobody answers", diedAt: 3 };
    expect(asDead(dead)).toEqual({ ...write, ...told });
    expect(asDead(leased)).toBeNull();
  });

  it("is a plain value: what JSON brings back lives on", () => {
    const property = fc.property(lives, tag, ({ job }, told) => {
      const back: KeptJob = JSON.parse(JSON.stringify(job));
      expect(back).toEqual(job);
      expect(settledJob(back, outcome(told, job.token), 0)).toEqual(
        settledJob(job, outcome(told, job.token), 0),
      );
    });
    fc.assert(property, seeded);
  });

  it("is scheduled by a commit after those that are revived, each as if it were new", () => {
    const kept = new Map([["old", { ...leasedJob(scheduledJob("town", write, 1), 9), id: "old" }]]);
    let seq = 4;
    const revive = [{ id: "old", dueAt: 50 }];
    const jobs = scheduledJobs(
      { namespace: "town", revive, schedule: [write] },
      kept,
      () => (seq += 1),
    );
    const revived = scheduledJob("town", { ...write, id: "old", dueAt: 50 }, 5);
    expect(jobs).toEqual([revived, scheduledJob("town", write, 6)]);
    expect(scheduledJobs({ namespace: "town", schedule: [] }, kept, () => 0)).toEqual([]);
  });
});

describe("what may be leased", () => {
  const job = fc.record({
    key: fc.constantFrom("a", "b", "c", "d"),
    dueAt: fc.nat(9),
    until: fc.option(fc.nat(9)),
  });

  it("is the first due job of each key that no lease holds, in order", () => {
    const property = fc.property(fc.array(job), fc.nat(9), (list, now) => {
      const jobs = list
        .map(({ key, dueAt, until }, at) => {
          const fresh = scheduledJob("town", { ...write, id: `j${at}`, key, dueAt }, at);
          return until === null ? fresh : leasedJob(fresh, until);
        })
        .reverse()
        .sort(byDue);
      const held = new Set(jobs.filter((one) => one.leasedUntil > now).map((one) => one.key));
      const due = jobs.filter((one) => one.dueAt <= now && !held.has(one.key));
      const firsts = due.filter((one) => due.find(({ key }) => key === one.key) === one);
      expect([...leasableJobs(jobs, jobs, now)]).toEqual(firsts);
      const leased = jobs.filter((one) => one.token !== "");
      expect([...leasableJobs(jobs, leased, now)]).toEqual(firsts);
      expect(jobs).toEqual([...jobs].sort((a, b) => a.dueAt - b.dueAt || a.seq - b.seq));
    });
    fc.assert(property, seeded);
  });

  it("reads no further than it is asked", () => {
    let read = 0;
    function* waiting() {
      for (; ; read += 1)
        yield scheduledJob("town", { ...write, key: `k${read}`, dueAt: read }, read);
    }
    expect(leasableJobs(waiting(), [], 99).next().value?.key).toBe("k0");
    expect(read).toBe(0);
    expect([...leasableJobs(waiting(), [], 5)].length).toBe(6);
  });
});
