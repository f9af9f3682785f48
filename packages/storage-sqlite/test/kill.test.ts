/** An acknowledged commit survives `kill -9`, and nothing half is left. */
import type { CommitBatch } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqlite } from "../src/index.ts";
import { NAMESPACE } from "./batches.ts";
import { makeFolder, removeFolder } from "./temp.ts";

const VICTIM = fileURLToPath(new URL("./killed.ts", import.meta.url));
const KILLS = 5;

/** A small seeded sequence (Lehmer), so that a failing run can be repeated. */
const seeded = (seed: number) => {
  let state = seed;
  return (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
};

/** Lets a child commit until it has acknowledged `enough` and kills it; gives what it acknowledged. */
const commitUntilKilled = async (
  path: string,
  versions: Readonly<Record<string, number>>,
  enough: number,
): Promise<ReadonlyArray<string>> => {
  const child = spawn(process.execPath, [VICTIM, path, JSON.stringify(versions)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    said += text;
    if (said.split("\n").length > enough) child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  // The last line may have been cut; a line that ended was acknowledged.
  return said.split("\n").slice(1, -1);
};

describe("kill -9", () => {
  let folder = "";
  beforeAll(() => {
    folder = makeFolder();
  });
  afterAll(() => removeFolder(folder));

  it("loses no acknowledged commit and leaves none half", { timeout: 60_000 }, async () => {
    const path = join(folder, "killed.db");
    const next = seeded(20_111_231);
    const versions: Record<string, number> = {};
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const lines = await commitUntilKilled(path, versions, 20 + next(180));
      for (const line of lines) {
        const [issue = "", version = ""] = line.split(" ");
        versions[issue] = Math.max(versions[issue] ?? 0, Number(version));
      }
      acknowledged += lines.length;
      await verify(path, versions);
    }
    expect(acknowledged).toBeGreaterThan(KILLS * 10);
  });
});

/** Checks every part of every commit and takes up what was committed but not yet acknowledged. */
const verify = async (path: string, versions: Record<string, number>) => {
  const { storage, close } = await openSqlite({ path });
  const jobs = await Effect.runPromise(
    storage.lease({
      namespace: NAMESPACE,
      queue: "clock",
      now: 5000,
      until: 5001,
      limit: 100,
      owner: "t",
    }),
  );
  for (const [issue, acknowledged] of Object.entries(versions)) {
    const entries = await allEntries(storage, issue);
    const last = entries.length;
    expect(entries.map((one) => one.version)).toEqual(entries.map((_, n) => n + 1));
    // At most the one command that was under way may have been kept without being acknowledged.
    expect([acknowledged, acknowledged + 1]).toContain(last);
    const [row] = await Effect.runPromise(
      storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
    );
    expect(row).toMatchObject({ version: last, value: JSON.stringify({ issue, version: last }) });
    expect(jobs.find((job) => job.key === issue)?.value).toBe(String(last));
    for (let version = 1; version <= last + 1; version += 1) {
      const kept = await Effect.runPromise(
        storage.receipt({ namespace: NAMESPACE, id: `${issue}/${version}` }),
      );
      expect(kept?.value ?? null).toBe(version <= last ? String(version) : null);
    }
    versions[issue] = last;
  }
  const index = await Effect.runPromise(
    storage.scan({
      namespace: NAMESPACE,
      kind: "issue",
      index: "due",
      range: { from: null, to: null },
      order: "ascending",
      limit: 100,
      cursor: null,
    }),
  );
  expect(index.rows.length).toBe(Object.keys(versions).length);
  await close();
};

const allEntries = async (
  storage: Awaited<ReturnType<typeof openSqlite>>["storage"],
  stream: string,
): Promise<ReadonlyArray<CommitBatch["entries"][number]>> => {
  const all: Array<CommitBatch["entries"][number]> = [];
  let after: string | null = null;
  for (;;) {
    const page: { entries: ReadonlyArray<CommitBatch["entries"][number]>; next: string | null } =
      await Effect.runPromise(storage.feed({ namespace: NAMESPACE, after, limit: 500, stream }));
    if (page.entries.length === 0) return all;
    all.push(...page.entries);
    after = page.next;
  }
};
