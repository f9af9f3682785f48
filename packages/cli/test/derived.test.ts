/** Lists, jobs, boards, scores and references: clean after any life, and named when tampered with. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeMemoryStorage } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import type { DerivedFinding } from "@linli/core/services";
import { openSqlite } from "@linli/storage-sqlite";
import { smallTown, townLives } from "@linli/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linli, sqliteDriver, storageSource, verifySource } from "../src/index.ts";
import type { VerifyReport } from "../src/index.ts";
import { liveThrough } from "./support/lives.ts";
import { tampered } from "./support/tamper.ts";
import { calendar, charter, liveAWhile, openStreet } from "./support/town.ts";

const folder = mkdtempSync(path.join(tmpdir(), "linli-derived-"));
let files = 0;
const newFile = () => path.join(folder, `${(files += 1)}.sqlite`);

const verifyFile = async (file: string, now: number): Promise<VerifyReport> => {
  const source = await sqliteDriver.open(file);
  try {
    return await verifySource(source, { now });
  } finally {
    await source.close();
  }
};

describe("after any life, nothing is found", () => {
  it("in a data file, whatever was left to work off", () =>
    fc.assert(
      fc.asyncProperty(townLives({ issues: 4, steps: 40 }), fc.boolean(), async (life, work) => {
        const file = newFile();
        const { storage, close } = await openSqlite({ path: file });
        const { now } = await liveThrough(storage, life, { work });
        await close();
        const report = await verifyFile(file, now);
        expect(report.namespaces.map((one) => [one.verdict._tag, one.derived?.findings])).toEqual([
          ["Sound", []],
        ]);
      }),
      { seed: 71, numRuns: 60 },
    ));

  it("after another charter and hierarchy were published half-way", () =>
    fc.assert(
      fc.asyncProperty(
        townLives({ issues: 4, steps: 40 }),
        smallTown(),
        fc.boolean(),
        async (life, midway, work) => {
          const file = newFile();
          const { storage, close } = await openSqlite({ path: file });
          const { now, desk } = await liveThrough(storage, life, { work, midway });
          expect((await verifyFile(file, now)).namespaces[0]?.derived?.findings).toEqual([]);
          while ((await desk.runDue()).more);
          while ((await desk.project()).more);
          await close();
          expect((await verifyFile(file, now)).namespaces[0]?.derived?.findings).toEqual([]);
        },
      ),
      { seed: 73, numRuns: 60 },
    ));

  it("through the port of any driver, which says what it cannot list", () =>
    fc.assert(
      fc.asyncProperty(townLives({ issues: 4, steps: 40 }), async (life) => {
        const storage = makeMemoryStorage();
        const { now } = await liveThrough(storage, life);
        const report = await verifySource(storageSource(storage, "main"), { now });
        const { derived } = report.namespaces[0] ?? {};
        expect(derived?.findings).toEqual([]);
        expect(derived?.looked.jobs).toBeNull();
        expect(derived?.notes.slice(-2).map(({ en }) => en.slice(0, 40))).toEqual([
          "this kind of data does not list waiting ",
          "this kind of data does not list referenc",
        ]);
      }),
      { seed: 72, numRuns: 60 },
    ));
});

const HOUR = 3_600_000;
const person = (id: string) => ({ actor: { person: id } });

/** A street with open, closed and merged issues, an older charter, boards and scores; sound. */
const streetFile = async (): Promise<{ readonly file: string; readonly now: number }> => {
  const file = newFile();
  const { storage, close } = await openSqlite({ path: file });
  const street = await openStreet(storage);
  const { desk, clock } = street;
  await liveAWhile(street, 2);
  const report = { type: "report", place: { unit: "B1" }, category: "repair" };
  const given = { ...report, externalRefs: [{ system: "12345", ref: "2026-77" }] };
  await desk.begin(given, { actor: { person: null, host: true, source: "12345" } });
  const first = await desk.begin({ ...report, words: "漏水" }, person("r-a"));
  const second = await desk.begin({ ...report, words: "又漏水" }, person("r-b"));
  await desk.act(second.issue, { type: "merge", into: first.issue }, person("chief-B1"));
  await desk.project();
  await desk.score("2026-11");
  await desk.publish({ charter: { ...charter, version: "2" } });
  clock.now += 2 * HOUR;
  await desk.act(first.issue, { type: "accept" }, person("chief-B1"));
  await desk.begin(report, person("r-c"));
  await close();
  return { file, now: clock.now };
};

