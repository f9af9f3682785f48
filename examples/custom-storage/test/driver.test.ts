/** What only a file shows: a torn line, another process, a write that fails. */
import type { CommitBatch } from "@linli/core/ports";
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

it("turns a second handle away while the first is open, and takes a dead one's place", async () => {
  const path = join(folder, "town.jsonl");
  const first = await openJsonLines(path);
  await expect(openJsonLines(path)).rejects.toMatchObject({ reason: "Locked" });
  await first.close();
  // No process has this number: what is left of one that was killed.
  writeFileSync(`${path}.lock`, "4194305");
  await (await openJsonLines(path)).close();
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
