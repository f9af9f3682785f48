/**
 * Connections as other drivers shape them. Those of openGauss, GaussDB and KingbaseES
 * are forks of node-postgres and differ in what a row, an answer, a promise and an error
 * are. No server of theirs is at hand, so their shapes stand over a real PostgreSQL:
 * this shows what the driver needs of a connection, not that it runs on those servers.
 */
import { checkStorageLaw, storageLaws, storageUnderTest } from "@linli/testing";
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import { describe } from "vitest";
import type { PgLease, PgSource } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import { freshSchema, freshStorage, sharedPool, withServer } from "./support/database.ts";
import { postgresOpener } from "./support/opener.ts";

type Row = Record<string, unknown>;

/** How one family of drivers gives things back. */
interface Shape {
  readonly title: string;
  /** A value of a `bigint` column, which arrives as text. */
  readonly int8: (text: string) => unknown;
  readonly row: (row: Row) => Row;
  readonly answer: (rows: ReadonlyArray<Row>) => Awaited<ReturnType<PgLease["query"]>>;
  /** What a failed statement rejects with. */
  readonly error: (error: PgError) => unknown;
  readonly promise: <A>(promise: Promise<A>) => Promise<A>;
}

interface PgError extends Error {
  readonly code?: string;
}

/** An error class of another driver: SQLSTATE in `code`, nothing else of node-postgres'. */
class GaussError extends Error {
  override readonly name = "GaussError";
  readonly code: string | undefined;
  constructor(code: string | undefined) {
    super("the server said no");
    this.code = code;
  }
}

class Answer {
  readonly rows: ReadonlyArray<Row>;
  readonly rowsAffected = 0;
  constructor(rows: ReadonlyArray<Row>) {
    this.rows = rows;
  }
}

/** A promise of a library of its own: it can be awaited, and that is all. */
const thenable = <A>(promise: Promise<A>): Promise<A> => {
  const bare: Pick<Promise<A>, "then"> = {
    then: (fulfilled, rejected) => thenable(promise.then(fulfilled, rejected)),
  };
  return bare as Promise<A>;
};

const SHAPES: ReadonlyArray<Shape> = [
  {
    title: "BigInt for int8, answers without rowCount, errors of a class of its own",
    int8: BigInt,
    row: (row) => Object.assign(Object.create(null) as Row, row),
    answer: (rows) => new Answer(rows),
    error: (error) => new GaussError(error.code),
    promise: (promise) => promise,
  },
  {
    title: "numbers for int8, thenables for promises, plain objects for errors, wrapped twice",
    int8: Number,
    row: (row) => ({ ...row }),
    answer: (rows) => ({ rows: Object.freeze([...rows]), rowCount: null }),
    error: (error) => ({ message: "wrapped", cause: { cause: { code: error.code } } }),
    promise: thenable,
  },
];

const INT8 = 20;

/** A source whose connections have another shape. */
const shaped = (url: string, shape: Shape): PgSource => ({
  connect: () =>
    shape.promise(
      sharedPool(url)
        .connect()
        .then((client) => ({
          query: (text: string, values: ReadonlyArray<unknown> = []) =>
            shape.promise(
              client.query<Row>(text, [...values]).then(
                ({ rows, fields }) => {
                  const wide = new Set(
                    fields.filter((one) => one.dataTypeID === INT8).map((one) => one.name),
                  );
                  const change = (row: Row) =>
                    Object.fromEntries(
                      Object.entries(row).map(([name, value]) => [
                        name,
                        wide.has(name) && typeof value === "string" ? shape.int8(value) : value,
                      ]),
                    );
                  return shape.answer(rows.map((row) => shape.row(change(row))));
                },
                (error: PgError) => Promise.reject(shape.error(error)),
              ),
            ),
          // Some know no argument here, and one of theirs throws when it is released twice.
          release: (error) => client.release(error),
        })),
    ),
});

withServer("connections of other shapes", (url) => {
  describe.each(SHAPES)("$title", (shape) => {
    const source = shaped(url, shape);
    const driver = storageUnderTest(postgresOpener(source, { names: freshSchema }));
    for (const law of storageLaws) {
      if (law.id.endsWith("+faults")) continue;
      it(`${law.id}: ${law.statement}`, () => Effect.runPromise(checkStorageLaw(law, driver)));
    }

    it.effect("its errors mean what they say: clashes are retried, refusals typed", () =>
      Effect.gen(function* () {
        const failures = { left: 0, code: "" };
        const clashing: PgSource = {
          connect: () =>
            shape.promise(
              source.connect().then((lease) => ({
                query: (text: string, values?: ReadonlyArray<unknown>) => {
                  if (!text.includes("commit") || failures.left === 0)
                    return lease.query(text, values);
                  failures.left -= 1;
                  const made = Object.assign(new Error("made"), { code: failures.code });
                  return shape.promise(Promise.reject(shape.error(made)));
                },
                release: (error?: Error) => lease.release(error),
              })),
            ),
        };
        const { storage } = yield* freshStorage(url, { source: clashing, retries: 1 });
        const fails = (code: string, left: number, version: number) => {
          Object.assign(failures, { code, left });
          return Effect.match(storage.commit(commandOn("a", version)), {
            onSuccess: ({ _tag }) => _tag,
            onFailure: (error) => (error._tag === "StorageError" ? error.reason : error._tag),
          });
        };
        expect(yield* fails("40P01", 1, 1)).toBe("Committed");
        expect(yield* fails("40001", 9, 2)).toBe("Contention");
        expect(yield* fails("25006", 9, 2)).toBe("ReadOnly");
        expect(yield* fails("53100", 9, 2)).toBe("Full");
        expect(yield* fails("42501", 9, 2)).toBe("Misconfigured");
        failures.left = 0;
        const issue = { namespace: NAMESPACE, keys: [{ kind: "issue", id: "a" }] };
        expect((yield* storage.read(issue))[0]?.version).toBe(1);
      }),
    );
  });
});
