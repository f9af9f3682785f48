/**
 * The calls a driver and the memory driver are both put to, drawn at random: in two
 * namespaces and two queues, with tokens and cursors held over whatever comes between.
 */
import type {
  Conflict,
  DeadJob,
  Entry,
  EntryWrite,
  LeasedJob,
  Row,
  StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import {
  dead,
  done,
  entry,
  guard,
  job,
  type Lab,
  receipt,
  renew,
  retry,
  row,
  Unexpected,
} from "./Lab.ts";
import {
  commitDraft,
  INSTANT,
  KEY,
  OUTCOME,
  QUEUE,
  rarely,
  RECEIPTS,
  STREAM,
  WHERE,
  type Where,
} from "./modelDrafts.ts";
import { toldOf } from "./told.ts";

type Side = "model" | "real";

/** Two namespaces of one storage, and the queues of this run. */
export interface Place {
  readonly labs: Readonly<Record<Where, Lab>>;
  readonly queue: (name: string) => string;
}

/** What both sides gave out that only they understand: tokens of leases, cursors of pages. */
export interface Known {
  readonly held: Array<{ readonly model: LeasedJob; readonly real: LeasedJob }>;
  readonly cursors: Map<Where, Readonly<Record<Side, Cursors>>>;
}

/** Cursors of a scan upwards, one downwards, the feed and the dead jobs. */
type Cursors = ReadonlyArray<string | null>;

/** The driver, and what is known of both sides. */
export interface Real {
  readonly place: Place;
  readonly known: Known;
}

export type Command = fc.AsyncCommand<Place, Real>;

/** One command of a sequence; commits are the most common. */
export const modelCommands = (): Array<fc.Arbitrary<Command>> => [
  ...[commit, commit, commit, commit],
  ...[lease, lease, settle, look, page, page],
];

// Private

/** The same call on both sides; what they answer must be the same. */
const command = <A>(
  title: string,
  call: (place: Place, side: Side, known: Known) => Effect.Effect<A, Conflict | StorageError>,
  shown: (answer: A) => unknown,
  after?: (model: A, real: A, known: Known) => void,
): Command => ({
  check: () => true,
  toString: () => title,
  run: (model, { place, known }) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const expected = yield* Effect.result(call(model, "model", known));
        const actual = yield* Effect.result(call(place, "real", known));
        const [wanted, seen] = [expected, actual].map((answer) =>
          JSON.stringify(
            answer._tag === "Success" ? shown(answer.success) : failureOf(answer.failure),
          ),
        );
        if (wanted !== seen) {
          const cause = actual._tag === "Failure" ? ` (${toldOf(actual.failure)})` : "";
          const told = `${title}: memory ${wanted}, driver ${seen}${cause}`;
          return yield* Effect.fail(new Unexpected(told));
        }
        if (expected._tag === "Success" && actual._tag === "Success")
          after?.(expected.success, actual.success, known);
        return undefined;
      }),
    ),
});

const failureOf = (error: Conflict | StorageError) =>
  error._tag === "StorageError"
    ? error.reason
    : [...error.conflicts]
        .map(({ kind, id, expected, actual }) => `${kind} ${id} ${expected} ${actual}`)
        .sort();

