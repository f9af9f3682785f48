/**
 * A storage driver on a file of JSON lines: state in memory, every change a line.
 *
 * A change is decided first, written second, applied last; opening applies all lines
 * again. All of it is synchronous: no call comes between another's three steps, and
 * none is interrupted between them.
 */
import * as port from "@linli/core/ports";
import { Result } from "effect";
import { lookAt, openLog } from "./log.ts";

/** What a namespace holds. */
const newTown = () => ({
  rows: new Map<string, { readonly row: port.Row; readonly indexes: port.RowWrite["indexes"] }>(),
  entries: new Array<port.Entry>(),
  streams: new Map<string, port.StreamEnd>(),
  receipts: new Map<string, port.Receipt>(),
  jobs: new Map<string, Job>(),
});
type Town = ReturnType<typeof newTown>;

interface Job {
  leased: port.LeasedJob;
  readonly seq: number;
  over: boolean;
  /** When it was given up and why; null while it was not. */
  dead: { readonly diedAt: number; readonly reason: string } | null;
  /** The last outcome that counted: told again it is `Settled` again. */
  settled: string;
}

/** A line of the file. */
type Change =
  | { readonly op: "format"; readonly step: number }
  | { readonly op: "commit"; readonly batch: port.CommitBatch }
  | { readonly op: "lease"; readonly until: number; readonly jobs: Leased; readonly turn: boolean }
  | { readonly op: "settle"; readonly outcomes: Outcomes; readonly at: number };
type Leased = ReadonlyArray<port.LeasedJob>;
type Outcomes = ReadonlyArray<port.JobOutcome>;

export const capabilities = { name: "json-lines", durable: true, shared: false } as const;

/** The file before it is opened: its one step writes the first line. */
export const jsonLinesDatabase = (path: string) =>
  port.databaseOfSteps({
    capabilities,
    version: "JSON lines 1",
    steps: [{ step: 1, name: "format" }],
    look: async () => lookAt(path),
    run: async ({ step }) => {
      let lines = 0;
      const log = openLog(path, () => (lines += 1));
      if (lines === 0) log.append({ op: "format", step });
      log.close();
      return lines === 0;
    },
    open: () => openJsonLines(path),
  });

const openJsonLines = async (path: string) => {
  const towns = new Map<string, Town>();
  const served = new Map<string, string>();
  let seq = 0;
  const townOf = (namespace: string): Town => {
    const town = towns.get(namespace) ?? newTown();
    towns.set(namespace, town);
    return town;
  };

  const apply = (change: Change): ReadonlyArray<port.SettleResult> => {
    if (change.op === "format") return [];
    if (change.op === "settle")
      return change.outcomes.map((one) => settle(townOf(one.namespace).jobs, one, change.at));
    if (change.op === "lease") {
      for (const { namespace, id, queue, attempt } of change.jobs) {
        const job = townOf(namespace).jobs.get(id);
        const lease = { token: `t${(seq += 1)}`, leasedUntil: change.until, attempt: attempt + 1 };
        if (job !== undefined) job.leased = { ...job.leased, ...lease };
        if (change.turn) served.set(queue, namespace);
      }
      return [];
    }
    const { batch } = change;
    const { rows, entries, streams, receipts, jobs } = townOf(batch.namespace);
    for (const { kind, id, expected, value, indexes } of batch.rows) {
      if (value === null) rows.delete(nameOf({ kind, id }));
      else
        rows.set(nameOf({ kind, id }), {
          row: { kind, id, version: expected + 1, value },
          indexes,
        });
    }
    for (const { previous: _, ...entry } of batch.entries) {
      entries.push({ ...entry, cursor: String(entries.length + 1) });
      streams.set(entry.stream, entry);
    }
    for (const outcome of batch.settle) settle(jobs, outcome, batch.at);
    for (const id of batch.cancel) if (jobs.get(id)?.over === false) jobs.delete(id);
    const revived = (batch.revive ?? []).flatMap(({ id, dueAt }) => {
      const job = jobs.get(id)?.leased;
      return job === undefined ? [] : [{ ...job, dueAt }];
    });
    for (const job of [...revived, ...batch.schedule]) {
      const leased = { ...job, namespace: batch.namespace, attempt: 0, token: "", leasedUntil: 0 };
      jobs.set(job.id, { leased, seq: (seq += 1), over: false, dead: null, settled: "" });
    }
    if (batch.receipt !== null) {
      const { id, contentHash, value } = batch.receipt;
      receipts.set(id, { id, contentHash, value });
    }
    return [];
  };
  const log = openLog(path, (line) => apply(line as Change));
  const write = (change: Change) => {
    log.append(change);
    return apply(change);
  };

  const storage: Omit<port.PromiseStorage, "capabilities" | "info"> = {
    read: async ({ namespace, keys }) =>
      keys.map((key) => townOf(namespace).rows.get(nameOf(key))?.row ?? null),
    receipt: async ({ namespace, id }) => townOf(namespace).receipts.get(id) ?? null,
    scan: async ({ order, limit, cursor, ...request }) => {
      const after = cursor === null ? null : Result.getOrThrow(port.decodeScanCursor(cursor));
      const way = order === "ascending" ? 1 : -1;
      const ahead = placesOf(townOf(request.namespace), request)
        .filter((place) => after === null || port.byPosition(place, after) * way > 0)
        .sort((a, b) => port.byPosition(a, b) * way);
      return port.scanPage(ahead, limit);
    },
    count: async ({ max, ...request }) =>
      Math.min(max, placesOf(townOf(request.namespace), request).length),
    commit: async (batch) => {
      const town = townOf(batch.namespace);
      const kept = town.receipts.get(batch.receipt?.id ?? "");
      if (kept !== undefined) {
        if (kept.contentHash !== batch.receipt?.contentHash) throw port.receiptMismatch();
        return { _tag: "Replayed", receipt: kept };
      }
      const conflicts = conflictsOf(town, batch);
      if (conflicts.length > 0) throw new port.Conflict({ conflicts });
      // No `await` since the first look: whatever was decided still holds.
      write({ op: "commit", batch });
      return { _tag: "Committed" };
    },
    feed: async ({ namespace, after, limit, stream }) => {
      const start = Result.getOrThrow(port.decodeFeedCursor(after));
      const later = townOf(namespace).entries.slice(start);
      const mine = stream === null ? later : later.filter((entry) => entry.stream === stream);
      const entries = mine.slice(0, limit);
      return { entries, next: entries.at(-1)?.cursor ?? after };
    },
    lease: async ({ namespace, queue, now, until, limit }) => {
      const all = port.rotateAfter([...towns.keys()].sort(port.compareBytewise), served.get(queue));
      const names = namespace === null ? all : [namespace];
      const due = names.map((name) => dueJobs(townOf(name).jobs, queue, now).values());
      const next = due.map((jobs) => () => jobs.next().value);
      const jobs = port.takeTurns(next, limit);
      if (jobs.length > 0) write({ op: "lease", until, jobs, turn: namespace === null });
      return jobs.map((job) => townOf(job.namespace).jobs.get(job.id)?.leased ?? job);
    },
    settle: async (outcomes, at) =>
      outcomes.length === 0 ? [] : write({ op: "settle", outcomes, at }),
    dead: async ({ namespace, queue, limit, cursor }) => {
      const after = Result.getOrThrow(port.decodeDeadCursor(cursor));
      const following = deadJobs(townOf(namespace).jobs, queue)
        .filter((job) => port.byDeath(job, after) > 0)
        .sort(port.byDeath);
      return port.deadPage(following, limit);
    },
  };
  return { storage, close: async () => log.close() };
};

