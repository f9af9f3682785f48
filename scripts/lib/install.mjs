/**
 * Installs a set of manifests when they changed. A stamp inside `node_modules`
 * holds the hash of the lockfile and of every manifest it was installed from; a
 * lock keeps two terminals from installing at the same time.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./root.mjs";

/** The workspace: packages, examples and the tools. */
export const WORKSPACE = { folder: root, flags: [], manifests: workspaceManifests };

/** The benches' own place, kept out of the workspace so that its peers never mix with it. */
export const BENCH = {
  folder: path.join(root, "bench"),
  flags: [],
  manifests: () =>
    ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"].map((name) =>
      path.join(root, "bench", name),
    ),
};

/** Installs from the lockfile unless the stamp says that nothing changed; true when all is well. */
export const ensureInstalled = async (place) =>
  isFresh(place) || (await install(place, ["--frozen-lockfile"]));

/** Installs with these flags, one process at a time, and writes the stamp; true when all is well. */
export const install = async (place, flags) => {
  const release = await takeLock(place);
  try {
    if (flags.includes("--frozen-lockfile") && isFresh(place)) return true;
    process.stderr.write(
      `Installing ${path.relative(root, place.folder) || "the workspace"} ...\n`,
    );
    const code = await pnpm(["install", ...place.flags, ...flags], place.folder);
    if (code !== 0) {
      process.stderr.write(
        "\nThe installation failed; see above. After a change to a manifest run `npm run deps`.\n",
      );
      return false;
    }
    mkdirSync(path.dirname(stampFile(place)), { recursive: true });
    writeFileSync(stampFile(place), stampOf(place));
    return true;
  } finally {
    release();
  }
};

// Private

const PNPM = "pnpm@12.21.0";

function workspaceManifests() {
  const folders = ["packages", "examples"].flatMap((parent) =>
    existsSync(path.join(root, parent))
      ? readdirSync(path.join(root, parent), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => path.join(root, parent, entry.name))
      : [],
  );
  return [
    ...["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"].map((name) =>
      path.join(root, name),
    ),
    ...folders
      .map((folder) => path.join(folder, "package.json"))
      .filter((file) => existsSync(file)),
  ];
}

const stampFile = (place) =>
  path.join(place.folder, "node_modules", ".cache", "linli", "installed");

function stampOf(place) {
  const hash = createHash("sha256");
  for (const file of [...place.manifests()].sort()) {
    hash.update(path.relative(root, file)).update("\0");
    hash.update(existsSync(file) ? readFileSync(file) : "").update("\0");
  }
  return hash.digest("hex");
}

function isFresh(place) {
  const file = stampFile(place);
  return existsSync(file) && readFileSync(file, "utf8") === stampOf(place);
}

/** Runs pnpm with its stdout turned to stderr, so that a task's own stdout stays clean. */
function pnpm(args, cwd) {
  const windows = process.platform === "win32";
  return new Promise((resolve) => {
    const child = spawn(windows ? "npx.cmd" : "npx", ["--yes", PNPM, ...args], {
      cwd,
      stdio: ["ignore", 2, 2],
      shell: windows,
      // pnpm must neither ask a question nor reuse what `npm run` put into the environment.
      env: { ...process.env, CI: "true" },
    });
    child.on("error", (error) => {
      process.stderr.write(`Cannot run npx: ${error.message}\n`);
      resolve(127);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** One installation at a time for each place; a lock whose owner is gone is taken over. */
async function takeLock(place) {
  const name = createHash("sha256").update(place.folder).digest("hex").slice(0, 16);
  const lock = path.join(os.tmpdir(), `linli-install-${name}`);
  const owner = path.join(lock, "pid");
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(owner, String(process.pid));
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    await sleep(250);
    const pid = existsSync(owner) ? Number(readFileSync(owner, "utf8")) : 0;
    if (!isAlive(pid)) rmSync(lock, { recursive: true, force: true });
  }
}

function isAlive(pid) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
