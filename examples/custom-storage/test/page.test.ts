/** `docs/adapters/storage.md` shows this driver as it is, and the driver is as small as it says. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { adapterPage, partOf } from "../scripts/page.ts";

const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");
// The formatter pads tables and wraps code.
const letters = (text: string) => text.replace(/[\s|,;()-]+/g, "");

it("is built from the sources", () => {
  const page = read("../../../docs/adapters/storage.md");
  expect(letters(page), "run examples/custom-storage/scripts/writePage.ts").toBe(
    letters(adapterPage()),
  );
  expect(page).not.toContain("{{");
});

it("takes parts of the sources whole, with their comments", () => {
  const source = "const a = 1;\n\n/** Two. */\nconst b = () => {\n  return 2;\n};\nconst c = 3;\n";
  expect(partOf(source, "a")).toBe("const a = 1;");
  expect(partOf(source, "b")).toBe("/** Two. */\nconst b = () => {\n  return 2;\n};");
  expect(partOf("{\n  go: async () =>\n    1,\n  stop: async () => 2,\n}", "go()")).toBe(
    "go: async () =>\n  1,",
  );
  expect(() => partOf(source, "d")).toThrow("no `d`");
});

it("is about fewer than 250 lines of code", () => {
  const code = [read("../src/driver.ts"), read("../src/log.ts")]
    .flatMap((source) => source.split("\n"))
    .filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line));
  expect(code.length).toBeLessThan(250);
});
