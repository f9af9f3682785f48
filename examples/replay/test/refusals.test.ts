import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CSV_LIMITS, readCsv } from "../src/csv.ts";
import { command, figures, fixture } from "./support.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linli-replay-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const HEADER =
  "case_enquiry_id,open_dt,target_dt,closed_dt,ontime,case_status,type,ward,precinct,source";
const GOOD = "1,2011-07-05 10:00:00,,,ONTIME,Open,Notification,Ward 1,0101,Self Service";

describe("rows", () => {
  it("are refused one by one, each with its number and reason, and the rest is replayed", async () => {
    const { input, services, routed } = await figures("--input", fixture("dirty.csv"));
    expect(input.refusedRows).toEqual([
      { row: 4, reason: "duplicate" },
      { row: 5, reason: "cells" },
      { row: 6, reason: "id" },
      { row: 7, reason: "openDate" },
      { row: 8, reason: "openDate" },
      { row: 9, reason: "targetDate" },
      { row: 10, reason: "closedDate" },
      { row: 11, reason: "closedBeforeOpen" },
      { row: 12, reason: "status" },
      { row: 13, reason: "status" },
      { row: 14, reason: "flag" },
      { row: 15, reason: "targetDate" },
      { row: 16, reason: "cells" },
    ]);
    expect(input).toMatchObject({ rows: 17, accepted: 4, unsorted: 1, placeless: 1 });
    expect(input.refused).toEqual({
      cells: 2,
      closedBeforeOpen: 1,
      closedDate: 1,
      duplicate: 1,
      flag: 1,
      id: 1,
      openDate: 2,
      status: 2,
      targetDate: 2,
    });
    expect(routed).toEqual({ city: 1, precinct: 1, triage: 1, ward: 1 });
    expect(services).toMatchObject({ commands: 16, commits: 7, refused: {}, closed: 3 });
  });

  it("leave nothing of their text in what is printed", async () => {
    for (const args of [[], ["--json"]]) {
      const { out, err } = await command("--input", fixture("dirty.csv"), ...args);
      for (const text of ["passwd", "Quantum", "line break", "MAYBE", "Pending", "soon"]) {
        expect(out + err).not.toContain(text);
      }
    }
  });
});

describe("hostile cells", () => {
  const row = (cells: Readonly<Record<string, string>>): string => {
    const sound: Readonly<Record<string, string>> = {
      open_dt: "2011-07-05 10:00:00",
      ontime: "ONTIME",
      case_status: "Open",
      type: "Notification",
      ward: "Ward 1",
      precinct: "0101",
      source: "Self Service",
    };
    return HEADER.split(",")
      .map((column) => cells[column] ?? sound[column] ?? "")
      .join(",");
  };
  const replayed = (name: string, rows: ReadonlyArray<string>) =>
    figures("--input", file(name, [HEADER, ...rows].join("\n")));

  it("in an id or a date refuse the row: prototypes, NUL, controls, dates beyond the calendar", async () => {
    const { input } = await replayed("hostile.csv", [
      row({ case_enquiry_id: "__proto__" }),
      row({ case_enquiry_id: "a\u0000b" }),
      row({ case_enquiry_id: "a\u0007b" }),
      row({ case_enquiry_id: "9".repeat(61) }),
      row({ case_enquiry_id: "h-1", open_dt: "9999-12-31 00:00:00" }),
      row({ case_enquiry_id: "h-2", open_dt: "0001-01-01 00:00:00" }),
      row({ case_enquiry_id: "h-3", open_dt: "2011-07-05 10:00:00\u0000" }),
      row({ case_enquiry_id: "h-4", target_dt: "275760-09-13 00:00:00" }),
      row({ case_enquiry_id: "h-5", ontime: "__proto__" }),
      row({ case_enquiry_id: "9007199254740993" }),
    ]);
    expect(input.refusedRows.map(({ reason }) => reason)).toEqual([
      ...["id", "id", "id", "id", "openDate", "openDate", "openDate", "targetDate", "flag"],
    ]);
    // An id is text: beyond the safe integers it stays what it was.
    expect(input).toMatchObject({ rows: 10, accepted: 1 });
  });

  it("in a type or a place are of no category and no unit, and go to the triage desk", async () => {
    const strange = ["__proto__", "constructor", "toString", "\u0000", "\ufffd", "💡".repeat(50)];
    const { input, routed } = await replayed(
      "strange.csv",
      strange.map((text, i) =>
        row({ case_enquiry_id: `s-${i}`, type: text, ward: text, precinct: text }),
      ),
    );
    expect(input).toMatchObject({ rows: 6, accepted: 6, unsorted: 6, placeless: 6 });
    expect(routed).toEqual({ triage: 6 });
  });
});

