/** What people say stands nowhere in the town's data, and who read it is journaled. */
import { calendarCn } from "@linli/calendar-cn";
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import { createDesk } from "@linli/core/promise";
import { openSqlite } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import { readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { StartFault } from "../src/server/settings.ts";
import { CHIEF, RESIDENT } from "../src/stories/cast.ts";
import { ask, cleanUp, openTestTown, temporaryFolder } from "./support.ts";

afterAll(cleanUp);

const WORDS = "叶口巷3号楼道灯不亮，样例电话00011112222";

/** Files of a folder that hold a text, whatever the table or page. */
const filesWith = (folder: string, text: string): ReadonlyArray<string> =>
  readdirSync(folder).filter((file) => readFileSync(path.join(folder, file)).includes(text));

const sessionOf = async (town: { readonly address: string }, person: string) =>
  (await ask(town, { path: "/api/session", body: { person } })).body.token as string;

test("words and receipt codes stand in no file, nor in logs and notices, and are forgotten with their person", async () => {
  const town = await openTestTown();
  const token = await sessionOf(town, RESIDENT);
  const body = { type: "report", words: WORDS };
  const { body: made } = await ask(town, { path: "/api/issues", body, token });
  const { issue, receiptCode } = made as { readonly issue: string; readonly receiptCode: string };
  const chief = await sessionOf(town, CHIEF);
  const seen = await ask(town, { path: `/api/issues/${issue}`, token: chief });
  expect(JSON.stringify(seen.body)).toContain(WORDS);
  for (const text of ["样例电话", "00011112222", receiptCode])
    expect([text, filesWith(town.dataFolder, text)]).toEqual([text, []]);
  expect(filesWith(town.dataFolder, issue)).not.toEqual([]);
  for (const line of [...town.logs, ...town.notices]) expect(line).not.toMatch(/00011112222/);

  const host = { actor: { person: null, host: true } };
  await Effect.runPromise(town.town.linli.erase(RESIDENT, host));
  const after = await ask(town, { path: `/api/issues/${issue}`, token: chief });
  expect(JSON.stringify(after.body)).not.toContain("样例电话");
  expect(await Effect.runPromise(town.town.linli.verifyJournal())).toMatchObject({ _tag: "Sound" });
  await town.close();
  expect(filesWith(town.dataFolder, "00011112222")).toEqual([]);
});

test("who read is journaled when the town is closed in good order", async () => {
  const town = await openTestTown();
  const { body } = await ask(town, { path: "/api/issues", body: { type: "report", words: WORDS } });
  const chief = await sessionOf(town, CHIEF);
  await ask(town, { path: `/api/issues/${body.issue}`, token: chief });
  await town.close();
  const again = await openTestTown(town.dataFolder);
  const held = await Effect.runPromise(
    again.town.linli.exportPerson(CHIEF, { actor: { person: null, host: true } }),
  );
  expect(held.entries.filter(({ type }) => type === "SealedRead")).not.toEqual([]);
  await again.close();
});

test("another key file, or none, is refused at the start", async () => {
  const town = await openTestTown();
  await town.close();
  const keys = path.join(town.dataFolder, "keys.db");
  renameSync(keys, `${keys}.away`);
  await expect(openTestTown(town.dataFolder)).rejects.toBeInstanceOf(StartFault);
});

test("a folder of an earlier release is sealed at the start", async () => {
  const folder = temporaryFolder();
  const { close, storage } = await openSqlite({ path: path.join(folder, "town.db") });
  const plain = await createDesk({
    ...{ storage, namespace: "xinan", calendars: [calendarCn()], charter: xinanCharter },
    ...{ hierarchy: xinanHierarchy(), directory: xinanDirectory() },
  });
  await plain.begin({ type: "report", words: WORDS }, { actor: { person: RESIDENT } });
  expect((await plain.plainContents()).contents).toHaveLength(1);
  await close();
  const town = await openTestTown(folder);
  expect((await Effect.runPromise(town.town.linli.plainContents())).contents).toEqual([]);
  await town.close();
});
