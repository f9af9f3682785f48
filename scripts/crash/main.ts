/**
 * `npm run crash -- --driver sqlite|postgres [--victim client|server] [--kills N] [--seed S] [--json]`
 *
 * Kills with SIGKILL at random moments while clients commit through the real services,
 * reopens the same database and checks it, again and again. Exit code 1 when anything
 * was lost, half or mismatched; 2 when the run cannot be.
 *
 * The seed fixes what the clients do and when each is killed; how far they come by
 * then is the machine's.
 */
import { makeLinli } from "@linli/core/services";
import * as Effect from "effect/Effect";
import { build } from "esbuild";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Acknowledged, checkSince, type Wrongs } from "./check.ts";
import { calendars, dayOf, drawFrom, NAMESPACE, place } from "./place.ts";
import { Impossible, postgresTarget, sqliteTarget, type Target } from "./targets.ts";
import type { Order } from "./victim.ts";

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

const main = async (): Promise<number> => {
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
    const target =
      options.driver === "sqlite"
        ? sqliteTarget(ROOT, folder)
        : await postgresTarget(ROOT, options.victim === "server", options.seed);
    try {
      return report(options, await crash(options, target, await bundle(target, folder)));
    } finally {
      await target.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface Outcome extends Wrongs {
  readonly acknowledged: number;
  readonly seconds: number;
}

const crash = async (options: Options, target: Target, program: string): Promise<Outcome> => {
  await publish(target);
  const begun = performance.now();
  const draw = drawFrom(options.seed);
  const wrongs: Wrongs = { lost: [], half: [], mismatched: [] };
  const ready: Array<Victim> = [];
  let acknowledged = 0;
  let after: string | null = null;
  try {
    for (let round = 1; round <= options.kills; round += 1) {
      while (ready.length <= Math.min(READY, options.kills - round))
        ready.push(makeVictim(program));
      const victim = ready.shift() ?? makeVictim(program);
      const order: Order = { round, seed: draw(2 ** 31), clients: CLIENTS };
      const moment = {
        lines: round % EARLY_EVERY === 0 ? 0 : 2 + draw(LONGEST.acknowledged),
        millis: draw(LONGEST.millis),
      };
      const told = await victim.workUntilKilled(order, moment, async () => {
        if (options.victim === "server") await target.restart?.();
      });
      acknowledged += told.length;
      const { storage, close } = await target.open();
      after = await checkSince(storage, after, told, wrongs);
      if (round % INSPECT_EVERY === 0 || round === options.kills) {
        wrongs.half.push(...(await target.inspect(storage)));
      }
      await close();
      if (round % 50 === 0 && !options.json) process.stderr.write(`${round} kills ...\n`);
    }
  } finally {
    for (const victim of ready) victim.end();
  }
  return { ...wrongs, acknowledged, seconds: (performance.now() - begun) / 1000 };
};

const publish = async (target: Target): Promise<void> => {
  const { storage, close } = await target.open();
  const linli = makeLinli({ storage, namespace: NAMESPACE, calendars, now: () => dayOf(0) });
  await Effect.runPromise(linli.publish(place()));
  await close();
};

interface Victim {
  readonly end: () => void;
  /** What it acknowledged before it was killed. */
  readonly workUntilKilled: (
    order: Order,
    moment: { readonly lines: number; readonly millis: number },
    before: () => Promise<void>,
  ) => Promise<ReadonlyArray<Acknowledged>>;
}

const spawnVictim = (program: string): ChildProcess =>
  spawn(process.execPath, [program], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(path.dirname(program), "compiled") },
  });

const makeVictim = (program: string): Victim => {
  const child = spawnVictim(program);
  let said = "";
  let lines = 0;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    lines += text.split("\n").length - 1;
    child.emit("heard");
  });
  // It may die before it has read its order.
  child.stdin?.on("error", () => {});
  const closed = once(child, "close");
  return {
    end: () => void child.kill("SIGKILL"),
    workUntilKilled: async (order, moment, before) => {
      child.stdin?.write(`${JSON.stringify(order)}\n`);
      while (lines < moment.lines && child.exitCode === null) {
        await Promise.race([once(child, "heard"), closed]);
      }
      await new Promise((resolve) => setTimeout(resolve, moment.millis));
      const restarting = before();
      child.kill("SIGKILL");
      await restarting;
      const [code] = (await closed) as [number | null];
      if (code !== null) throw new Impossible(`a victim ended by itself with code ${code}`);
      // A line that was cut was not heard; one that ended was acknowledged.
      return said.split("\n").slice(1, -1).map(acknowledgedIn);
    },
  };
};

const acknowledgedIn = (line: string): Acknowledged => {
  const [command = "", issue = "", version = ""] = line.split(" ");
  return { command, issue, version: Number(version) };
};

/** One file, so that a victim starts fast. */
const bundle = async ({ victim }: Target, folder: string): Promise<string> => {
  const outfile = path.join(folder, "victim.mjs");
  await build({
    stdin: { contents: victim, resolveDir: path.join(ROOT, "scripts"), loader: "ts" },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["pg-native"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  // One that hears nothing ends in order, and leaves its compiled code to those who are killed.
  const first = spawnVictim(outfile);
  first.stdin?.end();
  await once(first, "close");
  return outfile;
};

const report = (options: Options, outcome: Outcome): number => {
  const { lost, half, mismatched, acknowledged } = outcome;
  const figures = {
    driver: options.driver,
    victim: options.victim,
    kills: options.kills,
    acknowledged,
    lost: lost.length,
    half: half.length,
    mismatched: mismatched.length,
    seconds: Math.round(outcome.seconds * 10) / 10,
    seed: options.seed,
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
  return wrongs.length > 0 || acknowledged === 0 ? 1 : 0;
};

/** The options, "help" when it is asked for, or what is wrong with them. */
const readOptions = (): Options | string => {
  const values = valuesGiven();
  if (typeof values === "string") return values;
  const { driver, victim, json, help } = values;
  if (help) return "help";
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  if (driver !== "sqlite" && driver !== "postgres") return "--driver must be sqlite or postgres";
  if (victim !== "client" && victim !== "server") return "--victim must be client or server";
  if (victim === "server" && driver === "sqlite") return "sqlite has no server to kill";
  if (!Number.isSafeInteger(kills) || kills < 1) return "--kills must be a whole number from 1";
  if (!Number.isSafeInteger(seed) || seed < 0) return "--seed must be a whole number from 0";
  return { driver, victim, kills, seed, json };
};

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

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Impossible)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
