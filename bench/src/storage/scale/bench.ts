/**
 * Whether cost grows with what is stored: the same commands, worklist pages, counts and
 * due clocks through the service, in a store of 10,000 issues and in one of 1,000,000,
 * on SQLite and on PostgreSQL. Both stores must give the same answers.
 */
import type { Storage } from "@linli/core/ports";
import { openSqlite } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, mustAgree, type Report, type Row, rowOf } from "../../kit/report.ts";
import { holderOf } from "../../town/town.ts";
import { makeFolder } from "../folder.ts";
import { makeOrders, type Order, PER_ISSUE } from "../orders.ts";
import { BATCH, REPORTED } from "../planned.ts";
import { openCluster, settle } from "../postgres/cluster.ts";
import { openStorage } from "../postgres/service.ts";
import { actInService, makeService, type Opened, type Service } from "../service.ts";
import { type Control, fillControl, fillRest, makeControl } from "./fill.ts";

/** The bench. */
export const storageScale = async ({ quick, say }: BenchOptions): Promise<Report> => {
  const [small, large] = quick ? [1000, 20_000] : [10_000, 1_000_000];
  const folder = makeFolder();
  const cluster = await openCluster();
  try {
    say(`reporting ${small} issues ...`);
    const control = await makeControl(small);
    const sqlite = [join(folder, "small.db"), join(folder, "large.db")] as const;
    const postgres = [await cluster.create(), await cluster.create()] as const;
    say(`filling stores of ${small} and ${large} issues ...`);
    const begun = performance.now();
    await fill([await openFile(sqlite[0]), await openStorage(postgres[0])], control, 0, say);
    await fill(
      [await openFile(sqlite[1]), await openStorage(postgres[1])],
      control,
      large - small,
      say,
    );
    for (const url of postgres) await settle(url);
    const filled = Math.round((performance.now() - begun) / 1000);
    const sizes = { small, large, quick };
    const rows = [
      ...(await compare("SQLite FULL", sqlite, openFile, control, sizes, say)),
      ...(await compare("PostgreSQL", postgres, openStorage, control, sizes, say)),
    ];
    return {
      name: "storage-scale",
      rows,
      peers: [],
      work: {
        ...cluster.facts,
        issues: `${small} and ${large}; what is asked is about the same ${small} in both`,
        "seconds to fill all four, of this machine": filled,
      },
    };
  } finally {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

// Private

interface Sizes {
  readonly small: number;
  readonly large: number;
  readonly quick: boolean;
}

/** Less than flat by this much is a cost that grows. */
const FLAT = 0.7;

const openFile = (path: string): Promise<Opened> => openSqlite({ path });

const fill = async (
  opened: ReadonlyArray<Opened>,
  control: Control,
  rest: number,
  say: (line: string) => void,
): Promise<void> => {
  const storages: ReadonlyArray<Storage> = opened.map(({ storage }) => storage);
  for (const storage of storages) await fillControl(storage, control);
  if (rest > 0) await fillRest(storages, rest, say);
  for (const { close } of opened) await close();
};

/** One operation on a service: does number `at` of it and gives the answer. */
type Operation = (service: Service, at: number) => Promise<unknown>;

const compare = async (
  database: string,
  places: readonly [string, string],
  open: (place: string) => Promise<Opened>,
  control: Control,
  { small, large, quick }: Sizes,
  say: (line: string) => void,
): Promise<ReadonlyArray<Row>> => {
  const services = [
    makeService(await open(places[0])),
    makeService(await open(places[1])),
  ] as const;
  const rows: Array<Row> = [];
  const measure = async (what: string, operation: Operation, count: number, rounds: number) => {
    say(`${database}: ${what} ...`);
    const answers = services.map(() => new Map<number, unknown>());
    const contestants = services.map((service, which) => ({
      name: String(which),
      run: async (from: number, many: number) => {
        for (let at = from; at < from + many; at += 1) {
          answers[which]?.set(at, await operation(service, at));
        }
        return many;
      },
    }));
    const warmUpRounds = quick ? 2 : 6;
    const block = { count, warmUpRounds };
    const times = await race(contestants, { clock: "wall", rounds, millis: 0, block });
    for (const [at, answer] of answers[0] ?? []) {
      mustAgree(`${what}, number ${at}`, answer, answers[1]?.get(at));
    }
    const where = `${database}, ${large} stored issues`;
    rows.push(rowOf(`${what}, ${where}`, `the same with ${small}`, ratioOf(times, "0", "1"), FLAT));
  };
  const rounds = quick ? 4 : 24;
  const orders = commandsOf(control, small / 4);
  await measure("a command", actOn(orders), quick ? 20 : 100, rounds);
  await measure("a worklist page of 20", pageOf, 20, rounds);
  await measure("a count below a micro-community", countOf, 20, rounds);
  await measure(`${BATCH} clocks that ran out`, fireSome, 1, quick ? 3 : 20);
  for (const service of services) await service.close();
  return rows;
};

// Acceptance and contact of the first issues: the rest of their lives is left to others.
const commandsOf = ({ lives, issues }: Control, count: number): ReadonlyArray<Order> =>
  makeOrders(lives.slice(0, count), issues).filter((_, at) => at % PER_ISSUE < 2);

const actOn =
  (orders: ReadonlyArray<Order>): Operation =>
  (service, at) => {
    const order = orders[at];
    if (order === undefined) throw new RangeError(`no order ${at}`);
    return actInService(service, { ...order, now: REPORTED + 1000 + at });
  };

const pageOf: Operation = async ({ linli, clock }, at) => {
  clock.now = REPORTED + 1_000_000;
  const unit = `B${at % 100}`;
  const options = { viewer: { person: holderOf(unit) }, limit: 20 };
  return Effect.runPromise(linli.worklist({ post: "chief", unit }, options));
};

const countOf: Operation = async ({ linli, clock }, at) => {
  clock.now = REPORTED + 1_000_000;
  return Effect.runPromise(linli.count(`M${at % 10}`, "open"));
};

/** Two working days later. */
const DUE = REPORTED + 2 * 24 * 60 * 60 * 1000;

const fireSome: Operation = async ({ linli, clock }) => {
  clock.now = DUE;
  const done = await Effect.runPromise(linli.runDue({ limit: BATCH }));
  if (done.rungs < BATCH) throw new Error(`${done.rungs} rungs of ${BATCH} clocks`);
  return done;
};
