/**
 * `npm run crash -- --driver sqlite|postgres [--victim client|server] [--kills N] [--seed S] [--json]`
 *
 * Kills with SIGKILL at random moments while clients commit through the real services,
 * reopens the same database and checks it, again and again. Exit code 1 when anything
 * was lost, half or mismatched; 2 when the run cannot be; 130 (or 128 + the signal) when it
 * was interrupted, after putting its server, victims and folder away and telling how far it came.
 *
 * The seed fixes what the clients do and when each is killed; how far they come by
 * then is the machine's.
 */
import { StorageError, type StorageReason } from "@linli/core/ports";
import { makeLinli } from "@linli/core/services";
import * as Effect from "effect/Effect";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Acknowledged, checkSince, type Wrongs } from "./check.ts";
import { calendars, dayOf, drawFrom, NAMESPACE, place } from "./place.ts";
import { Impossible, postgresTarget, sqliteTarget, type Target } from "./targets.ts";
import type { Order } from "./victim.ts";
import { bundle, makeVictim, type Victim } from "./victims.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Options {
  readonly driver: "sqlite" | "postgres";
  readonly victim: "client" | "server";
  readonly kills: number;
  readonly seed: number;
  readonly json: boolean;
}

const CLIENTS = 8;
/** A victim dies within so many milliseconds of an acknowledgement among its first so many. */
const LONGEST = { millis: 12, acknowledged: 60 };
/** Every so many victims one is killed while it opens the database. */
const EARLY_EVERY = 10;
/** The whole database is inspected after so many kills, and at the end. */
const INSPECT_EVERY = 100;
/** Victims that load while others work and die. */
const READY = 2;

const USAGE = `npm run crash -- --driver sqlite|postgres [options]

  --victim client|server  who is killed; the client when left out, a server only of postgres
  --kills N               how often; 100 when left out
  --seed S                fixes what clients do and when each is killed; 20111231 when left out
  --json                  the figures as JSON on stdout (npm run -s, or npm's own lines come first)
  --help                  this text
`;

