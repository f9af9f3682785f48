/**
 * Clocks that ran out, worked off a hundred at a time, SQLite `FULL`: `runDue`, beside
 * batches by hand.
 *
 * The hand need not decide (../planned.ts): it leases a hundred jobs in one transaction,
 * and in another reads and parses each state, writes the new one with its index rows,
 * the hashed entry and the next job. Files begin as copies of one and must hold the
 * same at the end. A block has several batches.
 */
import * as Effect from "effect/Effect";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Contestant, race, ratioOf } from "../../kit/race.ts";
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
import { openService } from "./files.ts";
import { mustHoldTheSame } from "./tables.ts";

export const dueJobs = async (folder: string, { quick, say }: BenchOptions) => {
  const file = (name: string) => join(folder, `due-${name}.db`);
  const [service, hand, known] = [file("service"), file("by-hand"), file("known")];
  const rounds = { warmUp: quick ? 1 : 3, timed: quick ? 3 : 16 };
  const block = BATCHES * BATCH;
  const count = (rounds.warmUp + rounds.timed) * block;
  const lives = makeSmallLives(SEED, count);
  say(`reporting ${lives.length} issues whose clocks will run out ...`);
  await reportAll(await openService(service), lives, REPORTED);
  copyFileSync(service, hand);
  copyFileSync(service, known);
  const due = dueOf(known);
  await fireAll(await openService(known), due);
  const plan = readPlan(known);

  const linli = await openService(service);
  linli.clock.now = due;
  const byHand = openHand(hand, due, plan);
  const times = await race(
    [
      inBatches("by hand", byHand.fire),
      inBatches("linli", async (limit) => {
        const { rungs } = await Effect.runPromise(linli.linli.runDue({ limit }));
        if (rungs < limit) throw new Disagreement(`${rungs} rungs of ${limit} clocks`);
        return rungs;
      }),
    ],
    {
      clock: "wall",
      rounds: rounds.timed,
      millis: 0,
      block: { count: block, warmUpRounds: rounds.warmUp },
    },
  );
  await linli.close();
  byHand.close();
  mustHoldTheSame(service, hand, {
    rows: "namespace, kind, id",
    index_entries: "namespace, kind, index_name, key, id",
    entries: "namespace, stream, version",
  });
  return {
    rows: [
      rowOf(
        "clocks that ran out worked off, SQLite FULL, through the service",
        `batches of ${BATCH} by hand, decided beforehand`,
        ratioOf(times, "by hand", "linli"),
        0.6,
      ),
    ],
    work: {
      "clocks fired": `${lives.length}, ${BATCH} in a batch, ${BATCHES} batches in a block, the same rows in both files`,
    },
  };
};

// Private

const SEED = 13;

/**
 * Batches in a block. SQLite copies its log into the file after every few of them, on both
 * sides alike: in blocks of one batch that falls on some blocks and not on others.
 */
const BATCHES = 5;

/** A block of several batches, one after another. */
const inBatches = (
  name: string,
  fire: (limit: number) => number | Promise<number>,
): Contestant => ({
  name,
  run: async (_, count) => {
    let fired = 0;
    for (let done = 0; done < count; done += BATCH) fired += await fire(BATCH);
    return fired;
  },
});

const numberOf = (database: DatabaseSync, sql: string): number =>
  Number(Object.values(database.prepare(sql).get() ?? {})[0]);

/** The instant at which every first clock has just run out. */
const dueOf = (path: string): number => {
  const database = new DatabaseSync(path, { readOnly: true });
  const last = numberOf(database, "SELECT max(due_at) FROM jobs");
  database.close();
  return last;
};

/** What the service made of each issue. */
const readPlan = (path: string): ReadonlyMap<string, Planned> => {
  const database = new DatabaseSync(path, { readOnly: true });
  const entriesOf = database.prepare(
    "SELECT version, value FROM entries WHERE namespace = 'main' AND stream = ? AND version > 1",
  );
  const dueAt = database.prepare("SELECT due_at FROM jobs WHERE id = 'clock/' || ?");
  const plan = new Map<string, Planned>();
  for (const row of database.prepare("SELECT * FROM rows WHERE kind = 'issue'").iterate()) {
    const id = String(row["id"]);
    plan.set(id, {
      state: JSON.parse(String(row["value"])),
      keys: pairsOf(String(row["index_keys"])),
      dueAt: Number(dueAt.get(id)?.["due_at"]),
      entries: entriesOf
        .all(id)
        .map((entry) => plannedEntry(Number(entry["version"]), String(entry["value"]))),
    });
  }
  database.close();
  return plan;
};

