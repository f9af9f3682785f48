/**
 * What a command writes, worked out by hand for this one town: receipt, content, state
 * with its index keys, hash-chained entry, clock. Both databases' writers by hand use it.
 *
 * It decides with the reducer of town/byHand.ts and checks nothing that this town's own
 * program could not get wrong.
 */
import type { ClockState, Command, IssueEvent, IssueState } from "@linli/core/issue";
import { hash } from "node:crypto";
import { decideByHand } from "../town/byHand.ts";
import { evolveByHand } from "../town/byHandEvolve.ts";
import { document, type Place, places } from "../town/town.ts";
import { type Order, RECEIPT_MILLIS } from "./orders.ts";

/** All rows of one command. */
export interface Written {
  readonly issue: string;
  readonly receipt: {
    readonly id: string;
    readonly hash: string;
    readonly keepUntil: number;
    readonly value: string;
  };
  readonly content: { readonly id: string; readonly key: string; readonly value: string } | null;
  readonly state: string;
  /** Index, key, index, key ... of the state as it is written. */
  readonly keys: ReadonlyArray<string>;
  readonly gone: ReadonlyArray<IndexKey>;
  readonly come: ReadonlyArray<IndexKey>;
  readonly entry: { readonly version: number; readonly hash: string; readonly value: string };
  /** When the next clock runs out; null when none is left. */
  readonly due: number | null;
}

/** An index and a key in it. */
export type IndexKey = readonly [index: string, key: string];

/** What an order writes on the stored state of its issue. */
export const writtenBy = (order: Order, stored: string): Written => {
  const { issue, command, commandId, actor, now } = order;
  const loaded = JSON.parse(stored) as { head: string; state: IssueState };
  const { event, content } = decidedBy(order, loaded.state);
  const state = evolveByHand(loaded.state, event);
  const contentHash = hash(
    "sha256",
    `{"actor":{"person":${JSON.stringify(actor.person)}},"command":${commandText(command)},"issue":"${issue}"}`,
  );
  const entry = entryOf(order, event, state.version, loaded.head);
  const [before, keys] = [keysOf(loaded.state), keysOf(state)];
  return {
    issue,
    receipt: {
      id: commandId,
      hash: contentHash,
      keepUntil: now + RECEIPT_MILLIS,
      value: receiptOf(state, event),
    },
    content,
    state: JSON.stringify({ v: 1, head: entry.hash, state }),
    keys,
    ...changedKeys(before, keys),
    entry: { version: state.version, ...entry },
    due: nextOf(state.clocks),
  };
};

/** The event of an order, and the words that come with it. */
export const decidedBy = (order: Order, state: IssueState | null) => {
  const { issue, command, actor, now } = order;
  const content = contentOf(order);
  const refs = content === null ? [] : [{ id: content.id, hash: content.hash }];
  const event = decideByHand({ now, actor, issue, receipt: "", content: refs }, state, command);
  if (event === undefined) throw new Error(`${command.type} was refused`);
  return { event, content };
};

/** When the next clock of a state runs out. */
export const nextDue = (state: IssueState): number | null => nextOf(state.clocks);

/** Where a building stands. */
export type Places = ReadonlyMap<string, Place>;

/** Where the town's buildings stand at first. */
export const PLACES: Places = new Map(places.map((place) => [place.building, place]));

/**
 * All index keys of a state whose building stands at its place: index, key, index, key ...
 * The four units come first, then post, sponsor and reporter.
 */
export const keysOf = (state: IssueState, standing: Places = PLACES): ReadonlyArray<string> => {
  const { id, handler, sponsor, unit } = state;
  const { building, micro, community } = standing.get(unit ?? "") ?? NOWHERE;
  const due = state.status === "closed" ? state.closedAt : nextOf(state.clocks);
  const tail = `${padded(due ?? state.lastAt)}/${id}`;
  const listed = `${LETTER[state.status] ?? "a"}/${tail}`;
  const keys = ["under", `${building}/${listed}`, "under", `${micro}/${listed}`];
  keys.push("under", `${community}/${listed}`, "under", `T/${listed}`);
  const reporter = `${state.reporters[0]?.person}/${padded(state.reportedAt)}/${id}`;
  if (state.status !== "closed") {
    keys.push("post", `${handler.post}@${handler.unit}/${tail}`);
    keys.push("sponsor", `${sponsor?.post}@${sponsor?.unit}/${tail}`);
  }
  keys.push("reporter", reporter);
  return keys;
};

// Private

