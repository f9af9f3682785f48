/**
 * Commits: one round trip each, and under load many in one transaction.
 *
 * While a commit of a namespace is on its way, later ones gather. They go together,
 * all or none, when they touch different names; if one of them is refused or goes
 * wrong, the same commits are sent again, each under a savepoint of its own, so that
 * a bad command never spoils its neighbours. A single one is sent in the same way: most
 * commits hold, and what was in the way of one that does not is a second question. What
 * the server cannot even read, as a text with NUL, it cannot tell apart: that group is sent
 * one by one.
 */
import { type CommitBatch, type CommitResult, CONFLICT_KINDS } from "@linli/core/ports";
import type { Calls, Found } from "./Calls.ts";
import { failureOf, jsonOf, mayBeOfOne, storageError, unreadable } from "./Errors.ts";
import { quoted } from "./Migrations.ts";
import {
  COMMITTED,
  mergePayloads,
  onlyEntryOf,
  parted,
  type Payload,
  payloadOf,
  resultOf,
  TEXTS_BESIDE,
  toJson,
} from "./Payload.ts";

/** Commits a batch; rejects with a Conflict or what the call threw. */
export type Commit = (batch: CommitBatch, caller: CallerState) => Promise<CommitResult>;

/** Whoever waits for an answer; a signal of the platform would cost each call more. */
export interface CallerState {
  /** True once nobody waits any more: what was not sent yet need not be. */
  gone: boolean;
}

/** What commits need to know. */
export interface CommitSettings {
  readonly schema: string;
  readonly horizon: boolean;
  readonly groupSize: number;
}

/** Commits one by one, as they come: for a joined transaction. */
export const makeSingleCommits = (calls: Calls, settings: CommitSettings): Commit => {
  const sender = makeSender(calls, settings);
  return async (batch) => settled(sender.each([makeWaiting(batch)]));
};

/** Commits that gather under load. */
export const makeGroupCommits = (calls: Calls, settings: CommitSettings): Commit => {
  const sender = makeSender(calls, settings);
  const queues = new Map<string, Queue>();

  const drain = (namespace: string, queue: Queue) => {
    while (queue.running.length < GROUPS_AT_ONCE) {
      const group = takeGroup(queue, settings.groupSize);
      if (group.callers.length === 0) break;
      queue.running.push(group);
      void deliver(group.callers, sender).then(() => {
        queue.running.splice(queue.running.indexOf(group), 1);
        drain(namespace, queue);
      });
    }
    if (queue.running.length === 0 && queue.waiting.length === 0) queues.delete(namespace);
  };

  return (batch, caller) =>
    new Promise((resolve, reject) => {
      const waiting = makeWaiting(batch);
      const { namespace } = batch;
      const queue = queues.get(namespace) ?? { waiting: [], running: [] };
      queues.set(namespace, queue);
      queue.waiting.push({ ...waiting, caller, resolve, reject });
      // What else arrives in this very turn goes along.
      if (queue.waiting.length === 1) queueMicrotask(() => drain(namespace, queue));
    });
};

/** One group waits for its answer while the next is parsed and waits for the lock. */
const GROUPS_AT_ONCE = 2;

/** Beyond this many characters of values a group is closed. */
const GROUP_CHARS = 4_000_000;

interface Waiting {
  readonly batch: CommitBatch;
  readonly payload: Payload;
  /** Characters of its values. */
  readonly chars: number;
}

interface Caller extends Waiting {
  readonly caller: CallerState;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (cause: unknown) => void;
}

interface Queue {
  readonly waiting: Array<Caller>;
  /** The groups on their way. */
  readonly running: Array<Group>;
}

/** What became of one commit of a list. */
type Fate = () => CommitResult;

interface Sender {
  /** Whether sending one by `all` is cheaper than by `each`. */
  readonly quick: boolean;
  readonly each: (group: ReadonlyArray<Waiting>) => Promise<ReadonlyArray<Fate>>;
  readonly all: (group: ReadonlyArray<Waiting>) => Promise<unknown>;
}

