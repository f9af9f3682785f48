/** The schema as SQL files, the step from the release before, and the views for reporting. */
import { describe, expect, it } from "@effect/vitest";
import { decodeEntry, verifyStream } from "@linli/core/journal";
import { evolve, type IssueState } from "@linli/core/issue";
import { makeLinli, platformDigest } from "@linli/core/services";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { openSqliteStorage, sqliteMigrations } from "../src/index.ts";
import { migrationFile } from "../src/Migrations.ts";
import { freshPath } from "./temp.ts";

const FOLDER = new URL("../migrations/", import.meta.url);

/** Written by the release whose schema was step 1: three issues of Xin'an, one risen by a clock. */
const unpackFirst = (path: string) => {
  const packed = readFileSync(new URL("./fixtures/schema-1.sqlite.gz", import.meta.url));
  writeFileSync(path, gunzipSync(packed));
};

const schemaOf = (path: string) => {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  const meta = database.prepare("SELECT value FROM meta WHERE name = 'schema'").get();
  const mark = database.prepare("PRAGMA application_id").get();
  database.close();
  return { tables, meta, mark };
};

describe("migrations", () => {
  it("lie as files that say what the source says", () => {
    const expected = sqliteMigrations.map(migrationFile);
    expect(readdirSync(FOLDER).sort()).toEqual(expected.map(({ name }) => name));
    for (const { name, text } of expected) {
      expect(readFileSync(new URL(name, FOLDER), "utf8")).toBe(text);
    }
    expect(sqliteMigrations.map(({ step }) => step)).toEqual(
      sqliteMigrations.map((_, at) => at + 1),
    );
  });

  it.effect("run by hand, one after the other, make what opening makes", () =>
    Effect.gen(function* () {
      const byHand = yield* freshPath;
      const opened = yield* freshPath;
      const database = new DatabaseSync(byHand);
      for (const name of readdirSync(FOLDER).sort()) {
        database.exec(readFileSync(new URL(name, FOLDER), "utf8"));
      }
      database.close();
      yield* Effect.scoped(openSqliteStorage({ path: opened }));
      expect(schemaOf(byHand)).toEqual(schemaOf(opened));
      const storage = yield* openSqliteStorage({ path: byHand });
      expect((yield* storage.integrityCheck()).sound).toBe(true);
    }),
  );

  it.effect("that fail half-way leave the file as it was, to be tried again", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      unpackFirst(path);
      const before = schemaOf(path);
      const hindrance = new DatabaseSync(path);
      hindrance.exec("CREATE VIEW view_units AS SELECT 1");
      hindrance.close();
      yield* Effect.flip(Effect.scoped(openSqliteStorage({ path })));
      const helper = new DatabaseSync(path);
      helper.exec("DROP VIEW view_units");
      helper.close();
      expect(schemaOf(path)).toEqual(before);
      const storage = yield* openSqliteStorage({ path });
      expect((yield* storage.integrityCheck()).schema).toBe(sqliteMigrations.length);
    }),
  );
});

describe("a database of the first schema", () => {
  it.effect("opens, verifies, folds to its states and goes on", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      unpackFirst(path);
      const storage = yield* openSqliteStorage({ path });
      expect((yield* storage.integrityCheck()).findings).toEqual([]);
      const digest = platformDigest("SHA-256");
      const read = { namespace: "xinan", after: null, limit: 1000 };
      const { entries } = yield* storage.feed({ ...read, stream: null });
      expect(entries.length).toBe(13);
      const streams = [...new Set(entries.map((one) => one.stream))];
      expect(streams.length).toBe(3);
      for (const stream of streams) {
        const own = (yield* storage.feed({ ...read, stream })).entries;
        const verified = verifyStream(digest, own);
        expect(verified).toMatchObject({ _tag: "Sound", length: own.length });
        let state: IssueState | null = null;
        for (const { value } of own)
          state = evolve(state, Result.getOrThrow(decodeEntry(value)).event);
        const [row] = yield* storage.read({
          namespace: "xinan",
          keys: [{ kind: "issue", id: stream }],
        });
        const stored = JSON.parse(row!.value) as { readonly head: string; readonly state: unknown };
        expect(stored).toEqual({ v: 1, head: own.at(-1)?.hash, state });
      }
      const linli = makeLinli({ storage, namespace: "xinan", now: () => 1_690_200_000_000 });
      expect((yield* linli.history(streams[0]!)).length).toBeGreaterThan(2);
      expect(yield* linli.count("xinan", "final")).toBe(1);
    }),
  );

  it.effect("shows issues, journal, jobs and units to reporting tools", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      unpackFirst(path);
      yield* openSqliteStorage({ path });
      const tool = new DatabaseSync(path, { readOnly: true });
      const all = (sql: string) =>
        tool
          .prepare(sql)
          .all()
          .map((row) => ({ ...row }));
      expect(
        all(
          "SELECT status, handler_post, escalations, hand_ups, due_at IS NULL AS idle FROM view_issues ORDER BY reported_at",
        ),
      ).toEqual([
        { status: "reported", handler_post: "committee", escalations: 1, hand_ups: 1, idle: 0 },
        { status: "resolved", handler_post: "chief", escalations: 0, hand_ups: 0, idle: 0 },
        { status: "closed", handler_post: "chief", escalations: 0, hand_ups: 0, idle: 1 },
      ]);
      expect(
        all(
          "SELECT type, actor, at_utc FROM view_journal WHERE type IN ('HandedUp', 'Escalated') ORDER BY seq",
        ),
      ).toEqual([
        { type: "HandedUp", actor: "person", at_utc: "2023-07-20T02:00:00Z" },
        { type: "Escalated", actor: "clock", at_utc: "2023-07-21T15:59:59Z" },
      ]);
      expect(
        all(
          "SELECT queue, state, count(*) AS n FROM view_jobs GROUP BY queue, state ORDER BY 1, 2",
        ),
      ).toEqual([
        { queue: "clock", state: "waiting", n: 2 },
        { queue: "message", state: "done", n: 4 },
        { queue: "message", state: "waiting", n: 11 },
      ]);
      expect(all("SELECT count(*) AS n FROM view_units")).toEqual([{ n: 1833 }]);
      expect(
        all(
          "SELECT level, name_zh, parents, hierarchy_version FROM view_units WHERE id = 'zhendong'",
        ),
      ).toEqual([
        {
          level: "community",
          name_zh: "镇东社区",
          parents: '{"residential":"xinan"}',
          hierarchy_version: "xinan-1",
        },
      ]);
      tool.close();
    }),
  );
});

