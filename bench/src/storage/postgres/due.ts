/**
 * Clocks that ran out, worked off a hundred at a time, PostgreSQL: `runDue`, beside
 * batches by hand.
 *
 * The hand need not decide (../planned.ts). It leases a hundred jobs with SKIP LOCKED,
 * reads and parses their states, and writes all in one statement: states with their
 * index rows, hashed entries, the next jobs, under the lock of the namespace.
 * Databases are copies of one and must hold the same at the end.
 */
import * as Effect from "effect/Effect";
import type pg from "pg";
import { race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, Disagreement, rowOf } from "../../kit/report.ts";
import {
  BATCH,
  hashed,
  makeSmallLives,
  type Planned,
  plannedEntry,
  REPORTED,
  without,
} from "../planned.ts";
import { fireAll, reportAll } from "../service.ts";
import type { IndexKey } from "../written.ts";
import { pairsOf, TURN } from "./byHand.ts";
import { type Cluster, makePool, settle } from "./cluster.ts";
import { openService } from "./service.ts";
import { ANY_ORDER, mustHoldTheSame } from "./tables.ts";

/** The race. */
export const dueJobs = async (cluster: Cluster, { quick, say }: BenchOptions) => {
  const rounds = { warmUp: quick ? 2 : 6, timed: quick ? 3 : 20 };
  const lives = makeSmallLives(SEED, (rounds.warmUp + rounds.timed) * BATCH);
  say(`reporting ${lives.length} issues whose clocks will run out ...`);
  const origin = await cluster.create();
  await reportAll(await openService(origin), lives, REPORTED);
  await settle(origin);
  const [service, hand, known] = [
    await cluster.create(origin),
    await cluster.create(origin),
    await cluster.create(origin),
  ];
  const due = await dueOf(known);
  await fireAll(await openService(known), due);
  const plan = await readPlan(known);

  const linli = await openService(service);
  linli.clock.now = due;
  const byHand = openHand(hand, due, plan);
  const times = await race(
    [
      { name: "by hand", run: (_, count) => byHand.fire(count) },
      {
        name: "linli",
        run: async (_, count) => {
          const { rungs } = await Effect.runPromise(linli.linli.runDue({ limit: count }));
          if (rungs < count) throw new Disagreement(`${rungs} rungs of ${count} clocks`);
          return rungs;
        },
      },
    ],
    {
      clock: "wall",
      rounds: rounds.timed,
      millis: 0,
      block: { count: BATCH, warmUpRounds: rounds.warmUp },
    },
  );
  await linli.close();
  await byHand.close();
  await mustHoldTheSame(service, hand, {
    rows: ANY_ORDER.rows,
    index_entries: ANY_ORDER.index_entries,
    entries: ANY_ORDER.entries,
    jobs: {
      columns: "namespace, id, queue, key, due_at, attempt, state, leased_until, value",
      order: "namespace, id",
    },
  });
  return {
    rows: [
      rowOf(
        "clocks that ran out worked off, PostgreSQL, through the service",
        `SKIP LOCKED batches of ${BATCH} by hand, decided beforehand`,
        ratioOf(times, "by hand", "linli"),
        0.6,
      ),
    ],
    work: {
      "clocks fired": `${lives.length}, ${BATCH} in a block, the same rows in both databases`,
    },
  };
};

// Private

const SEED = 13;

const first = async (pool: pg.Pool, text: string) =>
  (await pool.query<Readonly<Record<string, unknown>>>(text)).rows;

/** The instant at which every first clock has just run out. */
const dueOf = async (url: string): Promise<number> => {
  const pool = makePool(url, { max: 1 });
  const [row] = await first(pool, "SELECT max(due_at) AS last FROM linli.jobs");
  await pool.end();
  return Number(row?.["last"]);
};

/** What the service made of each issue. */
const readPlan = async (url: string): Promise<ReadonlyMap<string, Planned>> => {
  const pool = makePool(url, { max: 1 });
  const entries = await first(
    pool,
    "SELECT stream, version, value FROM linli.entries WHERE version > 1 ORDER BY stream, version",
  );
  const ofStream = Map.groupBy(entries, (entry) => String(entry["stream"]));
  const issues = await first(
    pool,
    "SELECT r.id, r.index_keys, r.value, j.due_at FROM linli.rows r " +
      "JOIN linli.jobs j ON j.namespace = r.namespace AND j.id = 'clock/' || r.id " +
      "WHERE r.kind = 'issue'",
  );
  await pool.end();
  return new Map(
    issues.map((row) => {
      const id = String(row["id"]);
      const planned = {
        state: JSON.parse(String(row["value"])),
        keys: pairs(row["index_keys"]),
        dueAt: Number(row["due_at"]),
        entries: (ofStream.get(id) ?? []).map((entry) =>
          plannedEntry(Number(entry["version"]), String(entry["value"])),
        ),
      };
      return [id, planned];
    }),
  );
};

