/**
 * Anomalies put into sound histories, each where it cannot be explained away: an
 * injector gives null when a history has no such place.
 */
import type {
  AppendAnomalyKind,
  AppendHistory,
  HistoryCommit,
  HistoryRead,
  LeaseAnomalyKind,
  LeaseCall,
  LeaseGrant,
  LeaseHistory,
  SettleCall,
} from "../../src/index.ts";
import { type Random, seededRandom } from "../../src/history/random.ts";

/** A history with something wrong, and the operations that were tampered with. */
export interface Tampered<History> {
  readonly history: History;
  readonly operations: ReadonlyArray<string>;
}

type Injector<History> = (history: History, random: Random) => Tampered<History> | null;

export const appendInjectors: Readonly<Record<AppendAnomalyKind, Injector<AppendHistory>>> = {
  "lost-ack": (history, random) => {
    // Accepted, and gone from the end of its journal.
    const places = [...history.logs].filter(([subject, log]) => {
      const last = commitOf(history, log.at(-1));
      return last?.outcome === "committed" && last.writes.length === 1 && subject !== "";
    });
    return at(places, random, ([subject, log]) => ({
      history: withLog(history, subject, log.slice(0, -1)),
      operations: [log.at(-1) ?? ""],
    }));
  },
  duplicate: (history, random) =>
    at(logged(history), random, ({ subject, id, log }) => ({
      history: withLog(history, subject, [...log, id]),
      operations: [id],
    })),
  "ghost-effect": (history, random) =>
    at(
      commitsOf(history).filter((one) => one.outcome === "refused"),
      random,
      (commit) => {
        const subject = commit.writes[0]?.subject ?? "";
        const log = history.logs.get(subject) ?? [];
        return {
          history: withLog(history, subject, [...log, commit.id]),
          operations: [commit.id],
        };
      },
    ),
  "half-commit": (history, random) =>
    at(
      logged(history).filter(
        ({ id, log }) => id === log.at(-1) && (commitOf(history, id)?.writes.length ?? 0) > 1,
      ),
      random,
      ({ subject, id, log }) => ({
        history: withLog(history, subject, log.slice(0, -1)),
        operations: [id],
      }),
    ),
  "swapped-order": (history, random) =>
    at(
      logged(history).filter(({ index, log }) => index + 1 < log.length),
      random,
      ({ subject, index, log }) => {
        const swapped = [...log];
        const [one = "", two = ""] = log.slice(index, index + 2);
        swapped.splice(index, 2, two, one);
        return { history: withLog(history, subject, swapped), operations: [one, two] };
      },
    ),
  "stale-read": (history, random) =>
    at(
      readsOf(history).filter((read) => {
        const writer = commitOf(history, read.writer);
        return writer?.end != null && writer.end < read.start;
      }),
      random,
      (read) => {
        const version = read.version - 1;
        const writer = history.logs.get(read.subject)?.[version - 1] ?? null;
        return {
          history: withOperation(history, { ...read, version, writer }),
          operations: [read.id],
        };
      },
    ),
  "phantom-conflict": (history, random) =>
    at(
      commitsOf(history).filter((one) => {
        const [named] = one.conflicts;
        const writer = commitOf(
          history,
          history.logs.get(named?.subject ?? "")?.[(named?.actual ?? 0) - 1],
        );
        // What it named was surely there, and nothing older: an older version is a phantom.
        return writer?.end != null && writer.end < one.start && (named?.actual ?? 0) >= 2;
      }),
      random,
      (commit) => {
        const [named, ...others] = commit.conflicts;
        const actual = (named?.actual ?? 0) - 1;
        const expected = actual === named?.expected ? actual + 1 : (named?.expected ?? 0);
        const conflicts = named === undefined ? [] : [{ ...named, actual, expected }, ...others];
        return {
          history: withOperation(history, { ...commit, conflicts }),
          operations: [commit.id],
        };
      },
    ),
  "ignored-guard": (history, random) =>
    at(
      commitsOf(history).filter((one) => {
        const [guard] = one.guards;
        if (one.outcome !== "committed" || guard === undefined) return false;
        const writer = commitOf(history, history.logs.get(guard.subject)?.[guard.version - 1]);
        return writer?.end != null && writer.end < one.start;
      }),
      random,
      (commit) => {
        const guards = commit.guards.map((one) => ({ ...one, version: one.version - 1 }));
        return { history: withOperation(history, { ...commit, guards }), operations: [commit.id] };
      },
    ),
};

