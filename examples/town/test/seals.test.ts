/** The town seals what it writes: its data file verifies under seals, and an edit of it shows. */
import * as Effect from "effect/Effect";
import { execFile } from "node:child_process";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { settingsFrom, StartFault } from "../src/server/settings.ts";
import { openTown } from "../src/server/town.ts";
import { settleDue } from "../src/server/work.ts";
import { ask, cleanUp, openTestTown, temporaryFolder } from "./support.ts";

afterAll(cleanUp);

const LINLI = fileURLToPath(new URL("../../../packages/cli/src/bin.ts", import.meta.url));

const verified = (dataFolder: string) =>
  new Promise<{ readonly code: number; readonly out: string }>((resolve) => {
    const args = [LINLI, "verify", "--data", path.join(dataFolder, "town.db"), "--json"];
    const child = execFile(process.execPath, args, (_, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });

const verdictOf = async (dataFolder: string) => {
  const { code, out } = await verified(dataFolder);
  const [found] = JSON.parse(out).namespaces;
  return { code, ...found.verdict };
};

test("the history of a first start is under seals to its end, and an edit of it shows", async () => {
  const town = await openTestTown();
  const before = await verdictOf(town.dataFolder);
  expect(before).toMatchObject({ code: 0, _tag: "Sound", sealed: before.entries });
  expect(before.seals).toBeGreaterThan(1);
  const body = { type: "report", words: "叶口巷3号楼道灯不亮" };
  expect((await ask(town, { path: "/api/issues", body })).status).toBe(201);
  const after = await verdictOf(town.dataFolder);
  expect(after).toMatchObject({ code: 0, _tag: "Sound", sealed: before.sealed });
  expect(after.entries).toBeGreaterThan(before.entries);
  await town.close();

  const file = new DatabaseSync(path.join(town.dataFolder, "town.db"));
  file.exec("DROP TRIGGER entries_keep_delete");
  file.exec("DELETE FROM entries WHERE seq = (SELECT max(seq) - 3 FROM entries)");
  file.close();
  expect(await verdictOf(town.dataFolder)).toMatchObject({ code: 1, _tag: "Broken" });
});

test("what is written later is sealed on the rhythm of the settings", async () => {
  const dataFolder = temporaryFolder();
  let now = Date.parse("2026-11-22T08:00:00Z");
  const notify = () => undefined;
  const sealEveryMillis = 120_000;
  const sealedOf = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const options = { dataFolder, notify, sealEveryMillis, machineTime: () => now };
        const { linli } = yield* openTown(options);
        const first = (yield* linli.seals()).length;
        yield* linli.begin(
          { type: "report", words: "叶口巷3号楼道灯不亮" },
          { actor: { person: "resident.seals" } },
        );
        const counts: Array<number> = [];
        for (const step of [sealEveryMillis - 1, 1]) {
          now += step;
          yield* settleDue(linli);
          counts.push((yield* linli.seals()).length - first);
        }
        return counts;
      }),
    ),
  );
  expect(sealedOf).toEqual([0, 1]);
  expect(await verdictOf(dataFolder)).toMatchObject({ code: 0, _tag: "Sound" });
});

test("the rhythm is a setting, and nonsense is refused", () => {
  expect(settingsFrom({}).sealEveryMillis).toBe(600_000);
  expect(settingsFrom({ LINLI_SEAL_MINUTES: "1" }).sealEveryMillis).toBe(60_000);
  for (const nonsense of ["0", "-1", "1.5", "1441", "often"])
    expect(() => settingsFrom({ LINLI_SEAL_MINUTES: nonsense })).toThrow(StartFault);
});
