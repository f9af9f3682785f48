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
  jobs: new Map<string, port.KeptJob>(),
});
type Town = ReturnType<typeof newTown>;

/** A line of the file. */
type Change =
  | typeof FORMAT
  | { readonly op: "commit"; readonly batch: port.CommitBatch }
  | { readonly op: "lease"; readonly jobs: ReadonlyArray<port.KeptJob>; readonly turn: boolean }
  | { readonly op: "settle"; readonly outcomes: port.CommitBatch["settle"]; readonly at: number };

const FORMAT = { op: "format", step: 1 } as const;

export const capabilities = { name: "json-lines", durable: true, shared: false } as const;

/** The file before it is opened: its one step writes the first line. */
export const jsonLinesDatabase = (path: string) =>
  port.databaseOfSteps({
    capabilities,
    version: "JSON lines 1",
    steps: [{ step: 1, name: "format" }],
    look: async () => lookAt(path, FORMAT),
    run: async () => {
      let lines = 0;
      const log = openLog(path, () => (lines += 1));
      if (lines === 0) log.append(FORMAT);
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

  const apply = (change: Change): void => {
    if (change.op === "commit") applyBatch(change.batch);
    if (change.op === "settle") for (const one of change.outcomes) settle(one, change.at);
    if (change.op === "lease")
      for (const job of change.jobs) {
        townOf(job.namespace).jobs.set(job.id, job);
        if (change.turn) served.set(job.queue, job.namespace);
      }
  };
  const applyBatch = (batch: port.CommitBatch) => {
    const { rows, entries, streams, receipts, jobs } = townOf(batch.namespace);
    for (const { expected, value, indexes, ...key } of batch.rows) {
      if (value === null) rows.delete(nameOf(key));
      else rows.set(nameOf(key), { row: { ...key, version: expected + 1, value }, indexes });
    }
    for (const { previous: _, ...entry } of batch.entries) {
      entries.push({ ...entry, cursor: String(entries.length + 1) });
      streams.set(entry.stream, entry);
    }
    for (const outcome of batch.settle) settle(outcome, batch.at);
    for (const id of batch.cancel) if (jobs.get(id)?.state === "waiting") jobs.delete(id);
    for (const job of port.scheduledJobs(batch, jobs, () => (seq += 1))) jobs.set(job.id, job);
    if (batch.receipt !== null) {
      const { id, contentHash, value } = batch.receipt;
      receipts.set(id, { id, contentHash, value });
    }
  };
  const settle = (outcome: port.JobOutcome, at: number): port.SettleResult => {
    const { jobs } = townOf(outcome.namespace);
    const job = port.settledJob(jobs.get(outcome.id), outcome, at);
    if (job === null) return "LeaseLost";
    jobs.set(job.id, job);
    return "Settled";
  };
  const log = openLog(path, (line) => apply(line as Change));
  const write = (change: Change) => {
    log.append(change);
    apply(JSON.parse(JSON.stringify(change)) as Change);
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
      const free = names.map((name) => leasableOf(townOf(name), queue, now));
      const next = free.map((jobs) => () => jobs.next().value);
      const jobs = port.takeTurns(next, limit).map((job) => port.leasedJob(job, until));
      if (jobs.length > 0) write({ op: "lease", jobs, turn: namespace === null });
      return jobs.map(port.asLeased);
    },
    settle: async (outcomes, at) => {
      if (outcomes.length > 0) log.append({ op: "settle", outcomes, at });
      return outcomes.map((one) => settle(one, at));
    },
    dead: async ({ namespace, queue, limit, cursor }) => {
      const after = Result.getOrThrow(port.decodeDeadCursor(cursor));
      const following = [...townOf(namespace).jobs.values()]
        .flatMap((job) => port.asDead(job) ?? [])
        .filter((job) => (queue === null || job.queue === queue) && port.byDeath(job, after) > 0)
        .sort(port.byDeath);
      return port.deadPage(following, limit);
    },
  };
  return { storage, close: async () => log.close() };
};

// No text of the port holds NUL, so two names never meet.
const nameOf = ({ kind, id }: port.RowKey) => `${kind}\u0000${id}`;

type IndexRange = Pick<Parameters<port.PromiseStorage["count"]>[0], "kind" | "index" | "range">;

const placesOf = ({ rows }: Town, { kind, index, range }: IndexRange) =>
  [...rows.values()].flatMap(({ row, indexes }) => {
    const mine = indexes.filter((one) => row.kind === kind && one.index === index);
    const keys = new Set(mine.map((one) => one.key));
    return [...keys].filter((key) => port.isWithin(range, key)).map((key) => ({ ...row, key }));
  });

const conflictsOf = ({ rows, streams, jobs }: Town, batch: port.CommitBatch) =>
  port.conflictsIn(batch, {
    version: (key) => rows.get(nameOf(key))?.row.version ?? 0,
    last: (stream) => streams.get(stream),
    holds: (outcome) => port.holdsLease(jobs.get(outcome.id), outcome, batch.at),
    isDead: (id) => jobs.get(id)?.state === "dead",
  });

const leasableOf = ({ jobs }: Town, queue: string, now: number) => {
  const waiting = [...jobs.values()].filter(
    (job) => job.queue === queue && job.state === "waiting",
  );
  return port.leasableJobs(waiting.sort(port.byDue), waiting, now);
};
