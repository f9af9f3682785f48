/**
 * castore's PostgreSQL adapter: `getAggregate` reads all events of the issue and folds
 * them, `pushEvent` inserts one under a unique version. Its client keeps its statements
 * prepared and has ten connections, which the adapter does not let one change.
 */
import { EventStore, EventType } from "@castore/core";
import { PostgresEventStorageAdapter } from "@castore/event-storage-adapter-postgres";
import type { IssueEvent, IssueState } from "@linli/core/issue";
import { evolveByHand } from "../../town/byHandEvolve.ts";
import { decidedBy } from "../written.ts";
import type { EventPeer, Reports } from "./eventPeer.ts";

/** Opens an empty database and appends the reports. */
export const openCastorePostgres = async (url: string, reports: Reports): Promise<EventPeer> => {
  await PostgresEventStorageAdapter.createEventTable({
    connectionString: url,
    aggregateId: { type: "VARCHAR", length: 64 },
  });
  const store = new EventStore({
    eventStoreId: "issues",
    eventTypes: [new EventType<"issue", { readonly event: IssueEvent }>({ type: "issue" })],
    reducer: (before: Aggregate, { aggregateId, version, payload }): Aggregate => ({
      aggregateId,
      version,
      state: evolveByHand(before?.state ?? null, payload.event),
    }),
    eventStorageAdapter: new PostgresEventStorageAdapter({ connectionString: url }),
  });
  for (const [issue, event] of reports) {
    await store.pushEvent({
      aggregateId: issue,
      version: 1,
      type: "issue",
      payload: { event },
    });
  }
  return {
    name: "castore, its PostgreSQL adapter",
    nearest: "journal",
    writes: "one event and nothing else",
    act: async ({ issue, ...order }) => {
      const { aggregate } = await store.getAggregate(issue);
      const { event } = decidedBy({ issue, ...order }, aggregate?.state ?? null);
      const version = (aggregate?.version ?? 0) + 1;
      await store.pushEvent({ aggregateId: issue, version, type: "issue", payload: { event } });
      return version;
    },
    states: async (issue) => [(await store.getAggregate(issue)).aggregate?.state],
    // It has no way to close its connections: they end with the database.
    close: async () => {},
  };
};

// Private

interface Aggregate {
  readonly aggregateId: string;
  readonly version: number;
  readonly state: IssueState;
}
