/** What only a file shows: a torn line, another process, a write that fails. */
import type { CommitBatch } from "@linli/core/ports";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { jsonLinesDatabase } from "../src/driver.ts";
import { openLog } from "../src/log.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "linli-lines-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const openJsonLines = async (path: string) => {
  const { migrate, open } = jsonLinesDatabase(path);
  await migrate();
  return open();
};

const command = (id: string): CommitBatch => ({
  namespace: "town",
  at: 1000,
  rows: [{ kind: "issue", id, expected: 0, value: "{}", indexes: [] }],
  guards: [],
  entries: [{ stream: id, version: 1, value: "{}", hash: "h" }],
  schedule: [],
  cancel: [],
  settle: [],
  receipt: { id, contentHash: "c", value: id, keepUntil: null },
});

it("drops a line that was torn by a crash, at whichever byte, and keeps all before it", async () => {
  const path = join(folder, "town.jsonl");
  const first = await openJsonLines(path);
  await first.storage.commit(command("a"));
  const kept = readFileSync(path);
  await first.storage.commit(command("b"));
  const whole = readFileSync(path);
  await first.close();
  for (let length = kept.length; length < whole.length; length += 7) {
    writeFileSync(path, whole.subarray(0, length));
    const again = await openJsonLines(path);
    const { entries } = await again.storage.feed({
      namespace: "town",
      after: null,
      limit: 10,
      stream: null,
    });
    expect(entries.map((one) => one.stream)).toEqual(["a"]);
    expect(await again.storage.commit(command("b"))).toEqual({ _tag: "Committed" });
    await again.close();
    expect(readFileSync(path).equals(whole)).toBe(true);
  }
});

it("turns a second handle away while the first is open", async () => {
  const path = join(folder, "town.jsonl");
  const first = await openJsonLines(path);
  await expect(openJsonLines(path)).rejects.toMatchObject({ reason: "Locked" });
  await first.close();
  await (await openJsonLines(path)).close();
});

it("turns away while another process is in it, and takes its place once that was killed", async () => {
  const path = join(folder, "town.jsonl");
  const driver = new URL("../src/driver.ts", import.meta.url).href;
  const holding = `
    const { jsonLinesDatabase } = await import(${JSON.stringify(driver)});
    const { migrate, open } = jsonLinesDatabase(${JSON.stringify(path)});
    await migrate();
    const { storage } = await open();
    await storage.commit(${JSON.stringify(command("a"))});
    console.log("open");
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", holding]);
  const gone = once(other, "exit");
  try {
    await Promise.race([once(other.stdout, "data"), gone]);
    expect(other.exitCode, String(other.stderr.read())).toBeNull();
    await expect(openJsonLines(path)).rejects.toMatchObject({ reason: "Locked" });
  } finally {
    other.kill("SIGKILL");
    await gone;
  }
  const { storage, close } = await openJsonLines(path);
  const receipt = await storage.receipt({ namespace: "town", id: "a" });
  expect(receipt).toEqual({ id: "a", contentHash: "c", value: "a" });
  await close();
});

it("leaves alone what a process of somebody else has, and says what to do", async () => {
  const path = join(folder, "town.jsonl");
  // The first process of the machine is always there, and mostly not ours to signal.
  writeFileSync(`${path}.lock`, "1");
  await expect(openJsonLines(path)).rejects.toThrow(/town\.jsonl\.lock .* remove it/);
});

it("writes nothing more after a write that failed", async () => {
  const lines: Array<unknown> = [];
  const log = openLog(join(folder, "log.jsonl"), (line) => lines.push(line));
  log.append({ n: 1 });
  log.close();
  expect(() => log.append({ n: 2 })).toThrow(/could not be written/);
  expect(() => log.append({ n: 3 })).toThrow(/open the storage again/);
  appendFileSync(join(folder, "log.jsonl"), '{"half":');
  openLog(join(folder, "log.jsonl"), (line) => lines.push(line)).close();
  expect(lines).toEqual([{ n: 1 }]);
});
