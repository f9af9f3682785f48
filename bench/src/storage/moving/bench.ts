/**
 * A subtree of 10,000 open issues moves to another parent, SQLite `FULL`: a hierarchy is
 * published and `runDue` called until `rekeying()` says that it is done, beside the same
 * index rows rewritten by hand.
 *
 * Both work on a fresh copy of one file in each round. Before the race one move of each
 * is compared, with the other and with what follows from the states alone.
 */
import { closeSync, copyFileSync, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Contestant, race, ratioOf } from "../../kit/race.ts";
import { type BenchOptions, mustAgree, type Report, rowOf } from "../../kit/report.ts";
import type { Counted } from "../costs.ts";
import { makeFolder } from "../folder.ts";
import { counting } from "../sqlite/count.ts";
import { statesOf } from "../sqlite/files.ts";
import { type Hand, openHand, planOf, type Rewrite } from "./byHand.ts";
import { moveByService, openMover, type Mover, TOGETHER } from "./byService.ts";
import { mustFollowFromStates, mustHoldTheSameIndex, mustList } from "./check.ts";
import { commandsMeanwhile } from "./meanwhile.ts";
import { fillTown } from "./town.ts";

/** The bench. */
export const moving = async ({ quick, say }: BenchOptions): Promise<Report> => {
  const folder = makeFolder();
  const file = (name: string) => join(folder, `${name}.db`);
  try {
    const issues = quick ? 500 : 10_000;
    say(`reporting ${issues} issues below one unit, and others ...`);
    const filled = await fillTown(file("town"), issues);
    const copyTo = (name: string) => (): string => copy(file("town"), file(name));
    const copies = { hand: copyTo("hand"), linli: copyTo("linli") };
    const plan = planOf(file("town"));
    mustAgree("open issues below the unit", filled.moving, plan.length);
    say("comparing one move of each ...");
    const compared = await compare(copies, plan);
    say("racing ...");
    const rounds = quick ? 3 : 9;
    const contestants = [byHand(copies.hand, plan), byService(copies.linli)];
    const times = await race(
      contestants.map(({ contestant }) => contestant),
      { clock: "wall", rounds, millis: 0, block: { count: issues, warmUpRounds: 1 } },
    );
    for (const { close } of contestants) await close();
    say("commands while the unit moves ...");
    const clients = Array.from({ length: quick ? 1 : 3 }, () => copies.linli);
    const meanwhile = await commandsMeanwhile(clients, plan);
    const what = `a subtree of ${issues} open issues moved, SQLite FULL, published and worked off`;
    return {
      name: "moving",
      rows: [
        rowOf(
          what,
          `the same index rows by hand, ${TOGETHER} issues in a commit, keys known beforehand`,
          ratioOf(times, "by hand", "linli"),
          AT_LEAST,
        ),
      ],
      peers: [],
      costs: [meanwhile.cost],
      work: {
        issues:
          `${filled.moving} open ones below the unit, ${filled.over} that are over, ` +
          `${filled.elsewhere} open ones elsewhere`,
        moves: `${rounds} of each, each on a fresh copy of one file`,
        ...compared,
        "commands while it moved": meanwhile.commands,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// Private

const AT_LEAST = 0.3;

// What a copy left in memory to be written would otherwise be waited for within the race.
const copy = (from: string, to: string): string => {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${to}${end}`, { force: true });
  copyFileSync(from, to);
  const handle = openSync(to, "r+");
  fsyncSync(handle);
  closeSync(handle);
  return to;
};

interface Copies {
  readonly hand: () => string;
  readonly linli: () => string;
}

const compare = async (copies: Copies, plan: ReadonlyArray<Rewrite>) => {
  const [byHandFile, linliFile] = [copies.hand(), copies.linli()];
  const states = statesOf(linliFile);
  const hand = openHand(byHandFile);
  let commits = 0;
  const handCounted = await counting(plan.length, async () => {
    commits = hand.rewrite(plan, TOGETHER);
  });
  hand.close();
  const mover = await openMover(linliFile);
  await mustList(mover, states, "before");
  let keyed = 0;
  const counted = await counting(plan.length, async () => {
    keyed = await moveByService(mover);
  });
  const made = { ...mover.counted };
  mustAgree("issues keyed anew", plan.length, keyed);
  await mustList(mover, states, "after");
  await mover.close();
  const same = mustHoldTheSameIndex(byHandFile, linliFile);
  for (const path of [byHandFile, linliFile]) mustFollowFromStates(path);
  return {
    ...same,
    "by hand": `${commits} commits, ${toText(handCounted)}`,
    linli: `${made.commits} commits, ${round(made.rows / made.commits)} rows in one, ${toText(counted)}`,
  };
};

const toText = ({ rows, statements }: Counted): string =>
  `${round(rows)} rows and ${round(statements)} statements an issue`;

const round = (value: number): number => Math.round(value * 10) / 10;

/** A contestant on a fresh copy for each block. */
interface OnCopies {
  readonly contestant: Contestant;
  readonly close: () => void | Promise<void>;
}

const byHand = (copyOne: () => string, plan: ReadonlyArray<Rewrite>): OnCopies => {
  let hand: Hand | undefined;
  const close = () => hand?.close();
  return {
    close,
    contestant: {
      name: "by hand",
      ready: () => {
        close();
        hand = openHand(copyOne());
      },
      run: () => hand?.rewrite(plan, TOGETHER) ?? NaN,
    },
  };
};

const byService = (copyOne: () => string): OnCopies => {
  let mover: Mover | undefined;
  const close = async () => mover?.close();
  return {
    close,
    contestant: {
      name: "linli",
      ready: async () => {
        await close();
        mover = await openMover(copyOne());
      },
      run: () => (mover === undefined ? NaN : moveByService(mover)),
    },
  };
};
