/** `npm run crash`: its arguments, without a crash. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../lib/root.mjs";

const MAIN = path.join(root, "scripts/crash/main.ts");

const crash = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [MAIN, ...args], {
    cwd: root,
    encoding: "utf8",
    // A server that nobody answers for.
    env: { ...process.env, TEST_PG_URL: "postgres://nobody@127.0.0.1:1/none" },
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
  [["--driver", "sqlite", "--kills", "0x2"], "--kills must be"],
  [["--driver", "sqlite", "--seed", "x"], "--seed must be"],
  [["--driver", "sqlite", "--seed", ""], "--seed must be"],
  [["--driver", "sqlite", "--kils", "1"], "--kils"],
])("%j ends with 2 and says why", (args, reason) => {
  const { status, stderr } = crash(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).toContain("npm run crash -- --driver");
});

test("a server that cannot be reached ends it with 2, and no stack trace", () => {
  const { status, stderr, stdout } = crash("--driver", "postgres", "--kills", "1", "--json");
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^the database cannot be used: [^\n]+\n$/);
});

test(
  "interrupted it says how far it came and leaves nothing behind",
  { timeout: 60_000 },
  async () => {
    const cache = path.join(root, "node_modules/.cache/linli");
    const folders = () =>
      existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith("crash-")) : [];
    const before = folders();
    const child = spawn(process.execPath, [MAIN, "--driver", "sqlite", "--kills", "5000"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    // After fifty kills it says so.
    await once(child.stderr, "data");
    child.kill("SIGINT");
    const [code] = await once(child, "close");
    expect(code).toBe(130);
    expect(said).toMatch(
      /^driver: sqlite\nvictim: client\nkills: \d+\nacknowledged: \d+\nlost: 0\n/,
    );
    expect(said).toContain("asked: 5000");
    expect(folders().filter((name) => !before.includes(name))).toEqual([]);
  },
);