// No text of the port holds NUL, so two names never meet.
const nameOf = ({ kind, id }: port.RowKey) => `${kind}\u0000${id}`;

type IndexRange = Pick<Parameters<port.PromiseStorage["count"]>[0], "kind" | "index" | "range">;

const placesOf = ({ rows }: Town, { kind, index, range }: IndexRange) => {
  return [...rows.values()].flatMap(({ row, indexes }) => {
    const mine = indexes.filter((one) => row.kind === kind && one.index === index);
    const keys = new Set(mine.map((one) => one.key));
    return [...keys].filter((key) => port.isWithin(range, key)).map((key) => ({ ...row, key }));
  });
};

const conflictsOf = ({ rows, streams, jobs }: Town, batch: port.CommitBatch) =>
  port.conflictsIn(batch, {
    version: (key) => rows.get(nameOf(key))?.row.version ?? 0,
    last: (stream) => streams.get(stream),
    holds: (outcome) => holds(jobs.get(outcome.id), outcome, batch.at),
    isDead: (id) => (jobs.get(id)?.dead ?? null) !== null,
  });

/** Due jobs, oldest first, at most one of a key and none of a key that is held. */
const dueJobs = (jobs: Town["jobs"], queue: string, now: number): Array<port.LeasedJob> => {
  const waiting = [...jobs.values()].filter(({ leased, over }) => leased.queue === queue && !over);
  const busy = new Set<string>();
  for (const { leased } of waiting) if (leased.leasedUntil > now) busy.add(leased.key);
  return waiting
    .sort((a, b) => a.leased.dueAt - b.leased.dueAt || a.seq - b.seq)
    .flatMap(({ leased }) => {
      if (leased.dueAt > now || busy.has(leased.key)) return [];
      busy.add(leased.key);
      return [leased];
    });
};

const deadJobs = (jobs: Town["jobs"], queue: string | null): ReadonlyArray<port.DeadJob> =>
  [...jobs.values()].flatMap(({ dead, leased: { token: _, leasedUntil: __, ...job } }) =>
    dead === null || (queue !== null && job.queue !== queue) ? [] : [{ ...job, ...dead }],
  );

const holds = (job: Job | undefined, { token }: port.JobOutcome, at: number) =>
  job !== undefined && job.leased.token === token && job.leased.leasedUntil > at;

const settle = (jobs: Town["jobs"], outcome: port.JobOutcome, at: number): port.SettleResult => {
  const job = jobs.get(outcome.id);
  const mark = JSON.stringify([outcome.token, outcome._tag, "dueAt" in outcome && outcome.dueAt]);
  if (job === undefined || !holds(job, outcome, at))
    return job?.settled === mark && job.leased.token === "" ? "Settled" : "LeaseLost";
  if (outcome._tag === "Renew") job.leased = { ...job.leased, leasedUntil: outcome.until };
  else {
    const dueAt = outcome._tag === "Retry" ? outcome.dueAt : job.leased.dueAt;
    job.leased = { ...job.leased, dueAt, token: "", leasedUntil: 0 };
    job.over = outcome._tag !== "Retry";
    job.dead = outcome._tag === "Dead" ? { diedAt: at, reason: outcome.reason } : null;
    job.settled = mark;
  }
  return "Settled";
};