const main = async (stop: AbortSignal): Promise<number> => {
  const options = readOptions();
  if (options === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${USAGE}`);
    return 2;
  }
  const cache = path.join(ROOT, "node_modules/.cache/linli");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "crash-"));
  try {
    const target = await orImpossible(async () =>
      options.driver === "sqlite"
        ? sqliteTarget(ROOT, folder)
        : postgresTarget(ROOT, options.victim === "server", options.seed),
    );
    try {
      const program = await bundle(target, folder);
      await orImpossible(() => publish(target));
      return report(options, await crash(options, target, program, stop), stop);
    } finally {
      await target.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Aborted by what ends a run before its time, with the exit code; asked again, it ends at once. */
const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  let first = 0;
  for (const [name, number] of SIGNALS) {
    process.on(name, () => {
      if (!stop.signal.aborted) first = performance.now();
      // The terminal and npm may both pass on the very same one.
      else if (performance.now() - first > 1000) process.exit(128 + number);
      stop.abort(128 + number);
    });
  }
  return stop.signal;
};

const SIGNALS = [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
] as const;

interface Outcome extends Wrongs {
  readonly kills: number;
  readonly acknowledged: number;
  readonly seconds: number;
}

const crash = async (
  options: Options,
  target: Target,
  program: string,
  stop: AbortSignal,
): Promise<Outcome> => {
  const begun = performance.now();
  const draw = drawFrom(options.seed);
  const wrongs: Wrongs = { lost: [], half: [], mismatched: [] };
  const ready: Array<Victim> = [];
  let acknowledged = 0;
  let kills = 0;
  let after: string | null = null;
  try {
    for (let round = 1; round <= options.kills && !stop.aborted; round += 1) {
      while (ready.length <= Math.min(READY, options.kills - round))
        ready.push(makeVictim(program));
      const victim = ready.shift() ?? makeVictim(program);
      const order: Order = { round, seed: draw(2 ** 31), clients: CLIENTS };
      const moment = {
        lines: round % EARLY_EVERY === 0 ? 0 : 2 + draw(LONGEST.acknowledged),
        millis: draw(LONGEST.millis),
      };
      const { told, ended } = await victim.workUntilKilled(order, moment, {
        before: async () => {
          if (options.victim === "server") await target.restart?.();
        },
        stop,
      });
      const inspect = round % INSPECT_EVERY === 0 || round === options.kills;
      const checked = await checkAfterKill(target, { round, after, told, inspect, stop }, wrongs);
      if (checked === "interrupted") break;
      kills = round;
      acknowledged += told.length;
      // Of a database that cannot be read, or to which nobody can work, there is no more to learn.
      if (checked === "unreadable") break;
      after = checked.after;
      if (ended !== null) {
        if (stop.aborted || countOf(wrongs) > 0) break;
        throw new Impossible(ended);
      }
      if (round % 50 === 0 && !options.json) process.stderr.write(`${round} kills ...\n`);
    }
  } finally {
    for (const victim of ready) victim.end();
  }
  return { ...wrongs, kills, acknowledged, seconds: (performance.now() - begun) / 1000 };
};

/** The place in the feed to go on from; where there is none, the reason is among the wrongs. */
const checkAfterKill = async (
  target: Target,
  at: {
    readonly round: number;
    readonly after: string | null;
    readonly told: ReadonlyArray<Acknowledged>;
    readonly inspect: boolean;
    readonly stop: AbortSignal;
  },
  wrongs: Wrongs,
): Promise<{ readonly after: string | null } | "unreadable" | "interrupted"> => {
  try {
    const { storage, close } = await target.open();
    const after = await checkSince(storage, at.after, at.told, wrongs);
    if (at.inspect) wrongs.half.push(...(await target.inspect(storage)));
    await close();
    return { after };
  } catch (error) {
    if (error instanceof StorageError && PASSING.has(error.reason)) {
      // What ended us may have ended the server as well.
      if (at.stop.aborted) return "interrupted";
      throw new Impossible(`after kill ${at.round}: ${error.message}`);
    }
    wrongs.half.push(`after kill ${at.round} the database cannot be read: ${messageOf(error)}`);
    return "unreadable";
  }
};

/** Reasons that say nothing of what is stored. */
const PASSING: ReadonlySet<StorageReason> = new Set([
  "Unavailable",
  "Timeout",
  "Contention",
  "Locked",
  "Full",
]);

/** What has to work before anything is killed. */
const orImpossible = async <A>(work: () => Promise<A>): Promise<A> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Impossible
      ? error
      : new Impossible(`the database cannot be used: ${messageOf(error)}`);
  }
};

// Several addresses that were tried come as one error without a message.
const messageOf = (error: unknown): string =>
  error instanceof AggregateError && error.message === ""
    ? error.errors.map(messageOf).join("; ")
    : error instanceof Error
      ? error.message
      : String(error);

const countOf = ({ lost, half, mismatched }: Wrongs): number =>
  lost.length + half.length + mismatched.length;

const publish = async (target: Target): Promise<void> => {
  const { storage, close } = await target.open();
  const linli = makeLinli({ storage, namespace: NAMESPACE, calendars, now: () => dayOf(0) });
  await Effect.runPromise(linli.publish(place()));
  await close();
};

const report = (options: Options, outcome: Outcome, stop: AbortSignal): number => {
  const { lost, half, mismatched, acknowledged, kills } = outcome;
  const figures = {
    driver: options.driver,
    victim: options.victim,
    kills,
    acknowledged,
    lost: lost.length,
    half: half.length,
    mismatched: mismatched.length,
    seconds: Math.round(outcome.seconds * 10) / 10,
    seed: options.seed,
    ...(kills === options.kills ? {} : { asked: options.kills }),
  };
  const wrongs = [...lost, ...half, ...mismatched].slice(0, 20);
  for (const wrong of wrongs) process.stderr.write(`${wrong}\n`);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(figures)}\n`
      : `${Object.entries(figures)
          .map(([name, value]) => `${name}: ${value}`)
          .join("\n")}\n`,
  );
  if (wrongs.length > 0) return 1;
  if (stop.aborted) return Number(stop.reason);
  return acknowledged === 0 ? 1 : 0;
};

/** The options, "help" when it is asked for, or what is wrong with them. */
const readOptions = (): Options | string => {
  const values = valuesGiven();
  if (typeof values === "string") return values;
  const { driver, victim, json, help } = values;
  if (help) return "help";
  const [kills, seed] = [wholeNumber(values.kills), wholeNumber(values.seed)];
  if (driver !== "sqlite" && driver !== "postgres") return "--driver must be sqlite or postgres";
  if (victim !== "client" && victim !== "server") return "--victim must be client or server";
  if (victim === "server" && driver === "sqlite") return "sqlite has no server to kill";
  if (!Number.isSafeInteger(kills) || kills < 1) return "--kills must be a whole number from 1";
  if (!Number.isSafeInteger(seed) || seed < 0) return "--seed must be a whole number from 0";
  return { driver, victim, kills, seed, json };
};

const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN);

const valuesGiven = () => {
  try {
    return parseArgs({
      options: {
        driver: { type: "string" },
        victim: { type: "string", default: "client" },
        kills: { type: "string", default: "100" },
        seed: { type: "string", default: "20111231" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const stop = stopSignal();
try {
  process.exitCode = await main(stop);
} catch (error) {
  if (!(error instanceof Impossible)) throw error;
  process.stderr.write(stop.aborted ? "interrupted before the first kill\n" : `${error.message}\n`);
  process.exitCode = stop.aborted ? Number(stop.reason) : 2;
}
