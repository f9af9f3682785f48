/** Victims as the parent sees them: one program, processes that wait for an order, and their end. */
import { build } from "esbuild";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Acknowledged } from "./check.ts";
import type { Target } from "./targets.ts";
import type { Order } from "./victim.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A process that is ready to work and to be killed. */
export interface Victim {
  readonly end: () => void;
  /** Lets it work, and kills it. */
  readonly workUntilKilled: (
    order: Order,
    moment: { readonly lines: number; readonly millis: number },
    beside: { readonly before: () => Promise<void>; readonly stop: AbortSignal },
  ) => Promise<Death>;
}

/** How a victim ended. */
export interface Death {
  /** What it acknowledged before. */
  readonly told: ReadonlyArray<Acknowledged>;
  /** How it ended when it was not by us; null otherwise. */
  readonly ended: string | null;
}

const spawnVictim = (program: string): ChildProcess =>
  spawn(process.execPath, [program], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(path.dirname(program), "compiled") },
  });

/** Starts one; it waits for its order. */
export const makeVictim = (program: string): Victim => {
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
    workUntilKilled: async (order, moment, { before, stop }) => {
      child.stdin?.write(`${JSON.stringify(order)}\n`);
      const heard = () => void child.emit("heard");
      stop.addEventListener("abort", heard);
      const isAlive = () => child.exitCode === null && child.signalCode === null;
      while (lines < moment.lines && isAlive() && !stop.aborted) {
        await Promise.race([once(child, "heard"), closed]);
      }
      stop.removeEventListener("abort", heard);
      await new Promise((resolve) => setTimeout(resolve, moment.millis));
      const restarting = before();
      child.kill("SIGKILL");
      await restarting;
      const [code, signal] = (await closed) as [number | null, string | null];
      const ended =
        signal === "SIGKILL"
          ? null
          : `a victim ended by itself with ${code ?? signal ?? "nothing"}`;
      // A line that was cut was not heard; one that ended was acknowledged.
      return { told: said.split("\n").slice(1, -1).map(acknowledgedIn), ended };
    },
  };
};

const acknowledgedIn = (line: string): Acknowledged => {
  const [command = "", issue = "", version = ""] = line.split(" ");
  return { command, issue, version: Number(version) };
};

/** The program of victims in one file, so that they start fast. */
export const bundle = async ({ victim }: Target, folder: string): Promise<string> => {
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
