/**
 * A storage driver on a file of JSON lines: state in memory, every change a line.
 *
 * A change is decided first, written second, applied last; opening applies all lines
 * again. All of it is synchronous: no call comes between another's three steps, and
 * none is interrupted between them.
 */
import * as port from "@linli/core/ports";
import { Result } from "effect";
import { openLog } from "./log.ts";

/** What a namespace holds. */
const newTown = () => ({
  rows: new Map<string, { readonly row: port.Row; readonly indexes: port.RowWrite["indexes"] }>(),
  entries: new Array<port.Entry>(),
  streams: new Map<string, number>(),
  receipts: new Map<string, port.Receipt>(),
  jobs: new Map<string, Job>(),
});
type Town = ReturnType<typeof newTown>;

interface Job {
  leased: port.LeasedJob;
  readonly seq: number;
  over: boolean;
  /** The last outcome that counted: told again it is `Settled` again. */
  settled: string;
}

/** A line of the file. */
type Change =
  | { readonly op: "commit"; readonly batch: port.CommitBatch }
  | { readonly op: "lease"; readonly until: number; readonly jobs: ReadonlyArray<port.LeasedJob> }
  | { readonly op: "settle"; readonly outcomes: Outcomes; readonly at: number };
type Outcomes = ReadonlyArray<port.JobOutcome>;

export const capabilities = { name: "json-lines", durable: true, shared: false } as const;

/** Opens the file, making it if need be. */
export const openJsonLines = async (path: string) => {
  const towns = new Map<string, Town>();
  const served = new Map<string, string>();
  let seq = 0;
  const townOf = (namespace: string): Town => {
    const town = towns.get(namespace) ?? newTown();
    towns.set(namespace, town);
    return town;
  };

  const apply = (change: Change): ReadonlyArray<port.SettleResult> => {
    if (change.op === "settle")
      return change.outcomes.map((one) => settle(townOf(one.namespace).jobs, one, change.at));
    if (change.op === "lease") {
      for (const { namespace, id, queue, attempt } of change.jobs) {
        const job = townOf(namespace).jobs.get(id);
        const lease = { token: `t${(seq += 1)}`, leasedUntil: change.until, attempt: attempt + 1 };
        if (job !== undefined) job.leased = { ...job.leased, ...lease };
        served.set(queue, namespace);
      }
      return [];
    }
    const { batch } = change;
    const { rows, entries, streams, receipts, jobs } = townOf(batch.namespace);
    for (const { kind, id, expected, value, indexes } of batch.rows) {
      if (value === null) rows.delete(nameOf({ kind, id }));
      else {
        const row = { kind, id, version: expected + 1, value };
        rows.set(nameOf(row), { row, indexes });
      }
    }
    for (const entry of batch.entries) {
      entries.push({ ...entry, cursor: String(entries.length + 1) });
      streams.set(entry.stream, entry.version);
    }
    for (const outcome of batch.settle) settle(jobs, outcome, batch.at);
    for (const id of batch.cancel) if (jobs.get(id)?.over === false) jobs.delete(id);
    for (const job of batch.schedule) {
      const leased = { ...job, namespace: batch.namespace, attempt: 0, token: "", leasedUntil: 0 };
      jobs.set(job.id, { leased, seq: (seq += 1), over: false, settled: "" });
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

  const storage: port.PromiseStorage = {
    capabilities,
    read: async ({ namespace, keys }) =>
      keys.map((key) => townOf(namespace).rows.get(nameOf(key))?.row ?? null),
    receipt: async ({ namespace, id }) => townOf(namespace).receipts.get(id) ?? null,
    scan: async ({ order, limit, cursor, ...request }) => {
      const after = cursor === null ? null : Result.getOrThrow(port.decodeScanCursor(cursor));
      const way = order === "ascending" ? 1 : -1;
      const ahead = placesOf(townOf(request.namespace), request)
        .filter((place) => after === null || byPlace(place, after) * way > 0)
        .sort((a, b) => byPlace(a, b) * way);
      const rows = ahead.slice(0, limit);
      const last = ahead.length > limit ? rows.at(-1) : undefined;
      return { rows, next: last === undefined ? null : port.encodeScanCursor(last) };
    },
    count: async ({ max, ...request }) =>
      Math.min(max, placesOf(townOf(request.namespace), request).length),
    commit: async (batch) => {
      const town = townOf(batch.namespace);
      const kept = town.receipts.get(batch.receipt?.id ?? "");
      if (kept !== undefined) {
        if (kept.contentHash !== batch.receipt?.contentHash) throw otherContent();
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
      if (jobs.length > 0) write({ op: "lease", until, jobs });
      return jobs.map((job) => townOf(job.namespace).jobs.get(job.id)?.leased ?? job);
    },
    settle: async (outcomes, at) =>
      outcomes.length === 0 ? [] : write({ op: "settle", outcomes, at }),
  };
  return { storage, towns, close: async () => log.close() };
};

// No text of the port holds NUL, so two names never meet.
const nameOf = ({ kind, id }: port.RowKey) => `${kind}\u0000${id}`;

type IndexRange = Pick<Parameters<port.PromiseStorage["count"]>[0], "kind" | "index" | "range">;

const placesOf = ({ rows }: Town, { kind, index, range: { from, to } }: IndexRange) => {
  const within = (key: string) =>
    (from === null || port.compareBytewise(key, from) >= 0) &&
    (to === null || port.compareBytewise(key, to) < 0);
  return [...rows.values()].flatMap(({ row, indexes }) => {
    const mine = indexes.filter((one) => row.kind === kind && one.index === index);
    const keys = new Set(mine.map((one) => one.key));
    return [...keys].filter(within).map((key) => ({ ...row, key }));
  });
};

const byPlace = (a: port.ScanPosition, b: port.ScanPosition) =>
  port.compareBytewise(a.key, b.key) || port.compareBytewise(a.id, b.id);

const conflictsOf = (town: Town, batch: port.CommitBatch): port.Conflict["conflicts"] => {
  const wrong = new Map<string, port.Conflict["conflicts"][number]>();
  const expect = ({ kind, id }: port.RowKey, expected: number, actual: number) => {
    const name = nameOf({ kind, id });
    if (expected !== actual && !wrong.has(name)) wrong.set(name, { kind, id, expected, actual });
  };
  const versionOf = (key: port.RowKey) => town.rows.get(nameOf(key))?.row.version ?? 0;
  for (const row of batch.rows) expect(row, row.expected, versionOf(row));
  for (const guard of batch.guards) expect(guard, guard.version, versionOf(guard));
  const last = new Map<string, number>();
  for (const { stream: id, version } of batch.entries) {
    const actual = last.get(id) ?? town.streams.get(id) ?? 0;
    expect({ kind: port.CONFLICT_KINDS.stream, id }, version - 1, actual);
    last.set(id, version);
  }
  for (const outcome of batch.settle) {
    const held = holds(town.jobs.get(outcome.id), outcome, batch.at);
    expect({ kind: port.CONFLICT_KINDS.lease, id: outcome.id }, 1, held ? 1 : 0);
  }
  return [...wrong.values()];
};

const otherContent = () => {
  const detail = "this command id was used before with other content";
  return new port.StorageError({ reason: "ReceiptMismatch", operation: "commit", detail });
};

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
    job.settled = mark;
  }
  return "Settled";
};
