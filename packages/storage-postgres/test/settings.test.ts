/** Settings that cannot serve are refused before anything is asked. */
import { expect, it } from "@effect/vitest";
import * as Effect from "effect/Effect";
import type { PgSource } from "../src/index.ts";
import { postgresDatabase } from "../src/index.ts";

const NUMBERS = {
  maxConnections: [0, 0.5, NaN, Infinity],
  connectTimeoutMillis: [0, -1, NaN, Infinity],
  callTimeoutMillis: [0, -1, NaN, 2 ** 31],
  lockTimeoutMillis: [-1, 0.5, NaN, Infinity],
  retries: [-1, NaN, Infinity],
  groupSize: [0, -1, NaN, Infinity],
};

const CASES = Object.entries(NUMBERS).flatMap(([name, values]) =>
  values.map((value) => [name, value] as const),
);

it.effect.each(CASES)("%s: %d", ([name, value]) =>
  Effect.gen(function* () {
    let asked = 0;
    const source: PgSource = {
      connect: () => {
        asked += 1;
        return new Promise(() => {});
      },
    };
    const database = postgresDatabase({ source, [name]: value });
    const opening = Effect.catchTag(
      Effect.scoped(database.open()),
      "MigrationsPending",
      Effect.die,
    );
    for (const call of [database.info(), database.migrate(), opening]) {
      const error = yield* Effect.flip<
        unknown,
        { readonly reason: string; readonly message: string },
        never
      >(call);
      expect([error.reason, error.message.includes(name)]).toEqual(["Misconfigured", true]);
    }
    expect(asked).toBe(0);
  }),
);
