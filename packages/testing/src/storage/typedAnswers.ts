/**
 * A driver with each of its answers compared with the port's types, because TypeScript
 * is gone when a driver runs: a version that comes back as text would pass every law
 * that only prints what it sees.
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
  info: () => asked(driver, "info", (own) => own.info()),
  read: (request) => asked(driver, "read", (own) => own.read(request), request.keys.length),
  receipt: (request) => asked(driver, "receipt", (own) => own.receipt(request)),
  scan: (request) => asked(driver, "scan", (own) => own.scan(request)),
  count: (request) => asked(driver, "count", (own) => own.count(request)),
  commit: (batch) => asked(driver, "commit", (own) => own.commit(batch)),
  feed: (request) => asked(driver, "feed", (own) => own.feed(request)),
  lease: (request) => asked(driver, "lease", (own) => own.lease(request)),
  settle: (outcomes, at) =>
    asked(driver, "settle", (own) => own.settle(outcomes, at), outcomes.length),
  dead: (request) => asked(driver, "dead", (own) => own.dead(request)),
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

const typed = Schema.decodeUnknownResult;
type Typed = (answer: unknown) => Result.Result<unknown, Schema.SchemaError>;

const ANSWERS: Readonly<Record<StorageMethod, Typed>> = {
  info: typed(
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
  read: typed(Schema.Array(Schema.NullOr(Schema.Struct(row)))),
  receipt: typed(Schema.NullOr(receipt)),
  scan: typed(
    Schema.Struct({ rows: Schema.Array(Schema.Struct({ ...row, key: Text })), next: Cursor }),
  ),
  count: typed(Natural),
  commit: typed(
    Schema.Union([
      Schema.Struct({ _tag: Schema.Literal("Committed") }),
      Schema.Struct({ _tag: Schema.Literal("Replayed"), receipt }),
    ]),
  ),
  feed: typed(
    Schema.Struct({
      entries: Schema.Array(
        Schema.Struct({ stream: Text, version: Positive, value: Text, hash: Text, cursor: Text }),
      ),
      next: Cursor,
    }),
  ),
  lease: typed(
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
  settle: typed(Schema.Array(Schema.Literals(["Settled", "LeaseLost"]))),
  dead: typed(
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
  call: (driver: Storage) => Effect.Effect<A, E>,
  items: number | null = null,
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    if (typeof driver[method] !== "function") return dies(method, "the driver has no such method");
    const calling = call(driver);
    if (!Effect.isEffect(calling)) return dies(method, noEffect(calling));
    const told = Effect.tapError(calling, (error) => failure(method, error));
    return Effect.tap(told, (answer) => answered(method, answer, items));
  });

const answered = (method: StorageMethod, answer: unknown, items: number | null) => {
  const fits = ANSWERS[method](answer);
  if (Result.isFailure(fits)) {
    return dies(
      method,
      `it answered what the port's types do not allow: ${fits.failure.message.replace(/\s+/g, " ")}`,
    );
  }
  return items !== null && Array.isArray(answer) && answer.length !== items
    ? dies(method, `asked for ${items}, it answered with ${answer.length}`)
    : Effect.void;
};

const failure = (method: StorageMethod, error: unknown) => {
  const tag = typeof error === "object" && error !== null && "_tag" in error ? error._tag : null;
  return tag === "StorageError" || (tag === "Conflict" && method === "commit")
    ? Effect.void
    : dies(method, `it failed with what is no failure of the port: ${toldOf(error)}`);
};

const dies = (method: StorageMethod, detail: string) =>
  Effect.die(new Unexpected(`${method}: ${detail}`));
