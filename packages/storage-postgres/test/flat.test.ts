/**
 * What a call reads does not grow with what is stored, also in a session that planned
 * its statements when the tables were empty and has kept those plans.
 */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import { openPostgresStorage, type PostgresStorage, prepared } from "../src/index.ts";
import { batchOf, commandOn, NAMESPACE } from "./support/batches.ts";
import { scopedPool, scopedSchema, sharedPool, withServer } from "./support/database.ts";

const ISSUES = 400;
const READ_A_CALL = 40;

/** Keys of one index, and how many of them a page or a count asks for. */
const KEYS = 4000;
const FEW = 5;

/** Each issue is opened and carried on, one command at a time and in crowds; then its job is done. */
const work = Effect.fnUntraced(function* (storage: PostgresStorage) {
  for (const version of [1, 2, 3]) {
    yield* Effect.forEach(
      Array.from({ length: ISSUES }, (_, n) => `issue ${n}`),
      (issue) =>
        Effect.andThen(
          storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
          storage.commit(commandOn(issue, version)),
        ),
      { concurrency: version === 3 ? 32 : 1 },
    );
  }
  for (let n = 0; n < ISSUES / 20; n += 1) {
    const leased = yield* storage.lease({
      ...{ namespace: null, queue: "clock", now: 5000, until: 6000, limit: 20, owner: "w" },
    });
    const outcomes = leased.map(({ namespace, id, token }) => ({
      ...{ _tag: "Done" as const, namespace, id, token },
    }));
    expect(yield* storage.settle(outcomes, 5500)).toEqual(leased.map(() => "Settled"));
  }
});

withServer("cost", (url) => {
  it.effect.each([false, true])(
    "what is read for each call stays the same while the tables grow, prepared: %s",
    (keeps) =>
      Effect.gen(function* () {
        const schema = yield* scopedSchema(url);
        // One session does it all; the server counts what it read when it ends.
        yield* Effect.scoped(
          Effect.gen(function* () {
            const pool = yield* scopedPool(url, { max: 1 });
            const source = keeps ? prepared(pool) : pool;
            yield* work(yield* openPostgresStorage({ source, schema, maxConnections: 1 }));
          }),
        );
        const counted = Effect.promise(() =>
          sharedPool(url).query<{ read: string; written: string }>(
            "SELECT coalesce(sum(idx_tup_fetch), 0) + coalesce(sum(seq_tup_read), 0) AS read, " +
              `sum(n_tup_ins) AS written FROM pg_stat_user_tables WHERE schemaname = '${schema}'`,
          ),
        );
        let [found] = (yield* counted).rows;
        while (Number(found?.written) < ISSUES * 8) [found] = (yield* counted).rows;
        expect(Number(found?.read) / (ISSUES * 7)).toBeLessThan(READ_A_CALL);
      }),
  );

  it.effect("a page or a count reads its range and no more, by a plan made for any range", () =>
    Effect.gen(function* () {
      const schema = yield* scopedSchema(url);
      const keyed = (n: number) => String(n).padStart(4, "0");
      const rows = Array.from({ length: KEYS }, (_, n) => ({
        ...{ kind: "issue", id: `i${n}`, expected: 0, value: "{}" },
        indexes: [{ index: "by", key: keyed(n) }],
      }));
      const fill = yield* openPostgresStorage({ source: sharedPool(url), schema });
      yield* fill.commit(batchOf({ rows }));
      const ends = [
        { from: null, to: keyed(FEW) },
        { from: keyed(KEYS / 2), to: keyed(KEYS / 2 + FEW) },
        { from: keyed(KEYS - FEW), to: null },
      ];
      const limit = 2 * FEW;
      const asked = { namespace: NAMESPACE, kind: "issue", index: "by" };
      yield* Effect.scoped(
        Effect.gen(function* () {
          const options = "-c plan_cache_mode=force_generic_plan";
          const source = prepared(yield* scopedPool(url, { max: 1, options }));
          const storage = yield* openPostgresStorage({ source, schema, maxConnections: 1 });
          for (const range of ends) {
            expect(yield* storage.count({ ...asked, range, max: limit })).toBe(FEW);
            for (const order of ["ascending", "descending"] as const) {
              const scan = { ...asked, range, order };
              const whole = yield* storage.scan({ ...scan, limit, cursor: null });
              expect([whole.rows.length, whole.next]).toEqual([FEW, null]);
              const first = yield* storage.scan({ ...scan, limit: 1, cursor: null });
              const rest = yield* storage.scan({ ...scan, limit, cursor: first.next });
              expect([...first.rows, ...rest.rows]).toEqual(whole.rows);
            }
          }
        }),
      );
      // The server counts what a session read when it has ended.
      const counted = Effect.promise(() =>
        sharedPool(url).query<{ read: string }>(
          "SELECT sum(idx_tup_read) AS read FROM pg_stat_user_indexes " +
            `WHERE schemaname = '${schema}' AND relname = 'index_entries'`,
        ),
      );
      const enough = ends.length * 5 * FEW;
      let [found] = (yield* counted).rows;
      while (Number(found?.read) < enough) [found] = (yield* counted).rows;
      expect(Number(found?.read)).toBeLessThan(3 * enough);
    }),
  );
});