// Stored as the texts of JSON pairs; the client has parsed the list around them.
const pairs = (stored: unknown): ReadonlyArray<IndexKey> =>
  (stored as ReadonlyArray<string>).map((pair) => JSON.parse(pair) as IndexKey);

const LEASE = `
  UPDATE linli.jobs AS j SET
    attempt = j.attempt + 1, token = nextval('linli.lease_seq')::text, leased_until = $2,
    owner = 'worker', settled_token = NULL, settled_mark = NULL
  FROM (
    SELECT id FROM linli.jobs
    WHERE state = 0 AND queue = 'clock' AND namespace = 'main' AND due_at <= $1
      AND leased_until <= $1
    ORDER BY due_at, seq LIMIT $3 FOR UPDATE SKIP LOCKED
  ) AS due
  WHERE j.namespace = 'main' AND j.id = due.id
  RETURNING j.key, j.token`;

const READ =
  "SELECT id, version, index_keys, value FROM linli.rows " +
  "WHERE namespace = 'main' AND kind = 'issue' AND id = ANY ($1)";

// Division by zero when a version or a lease was not the one expected: nothing is kept then.
const WRITE = `
  WITH turn AS MATERIALIZED (SELECT ${TURN}), state AS (
    UPDATE linli.rows AS r SET version = r.version + 1, index_keys = x.keys, value = x.value
    FROM turn, unnest($1::text[], $2::bigint[], $3::jsonb[], $4::text[])
      AS x (id, version, keys, value)
    WHERE r.namespace = 'main' AND r.kind = 'issue' AND r.id = x.id AND r.version = x.version
    RETURNING 1
  ), gone AS (
    DELETE FROM linli.index_entries AS e
    USING turn, unnest($5::text[], $6::text[], $7::text[]) AS k (name, key, id)
    WHERE e.namespace = 'main' AND e.kind = 'issue' AND e.index_name = k.name AND e.key = k.key
      AND e.id = k.id
  ), come AS (
    INSERT INTO linli.index_entries (namespace, kind, index_name, key, id)
    SELECT 'main', 'issue', k.* FROM turn, unnest($8::text[], $9::text[], $10::text[]) AS k
  ), entry AS (
    INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
    SELECT 'main', 0, nextval('linli.entry_seq'), x.*
    FROM turn, unnest($11::text[], $12::bigint[], $13::text[], $14::text[]) AS x
  ), clock AS (
    UPDATE linli.jobs AS j SET
      due_at = x.due, attempt = 0, token = NULL, leased_until = 0, owner = NULL,
      settled_token = NULL, settled_mark = NULL, settled_at = NULL, reason = NULL
    FROM turn, unnest($1::text[], $15::bigint[], $16::text[]) AS x (id, due, token)
    WHERE j.namespace = 'main' AND j.id = 'clock/' || x.id AND j.token = x.token
    RETURNING 1
  )
  SELECT 1 / ((SELECT count(*) FROM state) = cardinality($1)
    AND (SELECT count(*) FROM clock) = cardinality($1))::integer`;

const openHand = (url: string, now: number, plan: ReadonlyMap<string, Planned>) => {
  const pool = makePool(url, { max: 1, options: "-c plan_cache_mode=force_generic_plan" });
  const ask = async (name: string, text: string, values: Array<unknown>) =>
    (await pool.query<Readonly<Record<string, unknown>>>({ name, text, values })).rows;

  const valuesOf = (rows: ReadonlyArray<Readonly<Record<string, unknown>>>) => {
    const columns: Array<Array<unknown>> = Array.from({ length: 15 }, () => []);
    const add = (from: number, ...values: ReadonlyArray<unknown>) => {
      for (const [at, value] of values.entries()) columns[from + at]?.push(value);
    };
    for (const row of rows) {
      const id = String(row["id"]);
      const planned = plan.get(id);
      if (planned === undefined) throw new Disagreement(`no issue ${id}`);
      if (JSON.parse(String(row["value"])) === null) throw new Disagreement("no state");
      const before = pairs(row["index_keys"]);
      add(0, id, row["version"], pairsOf(planned.keys.flat()), JSON.stringify(planned.state));
      for (const [index, key] of without(before, planned.keys)) add(4, index, key, id);
      for (const [index, key] of without(planned.keys, before)) add(7, index, key, id);
      for (const entry of planned.entries) {
        const { version, hash, value } = hashed(entry);
        add(10, id, version, hash, value);
      }
      add(14, planned.dueAt);
    }
    return columns;
  };

  return {
    fire: async (count: number): Promise<number> => {
      const jobs = await ask("lease", LEASE, [now, now + 60_000, count]);
      const tokens = new Map(jobs.map((job) => [String(job["key"]), job["token"]]));
      const rows = await ask("read", READ, [[...tokens.keys()]]);
      await ask("write", WRITE, [
        ...valuesOf(rows),
        rows.map((row) => tokens.get(String(row["id"]))),
      ]);
      if (jobs.length !== count) throw new Disagreement(`${jobs.length} clocks, not ${count}`);
      return jobs.length;
    },
    close: () => pool.end(),
  };
};
