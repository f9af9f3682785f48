/** The jobs that follow a publication, killed with `kill -9` half-way and gone on with by another process. */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSqlite } from "../src/index.ts";
import { BEGIN, changes, first, openStreet } from "./street.ts";
import { makeFolder, removeFolder } from "./temp.ts";

const VICTIM = fileURLToPath(new URL("./movedVictim.ts", import.meta.url));
const ISSUES = 30;
const KILLS = 3;
const MINUTE = 60_000;

/** A small seeded sequence (Lehmer), so that a failing run can be repeated. */
const seeded = (seed: number) => {
  let state = seed;
  return (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
};

/** Lets a child work until it has made `enough` commits and kills it a moment later, in the midst of what comes then. */
const workUntilKilled = async (
  path: string,
  at: { readonly now: number; readonly enough: number; readonly spins: number },
) => {
  const child = spawn(process.execPath, [VICTIM, path, String(at.now), "1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let done = 0;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    done += text.split("\n").length - 1;
    if (done < at.enough) return;
    // A few turns later or sooner: before, within or after the next commit.
    for (let spin = 0; spin < at.spins; spin += 1) performance.now();
    child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  return { done, signal };
};

/** All that can be asked of a street: rows with their index entries, the journal, and what is left to do. */
const everythingOf = async (storage: Storage) => {
  const rows: Array<string> = [];
  for (const index of ["under", "post", "sponsor", "reporter", "outdated"]) {
    const page = await Effect.runPromise(
      storage.scan({
        ...{ namespace: "main", kind: "issue", index, range: { from: null, to: null } },
        ...{ order: "ascending", limit: 1000, cursor: null },
      }),
    );
    // Versions of rows say how often they were written, which a repeated page may do again.
    for (const { id, key, value } of page.rows) {
      rows.push(`${index} ${key.replace(/\/0\d{14}\//, "/")} ${id} ${plain(value)}`);
    }
  }
  const feed = await Effect.runPromise(
    storage.feed({ namespace: "main", after: null, limit: 1000, stream: null }),
  );
  const entries = feed.entries.map(({ stream, version, value }) => ({
    ...{ stream, version, value: plain(value) },
  }));
  return { rows: rows.sort(), entries: entries.sort(byStream) };
};

const byStream = (a: { stream: string; version: number }, b: typeof a) =>
  a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.version - b.version;

// Whoever went on did so minutes later, so instants and the hashes over them differ; nothing else may.
const plain = (value: string): string =>
  value
    .replace(/"(?:head|payloadHash)":"[^"]*"/g, "")
    .replace(/"(?:at|lastAt|recordedAt|startedAt|dueAt)":\d+/g, "");

const finish = async (path: string, now: number) => {
  const { desk, storage, close } = await openStreet(path, now);
  for (let pass = 0; (await desk.runDue({ limit: 7 })).more; pass += 1) {
    if (pass > 100) throw new Error("work never ends");
  }
  const everything = await everythingOf(storage);
  const ends = [await desk.rekeying(), await desk.rerouting()];
  await close();
  return { everything, ends };
};

let folder = "";
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

for (const [what, publication] of Object.entries(changes)) {
  it(`${what}: killed half-way, it ends as if nobody had`, { timeout: 60_000 }, async () => {
    const path = join(folder, `${what}.db`);
    const database = await openStreet(path, BEGIN, first);
    for (let count = 0; count < ISSUES; count += 1) {
      const report = { type: "report", place: { unit: "B" }, category: "repair" };
      await database.desk.begin(report, { actor: { person: "resident" } });
    }
    await database.desk.publish(publication);
    await database.close();
    const calm = join(folder, `${what}-calm.db`);
    copyFileSync(path, calm);
    const expected = await finish(calm, BEGIN);
    expect(expected.everything.rows.length).toBeGreaterThan(ISSUES * 4);

    const next = seeded(17_051_811);
    let now = BEGIN;
    let killed = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const at = { now, enough: 1 + next(6), spins: next(30_000) };
      const { done, signal } = await workUntilKilled(path, at);
      expect(done).toBeGreaterThan(0);
      if (signal === "SIGKILL") killed += 1;
      // By then the lease of the dead has ended.
      now += 2 * MINUTE;
    }
    expect(killed).toBe(KILLS);
    const half = await openSqlite({ path });
    expect(await everythingOf(half.storage)).not.toEqual(expected.everything);
    await half.close();
    const ended = await finish(path, now);
    expect(ended.everything).toEqual(expected.everything);
    for (const end of ended.ends) if (end !== null) expect(end.finishedAt).not.toBe(null);
  });
}
