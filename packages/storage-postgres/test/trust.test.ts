/** Trust and forgetting on PostgreSQL, and `linli verify` on the very database. */
import { expect, it } from "@effect/vitest";
import { linli, postgresDriver } from "@linli/cli";
import { makeMemoryKeyStore, platformCipher } from "@linli/core/ports";
import { trustStory } from "@linli/testing";
import * as Effect from "effect/Effect";
import pg from "pg";
import { freshStorage, sharedPool, withServer } from "./support/database.ts";

const TABLES = ["rows", "index_entries", "entries", "jobs", "receipts"];

withServer("trust and forgetting", (url) => {
  const textOf = async (schema: string): Promise<string> => {
    const tables = TABLES.map((table) => sharedPool(url).query(`SELECT * FROM ${schema}.${table}`));
    return JSON.stringify((await Promise.all(tables)).map(({ rows }) => rows));
  };

  const verify = async (command: "verify" | "checkpoint", schema: string) => {
    let out = "";
    const terminal = { out: (text: string) => (out += text), err: (text: string) => (out += text) };
    const data = new URL(url);
    data.searchParams.set("schema", schema);
    const driver = postgresDriver(async (to) => {
      const client = new pg.Client({ connectionString: to });
      await client.connect();
      return client as never;
    }, 3);
    return { code: await linli([command, "--data", data.href], terminal, [driver]), out };
  };

  it.effect("hold as the story tells them, and verify from outside", () =>
    Effect.gen(function* () {
      const { storage, schema } = yield* freshStorage(url);
      yield* Effect.promise(async () => {
        const place = {
          ...{ storage, namespace: "main", stored: () => textOf(schema) },
          ...{ cipher: platformCipher("AES-256-GCM"), keys: makeMemoryKeyStore() },
        };
        expect(await trustStory(place)).toEqual([]);
        const sound = await verify("verify", schema);
        expect(sound.out).toContain("main: sound.");
        expect(sound.code).toBe(0);
        expect((await verify("checkpoint", schema)).out).toContain('"takenAt":');

        const set = (change: string, kind: string) =>
          sharedPool(url).query(
            `UPDATE ${schema}.rows SET value = ${change} WHERE kind = '${kind}'`,
          );
        await set(`replace(value, '"status":"reported"', '"status":"accepted"')`, "issue");
        expect(await verify("verify", schema)).toMatchObject({
          ...{ code: 1, out: expect.stringContaining("at /status.") },
        });
        await set(`replace(value, '"status":"accepted"', '"status":"reported"')`, "issue");
        expect((await verify("verify", schema)).code).toBe(0);

        await sharedPool(url).query(
          `INSERT INTO ${schema}.jobs (namespace, id, queue, key, due_at, seq, value) ` +
            "VALUES ('main', 'clock/ghost', 'clock', 'ghost', 5, 1, 'ghost')",
        );
        await sharedPool(url).query(
          `DELETE FROM ${schema}.index_entries WHERE index_name = 'under'`,
        );
        const wrong = await verify("verify", schema);
        expect(wrong.out).toContain(
          'main: WRONG job "clock/ghost" /value - Job: there is no issue',
        );
        expect(wrong.out).toMatch(/main: WRONG issue "[^"]+" under\/\S+ - Index: it is not in the/);
        expect(wrong.code).toBe(1);
      });
    }),
  );
});
