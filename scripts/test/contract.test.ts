/** `npm run contract`: its reports, and an exit code for each kind of end. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../lib/root.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "linli-contract-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const contract = (...args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, "scripts/contract.ts"), ...args],
    { cwd: root, encoding: "utf8" },
  );
  return { status, stdout, stderr };
};

const CARELESS = "scripts/test/support/careless.ts";

test("a driver that keeps the laws ends with 0 and a report of both kinds", () => {
  const page = path.join(folder, "deep/report.md");
  const at = "2026-03-01T08:00:00.000Z";
  const asked = ["--driver", "memory", "--law", "guard.", "--law", "durable.rows"];
  const { status, stdout } = contract(...asked, "--json", "--report", page, "--at", at);
  expect(status).toBe(0);
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({ driver: "memory", at, broken: 0, skipped: 1 });
  expect(report).toHaveProperty("kept", 10);
  expect(readFileSync(page, "utf8")).toContain(`| examined | ${at} |`);
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
  [["--driver", "memory", "--law", "no.such-law"], "no law"],
  [["--driver", "memory", "--at", "yesterday"], "--at"],
  [["--driver", "memory", "--seed", "x"], "--seed"],
  [["--drivers", "memory"], "Unknown option"],
  [[], "name a driver"],
])("%j ends with 2 and says why", (args, reason) => {
  const { status, stderr } = contract(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).toContain("npm run contract");
});
