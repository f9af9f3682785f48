/** Turning decided events into one commit batch: rows, entries, jobs and receipt together. */
import type { Actor, IssueEvent, IssueState } from "../issue/index.ts";
import { nextClock } from "../issue/index.ts";
import { encodeEntry } from "../journal/index.ts";
import type { EntryActor } from "../journal/index.ts";
import type {
  CommitBatch,
  EntryWrite,
  Guard,
  JobOutcome,
  JobWrite,
  ReceiptWrite,
  RowWrite,
} from "../ports/index.ts";
import { noticesFor } from "../sight/index.ts";
import type { Notice } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { issueKeys, KIND } from "./rows.ts";
import type { CurrentWorld } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** What happened to one issue. */
export interface Written {
  readonly world: CurrentWorld;
  readonly before: {
    readonly head: string;
    readonly row: number;
    readonly state: IssueState;
  } | null;
  /** Caused by clocks, before the command. */
  readonly rungs: ReadonlyArray<IssueEvent>;
  readonly events: ReadonlyArray<IssueEvent>;
  readonly state: IssueState;
  readonly actor: Actor;
  readonly cause: string;
  /** Further steps of the same commit, in order. */
  readonly then?: ReadonlyArray<WrittenStep>;
}

/** One step on an issue: the rungs due before it, and what its actor did. */
export type WrittenStep = Pick<Written, "rungs" | "events" | "actor" | "cause">;

/** All steps of a commit on one issue, the first one included. */
const stepsOf = (written: Written): ReadonlyArray<WrittenStep> =>
  written.then === undefined ? [written] : [written, ...written.then];

/** The queues of the library's own work. */
export const QUEUE = {
  clock: "clock",
  message: "message",
  seal: "seal",
  rekey: "rekey",
  reroute: "reroute",
} as const;

/** The job that fires an issue's next clock. */
export const clockJobId = (issue: string): string => `clock/${issue}`;

/** A message as its job carries it; who and where are looked up when it is sent. */
export interface MessageJob extends Omit<Notice, "id"> {
  readonly deliveryId: string;
}

/** Composes a commit. */
export const composeCommit = (
  settings: Settings,
  parts: {
    readonly now: Instant;
    readonly guards: ReadonlyArray<Guard>;
    readonly written: ReadonlyArray<Written>;
    readonly rows?: ReadonlyArray<RowWrite>;
    readonly settle?: ReadonlyArray<JobOutcome>;
    readonly receipt: ReceiptWrite | null;
  },
): CommitBatch => {
  const rows: Array<RowWrite> = [...(parts.rows ?? [])];
  const entries: Array<EntryWrite> = [];
  const schedule: Array<JobWrite> = [];
  const cancel: Array<string> = [];
  for (const written of parts.written) {
    const head = appendEntries(settings, entries, written, parts.now);
    rows.push(issueRow(settings, written, head, parts.now));
    const clock = nextClock(written.state);
    const id = clockJobId(written.state.id);
    if (clock === undefined) {
      if (written.before !== null) cancel.push(id);
    } else {
      schedule.push({
        id,
        queue: QUEUE.clock,
        key: written.state.id,
        dueAt: clock.deadline.dueAt,
        value: written.state.id,
      });
    }
    if (settings.notifiers.length > 0) scheduleNotices(schedule, written, parts.now);
  }
  return {
    namespace: settings.namespace,
    at: parts.now,
    rows,
    guards: parts.guards,
    entries,
    schedule,
    cancel,
    settle: parts.settle ?? [],
    receipt: parts.receipt,
  };
};

const issueRow = (settings: Settings, written: Written, head: string, now: Instant): RowWrite => ({
  kind: KIND.issue,
  id: written.state.id,
  expected: written.before?.row ?? 0,
  value: settings.recent.encode(written.state, head),
  indexes: issueKeys(written.world, written.state, now),
});

const appendEntries = (
  settings: Settings,
  entries: Array<EntryWrite>,
  written: Written,
  now: Instant,
): string => {
  const { charter } = written.world;
  let head = written.before?.head ?? "";
  let version = written.before?.state.version ?? 0;
  const append = (event: IssueEvent, actor: EntryActor, cause: string) => {
    version += 1;
    const entry = encodeEntry(
      settings.digest,
      {
        stream: written.state.id,
        version,
        actor,
        charter: { id: charter.id, version: charter.version },
        cause,
        recordedAt: now,
      },
      event,
      head,
    );
    head = entry.hash;
    entries.push(entry);
  };
  for (const step of stepsOf(written)) {
    for (const rung of step.rungs) append(rung, CLOCK, `clock ${rung.at}`);
    const actor = entryActor(step.actor);
    for (const event of step.events) append(event, actor, step.cause);
  }
  return head;
};

const CLOCK: EntryActor = { type: "clock" };

/** Who caused an entry. */
export const entryActor = (actor: Actor): EntryActor => {
  if (actor.person !== null) return { type: "person", person: actor.person };
  if (actor.source != null) return { type: "source", source: actor.source };
  if (actor.receipt != null) return { type: "receipt" };
  return actor.host === true ? { type: "host" } : { type: "unknown" };
};

// After a long silence many rungs fall due at once; only the last notice of each person is still news.
const scheduleNotices = (schedule: Array<JobWrite>, written: Written, now: Instant): void => {
  const latest = new Map<string, Notice>();
  const first = written.before?.state.version ?? 0;
  const events = stepsOf(written).flatMap((step) => [...step.rungs, ...step.events]);
  for (const [index, event] of events.entries()) {
    for (const notice of noticesFor(written.world, written.state, event, first + index + 1)) {
      latest.set(notice.person, notice);
    }
  }
  for (const { id, ...notice } of latest.values()) {
    const job: MessageJob = { ...notice, deliveryId: id };
    schedule.push({
      id: `message/${id}`,
      queue: QUEUE.message,
      key: notice.person,
      dueAt: now,
      value: JSON.stringify(job),
    });
  }
};
