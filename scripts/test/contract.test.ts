/** `npm run contract`: its reports, and an exit code for each kind of end. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../lib/root.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "linli-contract-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: ReadonlyArray<string>, odd: string) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, "scripts/contract/main.ts"), ...args],
    { cwd: root, encoding: "utf8", env: { ...process.env, ODD: odd } },
  );
  return { status, stdout, stderr };
};
const contract = (...args: ReadonlyArray<string>) => run(args, "");

const CARELESS = "scripts/test/support/careless.ts";

test("a driver that keeps the laws ends with 0 and a report of both kinds", () => {
  const page = path.join(folder, "deep/report.md");
  const at = "2026-03-01T08:00:00.000Z";
  const asked = ["--driver", "memory", "--law", "guard.", "--law", "durable.rows"];
  const { status, stdout } = contract(...asked, "--json", "--report", page, "--at", at);
  expect(status).toBe(0);
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({ driver: "memory", at, broken: 0, skipped: 1 });
  expect(report).toHaveProperty("kept", 16);
  expect(readFileSync(page, "utf8")).toContain(`检验时间 / examined | ${at} |`);
});

test("a module with a mistake ends with 1 and names the laws", () => {
  const { status, stdout } = contract("--driver", CARELESS, "--law", "guard.");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^broken {2}guard\.refuses /m);
  expect(stdout).toMatch(/^kept {4}guard\.holds /m);
  expect(stdout).toContain("careless: ");
});

test("a generated case runs again as it was printed", () => {
  const asked = ["--driver", CARELESS, "--law", "model."];
  const first = contract(...asked);
  expect(first.status).toBe(1);
  const seed = /seed: (-?\d+)/.exec(first.stdout)?.[1] ?? "";
  const where = /path: "([\d:]+)"/.exec(first.stdout)?.[1] ?? "";
  const replayPath = /replayPath="([^"]+)"/.exec(first.stdout)?.[1] ?? "";
  const again = contract(
    ...asked,
    ...["--seed", seed, "--path", where, "--replay-path", replayPath],
  );
  expect(again.status).toBe(1);
  expect(again.stdout).toContain("Property failed after 1 tests");
});

test.each([
  [["--driver", "nowhere"], "neither a driver of ours nor a file"],
  [["--driver", "scripts/lib/root.mjs"], "must export"],
  [["--driver", ""], "name a driver"],
  [["--driver", "memory", "--driver", "sqlite"], "--driver is given twice"],
  [["--driver", "scripts"], "is a folder"],
  [["--driver", "README.md"], "cannot be loaded"],
  [["--driver", "memory", "--law", "no.such-law"], "no law"],
  [
    ["--driver", "memory", "--law", "read.order", "--law", "no.such"],
    'no law has an id with "no.such"',
  ],
  [["--driver", "memory", "--runs", "0"], "--runs must be a whole number of at least 1"],
  [["--driver", "memory", "--law-millis", "0"], "--law-millis must be"],
  [["--driver", "memory", "--language", "fr"], "--language must be"],
  [["--driver", "memory", "--report", "package.json/report.md"], "cannot be written"],
  [["--driver", "memory", "--at", "yesterday"], "--at"],
  [["--driver", "memory", "--seed", "x"], "--seed"],
  [["--drivers", "memory"], "Unknown option"],
  [[], "name a driver"],
])("%j ends with 2 and says why", { timeout: 20_000 }, (args, reason) => {
  const { status, stderr } = contract(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).toContain("npm run contract");
});

const ODD = "scripts/test/support/odd.ts";
const asked = ["--driver", ODD, "--law", "guard.", "--law-millis", "200"];

test.each([
  ["open-hangs", "it did not open within 0.2 s"],
  ["open-gives-nothing", "`open` must give `{ storage }`, not undefined"],
  ["in-promises", "wrap the driver with `storageFromPromise`"],
  ["close-hangs", "it did not close within 0.2 s"],
  ["strays-at-once", "nobody caught Error: nobody catches this"],
])("a module that cannot be examined ends with 2 and says why: %s", (odd, reason) => {
  const { status, stderr } = run(asked, odd);
  expect(stderr).toContain(`${ODD} cannot be examined`);
  expect(stderr).toContain(reason);
  expect(status).toBe(2);
});

test("a module that never loads ends with 2 and says so", { timeout: 20_000 }, () => {
  const { status, stderr } = run(asked, "load-hangs");
  expect(stderr).toContain(`${ODD} did not load within 5 s`);
  expect(status).toBe(2);
});

test("what a driver prints never stands in the JSON", () => {
  const { status, stdout, stderr } = run([...asked, "--json"], "prints");
  expect(JSON.parse(stdout)).toMatchObject({ driver: "odd", broken: 0 });
  expect(stderr).toContain("what a driver prints");
  expect(status).toBe(0);
});

test("a hanging method costs a few laws their time, and the rest says so", () => {
  const { status, stdout } = run(asked, "commit-hangs");
  expect(stdout.match(/^broken .* did not end within 0.2 s$/gm)).toHaveLength(3);
  expect(stdout).toMatch(/^skipped .*not asked, because 3 laws in a row/m);
  expect(status).toBe(1);
});

test("a close that fails later and a stray rejection break the law they belong to", () => {
  const closing = run(asked, "close-fails-later");
  expect(closing.stdout).toMatch(/^kept {4}guard\.holds /m);
  expect(closing.stdout).toMatch(
    /^broken {2}guard\.refuses .*the driver does not close: Error: busy/m,
  );
  expect(closing.status).toBe(1);
  const straying = run(asked, "strays");
  expect(straying.stdout).toMatch(/^kept {4}guard\.holds /m);
  expect(straying.stdout).toMatch(/^broken .*nobody caught Error: nobody catches this/m);
  expect(straying.stdout).toContain(" 1 broken");
  expect(straying.status).toBe(1);
});

test("a driver that ends the process loses no finding, and is not kept", () => {
  const page = path.join(folder, "cut.md");
  const { status, stdout, stderr } = run([...asked, "--json", "--report", page], "exits");
  expect(stderr).toContain("cut short: the driver ended the process");
  expect(JSON.parse(stdout)).toMatchObject({ kept: 2, broken: 1 });
  expect(readFileSync(page, "utf8")).toContain("the driver ended the process");
  expect(status).toBe(2);
  const atOnce = run(asked, "exits-at-once");
  expect(atOnce.stderr).toContain("cut short: the driver ended the process");
  expect(atOnce.status).toBe(2);
});

test(
  "what a driver leaves open is named, and does not keep the runner up",
  { timeout: 20_000 },
  () => {
    const { status, stderr } = run(asked, "leaks");
    expect(stderr).toContain("left something open (");
    expect(stderr).toContain("Timeout");
    expect(status).toBe(0);
  },
);

test("a module closes once what it holds itself, and a failure there is told", () => {
  const fine = run(asked, "");
  expect(fine.stderr).toBe("closed once\n");
  expect(fine.status).toBe(0);
  const failing = run(asked, "module-close-fails");
  expect(failing.stdout).toContain("odd: 16 laws kept");
  expect(failing.stderr).toContain("`close` of the driver failed: Error: still busy");
  expect(failing.status).toBe(1);
});
