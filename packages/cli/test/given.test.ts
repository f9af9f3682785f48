/** Whatever is given: help, links, numbers and documents that nobody wrote, a reader who goes away. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openSqlite } from "@linli/storage-sqlite";
import { afterAll, describe, expect, it } from "vitest";
import type { VerifyReport } from "../src/index.ts";
import { run } from "./support/run.ts";
import { editText, linesOf, tampered } from "./support/tamper.ts";
import { liveAWhile, openStreet } from "./support/town.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const V1 = here("fixtures/v1.sqlite");
const SEALS = here("fixtures/v1.seals");
const ENTRIES = 36;
const folder = mkdtempSync(path.join(tmpdir(), "linli-given-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mainOf = async (file: string, ...more: ReadonlyArray<string>) => {
  const { code, out } = await run("verify", "--data", file, "--json", ...more);
  expect(code).toBe(1);
  return (JSON.parse(out) as VerifyReport).namespaces.find(({ namespace }) => namespace === "main");
};

describe("help", () => {
  it.each(["--help", "-h", "help", "verify --help", "checkpoint --json -h"])(
    "is given for %s",
    async (args) => {
      const { code, out, err } = await run(...args.split(" "));
      expect([code, err]).toEqual([0, ""]);
      expect(out).toContain("linli verify --data FILE|URL");
    },
  );
});

describe("the data", () => {
  it("are read through a link as they are, while a program works on them", async () => {
    const file = path.join(folder, "town.sqlite");
    const link = path.join(folder, "link.sqlite");
    symlinkSync(file, link);
    const { storage, close } = await openSqlite({ path: file });
    await liveAWhile(await openStreet(storage), 1);
    const direct = await run("verify", "--data", file);
    expect(direct).toMatchObject({ code: 0, err: "" });
    expect(await run("verify", "--data", link)).toEqual(direct);
    await close();
  });

  it("name the namespaces there are when another is asked for", async () => {
    expect((await run("verify", "--data", V1, "--namespace", "nowhere")).err).toBe(
      "linli: the data holds no namespace nowhere; there are: main, with-sm3\n",
    );
  });
});

describe("a number larger than any that was written", () => {
  const HUGE = ["9007199254740993", "9223372036854775807", "-9223372036854775808"];

  it.each([0, 17, ENTRIES - 1])("is named where it stands in the journal, at %i", async (at) => {
    for (const huge of HUGE) {
      const file = tampered(V1, (database) => {
        const { seq } = linesOf(database)[at] ?? {};
        database.exec(`UPDATE entries SET version = ${huge} WHERE seq = ${seq}`);
      });
      const found = await mainOf(file, "--seals", SEALS);
      expect(found?.verdict).toMatchObject({ _tag: "Broken", fault: { position: at + 1 } });
    }
  });

  it("is named where it stands in a job, which then would never run", async () => {
    for (const huge of HUGE.slice(0, 2)) {
      const sql = `UPDATE jobs SET due_at = ${huge} WHERE queue = 'clock' AND namespace = 'main'`;
      const found = await mainOf(tampered(V1, (database) => database.exec(sql)));
      expect(found?.derived?.findings.map(({ kind }) => kind)).toContain("Job");
    }
  });
});

it("a place is said as one says it, in English and in Chinese", async () => {
  const at = 4;
  const file = tampered(V1, editText(at));
  expect((await run("verify", "--data", file)).out).toContain(
    `main: BROKEN at entry ${at + 1}, stream "`,
  );
  expect((await run("verify", "--data", file, "--lang", "zh")).out).toContain(
    `main：已损坏 第 ${at + 1} 条，流 "`,
  );
});

describe("a published document", () => {
  const set = (kind: string, id: string, value: string) => (database: DatabaseSync) =>
    void database
      .prepare("UPDATE rows SET value = ? WHERE namespace = 'main' AND kind = ? AND id LIKE ?")
      .run(value, kind, `${id}%`);

  it.each([
    ["document", "hierarchy", '{"linli":1}'],
    ["document", "hierarchy", '{"version":"h1","units":[null]}'],
    ["document", "hierarchy", "[]"],
    ["document", "charter", '{"linli":1}'],
    ["current", "charter", '{"v":1,"parts":1}'],
    ["current", "charter", '{"v":1,"version":5,"parts":1}'],
    ["current", "charter", '{"v":1,"version":"fixture-street@1","parts":1,"earlier":5}'],
    ["current", "hierarchy", '{"v":1,"version":null,"parts":1}'],
    ["current", "hierarchy", '{"v":1,"version":"h1","parts":"x"}'],
  ])("in another form is named: %s %s %s", async (kind, id, value) => {
    const found = await mainOf(tampered(V1, set(kind, id, value)));
    expect(found?.derived?.findings).toMatchObject([{ kind: "Document" }]);
  });
});

it("a reader who goes away ends the program in order", async () => {
  const child = spawn(process.execPath, [here("../src/bin.ts"), "verify", "--data", V1, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let complaint = "";
  child.stderr.on("data", (text) => (complaint += text));
  const [code] = await once(child, "close");
  expect([code, complaint]).toEqual([0, ""]);
});