// Looked at before it waits, so that whoever sent it hears of what is wrong with it.
const makeWaiting = (batch: CommitBatch): Waiting => {
  try {
    return { batch, payload: payloadOf(batch), chars: charsOf(batch) };
  } catch (cause) {
    throw unreadable("commit", cause);
  }
};

const settled = async (fates: Promise<ReadonlyArray<Fate>>): Promise<CommitResult> => {
  const [fate] = await fates;
  if (fate === undefined) throw noAnswer();
  return fate();
};

const makeSender = (calls: Calls, { schema, horizon }: CommitSettings): Sender => {
  const name = quoted(schema);
  const all = `SELECT ${name}.commit_all($1::text, $2::text)`;
  const each = `SELECT ${name}.commit_each($1::text, $2::text) AS answers`;
  const quick = Array.from({ length: TEXTS_BESIDE + 1 }, (_, texts) => {
    const places = Array.from({ length: texts }, (_, n) => `$${n + 3}`);
    return `SELECT ${name}.commit_quick($1::text, $2::text, ARRAY[${places.join(", ")}]::text[])`;
  });
  const append =
    `SELECT ${name}.append_entry(` +
    "$1::text, $2::text, $3::text, $4::bigint, $5::text, $6::text, $7::text)";
  const call = (
    text: string,
    group: ReadonlyArray<Waiting>,
    first: string,
    rest: ReadonlyArray<unknown> = [],
  ) =>
    calls.run({
      operation: "commit",
      text,
      values: [first, calls.lockWait, ...rest],
      // A receipt makes a second attempt harmless: what was kept is answered as Replayed.
      repeatable: group.every(hasReceipt),
      writes: true,
      asksItself: text !== all && text !== each,
    });
  return {
    quick: !horizon,
    all: (group) => {
      const [first] = group;
      const namespace = first?.batch.namespace ?? "";
      const entry = first && group.length === 1 ? onlyEntryOf(first.batch) : undefined;
      if (entry !== undefined && !horizon) {
        const { stream, version, previous, hash, value } = entry;
        return call(append, group, namespace, [stream, version, previous ?? null, hash, value]);
      }
      const payload = mergePayloads(group.map((one) => one.payload));
      if (horizon) return call(all, group, jsonOf("commit", toJson(namespace, horizon, payload)));
      const { commit, texts } = parted(namespace, payload);
      return call(quick[texts.length] ?? all, group, jsonOf("commit", commit), texts);
    },
    each: async (group) => {
      const list = group.map(({ batch, payload }) => toJson(batch.namespace, horizon, payload));
      const answers = answersOf(await call(each, group, jsonOf("commit", list)));
      return group.map(
        ({ batch }, place) =>
          () =>
            resultOf(batch, answers[place]),
      );
    },
  };
};

const answersOf = (rows: ReadonlyArray<Found>): ReadonlyArray<unknown> => {
  const text = rows[0]?.["answers"];
  const answers: unknown = typeof text === "string" ? JSON.parse(text) : null;
  if (!Array.isArray(answers)) throw noAnswer();
  return answers;
};

const noAnswer = () =>
  storageError("Misconfigured", "commit", "the database answered in another form; see migrations");

/** Sends a group and tells each of its callers; never rejects. */
const deliver = async (group: ReadonlyArray<Caller>, sender: Sender): Promise<void> => {
  try {
    if (group.length > 1 || sender.quick) {
      try {
        await sender.all(group);
        for (const { resolve } of group) resolve(COMMITTED);
        return;
      } catch (cause) {
        const failure = failureOf(cause);
        // Nothing was kept, and each can be asked for by itself.
        if (failure !== "refused" && failure !== "other") throw cause;
      }
    }
    const fates = await sender.each(group);
    for (const [place, { resolve, reject }] of group.entries()) {
      try {
        resolve((fates[place] ?? throwNoAnswer)());
      } catch (cause) {
        reject(cause);
      }
    }
  } catch (cause) {
    if (group.length > 1 && mayBeOfOne(cause)) {
      for (const one of group) await deliver([one], sender);
      return;
    }
    // It was not sent again for the sake of those without a receipt.
    const mixed = failureOf(cause) === "lost" && !group.every(hasReceipt);
    const again = mixed ? group.filter(hasReceipt) : [];
    for (const one of group) if (!again.includes(one)) one.reject(cause);
    if (again.length > 0) await deliver(again, sender);
  }
};