describe("the views", () => {
  /** Columns by heading, as the page lists them. */
  const documented = () => {
    const page = readFileSync(
      new URL("../../../docs/reference/reporting-views.md", import.meta.url),
      "utf8",
    );
    const [, ...sections] = page.split(/^## /m);
    return sections.map((section) => ({
      view: `view_${section.split("\n", 1)[0]?.toLowerCase()}`,
      columns: [...section.matchAll(/^\| `(\w+)`/gm)].map(([, column]) => column),
    }));
  };

  it.effect(
    "have the columns that the page lists, in a new file and in one of the first schema",
    () =>
      Effect.gen(function* () {
        for (const old of [false, true]) {
          const path = yield* freshPath;
          if (old) unpackFirst(path);
          yield* openSqliteStorage({ path });
          const tool = new DatabaseSync(path, { readOnly: true });
          const columnsOf = tool.prepare("SELECT name FROM pragma_table_info(?)");
          expect(documented().map(({ view }) => view)).toEqual([
            "view_issues",
            "view_journal",
            "view_jobs",
            "view_units",
          ]);
          for (const { view, columns } of documented()) {
            const found = columnsOf.all(view).map((row) => String(row["name"]));
            expect([...found].sort()).toEqual([...columns].sort());
          }
          tool.close();
        }
      }),
  );

  it.effect("show names of either form, and a damaged row as its id", () =>
    Effect.gen(function* () {
      const path = yield* freshPath;
      const storage = yield* openSqliteStorage({ path });
      const row = (kind: string, id: string, value: unknown) => ({
        ...{ kind, id, expected: 0, indexes: [] },
        value: typeof value === "string" ? value : JSON.stringify(value),
      });
      const units = [
        { id: "plain", level: "street", name: "叶口街", parents: {} },
        { id: "both", level: "street", name: { zh: "东街", en: "East Street" }, parents: {} },
      ];
      yield* storage.commit({
        ...{ namespace: "main", at: 1, guards: [], entries: [], schedule: [], cancel: [] },
        ...{ settle: [], receipt: null },
        rows: [
          row("current", "hierarchy", { version: "h1", parts: 1 }),
          row("document", "hierarchy/h1/0", { units }),
          row("issue", "damaged", "{no json"),
          row("issue", "whole", {
            state: { status: "closed", charter: { id: "c", version: "2" } },
          }),
        ],
      });
      const tool = new DatabaseSync(path, { readOnly: true });
      const all = (sql: string) =>
        tool
          .prepare(sql)
          .all()
          .map((one) => ({ ...one }));
      expect(all("SELECT id, name_zh, name_en, moves FROM view_units ORDER BY id")).toEqual([
        { id: "both", name_zh: "东街", name_en: "East Street", moves: null },
        { id: "plain", name_zh: "叶口街", name_en: "叶口街", moves: null },
      ]);
      expect(all("SELECT id, status, charter_id FROM view_issues ORDER BY id")).toEqual([
        { id: "damaged", status: null, charter_id: null },
        { id: "whole", status: "closed", charter_id: "c" },
      ]);
      tool.close();
    }),
  );
});
