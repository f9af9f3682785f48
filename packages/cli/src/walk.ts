/** Every issue of opened data with what is held against it, some issues at a time. */
import type { FeedEntry } from "@linli/core/journal";
import { contentIdsOf, storedStateOf } from "@linli/core/services";
import type { JournalSource, StoredRow } from "./Source.ts";

/** Issues whose entries are held in memory together. */
export interface IssueBatch {
  readonly rows: ReadonlyArray<StoredRow>;
  /** All entries of an issue's stream, in order. */
  readonly historyOf: (issue: string) => ReadonlyArray<FeedEntry>;
  /** The stored contents their states name. */
  readonly contents: ReadonlyArray<StoredRow>;
}

/** Reads them all, in order. */
export const walkIssues = async (
  source: JournalSource,
  namespace: string,
  take: (batch: IssueBatch) => Promise<void>,
): Promise<void> => {
  let rows: Array<StoredRow> = [];
  for await (const row of source.states(namespace)) {
    rows.push(row);
    if (rows.length < BATCH) continue;
    await take(await batchOf(source, namespace, rows));
    rows = [];
  }
  if (rows.length > 0) await take(await batchOf(source, namespace, rows));
};

// Private

const BATCH = 200;

const batchOf = async (
  source: JournalSource,
  namespace: string,
  rows: ReadonlyArray<StoredRow>,
): Promise<IssueBatch> => {
  const histories = new Map<string, Array<FeedEntry>>(rows.map(({ id }) => [id, []]));
  for await (const entry of source.histories(namespace, [...histories.keys()]))
    histories.get(entry.stream)?.push(entry);
  const ids = rows.flatMap(({ id, value }) => contentIdsOf(storedStateOf(id, value)));
  const contents: Array<StoredRow> = [];
  for await (const content of source.contents(namespace, ids)) contents.push(content);
  return { rows, historyOf: (issue) => histories.get(issue) ?? [], contents };
};
