/** Where something is, in the reporter's own words: whoever looks for the unit, or for the door, reads them. */
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import {
  makeMemoryKeyStore,
  makeMemoryStorage,
  platformCipher,
  type Storage,
} from "../src/ports/index.ts";
import type { LinliSettings } from "../src/services/index.ts";
import { openTown, person } from "./support/town.ts";

const NOWHERE = "behind the old boiler house";
const KNOWN = "叶口巷3号三单元门口";

const settings = {
  "as they are": (): Partial<LinliSettings> => ({}),
  "under keys": (): Partial<LinliSettings> => ({
    people: { cipher: platformCipher("AES-256-GCM"), keys: makeMemoryKeyStore() },
  }),
};

/** A storage in which the place of every content that is read is another. */
const moved = (storage: Storage): Storage => ({
  ...storage,
  read: (request) =>
    Effect.map(storage.read(request), (rows) =>
      rows.map((row) =>
        row?.kind === "content" ? { ...row, value: row.value.replace(NOWHERE, "elsewhere") } : row,
      ),
    ),
});

for (const [how, made] of Object.entries(settings)) {
  describe(`words of a place, stored ${how}`, () => {
    test("nobody knows the place: the triage desk reads them", async () => {
      const { desk } = await openTown({ settings: made() });
      const report = { type: "report", place: { words: NOWHERE }, words: "no light" };
      const { issue } = await desk.begin(report, { actor: person("resident") });
      const view = await desk.view(issue, { viewer: person("desk") });
      expect(view.unit).toBeNull();
      expect(view.contents).toMatchObject([{ words: "no light", place: NOWHERE }]);
    });

    test("they name a unit and a door: the chief reads where, also when nothing else is said", async () => {
      const { desk } = await openTown({ settings: made() });
      const report = { type: "report", place: { words: KNOWN }, category: "repair" };
      const { issue } = await desk.begin(report, { actor: person("resident") });
      const view = await desk.view(issue, { viewer: person("chief-1") });
      expect(view.unit).toBe("B1");
      expect(view.contents).toMatchObject([{ words: null, place: KNOWN }]);
    });

    test("a unit has no words of its own", async () => {
      const { desk } = await openTown({ settings: made() });
      const report = {
        type: "report",
        place: { unit: "B1" },
        category: "repair",
        words: "no light",
      };
      const { issue } = await desk.begin(report, { actor: person("resident") });
      const view = await desk.view(issue, { viewer: person("chief-1") });
      expect(view.contents?.map((content) => "place" in content)).toEqual([false]);
    });

    test("the journal holds them", async () => {
      const storage = makeMemoryStorage();
      const shared = made();
      const { desk } = await openTown({ storage, settings: shared });
      const report = { type: "report", place: { words: NOWHERE }, words: "no light" };
      const { issue } = await desk.begin(report, { actor: person("resident") });
      expect(await desk.verifyJournal()).toMatchObject({ _tag: "Sound" });
      if (shared.people !== undefined) return;
      const forged = await openTown({ storage: moved(storage), settings: shared });
      expect(await forged.desk.verifyJournal()).toMatchObject({
        ...{ _tag: "Broken", fault: { kind: "Content", stream: issue } },
      });
    });
  });
}

test("erasing a person erases where, too", async () => {
  const { desk } = await openTown({ settings: settings["under keys"]() });
  const report = { type: "report", place: { words: NOWHERE }, words: "no light" };
  const { issue } = await desk.begin(report, { actor: person("resident") });
  await desk.erase("resident", { actor: { person: null, host: true } });
  const view = await desk.view(issue, { viewer: person("desk") });
  expect(JSON.stringify(view)).not.toContain(NOWHERE);
  expect(view.contents).toMatchObject([{ words: null, erased: true }]);
});