// The reporter's key, the last one, never changes; a closed issue has no post's and no sponsor's.
const changedKeys = (before: ReadonlyArray<string>, after: ReadonlyArray<string>) => {
  const gone: Array<IndexKey> = [];
  const come: Array<IndexKey> = [];
  for (let i = 0; i < before.length - 2; i += 2) {
    const stays = i < after.length - 2;
    if (stays && before[i + 1] === after[i + 1]) continue;
    gone.push([before[i] ?? "", before[i + 1] ?? ""]);
    if (stays) come.push([after[i] ?? "", after[i + 1] ?? ""]);
  }
  return { gone, come };
};

const LETTER: Readonly<Record<string, string>> = { resolved: "b", verified: "b", closed: "c" };

const nextOf = (clocks: ReadonlyArray<ClockState>): number | null => {
  let due: number | null = null;
  for (const { deadline } of clocks) if (due === null || deadline.dueAt < due) due = deadline.dueAt;
  return due;
};

const padded = (at: number): string => String(at).padStart(15, "0");

const NOWHERE = { building: "", micro: "", community: "" };

const contentOf = ({ issue, command, commandId, actor, now }: Order) => {
  if (!("words" in command) || command.words === undefined) return null;
  const { words } = command;
  const id = `${issue}.${commandId}`;
  return {
    id,
    key: `${issue}/${padded(now)}/${id}`,
    hash: hash("sha256", `{"a":[],"w":${JSON.stringify(words)}}`),
    value: JSON.stringify({
      v: 1,
      id,
      issue,
      command: command.type,
      by: actor.person,
      at: now,
      words,
      attachments: [],
    }),
  };
};

const receiptOf = (state: IssueState, event: IssueEvent): string => {
  const { post, unit, level } = state.handler;
  return JSON.stringify({
    issue: state.id,
    status: state.status,
    version: state.version,
    events: [event.type],
    handler: { post, unit, level },
    dueAt: nextOf(state.clocks),
    receiptCode: null,
    known: false,
  });
};

const entryOf = (order: Order, event: IssueEvent, version: number, previous: string) => {
  const payload = payloadOf(event);
  const header =
    `{"actor":{"person":${JSON.stringify(order.actor.person)},"type":"person"},"at":${event.at},` +
    `"cause":${JSON.stringify(order.commandId)},"charter":{"id":"${document.id}","version":"${document.version}"},` +
    `"payloadHash":"${hash("sha256", payload)}","previous":"${previous}","recordedAt":${order.now},` +
    `"stream":"${order.issue}","type":"${event.type}","v":1,"version":${version}}`;
  return {
    hash: hash("sha256", header),
    value: `${header.slice(0, -1)},"payload":${payload}}`,
  };
};

// Keys in the journal's order: by name.
const commandText = (command: Command): string => {
  switch (command.type) {
    case "contact":
      return `{"reached":${command.reached},"type":"contact"}`;
    case "verify":
      return `{"passed":${command.passed},"type":"verify"}`;
    case "resolve":
    case "answer":
      return `{"type":"${command.type}","words":${JSON.stringify(command.words)}}`;
    default:
      return `{"type":"${command.type}"}`;
  }
};

const payloadOf = (event: IssueEvent): string => {
  const { type, at, content, start, stop } = event;
  switch (event.type) {
    case "Accepted":
      return JSON.stringify({ at, by: event.by, stop, type });
    case "Contacted":
      return JSON.stringify({
        at,
        content: content?.map(sortedRef),
        reached: event.reached,
        stop,
        type,
      });
    case "Resolved": {
      const { settlement } = event;
      const { by, competent, level, onSpot, post, recordedAt, unit } = settlement;
      const sorted = { at: settlement.at, by, competent, level, onSpot, post, recordedAt, unit };
      const [refs, clocks] = [content?.map(sortedRef), start?.map(sortedClock)];
      return JSON.stringify({ at, content: refs, settlement: sorted, start: clocks, stop, type });
    }
    case "Verified": {
      const { by, passed } = event;
      const [refs, clocks] = [content?.map(sortedRef), start?.map(sortedClock)];
      return JSON.stringify({ at, by, content: refs, passed, start: clocks, stop, type });
    }
    case "Answered": {
      const [refs, clocks] = [content?.map(sortedRef), start?.map(sortedClock)];
      return JSON.stringify({ at, by: event.by, content: refs, start: clocks, stop, type });
    }
    case "Closed":
      return JSON.stringify({ at, by: event.by, content: content?.map(sortedRef), type });
    default:
      throw new TypeError(`this town knows no ${event.type}`);
  }
};

const sortedRef = (ref: { readonly id: string; readonly hash: string }) => ({
  hash: ref.hash,
  id: ref.id,
});

const sortedClock = ({ attempt, deadline, key, kind, paused }: ClockState) => {
  const { calendar, dueAt, provisional, rule, startedAt } = deadline;
  const { amount, clock } = rule;
  return {
    attempt,
    deadline: { calendar, dueAt, provisional, rule: { amount, clock }, startedAt },
    key,
    kind,
    paused,
  };
};
