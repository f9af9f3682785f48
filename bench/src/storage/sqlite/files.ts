/** The service on a data file of the SQLite benches, and what a file holds of issues. */
import type { IssueEvent, IssueState } from "@linli/core/issue";
import type { EntryWrite } from "@linli/core/ports";
import { openSqlite } from "@linli/storage-sqlite";
import { DatabaseSync } from "node:sqlite";
import { makeService, type Opened, type Service } from "../service.ts";

/** Opens it. */
export const openService = async (path: string): Promise<Service> =>
  makeService(await openStorage(path));

/** The storage alone. */
export const openStorage = (path: string): Promise<Opened> => openSqlite({ path });

/** The first event of each issue, as the journal has it. */
export const reportsOf = (path: string): ReadonlyMap<string, IssueEvent> =>
  new Map(
    select(path, "SELECT stream AS id, value FROM entries WHERE version = 1").map((row) => {
      const entry = JSON.parse(String(row["value"])) as { readonly payload: IssueEvent };
      return [String(row["id"]), entry.payload];
    }),
  );

/** The journal as it is, in its own order. */
export const journalOf = (path: string): ReadonlyArray<EntryWrite> =>
  select(path, "SELECT stream, version, hash, value FROM entries ORDER BY seq").map((row) => ({
    stream: String(row["stream"]),
    version: Number(row["version"]),
    hash: String(row["hash"]),
    value: String(row["value"]),
  }));

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
