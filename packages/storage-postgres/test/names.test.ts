/** Names of schemas: whatever PostgreSQL takes in quotes, or a refusal that says what it takes. */
import { expect, it } from "@effect/vitest";
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import {
  migrationIn,
  openPostgresStorage,
  postgresDatabase,
  postgresMigrations,
} from "../src/index.ts";
import { quoted } from "../src/Migrations.ts";
import { commandOn, NAMESPACE } from "./support/batches.ts";
import { freshSchema, sharedPool, withServer } from "./support/database.ts";

const STRANGE: ReadonlyArray<string> = [
  ...["镇 东", "𠀋", "Üpper Case", "o'brien", "''", 'a"b', "--x", "x;y", "/*", "my.linli.x"],
  ...["a$$b", "a$&b", "$`$'", "$linli$", "$linli$ $linli_$", "$1", "%s", "linli."],
  ...["a\\b", "a\\'; SELECT 1 --", "CREATE SCHEMA IF NOT EXISTS linli;"],
];

/** 63 bytes, and no other test has it. */
const longest = (name: string) => {
  const start = `${name}${freshSchema()}`;
  return start + "x".repeat(63 - new TextEncoder().encode(start).length);
};

const used = Effect.fnUntraced(function* (storage: Storage) {
  yield* storage.commit(commandOn("a", 1));
  const refused = yield* Effect.flip(storage.commit({ ...commandOn("a", 1), receipt: null }));
  expect(refused._tag).toBe("Conflict");
  const due = { namespace: null, queue: "clock", now: 5000, until: 6000, limit: 9, owner: "w" };
  const [job] = yield* storage.lease(due);
  const outcome = { _tag: "Done" as const, namespace: NAMESPACE, id: "clock/a" };
  const settled = yield* storage.settle([{ ...outcome, token: job?.token ?? "" }], 5000);
  expect(settled).toEqual(["Settled"]);
  const page = { namespace: NAMESPACE, after: null, limit: 9, stream: null };
  expect((yield* storage.feed(page)).entries.length).toBe(1);
});

withServer("names of schemas", (url) => {
  const query = (text: string) => Effect.promise(() => sharedPool(url).query(text));
  const scopedName = (name: string) =>
    Effect.acquireRelease(Effect.succeed(name), () =>
      query(`DROP SCHEMA IF EXISTS ${quoted(name)} CASCADE`),
    );
  const schemas = Effect.map(query("SELECT nspname FROM pg_namespace"), ({ rows }) =>
    rows.map((row) => String(row.nspname)),
  );

  for (const strange of STRANGE) {
    it.effect(`${JSON.stringify(strange)} works, by the driver and by hand`, () =>
      Effect.gen(function* () {
        const source = sharedPool(url);
        const first = yield* scopedName(`${strange}${freshSchema()}`);
        yield* used(yield* openPostgresStorage({ source, schema: first }));
        const second = yield* scopedName(longest(strange));
        // In one go, as a file: where a statement ends is the server's matter then.
        yield* query(postgresMigrations.map((step) => migrationIn(second, step)).join("\n"));
        yield* used(yield* postgresDatabase({ source, schema: second }).open());
        expect(yield* schemas).toEqual(expect.arrayContaining([first, second]));
      }),
    );
  }

  it.effect("others are refused by whatever is called, and nothing is made", () =>
    Effect.gen(function* () {
      const said = { _tag: "StorageError", reason: "Misconfigured" };
      for (const schema of [
        ...["", "pg_mine", "a\nb", "a\u0000b", "\ud800", "a\rb", "a\u0085b"],
        ...["x".repeat(64), "镇".repeat(22)],
      ]) {
        // Whoever sends anything fails as Unavailable.
        const source = { connect: () => Promise.reject(new Error("was asked")) };
        const database = postgresDatabase({ source, schema });
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown, Scope.Scope>> = [
          ...[database.info(), database.migrate(), database.open()],
          openPostgresStorage({ source, schema }),
        ];
        for (const call of calls) {
          const error = yield* Effect.flip(call);
          expect(error).toMatchObject({ ...said, detail: expect.stringContaining("63 bytes") });
        }
        for (const step of postgresMigrations) {
          expect(() => migrationIn(schema, step)).toThrow(expect.objectContaining(said));
        }
      }
    }),
  );
});
