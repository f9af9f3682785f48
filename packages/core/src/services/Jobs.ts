/**
 * Work that is due: clocks that ran out, and messages in the outbox.
 *
 * A host calls `runDue` on its own rhythm, from one process or many. Running late,
 * twice or after a long silence gives the same history, because the rungs are
 * applied each at its own instant.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { advance } from "../climbing/index.ts";
import type { InputError } from "../data/index.ts";
import { nextClock } from "../issue/index.ts";
import { retryAdvice } from "../ports/index.ts";
import type { Conflict, JobOutcome, LeasedJob, Notifier, StorageError } from "../ports/index.ts";
import type { NotifyError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import type { Commands } from "./Commands.ts";
import { composeCommit, QUEUE } from "./compose.ts";
import type { MessageJob } from "./compose.ts";
import type { Documents } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import type { Loaded } from "./reading.ts";
import type { makeRekey } from "./Rekey.ts";
import type { makeReroute } from "./Reroute.ts";
import { KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** What one pass did. */
export interface JobsRun {
  /** Rungs applied: reminders, escalations, missed check-ins. */
  readonly rungs: number;
  readonly sent: number;
  /** Messages to be tried again later. */
  readonly delayed: number;
  /** Issues whose place in lists was made anew after units moved. */
  readonly rekeyed: number;
  /** Issues routed anew under a newer charter version. */
  readonly rerouted: number;
  /** Jobs given up on: kept, with a reason, for a person to look at. */
  readonly dead: number;
  /** True when more may be due: whoever asks until it is false has sent all. A clock that lost a race is tried at the next call. */
  readonly more: boolean;
}

/** Options of one pass. */
export interface RunDueOptions {
  /** Jobs of each queue in one pass, and issues in one commit of a long job; default 100. */
  readonly limit?: number;
  /** Names this worker in leases; default `worker`. */
  readonly owner?: string;
}

const LEASE_MILLIS = 60_000;
/** After how long a clock that could not be fired is tried again. */
export const RETRY_MILLIS = 30_000;
const ATTEMPTS_MAX = 12;

/** Builds the worker of one namespace. */
export const makeJobs = (
  settings: Settings,
  documents: Documents,
  commands: Commands,
  long: {
    readonly rekey: Pick<ReturnType<typeof makeRekey>, "pass">;
    readonly reroute: Pick<ReturnType<typeof makeReroute>, "pass">;
  },
) => {
  const lease = (queue: string, now: Instant, options: RunDueOptions) =>
    settings.storage.lease({
      namespace: settings.namespace,
      queue,
      now,
      until: now + LEASE_MILLIS,
      limit: options.limit ?? 100,
      owner: options.owner ?? "worker",
    });

  const runDue = Effect.fn("Linli.runDue")(function* (options: RunDueOptions = {}) {
    const now = yield* settings.now;
    const clocks = yield* lease(QUEUE.clock, now, options);
    // Side by side: no two are of one issue, and a storage may commit them together.
    const fired = yield* Effect.forEach(
      yield* withIssues(commands, clocks),
      (due) => fireClock(settings, documents, commands, due, now),
      { concurrency: "unbounded" },
    );
    const sum = (of: "rungs" | "dead") => fired.reduce((all, one) => all + one[of], 0);
    const outcomes = yield* sendWaiting(settings, options.limit ?? 100, now, (most) =>
      lease(QUEUE.message, now, { ...options, limit: most }),
    );
    const limit = options.limit ?? 100;
    let rekeyed = { rekeyed: 0, more: false };
    for (const job of yield* lease(QUEUE.rekey, now, options)) {
      rekeyed = yield* orLater(settings, job, now, long.rekey.pass(job, now, limit), (more) => ({
        rekeyed: 0,
        more,
      }));
    }
    let rerouted = { rerouted: 0, more: false };
    for (const job of yield* lease(QUEUE.reroute, now, options)) {
      rerouted = yield* orLater(settings, job, now, long.reroute.pass(job, now, limit), (more) => ({
        rerouted: 0,
        more,
      }));
    }
    return {
      rungs: sum("rungs"),
      sent: outcomes.filter((outcome) => outcome._tag === "Done").length,
      delayed: outcomes.filter((outcome) => outcome._tag === "Retry").length,
      dead: sum("dead") + outcomes.filter((outcome) => outcome._tag === "Dead").length,
      rekeyed: rekeyed.rekeyed,
      rerouted: rerouted.rerouted,
      more: clocks.length >= limit || outcomes.length >= limit || rekeyed.more || rerouted.more,
    } satisfies JobsRun;
  });

  return { runDue };
};

type FireError = InputError | NotPublished | Unreadable | Conflict | StorageError;

/** A clock that ran out, and its issue as it was found. */
interface DueClock {
  readonly job: LeasedJob;
  readonly issue: Effect.Effect<Loaded | null, Unreadable | StorageError>;
}

// All issues are asked for at once; whatever stood in the way meets each clock by itself.
const withIssues = (
  commands: Commands,
  jobs: ReadonlyArray<LeasedJob>,
): Effect.Effect<ReadonlyArray<DueClock>> =>
  commands.loadAll(jobs.map((job) => job.value)).pipe(
    Effect.map((found) =>
      jobs.map((job, at) => ({ job, issue: Effect.fromResult(found[at] ?? NO_ISSUE) })),
    ),
    Effect.catch((error) =>
      Effect.succeed(jobs.map((job) => ({ job, issue: Effect.fail(error) }))),
    ),
  );

const NO_ISSUE = Result.succeed(null);

