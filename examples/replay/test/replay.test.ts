import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import { describe, expect, it } from "vitest";
import { deriveTables } from "../scripts/deriveTables.ts";
import { bostonKey } from "../src/boston.ts";
import { readCsv } from "../src/csv.ts";
import { readRequests } from "../src/requests.ts";
import { BOSTON_2011 } from "../src/session.ts";
import { endOfPeriod, momentsOf } from "../src/timeline.ts";
import { command, commandOn, figures } from "./support.ts";

const file = await Effect.runPromise(readRequests(readCsv(BOSTON_2011), bostonKey, 1_000_000));

describe("the committed requests", () => {
  it("are all read and understood", () => {
    expect(file).toMatchObject({ rows: 58_251, refused: [], unsorted: 0, placeless: 2_867 });
    const { requests } = file;
    expect(requests.filter(({ closedAt }) => closedAt !== null)).toHaveLength(54_570);
    expect(requests.filter(({ targetAt }) => targetAt !== null)).toHaveLength(47_270);
    expect(requests.filter(({ onTime }) => onTime !== null)).toHaveLength(58_093);
  });

  it("hold no free text: every cell is a number, a time or a word of a short list", async () => {
    const [names = [], ...rows] = Array.from(
      await Effect.runPromise(Stream.runCollect(readCsv(BOSTON_2011))),
    );
    expect(names.join(",")).toBe(
      "case_enquiry_id,open_dt,target_dt,closed_dt,ontime,case_status,type,ward,precinct,source,subject,reason",
    );
    for (const [column, name] of names.entries()) {
      if (name === "case_enquiry_id" || name.endsWith("_dt")) {
        expect(rows.every((row) => /^[\d :-]*$/.test(row[column] ?? ""))).toBe(true);
      } else {
        expect(new Set(rows.map((row) => row[column])).size).toBeLessThan(300);
      }
    }
  });

  it("give the tables of the charter: nothing was edited by hand", async () => {
    const tables = new URL("../../../packages/charters/src/boston/tables.ts", import.meta.url);
    const plain = (text: string) => text.replace(/[\s,]+/g, "").replaceAll('"', "");
    expect(plain(readFileSync(tables, "utf8"))).toBe(plain(await deriveTables(BOSTON_2011)));
  });

  it("lie in one order of time, whatever the order of the rows", () => {
    const moments = momentsOf(file.requests);
    expect(momentsOf(file.requests.toReversed())).toEqual(moments);
    expect(moments).toHaveLength(58_251 + 54_570);
    expect(moments.every(({ at }, i) => i === 0 || (moments[i - 1]?.at ?? 0) <= at)).toBe(true);
    expect(new Date(endOfPeriod(bostonKey.calendar, file.requests)).toISOString()).toBe(
      "2012-01-01T05:00:00.000Z",
    );
  });
});

describe("the first 800 requests through the services", async () => {
  const folder = mkdtempSync(join(tmpdir(), "linli-replay-test-"));
  const data = join(folder, "replay.sqlite");
  const first = await figures("--limit", "800", "--data", data);

  it("give exactly these figures", () => {
    expect(first.input).toMatchObject({ rows: 800, accepted: 800, unsorted: 0, placeless: 19 });
    expect(first.routed).toEqual({ city: 89, precinct: 283, triage: 19, ward: 409 });
    expect(first.deadlines).toMatchObject({
      commonTypes: 6,
      targets: 367,
      reproduced: 366,
      ofAllTypes: { targets: 616, reproduced: 611 },
    });
    expect(first.onTime).toEqual({
      recorded: { rows: 597, agree: 597 },
      computed: { bothOnTime: 481, bothLate: 114, onlyComputedOnTime: 1, onlyFlaggedOnTime: 1 },
    });
    expect(first.rungs).toEqual({
      reminders: 177,
      escalations: 55,
      lastRungs: 67,
      reviews: 90,
    });
    expect(first.wards.find(({ unit }) => unit === "ward-18")).toEqual({
      unit: "ward-18",
      reported: 65,
      settled: 64,
      onTime: 36,
      late: 8,
      backlog: 14,
    });
    expect(first.services).toMatchObject({
      commands: 800 + 4 * 784,
      commits: 800 + 784,
      refused: {},
      deadJobs: 0,
      closed: 784,
      backlog: 373,
    });
  });

  it("leave a sound journal with one stream for each request", () => {
    expect(first.journal).toMatchObject({
      streams: 800,
      chained: true,
      verified: { streams: 16, sound: true },
    });
  });

  it("give the same journal each time", async () => {
    const second = await figures("--limit", "800");
    expect(second.journal.digest).toBe(first.journal.digest);
    expect({ ...second, machine: null }).toEqual({ ...first, machine: null });
    const fewer = await figures("--limit", "799");
    expect(fewer.journal.digest).not.toBe(first.journal.digest);
  });

  it("fire rungs exactly for what was not settled in time", () => {
    const database = new DatabaseSync(data, { readOnly: true });
    const late = database
      .prepare(
        'SELECT count(DISTINCT stream) AS late FROM entries WHERE value LIKE \'{"actor":{"type":"clock"}%\'',
      )
      .get();
    const overdue = database
      .prepare(
        "SELECT count(*) AS overdue FROM entries AS e JOIN entries AS r " +
          "ON r.stream = e.stream AND r.version = 1 " +
          "WHERE e.value LIKE '%\"type\":\"Resolved\"%' AND json_extract(e.value, '$.at') >= " +
          "(SELECT min(json_extract(c.value, '$.deadline.dueAt')) FROM json_each(r.value, '$.payload.start') AS c)",
      )
      .get();
    database.close();
    rmSync(folder, { recursive: true });
    // Sixteen were never closed; each of them ran out of time.
    expect(Number(late?.["late"])).toBe(Number(overdue?.["overdue"]) + 16);
  });
});

it("prints a summary for people, and to standard error nothing", async () => {
  const { code, out, err } = await command("--limit", "60");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("Rows read            60, accepted 60");
  expect(out).not.toContain(fileURLToPath(new URL("../../..", import.meta.url)));
});

it("shows progress on a terminal only, beside the figures", async () => {
  const { code, out, err } = await commandOn({ terminal: true }, "--json", "--limit", "60");
  expect(code).toBe(0);
  expect(err).toContain("[########################################] 100 %");
  expect(JSON.parse(out)).toMatchObject({ input: { rows: 60 } });
});
