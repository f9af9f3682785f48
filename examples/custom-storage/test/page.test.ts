/** `docs/adapters/storage.md` shows this driver as it is, and the driver is as small as it says. */
import * as ports from "@linli/core/ports";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { adapterPage, linesOf, partOf } from "../scripts/page.ts";

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
  const long = "/** One. */\nconst a = 1;\n\n/**\n * Two.\n * Three.\n */\nconst b = 2;\n";
  expect(partOf(long, "b")).toBe("/**\n * Two.\n * Three.\n */\nconst b = 2;");
  expect(partOf("{\n  go: async () =>\n    1,\n  stop: async () => 2,\n}", "go()")).toBe(
    "go: async () =>\n  1,",
  );
  expect(() => partOf(source, "d")).toThrow("no `d`");
});

it("shows a driver in fewer than 250 lines, as the page counts them", () => {
  const [driver, log] = [linesOf("driver.ts"), linesOf("log.ts")];
  expect(driver).toBe(read("../src/driver.ts").match(/\n/g)?.length);
  expect(log).toBe(read("../src/log.ts").match(/\n/g)?.length);
  expect(driver + log).toBeLessThan(250);
  expect(adapterPage()).toContain(`has ${driver} lines`);
  expect(adapterPage()).toContain(`${driver + log} together`);
});

it("lists helpers that are there", () => {
  const [, table = ""] = adapterPage().split("## What is written for you");
  const [rows = ""] = table.split("## Method by method");
  const names = [...rows.matchAll(/`([a-z]\w+)`/g)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !(name in ports))).toEqual([]);
});

it("says of every function it calls where it comes from", () => {
  const page = adapterPage();
  const declared = new Set<string>();
  for (const [, names = ""] of page.matchAll(/import(?: type)? \{([^}]*)\} from/g))
    for (const name of names.split(",")) declared.add(name.trim().replace(/^type /, ""));
  for (const [, name = ""] of page.matchAll(/(?:const|let|interface|type) (\w+)/g))
    declared.add(name);
  const fences = [...page.matchAll(/```(?:TypeScript|ts run|ts types)\n([^]*?)```/g)];
  expect(fences.length).toBeGreaterThan(20);
  const called = fences.flatMap(([, code = ""]) =>
    [...withoutText(code).matchAll(/(?<![.\w])([a-z]\w+)\(/g)].map(([, name = ""]) => name),
  );
  expect([...new Set(called)].filter((name) => !declared.has(name) && !KNOWN.has(name))).toEqual(
    [],
  );
});

// What the language has, and parameters that are called.
const KNOWN = new Set(["if", "for", "while", "catch", "each", "next"]);

const withoutText = (code: string): string =>
  code.replaceAll(/\/\/.*|\/\*[^]*?\*\/|"[^"\n]*"|`[^`]*`/g, "");
