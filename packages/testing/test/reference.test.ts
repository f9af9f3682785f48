/** `docs/reference/storage-laws.md` says what the laws say. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { storageLawsPage } from "../scripts/reference.ts";
import { storageLaws, storageSaboteurs } from "../src/index.ts";

const page = readFileSync(
  new URL("../../../docs/reference/storage-laws.md", import.meta.url),
  "utf8",
);
// The formatter pads tables.
const words = (text: string) => text.replace(/[\s|-]+/g, " ");

it("is printed from the laws as they are", () => {
  expect(words(page), "run packages/testing/scripts/writeReference.ts").toBe(
    words(storageLawsPage()),
  );
});

it("has every law, with its statement, and every saboteur", () => {
  const plain = storageLaws.filter((law) => !law.id.endsWith("+faults"));
  for (const { id, statement } of plain) {
    expect(page).toContain(`\`${id}\``);
    expect(words(page)).toContain(words(statement));
  }
  for (const { id, caughtBy } of storageSaboteurs) {
    expect(words(page)).toContain(words(`| ${id} |`));
    expect(page).toContain(`\`${caughtBy}\``);
  }
});
