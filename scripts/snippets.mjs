/**
 * Checks and runs the TypeScript fences of the README files and of `docs/`.
 * With page names as arguments: only pages whose path contains one of them.
 */
import { fork } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fencesOf, instrument, padded } from "./lib/markdown.ts";
import { report } from "./lib/report.mjs";
import { root } from "./lib/root.mjs";
import { bin, capture, packages } from "./lib/run.mjs";

const SECONDS_FOR_A_PAGE = 120;
const wanted = process.argv.slice(2);
const scratch = path.join(root, ".snippets");

const faults = [];
const fences = [];
for (const page of pages()) {
  const found = fencesOf(page, readFileSync(path.join(root, page), "utf8"));
  fences.push(...found.fences);
  faults.push(...found.faults);
}

rmSync(scratch, { recursive: true, force: true });
mkdirSync(path.join(scratch, "run"), { recursive: true });
mkdirSync(path.join(scratch, "cwd"), { recursive: true });
let assertions = 0;
for (const fence of fences) {
  writeFileSync(path.join(scratch, fileOf(fence)), padded(fence));
  if (fence.kind === "types") continue;
  const program = instrument(fence);
  assertions += program.assertions;
  faults.push(...program.faults);
  // On the page's first line, so that all other line numbers stay those of the page.
  const head = `import { __expect } from "../../scripts/lib/expect.mjs";`;
  writeFileSync(path.join(scratch, "run", fileOf(fence)), head + padded(fence, program.code));
}

const broken = fences.length === 0 ? [] : await typeErrors();
const runs = broken.length > 0 || faults.length > 0 ? [] : await runAll();
const failures = [
  ...faults.map(({ page, line, reason }) => `${page}:${line}: ${reason}`),
  ...broken,
  ...runs.filter(({ ok }) => !ok).map(({ place, message }) => `${place}: ${message}`),
];
for (const failure of failures) console.error(failure);

const programs = fences.filter(({ kind }) => kind === "run").length;
console.log(
  failures.length > 0
    ? `${failures.length} faults in ${fences.length} fences.`
    : `${programs} programs with ${assertions} assertions ran, ${fences.length - programs} listings type-check.`,
);
report({ passed: Math.max(0, fences.length - failures.length), failed: failures.length });

// Private

function pages() {
  const all = [
    "README.md",
    "README.zh-CN.md",
    ...packages().map(({ short }) => `packages/${short}/README.md`),
    ...(existsSync(path.join(root, "docs"))
      ? readdirSync(path.join(root, "docs"), { recursive: true })
          .filter((name) => name.endsWith(".md"))
          .map((name) => `docs/${name.split(path.sep).join("/")}`)
      : []),
  ].filter((page) => existsSync(path.join(root, page)));
  return wanted.length === 0
    ? all
    : all.filter((page) => wanted.some((part) => page.includes(part)));
}

function fileOf({ page, line }) {
  return `${page.replaceAll("/", "__").replace(/\.md$/, "")}__${line}.ts`;
}

/** One compiler run over all fences, as their authors wrote them. */
async function typeErrors() {
  const config = {
    extends: "../tsconfig.check.json",
    compilerOptions: { incremental: false, noUnusedLocals: false, noUnusedParameters: false },
    include: ["*.ts"],
    references: packages().map(({ short }) => ({ path: `../packages/${short}` })),
  };
  writeFileSync(path.join(scratch, "tsconfig.json"), JSON.stringify(config, null, 2));
  const { code, stdout, stderr } = await capture(bin("tsc"), ["-b", ".snippets"]);
  return code === 0 ? [] : `${stdout}${stderr}`.trim().split("\n");
}

/** A process for each page; a page's programs run in their order. */
async function runAll() {
  const byPage = Map.groupBy(
    fences.filter(({ kind }) => kind === "run"),
    ({ page }) => page,
  );
  const results = [];
  for (const [page, group] of byPage) results.push(...(await runPage(page, group)));
  return results;
}

function runPage(page, group) {
  const files = new Map(group.map((fence) => [path.join(scratch, "run", fileOf(fence)), fence]));
  const place = (fence) => `${page}:${fence.line}`;
  return new Promise((resolve) => {
    const ended = new Map();
    let output = "";
    const child = fork(path.join(root, "scripts", "lib", "run-fences.mjs"), [...files.keys()], {
      cwd: path.join(scratch, "cwd"),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      timeout: SECONDS_FOR_A_PAGE * 1000,
    });
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("message", ({ file, ok, message }) =>
      ended.set(file, { ok, place: place(files.get(file)), message }),
    );
    child.on("close", (code, signal) =>
      resolve(
        [...files].map(
          ([file, fence]) =>
            ended.get(file) ?? {
              ok: false,
              place: place(fence),
              message: `did not end (exit ${code ?? signal}, limit ${SECONDS_FOR_A_PAGE} s)\n${output}`,
            },
        ),
      ),
    );
  });
}
