/**
 * The law above all: after any sequence of calls a driver shows the same as the
 * memory driver, which is the specification.
 */
import {
  checkedStorage,
  type Conflict,
  type EntryWrite,
  type LeasedJob,
  makeMemoryStorage,
  type StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { nastyText } from "../arbitraries/text.ts";
import {
  dead,
  done,
  entry,
  guard,
  job,
  type Lab,
  makeLab,
  receipt,
  renew,
  retry,
  row,
  Unexpected,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { fromCheck } from "./Property.ts";

export const modelLaws: ReadonlyArray<StorageLaw> = [
  law(
    "model.same-as-memory",
    "After any sequence of commits, leases, settlements and scans a driver shows what the memory driver shows.",
    function* (lab) {
      let run = 0;
      const { replay } = lab.fixture;
      const sequences = fc.commands(commands, {
        maxCommands: 25,
        ...(replay?.replayPath === undefined ? {} : { replayPath: replay.replayPath }),
      });
      const property = fc.asyncProperty(sequences, (sequence) => {
        run += 1;
        const namespace = `model ${run}`;
        const memory = { ...lab.fixture, storage: checkedStorage(makeMemoryStorage()) };
        const setup = () => ({
          model: makeLab(memory, namespace),
          real: { lab: lab.within(namespace), held: [] },
        });
        return fc.asyncModelRun(setup, sequence);
      });
      yield* fromCheck(property, { numRuns: 150, seed: 2011 }, replay);
    },
  ),
];

interface Real {
  readonly lab: Lab;
  /** Leases taken so far, each under the tokens of both. */
  readonly held: Array<{ readonly model: LeasedJob; readonly real: LeasedJob }>;
}

type Command = fc.AsyncCommand<Lab, Real>;

/** The same call on both sides; what they answer must be the same. */
const command = <A>(
  title: string,
  call: (
    lab: Lab,
    side: "model" | "real",
    held: Real["held"],
  ) => Effect.Effect<A, Conflict | StorageError>,
  shown: (answer: A) => unknown,
  after?: (model: A, real: A, held: Real["held"]) => void,
): Command => ({
  check: () => true,
  toString: () => title,
  run: (model, { lab, held }) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const expected = yield* Effect.result(call(model, "model", held));
        const actual = yield* Effect.result(call(lab, "real", held));
        const [wanted, seen] = [expected, actual].map((answer) =>
          JSON.stringify(
            answer._tag === "Success" ? shown(answer.success) : failureOf(answer.failure),
          ),
        );
        if (wanted !== seen)
          return yield* Effect.fail(new Unexpected(`${title}: memory ${wanted}, driver ${seen}`));
        if (expected._tag === "Success" && actual._tag === "Success")
          after?.(expected.success, actual.success, held);
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

const ID = fc.constantFrom("a", "b", "c", "𠮷", "\uffff");
const STREAM = fc.constantFrom("s", "t");
const JOB = fc.constantFrom("j0", "j1", "j2", "j3");
const INSTANT = fc.integer({ min: 0, max: 40 });
// Mostly right, sometimes one off: refusals must be as common as they are in races.
const OFF_BY = fc.constantFrom(0, 0, 0, 0, 0, 1, -1);
const KEY = fc.oneof(fc.constantFrom("k", "l", "m"), nastyText(2));

const rowsOf = fc.uniqueArray(
  fc.record({
    id: ID,
    off: OFF_BY,
    value: fc.option(nastyText(3), { freq: 4 }),
    by: fc.array(KEY, { maxLength: 3 }),
  }),
  { maxLength: 3, selector: (one) => one.id },
);

const commit = fc
  .record({
    at: INSTANT,
    rows: rowsOf,
    guards: fc.array(fc.record({ id: ID, off: fc.constantFrom(0, 0, 0, 0, 1) }), { maxLength: 1 }),
    entries: fc.array(
      fc.record({
        stream: STREAM,
        off: OFF_BY,
        follows: fc.constantFrom("any", "last", "last", "", "other"),
      }),
      { maxLength: 3 },
    ),
    schedule: fc.uniqueArray(
      fc.record({ id: JOB, key: fc.constantFrom("x", "y"), dueAt: INSTANT }),
      {
        maxLength: 2,
        selector: (one) => one.id,
      },
    ),
    cancel: fc.array(JOB, { maxLength: 1 }),
    revive: fc.option(fc.record({ id: JOB, dueAt: INSTANT }), { freq: 3 }),
    settle: fc.option(fc.record({ which: fc.nat(20), how: fc.nat(3), until: INSTANT }), {
      freq: 4,
    }),
    receipt: fc.option(
      fc.record({ id: fc.constantFrom("c0", "c1", "c2"), content: fc.constantFrom("x", "x", "y") }),
      { freq: 2 },
    ),
  })
  .map((draft) =>
    command(
      `commit ${JSON.stringify(draft)}`,
      (lab, side, held) => {
        const version = (id: string) => Effect.map(lab.versions(id), ([found]) => found ?? 0);
        return Effect.gen(function* () {
          const rows = yield* Effect.forEach(draft.rows, ({ id, off, value, by }) =>
            Effect.map(version(id), (found) =>
              row(id, { expected: Math.max(0, found + off), value, by: value === null ? [] : by }),
            ),
          );
          const guards = yield* Effect.forEach(draft.guards, ({ id, off }) =>
            Effect.map(version(id), (found) => guard(id, found + off)),
          );
          const last = new Map<string, EntryWrite>();
          const entries = yield* Effect.forEach(draft.entries, ({ stream, off, follows }) =>
            Effect.map(lab.feed({ stream }), (line) => {
              const end = last.get(stream) ?? line.at(-1);
              const next = entry(stream, Math.max(1, (end?.version ?? 0) + 1 + off));
              last.set(stream, next);
              if (follows === "any") return next;
              return { ...next, previous: follows === "last" ? (end?.hash ?? "") : follows };
            }),
          );
          const lease = held[(draft.settle?.which ?? 0) % Math.max(1, held.length)]?.[side];
          const settle =
            draft.settle === null || lease === undefined
              ? []
              : [outcomeOf(draft.settle.how, draft.settle.until, lease)];
          return yield* lab.commit({
            at: draft.at,
            rows,
            guards,
            entries,
            schedule: draft.schedule.map(({ id, ...rest }) => job(id, rest)),
            cancel: draft.cancel,
            settle,
            ...(draft.revive === null ? {} : { revive: [draft.revive] }),
            receipt:
              draft.receipt === null ? null : receipt(draft.receipt.id, draft.receipt.content),
          });
        });
      },
      (answer) => answer,
    ),
  );

const outcomeOf = (how: number, until: number, lease: LeasedJob) =>
  how === 0
    ? done(lease)
    : how === 1
      ? retry(until, lease)
      : how === 2
        ? dead(lease)
        : renew(until, lease);

const lease = fc
  .record({
    now: INSTANT,
    length: fc.integer({ min: 1, max: 20 }),
    limit: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ now, length, limit }) =>
    command(
      `lease at ${now} for ${length}, at most ${limit}`,
      (lab) => lab.lease({ now, until: now + length, limit }),
      (jobs) =>
        jobs.map(({ id, key, dueAt, attempt, value, leasedUntil }) => [
          id,
          key,
          dueAt,
          attempt,
          value,
          leasedUntil,
        ]),
      (model, real, held) => {
        for (const [n, one] of model.entries()) {
          const other = real[n];
          if (other !== undefined) held.push({ model: one, real: other });
        }
      },
    ),
  );

const settle = fc
  .record({ at: INSTANT, which: fc.nat(20), how: fc.nat(3), until: INSTANT })
  .map(({ at, which, how, until }) =>
    command(
      `settle ${which} as ${how} at ${at}, until ${until}`,
      (lab, side, held) => {
        const found = held[which % Math.max(1, held.length)]?.[side];
        return found === undefined
          ? Effect.succeed([])
          : lab.settle(at, outcomeOf(how, until, found));
      },
      (results) => results,
    ),
  );

const look = fc
  .record({
    from: fc.option(KEY),
    to: fc.option(KEY),
    order: fc.constantFrom("ascending" as const, "descending" as const),
    limit: fc.integer({ min: 1, max: 4 }),
    max: fc.nat(5),
    stream: fc.option(STREAM),
  })
  .map(({ from, to, order, limit, max, stream }) =>
    command(
      `look ${JSON.stringify({ from, to, order, limit, max, stream })}`,
      (lab) =>
        Effect.all([
          lab.read("a", "b", "c", "𠮷", "\uffff"),
          lab.scan({ range: { from, to }, order }),
          lab.scanAll({ range: { from, to }, order, limit }),
          lab.count({ from, to }, max),
          lab.feed({ stream, limit }),
          lab.dead({ limit }),
        ]),
      ([rows, page, ids, count, entries, deadJobs]) => [
        deadJobs.map((one) => [
          ...[one.id, one.queue, one.key, one.dueAt, one.value],
          ...[one.attempt, one.reason, one.diedAt],
        ]),
        rows.map((one) => one && [one.id, one.version, one.value]),
        page.rows.map((one) => [one.key, one.id, one.version, one.value]),
        ids,
        count,
        entries.map((one) => [one.stream, one.version, one.value, one.hash]),
      ],
    ),
  );

const commands: Array<fc.Arbitrary<Command>> = [commit, commit, lease, settle, look];
