/**
 * The bench on PostgreSQL: databases, and the same index rows by hand, one prepared
 * statement for each commit. It takes the turn of the namespace, as every commit does.
 */
import { openPostgres, prepared } from "@linli/storage-postgres";
import { pairsOf, TURN } from "../postgres/byHand.ts";
import { type Cluster, makePool, settle } from "../postgres/cluster.ts";
import { openStorage } from "../postgres/service.ts";
import type { Opened } from "../service.ts";
import type { Row } from "../tables.ts";
import type { IndexKey } from "../written.ts";
import type { Hand, Place, Rewrite } from "./place.ts";

/** Databases of a cluster. */
export const placeOnPostgres = async (cluster: Cluster): Promise<Place> => {
  const town = await cluster.create();
  return {
    database: "PostgreSQL",
    town,
    copy: async () => {
      const url = await cluster.create(town);
      await settle(url);
      return url;
    },
    open: (url, haste = false) => (haste ? openInHaste(url) : openStorage(url)),
    openHand: async (url) => openHand(url),
    select: async (url, sql) => {
      const pool = makePool(url, { max: 1, options: "-c search_path=linli" });
      const { rows } = await pool.query<Row>(sql);
      await pool.end();
      return rows;
    },
    // Stored as the texts of JSON pairs; the client has parsed the list around them.
    keysFrom: (stored) =>
      (stored as ReadonlyArray<string>).map((pair) => JSON.parse(pair) as IndexKey),
    keysTo: pairsOf,
  };
};

// Private

const openInHaste = async (url: string): Promise<Opened> => {
  const source = makePool(url, { options: "-c synchronous_commit=off" });
  const { storage, close } = await openPostgres({ source: prepared(source) });
  return { storage, close: () => close().then(() => source.end()) };
};

// Division by zero when a version was not the one expected: nothing is kept then.
const WRITE = `
  WITH turn AS MATERIALIZED (SELECT ${TURN}), state AS (
    UPDATE linli.rows AS r SET version = r.version + 1, index_keys = x.keys
    FROM turn, unnest($1::text[], $2::bigint[], $3::jsonb[]) AS x (id, version, keys)
    WHERE r.namespace = 'main' AND r.kind = 'issue' AND r.id = x.id AND r.version = x.version
    RETURNING 1
  ), gone AS (
    DELETE FROM linli.index_entries AS e
    USING turn, unnest($4::text[], $5::text[], $6::text[]) AS k (name, key, id)
    WHERE e.namespace = 'main' AND e.kind = 'issue' AND e.index_name = k.name AND e.key = k.key
      AND e.id = k.id
  ), come AS (
    INSERT INTO linli.index_entries (namespace, kind, index_name, key, id)
    SELECT 'main', 'issue', k.* FROM turn, unnest($7::text[], $8::text[], $9::text[]) AS k
  )
  SELECT 1 / ((SELECT count(*) FROM state) = cardinality($1))::integer`;

const openHand = (url: string): Hand => {
  const pool = makePool(url, { max: 1, options: "-c plan_cache_mode=force_generic_plan" });
  return {
    rewrite: async (plan, together) => {
      let commits = 0;
      for (let from = 0; from < plan.length; from += together) {
        const values = valuesOf(plan.slice(from, from + together));
        await pool.query({ name: "write", text: WRITE, values });
        commits += 1;
      }
      return commits;
    },
    close: () => pool.end(),
  };
};

const valuesOf = (plan: ReadonlyArray<Rewrite>): Array<Array<string | number>> => {
  const columns: Array<Array<string | number>> = Array.from({ length: 9 }, () => []);
  const add = (from: number, ...values: ReadonlyArray<string | number>) => {
    for (const [at, value] of values.entries()) columns[from + at]?.push(value);
  };
  for (const { id, version, keys, gone, come } of plan) {
    add(0, id, version, keys);
    for (const [index, key] of gone) add(3, index, key, id);
    for (const [index, key] of come) add(6, index, key, id);
  }
  return columns;
};
