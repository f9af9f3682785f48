/** Holds `docs/concepts/house.md` against the sources: same rooms, same order, a short reading path. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ROOMS } from "../lib/imports.ts";
import { root } from "../lib/root.mjs";

const page = readFileSync(path.join(root, "docs/concepts/house.md"), "utf8");
const core = path.join(root, "packages/core/src");

const roomsOfPage = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^\| `([a-z]+)` *\|/gm)].map((row) => row[1] ?? "");

const readingPath = (text: string): ReadonlyArray<string> => {
  const section = text.slice(text.toLowerCase().indexOf("reading path"));
  return [...section.matchAll(/`([a-z]+\/[A-Za-z]+\.ts)`/g)].map((file) => file[1] ?? "");
};

test("the page lists the rooms in the order the import test enforces", () => {
  expect(roomsOfPage(page)).toEqual([...ROOMS]);
  expect(roomsOfPage(page.replace("| `time` ", "| `clock` "))).not.toEqual([...ROOMS]);
});

test("every room of the page is a folder of core, and every folder a room", () => {
  const folders = readdirSync(core, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(folders.toSorted()).toEqual([...ROOMS].toSorted());
});

test("the reading path exists, is under 600 lines, and stands in core's README too", () => {
  const files = readingPath(page);
  expect(files.length).toBeGreaterThanOrEqual(4);
  for (const file of files) expect(existsSync(path.join(core, file)), file).toBe(true);
  const lines = files.map(
    (file) => readFileSync(path.join(core, file), "utf8").split("\n").length - 1,
  );
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThan(600);
  const readme = readFileSync(path.join(root, "packages/core/README.md"), "utf8");
  expect(readingPath(readme)).toEqual(files);
});
