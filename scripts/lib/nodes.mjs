/**
 * Other versions of Node, to try the packed packages on: the machine's own where
 * its major fits, else the binary that npm packages carry, kept in a cache.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./root.mjs";
import { capture } from "./run.mjs";

/** The majors the published packages promise, with the version tried for each. */
export const MAJORS = { 20: "20.20.2", 22: "22.23.3", 24: process.versions.node };

/** Where a Node of this major lies, or why there is none. */
export const nodeOf = async (major) => {
  const known = [process.execPath, process.env.LINLI_HOST_NODE].filter(Boolean);
  for (const binary of known) if ((await majorOf(binary)) === major) return { binary };
  const version = MAJORS[major];
  const folder = path.join(root, "node_modules", ".cache", "linli", `node-${version}`);
  const name = packageName();
  const binary = path.join(
    folder,
    "node_modules",
    name,
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
    const { code, stderr } = await npm(
      ["install", "--no-save", "--ignore-scripts", `${name}@${version}`],
      folder,
    );
    if (code !== 0)
      return { reason: `${name}@${version} could not be fetched: ${lastLine(stderr)}` };
  }
  const found = await majorOf(binary);
  return found === major ? { binary } : { reason: `${name}@${version} does not run here` };
};

/** Runs npm in a folder as if a person had called it there, not a script of ours. */
export const npm = (args, cwd) => {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^npm_(package|lifecycle|config_local_prefix|execpath|command)/i.test(key),
    ),
  );
  return capture(
    process.platform === "win32" ? "npm.cmd" : "npm",
    [...args, "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"],
    { cwd, env, shell: process.platform === "win32" },
  );
};

// Private

const packageName = () => {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const prefix = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  return `${prefix}-${platform}-${process.arch}`;
};

const majorOf = async (binary) => {
  const { code, stdout } = await capture(binary, ["--version"]);
  return code === 0 ? Number(/^v(\d+)\./.exec(stdout)?.[1]) : undefined;
};

const lastLine = (text) => text.trim().split("\n").at(-1) ?? "";
