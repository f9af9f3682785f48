/** Jobs on SQLite: scheduling, leases in turn, settlement under the lease's token. */
import {
  type DeadPage,
  deadPage,
  decodeDeadCursor,
  type JobOutcome,
  type JobWrite,
  type LeasedJob,
  type Revival,
  rotateAfter,
  type SettleResult,
  type Storage,
  takeTurns,
} from "@linli/core/ports";
import * as Result from "effect/Result";
import type { Connection } from "./Connection.ts";

/** The jobs of one connection; writing methods need an open transaction. */
export interface JobBook {
  readonly schedule: (namespace: string, job: JobWrite) => void;
  readonly cancel: (namespace: string, id: string) => void;
  readonly holds: (outcome: JobOutcome, at: number) => boolean;
  readonly isDead: (namespace: string, id: string) => boolean;
  /** Schedules a dead job anew; false when it is not dead, and nothing is written then. */
  readonly revive: (namespace: string, revival: Revival) => boolean;
  readonly dead: (request: DeadRequest) => DeadPage;
  /** False when the lease does not hold; nothing is written then. */
  readonly settleHeld: (outcome: JobOutcome, at: number) => boolean;
  /** The same, and true to what it answered before. */
  readonly settle: (outcome: JobOutcome, at: number) => SettleResult;
  /** Jobs that may be leased now; reads only. */
  readonly candidates: (request: LeaseRequest) => ReadonlyArray<Candidate>;
  readonly lease: (candidate: Candidate, request: LeaseRequest) => LeasedJob;
}

/** What {@link Storage.lease} is asked. */
export type LeaseRequest = Parameters<Storage["lease"]>[0];

/** What {@link Storage.dead} is asked. */
export type DeadRequest = Parameters<Storage["dead"]>[0];

/** A free job. */
export interface Candidate extends JobWrite {
  readonly namespace: string;
  readonly attempt: number;
}

