/** The views for reporting tools: their columns as documented, and what they hold. */
import { expect, it } from "@effect/vitest";
import type { IssueState } from "@linli/core/issue";
import * as Effect from "effect/Effect";
import { readFileSync } from "node:fs";
import { migrationIn, openPostgresStorage, postgresMigrations } from "../src/index.ts";
import { freshStorage, scopedSchema, sharedPool, withServer } from "./support/database.ts";
import { liveAWhile, openStreet } from "./support/street.ts";

const PAGE = new URL("../../../docs/reference/reporting-views.md", import.meta.url);

/** Names of the views in the headings of the page, and what the page says differs here. */
const VIEWS = { Issues: "issues", Journal: "journal", Jobs: "job_list", Units: "units" };
const NOT_HERE = /_utc$|^person$|^payload$/;
const ONLY_HERE: Readonly<Record<string, ReadonlyArray<string>>> = {
  issues: [],
  journal: ["xid", "stream", "event", "actor_type", "happened_at"],
  job_list: ["key"],
  units: ["since", "until"],
};

const dateOf = (millis: number | null | undefined) =>
  millis === null || millis === undefined ? null : new Date(millis);

/** The line of an issue, out of its state. */
const lineOf = (state: IssueState) => {
  const running = state.clocks.filter((clock) => clock.paused === null);
  const due = Math.min(...running.map((clock) => clock.deadline.dueAt));
  return {
    version: String(state.version),
    ...{ kind: state.kind, status: state.status, category: state.category, unit: state.unit },
    ...{ course: state.routed.course, rule: state.routed.rule },
    ...{ charter: state.charter.id, charter_id: state.charter.id },
    charter_version: state.charter.version,
    ...{ handler_post: state.handler.post, handler_unit: state.handler.unit },
    ...{ sponsor_post: state.sponsor?.post ?? null, sponsor_unit: state.sponsor?.unit ?? null },
    due_at: running.length === 0 ? null : new Date(due),
    ...{ reported_at: dateOf(state.reportedAt), accepted_at: dateOf(state.acceptedAt) },
    ...{ settled_at: dateOf(state.settlement?.at), settled_level: state.settlement?.level ?? null },
    ...{ closed_at: dateOf(state.closedAt), last_at: dateOf(state.lastAt) },
    ...{ hand_ups: state.handUps, escalations: state.escalations, reopened: state.reopened },
    supervised: state.supervised ? 1 : 0,
  };
};

withServer("views", (url) => {
  const query = (text: string) => Effect.promise(() => sharedPool(url).query(text));

  it.effect("have the columns that the page lists", () =>
    Effect.gen(function* () {
      const { schema } = yield* freshStorage(url);
      const [, ...sections] = readFileSync(PAGE, "utf8").split(/^## /m);
      expect(sections.map((section) => section.split("\n", 1)[0])).toEqual(Object.keys(VIEWS));
      for (const [n, view] of Object.values(VIEWS).entries()) {
        const listed = [...(sections[n] ?? "").matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
        const here = listed.filter((name) => !NOT_HERE.test(name ?? ""));
        const { rows } = yield* query(
          `SELECT column_name AS name FROM information_schema.columns
          WHERE table_schema = '${schema}' AND table_name = '${view}'`,
        );
        const wanted = [...here, ...(ONLY_HERE[view] ?? [])];
        expect(rows.map((row) => row.name).toSorted()).toEqual(wanted.toSorted());
      }
    }),
  );

  it.effect("hold each issue, entry, job and unit as it stands", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      yield* Effect.promise(async () => liveAWhile(await openStreet(storage, "i"), 2));
      const all = (view: string) => query(`SELECT * FROM ${schema}.${view} ORDER BY id`);
      const stored = yield* query(
        `SELECT id, value FROM ${schema}.rows WHERE kind = 'issue' ORDER BY id`,
      );
      const { rows: issues } = yield* all("issues");
      const states = stored.rows.map((row): IssueState => JSON.parse(row.value).state);
      expect(issues).toEqual(states.map((state) => expect.objectContaining(lineOf(state))));
      // The story has what the columns are about.
      const some = (column: string) => issues.filter((row) => row[column]).length;
      for (const column of ["due_at", "hand_ups", "escalations", "settled_at", "sponsor_post"]) {
        expect([column, some(column) > 0]).toEqual([column, true]);
      }
      const { rows: journal } = yield* query(
        `SELECT stream = issue AND type = event AND at = happened_at AND actor = actor_type
          AND charter = 'trust-street' AND (version = 1) = (previous = '') AS same
        FROM ${schema}.journal WHERE issue LIKE 'i-%'`,
      );
      expect(journal.length).toBeGreaterThan(states.length);
      expect(journal.every((row) => row.same)).toBe(true);
      const { rows: jobs } = yield* all("job_list");
      expect(jobs.length).toBeGreaterThan(0);
      expect(jobs.every((row) => row.subject === row.key)).toBe(true);
      const { rows: units } = yield* all("units");
      expect(units.map((row) => [row.id, row.name_zh, row.name_en])).toEqual([
        ["B", "B", "B"],
        ["C", "C", "C"],
      ]);
    }),
  );

  it.effect("keep what was granted on them, stand a damaged row, and count no paused clock", () =>
    Effect.gen(function* () {
      const schema = yield* scopedSchema(url);
      for (const migration of postgresMigrations.filter(({ step }) => step < 11)) {
        yield* query(migrationIn(schema, migration));
      }
      for (const view of Object.values(VIEWS))
        yield* query(`GRANT SELECT ON ${schema}.${view} TO PUBLIC`);
      yield* openPostgresStorage({ source: sharedPool(url), schema });
      const clock = (dueAt: number, paused: object | null) => ({ deadline: { dueAt }, paused });
      const clocks = [clock(1000, { millis: 1 }), clock(9000, null), clock(5000, null)];
      for (const [id, value] of [
        ["broken", "{"],
        ["odd", '{"state":{"clocks":7,"handler":[],"settlement":"no"}}'],
        ["paused", JSON.stringify({ state: { version: 3, clocks } })],
      ]) {
        yield* query(
          `INSERT INTO ${schema}.rows VALUES ('t', 'issue', '${id}', 1, '[]', '${value}')`,
        );
      }
      const { rows } = yield* query(`SELECT id, due_at, version FROM ${schema}.issues ORDER BY id`);
      expect(rows).toEqual([
        { id: "broken", due_at: null, version: null },
        { id: "odd", due_at: null, version: null },
        { id: "paused", due_at: new Date(5000), version: "3" },
      ]);
      const granted = yield* query(
        `SELECT DISTINCT table_name AS name FROM information_schema.role_table_grants
        WHERE table_schema = '${schema}' AND grantee = 'PUBLIC'`,
      );
      expect(granted.rows.map((row) => row.name).toSorted()).toEqual(
        Object.values(VIEWS).toSorted(),
      );
    }),
  );
});
