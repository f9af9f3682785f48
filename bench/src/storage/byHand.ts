/**
 * The durable command by hand: the same rows, hashes and settings, written by one
 * function for this one town straight to `node:sqlite`.
 *
 * It loads the issue, decides with the reducer of town/byHand.ts, and writes receipt,
 * content, state row with its index rows, hash-chained journal entry and clock job in
 * one transaction. It checks nothing that this town's own program could not get wrong.
 */
import type { ClockState, Command, IssueEvent, IssueState } from "@linli/core/issue";
import { hash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { decideByHand } from "../town/byHand.ts";
import { evolveByHand } from "../town/byHandEvolve.ts";
import { document, places } from "../town/town.ts";
import type { Order } from "./orders.ts";
import { RECEIPT_MILLIS } from "./orders.ts";

/** An open data file. */
export interface HandStore {
  /** Runs one command; its receipt, as text. */
  readonly act: (order: Order) => string;
  /** The same, in one transaction with all who ask in the same turn of the event loop. */
  readonly actTogether: (order: Order) => Promise<string>;
  readonly close: () => void;
}

/** Opens a data file that the service made, with the service's settings. */
export const openByHand = (path: string): HandStore => {
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
    UPDATE meta SET value = value + 1 WHERE name = 'epoch';
  `);
  const epoch = Number(
    database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get()?.["value"],
  );
  const sql = prepareAll(database);
  let jobs = 0;

  const writeIssue = (before: IssueState, after: IssueState, head: string, version: number) => {
    const old = keysOf(before);
    const fresh = keysOf(after);
    const value = JSON.stringify({ v: 1, head, state: after });
    const flat = JSON.stringify(fresh);
    if (sql.update.run(flat, value, after.id, version).changes === 0) throw new Error("a race");
    // The reporter's key, the last one, never changes; a closed issue has no post's and no sponsor's.
    for (let i = 0; i < old.length - 2; i += 2) {
      const stays = i < fresh.length - 2;
      if (stays && old[i + 1] === fresh[i + 1]) continue;
      sql.dropKey.run("issue", old[i] ?? "", old[i + 1] ?? "", after.id);
      if (stays) sql.addKey.run("issue", fresh[i] ?? "", fresh[i + 1] ?? "", after.id);
    }
  };

  const write = (order: Order): string => {
    const { issue, command, commandId, actor, now } = order;
    const row = sql.read.get(issue);
    const loaded = JSON.parse(String(row?.["value"])) as { head: string; state: IssueState };
    const content = contentOf(order);
    const refs = content === null ? [] : [{ id: content.id, hash: content.hash }];
    const context = { now, actor, issue, receipt: "", content: refs };
    const event = decideByHand(context, loaded.state, command);
    if (event === undefined) throw new Error(`${command.type} was refused`);
    const state = evolveByHand(loaded.state, event);
    const receipt = receiptOf(state, event);
    const contentHash = hash(
      "sha256",
      `{"actor":{"person":${JSON.stringify(actor.person)}},"command":${commandText(command)},"issue":"${issue}"}`,
    );
    sql.addReceipt.run(commandId, contentHash, now + RECEIPT_MILLIS, receipt);
    if (content !== null) {
      sql.addRow.run(content.id, JSON.stringify(["issue", content.key]), content.value);
      sql.addKey.run("content", "issue", content.key, content.id);
    }
    const entry = entryOf(order, event, state.version, loaded.head);
    writeIssue(loaded.state, state, entry.hash, Number(row?.["version"]));
    sql.addEntry.run(issue, state.version, entry.hash, entry.value);
    const due = nextOf(state.clocks);
    if (due === null) sql.dropJob.run(`clock/${issue}`);
    else {
      jobs += 1;
      sql.addJob.run(`clock/${issue}`, issue, due, epoch * 2 ** 32 + jobs, issue);
    }
    return receipt;
  };

  // One bad command must not spoil its neighbours: each has a savepoint, as the driver's have.
  const writeAlone = (order: Order): string | Error => {
    sql.savepoint.run();
    try {
      const receipt = write(order);
      sql.release.run();
      return receipt;
    } catch (cause) {
      sql.undo.run();
      sql.release.run();
      return cause instanceof Error ? cause : new Error(String(cause));
    }
  };
  let waiting: Array<{ order: Order; answer: (receipt: string | Error) => void }> = [];
  const turn = () => {
    const group = waiting;
    waiting = [];
    sql.begin.run();
    const receipts = group.map(({ order }) => writeAlone(order));
    sql.commit.run();
    for (const [at, { answer }] of group.entries()) answer(receipts[at] ?? "");
  };

  return {
    actTogether: (order) =>
      new Promise((resolve, reject) => {
        const answer = (receipt: string | Error) =>
          receipt instanceof Error ? reject(receipt) : resolve(receipt);
        waiting.push({ order, answer });
        if (waiting.length === 1) setImmediate(turn);
      }),
    act: (order) => {
      sql.begin.run();
      try {
        const receipt = write(order);
        sql.commit.run();
        return receipt;
      } catch (cause) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw cause;
      }
    },
    close: () => database.close(),
  };
};

// Private

const prepareAll = (database: DatabaseSync) => ({
  begin: database.prepare("BEGIN IMMEDIATE"),
  commit: database.prepare("COMMIT"),
  savepoint: database.prepare("SAVEPOINT command"),
  release: database.prepare("RELEASE command"),
  undo: database.prepare("ROLLBACK TO command"),
  read: database.prepare(
    "SELECT version, value FROM rows WHERE namespace = 'main' AND kind = 'issue' AND id = ?",
  ),
  update: database.prepare(
    "UPDATE rows SET version = version + 1, index_keys = ?, value = ? " +
      "WHERE namespace = 'main' AND kind = 'issue' AND id = ? AND version = ?",
  ),
  addRow: database.prepare(
    "INSERT INTO rows (namespace, kind, id, version, index_keys, value) " +
      "VALUES ('main', 'content', ?, 1, ?, ?)",
  ),
  addKey: database.prepare(
    "INSERT INTO index_entries (namespace, kind, index_name, key, id) VALUES ('main', ?, ?, ?, ?)",
  ),
  dropKey: database.prepare(
    "DELETE FROM index_entries " +
      "WHERE namespace = 'main' AND kind = ? AND index_name = ? AND key = ? AND id = ?",
  ),
  addEntry: database.prepare(
    "INSERT INTO entries (namespace, stream, version, hash, value) VALUES ('main', ?, ?, ?, ?)",
  ),
  addJob: database.prepare(
    "INSERT OR REPLACE INTO jobs (namespace, id, queue, key, due_at, seq, value) " +
      "VALUES ('main', ?, 'clock', ?, ?, ?, ?)",
  ),
  dropJob: database.prepare("DELETE FROM jobs WHERE namespace = 'main' AND id = ?"),
  addReceipt: database.prepare(
    "INSERT INTO receipts (namespace, id, content_hash, keep_until, value) " +
      "VALUES ('main', ?, ?, ?, ?)",
  ),
});

const PLACES = new Map(places.map((place) => [place.building, place]));
const LETTER: Readonly<Record<string, string>> = { resolved: "b", verified: "b", closed: "c" };

const nextOf = (clocks: ReadonlyArray<ClockState>): number | null => {
  let due: number | null = null;
  for (const { deadline } of clocks) if (due === null || deadline.dueAt < due) due = deadline.dueAt;
  return due;
};

const padded = (at: number): string => String(at).padStart(15, "0");

// Flat: index, key, index, key ... the four units first, then post, sponsor and reporter.
const keysOf = (state: IssueState): ReadonlyArray<string> => {
  const { id, handler, sponsor, unit } = state;
  const { building, micro, community } = PLACES.get(unit ?? "") ?? NOWHERE;
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