// A job that cannot be worked off must not stop the others: it is tried again, and in the end set aside with its reason.
const fireClock = (
  settings: Settings,
  documents: Documents,
  commands: Commands,
  due: DueClock,
  now: Instant,
) => {
  const { job } = due;
  return fireOnce(settings, commands, due, now).pipe(
    Effect.catch((error: FireError) => {
      const stale =
        error._tag === "Conflict" &&
        error.conflicts.some((conflict) => conflict.kind === KIND.current);
      const outcome: JobOutcome =
        error._tag === "Unreadable" || job.attempt >= ATTEMPTS_MAX
          ? { _tag: "Dead", ...heldBy(job), reason: error._tag }
          : {
              _tag: "Retry",
              ...heldBy(job),
              dueAt: now + (error._tag === "Conflict" ? 0 : RETRY_MILLIS),
            };
      return Effect.gen(function* () {
        if (stale) yield* documents.forget;
        yield* Effect.logWarning("a clock could not be fired").pipe(
          Effect.annotateLogs({ issue: job.value, error: error._tag, attempt: job.attempt }),
        );
        yield* settings.storage.settle([outcome], now);
        return { rungs: 0, dead: outcome._tag === "Dead" ? 1 : 0 };
      });
    }),
  );
};

const fireOnce = Effect.fnUntraced(function* (
  settings: Settings,
  commands: Commands,
  { job, issue }: DueClock,
  now: Instant,
) {
  const loaded = yield* issue;
  const done: JobOutcome = { _tag: "Done", ...heldBy(job) };
  if (loaded === null || nextClock(loaded.state) === undefined) {
    yield* settings.storage.settle([done], now);
    return { rungs: 0, dead: 0 };
  }
  const world = yield* commands.worldOf(loaded.state);
  const { events, state } = advance(world, loaded.state, now);
  if (events.length === 0) {
    const dueAt = nextClock(loaded.state)?.deadline.dueAt ?? now;
    yield* settings.storage.settle([{ _tag: "Retry", ...heldBy(job), dueAt }], now);
    return { rungs: 0, dead: 0 };
  }
  const batch = composeCommit(settings, {
    now,
    guards: world.guards,
    written: [
      {
        world,
        before: loaded,
        rungs: events,
        events: [],
        state,
        actor: { person: null, host: true },
        cause: job.id,
      },
    ],
    settle: [done],
    receipt: null,
  });
  yield* settings.storage.commit(batch);
  return { rungs: events.length, dead: 0 };
});

// A long job is never given up: what cannot go on now goes on later from where it stands, and stops nobody else.
const orLater = <A>(
  settings: Settings,
  job: LeasedJob,
  now: Instant,
  pass: Effect.Effect<A, FireError>,
  otherwise: (more: boolean) => A,
): Effect.Effect<A, StorageError> =>
  pass.pipe(
    Effect.catch((error: FireError) => {
      const isOvertaken = error._tag === "Conflict";
      const dueAt = now + (isOvertaken ? 0 : RETRY_MILLIS);
      return Effect.logWarning("a long job goes on later").pipe(
        Effect.annotateLogs({ job: job.id, error: error._tag, attempt: job.attempt }),
        Effect.andThen(settings.storage.settle([{ _tag: "Retry", ...heldBy(job), dueAt }], now)),
        Effect.as(otherwise(isOvertaken)),
      );
    }),
  );

const heldBy = (job: LeasedJob) => ({ namespace: job.namespace, id: job.id, token: job.token });

// Of several messages to one person only the first is leased, so that they arrive in order: the others come after it.
const sendWaiting = Effect.fnUntraced(function* (
  settings: Settings,
  limit: number,
  now: Instant,
  lease: (most: number) => Effect.Effect<ReadonlyArray<LeasedJob>, StorageError>,
) {
  const sent: Array<JobOutcome> = [];
  while (sent.length < limit) {
    const messages = yield* lease(limit - sent.length);
    if (messages.length === 0) break;
    const outcomes: Array<JobOutcome> = [];
    for (const job of messages) outcomes.push(yield* sendMessage(settings, job, now));
    yield* settings.storage.settle(outcomes, now);
    sent.push(...outcomes);
  }
  return sent;
});

/** Tries the person's channels in order; a lasting refusal falls through to the next one. */
const sendMessage = Effect.fnUntraced(function* (settings: Settings, job: LeasedJob, now: Instant) {
  const message = JSON.parse(job.value) as MessageJob;
  const held = heldBy(job);
  let last: NotifyError | undefined;
  for (const address of settings.addressesOf(message.person)) {
    const notifier = settings.notifiers.find((one: Notifier) => one.channel === address.channel);
    if (notifier === undefined) continue;
    const outcome = yield* notifier
      .send({
        deliveryId: message.deliveryId,
        to: address.to,
        locale: address.locale,
        subject: message.subject[address.locale],
        body: message.body[address.locale],
        data: { issue: message.issue, event: message.event },
        at: now,
        attempt: job.attempt,
      })
      .pipe(Effect.result);
    if (outcome._tag === "Success") return { _tag: "Done", ...held } satisfies JobOutcome;
    last = outcome.failure;
    const advice = retryAdvice(outcome.failure, job.attempt, ATTEMPTS_MAX);
    if (advice._tag === "After") {
      return { _tag: "Retry", ...held, dueAt: now + advice.millis } satisfies JobOutcome;
    }
  }
  const reason = last === undefined ? "NoAddress" : last.reason;
  return { _tag: "Dead", ...held, reason } satisfies JobOutcome;
});
