/** A job that is settled and scheduled again in one commit: fenced by its lease like any other. */
import { describe, expect, it } from "@effect/vitest";
import type { JobOutcome } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./batches.ts";
import { freshPath } from "./temp.ts";

const opened = Effect.flatMap(freshPath, (path) => openSqliteStorage({ path }));

const lease = (storage: SqliteStorage, now: number) =>
  storage.lease({
    ...{ namespace: NAMESPACE, queue: "clock", now, until: now + 500 },
    ...{ limit: 10, owner: "worker" },
  });

const OUTCOMES = {
  Done: {},
  Retry: { dueAt: 9000 },
  Dead: { reason: "given up" },
  Renew: { until: 9000 },
};

describe("settled and scheduled again", () => {
  for (const [tag, rest] of Object.entries(OUTCOMES)) {
    it.effect(`after ${tag} it is a new job, and the lease that was is over`, () =>
      Effect.gen(function* () {
        const storage = yield* opened;
        yield* storage.commit(commandOn("a", 1));
        const [job] = yield* lease(storage, 2000);
        if (job === undefined) throw new Error("no job");
        const { namespace, id, token } = job;
        const outcome = { _tag: tag, namespace, id, token, ...rest } as JobOutcome;
        const batch = { ...commandOn("a", 2), at: 2100 };
        const strange = { ...outcome, token: "another" };
        for (const settle of [[strange], [{ ...outcome, id: "clock/none" }], [outcome, strange]]) {
          const exit = yield* Effect.exit(storage.commit({ ...batch, settle }));
          expect(Exit.isFailure(exit)).toBe(true);
        }
        const late = { ...batch, at: 2600, settle: [outcome] };
        expect(Exit.isFailure(yield* Effect.exit(storage.commit(late)))).toBe(true);
        yield* storage.commit({ ...batch, settle: [outcome] });
        expect(yield* storage.settle([outcome], 2200)).toEqual(["LeaseLost"]);
        expect(yield* lease(storage, 2300)).toMatchObject([{ id, attempt: 1, value: "2" }]);
      }),
    );
  }
});
