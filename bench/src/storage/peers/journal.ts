/**
 * Ours at the nearest work of an event store: the journal of the port alone.
 *
 * A command reads the stream of its issue, folds it and decides by the hand-written
 * reducer, as every peer does, and appends one entry under its version. It is the entry
 * the whole command would write, hashed over the one before it, in one order with those of
 * all other issues. No receipt, content, state, index row or job.
 */
import type { IssueEvent, IssueState } from "@linli/core/issue";
import { encodeEntry, verifyStream } from "@linli/core/journal";
import {
  checkedStorage,
  type CommitBatch,
  type Entry,
  type EntryWrite,
  type StorageError,
} from "@linli/core/ports";
import { platformDigest } from "@linli/core/services";
import * as Effect from "effect/Effect";
import { Disagreement } from "../../kit/report.ts";
import { evolveByHand } from "../../town/byHandEvolve.ts";
import { document } from "../../town/town.ts";
import type { Order } from "../orders.ts";
import type { Opened } from "../service.ts";
import { decidedBy } from "../written.ts";
import { type EventPeer, JOURNAL } from "./eventPeer.ts";

/** Takes an empty storage and appends what a journal holds so far. */
export const openJournal = async (
  { storage: driver, close }: Opened,
  begun: ReadonlyArray<EntryWrite>,
): Promise<EventPeer> => {
  // As the service has it: nothing reaches a driver unguarded.
  const storage = checkedStorage(driver);
  for (let from = 0; from < begun.length; from += PAGE) {
    const entries = begun.slice(from, from + PAGE);
    await Effect.runPromise(storage.commit({ ...NOTHING, at: 0, entries }));
  }

  const entriesOf = (
    stream: string,
    after: string | null = null,
  ): Effect.Effect<ReadonlyArray<Entry>, StorageError> =>
    Effect.flatMap(storage.feed({ namespace: "main", after, limit: PAGE, stream }), (page) =>
      page.entries.length < PAGE
        ? Effect.succeed(page.entries)
        : Effect.map(entriesOf(stream, page.next), (more) => [...page.entries, ...more]),
    );
  const act = Effect.fnUntraced(function* (order: Order) {
    const before = yield* entriesOf(order.issue);
    const { event } = decidedBy(order, folded(before));
    const previous = before.at(-1);
    const version = (previous?.version ?? 0) + 1;
    const head = {
      stream: order.issue,
      version,
      actor: { type: "person", person: order.actor.person },
      charter: { id: document.id, version: document.version },
      cause: order.commandId,
      recordedAt: order.now,
    } as const;
    const entry = encodeEntry(DIGEST, head, event, previous?.hash ?? "");
    yield* storage.commit({ ...NOTHING, at: order.now, entries: [entry] });
    return version;
  });

  return {
    name: JOURNAL,
    nearest: "journal",
    writes: "one entry hashed over the one before it, in one order across all issues",
    act: (order) => Effect.runPromise(act(order)),
    states: async (issue) => {
      const entries = await Effect.runPromise(entriesOf(issue));
      const verified = verifyStream(DIGEST, entries);
      if (verified._tag === "Broken") throw new Disagreement(`${issue}: ${verified.why}`);
      return [folded(entries)];
    },
    close,
  };
};

// Private

/** More than any issue of this town has entries. */
const PAGE = 100;

const DIGEST = platformDigest("SHA-256");

const NOTHING: Omit<CommitBatch, "at" | "entries"> = {
  namespace: "main",
  rows: [],
  guards: [],
  schedule: [],
  cancel: [],
  settle: [],
  receipt: null,
};

const folded = (entries: ReadonlyArray<Entry>): IssueState | null => {
  let state: IssueState | null = null;
  for (const { value } of entries) {
    const { payload } = JSON.parse(value) as { readonly payload: IssueEvent };
    state = evolveByHand(state, payload);
  }
  return state;
};
