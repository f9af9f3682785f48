/**
 * The one door to every root script: `node scripts/dev.mjs TASK [ARGS]`.
 *
 * It runs on whatever Node the machine has (20 or later), installs the workspace
 * when a manifest or the lockfile changed, and hands the work to the Node 24 that
 * the workspace brings along. Everything an installation prints goes to stderr,
 * so a task's stdout holds only what the task prints.
 */
import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { BENCH, WORKSPACE, ensureInstalled, install } from "./lib/install.mjs";
import { root } from "./lib/root.mjs";

const NODE = path.join(root, "node_modules", ".bin", "node");
const bin = (name) => path.join(root, "node_modules", ".bin", name);
const script = (name) => path.join(root, "scripts", name);

/** What each task runs, as a list of commands that must each succeed. */
const tasks = {
  start: (args) => [[NODE, "examples/town/src/main.ts", ...args]],
  replay: (args) => [[NODE, "examples/replay/src/main.ts", ...args]],
  stories: (args) => [[NODE, "examples/stories/src/main.ts", ...args]],
  bench: (args) => [[NODE, "bench/src/main.ts", ...args]],
  linli: (args) => [[NODE, "packages/cli/src/bin.ts", ...args]],
  crash: (args) => [[NODE, "scripts/crash/main.ts", ...args]],
  contract: (args) => [[NODE, script("contract/main.ts"), ...args]],
  test: (args) => [[NODE, script("check.mjs"), ...args]],
  build: (args) => [[NODE, script("build.mjs"), ...args]],
  lint: (args) => [[bin("oxlint"), "--type-aware", ...args]],
  format: (args) => [[bin("oxfmt"), ...args]],
  types: (args) => [[bin("tsc"), "-b", ...args]],
  api: (args) => [
    [NODE, script("build.mjs")],
    [NODE, script("api.mjs"), "--update", ...args],
  ],
  size: (args) => [
    [NODE, script("build.mjs")],
    [NODE, script("size.mjs"), ...args],
  ],
  snippets: (args) => [[NODE, script("snippets.mjs"), ...args]],
  vitest: (args) => [[bin("vitest"), "run", ...args]],
};

const [task = "", ...args] = process.argv.slice(2);

if (task === "deps") {
  // A manifest changed: write the lockfile anew.
  const flags = ["--no-frozen-lockfile"];
  process.exit((await install(WORKSPACE, flags)) && (await install(BENCH, flags)) ? 0 : 1);
}

const commands = tasks[task]?.(args);
if (commands === undefined) {
  process.stderr.write(`Unknown task "${task}". Known: ${Object.keys(tasks).join(", ")}, deps.\n`);
  process.exit(2);
}

for (const place of task === "bench" ? [WORKSPACE, BENCH] : [WORKSPACE]) {
  if (await ensureInstalled(place)) continue;
  // Whoever reads the last line of the tests must find the counts there, come what may.
  if (task === "test") console.log("\n0 passed, 1 failed");
  process.exit(1);
}
for (const [command, ...rest] of commands) {
  const code = await run(command, rest);
  if (code !== 0) process.exit(code);
}

// Private

/** Runs one command in the root, passing signals on; its exit code, or 128 + signal. */
function run(command, rest) {
  return new Promise((resolve) => {
    const child = spawn(command, rest, { cwd: root, stdio: "inherit", env: environment() });
    // A terminal already sends Ctrl-C to the child; anything else must be passed on.
    const pass = (signal) => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, pass);
    // `npm` runs us under a shell that dies of a signal without passing it on; we notice by
    // having a new parent, and end what we started rather than leave it behind.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, 100);
    child.on("error", (error) => {
      clearInterval(watch);
      process.stderr.write(`Cannot run ${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}

/**
 * The environment with the workspace's own tools, and so its Node, first on PATH; the machine's
 * Node is remembered for the checks that try the packages on it.
 */
function environment() {
  const bins = path.join(root, "node_modules", ".bin");
  return {
    ...process.env,
    PATH: `${bins}${path.delimiter}${process.env.PATH ?? ""}`,
    LINLI_HOST_NODE: process.execPath,
  };
}