describe("a file that is no such CSV is refused whole with exit code 2", () => {
  const cases: ReadonlyArray<readonly [string, () => string, string]> = [
    ["that does not exist", () => join(folder, "nothing.csv"), "cannot be read (ENOENT)"],
    ["that is a folder", () => folder, "cannot be read (EISDIR)"],
    ["that is empty", () => file("empty.csv", ""), "is empty"],
    [
      "that is binary",
      () =>
        file(
          "binary.csv",
          Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251),
        ),
      "is not UTF-8 text",
    ],
    [
      "in another encoding",
      // 垃圾 in GB 18030, as office programs save it.
      () =>
        file(
          "gbk.csv",
          Buffer.concat([Buffer.from(`${HEADER}\n${GOOD},`), Buffer.from("c0acbbf8", "hex")]),
        ),
      "is not UTF-8 text",
    ],
    [
      "with half a surrogate",
      () =>
        file(
          "half.csv",
          Buffer.concat([Buffer.from(`${HEADER}\n${GOOD}`), Buffer.from("eda080", "hex")]),
        ),
      "is not UTF-8 text",
    ],
    [
      "that ends within a letter",
      () =>
        file(
          "cut.csv",
          Buffer.concat([Buffer.from(`${HEADER}\n${GOOD}`), Buffer.from("e59e", "hex")]),
        ),
      "is not UTF-8 text",
    ],
    ["without a column", () => file("less.csv", HEADER.replace(",ward", "")), "/0/ward: column"],
    ["with a column twice", () => file("twice.csv", `${HEADER},ward`), "/0/ward: column stands"],
    [
      "with a quote left open",
      () => file("quote.csv", `${HEADER}\n${GOOD}\n"2,${GOOD}`),
      "csv at /2: is not CSV",
    ],
    [
      "with one endless record",
      () => file("long.csv", `${HEADER}\n${"x".repeat(CSV_LIMITS.recordSize + 1)}`),
      "csv at /1: is longer",
    ],
    [
      "that is damaged gzip",
      () => file("cut.csv.gz", gzipSync(`${HEADER}\n${GOOD}\n`).subarray(0, 40)),
      "is a damaged gzip file",
    ],
  ];
  it.each(cases)("%s", async (_, path, words) => {
    const data = join(folder, "untouched.sqlite");
    const { code, out, err } = await command("--input", path(), "--data", data);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(words);
    expect(err).not.toContain(folder);
    expect(readdirSync(folder)).not.toContain("untouched.sqlite");
  });

  it("that is larger than allowed, however small it is compressed", async () => {
    const path = file("bomb.csv.gz", gzipSync(`${HEADER}\n${`${GOOD}\n`.repeat(5_000)}`));
    const read = (limits: Partial<typeof CSV_LIMITS>) =>
      Effect.runPromise(Stream.runCollect(readCsv(path, { ...CSV_LIMITS, ...limits })));
    await expect(read({ bytes: 10_000 })).rejects.toMatchObject({
      _tag: "InputError",
      reason: "is larger than 10000 bytes",
    });
    await expect(read({ records: 4_999 })).rejects.toMatchObject({ _tag: "InputError" });
    await expect(read({ columns: 9 })).rejects.toMatchObject({ path: "/0" });
    expect(await read({ records: 5_000, columns: 10 })).toHaveLength(5_001);
  });
});

describe("arguments", () => {
  it.each([["--limit", "0"], ["--limit", "many"], ["--limit"], ["--colour"], ["file.csv"]])(
    "%s %s",
    async (...args) => {
      const { code, out, err } = await command(...args.filter((arg) => arg !== undefined));
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain("npm run replay");
    },
  );

  it("--help", async () => {
    expect(await command("--help")).toMatchObject({ code: 0, err: "" });
  });

  it("--data naming a file with a journal is refused, and the journal stays as it was", async () => {
    const data = join(folder, "kept.sqlite");
    const args = ["--data", data, "--input", fixture("dirty.csv")];
    const first = await figures(...args);
    expect((await command(...args)).err).toContain("holds a journal already");
    expect((await command(...args)).code).toBe(2);
    expect(first.journal.streams).toBe(4);
  });
});