const sound = streetFile();

const judged = async (file: string) => {
  const source = await sqliteDriver.open(file);
  try {
    const { now } = await sound;
    const report = await verifySource(source, { now, calendars: [calendar] });
    return { sound: report.sound, ...report.namespaces[0] };
  } finally {
    await source.close();
  }
};

const findingsAfter = async (
  change: (database: DatabaseSync) => void,
): Promise<ReadonlyArray<Pick<DerivedFinding, "kind" | "row" | "field">>> => {
  const { file } = await sound;
  const { verdict, derived, ...report } = await judged(tampered(file, change));
  expect(verdict?._tag).toBe("Sound");
  const findings = derived?.findings ?? [];
  expect(report.sound).toBe(findings.length === 0);
  for (const { why, advice } of findings) {
    for (const { en, zh } of [why, advice]) {
      expect(en.length).toBeGreaterThan(10);
      expect(zh).toMatch(/\p{Script=Han}/u);
    }
  }
  return findings.map(({ kind, row, field }) => ({ kind, row, field }));
};

const rowsOf = async (sql: string) => {
  const { file } = await sound;
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
  );
};

const oneOf = async (sql: string): Promise<string> =>
  Object.values((await rowsOf(sql))[0] ?? {})[0] ?? "";

const openIssue = () =>
  oneOf("SELECT value AS id FROM jobs WHERE queue = 'clock' AND state = 0 ORDER BY 1");
const closedIssue = () =>
  oneOf(
    "SELECT id FROM rows WHERE kind = 'issue' AND value ->> '$.state.status' = 'merged' ORDER BY 1",
  );
const job = (issue: string) => ({ kind: "job", id: `clock/${issue}` });