/** Prepares the statements about jobs. */
export const makeJobBook = (connection: Connection): JobBook => {
  const { prepare, epoch } = connection;
  // Of a job that is there nothing stays: the other columns begin anew with their defaults.
  const schedule = prepare(
    "INSERT OR REPLACE INTO jobs (namespace, id, queue, key, due_at, seq, value) " +
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const cancel = prepare("DELETE FROM jobs WHERE namespace = ? AND id = ? AND state = 0");
  const lease = prepare(
    "UPDATE jobs SET attempt = attempt + 1, token = ?, leased_until = ?, owner = ?, " +
      "settled_token = NULL, settled_mark = NULL WHERE namespace = ? AND id = ?",
  );
  const revive = prepare(
    "UPDATE jobs SET due_at = ?, seq = ?, attempt = 0, state = 0, settled_token = NULL, " +
      "settled_mark = NULL, settled_at = NULL, reason = NULL " +
      "WHERE namespace = ? AND id = ? AND state = 2",
  );
  let minted = 0;
  // Later openings count on from a higher floor, so ties stay in the order of scheduling.
  const nextSeq = () => epoch * 2 ** 32 + (minted += 1);
  const candidates = makeCandidates(connection);
  return {
    ...makeSettlement(connection),
    ...makeDeadReader(connection),
    candidates,
    schedule: (namespace, { id, queue, key, dueAt, value }) => {
      schedule.run(namespace, id, queue, key, dueAt, nextSeq(), value);
    },
    revive: (namespace, { id, dueAt }) => revive.run(dueAt, nextSeq(), namespace, id).changes !== 0,
    cancel: (namespace, id) => void cancel.run(namespace, id),
    lease: ({ namespace, id, queue, key, dueAt, attempt, value }, { until, owner }) => {
      minted += 1;
      const token = `${epoch.toString(36)}-${minted.toString(36)}`;
      lease.run(token, until, owner, namespace, id);
      const job: JobWrite = { id, queue, key, dueAt, value };
      return { ...job, namespace, attempt: attempt + 1, token, leasedUntil: until };
    },
  };
};

const makeDeadReader = ({ prepare }: Connection) => {
  const isDead = prepare("SELECT 1 FROM jobs WHERE namespace = ? AND id = ? AND state = 2");
  const columns = "id, queue, key, due_at, value, attempt, reason, settled_at";
  const DEAD = "state = 2 AND namespace = ? AND (settled_at, id) > (?, ?)";
  const ORDER = "ORDER BY settled_at, id LIMIT ?";
  const ofAll = prepare(`SELECT ${columns} FROM jobs WHERE ${DEAD} ${ORDER}`);
  const ofQueue = prepare(`SELECT ${columns} FROM jobs WHERE ${DEAD} AND queue = ? ${ORDER}`);
  return {
    isDead: (namespace: string, id: string): boolean => isDead.get(namespace, id) !== undefined,
    dead: ({ namespace, queue, limit, cursor }: DeadRequest): DeadPage => {
      const { diedAt, id } = Result.getOrThrow(decodeDeadCursor(cursor));
      const rows =
        queue === null
          ? ofAll.all(namespace, diedAt, id, limit + 1)
          : ofQueue.all(namespace, diedAt, id, queue, limit + 1);
      const jobs = rows.map((row) => ({
        id: String(row["id"]),
        queue: String(row["queue"]),
        key: String(row["key"]),
        dueAt: Number(row["due_at"]),
        value: String(row["value"]),
        namespace,
        attempt: Number(row["attempt"]),
        reason: String(row["reason"]),
        diedAt: Number(row["settled_at"]),
      }));
      return deadPage(jobs, limit);
    },
  };
};

const makeSettlement = ({ prepare }: Connection) => {
  const HELD = "namespace = ? AND id = ? AND token = ? AND leased_until > ?";
  const held = prepare(`SELECT 1 FROM jobs WHERE ${HELD}`);
  const renew = prepare(`UPDATE jobs SET leased_until = ? WHERE ${HELD}`);
  const finish = prepare(
    "UPDATE jobs SET state = ?, due_at = coalesce(?, due_at), token = NULL, leased_until = 0, " +
      `owner = NULL, settled_token = token, settled_mark = ?, settled_at = ?, reason = ? WHERE ${HELD}`,
  );
  const before = prepare(
    "SELECT 1 FROM jobs WHERE namespace = ? AND id = ? AND settled_token = ? AND settled_mark = ?",
  );
  const settleHeld = (outcome: JobOutcome, at: number): boolean => {
    const { namespace, id, token } = outcome;
    if (outcome._tag === "Renew") {
      return renew.run(outcome.until, namespace, id, token, at).changes !== 0;
    }
    const state = STATES[outcome._tag];
    const dueAt = outcome._tag === "Retry" ? outcome.dueAt : null;
    const reason = outcome._tag === "Dead" ? outcome.reason : null;
    const mark = markOf(outcome);
    return finish.run(state, dueAt, mark, at, reason, namespace, id, token, at).changes !== 0;
  };
  return {
    holds: ({ namespace, id, token }: JobOutcome, at: number): boolean =>
      held.get(namespace, id, token, at) !== undefined,
    settleHeld,
    settle: (outcome: JobOutcome, at: number): SettleResult => {
      if (settleHeld(outcome, at)) return "Settled";
      const { namespace, id, token } = outcome;
      const again = before.get(namespace, id, token, markOf(outcome)) !== undefined;
      return again ? "Settled" : "LeaseLost";
    },
  };
};

const STATES = { Retry: 0, Done: 1, Dead: 2 } as const;

/** Tells one outcome from another of the same lease. */
const markOf = (outcome: JobOutcome): string =>
  outcome._tag === "Retry" ? `Retry ${outcome.dueAt}` : outcome._tag;

const makeCandidates = (connection: Connection) => {
  const nextNamespace = connection.prepare(
    "SELECT namespace FROM jobs WHERE state = 0 AND queue = ? AND namespace > ? " +
      "ORDER BY namespace LIMIT 1",
  );
  const free = makeFreeJobs(connection);
  const served = new Map<string, string>();

  const namespacesOf = (queue: string): ReadonlyArray<string> => {
    const names: Array<string> = [];
    let row = nextNamespace.get(queue, "");
    for (; row !== undefined; row = nextNamespace.get(queue, names.at(-1) ?? "")) {
      names.push(String(row["namespace"]));
    }
    return rotateAfter(names, served.get(queue));
  };

  return (request: LeaseRequest): ReadonlyArray<Candidate> => {
    const { namespace, queue, limit } = request;
    const names = namespace === null ? namespacesOf(queue) : [namespace];
    const sources = names.map((name) => {
      const jobs = free(name, request);
      return () => jobs.next().value ?? undefined;
    });
    const taken = takeTurns(sources, limit);
    const last = taken.at(-1);
    if (namespace === null && last !== undefined) served.set(queue, last.namespace);
    return taken;
  };
};

/**
 * What may be leased in one namespace, oldest due first: pages through what is due
 * and passes over keys in use, so that one busy issue holds up nobody else.
 */
const makeFreeJobs = ({ prepare }: Connection) => {
  const busyKeys = prepare(
    "SELECT DISTINCT key FROM jobs " +
      "WHERE leased_until > 0 AND queue = ? AND namespace = ? AND leased_until > ?",
  );
  const due = prepare(
    "SELECT id, key, due_at, seq, attempt, value FROM jobs WHERE state = 0 " +
      "AND queue = ? AND namespace = ? AND due_at <= ? AND (due_at, seq) > (?, ?) " +
      "ORDER BY due_at, seq LIMIT ?",
  );
  return function* (namespace: string, request: LeaseRequest): Generator<Candidate, void> {
    const { queue, now, limit } = request;
    const busy = new Set<string>();
    for (const row of busyKeys.all(queue, namespace, now)) busy.add(String(row["key"]));
    const size = Math.min(limit + busy.size, 256);
    let last: readonly [number, number] = [-1, -1];
    for (;;) {
      const page = due.all(queue, namespace, now, ...last, size);
      for (const row of page) {
        last = [Number(row["due_at"]), Number(row["seq"])];
        const key = String(row["key"]);
        if (busy.has(key)) continue;
        busy.add(key);
        const [dueAt] = last;
        const job: JobWrite = {
          id: String(row["id"]),
          queue,
          key,
          dueAt,
          value: String(row["value"]),
        };
        yield { ...job, namespace, attempt: Number(row["attempt"]) };
      }
      if (page.length < size) return;
    }
  };
};
