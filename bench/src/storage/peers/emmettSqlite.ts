/**
 * emmett-sqlite on one kept connection, `synchronous = FULL`: its CommandHandler reads the
 * stream and folds it, appends the event and updates the stream's row. As it comes it
 * opens a connection for each command, which is several times slower, and with 32 clients
 * at once it fails: its transactions are counted for each connection.
 */
import { type Event, CommandHandler } from "@event-driven-io/emmett";
import {
  getSQLiteEventStore,
  sqliteConnection,
  sqliteProjection,
} from "@event-driven-io/emmett-sqlite";
import type { IssueEvent, IssueState } from "@linli/core/issue";
import { evolveByHand } from "../../town/byHandEvolve.ts";
import { decidedBy, nextDue } from "../written.ts";
import type { EventPeer, Reports } from "./eventPeer.ts";

/** An event of ours in theirs. */
export type Wrapped = Event<"issue", { readonly event: IssueEvent }>;

/** Opens it and appends the reports; with `rows` a state row and a job row are written inline. */
export const openEmmettSqlite = async (
  path: string,
  reports: Reports,
  rows: boolean,
): Promise<EventPeer> => {
  const connection = sqliteConnection({ fileName: path });
  await connection.command("PRAGMA synchronous = FULL");
  await connection.command("CREATE TABLE state (id TEXT PRIMARY KEY, value TEXT NOT NULL)");
  await connection.command("CREATE TABLE job (id TEXT PRIMARY KEY, due INTEGER NOT NULL)");
  const read = (issue: string) =>
    connection.querySingle<{ readonly value: string }>("SELECT value FROM state WHERE id = ?", [
      issue,
    ]);
  const projection = sqliteProjection<Wrapped>({
    canHandle: ["issue"],
    handle: async (events) => {
      for (const { data, metadata } of events) {
        const issue = issueOf(metadata.streamName);
        const row = await read(issue);
        const before = row === null || row === undefined ? null : parsed(row.value);
        const state = evolveByHand(before, data.event);
        await connection.command("INSERT OR REPLACE INTO state (id, value) VALUES (?, ?)", [
          issue,
          JSON.stringify(state),
        ]);
        const due = nextDue(state);
        await (due === null
          ? connection.command("DELETE FROM job WHERE id = ?", [issue])
          : connection.command("INSERT OR REPLACE INTO job (id, due) VALUES (?, ?)", [issue, due]));
      }
    },
  });
  const store = getSQLiteEventStore({
    fileName: path,
    connectionOptions: { singleton: true, connection },
    ...(rows ? { projections: [{ type: "inline", projection }] } : {}),
  });
  for (const [issue, event] of reports) {
    await store.appendToStream<Wrapped>(streamOf(issue), [wrapped(event)]);
  }
  const handle = CommandHandler<IssueState | null, Wrapped>({
    evolve: (state, { data }) => evolveByHand(state, data.event),
    initialState: () => null,
  });
  return {
    name: rows ? "emmett-sqlite, with rows" : "emmett-sqlite, events only",
    nearest: rows ? "command" : "journal",
    writes: rows
      ? "one event, the stream's row, a state and a job row; no receipt, content, index row or hash"
      : "one event and the stream's row",
    act: async (order) => {
      const { newState } = await handle(store, streamOf(order.issue), (state) =>
        wrapped(decidedBy(order, state).event),
      );
      return newState?.version ?? NaN;
    },
    states: async (issue) => {
      const { state } = await store.aggregateStream<IssueState | null, Wrapped>(streamOf(issue), {
        evolve: (before: IssueState | null, { data }: Wrapped) => evolveByHand(before, data.event),
        initialState: () => null,
      });
      const row = rows ? await read(issue) : null;
      return row === null ? [state] : [state, parsed(row.value)];
    },
    close: async () => connection.close(),
  };
};

/** Their name of an issue's stream. */
export const streamOf = (issue: string): string => `issue-${issue}`;

/** The issue of a stream. */
export const issueOf = (stream: string): string => stream.slice("issue-".length);

/** Ours as theirs. */
export const wrapped = (event: IssueEvent): Wrapped => ({ type: "issue", data: { event } });

// Private

const parsed = (value: string) => JSON.parse(value) as IssueState;
