/**
 * A subtree of 10,000 open issues moves to another parent, on SQLite `FULL` and on
 * PostgreSQL: a hierarchy is published and `runDue` called until `rekeying()` says that
 * it is done, beside the same index rows rewritten by hand.
 *
 * Both work on a fresh copy of one town in each round. Before the race one move of each
 * is compared, with the other and with what follows from the states alone.
 */
import { rmSync } from "node:fs";
import { type Contestant, race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, mustAgree, type Report, rowOf } from "../../kit/report.ts";
import type { Counted } from "../costs.ts";
import { makeFolder } from "../folder.ts";
import { openCluster } from "../postgres/cluster.ts";
import { counting } from "../sqlite/count.ts";
import { moveByService, openMover, type Mover, TOGETHER } from "./byService.ts";
import { mustFollowFromStates, mustHoldTheSameIndex, mustList } from "./check.ts";
import { commandsMeanwhile } from "./meanwhile.ts";
import { placeOnPostgres } from "./onPostgres.ts";
import { placeOnSqlite } from "./onSqlite.ts";
import { type Hand, type Place, type Rewrite, statesOf } from "./place.ts";
import { planOf } from "./plan.ts";
import { fillTown } from "./town.ts";

/** The bench. */
export const moving = async (options: BenchOptions): Promise<Report> => {
  const folder = makeFolder();
  const cluster = await openCluster();
  try {
    const sqlite = await moveOn(placeOnSqlite(folder), options);
    options.say("commands while the unit moves, SQLite ...");
    const meanwhile = await commandsMeanwhile(sqlite.place, options.quick ? 1 : 3, sqlite.plan);
    const postgres = await moveOn(await placeOnPostgres(cluster), options);
    mustAgree("issues of both towns", sqlite.filled, postgres.filled);
    const { moving, over, elsewhere } = sqlite.filled;
    return {
      name: "moving",
      rows: [sqlite.row, postgres.row],
      peers: [],
      costs: [meanwhile.cost],
      work: {
        ...cluster.facts,
        issues: `${moving} open ones below the unit, ${over} that are over, ${elsewhere} open ones elsewhere`,
        moves: `${roundsOf(options)} of each on each database, each on a fresh copy`,
        ...sqlite.compared,
        ...postgres.compared,
        "commands while it moved": meanwhile.commands,
      },
    };
  } finally {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

// Private

const AT_LEAST = 0.3;

const roundsOf = ({ quick }: BenchOptions): number => (quick ? 3 : 9);

const moveOn = async (place: Place, options: BenchOptions) => {
  const { quick, say } = options;
  const issues = quick ? 500 : 10_000;
  say(`${place.database}: reporting ${issues} issues below one unit, and others ...`);
  const filled = await fillTown(place, issues);
  const plan = await planOf(place);
  mustAgree("open issues below the unit", filled.moving, plan.length);
  say(`${place.database}: comparing one move of each ...`);
  const compared = await compare(place, plan);
  say(`${place.database}: racing ...`);
  const contestants = [byHand(place, plan), byService(place)];
  const times = await race(
    contestants.map(({ contestant }) => contestant),
    {
      clock: "wall",
      rounds: roundsOf(options),
      millis: 0,
      block: { count: issues, warmUpRounds: 1 },
    },
  );
  for (const { close } of contestants) await close();
  const row = rowOf(
    `a subtree of ${issues} open issues moved, ${place.database}, published and worked off`,
    `the same index rows by hand, ${TOGETHER} issues in a commit, keys known beforehand`,
    ratioOf(times, "by hand", "linli"),
    AT_LEAST,
  );
  return { place, filled, plan, row, compared };
};

const compare = async (place: Place, plan: ReadonlyArray<Rewrite>) => {
  const [handCopy, linliCopy] = [await place.copy("hand"), await place.copy("linli")];
  const states = await statesOf(place, linliCopy);
  const hand = await place.openHand(handCopy);
  let commits = 0;
  const handCounted = await counting(plan.length, async () => {
    commits = await hand.rewrite(plan, TOGETHER);
  });
  await hand.close();
  const mover = await openMover(place, linliCopy);
  await mustList(mover, states, "before");
  let keyed = 0;
  const counted = await counting(plan.length, async () => {
    keyed = await moveByService(mover);
  });
  const made = { ...mover.counted };
  mustAgree("issues keyed anew", plan.length, keyed);
  await mustList(mover, states, "after");
  await mover.close();
  const same = await mustHoldTheSameIndex(place, handCopy, linliCopy);
  for (const copy of [handCopy, linliCopy]) await mustFollowFromStates(place, copy);
  const named = Object.entries({
    ...same,
    "by hand": `${commits} commits${toText(handCounted)}`,
    linli: `${made.commits} commits, ${round(made.rows / made.commits)} rows in one${toText(counted)}`,
  }).map(([what, text]) => [`${place.database}, ${what}`, text] as const);
  return Object.fromEntries(named);
};

/** Only what goes to SQLite is counted. */
const toText = ({ rows, statements }: Counted): string =>
  statements === 0 ? "" : `, ${round(rows)} rows and ${round(statements)} statements an issue`;

const round = (value: number): number => Math.round(value * 10) / 10;

/** A contestant on a fresh copy for each block. */
interface OnCopies {
  readonly contestant: Contestant;
  readonly close: () => Promise<void>;
}

const byHand = (place: Place, plan: ReadonlyArray<Rewrite>): OnCopies => {
  let hand: Hand | undefined;
  const close = async () => hand?.close();
  return {
    close,
    contestant: {
      name: "by hand",
      ready: async () => {
        await close();
        hand = await place.openHand(await place.copy("hand"));
      },
      run: () => hand?.rewrite(plan, TOGETHER) ?? NaN,
    },
  };
};

const byService = (place: Place): OnCopies => {
  let mover: Mover | undefined;
  const close = async () => mover?.close();
  return {
    close,
    contestant: {
      name: "linli",
      ready: async () => {
        await close();
        mover = await openMover(place, await place.copy("linli"));
      },
      run: () => (mover === undefined ? NaN : moveByService(mover)),
    },
  };
};
