-- Linli on PostgreSQL, step 6: commits that are expected to hold, in the serialised order.
--
-- Most commits hold. commit_quick writes all of them in one statement with plain inserts,
-- and where something does not hold it fails, by LN001 or by a key that is there already:
-- nothing is kept then, and the driver sends the same to commit_each (step 2), which says
-- of each what was in its way. So a commit that holds pays for no savepoint and for no
-- insert that must look first whether it may.

-- Writes commits that were put together; the form stands at the top of step 2.
CREATE FUNCTION linli.apply_quick(p jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ns text := p->>'n';
  -- Several jobs, and settled ones, are locked in the order of their ids first; and what is
  -- cancelled or revived may be scheduled again, which one statement cannot do.
  in_turn boolean := p ? 'jobs' AND p->'jobs' ?| ARRAY['locks', 'cancel', 'revive'];
  schedule jsonb := CASE WHEN NOT in_turn THEN p->'jobs'->'schedule' END;
  refused boolean;
BEGIN
  WITH receipt AS (
    INSERT INTO linli.receipts (namespace, id, content_hash, keep_until, value)
    SELECT ns, x.i, x.h, x.u, x.v
    FROM jsonb_to_recordset(p->'receipts') AS x (i text, h text, u bigint, v text)
  ), fresh AS MATERIALIZED (
    SELECT y.* FROM jsonb_to_recordset(p->'inserts') AS y (k text, i text, x jsonb, v text)
  ), changed AS MATERIALIZED (
    SELECT r.ctid AS place, r.kind, r.id, r.index_keys AS before, y.x AS after, y.v AS value
    FROM jsonb_to_recordset(p->'updates') AS y (k text, i text, e bigint, x jsonb, v text)
    CROSS JOIN LATERAL (
      SELECT q.ctid, q.kind, q.id, q.index_keys FROM linli.rows q
      WHERE q.namespace = ns AND q.kind = y.k AND q.id = y.i AND q.version = y.e
      OFFSET 0
    ) AS r
  ), gone AS (
    DELETE FROM linli.index_entries e
    USING changed x
    CROSS JOIN LATERAL jsonb_array_elements_text(x.before) AS pair
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.index_entries q
      WHERE q.namespace = ns AND q.kind = x.kind AND q.index_name = pair::jsonb->>0
        AND q.key = pair::jsonb->>1 AND q.id = x.id
      OFFSET 0
    ) AS old
    WHERE NOT x.after ? pair AND e.ctid = old.ctid
  ), come AS (
    INSERT INTO linli.index_entries (namespace, kind, index_name, key, id)
    SELECT ns, x.kind, pair::jsonb->>0, pair::jsonb->>1, x.id
    FROM changed x CROSS JOIN LATERAL jsonb_array_elements_text(x.after) AS pair
    WHERE NOT x.before ? pair
    UNION ALL
    SELECT ns, x.k, pair::jsonb->>0, pair::jsonb->>1, x.i
    FROM fresh x CROSS JOIN LATERAL jsonb_array_elements_text(x.x) AS pair
  ), inserted AS (
    INSERT INTO linli.rows (namespace, kind, id, version, index_keys, value)
    SELECT ns, x.k, x.i, 1, x.x, x.v FROM fresh x
  ), updated AS (
    UPDATE linli.rows r SET version = r.version + 1, index_keys = x.after, value = x.value
    FROM changed x
    WHERE r.ctid = x.place
    RETURNING 1
  ), entered AS (
    INSERT INTO linli.entries (namespace, xid, seq, stream, version, hash, value)
    SELECT ns, 0, nextval('linli.entry_seq'), x.s, x.v, x.h, x.d
    FROM jsonb_to_recordset(p->'entries') AS x (s text, v bigint, f boolean, h text, d text)
    WHERE x.f IS NULL OR x.v = 1 OR (
      SELECT e.version FROM linli.entries e
      WHERE e.namespace = ns AND e.stream = x.s AND e.version = x.v - 1) IS NOT NULL
    RETURNING 1
  ), scheduled AS (
    INSERT INTO linli.jobs AS j (namespace, id, queue, key, due_at, seq, value)
    SELECT ns, x.i, x.q, x.k, x.d, nextval('linli.job_seq'), x.v
    FROM jsonb_to_recordset(schedule) AS x (i text, q text, k text, d bigint, v text)
    ON CONFLICT (namespace, id) DO UPDATE SET
      queue = excluded.queue, key = excluded.key, due_at = excluded.due_at,
      seq = excluded.seq, value = excluded.value, attempt = 0, state = 0, token = NULL,
      leased_until = 0, owner = NULL, settled_token = NULL, settled_mark = NULL,
      settled_at = NULL, reason = NULL
  )
  SELECT (SELECT count(*) FROM updated) <> jsonb_array_length(p->'updates')
    OR (SELECT count(*) FROM entered) <> jsonb_array_length(p->'entries')
    OR EXISTS (
      SELECT FROM jsonb_to_recordset(p->'guards') AS x (k text, i text, e bigint)
      WHERE coalesce((SELECT r.version FROM linli.rows r
                      WHERE r.namespace = ns AND r.kind = x.k AND r.id = x.i), 0) <> x.e)
  INTO refused;
  IF refused OR (p->>'x')::boolean THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  IF jsonb_array_length(p->'deletes') > 0 THEN refused := linli.delete_rows(p, ns); END IF;
  IF in_turn THEN refused := linli.apply_jobs(p->'jobs', ns); END IF;
  RETURN true;