describe("what was tampered with is named", () => {
  it("nothing, where nothing was", async () => {
    const { derived } = await judged((await sound).file);
    expect(derived).toMatchObject({ findings: [], more: false });
    for (const many of Object.values(derived?.looked ?? {})) expect(many).toBeGreaterThan(0);
    expect(await closedIssue()).not.toBe("");
  });

  it("each index entry that is gone", async () => {
    const entries = await rowsOf(
      "SELECT kind, index_name, key, id FROM index_entries " +
        "WHERE kind IN ('issue', 'content', 'score', 'board')",
    );
    const names = new Set(entries.map((one) => `${one["kind"]} ${one["index_name"]}`));
    expect([...names].sort()).toEqual([
      "board day",
      "content issue",
      "issue outdated",
      "issue post",
      "issue reporter",
      "issue sponsor",
      "issue under",
      "score month",
      "score place",
    ]);
    const seen = new Map<string, number>();
    for (const { kind = "", index_name: index = "", key = "", id = "" } of entries) {
      const name = `${kind} ${index}`;
      seen.set(name, (seen.get(name) ?? 0) + 1);
      if ((seen.get(name) ?? 0) > 6) continue;
      const found = await findingsAfter((database) => {
        database
          .prepare(
            "DELETE FROM index_entries WHERE kind = ? AND index_name = ? AND key = ? AND id = ?",
          )
          .run(kind, index, key, id);
      });
      const field = `${index}/${key}`;
      const isRow = kind === "board" || kind === "score";
      const as = kind === "board" ? "Board" : kind === "score" ? "Score" : "Index";
      // A board that stands in no index is not found at all: its figures are missing too.
      if (kind === "board") expect(found).toContainEqual(expect.objectContaining({ kind: as }));
      else expect(found, name).toEqual([{ kind: as, row: { kind, id }, field }]);
      expect(isRow || as === "Index").toBe(true);
    }
  });

  it("an issue counted in the wrong unit, twice, or under no issue at all", async () => {
    const issue = await openIssue();
    const key = await oneOf(
      `SELECT key FROM index_entries WHERE index_name = 'under' AND id = '${issue}' ` +
        "AND key LIKE 'B%'",
    );
    const elsewhere = `${key.startsWith("B1") ? "B2" : "B1"}${key.slice(2)}`;
    const row = { kind: "issue", id: issue };
    const set = (sql: string) => (database: DatabaseSync) =>
      void database.prepare(sql).run(elsewhere, key, issue);
    expect(
      await findingsAfter(
        set("UPDATE index_entries SET key = ? WHERE index_name = 'under' AND key = ? AND id = ?"),
      ),
    ).toEqual(
      [key, elsewhere].sort().map((one) => ({ kind: "Index", row, field: `under/${one}` })),
    );
    expect(
      await findingsAfter(
        set(
          "INSERT INTO index_entries SELECT namespace, kind, index_name, ?, id FROM index_entries " +
            "WHERE index_name = 'under' AND key = ? AND id = ?",
        ),
      ),
    ).toEqual([{ kind: "Index", row, field: `under/${elsewhere}` }]);
    expect(
      await findingsAfter((database) => {
        database.exec(
          "INSERT INTO index_entries VALUES ('main', 'issue', 'post', 'chief@B1/000/ghost', 'ghost')",
        );
      }),
    ).toEqual([
      { kind: "Index", row: { kind: "issue", id: "ghost" }, field: "post/chief@B1/000/ghost" },
    ]);
  });

  it("a key that says an issue was not rerouted, where it need not be said", async () => {
    const closed = await closedIssue();
    expect(
      await findingsAfter((database) => {
        database
          .prepare("INSERT INTO index_entries VALUES ('main', 'issue', 'outdated', ?, ?)")
          .run(closed, closed);
      }),
    ).toEqual([{ kind: "Index", row: { kind: "issue", id: closed }, field: `outdated/${closed}` }]);
  });

  it("a clock without a job, however it was lost", async () => {
    const issue = await openIssue();
    const missing = [{ kind: "Job", row: job(issue), field: "" }];
    const change = (sql: string) => (database: DatabaseSync) =>
      void database.prepare(`${sql} WHERE id = ?`).run(`clock/${issue}`);
    expect(await findingsAfter(change("DELETE FROM jobs"))).toEqual(missing);
    expect(await findingsAfter(change("UPDATE jobs SET queue = 'none'"))).toEqual(missing);
    expect(await findingsAfter(change("UPDATE jobs SET state = 1, settled_at = 1"))).toEqual(
      missing,
    );
    const at = (field: string) => [{ kind: "Job", row: job(issue), field }];
    expect(await findingsAfter(change("UPDATE jobs SET due_at = due_at + 1"))).toEqual(
      at("/dueAt"),
    );
    expect(await findingsAfter(change("UPDATE jobs SET key = 'x'"))).toEqual(at("/key"));
    expect(
      await findingsAfter(change("UPDATE jobs SET leased_until = 9000000000000, token = 't'")),
    ).toEqual(at("/leasedUntil"));
    // Earlier does no harm: it fires, finds nothing due, and waits on.
    expect(await findingsAfter(change("UPDATE jobs SET due_at = due_at - 1"))).toEqual([]);
  });

  it("but not a clock that was given up on, which is counted, nor one that was revived later", async () => {
    const issue = await openIssue();
    const { file, now } = await sound;
    const dead = tampered(file, (database) => {
      database
        .prepare("UPDATE jobs SET state = 2, settled_at = ?, reason = 'x' WHERE id = ?")
        .run(now, `clock/${issue}`);
    });
    const { derived } = await judged(dead);
    expect(derived?.findings).toEqual([]);
    expect(derived?.notes.map(({ en }) => en)).toContain(
      "1 clocks were given up on; see desk.deadJobs()",
    );
    const { storage, close } = await openSqlite({ path: dead });
    const later = () => now + 1000 * HOUR;
    const desk = await createDesk({ storage, calendars: [calendar], now: later });
    await desk.revive([`clock/${issue}`], { actor: { person: null, host: true } });
    await close();
    const again = await judged(dead);
    expect(again.derived?.findings).toEqual([]);
    // The lists are still to be made anew since the newer charter was published; that is all.
    expect(again.derived?.notes.map(({ en }) => en)).toEqual([
      expect.stringContaining("lists are being made anew"),
    ]);
    // Later than it was revived is too late.
    const late = tampered(dead, (database) => {
      database.prepare("UPDATE jobs SET due_at = due_at + 1 WHERE id = ?").run(`clock/${issue}`);
    });
    expect((await judged(late)).derived?.findings).toMatchObject([{ field: "/dueAt" }]);
  });

  it("a job without a clock", async () => {
    const [open, closed] = [await openIssue(), await closedIssue()];
    const given =
      (issue: string, value = issue) =>
      (database: DatabaseSync) =>
        void database
          .prepare(
            "INSERT INTO jobs (namespace, id, queue, key, due_at, seq, value) " +
              "VALUES ('main', ?, 'clock', ?, 5, 99999, ?)",
          )
          .run(`clock/${issue}`, issue, value);
    expect(await findingsAfter(given(closed))).toEqual([
      { kind: "Job", row: job(closed), field: "" },
    ]);
    expect(await findingsAfter(given("ghost"))).toEqual([
      { kind: "Job", row: job("ghost"), field: "/value" },
    ]);
    expect(await findingsAfter(given("ghost", open))).toEqual([
      { kind: "Job", row: job("ghost"), field: "/key" },
    ]);
  });

  it("a board that says something else, in any figure, or is gone, or was added", async () => {
    const boards = await rowsOf("SELECT id, value FROM rows WHERE kind = 'board'");
    const change = (sql: string, id: string) => (database: DatabaseSync) =>
      void database.prepare(`${sql} WHERE kind = 'board' AND id = ?`).run(id);
    const [{ id = "" } = {}] = boards;
    for (const figure of ["reported", "settled", "closed", "handedUp", "escalated", "reopened"]) {
      const set = `UPDATE rows SET value = json_set(value, '$.${figure}', 1 + value ->> '$.${figure}')`;
      expect(await findingsAfter(change(set, id))).toEqual([
        { kind: "Board", row: { kind: "board", id }, field: `/${figure}` },
      ]);
    }
    const row = { kind: "board", id };
    const gone = await findingsAfter(change("DELETE FROM rows", id));
    expect(new Set(gone.map((one) => one.row.id))).toEqual(new Set([id]));
    expect(await findingsAfter(change("UPDATE rows SET value = '{'", id))).toContainEqual({
      ...{ kind: "Board", row, field: "" },
    });
    // Moved from one unit to another, so that the sum stays what it was.
    const [, { id: other = "" } = {}] = boards;
    const swapped = await findingsAfter((database) => {
      for (const [one, by] of [
        [id, 1],
        [other, -1],
      ] as const) {
        change(
          `UPDATE rows SET value = json_set(value, '$.reported', ${by} + value ->> '$.reported')`,
          one,
        )(database);
      }
    });
    expect(swapped.map((one) => one.row.id).sort()).toEqual([id, other].sort());
  });

  it("where an issue counts, and how far boards and scores have come", async () => {
    const issue = await oneOf("SELECT id FROM rows WHERE kind = 'boardIssue'");
    expect(
      await findingsAfter((database) => {
        database
          .prepare(
            "UPDATE rows SET value = json_set(value, '$.units[0]', 'B9') " +
              "WHERE kind = 'boardIssue' AND id = ?",
          )
          .run(issue);
      }),
    ).toEqual([{ kind: "Board", row: { kind: "boardIssue", id: issue }, field: "/units/0" }]);
    for (const [name, kind] of [
      ["boards", "Board"],
      ["scores", "Score"],
    ] as const) {
      const set = (cursor: string) => (database: DatabaseSync) =>
        void database
          .prepare(
            "UPDATE rows SET value = json_set(value, '$.cursor', ?) WHERE kind = 'projection' AND id = ?",
          )
          .run(cursor, name);
      const [lost] = await findingsAfter(set("nowhere"));
      expect(lost).toEqual({ kind, row: { kind: "projection", id: name }, field: "/cursor" });
      // Put back, so that entries would be counted twice.
      expect((await findingsAfter(set("3"))).length).toBeGreaterThan(0);
      // Put forward, so that entries would never be counted.
      expect((await findingsAfter(set("99999"))).length).toBeGreaterThan(0);
    }
  });

  it("what scores are computed from", async () => {
    const issue = await oneOf("SELECT id FROM rows WHERE kind = 'score'");
    const row = { kind: "score", id: issue };
    const change = (sql: string) => (database: DatabaseSync) =>
      void database.prepare(`${sql} WHERE kind = 'score' AND id = ?`).run(issue);
    const set = (path: string, value: string) =>
      change(`UPDATE rows SET value = json_set(value, '$.entries${path}', ${value})`);
    const at = (field: string) => [{ kind: "Score", row, field }];
    expect(await findingsAfter(set("[0].event.handler.person", "'else'"))).toEqual(
      at("/entries/0/event/handler/person"),
    );
    expect(await findingsAfter(set("[0].recordedAt", "1"))).toEqual(at("/entries/0/recordedAt"));
    expect(await findingsAfter(change("UPDATE rows SET value = '{'"))).toEqual(at(""));
    expect(await findingsAfter(change("DELETE FROM rows"))).toContainEqual(at("")[0]);
  });

  it("references and receipt codes that lead elsewhere, nowhere, or are gone", async () => {
    for (const kind of ["externalRef", "receiptCode"]) {
      const [{ id = "", value = "" } = {}] = await rowsOf(
        `SELECT id, value FROM rows WHERE kind = '${kind}'`,
      );
      const other = await oneOf(`SELECT id FROM rows WHERE kind = 'issue' AND id <> '${value}'`);
      const row = { kind, id };
      const change = (sql: string) => (database: DatabaseSync) =>
        void database.prepare(`${sql} WHERE kind = ? AND id = ?`).run(kind, id);
      const found = { kind: "Reference", row, field: "" };
      expect(await findingsAfter(change("DELETE FROM rows"))).toEqual([found]);
      for (const elsewhere of [other, "ghost"]) {
        // Once for the issue that lost it, once for the row that leads elsewhere.
        expect(await findingsAfter(change(`UPDATE rows SET value = '${elsewhere}'`))).toEqual([
          found,
          found,
        ]);
      }
      expect(
        await findingsAfter((database) => {
          database
            .prepare("INSERT INTO rows VALUES ('main', ?, 'added', 1, '[]', ?)")
            .run(kind, value);
        }),
      ).toEqual([{ kind: "Reference", row: { kind, id: "added" }, field: "" }]);
    }
  });

  it("published documents that cannot be read", async () => {
    const changed = (sql: string) => findingsAfter((database) => database.exec(sql));
    expect(await changed("DELETE FROM rows WHERE kind = 'current'")).toEqual([
      { kind: "Document", row: { kind: "document", id: "current" }, field: "" },
    ]);
    expect(await changed("UPDATE rows SET value = '{' WHERE kind = 'document'")).toHaveLength(1);
  });
});

