/** The service on a data file of the SQLite benches, and what a file holds of issues. */
import type { IssueEvent, IssueState } from "@linli/core/issue";
import { openSqlite } from "@linli/storage-sqlite";
import { DatabaseSync } from "node:sqlite";
import { makeService, type Service } from "../service.ts";

/** Opens it. */
export const openService = async (path: string): Promise<Service> =>
  makeService(await openSqlite({ path }));

/** The first event of each issue, as the journal has it. */
export const reportsOf = (path: string): ReadonlyMap<string, IssueEvent> =>
  new Map(
    select(path, "SELECT stream AS id, value FROM entries WHERE version = 1").map((row) => {
      const entry = JSON.parse(String(row["value"])) as { readonly payload: IssueEvent };
      return [String(row["id"]), entry.payload];
    }),
  );

/** The stored state of each issue. */
export const statesOf = (path: string): ReadonlyMap<string, IssueState> =>
  new Map(
    select(path, "SELECT id, value FROM rows WHERE kind = 'issue'").map((row) => {
      const stored = JSON.parse(String(row["value"])) as { readonly state: IssueState };
      return [String(row["id"]), stored.state];
    }),
  );

// Private

const select = (path: string, sql: string) => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
};
