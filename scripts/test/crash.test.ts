/** `npm run crash`: its arguments, without a crash. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../lib/root.mjs";

const crash = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [path.join(root, "scripts/crash/main.ts"), ...args], {
    cwd: root,
    encoding: "utf8",
  });

test("asked for help it ends with 0 and says what is assumed", () => {
  const { status, stdout } = crash("--help");
  expect(status).toBe(0);
  expect(stdout).toContain("100 when left out");
});

test.each([
  [[], "--driver must be sqlite or postgres"],
  [["--driver", "sqlite", "--victim", "server"], "sqlite has no server to kill"],
  [["--driver", "sqlite", "--kills", "0"], "--kills must be"],
  [["--driver", "sqlite", "--seed", "x"], "--seed must be"],
  [["--driver", "sqlite", "--kils", "1"], "--kils"],
])("%j ends with 2 and says why", (args, reason) => {
  const { status, stderr } = crash(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).toContain("npm run crash -- --driver");
});
