/**
 * Work that was given up on: seen by an operator, and tried again.
 *
 * A clock that could not be fired and a message nobody took lie with their reason
 * until a person looks. Trying again is journaled in the same commit that makes the
 * job due, so what the journal says was done was done, once.
 */
import * as Effect from "effect/Effect";
import { encodeCanonical, InputError, isSoundText } from "../data/index.ts";
import { Refusal } from "../issue/index.ts";
import type { Actor } from "../issue/index.ts";
import { encodeEntry } from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { Conflict, DeadJob, Receipt, StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { entryActor, QUEUE } from "./compose.ts";
import type { MessageJob } from "./compose.ts";
import type { ActOptions } from "./prepare.ts";
import type { Settings } from "./Settings.ts";

/** A job given up on, without words and addresses. */
export interface DeadWork {
  readonly id: string;
  /** `clock`, `message` or `seal`; what a host schedules itself has its own. */
  readonly queue: string;
  /** The issue it is about; null for work about none. */
  readonly issue: string | null;
  readonly dueAt: Instant;
  /** How often it was tried. */
  readonly attempts: number;
  /** Tag or reason of the last error: `NoAddress`, `Unreadable`. */
  readonly reason: string;
  readonly diedAt: Instant;
}

/** One page of them, those dead longest first. */
export interface DeadWorkPage {
  readonly jobs: ReadonlyArray<DeadWork>;
  /** Hand back as `cursor` to continue; null at the end. */
  readonly next: string | null;
}

/** What trying again did. */
export interface Revived {
  readonly jobs: ReadonlyArray<string>;
  /** True when this command had been done before and nothing happened now. */
  readonly replayed: boolean;
}

/** Dead jobs of one namespace; for the host's operators. */
export interface DeadJobs {
  readonly deadJobs: (options?: {
    readonly queue?: string;
    /** At most 1,000; 100 when left out. */
    readonly limit?: number;
    readonly cursor?: string | null;
  }) => Effect.Effect<DeadWorkPage, StorageError>;
  /**
   * Makes dead jobs due now, all or none, and journals who did it. Only the host may
   * ask for it. Fails with a Conflict of kind `dead` that names those that are not
   * dead (any more).
   */
  readonly revive: (
    jobs: ReadonlyArray<string>,
    options: ActOptions,
  ) => Effect.Effect<Revived, Refusal | InputError | Conflict | StorageError>;
}

/** Builds the care for dead jobs of one namespace. */
export const makeDeadJobs = (settings: Settings): DeadJobs => ({
  deadJobs: Effect.fn("Linli.deadJobs")(function* (options = {}) {
    const page = yield* settings.storage.dead({
      namespace: settings.namespace,
      queue: options.queue ?? null,
      limit: options.limit ?? 100,
      cursor: options.cursor ?? null,
    });
    return { jobs: page.jobs.map(shown), next: page.next };
  }),
  revive: Effect.fn("Linli.revive")(function* (jobs: ReadonlyArray<string>, options: ActOptions) {
    yield* hostOnly(options.actor);
    const { commandId = settings.newId() } = options;
    yield* checkInput(jobs, commandId);
    const at = yield* settings.now;
    const value = encodeCanonical({ jobs });
    const result = yield* settings.storage.commit({
      ...{ namespace: settings.namespace, at, rows: [], guards: [] },
      entries: [entryOf(settings, jobs, { at, commandId, actor: options.actor })],
      ...{ schedule: [], cancel: [], settle: [] },
      revive: jobs.map((id) => ({ id, dueAt: at })),
      receipt: {
        id: commandId,
        contentHash: settings.digest.hash(`revive ${value}`),
        value,
        keepUntil: at + settings.receiptMillis,
      },
    });
    return result._tag === "Committed"
      ? { jobs, replayed: false }
      : { jobs: jobsIn(result.receipt), replayed: true };
  }),
});

// Private

const shown = (job: DeadJob): DeadWork => ({
  id: job.id,
  queue: job.queue,
  issue: issueOf(job),
  dueAt: job.dueAt,
  attempts: job.attempt,
  reason: job.reason,
  diedAt: job.diedAt,
});

const issueOf = ({ queue, value }: DeadJob): string | null => {
  if (queue === QUEUE.clock) return value;
  return queue === QUEUE.message ? (JSON.parse(value) as MessageJob).issue : null;
};

const hostOnly = ({ host }: Actor): Effect.Effect<void, Refusal> =>
  host === true
    ? Effect.void
    : Effect.fail(
        new Refusal({
          ...{ code: "NotYours", command: "revive", issue: null, status: null, allowed: [] },
          detail: "only the host may have dead jobs tried again",
        }),
      );

const checkInput = (
  jobs: ReadonlyArray<string>,
  commandId: string,
): Effect.Effect<void, InputError> => {
  const fault = (path: string, reason: string, advice: string) =>
    Effect.fail(new InputError({ door: "command", path, reason, advice }));
  if (commandId.length === 0 || commandId.length > 80 || !isSoundText(commandId)) {
    return fault("/commandId", "must be 1 to 80 characters", "send a UUID");
  }
  if (jobs.length === 0 || jobs.length > STORAGE_LIMITS.pageRows) {
    return fault("/jobs", `must be 1 to ${STORAGE_LIMITS.pageRows} ids`, "send them in parts");
  }
  return new Set(jobs).size < jobs.length
    ? fault("/jobs", "names a job twice", "name each job once")
    : Effect.void;
};

const entryOf = (
  settings: Settings,
  jobs: ReadonlyArray<string>,
  by: { readonly at: Instant; readonly commandId: string; readonly actor: Actor },
) =>
  encodeEntry(
    settings.digest,
    {
      ...{ stream: `jobs/${settings.newId()}`, version: 1, actor: entryActor(by.actor) },
      ...{ charter: { id: "", version: "" }, cause: by.commandId, recordedAt: by.at },
    },
    { type: "JobsRevived", at: by.at, jobs },
    "",
  );

const jobsIn = ({ value }: Receipt): ReadonlyArray<string> =>
  (JSON.parse(value) as { readonly jobs: ReadonlyArray<string> }).jobs;