const openHand = (path: string, now: number, plan: ReadonlyMap<string, Planned>) => {
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
  `);
  const sql = {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    due: database.prepare(
      "SELECT id, key FROM jobs WHERE state = 0 AND queue = 'clock' AND namespace = 'main' " +
        "AND due_at <= ? AND leased_until <= ? ORDER BY due_at, seq LIMIT ?",
    ),
    lease: database.prepare(
      "UPDATE jobs SET attempt = attempt + 1, token = ?, leased_until = ?, owner = 'worker' " +
        "WHERE namespace = 'main' AND id = ?",
    ),
    read: database.prepare(
      "SELECT version, index_keys, value FROM rows " +
        "WHERE namespace = 'main' AND kind = 'issue' AND id = ?",
    ),
    update: database.prepare(
      "UPDATE rows SET version = version + 1, index_keys = ?, value = ? " +
        "WHERE namespace = 'main' AND kind = 'issue' AND id = ? AND version = ?",
    ),
    addKey: database.prepare(
      "INSERT INTO index_entries (namespace, kind, index_name, key, id) VALUES ('main', 'issue', ?, ?, ?)",
    ),
    dropKey: database.prepare(
      "DELETE FROM index_entries WHERE namespace = 'main' AND kind = 'issue' " +
        "AND index_name = ? AND key = ? AND id = ?",
    ),
    addEntry: database.prepare(
      "INSERT INTO entries (namespace, stream, version, hash, value) VALUES ('main', ?, ?, ?, ?)",
    ),
    again: database.prepare(
      "UPDATE jobs SET due_at = ?, attempt = 0, token = NULL, leased_until = 0, owner = NULL " +
        "WHERE namespace = 'main' AND id = ? AND token = ?",
    ),
  };
  let leases = 0;

  const write = (issue: string, token: string) => {
    const planned = plan.get(issue);
    const row = sql.read.get(issue);
    if (planned === undefined || row === undefined) throw new Disagreement(`no issue ${issue}`);
    if (JSON.parse(String(row["value"])) === null) throw new Disagreement("no state");
    const before = pairsOf(String(row["index_keys"]));
    const keys = JSON.stringify(planned.keys.flat());
    sql.update.run(keys, JSON.stringify(planned.state), issue, Number(row["version"]));
    for (const [index, key] of without(before, planned.keys)) sql.dropKey.run(index, key, issue);
    for (const [index, key] of without(planned.keys, before)) sql.addKey.run(index, key, issue);
    for (const entry of planned.entries) {
      const { version, hash, value } = hashed(entry);
      sql.addEntry.run(issue, version, hash, value);
    }
    sql.again.run(planned.dueAt, `clock/${issue}`, token);
  };

  return {
    fire: (count: number): number => {
      sql.begin.run();
      const jobs = sql.due.all(now, now, count).map((row) => {
        leases += 1;
        const job = { id: String(row["id"]), issue: String(row["key"]), token: `t-${leases}` };
        sql.lease.run(job.token, now + 60_000, job.id);
        return job;
      });
      sql.commit.run();
      sql.begin.run();
      for (const { issue, token } of jobs) write(issue, token);
      sql.commit.run();
      if (jobs.length !== count) throw new Disagreement(`${jobs.length} clocks, not ${count}`);
      return jobs.length;
    },
    close: () => database.close(),
  };
};

const pairsOf = (flat: string): ReadonlyArray<IndexKey> => {
  const list = JSON.parse(flat) as ReadonlyArray<string>;
  const pairs: Array<IndexKey> = [];
  for (let i = 0; i < list.length; i += 2) pairs.push([list[i] ?? "", list[i + 1] ?? ""]);
  return pairs;
};
