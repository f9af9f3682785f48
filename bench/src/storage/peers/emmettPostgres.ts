/**
 * emmett-postgresql over a pool of connections: its CommandHandler
 * reads the stream and folds it, then appends by a function of the database.
 */
import { CommandHandler } from "@event-driven-io/emmett";
import { getPostgreSQLEventStore, postgreSQLProjection } from "@event-driven-io/emmett-postgresql";
import type { IssueState } from "@linli/core/issue";
import { evolveByHand } from "../../town/byHandEvolve.ts";
import { makePool } from "../postgres/cluster.ts";
import { decidedBy, nextDue } from "../written.ts";
import { issueOf, streamOf, type Wrapped, wrapped } from "./emmettSqlite.ts";
import type { EventPeer, Reports } from "./eventPeer.ts";

/** Opens an empty database and appends the reports; with `rows` a state row and a job row are written inline. */
export const openEmmettPostgres = async (
  url: string,
  reports: Reports,
  { rows, clients }: { readonly rows: boolean; readonly clients: number },
): Promise<EventPeer> => {
  const pool = makePool(url, { max: Math.min(clients, CONNECTIONS) });
  await pool.query("CREATE TABLE state (id text PRIMARY KEY, value text NOT NULL)");
  await pool.query("CREATE TABLE job (id text PRIMARY KEY, due bigint NOT NULL)");
  const store = getPostgreSQLEventStore(url, {
    connectionOptions: { pool },
    ...(rows ? { projections: [{ type: "inline", projection: stateAndJob }] } : {}),
  });
  for (const [issue, event] of reports) {
    await store.appendToStream<Wrapped>(streamOf(issue), [wrapped(event)]);
  }
  const handle = CommandHandler<IssueState | null, Wrapped>({
    evolve: (state, { data }) => evolveByHand(state, data.event),
    initialState: () => null,
  });
  return {
    name: rows ? "emmett-postgresql, with rows" : "emmett-postgresql, events only",
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
      if (!rows) return [state];
      const found = await pool.query<Found>("SELECT value FROM state WHERE id = $1", [issue]);
      return [state, JSON.parse(found.rows[0]?.value ?? "null")];
    },
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
};

// Private

/** More than the ten it takes by itself, and few enough for a server of the usual hundred. */
const CONNECTIONS = 16;

interface Found {
  readonly value: string;
}

/** Reads, folds and writes, in the transaction that appends. */
const stateAndJob = postgreSQLProjection<Wrapped>({
  name: "state_and_job",
  canHandle: ["issue"],
  handle: async (events, { connection: { client } }) => {
    for (const { data, metadata } of events) {
      const issue = issueOf(metadata.streamName);
      const { rows } = await client.query<Found>("SELECT value FROM state WHERE id = $1", [issue]);
      const before = JSON.parse(rows[0]?.value ?? "null") as IssueState | null;
      const state = evolveByHand(before, data.event);
      await client.query(
        "INSERT INTO state (id, value) VALUES ($1, $2) " +
          "ON CONFLICT (id) DO UPDATE SET value = excluded.value",
        [issue, JSON.stringify(state)],
      );
      const due = nextDue(state);
      await (due === null
        ? client.query("DELETE FROM job WHERE id = $1", [issue])
        : client.query(
            "INSERT INTO job (id, due) VALUES ($1, $2) " +
              "ON CONFLICT (id) DO UPDATE SET due = excluded.due",
            [issue, due],
          ));
    }
  },
});