const commit = commitDraft.map((draft) =>
  command(
    `commit ${JSON.stringify(draft)}`,
    ({ labs, queue }, side, { held }) => {
      const lab = labs[draft.where];
      const version = (id: string) => Effect.map(lab.versions(id), ([found]) => found ?? 0);
      return Effect.gen(function* () {
        const rows = yield* Effect.forEach(draft.rows, ({ id, off, value, by }) =>
          Effect.map(version(id), (found) =>
            row(id, {
              expected: Math.max(0, found + (off ?? 0)),
              value,
              by: value === null ? [] : by,
            }),
          ),
        );
        const guards = yield* Effect.forEach(draft.guards, ({ id, off }) =>
          Effect.map(version(id), (found) => guard(id, found + off)),
        );
        const last = new Map<string, EntryWrite>();
        const entries = yield* Effect.forEach(draft.entries, ({ stream, off, follows, astray }) =>
          Effect.map(lab.feed({ stream }), (line) => {
            const end = last.get(stream) ?? line.at(-1);
            const next = entry(stream, Math.max(1, (end?.version ?? 0) + 1 + (off ?? 0)));
            last.set(stream, next);
            if (follows === "any") return next;
            return { ...next, previous: astray ?? end?.hash ?? "" };
          }),
        );
        // A commit settles jobs of its namespace only.
        const own = held.filter(
          (one) => (one.real.namespace.endsWith("beside") ? "beside" : "home") === draft.where,
        );
        const lease = own.at(-1 - (draft.settle?.which ?? 0))?.[side];
        const outcome =
          draft.settle === null || lease === undefined ? null : { lease, ...draft.settle };
        const revived = yield* revivedIn(lab, draft.revive);
        return yield* lab.commit({
          at: outcome === null ? draft.at : settledAt(outcome),
          rows,
          guards,
          entries,
          schedule: (draft.schedule ?? []).map(({ id, ...rest }) =>
            job(id, { ...rest, queue: queue(rest.queue) }),
          ),
          cancel: draft.cancel === null ? [] : [draft.cancel],
          settle: outcome === null ? [] : [outcomeOf(outcome)],
          ...(revived === undefined ? {} : { revive: [revived] }),
          receipt: draft.receipt === null ? null : receipt(draft.receipt.id, draft.receipt.content),
        });
      });
    },
    (answer) => answer,
  ),
);

/** A job that is dead there now, as a rule. */
const revivedIn = (
  lab: Lab,
  draft: { readonly nth: number; readonly id: string | null; readonly dueAt: number } | null,
) =>
  Effect.map(draft === null ? Effect.succeed([]) : lab.dead(), (jobs) => {
    const id = draft?.id ?? jobs[(draft?.nth ?? 0) % Math.max(1, jobs.length)]?.id;
    return draft === null || id === undefined ? undefined : { id, dueAt: draft.dueAt };
  });

interface Outcome {
  readonly lease: LeasedJob;
  readonly how: number;
  readonly until: number;
  readonly early: number;
}

const outcomeOf = ({ how, until, lease }: Outcome) =>
  [done(lease), retry(until, lease), dead(lease)][how] ?? renew(until, lease);

const settledAt = ({ early, lease }: Outcome) => Math.max(0, lease.leasedUntil - early);

const lease = fc
  .record({
    where: fc.constantFrom("home" as const, "home" as const, "beside" as const, null),
    queue: QUEUE,
    now: INSTANT,
    length: fc.integer({ min: 1, max: 20 }),
    limit: fc.integer({ min: 1, max: 3 }),
  })
  .map((draft) =>
    command(
      `lease ${JSON.stringify(draft)}`,
      ({ labs, queue }) => {
        const { now, length } = draft;
        const request = { queue: queue(draft.queue), now, until: now + length };
        // Whose turn it is among namespaces a driver may choose; all that is due it may not.
        if (draft.where === null)
          return Effect.map(
            labs.home.lease({ ...request, namespace: null, limit: 1000 }),
            byNamespace,
          );
        return labs[draft.where].lease({ ...request, limit: draft.limit });
      },
      (jobs) =>
        jobs.map((one) => [
          ...[one.namespace, one.queue, one.id, one.key, one.dueAt],
          ...[one.attempt, one.value, one.leasedUntil],
        ]),
      (model, real, { held }) => {
        for (const [n, one] of model.entries()) {
          const other = real[n];
          if (other !== undefined) held.push({ model: one, real: other });
        }
      },
    ),
  );

const byNamespace = (jobs: ReadonlyArray<LeasedJob>) =>
  [...jobs].sort(
    ({ namespace: one }, { namespace: other }) => Number(one > other) - Number(one < other),
  );

