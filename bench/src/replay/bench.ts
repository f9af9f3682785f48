/**
 * The replay of Boston's requests through the service, beside what it wrote written again
 * by hand in the same transactions; and, when `BENCH_BEFORE` names a checkout of another
 * commit with its packages installed, beside the replay as it was there.
 */
import { bostonCharter, bostonDirectory, bostonHierarchy } from "@linli/charters/boston";
import { type CommitBatch, type Storage } from "@linli/core/ports";
import { makeLinli } from "@linli/core/services";
import { openSqlite, type SqliteStorage } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bostonKey } from "../../../examples/replay/src/boston.ts";
import { readCsv } from "../../../examples/replay/src/csv.ts";
import { makeStage, replay as play } from "../../../examples/replay/src/replay.ts";
import { type CityRequest, readRequests } from "../../../examples/replay/src/requests.ts";
import { BOSTON_2011 } from "../../../examples/replay/src/session.ts";
import { endOfPeriod, momentsOf } from "../../../examples/replay/src/timeline.ts";
import { race, ratioOf } from "../kit/race.ts";
import { type BenchOptions, CannotRun, type Report, type Row, rowOf } from "../kit/report.ts";
import { makeFolder } from "../storage/folder.ts";
import { ANY_ORDER, mustHoldTheSame } from "../storage/sqlite/tables.ts";
import { type PlannedCommit, plannedCommit, writeByHand } from "./byHand.ts";

/** The bench. */
export const replay = async (options: BenchOptions): Promise<Report> => {
  const { quick, say } = options;
  const requests = quick ? 300 : 3000;
  const folder = makeFolder();
  const file = (name: string) => join(folder, `${name}.db`);
  try {
    const read = readRequests(readCsv(BOSTON_2011), bostonKey, requests);
    const record = (await Effect.runPromise(read)).requests;
    say(`replaying ${record.length} requests to see what is written ...`);
    const transactions = await recordReplay(record, file("recorded"));
    await makeEmpty(file("empty"));

    let turns = 0;
    let last = { linli: "", hand: "" };
    const times = await race(
      [
        {
          name: "linli",
          run: async () => {
            last = { ...last, linli: file(`linli-${(turns += 1)}`) };
            const { storage, close } = await openSqlite({ path: last.linli });
            const { commits } = await replayInto(storage, storage, record);
            await close();
            return commits;
          },
        },
        {
          name: "by hand",
          run: () => {
            last = { ...last, hand: file(`hand-${(turns += 1)}`) };
            copyFileSync(file("empty"), last.hand);
            return writeByHand(last.hand, transactions);
          },
        },
      ],
      {
        clock: "cpu",
        rounds: quick ? 2 : 7,
        millis: 0,
        block: { count: 1, warmUpRounds: quick ? 1 : 2 },
      },
    );
    // The service has forgotten receipts of months ago; the hand is spared that work.
    const { receipts: _, ...lasting } = ANY_ORDER;
    const held = mustHoldTheSame(last.linli, last.hand, lasting);
    const commits = transactions.reduce((sum, one) => sum + one.length, 0);
    return {
      name: "replay",
      rows: [
        rowOf(
          `replay of ${record.length} requests of Boston, 2011, processor time`,
          "the same rows in the same transactions by hand, decided beforehand",
          ratioOf(times, "by hand", "linli"),
          BY_HAND,
        ),
        ...(await besideBefore(requests, options)),
      ],
      peers: [],
      work: { commits, transactions: transactions.length, ...held },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// Private

/** Reading, deciding, checking and composing may take three times what writing alone takes. */
const BY_HAND = 0.25;

const replayInto = (
  storage: Storage,
  sqlite: SqliteStorage,
  requests: ReadonlyArray<CityRequest>,
) => {
  const stage = makeStage();
  const service = makeLinli({ storage, now: () => stage.now, newId: stage.nextId });
  const work = Effect.gen(function* () {
    yield* service.publish({
      charter: bostonCharter,
      hierarchy: bostonHierarchy(),
      directory: bostonDirectory(),
    });
    return yield* play({
      service,
      storage: sqlite,
      stage,
      moments: momentsOf(requests),
      until: endOfPeriod(bostonKey.calendar, requests),
      units: [],
      progress: () => {},
    });
  });
  return Effect.runPromise(Effect.withTracerEnabled(work, false));
};

/** Replays and gives what was committed, transaction by transaction. */
const recordReplay = async (
  requests: ReadonlyArray<CityRequest>,
  path: string,
): Promise<ReadonlyArray<ReadonlyArray<PlannedCommit>>> => {
  const { storage, close } = await openSqlite({ path });
  const transactions: Array<Array<CommitBatch>> = [[]];
  const next = () => transactions.push([]);
  const recording: SqliteStorage = {
    ...storage,
    commit: (batch) =>
      Effect.tap(storage.commit(batch), () =>
        Effect.sync(() => void transactions.at(-1)?.push(batch)),
      ),
    bulk: (work) =>
      Effect.ensuring(
        Effect.suspend(() => (next(), storage.bulk(work))),
        Effect.sync(next),
      ),
  };
  await replayInto(recording, recording, requests);
  await close();
  return transactions.filter((one) => one.length > 0).map((one) => one.map(plannedCommit));
};

const makeEmpty = async (path: string): Promise<void> => {
  const { close } = await openSqlite({ path });
  await close();
};

/** The replay of another checkout, a process each, in turns; nothing without one. */
const besideBefore = async (
  requests: number,
  { quick, say }: BenchOptions,
): Promise<ReadonlyArray<Row>> => {
  const given = process.env["BENCH_BEFORE"] ?? "";
  if (given === "") {
    say("BENCH_BEFORE names no checkout of an earlier commit: it is not raced");
    return [];
  }
  const before = resolve(given);
  const here = fileURLToPath(new URL("../../..", import.meta.url));
  for (const root of [before, here]) {
    if (existsSync(join(root, MAIN))) continue;
    throw new CannotRun(`${root} has no ${MAIN}: give a checkout of Linli in BENCH_BEFORE`);
  }
  const ratios: Array<number> = [];
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    say(`replaying in both checkouts, ${round + 1} ...`);
    const order = round % 2 === 0 ? [before, here] : [here, before];
    const seconds = new Map<string, number>();
    for (const root of order) seconds.set(root, await cpuSeconds(root, requests));
    ratios.push((seconds.get(before) ?? NaN) / (seconds.get(here) ?? NaN));
  }
  ratios.sort((a, b) => a - b);
  const ratio = ratios[Math.floor(ratios.length / 2)] ?? NaN;
  const spread = ((ratios.at(-1) ?? NaN) - (ratios[0] ?? NaN)) / ratio;
  const what = `replay of ${requests} requests of Boston, 2011, processor time`;
  return [rowOf(what, "as it was in BENCH_BEFORE", { ratio, spread }, 0.8)];
};

const MAIN = "examples/replay/src/main.ts";

const cpuSeconds = async (root: string, requests: number): Promise<number> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, MAIN), "--json", "--limit", String(requests)],
    { cwd: root, maxBuffer: 1 << 26 },
  );
  const { machine } = JSON.parse(stdout) as { readonly machine: { readonly cpuSeconds: number } };
  return machine.cpuSeconds;
};
