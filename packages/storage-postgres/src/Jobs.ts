/** Jobs on PostgreSQL: leases in turn, settlement under the lease's token, forgetting. */
import {
  type DeadPage,
  deadPage,
  decodeDeadCursor,
  type JobOutcome,
  type LeasedJob,
  SETTLED_KEPT_MILLIS,
  type SettleResult,
  type Storage,
} from "@linli/core/ports";
import * as Result from "effect/Result";
import type { Calls } from "./Calls.ts";
import { storageError } from "./Errors.ts";
import { quoted } from "./Migrations.ts";
import { outcomeOf } from "./Payload.ts";

type LeaseRequest = Parameters<Storage["lease"]>[0];
type DeadRequest = Parameters<Storage["dead"]>[0];

/** The methods about jobs as promises. */
export interface Jobs {
  readonly lease: (request: LeaseRequest) => Promise<ReadonlyArray<LeasedJob>>;
  readonly settle: (
    outcomes: ReadonlyArray<JobOutcome>,
    at: number,
  ) => Promise<ReadonlyArray<SettleResult>>;
  readonly dead: (request: DeadRequest) => Promise<DeadPage>;
}

/** Jobs over calls. */
export const makeJobs = (calls: Calls, schema: string): Jobs => {
  const name = quoted(schema);
  const leaseText = `SELECT * FROM ${name}.lease($1::text, $2::text, $3::bigint, $4::bigint, $5::integer, $6::text, $7::text, $8::text)`;
  // Whose turn it was last in each queue; every process goes round by itself.
  const served = new Map<string, string>();
  return {
    dead: makeDeadReader(calls, name),
    lease: async ({ namespace, queue, now, until, limit, owner }) => {
      const rows = await calls.run({
        operation: "lease",
        text: leaseText,
        values: [
          ...[namespace, queue, now, until, limit, owner],
          ...[served.get(queue) ?? null, calls.lockWait],
        ],
        repeatable: false,
        writes: true,
      });
      const leased = rows.map((row): LeasedJob => ({
        id: String(row["id"]),
        queue,
        key: String(row["key"]),
        dueAt: Number(row["due_at"]),
        value: String(row["value"]),
        namespace: String(row["namespace"]),
        attempt: Number(row["attempt"]),
        token: String(row["token"]),
        leasedUntil: until,
      }));
      const last = leased.at(-1);
      if (namespace === null && last !== undefined) served.set(queue, last.namespace);
      return leased;
    },
    settle: makeSettler(calls, name),
  };
};

const makeSettler = (calls: Calls, name: string): Jobs["settle"] => {
  const wavesText = `SELECT ${name}.settle($1::text, $2::text) AS answers`;
  const doneText = `SELECT ${name}.settle_done($1::text, $2::text, $3::text, $4::bigint, $5::text) AS answers`;
  const ask = async (text: string, values: ReadonlyArray<unknown>): Promise<unknown> => {
    const call = { operation: "settle", text, repeatable: true, writes: true };
    const [row] = await calls.run({ ...call, values: [...values, calls.lockWait] });
    const answers = row?.["answers"];
    return typeof answers === "string" ? JSON.parse(answers) : answers;
  };
  // What most settlements are is told in fewer words, and answered by none.
  const done = async (outcomes: ReadonlyArray<JobOutcome>, at: number) => {
    const namespace = outcomes[0]?.namespace;
    const ids = JSON.stringify(outcomes.map(({ id }) => id));
    const tokens = JSON.stringify(outcomes.map(({ token }) => token));
    const answers = await ask(doneText, [namespace, ids, tokens, at]);
    if (answers !== null && !Array.isArray(answers)) throw noAnswer();
    return outcomes.map((_, n) =>
      answers === null || answers[n] === true ? "Settled" : "LeaseLost",
    );
  };
  return async (outcomes, at) => {
    if (outcomes.length === 0) return [];
    if (areDone(outcomes)) return done(outcomes, at);
    const waves = wavesOf(outcomes);
    const told = waves.map((wave) =>
      wave.map(({ outcome }) => ({ n: outcome.namespace, ...outcomeOf(outcome, at) })),
    );
    const answers = await ask(wavesText, [JSON.stringify(told)]);
    if (!Array.isArray(answers)) throw noAnswer();
    const results: Array<SettleResult> = outcomes.map(() => "LeaseLost");
    for (const [n, wave] of waves.entries()) {
      const held = answers[n] as ReadonlyArray<boolean>;
      for (const [m, { place }] of wave.entries()) {
        if (held[m] === true) results[place] = "Settled";
      }
    }
    return results;
  };
};

