/**
 * A driver with each of its answers compared with the port's types, because TypeScript
 * is gone when a driver runs: a version that comes back as text would pass every law
 * that only prints what it sees. A law is handed what the port names and no more: an answer
 * may be an instance of a class, and may hold fields of the driver's own.
 *
 * What does not fit is a defect, so it breaks the law that asked, whatever that law
 * thinks of failures.
 */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import type { StorageMethod } from "../faults/FaultyStorage.ts";
import { Unexpected } from "./pages.ts";
import { toldOf } from "./told.ts";

/** The same driver; an answer that is not of the port's types is a defect. */
export const typedAnswers = (driver: Storage): Storage => ({
  capabilities: driver.capabilities,
  info: () => asked(driver, "info", ANSWERS.info, (own) => own.info()),
  read: (request) =>
    asked(driver, "read", ANSWERS.read, (own) => own.read(request), request.keys.length),
  receipt: (request) => asked(driver, "receipt", ANSWERS.receipt, (own) => own.receipt(request)),
  scan: (request) => asked(driver, "scan", ANSWERS.scan, (own) => own.scan(request)),
  count: (request) => asked(driver, "count", ANSWERS.count, (own) => own.count(request)),
  commit: (batch) => asked(driver, "commit", ANSWERS.commit, (own) => own.commit(batch)),
  feed: (request) => asked(driver, "feed", ANSWERS.feed, (own) => own.feed(request)),
  lease: (request) => asked(driver, "lease", ANSWERS.lease, (own) => own.lease(request)),
  settle: (outcomes, at) =>
    asked(driver, "settle", ANSWERS.settle, (own) => own.settle(outcomes, at), outcomes.length),
  dead: (request) => asked(driver, "dead", ANSWERS.dead, (own) => own.dead(request)),
});

/** Why what a method gave cannot be run: a driver in promises was handed over as it is. */
export const noEffect = (given: unknown): string => {
  if (typeof given !== "object" || given === null || !("then" in given))
    return `it gave ${toldOf(given)}, not an effect`;
  // Nobody waits for it any more.
  Promise.resolve(given).catch(() => {});
  return "it gave a promise, not an effect: wrap the driver with `storageFromPromise` of `@linli/core/ports`";
};

// Private

const Natural = Schema.Int.check(
  Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
);
const Positive = Schema.Int.check(
  Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
);
const Text = Schema.String;
const Cursor = Schema.NullOr(Text);
const row = { kind: Text, id: Text, version: Positive, value: Text };
const job = { id: Text, queue: Text, key: Text, dueAt: Natural, value: Text };
const receipt = Schema.Struct({ id: Text, contentHash: Text, value: Text });
const limits = {
  batchItems: Positive,
  valueBytes: Positive,
  keyBytes: Positive,
  pageRows: Positive,
};

type Typed<A> = (answer: unknown) => Result.Result<A, Schema.SchemaError>;

const ANSWERS = {
  info: Schema.decodeUnknownResult(
    Schema.Struct({
      name: Text,
      durable: Schema.Boolean,
      shared: Schema.Boolean,
      version: Text,
      schema: Schema.Struct({
        reached: Natural,
        newest: Natural,
        pending: Schema.Array(Schema.Struct({ step: Positive, name: Text })),
      }),
      limits: Schema.Struct(limits),
      bytes: Schema.NullOr(Natural),
    }),
  ),
  read: Schema.decodeUnknownResult(Schema.Array(Schema.NullOr(Schema.Struct(row)))),
  receipt: Schema.decodeUnknownResult(Schema.NullOr(receipt)),
  scan: Schema.decodeUnknownResult(
    Schema.Struct({ rows: Schema.Array(Schema.Struct({ ...row, key: Text })), next: Cursor }),
  ),
  count: Schema.decodeUnknownResult(Natural),
  commit: Schema.decodeUnknownResult(
    Schema.Union([
      Schema.Struct({ _tag: Schema.Literal("Committed") }),
      Schema.Struct({ _tag: Schema.Literal("Replayed"), receipt }),
    ]),
  ),
  feed: Schema.decodeUnknownResult(
    Schema.Struct({
      entries: Schema.Array(
        Schema.Struct({
          ...{ stream: Text, version: Positive, value: Text, hash: Text, cursor: Text },
          // What an entry named is not kept with it: `stream.follows` would see it.
          previous: Schema.optionalKey(Schema.Unknown),
        }),
      ),
      next: Cursor,
    }),
  ),
  lease: Schema.decodeUnknownResult(
    Schema.Array(
      Schema.Struct({
        ...job,
        namespace: Text,
        attempt: Positive,
        token: Schema.NonEmptyString,
        leasedUntil: Natural,
      }),
    ),
  ),
  settle: Schema.decodeUnknownResult(Schema.Array(Schema.Literals(["Settled", "LeaseLost"]))),
  dead: Schema.decodeUnknownResult(
    Schema.Struct({
      jobs: Schema.Array(
        Schema.Struct({ ...job, namespace: Text, attempt: Natural, reason: Text, diedAt: Natural }),
      ),
      next: Cursor,
    }),
  ),
};

/** One call; `items` is how many an answer that is a list must have. */
const asked = <A, E>(
  driver: Storage,
  method: StorageMethod,
  typed: Typed<A>,
  call: (driver: Storage) => Effect.Effect<unknown, E>,
  items: number | null = null,
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    if (typeof driver[method] !== "function") return dies(method, "the driver has no such method");
    const calling = call(driver);
    if (!Effect.isEffect(calling)) return dies(method, noEffect(calling));
    const told = Effect.tapError(calling, (error) => failure(method, error));
    return Effect.flatMap(told, (answer) => answered(method, typed(answer), items));
  });

const answered = <A>(
  method: StorageMethod,
  fits: Result.Result<A, Schema.SchemaError>,
  items: number | null,
): Effect.Effect<A> => {
  if (Result.isFailure(fits)) {
    return dies(
      method,
      `it answered what the port's types do not allow: ${fits.failure.message.replace(/\s+/g, " ")}`,
    );
  }
  const answer = fits.success;
  return items !== null && Array.isArray(answer) && answer.length !== items
    ? dies(method, `asked for ${items}, it answered with ${answer.length}`)
    : Effect.succeed(answer);
};

const failure = (method: StorageMethod, error: unknown) => {
  const tag = typeof error === "object" && error !== null && "_tag" in error ? error._tag : null;
  return tag === "StorageError" || (tag === "Conflict" && method === "commit")
    ? Effect.void
    : dies(method, `it failed with what is no failure of the port: ${toldOf(error)}`);
};

const dies = (method: StorageMethod, detail: string) =>
  Effect.die(new Unexpected(`${method}: ${detail}`));