const hasReceipt = ({ batch }: Waiting): boolean => batch.receipt !== null;

const throwNoAnswer = (): never => {
  throw noAnswer();
};

/**
 * Takes from the front what may go together; those whose caller has gone are dropped.
 * What touches a name of a group on its way waits for it, so commands on one issue
 * are decided in the order they came.
 */
const takeGroup = (queue: Queue, most: number): Group => {
  const { waiting } = queue;
  const group = new Group();
  let chars = 0;
  let items = 0;
  while (group.callers.length < most) {
    const next = waiting[0];
    if (next === undefined) break;
    if (next.caller.gone) {
      waiting.shift();
      next.reject(storageError("Unavailable", "commit", "the caller went away before it was sent"));
      continue;
    }
    if (queue.running.some((other) => !other.fits(next.batch))) break;
    const alone = next.payload.broken;
    chars += next.chars;
    items += next.payload.entries.length + next.batch.rows.length;
    const full = alone || chars > GROUP_CHARS || items > GROUP_ITEMS;
    if (group.callers.length > 0 && (full || !group.fits(next.batch))) break;
    waiting.shift();
    group.callers.push(next);
    if (full) break;
  }
  return group;
};

const GROUP_ITEMS = 10_000;

const charsOf = (batch: CommitBatch): number => {
  let chars = batch.receipt?.value.length ?? 0;
  for (const row of batch.rows) chars += row.value?.length ?? 0;
  for (const entry of batch.entries) chars += entry.value.length;
  for (const job of batch.schedule) chars += job.value.length;
  return chars;
};

/** Callers whose commits go together. What they touch is looked at only when another comes. */
class Group {
  readonly callers: Array<Caller> = [];
  private named = 0;
  private readonly written = new Set<string>();
  private readonly guarded = new Set<string>();

  /** Whether a commit touches nothing that one of these writes, and writes nothing they guard. */
  fits(batch: CommitBatch): boolean {
    try {
      return this.sharesNothing(batch);
    } catch {
      // What cannot be looked at, a set for a list say, goes alone.
      return false;
    }
  }

  private sharesNothing(batch: CommitBatch): boolean {
    for (const { batch: own } of this.callers.slice(this.named)) {
      for (const name of writtenBy(own)) this.written.add(name);
      for (const name of guardedBy(own)) this.guarded.add(name);
    }
    this.named = this.callers.length;
    return (
      writtenBy(batch).every((name) => !this.written.has(name) && !this.guarded.has(name)) &&
      guardedBy(batch).every((name) => !this.written.has(name))
    );
  }
}

// No kind, stream or id holds NUL, and no row kind is a word of the port.
const writtenBy = (batch: CommitBatch): ReadonlyArray<string> => [
  ...batch.rows.map(({ kind, id }) => `${kind}\u0000${id}`),
  ...batch.entries.map(({ stream }) => `${CONFLICT_KINDS.stream}\u0000${stream}`),
  ...batch.settle.map(({ id }) => `${CONFLICT_KINDS.lease}\u0000${id}`),
  ...batch.cancel.map((id) => `${CONFLICT_KINDS.lease}\u0000${id}`),
  ...(batch.revive ?? []).map(({ id }) => `${CONFLICT_KINDS.lease}\u0000${id}`),
  ...batch.schedule.map(({ id }) => `${CONFLICT_KINDS.lease}\u0000${id}`),
  ...(batch.receipt === null ? [] : [`\u0000${batch.receipt.id}`]),
];

const guardedBy = (batch: CommitBatch): ReadonlyArray<string> =>
  batch.guards.map(({ kind, id }) => `${kind}\u0000${id}`);
