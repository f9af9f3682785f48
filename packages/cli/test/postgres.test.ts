/**
 * The PostgreSQL source over a client whose tables lie in SQLite, under the same names
 * and columns: what is asked, in which order, and what becomes of the answers.
 */
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { linli, postgresDriver } from "../src/index.ts";
import type { PostgresClient } from "../src/index.ts";

const V1 = fileURLToPath(new URL("fixtures/v1.sqlite", import.meta.url));
const SEALS = fileURLToPath(new URL("fixtures/v1.seals", import.meta.url));
const URL_OF_TOWN = "postgres://town:hidden-word@db.example/town";

/** The fixture as a database with a schema `linli`. */
const database = (schema = "linli") => {
  const memory = new DatabaseSync(":memory:");
  memory.exec(`ATTACH ':memory:' AS ${schema}`);
  memory.exec(`ATTACH '${V1}' AS v1`);
  memory.exec(
    `CREATE TABLE ${schema}.entries AS ` +
      "SELECT namespace, CAST(0 AS INTEGER) AS xid, seq, stream, version, hash, value FROM v1.entries",
  );
  memory.exec(`CREATE TABLE ${schema}.rows AS SELECT namespace, kind, id, value FROM v1.rows`);
  for (const table of ["index_entries", "jobs"]) {
    memory.exec(`CREATE TABLE ${schema}.${table} AS SELECT * FROM v1.${table}`);
  }
  return memory;
};

const clientOn = (memory: DatabaseSync) => {
  const asked: Array<string> = [];
  let ended = false;
  const client: PostgresClient = {
    query: async (text, values = []) => {
      asked.push(text);
      if (/^(BEGIN|ROLLBACK)/.test(text)) return { rows: [] };
      const named = Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value as string]));
      return { rows: memory.prepare(text).all(named) };
    },
    end: async () => {
      ended = true;
    },
  };
  return { client, asked, ended: () => ended };
};

const run = async (url: string, connect: () => Promise<PostgresClient>, ...more: Array<string>) => {
  let out = "";
  let err = "";
  const terminal = { out: (text: string) => (out += text), err: (text: string) => (err += text) };
  const args = ["verify", "--data", url, ...more];
  return { code: await linli(args, terminal, [postgresDriver(connect, 7)]), out, err };
};

describe("a PostgreSQL database", () => {
  it("verifies in one read-only snapshot, and is let go", async () => {
    const { client, asked, ended } = clientOn(database());
    const { code, out } = await run(URL_OF_TOWN, async () => client, "--seals", SEALS);
    expect(out).toContain("main: sound. 36 entries in 9 streams; 36 under 1 seals");
    expect(code).toBe(0);
    expect(asked[0]).toBe("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    expect(asked.at(-1)).toBe("ROLLBACK");
    expect(ended()).toBe(true);
  });

  it("is read in the order of transactions, not of numbers", async () => {
    const memory = database();
    memory.exec("UPDATE linli.entries SET xid = seq, seq = 1000 - seq");
    const { client, asked } = clientOn(memory);
    expect(await run(URL_OF_TOWN, async () => client)).toMatchObject({ code: 0 });
    expect(asked.filter((text) => text.includes("ORDER BY xid, seq"))).toHaveLength(8);
  });

  it("names what is wrong, in another schema too", async () => {
    const memory = database("town");
    memory.exec("DELETE FROM town.entries WHERE namespace = 'main' AND seq = 5");
    const { client } = clientOn(memory);
    const found = await run(`${URL_OF_TOWN}?schema=town`, async () => client, "--seals", SEALS);
    expect(found.out).toContain("main: BROKEN at entry 5, seal 1 - Missing");
    expect(found.code).toBe(1);
  });

  it("gives bounds for the place of a stream's end that is missing", async () => {
    const memory = database();
    memory.exec(
      "DELETE FROM linli.entries WHERE namespace = 'main' AND seq = " +
        "(SELECT max(seq) FROM linli.entries WHERE namespace = 'main' AND stream = 'main-2')",
    );
    const { client } = clientOn(memory);
    const found = await run(URL_OF_TOWN, async () => client, "--namespace", "main", "--json");
    const before = memory
      .prepare(
        "SELECT count(*) AS n, (SELECT count(*) FROM linli.entries WHERE namespace = 'main' AND " +
          "seq <= (SELECT max(seq) FROM linli.entries WHERE namespace = 'main' AND " +
          "stream = 'main-2')) AS last FROM linli.entries WHERE namespace = 'main'",
      )
      .get();
    expect(JSON.parse(found.out).namespaces[0].verdict.fault).toMatchObject({
      ...{ kind: "Truncated", stream: "main-2", position: Number(before?.["last"]) + 1 },
      latest: Number(before?.["n"]) + 1,
    });
    expect(found.code).toBe(1);
  });

  it("holds each issue's state against its journal, some issues at a time", async () => {
    const memory = database();
    const sound = clientOn(memory);
    expect(await run(URL_OF_TOWN, async () => sound.client)).toMatchObject({ code: 0 });
    // Pages of seven rows: 36 entries of 9 issues in one batch, 11 of 3 in the other namespace.
    expect(sound.asked.filter((text) => text.includes("ORDER BY stream, version"))).toHaveLength(8);
    expect(sound.asked.some((text) => text.includes("kind = $2 AND id IN ($3"))).toBe(true);
    memory.exec(
      "UPDATE linli.rows SET value = json_set(value, '$.state.routed.size', 'critical') " +
        "WHERE namespace = 'main' AND kind = 'issue' AND id = (SELECT max(id) FROM linli.rows " +
        "WHERE namespace = 'main' AND kind = 'issue')",
    );
    const { client } = clientOn(memory);
    const found = await run(URL_OF_TOWN, async () => client);
    expect(found.out).toContain(
      "State: the issue's state is not what its journal gives, at /routed/size",
    );
    expect(found.code).toBe(1);
  });

  it("never repeats the password", async () => {
    const refused = async () => {
      throw new Error(`no connection to ${URL_OF_TOWN}`);
    };
    const { client } = clientOn(new DatabaseSync(":memory:"));
    const all = [
      await run(URL_OF_TOWN, refused),
      await run(URL_OF_TOWN, async () => client),
      await run(`${URL_OF_TOWN}?schema=a;b`, async () => client),
      await run("postgres://[hidden-word", async () => client),
    ];
    for (const { code, out, err } of all) {
      expect(code).toBe(2);
      expect(out + err).not.toContain("hidden-word");
      expect(err).toMatch(/^linli: /);
    }
  });
});