const settle = fc.array(OUTCOME, { minLength: 1, maxLength: 3 }).map((drafts) =>
  command(
    `settle ${JSON.stringify(drafts)}`,
    ({ labs }, side, { held }) => {
      const all = drafts.flatMap((draft) => {
        const lease = held.at(-1 - draft.which)?.[side];
        return lease === undefined ? [] : [{ ...draft, lease }];
      });
      const at = all[0] === undefined ? 0 : settledAt(all[0]);
      return labs.home.settle(at, ...all.map(outcomeOf));
    },
    (results) => results,
  ),
);

const look = fc
  .record({
    where: WHERE,
    from: rarely(KEY, 3),
    to: rarely(KEY, 3),
    order: fc.constantFrom("ascending" as const, "descending" as const),
    limit: fc.integer({ min: 1, max: 4 }),
    max: fc.nat(5),
    stream: rarely(STREAM, 2),
    queue: rarely(QUEUE, 2),
  })
  .map((draft) =>
    command(
      `look ${JSON.stringify(draft)}`,
      ({ labs, queue }) => {
        const { from, to, order, limit, max, stream } = draft;
        const lab = labs[draft.where];
        return Effect.all([
          lab.read("a", "b", "c", "𠮷", "\uffff"),
          lab.scan({ range: { from, to }, order }),
          lab.scanAll({ range: { from, to }, order, limit }),
          lab.count({ from, to }, max),
          lab.feed({ stream, limit }),
          lab.dead({ limit, queue: draft.queue === null ? null : queue(draft.queue) }),
          Effect.forEach(RECEIPTS, (id) => lab.storage.receipt({ namespace: lab.namespace, id })),
        ]);
      },
      ([rows, page, ids, count, entries, deadJobs, receipts]) => [
        deadJobs.map(shownDead),
        rows.map((one) => one && [one.id, one.version, one.value]),
        page.rows.map(shownRow),
        ids,
        count,
        entries.map(shownEntry),
        receipts.map((one) => one && [one.id, one.contentHash, one.value]),
      ],
    ),
  );

/** One page more of scans both ways, of the feed and of dead jobs, behind cursors of long ago. */
const page = fc
  .record({
    where: WHERE,
    limit: fc.integer({ min: 1, max: 2 }),
    anew: fc.constantFrom(false, false, false, true),
  })
  .map((draft) => {
    const { where, limit, anew } = draft;
    return command<{ readonly shown: unknown; readonly next: Cursors }>(
      `page ${JSON.stringify(draft)}`,
      ({ labs }, side, { cursors }) => {
        const lab = labs[where];
        const { namespace, storage } = lab;
        const held = anew ? undefined : cursors.get(where)?.[side];
        const [up = null, down = null, behind = null, died = null] = held ?? [];
        return Effect.map(
          Effect.all([
            lab.scan({ order: "ascending", limit, cursor: up }),
            lab.scan({ order: "descending", limit, cursor: down }),
            storage.feed({ namespace, after: behind, limit, stream: null }),
            storage.dead({ namespace, queue: null, limit: 1, cursor: died }),
          ]),
          ([rising, falling, feed, deadJobs]) => ({
            shown: [
              ...[rising, falling].map(({ rows, next }) => [rows.map(shownRow), next === null]),
              feed.entries.map(shownEntry),
              [deadJobs.jobs.map(shownDead), deadJobs.next === null],
            ],
            next: [rising.next, falling.next, feed.next, deadJobs.next],
          }),
        );
      },
      ({ shown }) => shown,
      (model, real, { cursors }) => {
        cursors.set(where, { model: model.next, real: real.next });
      },
    );
  });

const shownRow = (one: Row & { readonly key: string }) => [one.key, one.id, one.version, one.value];

const shownEntry = (one: Entry) => [one.stream, one.version, one.value, one.hash];

const shownDead = (one: DeadJob) => [
  ...[one.namespace, one.id, one.queue, one.key, one.dueAt],
  ...[one.value, one.attempt, one.reason, one.diedAt],
];
