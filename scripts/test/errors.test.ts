/** `docs/reference/errors.md` lists every error and refusal code with its sentence, and nothing else. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { NotifyReason, StorageReason } from "@linli/core/ports";
import { REFUSAL_TEXTS } from "@linli/core/issue";
import { expect, test } from "vitest";
import { root } from "../lib/root.mjs";

const page = readFileSync(path.join(root, "docs/reference/errors.md"), "utf8");
const rowsOf = (title: string): ReadonlyArray<ReadonlyArray<string>> => {
  const section = page.slice(page.indexOf(`## ${title}`)).split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([A-Za-z]+)`\s*\|(.*)\|$/gm)].map((row) => [
    row[1] ?? "",
    ...(row[2] ?? "").split("|").map((cell) => cell.trim()),
  ]);
};

test("refusal codes stand there with the library's own sentences", () => {
  const listed = Object.fromEntries(rowsOf("Refusal").map(([code, zh, en]) => [code, { zh, en }]));
  expect(listed).toEqual(REFUSAL_TEXTS);
});

test("storage and notification reasons are complete", () => {
  expect(rowsOf("StorageError").map(([reason]) => reason)).toEqual([...StorageReason.literals]);
  expect(rowsOf("NotifyError").map(([reason]) => reason)).toEqual([...NotifyReason.literals]);
});
