/**
 * Uses the packed packages as a stranger would: installs the tarballs with npm
 * into an empty ESM project and an empty CommonJS project outside the
 * repository, then runs there
 *
 *   scripts/smoke/esm/*.mjs    in the ESM project, on Node 24
 *   scripts/smoke/cjs/*.cjs    in the CommonJS project, on Node 24
 *   scripts/smoke/nodes/*.mjs  in the ESM project, on Node 20, 22 and 24
 *
 * and type-checks an import of every entry. A script fails by throwing; one that
 * cannot run on a machine prints a line beginning with `SKIP: `. Needs `pack`.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { MAJORS, nodeOf, npm } from "./lib/nodes.mjs";
import { report } from "./lib/report.mjs";
import { root } from "./lib/root.mjs";
import { bin, capture, entriesOf, packages } from "./lib/run.mjs";

const SECONDS_FOR_A_SCRIPT = 120;
const home = mkdtempSync(path.join(os.tmpdir(), "linli smoke-"));
const counts = { passed: 0, failed: 0, skips: [] };

try {
  const esm = await project("esm", "module", ["effect", "vitest"]);
  const cjs = await project("cjs", "commonjs", ["effect"]);
  if (esm && cjs) {
    await typeCheck(esm);
    for (const name of scripts("esm")) await runScript(process.execPath, esm, "esm", name);
    for (const name of scripts("cjs")) await runScript(process.execPath, cjs, "cjs", name);
    for (const major of Object.keys(MAJORS).map(Number)) await onNode(major, esm);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
report(counts);

// Private

/** An empty project with the tarballs and the peers installed. */
async function project(name, type, peers) {
  const folder = path.join(home, name);
  cpSync(path.join(root, "scripts", "smoke"), folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name, private: true, type }));
  const packed = path.join(root, ".packed");
  const tarballs = readdirSync(packed).map((file) => path.join(packed, file));
  const versions = peers.map((peer) => `${peer}@${installedVersion(peer)}`);
  const result = await npm(["install", ...tarballs, ...versions], folder);
  return settle(`install into an empty ${name} project`, result) ? folder : undefined;
}

function installedVersion(name) {
  const file = path.join(root, "node_modules", name, "package.json");
  return JSON.parse(readFileSync(file, "utf8")).version;
}

function scripts(group) {
  return readdirSync(path.join(root, "scripts", "smoke", group)).filter((name) =>
    /\.[mc]js$/.test(name),
  );
}

async function onNode(major, folder) {
  const { binary, reason } = await nodeOf(major);
  if (binary === undefined) {
    skip(`Node ${major} was not tried: ${reason}`);
    return;
  }
  for (const name of scripts("nodes"))
    await runScript(binary, folder, "nodes", name, `Node ${major}: `);
}

async function runScript(node, folder, group, name, prefix = "") {
  const result = await capture(node, [path.join(folder, group, name)], {
    cwd: folder,
    timeout: SECONDS_FOR_A_SCRIPT * 1000,
  });
  for (const line of result.stdout.split("\n").filter((text) => text.startsWith("SKIP: ")))
    skip(`${prefix}${group}/${name}: ${line.slice("SKIP: ".length)}`);
  settle(`${prefix}${group}/${name}`, result);
}

/** Every entry's declarations, checked in the stranger's project, libraries included. */
async function typeCheck(folder) {
  const entries = packages().flatMap(({ manifest }) =>
    entriesOf(manifest).map(({ entry }) => path.posix.join(manifest.name, entry)),
  );
  const lines = entries.map((entry, index) => `export * as e${index} from "${entry}";`);
  writeFileSync(path.join(folder, "all.ts"), `${lines.join("\n")}\n`);
  const result = await capture(
    bin("tsc"),
    [
      ...["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck"],
      ...["--module", "nodenext", "--target", "es2023", "--lib", "es2023,esnext.disposable,dom"],
      ...["--types", "", "all.ts"],
    ],
    { cwd: folder },
  );
  settle(`types of ${entries.length} entries`, result);
}

function settle(title, { code, stdout, stderr }) {
  const ok = code === 0;
  counts[ok ? "passed" : "failed"] += 1;
  console.log(`${ok ? "ok" : "FAILED"}: ${title}`);
  if (!ok) console.error(`${stdout}${stderr}`);
  return ok;
}

function skip(sentence) {
  console.log(`SKIPPED: ${sentence}`);
  counts.skips.push(sentence);
}
