/** Small helpers to run commands and to name the workspace's packages. */
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { root } from "./root.mjs";

/** The path of a tool of the workspace. */
export const bin = (name) => path.join(root, "node_modules", ".bin", name);

/** The published packages: folder name, folder and manifest, by name. */
export const packages = () =>
  readdirSync(path.join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => {
      const folder = path.join(root, "packages", entry.name);
      const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
      return { short: entry.name, folder, manifest };
    })
    .sort((a, b) => (a.short < b.short ? -1 : 1));

/** The public entries of a package: `.`, `./time`, ... with the source file of each. */
export const entriesOf = (manifest) =>
  Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === "string" && target.endsWith(".ts"))
    .map(([entry, target]) => ({ entry, source: target.replace(/^\.\//, "") }));

/** Runs a command with the terminal's own streams; resolves to its exit code. */
export const show = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", (error) => {
      process.stderr.write(`Cannot run ${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });

/** Runs a command and keeps what it prints. */
export const capture = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("error", (error) => resolve({ code: 127, stdout, stderr: String(error.message) }));
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });

/** Maps with at most `width` at a time, keeping the order. */
export const mapAtMost = async (width, items, map) => {
  const results = Array.from({ length: items.length });
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await map(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
};