export const leaseInjectors: Readonly<Record<LeaseAnomalyKind, Injector<LeaseHistory>>> = {
  "double-lease": (history, random) =>
    at(grantsOf(history), random, ({ call, grant }) => {
      const id = "injected";
      const start = call.end + 0.1;
      const again = { ...grant, attempt: grant.attempt, token: "another" };
      const second: LeaseCall = { ...call, id, start, end: start + 0.1, grants: [again] };
      return { history: withCalls(history, second), operations: [call.id, id] };
    }),
  "double-key": (history, random) =>
    at(
      grantsOf(history).filter(({ grant }) =>
        history.jobs.some((one) => one.key === grant.key && one.id !== grant.job),
      ),
      random,
      ({ call, grant }) => {
        const other = history.jobs.find((one) => one.key === grant.key && one.id !== grant.job);
        const taken = { job: other?.id ?? "", key: grant.key, token: "another", attempt: 90 };
        const grants = [...(call.grants ?? []), taken];
        return { history: withCalls(history, { ...call, grants }), operations: [call.id] };
      },
    ),
  "early-lease": (history, random) =>
    at(
      grantsOf(history).filter(({ grant }) => grant.attempt === 1),
      random,
      ({ call, grant }) => ({
        history: {
          ...history,
          jobs: history.jobs.map((one) =>
            one.id === grant.job ? { ...one, dueAt: call.now + 1 } : one,
          ),
        },
        operations: [call.id],
      }),
    ),
  "lost-attempt": (history, random) =>
    at(
      grantsOf(history).filter(({ grant }) => isLast(history, grant)),
      random,
      ({ call, grant }) => ({
        history: withGrant(history, call, { ...grant, attempt: grant.attempt + 40 }),
        operations: [call.id],
      }),
    ),
  "reused-token": (history, random) =>
    at(
      grantsOf(history).filter(({ grant }) => grant.attempt > 1),
      random,
      ({ call, grant }) => {
        const earlier = grantsOf(history).find(
          (one) => one.grant.job === grant.job && one.grant.attempt < grant.attempt,
        );
        if (earlier === undefined) return null;
        return {
          history: withGrant(history, call, { ...grant, token: earlier.grant.token }),
          operations: [earlier.call.id, call.id],
        };
      },
    ),
  unfenced: (history, random) =>
    at(
      settlesOf(history).filter((one) => {
        const next = nextGrant(history, one);
        return one.result === "LeaseLost" && next !== undefined && next.call.end < one.start;
      }),
      random,
      (call) => ({
        history: withCalls(history, { ...call, result: "Settled" }),
        operations: [call.id],
      }),
    ),
  "settled-twice": (history, random) =>
    at(
      settlesOf(history).filter((one) => one.result === "Settled" && one.outcome === "Done"),
      random,
      (call) => {
        const second: SettleCall = {
          ...call,
          id: "injected",
          outcome: "Dead",
          start: call.end + 0.1,
          end: call.end + 0.2,
        };
        return { history: withCalls(history, second), operations: [call.id, second.id] };
      },
    ),
  resurrected: (history, random) =>
    at(
      settlesOf(history).filter((one) => one.result === "Settled" && one.outcome === "Done"),
      random,
      (settle) => {
        const held = grantsOf(history).find(({ grant }) => grant.token === settle.token);
        if (held === undefined) return null;
        const start = settle.end + 0.1;
        const grant = { ...held.grant, token: "another", attempt: held.grant.attempt + 1 };
        const now = held.call.until + 5000;
        const call: LeaseCall = {
          ...held.call,
          id: "injected",
          start,
          end: start + 0.1,
          now,
          until: now + 9,
          grants: [grant],
        };
        return { history: withCalls(history, call), operations: [settle.id, call.id] };
      },
    ),
  "phantom-loss": (history, random) =>
    at(
      settlesOf(history).filter((one) => {
        const own = settlesOf(history).filter((other) => other.token === one.token);
        return (
          one.result === "Settled" && one.id === own[0]?.id && nextGrant(history, one) === undefined
        );
      }),
      random,
      (call) => ({
        history: withCalls(
          { ...history, drained: false },
          ...settlesOf(history)
            .filter((one) => one.token === call.token)
            .map((one): SettleCall => ({ ...one, result: "LeaseLost" })),
        ),
        operations: [call.id],
      }),
    ),
  "lost-job": (history, random) =>
    at(history.jobs, random, ({ id }) => ({
      history: {
        ...history,
        operations: history.operations.map((one) =>
          one.kind === "lease"
            ? { ...one, grants: one.grants?.filter((grant) => grant.job !== id) ?? null }
            : one,
        ),
      },
      operations: [],
    })),
};

