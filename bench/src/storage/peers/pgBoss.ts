/**
 * pg-boss beside the port's own queue: a hundred jobs are put in, taken out and done, each
 * in one call. Ours are scheduled by a commit, leased under a token with one holder for
 * each key, and settled; theirs have priorities, retries and an archive, which ours have
 * in part. Neither writes anything else.
 */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { PgBoss } from "pg-boss";
import { type Contestant, race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, Disagreement, rowOf } from "../../kit/report.ts";
import { type Cluster, settle } from "../postgres/cluster.ts";
import { openStorage } from "../postgres/service.ts";

/** The race; both must give out every job exactly once, with its content. */
export const pgBoss = async (cluster: Cluster, { quick, say }: BenchOptions) => {
  say("racing queues ...");
  const [linliUrl, bossUrl] = [await cluster.create(), await cluster.create()];
  const { storage, close } = await openStorage(linliUrl);
  const boss = new PgBoss({ connectionString: bossUrl, supervise: false, schedule: false });
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue(QUEUE);
  await settle(linliUrl);
  await settle(bossUrl);
  const rounds = { warmUp: quick ? 2 : 10, timed: quick ? 3 : 40 };
  const times = await race([linli(storage), theirs(boss)], {
    clock: "wall",
    rounds: rounds.timed,
    millis: 0,
    block: { count: BATCH, warmUpRounds: rounds.warmUp },
  });
  await close();
  await boss.stop({ graceful: false });
  return rowOf(
    `jobs put in, leased and done, ${BATCH} a call, PostgreSQL, through the port`,
    "pg-boss, insert, fetch and complete",
    ratioOf(times, "pg-boss", "linli"),
    1,
  );
};

// Private

const QUEUE = "bench";
const BATCH = 100;
const NOW = Date.UTC(2026, 2, 2);

const contentOf = (job: number) => ({ issue: `i${job}`, what: "accept" });

const mustBe = (
  from: number,
  count: number,
  contents: ReadonlyArray<{ readonly issue: string }>,
) => {
  const given = new Set(contents.map(({ issue }) => issue));
  for (let job = from; job < from + count; job += 1) {
    if (!given.has(`i${job}`)) throw new Disagreement(`job ${job} was not given out`);
  }
  if (given.size !== count) throw new Disagreement(`${given.size} jobs, not ${count}`);
};

const linli = (storage: Storage): Contestant => ({
  name: "linli",
  run: (from, count) =>
    Effect.runPromise(
      Effect.gen(function* () {
        yield* storage.commit({
          namespace: "main",
          at: NOW,
          rows: [],
          guards: [],
          entries: [],
          receipt: null,
          settle: [],
          cancel: [],
          schedule: Array.from({ length: count }, (_, at) => ({
            id: `job-${from + at}`,
            queue: QUEUE,
            key: `i${from + at}`,
            dueAt: NOW,
            value: JSON.stringify(contentOf(from + at)),
          })),
        });
        const jobs = yield* storage.lease({
          namespace: "main",
          queue: QUEUE,
          now: NOW,
          until: NOW + 60_000,
          limit: count,
          owner: "bench",
        });
        mustBe(
          from,
          count,
          jobs.map(({ value }) => JSON.parse(value) as { readonly issue: string }),
        );
        const settled = yield* storage.settle(
          jobs.map(({ namespace, id, token }) => ({ _tag: "Done", namespace, id, token })),
          NOW,
        );
        return settled.filter((one) => one === "Settled").length;
      }),
    ),
});

const theirs = (boss: PgBoss): Contestant => ({
  name: "pg-boss",
  run: async (from, count) => {
    await boss.insert(
      QUEUE,
      Array.from({ length: count }, (_, at) => ({ data: contentOf(from + at) })),
    );
    const jobs = await boss.fetch<{ readonly issue: string }>(QUEUE, { batchSize: count });
    mustBe(
      from,
      count,
      jobs.map(({ data }) => data),
    );
    await boss.complete(
      QUEUE,
      jobs.map(({ id }) => id),
    );
    return jobs.length;
  },
});