describe("the command", () => {
  const run = async (...args: ReadonlyArray<string>) => {
    let out = "";
    const code = await linli(args, { out: (text) => (out += text), err: (text) => (out += text) });
    return { code, out };
  };
  const calendarFile = () => {
    const file = path.join(folder, "plain.json");
    writeFileSync(file, JSON.stringify(calendar));
    return file;
  };

  it("says in both languages which row is wrong, and what to do", async () => {
    const issue = await openIssue();
    const { file } = await sound;
    const copy = tampered(file, (database) => {
      database.prepare("DELETE FROM jobs WHERE id = ?").run(`clock/${issue}`);
    });
    const english = await run("verify", "--data", copy, "--calendar", calendarFile());
    expect(english.out).toContain(
      `main: WRONG job "clock/${issue}" - Job: it is missing: a clock of the issue "${issue}" runs, ` +
        "and nothing will fire it. What to do: any step on the issue, such as urge, schedules its clock anew.",
    );
    expect(english.code).toBe(1);
    const chinese = await run(
      "verify",
      "--data",
      copy,
      "--calendar",
      calendarFile(),
      "--lang",
      "zh",
    );
    expect(chinese.out).toContain(
      `main：有误 job "clock/${issue}" - 时限任务：该任务缺失：事项 "${issue}" 有在走的时限，却没有任务到时触发。` +
        "处理：对该事项的任一操作（如催办）都会重新安排其时限任务。",
    );
    expect(chinese.code).toBe(1);
    // It does not bear on the journal, which may be pinned; but it is said.
    const taken = await run("checkpoint", "--data", copy, "--calendar", calendarFile());
    expect(taken.code).toBe(0);
    expect(taken.out).toContain(`main: WRONG job "clock/${issue}"`);
    expect(taken.out).toContain('"takenAt"');
  });

  it("says what it cannot tell to the last figure, and does not call it wrong", async () => {
    const { file } = await sound;
    const copy = tampered(file, (database) => {
      database.exec(
        "UPDATE rows SET value = json_set(value, '$.reported', 77) WHERE kind = 'board'",
      );
    });
    const without = await run("verify", "--data", copy);
    expect(without.out).toMatch(/note: \d+ board figures differ, which need not be wrong: the cal/);
    expect(without.code).toBe(0);
    const unusable = await run("verify", "--data", copy, "--calendar", copy);
    expect(unusable).toMatchObject({ code: 2 });
    expect((await run("verify", "--data", copy, "--lang", "fr")).code).toBe(2);
  });
});
