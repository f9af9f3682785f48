/** PGlite keeps every law of the port but those of durability and sharing. */
import { PGlite } from "@electric-sql/pglite";
import { expect, it } from "@effect/vitest";
import { storageContract } from "@linli/testing/vitest";
import * as Effect from "effect/Effect";
import { afterAll } from "vitest";
import { fromPglite, fromPgliteTransaction, openPostgresStorage } from "../src/index.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import { postgresOpener, schemaNames } from "./support/opener.ts";

const database = await PGlite.create();

afterAll(() => database.close());

storageContract(
  "pglite",
  postgresOpener(fromPglite(database), {
    names: schemaNames("contract"),
    capabilities: { name: "pglite", durable: false, shared: false },
  }),
);

it.effect("PGlite: a transaction of the host's is joined and rolled back", () =>
  Effect.gen(function* () {
    const storage = yield* openPostgresStorage({ source: fromPglite(database), schema: "joined" });
    const inside = (end: boolean) =>
      Effect.promise(() =>
        database.transaction(async (transaction) => {
          const joined = storage.joined(fromPgliteTransaction(transaction));
          const result = await Effect.runPromise(joined.commit(commandOn("a", 1)));
          if (!end) await transaction.rollback();
          return result;
        }),
      );
    yield* inside(false);
    const issue = { namespace: NAMESPACE, keys: [{ kind: "issue", id: "a" }] };
    expect(yield* storage.read(issue)).toEqual([null]);
    expect(yield* inside(true)).toEqual({ _tag: "Committed" });
    expect((yield* storage.read(issue))[0]?.version).toBe(1);
  }),
);