/** The kind injected into a history by a seed. */
export const tamper = <History>(
  injector: Injector<History>,
  history: History,
  seed: number,
): Tampered<History> | null => injector(history, seededRandom(seed));

const at = <A, B>(
  places: ReadonlyArray<A>,
  random: Random,
  make: (place: A) => B | null,
): B | null => {
  const place = places[random(places.length)];
  return place === undefined ? null : make(place);
};

const commitsOf = (history: AppendHistory) =>
  history.operations.filter((one): one is HistoryCommit => one.kind === "commit");

const readsOf = (history: AppendHistory) =>
  history.operations.filter((one): one is HistoryRead => one.kind === "read");

const commitOf = (history: AppendHistory, id: string | null | undefined) =>
  commitsOf(history).find((one) => one.id === id);

const logged = (history: AppendHistory) =>
  [...history.logs].flatMap(([subject, log]) =>
    log.map((id, index) => ({ subject, id, index, log })),
  );

const withLog = (
  history: AppendHistory,
  subject: string,
  log: ReadonlyArray<string>,
): AppendHistory => ({ ...history, logs: new Map(history.logs).set(subject, log) });

const withOperation = (
  history: AppendHistory,
  operation: HistoryCommit | HistoryRead,
): AppendHistory => ({
  ...history,
  operations: history.operations.map((one) => (one.id === operation.id ? operation : one)),
});

const grantsOf = (history: LeaseHistory) =>
  history.operations.flatMap((call) =>
    call.kind === "lease" ? (call.grants ?? []).map((grant) => ({ call, grant })) : [],
  );

const settlesOf = (history: LeaseHistory) =>
  history.operations.filter((one): one is SettleCall => one.kind === "settle");

const isLast = (history: LeaseHistory, grant: LeaseGrant) =>
  grantsOf(history).every(
    (one) => one.grant.job !== grant.job || one.grant.attempt <= grant.attempt,
  );

const nextGrant = (history: LeaseHistory, settle: SettleCall) => {
  const held = grantsOf(history).find(({ grant }) => grant.token === settle.token);
  return grantsOf(history).find(
    ({ grant }) => grant.job === settle.job && grant.attempt > (held?.grant.attempt ?? 0),
  );
};

const withCalls = (
  history: LeaseHistory,
  ...calls: ReadonlyArray<LeaseCall | SettleCall>
): LeaseHistory => {
  const changed = new Map(calls.map((one) => [one.id, one]));
  const kept = history.operations.map((one) => changed.get(one.id) ?? one);
  const known = new Set(history.operations.map((one) => one.id));
  return { ...history, operations: [...kept, ...calls.filter((one) => !known.has(one.id))] };
};

const withGrant = (
  history: LeaseHistory,
  call: LeaseCall,
  grant: NonNullable<LeaseCall["grants"]>[number],
): LeaseHistory =>
  withCalls(history, {
    ...call,
    grants: call.grants?.map((one) => (one.job === grant.job ? grant : one)) ?? null,
  });
