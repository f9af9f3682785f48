/**
 * Everything `npm test` checks, in order, stopping at the first step that fails.
 * The last line is always `N passed, N failed`, with skips when there are any;
 * what was skipped is said once more before it.
 *
 * `npm test -- --only types,tests` runs some steps; `--list` names them all.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { takeReport } from "./lib/report.mjs";
import { root } from "./lib/root.mjs";
import { bin, show } from "./lib/run.mjs";

const cache = path.join(root, "node_modules", ".cache", "linli");
const counted = path.join(cache, "step.json");
const vitestJson = path.join(cache, "vitest.json");
const script = (name) => [process.execPath, path.join(root, "scripts", name)];

const steps = [
  { id: "format", title: "Format", command: [bin("oxfmt"), "--check"] },
  { id: "lint", title: "Lint", command: [bin("oxlint"), "--type-aware"] },
  { id: "types", title: "Types: sources, tests, examples", command: [bin("tsc"), "-b"] },
  {
    id: "tests",
    title: "Tests",
    command: [
      bin("vitest"),
      "run",
      ...["--reporter=default", "--reporter=json", `--outputFile.json=${vitestJson}`],
    ],
    counts: vitestCounts,
  },
  { id: "snippets", title: "Programs of the README and docs", command: script("snippets.mjs") },
  { id: "build", title: "Build", command: script("build.mjs") },
  { id: "pack", title: "Packages: publint, attw", command: script("pack.mjs") },
  {
    id: "smoke",
    title: "Packages in empty projects, on Node 20, 22, 24",
    command: script("smoke.mjs"),
  },
  { id: "api", title: "Public API against its reports", command: script("api.mjs") },
  { id: "size", title: "Size", command: script("size.mjs") },
];

const args = process.argv.slice(2);
if (args.includes("--list")) {
  for (const { id, title } of steps) console.log(`${id.padEnd(10)}${title}`);
  process.exit(0);
}
const chosen = chosenSteps();

const total = { passed: 0, failed: 0, skipped: 0 };
const skips = [];
mkdirSync(cache, { recursive: true });
for (const [index, step] of chosen.entries()) {
  console.log(`\n== ${index + 1}/${chosen.length} ${step.title}`);
  const started = performance.now();
  const { passed, failed, skipped } = await runStep(step);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped.length;
  skips.push(...skipped);
  console.log(`-- ${step.id}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (failed > 0) {
    console.log(
      `\nStopped: ${step.title} failed. Again, this step only: npm test -- --only ${step.id}`,
    );
    break;
  }
}
closing();

// Private

function chosenSteps() {
  const at = args.indexOf("--only");
  if (at < 0) return steps;
  const ids = (args[at + 1] ?? "").split(",");
  const unknown = ids.filter((id) => !steps.some((step) => step.id === id));
  if (unknown.length > 0) {
    console.error(
      `Unknown step: ${unknown.join(", ")}. Known: ${steps.map(({ id }) => id).join(", ")}.`,
    );
    process.exit(2);
  }
  return steps.filter(({ id }) => ids.includes(id));
}

/** Runs a step; one that counts nothing itself is one check. */
async function runStep({ command: [program, ...rest], counts }) {
  rmSync(counted, { force: true });
  rmSync(vitestJson, { force: true });
  const env = { ...process.env, LINLI_REPORT: counted };
  const code = await show(program, rest, { env });
  const reported = counts?.() ?? takeReport(counted) ?? { passed: code === 0 ? 1 : 0, failed: 0 };
  const failed = code !== 0 && reported.failed === 0 ? 1 : reported.failed;
  return { passed: reported.passed, failed, skipped: reported.skips ?? [] };
}

function vitestCounts() {
  let result;
  try {
    result = JSON.parse(readFileSync(vitestJson, "utf8"));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const titles = result.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => fullName),
  );
  return { passed: result.numPassedTests, failed: result.numFailedTests, skips: titles };
}

function closing() {
  if (skips.length > 0) {
    console.log(`\n!! ${skips.length} SKIPPED, not checked on this machine:`);
    for (const skip of skips) console.log(`!!   ${skip}`);
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}