END
$$;

-- Deletes rows with their index entries, or raises LN001.
CREATE FUNCTION linli.delete_rows(p jsonb, ns text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  found_rows integer;
BEGIN
  WITH x AS MATERIALIZED (
    SELECT r.ctid AS place, r.kind, r.id, r.index_keys AS before
    FROM jsonb_to_recordset(p->'deletes') AS y (k text, i text, e bigint)
    CROSS JOIN LATERAL (
      SELECT q.ctid, q.kind, q.id, q.index_keys FROM linli.rows q
      WHERE q.namespace = ns AND q.kind = y.k AND q.id = y.i AND q.version = y.e
      OFFSET 0
    ) AS r
  ), gone AS (
    DELETE FROM linli.index_entries e
    USING x
    CROSS JOIN LATERAL jsonb_array_elements_text(x.before) AS pair
    CROSS JOIN LATERAL (
      SELECT q.ctid FROM linli.index_entries q
      WHERE q.namespace = ns AND q.kind = x.kind AND q.index_name = pair::jsonb->>0
        AND q.key = pair::jsonb->>1 AND q.id = x.id
      OFFSET 0
    ) AS old
    WHERE e.ctid = old.ctid
  ), written AS (
    DELETE FROM linli.rows r USING x
    WHERE r.ctid = x.place
    RETURNING 1
  )
  SELECT count(*) INTO found_rows FROM written;
  IF found_rows <> jsonb_array_length(p->'deletes') THEN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'LN001';
  END IF;
  RETURN true;
END
$$;

-- One commit or several that touch different names, in one transaction, all or none.
CREATE FUNCTION linli.commit_quick(p_commit text, p_lock_wait text) RETURNS boolean
LANGUAGE plpgsql
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  p jsonb := p_commit::jsonb;
  done boolean;
BEGIN
  -- Assigned, not performed: a call costs less so.
  IF p_lock_wait IS NOT NULL THEN
    done := set_config('lock_timeout', p_lock_wait, true) IS NULL;
  END IF;
  done := pg_advisory_xact_lock(1281979372, hashtext(p->>'n')) IS NULL;
  RETURN linli.apply_quick(p);
END
$$;

INSERT INTO linli.migrations (step, name) VALUES (6, 'quick');