const makeDeadReader = (calls: Calls, name: string): Jobs["dead"] => {
  const text =
    "SELECT id, queue, key, due_at, value, attempt, reason, settled_at " +
    `FROM ${name}.jobs WHERE state = 2 AND namespace = $1::text ` +
    "AND (settled_at, id) > ($2::bigint, $3::text) AND ($4::text IS NULL OR queue = $4::text) " +
    "ORDER BY settled_at, id LIMIT $5::integer";
  return async ({ namespace, queue, limit, cursor }) => {
    const { diedAt, id } = Result.getOrThrow(decodeDeadCursor(cursor));
    const rows = await calls.run({
      operation: "dead",
      text,
      values: [namespace, diedAt, id, queue, limit + 1],
      repeatable: true,
      writes: false,
    });
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
  };
};

interface Placed {
  readonly outcome: JobOutcome;
  readonly place: number;
}

/** Jobs of one namespace, none of them twice, and all of them done. */
const areDone = (outcomes: ReadonlyArray<JobOutcome>): boolean => {
  const namespace = outcomes[0]?.namespace;
  return (
    outcomes.every((one) => one._tag === "Done" && one.namespace === namespace) &&
    new Set(outcomes.map(({ id }) => id)).size === outcomes.length
  );
};

/** In order, and no job twice in a wave: a later outcome of a job sees the earlier one. */
const wavesOf = (outcomes: ReadonlyArray<JobOutcome>): ReadonlyArray<ReadonlyArray<Placed>> => {
  const waves: Array<Array<Placed>> = [];
  const seen = new Map<string, number>();
  for (const [place, outcome] of outcomes.entries()) {
    const name = `${outcome.namespace}\u0000${outcome.id}`;
    const wave = seen.get(name) ?? 0;
    seen.set(name, wave + 1);
    (waves[wave] ??= []).push({ outcome, place });
  }
  return waves;
};

const noAnswer = () =>
  storageError("Misconfigured", "settle", "the database answered in another form; see migrations");

/**
 * Forgetting what may be forgotten: receipts past their time and jobs long done. A
 * little of both tables is looked through for each little that is written, so there
 * is no sweep to schedule and no index to pay for.
 */
export const makeTidier = (calls: Calls, schema: string) => {
  const text = `SELECT ${quoted(schema)}.tidy($1::text, $2::text, $3::bigint, $4::bigint, $5::integer) AS places`;
  let places: readonly [string, string] = [FRONT, FRONT];
  let since = 0;
  let looking = false;
  /** Counts what was written and now and then looks on; never rejects. */
  return async (at: number, written: number): Promise<void> => {
    since += written;
    if (since < EVERY || looking) return;
    since = 0;
    looking = true;
    try {
      const [row] = await calls.run({
        operation: "tidy",
        text,
        values: [...places, at, at - SETTLED_KEPT_MILLIS, LOOK_AT],
        repeatable: false,
        writes: true,
      });
      const next = JSON.parse(String(row?.["places"])) as readonly [unknown, unknown];
      places = [JSON.stringify(next[0]), JSON.stringify(next[1])];
    } catch {
      // It is looked at again with the next writes; nobody waits for it.
    } finally {
      looking = false;
    }
  };
};

const FRONT = '["",""]';

/** Rows written between two looks, and rows looked at then. */
const EVERY = 256;
const LOOK_AT = 512;
